"""Metadata in AV1 streams (AV1 bitstream specification, 5.3 and 5.8), blanked in place.

Kept: units of `UNITS` (sequence, frames, tiles), delimiters without content, HDR brightness
(metadata types 1 and 2) and scalability (3). Everything else (T.35 user data, time codes,
unregistered types, units of unknown kinds) and all old padding becomes padding of the same length
(type 15).
"""

from app.scrub.errors import Refused
from app.scrub.report import Notes

DELIMITER, METADATA, PADDING = 2, 5, 15
UNITS = frozenset((1, 3, 4, 6, 7, 8))
KEPT = {1: 6, 2: 26, 3: 64}
"""Bytes that a kept unit of metadata may have."""


MOST_UNITS = 20_000


def patches(sample: bytes, notes: Notes) -> list[tuple[int, bytes]]:
    """(offset, new bytes) for every unit to blank in a temporal unit with sizes, and for all behind a broken one."""
    out: list[tuple[int, bytes]] = []
    at = count = 0
    while at < len(sample):
        count += 1
        if count > MOST_UNITS:
            raise Refused("a picture of the film has more parts than any real one")
        head = sample[at]
        kind, start = head >> 3 & 15, at + 1 + (head >> 2 & 1)
        if head & 2:
            size, start = _leb128(sample, start)
        else:
            size = len(sample) - start
        end = start + size
        if size < 0 or end > len(sample):
            if any(sample[start:]):
                notes.removed("data of damaged pictures", len(sample) - start)
                out.append((start, bytes(len(sample) - start)))
            break
        if kind == PADDING:
            if sample[start:end] != _padding(size):
                notes.removed("padding in the stream", end - at)
                out.append((start, _padding(size)))
        elif not (
            kind in UNITS
            or (size == 0 and kind in (DELIMITER, METADATA))
            or _needed(kind, sample, start, size)
        ):
            name = f"metadata type {sample[start]}" if kind == METADATA else f"unit {kind}"
            notes.found("obu", name)
            notes.removed("user data in the stream (AV1 metadata)", end - at)
            out.append((at, bytes([head & ~0x78 | PADDING << 3]) + sample[at + 1 : start] + _padding(size)))
        at = end
    return out


def _needed(kind: int, sample: bytes, start: int, size: int) -> bool:
    return kind == METADATA and size <= KEPT.get(sample[start], 0)


def broken(sample: bytes) -> int | None:
    """Where the units of a sample stop adding up, None where they fill it."""
    at = 0
    while at < len(sample):
        head = sample[at]
        size, start = len(sample), at + 1 + (head >> 2 & 1)
        if head & 2:
            size, start = _leb128(sample, start)
        else:
            size -= start
        if head & 0x80 or size < 0 or start + size > len(sample):
            return at
        at = start + size
    return None


def _padding(length: int) -> bytes:
    return bytes(length - 1) + b"\x80" if length else b""


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(8):
        if at >= len(data):
            break
        value |= (data[at] & 0x7F) << 7 * index
        at += 1
        if data[at - 1] < 0x80:
            break
    return value, at
