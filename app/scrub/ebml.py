"""Reading and writing EBML elements (RFC 8794), the grammar of Matroska and WebM."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.scrub.source import Source


@dataclass(frozen=True, slots=True)
class Element:
    """An element at `start`, its content from `body` to `end`; `end` None where the size is unknown."""

    id: int
    start: int
    body: int
    end: int | None


def element(source: Source, at: int) -> Element | None:
    """The element at `at`, None where there is no whole header of one."""
    head = source.upto(at, 12)
    if len(head) < 2 or head[0] < 0x10:
        return None
    width = 9 - head[0].bit_length()
    if len(head) <= width:
        return None
    first = head[width]
    if not first:
        return None
    length = 9 - first.bit_length()
    body = width + length
    if len(head) < body:
        return None
    mask = (1 << 7 * length) - 1
    size = int.from_bytes(head[width:body], "big") & mask
    end = None if size == mask else at + body + size
    return Element(int.from_bytes(head[:width], "big"), at, at + body, end)


def children(source: Source, start: int, end: int) -> Iterator[Element]:
    """Whole elements of known size between `start` and `end`; stops at the first that is not."""
    at = start
    while at < end:
        item = element(source, at)
        if item is None or item.end is None or item.end > end:
            return
        yield item
        at = item.end


def vint(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length and its width. Raises IndexError or ValueError where there is none."""
    first = data[at]
    if not first:
        raise ValueError("a number longer than eight bytes")
    length = 9 - first.bit_length()
    return int.from_bytes(data[at : at + length], "big") & ((1 << 7 * length) - 1), length


def number(source: Source, item: Element) -> int:
    """The value of an unsigned element (0 to 8 bytes)."""
    return int.from_bytes(content(source, item, 8), "big")


def content(source: Source, item: Element, limit: int = 1 << 20) -> bytes:
    """The bytes of an element, at most `limit`."""
    end = item.end if item.end is not None else item.body
    return source.at(item.body, min(end - item.body, limit))


def write(identity: int, data: bytes) -> bytes:
    """A whole element with the shortest size."""
    return _id(identity) + _size(len(data)) + data


def write_wide(identity: int, size: int) -> bytes:
    """The header of an element whose size field always takes eight bytes."""
    return _id(identity) + (size | 1 << 56).to_bytes(8, "big")


def write_number(identity: int, value: int, width: int = 0) -> bytes:
    """An unsigned element, of `width` bytes where one is asked for."""
    return write(identity, value.to_bytes(width or max(1, (value.bit_length() + 7) // 8), "big"))


def _id(identity: int) -> bytes:
    return identity.to_bytes((identity.bit_length() + 7) // 8, "big")


def _size(size: int) -> bytes:
    length = 1
    while size >= (1 << 7 * length) - 1:
        length += 1
    return (size | 1 << 7 * length).to_bytes(length, "big")
