"""The second reader's own walk through a clean DNG, and its comparison of raw pictures.

Nothing here is shared with `dng.py`, on purpose. Two raw pictures are the same where every coded strip or tile is,
and every tag that says how to read them.
"""

import hashlib
import struct
from collections.abc import Iterator
from typing import BinaryIO

from app.scrub.errors import CheckFailed
from app.scrub.film_walks import take, zeros

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
READING = frozenset(
    (256, 257, 258, 259, 262, 266, 277, 278, 284, 317, 322, 323, 339, 347, 33421, 33422, 50710, 50711, 50712, 50713,
     50714, 50715, 50716, 50717, 50718, 50719, 50720, 50733, 50737, 50738, 50780, 50829, 50830, 51125)
)  # fmt: skip
COLOURS = frozenset(
    (
        50706,
        50707,
        50721,
        50722,
        50727,
        50728,
        50729,
        50730,
        50731,
        50732,
        50734,
        50778,
        50779,
        50964,
        50965,
        51109,
    )
)
PLACES = {273: 279, 324: 325}
LISTS = frozenset((51008, 51009, 51022))
OTHERS = frozenset((254, 274, 50708))
MODEL = b"neutral\0"
ALLOWED = READING | COLOURS | LISTS | OTHERS | set(PLACES) | set(PLACES.values())
BAD_PIXELS = (4, 5)
MOST = 64

Tags = dict[int, tuple[int, int, int]]
"""Tag: type, bytes, place."""


def _directory(file: BinaryIO, order: str, at: int) -> tuple[Tags, int]:
    count = struct.unpack(order + "H", take(file, at, 2))[0]
    table = take(file, at + 2, 12 * count + 4)
    tags: Tags = {}
    for index in range(count):
        tag, kind, number, value = struct.unpack_from(order + "HHII", table, 12 * index)
        length = SIZES.get(kind, 0) * number
        tags.setdefault(tag, (kind, length, value if length > 4 else at + 10 + 12 * index))
    return tags, struct.unpack_from(order + "I", table, 12 * count)[0]


def _values(file: BinaryIO, order: str, tags: Tags, tag: int) -> tuple[int, ...]:
    kind, length, place = tags.get(tag, (0, 0, 0))
    code = {1: "B", 3: "H", 4: "I", 13: "I"}.get(kind)
    return struct.unpack(f"{order}{length // SIZES[kind]}{code}", take(file, place, length)) if code else ()


def walk(result: BinaryIO) -> None:
    """One directory of known tags, and no byte that none of them accounts for. Raises CheckFailed."""
    size = result.seek(0, 2)
    order = "<" if take(result, 0, 2) == b"II" else ">"
    at = struct.unpack(order + "I", take(result, 4, 4))[0]
    tags, following = _directory(result, order, at)
    if following or tags.get(330):
        raise CheckFailed("a further directory is left in the DNG")
    covered = [(0, 8), (at, at + 6 + 12 * len(tags))]
    for tag, (kind, length, place) in tags.items():
        if tag not in ALLOWED or (kind == 2) != (tag == 50708):
            raise CheckFailed(f"an unexpected tag is left in the DNG ({tag})")
        covered.append((place, place + length))
        if tag in LISTS:
            _list(take(result, place, length))
    if take(result, tags[50708][2], tags[50708][1]) != MODEL:
        raise CheckFailed("the DNG still names its camera")
    for offsets, lengths in PLACES.items():
        starts = _values(result, order, tags, offsets)
        covered += [
            (start, start + n) for start, n in zip(starts, _values(result, order, tags, lengths), strict=True)
        ]
    end = 0
    for start, stop in sorted(covered):
        if start - end > 8:
            raise CheckFailed("bytes are left between the parts of the DNG")
        zeros(result, end, max(start, end))
        end = max(end, stop)
    if size - end > 8:
        raise CheckFailed("bytes are left after the end of the DNG")
    zeros(result, end, size)


def _list(data: bytes) -> None:
    at = 4
    for _ in range(struct.unpack_from(">I", data)[0]):
        kind, size = struct.unpack_from(">I8xI", data, at)
        if kind in BAD_PIXELS:
            raise CheckFailed("a list of bad pixels is left in the DNG")
        at += 16 + size
    if at != len(data):
        raise CheckFailed("bytes are left in a list of the DNG")


def same(source: BinaryIO, result: BinaryIO) -> None:
    """Raises CheckFailed where the raw picture of the copy is not the one of the original."""
    before, after = _raw(source), _raw(result)
    if after is None:
        raise CheckFailed("the cleaned copy can't be decoded")
    if before != after:
        raise CheckFailed("the cleaned copy does not show the same picture")


def _raw(file: BinaryIO) -> tuple[str, int] | None:
    """Hash of the first raw picture and of how it is read; which way is up."""
    order = "<" if take(file, 0, 2) == b"II" else ">"
    first: Tags | None = None
    for tags in _directories(file, order):
        first = first if first is not None else tags
        kind, reduced = _values(file, order, tags, 262), _values(file, order, tags, 254)
        if kind not in ((32803,), (34892,)) or any(reduced):
            continue
        digest = hashlib.sha256(order.encode())
        for tag in sorted(READING | COLOURS):
            holder = first if tag in COLOURS and tag not in tags else tags
            if tag in holder:
                digest.update(
                    struct.pack(">HH", tag, holder[tag][0]) + take(file, holder[tag][2], holder[tag][1])
                )
        for offsets, lengths in PLACES.items():
            starts = _values(file, order, tags, offsets)
            for start, length in zip(starts, _values(file, order, tags, lengths), strict=True):
                digest.update(struct.pack(">I", length) + take(file, start, length))
        turn = _values(file, order, first, 274) or _values(file, order, tags, 274) or (1,)
        return digest.hexdigest(), turn[0] if 1 <= turn[0] <= 8 else 1
    return None


def _directories(file: BinaryIO, order: str) -> Iterator[Tags]:
    """Those of the chain and of sub-directories, each once, level by level."""
    waiting, seen = [struct.unpack(order + "I", take(file, 4, 4))[0]], set[int]()
    while waiting and len(seen) < MOST:
        at = waiting.pop(0)
        if at and at not in seen:
            seen.add(at)
            tags, following = _directory(file, order, at)
            yield tags
            waiting += [*_values(file, order, tags, 330), following]
