"""An edit list: the clean copy described as pieces of the original, new bytes and zeros.

A two-gigabyte film cleaned this way needs neither memory nor disk: the copy is looked at through
`Plan.open` as if it were a file, and written once, straight into the encrypting writer.
"""

import hashlib
import io
from bisect import bisect_right
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO

BLOCK = 1 << 20
LARGE = 8 << 20
"""Bytes of a copy from which the original is hashed on a second processor."""


@dataclass(frozen=True, slots=True)
class Copy:
    """`length` bytes of the original from `offset`."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Literal:
    """Bytes of our own making."""

    data: bytes

    @property
    def length(self) -> int:
        return len(self.data)


@dataclass(frozen=True, slots=True)
class Zeros:
    """`length` zero bytes, in place of something that had to go without moving its neighbours."""

    length: int


Part = Copy | Literal | Zeros


@dataclass(frozen=True, slots=True)
class Digests:
    """What one writing saw: SHA-256 (hex) and size in bytes of original and copy."""

    before: str
    after: str
    size_before: int
    size_after: int


class Builder:
    """Collects parts in order; joins neighbours that are one run in the original."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.size = 0

    def copy(self, offset: int, length: int) -> None:
        if length <= 0:
            return
        last = self.parts[-1] if self.parts else None
        if type(last) is Copy and last.offset + last.length == offset:
            self.parts[-1] = Copy(last.offset, last.length + length)
        else:
            self.parts.append(Copy(offset, length))
        self.size += length

    def literal(self, data: bytes | bytearray) -> None:
        if data:
            self.parts.append(Literal(bytes(data)))
            self.size += len(data)

    def zeros(self, length: int) -> None:
        if length > 0:
            self.parts.append(Zeros(length))
            self.size += length

    def plan(self) -> "Plan":
        return Plan(tuple(self.parts))


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts of the copy, in order."""

    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """Bytes of the copy."""
        return sum(part.length for part in self.parts)

    def open(self, source: BinaryIO) -> BinaryIO:
        """A seekable, read-only file of the copy. `source` must stay open and is moved about."""
        return io.BufferedReader(_PlanFile(self, source), 1 << 16)

    def write(self, source: BinaryIO, target: BinaryIO) -> Digests:
        """Write the copy to `target` and hash both files on the way.

        Reads the original once from end to end: strippers never reorder what they copy. A plan
        that does (none today) costs a second reading.
        """
        before, after = _Digest(apart=self.size > LARGE), hashlib.sha256()
        size_before = source.seek(0, 2)
        position = source.seek(0)

        def put(data: bytes | memoryview) -> None:
            after.update(data)
            target.write(data)

        def skip(until: int) -> None:
            nonlocal position
            while position < until:
                data = source.read(min(BLOCK, until - position))
                if not data:
                    raise EOFError("the original shrank while it was being copied")
                before.update(data)
                position += len(data)

        hashed_apart = not self._ordered()
        if hashed_apart:
            skip(size_before)
        for part in self.parts:
            if isinstance(part, Literal):
                put(part.data)
            elif isinstance(part, Zeros):
                for step in _steps(part.length):
                    put(bytes(step))
            else:
                if hashed_apart:
                    source.seek(part.offset)
                else:
                    skip(part.offset)
                for step in _steps(part.length):
                    data = _exactly(source, step)
                    if not hashed_apart:
                        before.update(data)
                        position += step
                    put(data)
        if not hashed_apart:
            skip(size_before)
        return Digests(before.finish(), after.hexdigest(), size_before, self.size)

    def _ordered(self) -> bool:
        end = 0
        for part in self.parts:
            if isinstance(part, Copy):
                if part.offset < end:
                    return False
                end = part.offset + part.length
        return True


def _steps(length: int) -> Iterator[int]:
    while length > 0:
        yield min(BLOCK, length)
        length -= BLOCK


def _exactly(source: BinaryIO, length: int) -> bytes:
    data = source.read(length)
    while len(data) < length:
        more = source.read(length - len(data))
        if not more:
            raise EOFError("the original shrank while it was being copied")
        data += more
    return data


class _Digest:
    """SHA-256, for large files in a thread beside the writing; one block may wait, so memory stays flat."""

    def __init__(self, apart: bool) -> None:
        self._sum = hashlib.sha256()
        self._thread = ThreadPoolExecutor(1) if apart else None
        self._waiting: Future[None] | None = None

    def update(self, data: bytes) -> None:
        if self._thread is None:
            self._sum.update(data)
            return
        if self._waiting is not None:
            self._waiting.result()
        self._waiting = self._thread.submit(self._sum.update, data)

    def finish(self) -> str:
        if self._thread is not None:
            self._thread.shutdown()
        return self._sum.hexdigest()


class _PlanFile(io.RawIOBase):
    """The copy as a raw file: finds the part of a position by bisection."""

    def __init__(self, plan: Plan, source: BinaryIO) -> None:
        self._parts = plan.parts
        self._source = source
        self._starts: list[int] = []
        size = 0
        for part in plan.parts:
            self._starts.append(size)
            size += part.length
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._position, self._size)[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        view = memoryview(buffer)
        wanted = min(len(view), self._size - self._position)
        if wanted <= 0:
            return 0
        index = bisect_right(self._starts, self._position) - 1
        done = 0
        while done < wanted:
            part = self._parts[index]
            inside = self._position - self._starts[index]
            step = min(part.length - inside, wanted - done)
            if isinstance(part, Literal):
                view[done : done + step] = part.data[inside : inside + step]
            elif isinstance(part, Zeros):
                view[done : done + step] = bytes(step)
            else:
                self._source.seek(part.offset + inside)
                view[done : done + step] = _exactly(self._source, step)
            done += step
            self._position += step
            index += 1
        return done
