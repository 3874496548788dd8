"""Naming what lies in XMP packets, IPTC records and Photoshop resources, without parsing XML; finding texts in coded data.

No XML reader is used on purpose: entity bombs and external references can't do anything to a
pattern that runs once over at most `MOST` bytes.
"""

import re

from app.scrub.report import Notes

MOST = 1 << 20
DIFFERENT = 12
_LONG = re.compile(rb"[ -~]{32}")

_PROPERTY = re.compile(rb"[\s<]([A-Za-z][\w.-]{0,24}:[A-Za-z][\w.-]{0,60})(?=\s*=\s*[\"']|[\s>/])")
_PLUMBING = (b"xmlns:", b"rdf:", b"x:", b"xml:")
_ORIENTATION = re.compile(rb"tiff:Orientation(?:\s*=\s*[\"']|>)\s*([1-8])\b")
_TAKEN = re.compile(rb"exif:DateTimeOriginal(?:\s*=\s*[\"']|>)([0-9T:.+\-Z]{19,32})")

IPTC_NAMES = {
    5: "ObjectName", 15: "Category", 25: "Keywords", 40: "SpecialInstructions", 55: "DateCreated",
    60: "TimeCreated", 80: "By-line", 85: "By-lineTitle", 90: "City", 92: "Sub-location",
    95: "Province-State", 101: "Country", 103: "TransmissionReference", 105: "Headline",
    110: "Credit", 115: "Source", 116: "CopyrightNotice", 118: "Contact", 120: "Caption",
    122: "Writer-Editor",
}  # fmt: skip


def written(data: bytes, start: int = 0, end: int | None = None) -> bool:
    """Whether a text stands in coded data. Plain surfaces are coded as a few bytes over and over, a text has many letters."""
    runs = _LONG.finditer(data, start, len(data) if end is None else end)
    return any(len(set(run[0])) >= DIFFERENT for run in runs)


def xmp(packet: bytes, notes: Notes) -> int:
    """Name the properties of an XMP packet; give its tiff:Orientation (1 to 8; 0 where it has none)."""
    packet = packet[:MOST]
    if packet[:1] not in (b"<", b" ", b"\n") and b"\0" in packet[:64]:
        packet = packet.replace(b"\0", b"")  # UTF-16 or UTF-32, good enough to read names
    any_found = False
    for match in _PROPERTY.finditer(packet):
        name = match[1]
        if not name.startswith(_PLUMBING):
            notes.found("xmp", name.decode("ascii", "replace"))
            any_found = True
    if not any_found:
        notes.found("xmp", "packet")
    taken = _TAKEN.search(packet)
    if taken:
        text = taken[1].decode("ascii")
        notes.fact("taken_at", text[:19])
        if len(text) >= 25 and text[-6] in "+-":
            notes.fact("offset", text[-6:])
    orientation = _ORIENTATION.search(packet)
    return int(orientation[1]) if orientation else 0


def iptc(block: bytes, notes: Notes) -> None:
    """Name the datasets of an IPTC-IIM block (IIM 4.2, section 1.5)."""
    at = 0
    while at + 5 <= len(block) and block[at] == 0x1C:
        record, dataset = block[at + 1], block[at + 2]
        size = int.from_bytes(block[at + 3 : at + 5], "big")
        if size & 0x8000:
            return
        name = IPTC_NAMES.get(dataset) if record == 2 else None
        notes.found("iptc", name or f"{record}:{dataset}")
        at += 5 + size


def photoshop(block: bytes, notes: Notes) -> None:
    """Name the image resources of a Photoshop block ("8BIM", Adobe file format specification)."""
    at = block.find(b"8BIM")
    while at >= 0 and at + 12 <= len(block):
        number = int.from_bytes(block[at + 4 : at + 6], "big")
        name = block[at + 6] + 1
        start = at + 6 + name + (name & 1)
        size = int.from_bytes(block[start : start + 4], "big")
        if number == 0x0404:
            iptc(block[start + 4 : start + 4 + size], notes)
        else:
            thumbnail = number in (0x0409, 0x040C)
            notes.found("photoshop", "thumbnail" if thumbnail else f"resource 0x{number:04x}")
        at = block.find(b"8BIM", start + 4 + size)
