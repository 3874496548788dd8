"""Opening sealed items: the worker's whole task for one item. The only writer of openings and of items' states."""

from __future__ import annotations

import base64
from typing import Any, BinaryIO

from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from app.blobs import BlobMissing, blobs
from app.clock import now_ms
from app.custody import log
from app.db import db, forget_reads, unit_of_work
from app.ids import new_id
from app.intake import handover, prefixes, uploads
from app.intake.models import Item, Superseded, Upload
from app.journal import service as journal
from app.keys import keys
from app.opening import heads
from app.opening.models import Opening, Viewing
from app.opening.run import ChildFailed, Order, in_child
from app.opening.source import read_tail
from app.register import service as register
from app.seal import NotForThisKey, SealedReader, SealError, whole_chunks

MAX_TRIES = 3
ENTRY_LIMIT = 512 * 1024
MOST_TAILS = 500  # of one item, that are looked at
VIEWED = ("image", "film", "sound")  # kinds of copies for viewing that the child may ask for


def next_waiting(*, oldest: bool = False) -> Item | None:
    """The smallest waiting item, since entries come before films; or the one that waits longest, so that none starves."""
    order = (Item.received_at, Item.body_size) if oldest else (Item.body_size, Item.received_at)
    return db.session.scalars(select(Item).where(Item.state == "waiting").order_by(*order).limit(1)).first()


def waiting() -> int:
    return len(db.session.scalars(select(Item.id).where(Item.state.in_(["waiting", "opening"]))).all())


def requeue_interrupted() -> None:
    """At the worker's start: what it was opening when it stopped is opened again. One worker runs at a time."""
    with unit_of_work() as session:
        session.execute(update(Item).where(Item.state == "opening").values(state="waiting"))


def open_item(item_id: str) -> None:
    """Open one item and record what was found. Ends in state opened or failed, or waiting for another try."""
    with unit_of_work() as session:
        item = session.get_one(Item, item_id)
        item.state, item.tries = "opening", item.tries + 1
    try:
        _open(item)
    except NotForThisKey:
        _fail(item, "sealed-for-another-key")
    except SealError as error:
        _fail(item, f"damaged: {error}")
    except journal.BadEntry as error:
        _fail(item, f"bad-entry: {error}")
    except (OSError, SQLAlchemyError):
        raise  # the machine's trouble, not the item's: it waits
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError) as error:
        # One hostile item must not stop the others for ever. The kind only: a message could hold content.
        current_app.logger.error("opening %s: unexpected %s", item.item_id, type(error).__name__)
        _fail(item, f"could-not-open: {type(error).__name__}")
    except ChildFailed as error:
        current_app.logger.warning("opening %s: %s", item.item_id, error)
        if item.tries < MAX_TRIES:
            with unit_of_work() as session:
                session.get_one(Item, item_id).state = "waiting"
        else:
            _fail(item, f"could-not-open: {error}")


def _fail(item: Item, problem: str) -> None:
    """Sealed bytes stay; custody can still open them."""
    with unit_of_work() as session:
        found = session.get_one(Item, item.id)
        found.state, found.problem = "failed", problem
        log.append("worker", "item.not-opened", item.item_id, {"item": item.id, "problem": problem})


def unwrap(head: bytes) -> bytes:
    for identity in keys().intake_identities():
        try:
            return identity.file_key(head)
        except NotForThisKey:
            continue
    raise NotForThisKey("sealed to another key")


def _open(item: Item) -> None:
    with blobs().open(f"heads/{item.id}") as file:
        head = file.read()
    file_key = unwrap(head)
    if item.kind == "entry" or (
        item.kind is None and item.body_size < ENTRY_LIMIT and _looks_like_entry(item, file_key)
    ):
        return _open_entry(item, head, file_key)
    return _open_media(item, head, file_key)


def _plaintext(item: Item, file_key: bytes, limit: int) -> tuple[bytes, bool]:
    with blobs().open(f"bodies/{item.id}") as body:
        reader = SealedReader(file_key, body, item.body_size)
        return reader.read(limit) or b"", reader.interrupted


def _looks_like_entry(item: Item, file_key: bytes) -> bool:
    """Its commitment was lost or comes later: an entry says what it is itself."""
    try:
        text, _cut = _plaintext(item, file_key, ENTRY_LIMIT)
        return journal.parse(text.decode()).entry_id == item.item_id
    except (UnicodeDecodeError, journal.BadEntry):
        return False


def _open_entry(item: Item, head: bytes, file_key: bytes) -> None:
    if item.body_size > ENTRY_LIMIT:
        raise journal.BadEntry("too large")
    data, cut = _plaintext(item, file_key, ENTRY_LIMIT)
    if cut:
        raise journal.BadEntry("incomplete")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise journal.BadEntry("not UTF-8") from error
    with unit_of_work() as session:
        entry = journal.record(item, text)
        register.take(entry)
        _adopt_media(entry.about_item, item.made_by, entry.observation_id)
        session.get_one(Item, item.id).state = "opened"
        log.append(
            "worker", "item.opened", item.item_id,
            {"item": item.id, "entry": entry.type, "document": journal.digest(entry.document)},
        )  # fmt: skip
    heads.seal(item, head, erase=True)


