"""What cleaning TIFF and DNG share: directories written again, picture data copied behind them."""

import struct
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate

from app.scrub.errors import Refused
from app.scrub.plan import Builder
from app.scrub.report import Notes
from app.scrub.source import Source

LARGEST_VALUE = 16 << 20
"""Bytes of one tag."""

Field = tuple[int, int, bytes]
"""Type, count, raw values in the file's byte order."""


@dataclass(slots=True)
class Page:
    """One directory that stays, and the places of its picture data."""

    fields: dict[int, Field] = field(default_factory=dict)
    places: list[tuple[int, int]] = field(default_factory=list)
    tiled: bool = False


PLAIN = (256, 257, 258, 277, 278, 284, 322, 323)
"""Tags that tell the size of an uncompressed strip or tile."""


def plain_size(numbers: dict[int, list[int]]) -> int:
    """Bytes of an uncompressed strip or tile, at most."""

    def first(tag: int, default: int = 0) -> int:
        return next(iter(numbers.get(tag, ())), default)

    tiled = 322 in numbers
    rows = first(323) if tiled else min(first(278, 1 << 32), first(257))
    samples = 1 if first(284) == 2 else first(277, 1)
    bits = max(numbers.get(258, ()), default=1)
    return (first(322 if tiled else 256) * samples * bits + 7) // 8 * rows


def trailing(source: Source, pages: list[Page], notes: Notes) -> None:
    used = sum(length for page in pages for _, length in page.places)
    notes.removed("metadata, further directories and unused bytes", max(0, source.size - used))


def mixed(ranges: Iterable[tuple[int, int]], foreign: list[tuple[int, int]]) -> bool:
    """Whether one of the ranges (beginning, end) is in part also one of the foreign ones. Sorts `foreign`."""
    foreign.sort()
    starts = [start for start, _ in foreign]
    ends = list(accumulate((end for _, end in foreign), max))
    for start, end in ranges:
        before = bisect_left(starts, end)
        if start < end and before and ends[before - 1] > start:
            return True
    return False


def apart(pages: list[Page], foreign: list[tuple[int, int]], size: int) -> None:
    """Raises Refused where picture data are also the value of a tag that goes, or so often used that they are more than
    the file's `size`: a few kilobytes would become gigabytes."""
    if sum(length for page in pages for _, length in page.places) > size:
        raise Refused("the picture's parts lie over each other")
    if mixed(((place, place + size) for page in pages for place, size in page.places), foreign):
        raise Refused("the picture data of the TIFF overlap its metadata")


def layout(pages: list[Page], order: str) -> Builder:
    """Header, then for each page its directory, its long values and its data."""
    copy = Builder()
    copy.literal((b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8))
    for index, page in enumerate(pages):
        tags = sorted([*page.fields, *((324, 325) if page.tiled else (273, 279))])
        long_values = b""
        start = copy.size + 2 + 12 * len(tags) + 4
        count = len(page.places)
        values = dict(page.fields)
        room = sum(len(item[2]) + (len(item[2]) & 1) for item in values.values() if len(item[2]) > 4)
        data_at = start + room + (8 * count if count > 1 else 0)
        offsets, at = [], data_at
        for _, length in page.places:
            offsets.append(at)
            at += length + (length & 1)
        values[324 if page.tiled else 273] = (4, count, struct.pack(f"{order}{count}I", *offsets))
        lengths = [length for _, length in page.places]
        values[325 if page.tiled else 279] = (4, count, struct.pack(f"{order}{count}I", *lengths))
        if at > 0xFFFFFFFF:
            raise Refused("the TIFF is too large")
        table = struct.pack(order + "H", len(tags))
        for tag in tags:
            kind, number, data = values[tag]
            table += struct.pack(order + "HHI", tag, kind, number)
            if len(data) <= 4:
                table += data.ljust(4, b"\0")
            else:
                table += struct.pack(order + "I", start + len(long_values))
                long_values += data + b"\0" * (len(data) & 1)
        table += struct.pack(order + "I", at if index + 1 < len(pages) else 0)
        copy.literal(table + long_values)
        for offset, length in page.places:
            copy.copy(offset, length)
            copy.literal(b"\0" * (length & 1))
    return copy
