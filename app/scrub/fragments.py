"""Film fragments (`moof`, ISO/IEC 14496-12, 8.8): what Chromium's MediaRecorder writes as MP4.

| kept | why |
|---|---|
| mfhd; traf of kept tracks: tfhd tfdt trun, known sgpd and sbgp | finding and timing the samples |

Everything else in a fragment becomes `free`: prft (the clock of the device), emsg, uuid (camera
data), encryption tables. A fragment cut in the middle keeps its last whole sample.
"""

from dataclasses import dataclass

from app.scrub import limits
from app.scrub.bmff import Box, blank, blank_rest, children, number, wipe
from app.scrub.errors import Refused
from app.scrub.leaves import leaf, repeated
from app.scrub.report import Notes
from app.scrub.samples import MOST_SAMPLES, Track

TRAF = frozenset((b"tfhd", b"tfdt", b"trun", b"sgpd", b"sbgp"))

DATA_OFFSET, FIRST_FLAGS = 0x1, 0x4
FIELDS = (0x100, 0x200, 0x400, 0x800)
"""Flags of a `trun` that add four bytes a sample: duration, size, flags, time shift."""


@dataclass(slots=True)
class Fragment:
    """One cleaned `moof` and the samples that its kept tracks point at: (offset, length, track)."""

    data: bytearray
    samples: list[tuple[int, int, Track]]
    cut: bool


def clean(data: bytes, start: int, end: int, tracks: dict[int, Track], notes: Notes) -> Fragment:
    """Clean the `moof` that lies at `start` of the file; `end`: where the file's data end."""
    fragment = Fragment(bytearray(data), [], False)
    out = fragment.data
    moof = Box(b"moof", 0, 8, len(out))
    boxes = list(children(out, 8, len(out)))
    position = start
    for box, again in repeated(boxes):
        if box.kind == b"traf":
            position = _traf(fragment, box, start, position, end, tracks, notes)
        elif box.kind == b"mfhd" and not again:
            leaf(out, box, notes)
        else:
            _drop(out, box, notes)
    blank_rest(out, moof.body, moof.end, boxes)
    return fragment


def _drop(data: bytearray, box: Box, notes: Notes) -> None:
    if box.kind not in (b"free", b"skip"):
        notes.found("fragment", box.name)
        notes.removed(f"{box.name} box in a fragment", box.size)
    blank(data, box)


def _traf(
    fragment: Fragment, traf: Box, start: int, position: int, end: int, tracks: dict[int, Track], notes: Notes
) -> int:
    """Clean one track's part; gives the place where its data end, at which the next may begin."""
    data = fragment.data
    boxes = list(children(data, traf.body, traf.end))
    header = next((box for box in boxes if box.kind == b"tfhd"), None)
    if header is None:
        raise Refused("a fragment of the film has no header")
    flags = number(data, header.body, 4) & 0xFFFFFF
    track = tracks.get(number(data, header.body + 4, 4))
    at = header.body + 8
    base = position
    if flags & 0x1:
        base = number(data, at, 8)
        at += 8
    elif flags & 0x20000:
        base = start
    at += 4 * bool(flags & 0x2)
    lasts, size = track.defaults if track else (0, 0)
    if flags & 0x8:
        lasts = number(data, at, 4)
        at += 4
    if flags & 0x10:
        size = number(data, at, 4)
    cursor = base
    if track is not None:
        track.ends = _start(data, boxes, track.ends)
    wipe(data, header.body + _length(flags), header.end)
    for box, again in repeated(boxes):
        if box.kind == b"trun":
            cursor = _trun(fragment, box, base, cursor, (lasts, size), end, track)
        elif box.kind not in TRAF or again:
            _drop(data, box, notes)
        elif box.kind != b"tfhd":
            leaf(data, box, notes)
    if track is None:
        notes.removed("fragments of dropped tracks", traf.size)
        blank(data, traf)
    else:
        blank_rest(data, traf.body, traf.end, boxes)
    return cursor


def _length(flags: int) -> int:
    """Bytes of the fields of a `tfhd`: its flags say which it has."""
    return 8 + 8 * (flags & 1) + 4 * sum(1 for bit in (0x2, 0x8, 0x10, 0x20) if flags & bit)


def _start(data: bytearray, boxes: list[Box], before: int) -> int:
    """The decoding time at which a track's part begins (`tfdt`)."""
    for box in boxes:
        if box.kind == b"tfdt":
            return number(data, box.body + 4, 8 if data[box.body] == 1 else 4)
    return before


def _trun(
    fragment: Fragment,
    box: Box,
    base: int,
    cursor: int,
    default: tuple[int, int],
    end: int,
    track: Track | None,
) -> int:
    """Note the samples of one run; shorten it where the file ends inside."""
    data = fragment.data
    flags, count = number(data, box.body, 4) & 0xFFFFFF, number(data, box.body + 4, 4)
    rows = box.body + 8
    if flags & DATA_OFFSET:
        cursor = base + int.from_bytes(data[rows : rows + 4], "big", signed=True)
        rows += 4
    rows += 4 * bool(flags & FIRST_FLAGS)
    width = 4 * sum(1 for bit in FIELDS if flags & bit)
    if rows + count * width > box.end or count > MOST_SAMPLES or cursor < 0:
        raise Refused("a fragment of the film is not built as it should be")
    limits.frames(len(fragment.samples) + count, end)
    if not width and count * max(default[1], 1) > end:
        raise Refused("a fragment of the film has more samples than there are data")
    place = 4 * bool(flags & 0x100) if flags & 0x200 else None
    for index in range(count):
        size = default[1] if place is None else number(data, rows + index * width + place, 4)
        if cursor + size > end:
            fragment.cut = True
            _shorten(fragment, box, rows, width, index)
            return cursor
        if track is not None:
            fragment.samples.append((cursor, size, track))
            track.ends += number(data, rows + index * width, 4) if flags & 0x100 else default[0]
        cursor += size
    wipe(data, rows + count * width, box.end)
    return cursor


def _shorten(fragment: Fragment, box: Box, rows: int, width: int, count: int) -> None:
    """Keep `count` rows of a run and put a `free` box (at least 8 bytes) in the room of the others.

    A row of four bytes leaves too little room for the box: one more sample is given up then.
    """
    data = fragment.data
    while count and width and box.end - (rows + count * width) < 8:
        count -= 1
        fragment.samples.pop()
    if count == 0:
        blank(data, box)
        return
    data[box.body + 4 : box.body + 8] = count.to_bytes(4, "big")
    edge = rows + count * width
    if width and edge < box.end:
        data[box.start : box.start + 4] = (edge - box.start).to_bytes(4, "big")
        data[edge : edge + 8] = (box.end - edge).to_bytes(4, "big") + b"free"
        wipe(data, edge + 8, box.end)
