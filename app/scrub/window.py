"""The first bytes of a file as a file of their own."""

import io
from typing import BinaryIO


class Window(io.RawIOBase):
    """`size` bytes of `file` from its beginning; moves `file`. Only reading and seeking work."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._position = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        self._position = max(0, (0, self._position, self._size)[whence] + offset)
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        view = memoryview(buffer)
        room = max(0, self._size - self._position)
        self._file.seek(self._position)
        data = self._file.read(min(len(view), room))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)


def window(file: BinaryIO, size: int) -> BinaryIO:
    """A buffered `Window`."""
    return io.BufferedReader(Window(file, size), 1 << 18)
