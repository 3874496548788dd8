"""Reading what films say about themselves: `udta`, `meta` with `keys` or `ilst`, header times.

Only names go into the report; place, time and device become facts.
(QuickTime File Format; ISO 6709 annex H; 3GPP TS 26.244 section 8.)
"""

import re
from datetime import UTC, datetime, timedelta

from app.scrub.bmff import Box, children, number
from app.scrub.report import Notes

_PLACE = re.compile(rb"([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)(?:([+-]\d+(?:\.\d+)?))?")
_TIME = re.compile(r"(\d{4})[-:](\d\d)[-:](\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?")
MOST_BYTES = 4096
DEEPEST = 6

EPOCH = datetime(1904, 1, 1, tzinfo=UTC)

MAKES = ("\u00a9mak", "manu", "com.apple.quicktime.make", "com.android.manufacturer")
MODELS = ("\u00a9mod", "modl", "com.apple.quicktime.model", "com.android.model")
TIMES = ("com.apple.quicktime.creationdate", "\u00a9day")


def name_all(data: bytes | bytearray, box: Box, notes: Notes, depth: int = 0) -> None:
    """Name every atom under a `udta` or `meta` box and take its facts."""
    keys: list[str] = []
    skip = 0
    if box.kind == b"meta" and bytes(data[box.body + 4 : box.body + 8]) not in (b"hdlr", b"keys", b"ilst"):
        skip = 4
    for item in children(data, box.body + skip, box.end):
        if item.kind == b"meta" and depth < DEEPEST:
            name_all(data, item, notes, depth + 1)
        elif item.kind == b"keys":
            keys = [
                bytes(data[key.body : min(key.end, key.body + 200)]).decode("utf-8", "replace")
                for key in children(data, item.body + 8, item.end)
            ]
        elif item.kind == b"ilst":
            for value in children(data, item.body, item.end):
                index = number(value.kind, 0, 4)
                name = keys[index - 1] if 0 < index <= len(keys) else value.kind.decode("latin-1")
                text = b""
                for part in children(data, value.body, value.end):
                    if part.kind == b"data":
                        text = bytes(data[part.body + 8 : min(part.end, part.body + MOST_BYTES)])
                _take(name, text, notes)
        elif item.kind not in (b"hdlr", b"free", b"skip"):
            _take(
                item.kind.decode("latin-1"),
                bytes(data[item.body : min(item.end, item.body + MOST_BYTES)]),
                notes,
            )


def _take(name: str, value: bytes, notes: Notes) -> None:
    notes.found("quicktime", name if name.isprintable() else name.encode("latin-1", "replace").hex())
    if name == "loci":
        _loci(value, notes)
        return
    if name in ("\u00a9xyz", "com.apple.quicktime.location.ISO6709"):
        place(value, notes)
        return
    if name[:1] == "\u00a9" and len(value) > 4 and int.from_bytes(value[:2], "big") <= len(value) - 4:
        value = value[4 : 4 + int.from_bytes(value[:2], "big")] or value
    text = value.split(b"\0")[0].decode("utf-8", "replace").strip()
    if name in MAKES:
        notes.fact("make", text)
    elif name in MODELS:
        notes.fact("model", text)
    elif name in TIMES:
        moment(text, notes)


def moment(text: str, notes: Notes) -> None:
    """An ISO 8601 time, with its offset where it has one, as facts."""
    match = _TIME.search(text)
    if match:
        notes.fact("taken_at", f"{match[1]}-{match[2]}-{match[3]}T{match[4]}")
        zone = match[5]
        if zone:
            notes.fact(
                "offset", "+00:00" if zone == "Z" else zone if ":" in zone else zone[:3] + ":" + zone[3:]
            )


def place(value: bytes, notes: Notes) -> None:
    """An ISO 6709 string in degrees."""
    match = _PLACE.search(value)
    if match:
        notes.fact("latitude", float(match[1]))
        notes.fact("longitude", float(match[2]))
        if match[3]:
            notes.fact("altitude", float(match[3]))


def _loci(value: bytes, notes: Notes) -> None:
    """3GPP location box: after flags, language and name come role and three 16.16 numbers."""
    end = value.find(b"\0", 6)
    if end < 0 or end + 14 > len(value):
        return
    longitude, latitude, altitude = (
        int.from_bytes(value[end + 2 + 4 * i : end + 6 + 4 * i], "big", signed=True) / 65536 for i in range(3)
    )
    notes.fact("latitude", round(latitude, 5))
    notes.fact("longitude", round(longitude, 5))
    notes.fact("altitude", round(altitude, 2))


def header_time(seconds: int, notes: Notes) -> None:
    """A creation time of `mvhd` or `tkhd`: seconds since 1904, in UTC by the standard."""
    if seconds:
        notes.found("quicktime", "creation time")
        try:
            when = EPOCH + timedelta(seconds=seconds)
        except OverflowError:
            return
        notes.fact("taken_at", when.strftime("%Y-%m-%dT%H:%M:%S"))
        notes.fact("offset", "+00:00")