def _adopt_media(about: str | None, made_by: str, observation_id: str) -> None:
    """Media opened before the entry that says where it belongs, silent uploads too."""
    if about is None:
        return
    senders = handover.senders_of(made_by, [about])[about]
    uploads_of = select(Upload.id).where(Upload.item_id == about, Upload.device_id.in_(senders))
    db.session.execute(
        update(Opening)
        .where(Opening.item.in_(uploads_of))
        .values(observation_id=observation_id)
        .execution_options(synchronize_session=False)
    )


def tails(device_id: str, item_id: str, body_size: int) -> list[tuple[int, str]]:
    """What tails add to a body of this size, decrypted: at most 64 KiB each, never parsed here. Those that reach
    furthest, and the newest besides, since the end of a body may be no part of it."""
    whole = whole_chunks(body_size)
    found = []
    for upload in uploads.tails_of(device_id, item_id)[:MOST_TAILS]:
        try:
            with blobs().open(f"heads/{upload.id}") as head, blobs().open(f"bodies/{upload.id}") as body:
                size = blobs().size(f"bodies/{upload.id}")
                plain = SealedReader(unwrap(head.read()), body, size).read(128 * 1024) or b""
        except (SealError, BlobMissing) as error:
            current_app.logger.warning("tail of %s: %s", item_id, error)
            continue
        if (tail := read_tail(plain, item_id)) is not None:
            found.append(tail)
    fitting = [tail for tail in found if tail[0] <= whole < tail[0] + len(tail[1])]
    fitting.sort(key=lambda tail: -(tail[0] + len(tail[1])))
    chosen = {tail[0]: tail for tail in [*found[:2], *reversed(fitting[:4])]}
    return [(offset, base64.b64encode(data).decode()) for offset, data in chosen.values()]


def _open_media(item: Item, head: bytes, file_key: bytes) -> None:
    config = current_app.config["TEMOIN"]
    order = Order(
        file_key,
        item.body_size,
        keys().storage_recipient,
        config.child_memory,
        tails(item.device_id, item.item_id, item.body_size),
    )
    with blobs().open(f"bodies/{item.id}") as body:
        made, name = run_child(order, body)
    opening = record(item.id, made, name)
    opening.observation_id = journal.observation_of_media(item.made_by, item.item_id)
    opening.sealed_size = item.body_size
    opening.attested_size = _attested(item, opening, head)
    wanted = made.get("viewing") if name is not None else None
    with unit_of_work() as session:
        session.add(opening)
        session.get_one(Item, item.id).state = "opened"
        note(item.item_id, opening)
        _make_provisional(item)
        if wanted in VIEWED:
            session.flush()
            session.add(
                Viewing(opening=opening.id, kind=wanted, state="waiting", tries=0, done=0, at=now_ms())
            )
    heads.seal(item, head, erase=name is not None and wanted not in VIEWED)


def _make_provisional(item: Item) -> None:
    """What was opened when the upload had been closed was not the end after all, now that the rest is here."""
    before = select(Superseded.id).where(Superseded.by == item.id)
    db.session.execute(
        update(Opening)
        .where(Opening.item.in_(before))
        .values(provisional=True)
        .execution_options(synchronize_session=False)
    )


def _attested(item: Item, opening: Opening, head: bytes) -> int:
    """Plaintext bytes that something signed covers: what a tail added to a cut recording, nobody signed."""
    if item.attested == "match":
        whole = whole_chunks(item.body_size)
        return min(opening.original_size, whole) if opening.interrupted else opening.original_size
    with blobs().open(f"bodies/{item.id}") as body:
        signed = prefixes.covered(item.made_by, item.item_id, head, body, item.body_size)
    return min(opening.original_size, whole_chunks(signed))


def run_child(order: Order, body: BinaryIO) -> tuple[dict[str, Any], str | None]:
    """What the child found, and the name of the working copy it made, if it could. Raises ChildFailed."""
    name = f"{new_id()}.age"
    forget_reads()
    made: dict[str, Any] = {}
    try:
        with blobs().writer(f"working/{name}") as target:
            made = in_child(order, body, target)
            if made.get("working_sha256") is None:
                raise _NoCopy
    except _NoCopy:
        return made, None
    return made, name


class _NoCopy(Exception):
    """The child made no working copy; the blob that was begun for it is dropped."""


def record(upload_id: str, made: dict[str, Any], name: str | None) -> Opening:
    return Opening(
        item=upload_id, at=now_ms(), provisional=False, interrupted=bool(made["interrupted"]),
        media_type=made["media_type"], original_size=int(made["original_size"]),
        original_sha256=str(made["original_sha256"]), working=name, working_size=made.get("working_size"),
        working_sha256=made.get("working_sha256"), report=made["report"], facts=made["facts"], problem=made["problem"],
    )  # fmt: skip


def note(item_id: str, opening: Opening) -> None:
    log.append(
        "worker", "item.opened", item_id,
        {"item": opening.item, "original": opening.original_sha256, "size": opening.original_size,
         "interrupted": opening.interrupted, "provisional": opening.provisional, "working": opening.working_sha256,
         "problem": opening.problem, "read": digest_of_reading(opening)},
    )  # fmt: skip


def digest_of_reading(opening: Opening) -> str:
    """SHA-256 of what was read out of a file, report and facts, so that a change of either is found."""
    return journal.digest({"report": opening.report, "facts": opening.facts})


def newest(item: Item) -> Opening | None:
    """The opening that counts: the last one."""
    return newest_of(item.id)


def newest_of(upload_id: str) -> Opening | None:
    return db.session.scalars(
        select(Opening).where(Opening.item == upload_id).order_by(Opening.id.desc()).limit(1)
    ).first()
