"""Sealing files of this machine into intake, each once. The only writer of imported files.

A file goes to the recipients that phones seal to, in one pass and flat memory, and is stored as an item of a device
named "import". No phone signed for it: the desk shows it as not attested. Cut off anywhere, the next run goes on: a
file that was sealed whole is finished, another begins anew.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from flask import current_app
from sqlalchemy import select

from app.blobs import blobs
from app.clock import now_ms
from app.custody import log
from app.db import db, forget_reads, unit_of_work
from app.enrol import service as enrol
from app.enrol.models import Device
from app.ids import new_id
from app.imports.models import Imported
from app.intake import storing
from app.intake.incoming import Incoming
from app.intake.models import Item, Upload
from app.intake.uploads import ITEM
from app.keys import keys
from app.seal import seal_stream

PIECE = 1 << 20
LABEL = "import"
Read = Callable[[int], None]


class NotTaken(Exception):
    """A file that can't come in; one line says why."""


@dataclass(frozen=True)
class Taken:
    """`new` is False where the same bytes had come in before. `item` is the upload's id, which names its files."""

    item: str
    new: bool


def files(folder: Path) -> list[Path]:
    """Every file below a folder, in order. Links are not followed: they may lead anywhere."""
    found = []
    for here, folders, names in os.walk(folder):
        folders.sort()
        found += [Path(here) / name for name in sorted(names)]
    return found


def take(path: Path, read: Read = lambda _bytes: None) -> Taken:
    """Bring in one file. `read` hears of bytes as they pass, twice each. Raises NotTaken, Problem, OSError."""
    if path.is_symlink() or not path.is_file():
        raise NotTaken("not a plain file")
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise NotTaken("empty")
        if size > current_app.config["TEMOIN"].max_item:
            raise NotTaken("larger than the server accepts")
        digest = _digest(file, read)
        known = db.session.get(Imported, digest)
        upload = db.session.get_one(Upload, known.upload) if known else None
        if upload is not None and upload.finished_at is not None:
            return Taken(upload.id, False)
        forget_reads()
        upload_id, device_id = (upload.id, upload.device_id) if upload else _begin(digest, path.name)
        return Taken(_sealed(file, size, digest, upload_id, device_id, read), True)


def _digest(file: BinaryIO, read: Read) -> str:
    running = hashlib.sha256()
    while piece := file.read(PIECE):
        running.update(piece)
        read(len(piece))
    return running.hexdigest()


def _device() -> Device:
    """The device whose items imported files are; another one when the keys are no longer those of practice."""
    found = db.session.scalars(
        select(Device).where(
            Device.label == LABEL,
            Device.public_key.is_(None),
            Device.practice.is_(keys().is_practice),
            Device.revoked_at.is_(None),
            Device.retired_at.is_(None),
        )
    ).first()
    # Its token is known to nobody: nothing can be sent in its name from outside.
    return found or enrol.enrol_foreign(LABEL).device


def _begin(digest: str, name: str) -> tuple[str, str]:
    device = _device()
    with unit_of_work() as session:
        upload = Upload(
            id=new_id(), device_id=device.id, item_id=new_id(), tail=ITEM, length=None, created_at=now_ms(), refusals=0
        )  # fmt: skip
        session.add(upload)
        session.flush()
        session.add(Imported(sha256=digest, upload=upload.id, at=now_ms()))
        log.append(
            "server", "item.imported", upload.item_id, {"item": upload.id, "name": name, "sha256": digest}
        )
        return upload.id, upload.device_id


def _sealed(file: BinaryIO, size: int, digest: str, upload_id: str, device_id: str, read: Read) -> str:
    """Seal the file into an upload and store it, or only store it where that is all a crash left to do."""
    upload = db.session.get_one(Upload, upload_id)
    here = Incoming(blobs(), upload_id)
    if upload.length is None or here.offset() != upload.length:
        here.remove()
        here = Incoming(blobs(), upload_id)
        target, source = _Into(here), _Reading(file, read)
        file.seek(0)
        recipients = [keys().intake_recipient(), *keys().custody_recipients]
        try:
            seal_stream(cast(BinaryIO, source), cast(BinaryIO, target), recipients)
        except Exception as error:  # the sealer's own words for what reading or writing raised
            raise source.failed or target.failed or error from None
        target.flush()
        here.sync()
        if (source.size, source.digest.hexdigest()) != (size, digest):
            here.remove()
            raise NotTaken("it changed while it was read")
        with unit_of_work() as session:
            session.get_one(Upload, upload_id).length = target.offset
    item = storing.finish(
        db.session.get_one(Device, device_id), db.session.get_one(Upload, upload_id), kind="import"
    )
    assert isinstance(item, Item)
    return item.id


class _Into:
    """What the sealer writes goes to the two parts of an upload."""

    def __init__(self, here: Incoming) -> None:
        self._here, self.offset, self._held = here, 0, bytearray()
        self.failed: BaseException | None = None

    def write(self, data: bytes) -> int:
        self._held += data  # the sealer writes a header line by line
        if len(self._held) >= PIECE:
            self.flush()
        return len(data)

    def flush(self) -> None:
        if not self._held:
            return
        try:
            self._here.write(bytes(self._held), self.offset)
        except BaseException as error:
            self.failed = error
            raise
        self.offset += len(self._held)
        self._held.clear()


class _Reading:
    """A file that is hashed again while it is sealed: what was looked up is what is stored."""

    def __init__(self, file: BinaryIO, read: Read) -> None:
        self._file, self._read, self.digest, self.size = file, read, hashlib.sha256(), 0
        self.failed: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._file.read(size)
            self._read(len(data))
        except BaseException as error:
            self.failed = error
            raise
        self.digest.update(data)
        self.size += len(data)
        return data
