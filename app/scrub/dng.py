"""DNG (Adobe, 1.7): the picture of the sensor in one directory of its own, copied bit for bit.

| kept | why |
|---|---|
| tags of `CODING`, from the directory of the raw picture | size, coding, mosaic, levels, the part that is shown |
| tags of `COLOUR` | colours of the model, white balance, exposure |
| orientation | which way is up |
| corrections of the lens (opcode lists), without lists of bad pixels | a straight, evenly lit picture |
| strips and tiles | the picture |

Everything else goes: previews, further pictures (depth, masks), EXIF, GPS, XMP, maker's data, serial numbers, the
name of the original file, the lens, profiles and looks, noise, and the calibration of the single camera. The
format asks for a model: it is "neutral". Opcode lists are written again from what is known of them.
"""

import struct
from dataclasses import dataclass, field

from app.scrub import exif, jpeg_units, limits, texts
from app.scrub.directories import LARGEST_VALUE, PLAIN, Field, Page, apart, layout, plain_size, trailing
from app.scrub.errors import Refused
from app.scrub.plan import Plan
from app.scrub.report import Notes
from app.scrub.source import Source

KIND = "image/x-adobe-dng"
VERSION = 50706
MODEL, MODEL_NAME = 50708, b"neutral\0"
ORIENTATION = 274
RAW = (32803, 34892)
"""Photometric interpretations: colour filter array, linear raw."""

CODING = {
    254: 1, 256: 1, 257: 1, 258: 4, 259: 1, 262: 1, 266: 1, 277: 1, 278: 1, 284: 1, 317: 1, 322: 1, 323: 1,
    339: 4, 347: 1 << 16, 33421: 2, 33422: 64, 50710: 8, 50711: 1, 50712: 1 << 16, 50713: 2, 50714: 256,
    50715: 1 << 16, 50716: 1 << 16, 50717: 4, 50718: 2, 50719: 2, 50720: 2, 50733: 1, 50737: 1, 50738: 1, 50780: 1,
    50829: 4, 50830: 64, 51125: 4,
}  # fmt: skip
"""By tag the most values that it may have: none has room for more than it is there for."""

COLOUR = {
    50706: 4, 50707: 4, 50721: 12, 50722: 12, 50727: 4, 50728: 4, 50729: 2, 50730: 1, 50731: 1, 50732: 1, 50734: 1,
    50778: 1, 50779: 1, 50964: 12, 50965: 12, 51109: 1,
}  # fmt: skip
OPCODES = (51008, 51009, 51022)
CORRECTIONS = frozenset((1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14))
BAD_PIXELS = (4, 5)

SUB, POINTERS = 330, (330, 34665, 34853, 40965)
XMP, IPTC, PHOTOSHOP = 700, 33723, 34377
MOST_DIRECTORIES = 32
MOST_TAGS = 4096
UNCOMPRESSED, JPEGS, JPEG_XL = 1, (7, 34892), 52546


@dataclass(slots=True)
class Entry:
    """One tag: where its values lie and how long they are."""

    kind: int
    count: int
    place: int
    size: int


@dataclass(slots=True)
class Directory:
    """One directory of the file, with its way there: `main`, or the tag that pointed to it."""

    way: int
    tags: dict[int, Entry] = field(default_factory=dict)


