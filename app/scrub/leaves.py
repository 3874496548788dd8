"""Single boxes of a film's index: exactly their own fields, with times, names and languages zeroed.

What stands behind the fields or rows of a box is blanked, and so is a second box where readers take the first.
"""

from app.scrub import quicktime
from app.scrub.bmff import Box, blank, blank_rest, children, number, wipe
from app.scrub.errors import Refused
from app.scrub.report import Notes

GROUPS = frozenset((b"roll", b"prol", b"rap ", b"sync"))
LONGEST_GROUP, MOST_GROUPS = 2, 64
"""Bytes of the description of such a group, and how many there may be."""

ROWS = {b"stts": 8, b"ctts": 8, b"stss": 4, b"stps": 4, b"stsc": 12, b"stco": 4, b"co64": 8}
"""Bytes of a row in the tables that begin with a count: what follows the last row is zeroed."""

FIELDS = {
    b"clef": (12, 12), b"prof": (12, 12), b"enof": (12, 12), b"vmhd": (12, 12), b"smhd": (8, 8),
    b"cslg": (24, 44), b"mehd": (8, 12), b"trex": (24, 24), b"mfhd": (8, 8), b"tfdt": (8, 12),
}  # fmt: skip
"""Bytes of the fields of small boxes, as versions 0 and 1 have them."""

SEVERAL = frozenset((b"trak", b"trex", b"sgpd", b"sbgp", b"trun", b"traf"))
"""Boxes of which one parent has several. Of any other the first is read, and a second one goes."""


LONG = {b"mvhd": (100, 112), b"tkhd": (84, 96), b"mdhd": (24, 36)}
"""Bytes of a header's fields, with narrow and with wide times."""


def drop(data: bytearray, box: Box, notes: Notes) -> None:
    if box.kind in (b"udta", b"meta"):
        quicktime.name_all(data, box, notes)
    elif box.kind not in (b"free", b"skip", b"wide", b"iods"):
        notes.found("quicktime", box.name)
    if box.kind not in (b"free", b"skip", b"wide") or any(data[box.body : box.end]):
        notes.removed(f"{box.name} box", box.size)
    blank(data, box)


def repeated(boxes: list[Box]) -> list[tuple[Box, bool]]:
    """Each box, and whether one of its kind came before that nobody expects twice."""
    seen: set[bytes] = set()
    out = []
    for box in boxes:
        out.append((box, box.kind in seen and box.kind not in SEVERAL))
        seen.add(box.kind)
    return out


def leaf(data: bytearray, box: Box, notes: Notes) -> None:
    """Clean a box without further boxes inside: exactly its own fields, with times and names zeroed."""
    if box.kind in FIELDS:
        wipe(data, box.body + FIELDS[box.kind][data[box.body] == 1], box.end)
    elif box.kind in ROWS:
        wipe(data, box.body + 8 + ROWS[box.kind] * number(data, box.body + 4, 4), box.end)
    elif box.kind in (b"mvhd", b"tkhd", b"mdhd"):
        _header(data, box, notes)
    elif box.kind == b"hdlr":
        if any(data[box.body + 24 : box.end]):
            notes.found("quicktime", "handler name")
        wipe(data, box.body + 12, box.end)
    elif box.kind == b"dref":
        for entry in children(data, box.body + 8, box.end):
            if entry.kind not in (b"url ", b"urn ", b"alis", b"rsrc") or not number(data, entry.body, 4) & 1:
                raise Refused("the film keeps its data in another file")
            wipe(data, entry.body + 4, entry.end)
        blank_rest(data, box.body + 8, box.end, list(children(data, box.body + 8, box.end)))
    elif box.kind == b"elst":
        wide = 20 if data[box.body] == 1 else 12
        wipe(data, box.body + 8 + wide * number(data, box.body + 4, 4), box.end)
    elif box.kind == b"sgpd":
        if not _small_groups(data, box):
            drop(data, box, notes)
    elif box.kind == b"sbgp":
        head = 16 if data[box.body] == 1 else 12
        if bytes(data[box.body + 4 : box.body + 8]) not in GROUPS:
            drop(data, box, notes)
        else:
            wipe(data, box.body + head + 8 * number(data, box.body + head - 4, 4), box.end)
    elif box.kind == b"stsz":
        rows = 0 if number(data, box.body + 4, 4) else number(data, box.body + 8, 4)
        wipe(data, box.body + 12 + 4 * rows, box.end)
    elif box.kind == b"stz2":
        bits = data[box.body + 7] * number(data, box.body + 8, 4)
        wipe(data, box.body + 12 + (bits + 7) // 8, box.end)


def _small_groups(data: bytearray, box: Box) -> bool:
    """Whether descriptions of groups of samples (8.9.3) are of a known kind, short, and as long as they say."""
    version, size = data[box.body], number(data, box.body + 8, 4)
    head = 20 if version == 2 else 16
    count = number(data, box.body + head - 4, 4)
    return (
        bytes(data[box.body + 4 : box.body + 8]) in GROUPS
        and version in (1, 2)
        and 0 < size <= LONGEST_GROUP
        and count <= MOST_GROUPS
        and box.body + head + size * count == box.end
    )


def _header(data: bytearray, box: Box, notes: Notes) -> None:
    """Creation and change times, language and QuickTime's preview times become zero."""
    if data[box.body] > 1:
        raise Refused("a header of the film has a version that no reader knows")
    data[box.body + 1 : box.body + 4] = bytes((0, 0, data[box.body + 3] & 15 if box.kind == b"tkhd" else 0))
    wide = data[box.body] == 1
    if box.end - box.body < LONG[box.kind][wide]:
        raise Refused("a header of the film is shorter than its fields")  # what follows it isn't its own
    times = 16 if wide else 8
    created = number(data, box.body + 4, times // 2)
    quicktime.header_time(created, notes)
    wipe(data, box.body + 4, box.body + 4 + times)
    rest = box.body + 4 + times
    if box.kind == b"mvhd":
        notes.fact("duration", _seconds(number(data, rest + 4, 8 if wide else 4), number(data, rest, 4)))
        end = rest + (12 if wide else 8)
        wipe(data, end + 6, end + 16)
        wipe(data, end + 52, end + 76)
        wipe(data, end + 80, box.end)
    elif box.kind == b"mdhd":
        end = rest + (12 if wide else 8)
        data[end : end + 2] = b"\x55\xc4"  # "und"
        wipe(data, end + 2, box.end)
    else:
        wipe(data, rest + 4, rest + 8)
        end = rest + (16 if wide else 12)
        wipe(data, end, end + 8)
        wipe(data, end + 14, end + 16)
        wipe(data, end + 60, box.end)


def _seconds(duration: int, timescale: int) -> float | None:
    known = timescale and 0 < duration < 0xFFFFFFFF
    return round(duration / timescale, 3) if known else None
