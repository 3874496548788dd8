"""Write-once files under the data folder. Nothing is ever overwritten; what is named is durable.

Names are two parts, `bodies/<32 hex>`: a shelf and an id. Every way in goes through a temporary file, fsync, rename,
fsync of the folder, so that a name either has all its bytes or does not exist.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import sqlite3
from pathlib import Path
from typing import BinaryIO

from flask import Flask, current_app
from sqlalchemy.exc import DBAPIError

_NAME = re.compile(r"^[a-z]+/[0-9a-f]{32,64}(\.[a-z0-9-]+)?$")
POSTGRES_FULL = "53100"
SHELVES = ("incoming", "heads", "bodies", "tails", "working")


class BlobMissing(Exception):
    """No blob has this name."""


def is_full(error: BaseException) -> bool:
    """Whether this is the disk or a quota at its end, for a file or for the database."""
    told = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(told, OSError):
        return told.errno in {errno.ENOSPC, errno.EDQUOT}
    sqlite, postgres = getattr(told, "sqlite_errorcode", None), getattr(told, "sqlstate", None)
    return sqlite == sqlite3.SQLITE_FULL or postgres == POSTGRES_FULL


def fsync_folder(folder: Path) -> None:
    """Make names in a folder durable (rename alone is not, after a power cut)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Blobs:
    """Local disk. `root` holds one folder a shelf."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for shelf in SHELVES:
            (root / shelf).mkdir(parents=True, exist_ok=True, mode=0o750)

    def path(self, name: str) -> Path:
        if not _NAME.match(name):
            raise ValueError("not a blob name")
        return self.root / name

    def exists(self, name: str) -> bool:
        return self.path(name).exists()

    def size(self, name: str) -> int:
        try:
            return self.path(name).stat().st_size
        except FileNotFoundError as error:
            raise BlobMissing(name) from error

    def open(self, name: str) -> BinaryIO:
        try:
            return self.path(name).open("rb")
        except FileNotFoundError as error:
            raise BlobMissing(name) from error

    def put(self, name: str, data: bytes) -> None:
        """Store a small blob whole; a name that exists keeps its bytes."""
        with self.writer(name) as target:
            target.write(data)

    def writer(self, name: str) -> BlobWriter:
        """A context manager to write one blob: named only when the block ends well."""
        return BlobWriter(self, name)

    def adopt(self, path: Path, name: str) -> None:
        """Take a file on the same disk, already written, as this blob."""
        target = self.path(name)
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.rename(target)
        fsync_folder(target.parent)

    def erase(self, name: str) -> None:
        """Remove a blob. Overwriting in place is no use on flash; sealed bytes are erased by erasing their key."""
        self.path(name).unlink(missing_ok=True)
        fsync_folder(self.path(name).parent)

    def free(self) -> int:
        """Bytes left on the disk."""
        return shutil.disk_usage(self.root).free


class BlobWriter:
    def __init__(self, blobs: Blobs, name: str) -> None:
        self._target = blobs.path(name)
        self._partial = self._target.with_name(f"{self._target.name}.{os.urandom(6).hex()}.partial")
        self._file: BinaryIO | None = None

    def __enter__(self) -> BinaryIO:
        self._file = self._partial.open("wb")
        return self._file

    def __exit__(self, kind: object, _error: object, _trace: object) -> None:
        assert self._file is not None
        if kind is None:
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()
        if kind is not None:
            self._partial.unlink(missing_ok=True)
            return
        self._partial.rename(self._target)
        fsync_folder(self._target.parent)


def init_app(app: Flask) -> None:
    app.extensions["blobs"] = Blobs(app.config["TEMOIN"].instance / "blobs")


def blobs() -> Blobs:
    """The blob store of the running application."""
    store: Blobs = current_app.extensions["blobs"]
    return store