class Reader:
    """Walks every directory once, and notes every byte range that belongs to one."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.order = "<" if source.at(0, 2) == b"II" else ">"
        self.ranges: list[tuple[int, int]] = [(0, 8)]
        self.directories: list[Directory] = []

    def walk(self) -> None:
        self.walk_from([(0, self._number(4))])

    def walk_from(self, waiting: list[tuple[int, int]]) -> None:
        """Walk the directories at these places (way, offset), and all that they point to."""
        seen = set[int]()
        while waiting and len(seen) < MOST_DIRECTORIES:
            way, at = waiting.pop(0)
            if not at or at in seen:
                continue
            seen.add(at)
            found, following = self._directory(way, at)
            self.directories.append(found)
            waiting += [
                (tag, target) for tag in POINTERS if tag in found.tags for target in self.numbers(found, tag)
            ]
            if way in (0, SUB):
                waiting.append((way, following))

    def _number(self, at: int) -> int:
        return int(struct.unpack(self.order + "I", self.source.at(at, 4))[0])

    def _directory(self, way: int, at: int) -> tuple[Directory, int]:
        (count,) = struct.unpack(self.order + "H", self.source.at(at, 2))
        if count > MOST_TAGS:
            raise Refused("the TIFF has more tags than any real one")
        found = Directory(way)
        table = self.source.at(at + 2, 12 * count)
        for index in range(count):
            tag, kind, number = struct.unpack_from(self.order + "HHI", table, 12 * index)
            size = exif.SIZES.get(kind, 0) * number
            where = at + 10 + 12 * index
            if size > 4:
                where = self._number(where)
                self.ranges.append((where, where + size))
            found.tags.setdefault(tag, Entry(kind, number, where, size))
        self.ranges.append((at, at + 6 + 12 * count))
        return found, self._number(at + 2 + 12 * count)

    def apart(self, entry: Entry) -> bool:
        """Whether no other tag has a part of the same bytes for its value."""
        mine = (entry.place, entry.place + entry.size)
        return entry.size <= 4 or all(
            other == mine or other[1] <= mine[0] or mine[1] <= other[0] for other in self.ranges
        )

    def value(self, entry: Entry) -> bytes:
        if entry.size > LARGEST_VALUE:
            raise Refused("a tag of the TIFF is larger than any real one")
        return self.source.at(entry.place, entry.size)

    def numbers(self, directory: Directory, tag: int) -> list[int]:
        """Whole numbers of a tag; none where it is absent or no number."""
        entry = directory.tags.get(tag)
        code = {1: "B", 3: "H", 4: "I", 13: "I"}.get(entry.kind) if entry else None
        if entry is None or code is None:
            return []
        return list(struct.unpack(f"{self.order}{entry.count}{code}", self.value(entry)))

    def first(self, directory: Directory, tag: int, default: int = 0) -> int:
        return next(iter(self.numbers(directory, tag)), default)


def here(source: Source) -> bool:
    """Whether the first directory of a TIFF is that of a DNG."""
    order = "<" if source.at(0, 2) == b"II" else ">"
    (at,) = struct.unpack(order + "I", source.at(4, 4))
    (count,) = struct.unpack(order + "H", source.at(at, 2))
    table = source.at(at + 2, 12 * count)
    return any(struct.unpack_from(order + "H", table, 12 * index)[0] == VERSION for index in range(count))


def plan(source: Source, notes: Notes) -> Plan:
    """The clean copy. Raises Refused where no raw picture is found whole and apart from everything else."""
    notes.kind = KIND
    exif.read(source.upto(0, LARGEST_VALUE), notes)
    reader = Reader(source)
    reader.walk()
    raw = next((item for item in reader.directories if _is_raw(reader, item)), None)
    if raw is None:
        raise Refused("the DNG holds no picture of a sensor")
    _name(reader, notes)
    page = Page(tiled=324 in raw.tags)
    page.places = _places(reader, raw)
    page.fields = _fields(reader, raw, notes)
    width, height = reader.first(raw, 256), reader.first(raw, 257)
    limits.picture(width, height, notes)
    _previews(reader, raw, notes)
    apart([page], reader.ranges, source.size)
    copy = layout([page], reader.order)
    notes.kept("directory of the raw picture", "mosaic, levels, colours, white balance; written again")
    notes.kept("strips and tiles", "the picture, bit for bit")
    trailing(source, [page], notes)
    return copy.plan()


def _is_raw(reader: Reader, item: Directory) -> bool:
    return item.way in (0, SUB) and reader.first(item, 262) in RAW and reader.first(item, 254) == 0


def _places(reader: Reader, raw: Directory) -> list[tuple[int, int]]:
    """Offset and length of every strip or tile. Raises Refused where one holds anything but coded picture."""
    offsets, counts = (324, 325) if 324 in raw.tags else (273, 279)
    places = list(zip(reader.numbers(raw, offsets), reader.numbers(raw, counts), strict=True))
    if not places:
        raise Refused("the DNG holds no picture of a sensor")
    compression = reader.first(raw, 259, UNCOMPRESSED)
    most = plain_size({tag: reader.numbers(raw, tag) for tag in PLAIN if tag in raw.tags})
    for offset, length in places:
        if offset + length > reader.source.size:
            raise Refused("the DNG ends before its picture")
        if compression == UNCOMPRESSED and length > most:
            raise Refused("the picture data of the DNG are longer than its picture")
        if compression in JPEGS and not jpeg_units.plain(reader.source.at(offset, length)):
            raise Refused("the picture data of the DNG hold more than a picture")
        if compression == JPEG_XL and reader.source.at(offset, min(2, length)) != b"\xff\x0a":
            raise Refused("the picture data of the DNG hold more than a picture")
    return places


def _fields(reader: Reader, raw: Directory, notes: Notes) -> dict[int, Field]:
    """What the new directory says, from the raw directory and from the first one."""
    out: dict[int, Field] = {MODEL: (2, len(MODEL_NAME), MODEL_NAME)}
    first = reader.directories[0]
    for tag, most in {**CODING, **COLOUR}.items():
        entry = raw.tags.get(tag) or (first.tags.get(tag) if tag in COLOUR else None)
        if entry is None:
            continue
        if entry.count > most or entry.kind in (2, 13, 129) or entry.kind not in exif.SIZES:
            raise Refused("a table of the DNG has room for more than it is there for")
        if not reader.apart(entry):
            raise Refused("the picture data of the TIFF overlap its metadata")
        if tag == 347 and not jpeg_units.plain(reader.value(entry)):
            raise Refused("the picture data of the DNG hold more than a picture")
        out[tag] = (entry.kind, entry.count, reader.value(entry))
    for tag in OPCODES:
        if tag in raw.tags:
            kept = _corrections(reader.value(raw.tags[tag]), notes)
            if kept:
                out[tag] = (7, len(kept), kept)
    turn = reader.first(first, ORIENTATION) or reader.first(raw, ORIENTATION)
    if 1 <= turn <= 8:
        out[ORIENTATION] = (3, 1, struct.pack(reader.order + "H", turn))
    return out


def _corrections(data: bytes, notes: Notes) -> bytes:
    """An opcode list with the kinds we know (DNG, chapter 7; always big-endian)."""
    (count,) = struct.unpack_from(">I", data)
    at, kept = 4, []
    for _ in range(count):
        kind, _version, _flags, size = struct.unpack_from(">IIII", data, at)
        if at + 16 + size > len(data):
            raise Refused("a table of the DNG has room for more than it is there for")
        if kind in CORRECTIONS:
            kept.append(data[at : at + 16 + size])
        elif kind in BAD_PIXELS:
            notes.removed("list of bad pixels", size)
        else:
            notes.removed("correction of an unknown kind", size)
        at += 16 + size
    if kept:
        notes.kept("corrections of the lens", "a straight, evenly lit picture")
    return struct.pack(">I", len(kept)) + b"".join(kept) if kept else b""


def _name(reader: Reader, notes: Notes) -> None:
    for tag, say, part in (
        (XMP, texts.xmp, "XMP"), (IPTC, texts.iptc, "IPTC"), (PHOTOSHOP, texts.photoshop, "Photoshop resources")
    ):  # fmt: skip
        for directory in reader.directories:
            if tag in directory.tags:
                say(reader.value(directory.tags[tag]), notes)
                notes.removed(part, directory.tags[tag].size)
    if any(tag in directory.tags for directory in reader.directories for tag in (50723, 50724)):
        notes.removed("calibration of the single camera", 0)


def _previews(reader: Reader, raw: Directory, notes: Notes) -> None:
    """Every other picture of the file goes; its bytes must not be the raw picture's."""
    for item in reader.directories:
        pairs = [(273, 279), (324, 325), (513, 514)] if item is not raw else []
        for offsets, counts in pairs:
            places = list(zip(reader.numbers(item, offsets), reader.numbers(item, counts), strict=False))
            if places:
                notes.found("thumbnail", "reduced picture")
                notes.removed("thumbnail or preview", sum(length for _, length in places))
                reader.ranges += [(offset, offset + length) for offset, length in places]
