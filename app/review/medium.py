"""A photo, film, sound or file as the desk shows it: what was announced, what arrived, what could be
opened."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import select

from app.db import db
from app.intake import handover
from app.intake.models import Commitment, Item, Statement, Upload
from app.intake.uploads import CLOSED, ITEM
from app.opening import viewing
from app.opening.models import Opening, Viewing
from app.review import hands
from app.review.hands import Hands, Removed
from app.review.rows import latest_openings

# What a browser may be given to show. Anything else is only offered as a file.
SHOWN = {
    "image/jpeg": "image", "image/png": "image", "image/webp": "image", "image/gif": "image",
    "image/avif": "image", "video/mp4": "video", "video/webm": "video", "video/quicktime": "video",
    "video/3gpp": "video", "audio/aac": "audio",
    "audio/mp4": "audio", "audio/webm": "audio", "audio/ogg": "audio", "audio/mpeg": "audio", "audio/wav":
    "audio",
}  # fmt: skip
_HEX = re.compile(r"^[0-9a-f]{64}$")


def hex_hash(value: str | None) -> str:
    """A SHA-256 as `sha256sum` prints it, from base64url as statements write it; hex stays."""
    if not value or _HEX.match(value):
        return value or ""
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()
    except (binascii.Error, ValueError):
        return value


@dataclass
class Medium:
    """A photo, film, sound or file: what was announced, what arrived, what could be opened."""

    number: int
    item_id: str
    kind: str
    at: int
    said: dict[str, Any]
    made_by: str = ""  # the enrolment that sealed it
    item: Item | None = None
    opening: Opening | None = None
    end: dict[str, Any] | None = None
    until: int | None = None
    stopped: list[tuple[int, str]] = field(default_factory=list)
    committed: list[tuple[Commitment, Statement]] = field(default_factory=list)
    hands: Hands | None = None
    removed: Removed | None = None
    upload: str | None = None  # names its files and addresses; stays the same when the upload becomes an item

    @property
    def shows(self) -> str:
        """image, video, audio, file, or none when there is no working copy."""
        if self.opening is None or self.opening.working is None:
            return "none"
        # Where browsers can't show the working copy, the copy converted for viewing stands for it.
        kind = self.viewing.media_type if self.viewing else self.opening.media_type
        return SHOWN.get(kind or "", "file")

    @cached_property
    def viewing(self) -> Viewing | None:
        """Its copy converted for viewing, made or not, where browsers can't show the working copy."""
        return viewing.of(self.opening) if self.opening and self.opening.working else None

    @property
    def asked(self) -> dict[str, str]:
        """What the address of the media says besides, so that what can be shown comes."""
        return {"as": "viewing"} if self.viewing else {}

    @property
    def state(self) -> str:
        if self.opening is None:
            if self.item is None:
                return "removed" if self.removed else "missing"
            return "failed" if self.item.state == "failed" else "waiting"
        return "no-copy" if self.opening.working is None else "ready"

    @property
    def interrupted(self) -> bool:
        return bool(self.opening and self.opening.interrupted) or bool(self.item and self.item.cut)

    @property
    def provisional(self) -> bool:
        """Opened as far as it had come, because nothing more came; the upload is still open."""
        return bool(self.opening and self.opening.provisional)

    @property
    def unattested_bytes(self) -> int:
        """Plaintext bytes at its end that nothing signed by the phone covers, as far as it was
        interrupted."""
        if self.opening is None or not (self.provisional or self.interrupted):
            return 0
        return max(0, self.opening.original_size - self.opening.attested_size)

    @property
    def attestation(self) -> str:
        """`match`, `differs`, `none`, or `part`: covered by signed prefixes, as far as they go."""
        assert self.item is not None
        in_part = self.item.attested == "none" and self.opening is not None and self.opening.attested_size
        return "part" if in_part else self.item.attested

    @property
    def same_as_sealed(self) -> bool | None:
        """Whether what was opened is what the phone said at the end; None where it said nothing."""
        if self.end is None or self.opening is None or self.provisional or not self.end.get("sha256"):
            return None
        return hex_hash(str(self.end["sha256"])) == hex_hash(self.opening.original_sha256)

    @property
    def facts(self) -> dict[str, Any]:
        """What the file said of itself before it was cleaned: claims, like the phone's own."""
        return dict(self.opening.facts or {}) if self.opening else {}

    @property
    def length_ms(self) -> int | None:
        """How long it ran: from the file if it says so, else from the entries around it."""
        if isinstance(self.facts.get("duration"), (int, float)):
            return int(self.facts["duration"] * 1000)
        return self.until - self.at if self.until is not None else None


def fill(media: list[Medium]) -> None:
    """Add what the server has of each medium: sent by the phone that sealed it, or by another after a handover."""
    ids = [medium.item_id for medium in media]
    senders: dict[tuple[str, str], set[str]] = {}
    for maker in {medium.made_by for medium in media}:
        own = [medium.item_id for medium in media if medium.made_by == maker]
        for item_id, devices in handover.senders_of(maker, own).items():
            senders[maker, item_id] = devices
    items = list(db.session.scalars(select(Item).where(Item.item_id.in_(ids))))
    uploads = list(
        db.session.scalars(
            select(Upload)
            .where(Upload.item_id.in_(ids), Upload.tail.in_((ITEM, CLOSED)))
            .order_by(Upload.created_at)
        )
    )
    openings = latest_openings(upload.id for upload in uploads)
    committed = [
        (row[0], row[1])
        for row in db.session.execute(
            select(Commitment, Statement)
            .join(Statement, Statement.sha256 == Commitment.statement)
            .where(Commitment.item_id.in_(ids))
            .order_by(Commitment.id)
        )
    ]
    for medium in media:
        devices = senders[medium.made_by, medium.item_id]
        mine = [i for i in items if i.item_id == medium.item_id and i.made_by == medium.made_by]
        # Of two that came different ways the better one: as announced, whole, longest.
        medium.item = max(
            mine,
            key=lambda i: (i.attested == "match", i.device_id == i.made_by, not i.cut, i.body_size),
            default=None,
        )
        begun = [u for u in uploads if u.item_id == medium.item_id and u.device_id in devices]
        shown = next((u for u in begun if medium.item and u.id == medium.item.id), None)
        shown = shown or max(begun, key=lambda u: (u.id in openings, u.created_at), default=None)
        medium.upload = shown.id if shown else None
        medium.opening = openings.get(medium.upload or "")
        medium.committed = [
            (c, s) for c, s in committed if c.item_id == medium.item_id and c.device_id == medium.made_by
        ]
        if medium.item:
            medium.hands = hands.of_item(medium.item)
        elif shown and medium.opening:
            medium.hands = hands.hands(medium.made_by, shown.device_id, medium.opening.at)
        if medium.item is None:
            medium.removed = hands.removed([medium.item_id], devices).get(medium.item_id)


def lone(item: Item) -> Medium:
    """An item that no entry names, as a medium of its own."""
    medium = Medium(1, item.item_id, item.kind or "import", item.received_at, {}, made_by=item.made_by)
    fill([medium])
    return medium
