"""Metadata in AV1 streams (AV1 bitstream specification, 5.3 and 5.8), blanked in place.

Kept: HDR brightness (metadata types 1 and 2) and scalability (3). Everything else (T.35 user data,
time codes, unregistered types) and all old padding becomes padding of the same length (type 15).
"""

from app.scrub.report import Notes

METADATA, PADDING = 5, 15
KEPT = frozenset((1, 2, 3))


def patches(sample: bytes, notes: Notes) -> list[tuple[int, bytes]]:
    """(offset, new bytes) for every unit to blank in a temporal unit with sizes, and for all behind a broken one."""
    out: list[tuple[int, bytes]] = []
    at = 0
    while at < len(sample):
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
        if kind == METADATA and sample[start:end][:1] and sample[start] not in KEPT and end > start:
            notes.found("obu", f"metadata type {sample[start]}")
            notes.removed("user data in the stream (AV1 metadata)", end - at)
            out.append(
                (at, bytes([head & ~0x78 | PADDING << 3]) + sample[at + 1 : start] + _padding(end - start))
            )
        elif kind == PADDING and sample[start:end] != _padding(end - start):
            notes.removed("padding in the stream", end - at)
            out.append((start, _padding(end - start)))
        at = end
    return out


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
