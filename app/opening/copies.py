"""Reading what was sealed to the storage key: working copies and copies for viewing, from any place in them."""

from __future__ import annotations

import io
from typing import BinaryIO, cast

from app.blobs import blobs
from app.keys import keys
from app.opening.models import Opening, Viewing
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
    name = f"working/{blob}"
    file = blobs().open(name)
    start = file.read(16 * 1024)
    length = head_length(start)
    assert length is not None
    body = cast(BinaryIO, _After(file, length))
    return SealedReader(keys().storage.file_key(start[:length]), body, blobs().size(name) - length)


class _After(io.RawIOBase):
    """A file from `start` on."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        self._file, self._start = file, start

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        assert whence == io.SEEK_SET
        return self._file.seek(self._start + offset) - self._start

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def close(self) -> None:
        self._file.close()
