"""Runs of ordinary blocks in a Matroska cluster, walked quickly.

A long recording is hundreds of thousands of blocks that stay exactly as they are. They are judged
here from one window of bytes; whatever is out of the ordinary (a dropped track, a track in whose
frames user data may hide, data beside a frame) is left to the thorough walk of `matroska.py`.
"""

from dataclasses import dataclass

from app.scrub.source import Source

WINDOW = 1 << 16
WIDTHS = (9, *(9 - value.bit_length() for value in range(1, 256)))
MASKS = tuple((1 << 7 * width) - 1 for width in range(10))
SIMPLE, GROUP, BLOCK, LENGTH, REFERENCE, PRIORITY = 0xA3, 0xA0, 0xA1, 0x9B, 0xFB, 0xFA


@dataclass(frozen=True, slots=True)
class Seen:
    """A block that stays: track, time against its cluster and length in ticks, key frame?"""

    track: int
    time: int
    key: bool
    length: int


def run(source: Source, at: int, limit: int, plain: frozenset[int]) -> tuple[int, list[Seen]]:
    """How far from `at` blocks of the `plain` tracks (numbers below 127) can be copied whole."""
    data = source.upto(at, min(WINDOW, limit - at))
    size = len(data)
    seen: list[Seen] = []
    here = 0
    while here + 16 <= size:
        kind, width = data[here], WIDTHS[data[here + 1]]
        if (kind != SIMPLE and kind != GROUP) or width > 8:
            break
        body = here + 1 + width
        length = int.from_bytes(data[here + 1 : body], "big") & MASKS[width]
        end = body + length
        if length == MASKS[width] or length < 4 or at + end > limit or body + 4 > size:
            break
        if kind == SIMPLE:
            block, key, lasts = body, bool(data[body + 3] & 0x80), 0
        else:
            if end > size:
                break
            block, key, lasts = _group(data, body, end)
            if block < 0:
                break
        number = data[block] & 0x7F
        if not data[block] & 0x80 or number not in plain:
            break
        seen.append(Seen(number, int.from_bytes(data[block + 1 : block + 3], "big", signed=True), key, lasts))
        here = end
    return at + here, seen


def _group(data: bytes, at: int, end: int) -> tuple[int, bool, int]:
    """Place of the block, key frame?, length of a group with nothing but allowed parts; else place -1."""
    block, key, lasts = -1, True, 0
    seen: set[int] = set()
    while at + 2 <= end:
        kind = data[at]
        wide = 2 if data[at : at + 2] == b"\x75\xa2" else 1
        width = WIDTHS[data[at + wide]]
        body = at + wide + width
        stop = body + (int.from_bytes(data[at + wide : body], "big") & MASKS[min(width, 9)])
        if width > 8 or stop > end:
            return -1, False, 0
        if kind == BLOCK and block < 0 and stop - body >= 4:
            block = body
        elif (kind not in (LENGTH, REFERENCE, PRIORITY) and wide == 1) or stop - body > 8 or kind in seen:
            return -1, False, 0
        elif kind == LENGTH:
            lasts = int.from_bytes(data[body:stop], "big")
        elif kind == REFERENCE:
            key = False
        seen.add(kind)
        at = stop
    return (block, key, lasts) if at == end else (-1, False, 0)
