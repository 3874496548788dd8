"""A photo, film, sound or file as the desk shows it: what was announced, what arrived, what could be
opened."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from app.db import db
from app.intake.models import Commitment, Item, Statement, Upload
from app.intake.uploads import ITEM
from app.opening.models import Opening
from app.review.queue import latest_openings

# What a browser may be given to show. Anything else is only offered as a file.
SHOWN = {
    "image/jpeg": "image", "image/png": "image", "image/webp": "image", "image/gif": "image",
    "video/mp4": "video", "video/webm": "video", "video/quicktime": "video",
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
    item: Item | None = None
    opening: Opening | None = None
    end: dict[str, Any] | None = None
    until: int | None = None
    stopped: list[tuple[int, str]] = field(default_factory=list)
    committed: list[tuple[Commitment, Statement]] = field(default_factory=list)
    upload: str | None = None  # names its files and addresses; stays the same when the upload becomes an item

    @property
    def shows(self) -> str:
        """image, video, audio, file, or none when there is no working copy."""
        if self.opening is None or self.opening.working is None:
            return "none"
        return SHOWN.get(self.opening.media_type or "", "file")

    @property
    def state(self) -> str:
        if self.opening is None:
            if self.item is None:
                return "missing"
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


def fill(media: list[Medium], device_id: str) -> None:
    """Add what the server has of each medium."""
    ids = [medium.item_id for medium in media]
    stored = select(Item).where(Item.device_id == device_id, Item.item_id.in_(ids))
    items = {item.item_id: item for item in db.session.scalars(stored)}
    begun = select(Upload.item_id, Upload.id).where(
        Upload.device_id == device_id, Upload.item_id.in_(ids), Upload.tail == ITEM
    )
    uploads: dict[str, str] = {row[0]: row[1] for row in db.session.execute(begun)}
    openings = latest_openings(uploads.values())
    commitments: dict[str, list[tuple[Commitment, Statement]]] = {}
    for commitment, statement in db.session.execute(
        select(Commitment, Statement)
        .join(Statement, Statement.sha256 == Commitment.statement)
        .where(Commitment.device_id == device_id, Commitment.item_id.in_(ids))
        .order_by(Commitment.id)
    ):
        commitments.setdefault(commitment.item_id, []).append((commitment, statement))
    for medium in media:
        medium.item = items.get(medium.item_id)
        medium.upload = uploads.get(medium.item_id)
        medium.opening = openings.get(medium.upload or "")
        medium.committed = commitments.get(medium.item_id, [])


def lone(item: Item) -> Medium:
    """An item that no entry names, as a medium of its own."""
    medium = Medium(1, item.item_id, item.kind or "import", item.received_at, {})
    fill([medium], item.device_id)
    return medium
