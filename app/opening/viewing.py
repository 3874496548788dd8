"""Copies converted for viewing: which are wanted, how far one is, where it lies. The only writer of viewings.

The worker goes on with one while it opens what arrives. Its source is the sealed original, whose clear head is kept
until the copy is made or given up; the child sees only what cleaning lets through.
"""

from __future__ import annotations

from typing import BinaryIO

from flask import current_app
from sqlalchemy import select, update

from app.blobs import BlobMissing, blobs
from app.clock import now_ms
from app.custody import log
from app.db import db, unit_of_work
from app.ids import new_id
from app.intake.models import Item
from app.keys import keys
from app.opening import heads, service
from app.opening.models import Opening, Viewing
from app.opening.run import STOPPED, ChildFailed, Conversion, Order
from app.seal import SealError

MAX_TRIES = 2
UNKNOWN = 3600  # seconds that a film is taken to last when it doesn't say so
LONGEST = 4 * 3600  # seconds of processor time


def of(opening: Opening) -> Viewing | None:
    return db.session.scalars(select(Viewing).where(Viewing.opening == opening.id)).first()


def requeue_interrupted() -> None:
    """At the worker's start."""
    with unit_of_work() as session:
        session.execute(update(Viewing).where(Viewing.state == "making").values(state="waiting"))


def begin() -> Making | None:
    """Start the oldest one that waits."""
    viewing = db.session.scalars(
        select(Viewing).where(Viewing.state == "waiting").order_by(Viewing.id).limit(1)
    ).first()
    if viewing is None:
        return None
    with unit_of_work() as session:
        found = session.get_one(Viewing, viewing.id)
        found.state, found.tries, found.done = "making", found.tries + 1, 0
    try:
        return Making(found)
    except ChildFailed as error:
        _end(found.id, {"problem": str(error)})
        return None


def go_on(making: Making | None) -> Making | None:
    """The next step of the one that is being made, or of the next one. None if nothing is left to do now."""
    if making is None:
        return begin()
    return None if making.step() else making


class Making:
    """One conversion in its own process. `step` never waits."""

    def __init__(self, viewing: Viewing) -> None:
        """Raises ChildFailed when it can't even begin."""
        opening = db.session.get_one(Opening, viewing.opening)
        item = db.session.get_one(Item, opening.item)
        self._viewing, self._item, self._done = viewing.id, item.item_id, 0
        try:
            with blobs().open(f"heads/{item.id}") as file:
                file_key = service.unwrap(file.read())
        except (SealError, BlobMissing) as error:
            raise ChildFailed("the sealed original can't be opened any more") from error
        order = Order(
            file_key, item.body_size, keys().storage_recipient, current_app.config["TEMOIN"].child_memory,
            service.tails(item.device_id, item.item_id, item.body_size),
        )  # fmt: skip
        self._name = f"{new_id()}.age"
        self._writer = blobs().writer(f"working/{self._name}")
        target = self._writer.__enter__()
        self._body: BinaryIO = blobs().open(f"bodies/{item.id}")
        length = float((opening.facts or {}).get("duration") or (0 if viewing.kind == "image" else UNKNOWN))
        self._child = Conversion(
            order, viewing.kind, min(120 + int(10 * length), LONGEST), self._body, target
        )

    def step(self) -> bool:
        """Hear how far it is; True when it has ended, well or not."""
        try:
            made = self._child.hear()
        except ChildFailed as error:
            self._close(error)
            _end(self._viewing, {"problem": str(error)})
            return True
        if made is not None:
            self._close(None)
            _end(self._viewing, {**made, "copy": self._name})
            return True
        if self._child.done > self._done:
            self._done = self._child.done
            with unit_of_work() as session:
                session.get_one(Viewing, self._viewing).done = self._done
        return False

    def stop(self) -> None:
        """Give it up for now: it begins anew at the next start."""
        self._close(ChildFailed(STOPPED))

    def _close(self, error: Exception | None) -> None:
        self._child.stop()
        self._body.close()
        self._writer.__exit__(type(error) if error else None, error, None)


def _end(viewing: int, made: dict[str, object]) -> None:
    with unit_of_work() as session:
        found = session.get_one(Viewing, viewing)
        opening = session.get_one(Opening, found.opening)
        item = session.get_one(Item, opening.item)
        failed = "problem" in made
        if failed and found.tries < MAX_TRIES and made["problem"] == STOPPED:
            found.state = "waiting"
            return
        for name in ("media_type", "copy", "size", "sha256", "pictures", "problem"):
            setattr(found, name, made.get(name))
        found.state, found.done, found.at = ("failed", 0, now_ms()) if failed else ("made", 100, now_ms())
        log.append(
            "worker", "viewing.failed" if failed else "viewing.made", item.item_id,
            {"item": item.id, "of": opening.working_sha256, "made": found.sha256, "problem": found.problem},
        )  # fmt: skip
    heads.release(item)
