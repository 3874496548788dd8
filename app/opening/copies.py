"""Reading what was sealed to the storage key: working copies and copies for viewing, from any place in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, cast

from app.blobs import blobs
from app.keys import keys
from app.opening.models import Opening, Viewing
from app.opening.source import After
from app.seal import SealedReader, SealError, head_length


def open_copy(opening: Opening) -> SealedReader:
    """A seekable reader of a working copy's plaintext. Raises SealError, BlobMissing."""
    if opening.working is None:
        raise SealError("there is no working copy")
    return _open(opening.working)


def open_viewing(viewing: Viewing) -> SealedReader:
    """The same of a copy for viewing. Raises SealError, BlobMissing."""
    if viewing.copy is None:
        raise SealError("there is no copy for viewing")
    return _open(viewing.copy)


def _open(blob: str) -> SealedReader:
    found = locate(blob)
    return SealedReader(found.file_key, cast(BinaryIO, After(found.file, found.start)), found.size)


@dataclass(frozen=True)
class Located:
    """A blob of the shelf `working`: open, the key of this one file, where its body begins, bytes of the body."""

    file: BinaryIO
    file_key: bytes
    start: int
    size: int


def locate(blob: str) -> Located:
    """What a process needs to read one copy, and no other. Raises SealError, BlobMissing."""
    name = f"working/{blob}"
    file = blobs().open(name)
    start = file.read(16 * 1024)
    length = head_length(start)
    if length is None:
        raise SealError("the head is too long")
    return Located(file, keys().storage.file_key(start[:length]), length, blobs().size(name) - length)
