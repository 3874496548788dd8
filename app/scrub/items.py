"""The items of a HEIF or AVIF file (ISO/IEC 14496-12, 8.11; 23008-12), read and written again.

Reading keeps every number as it was; writing leaves out the items, references and properties that
go, so the result is never longer than the original and no place in the file has to move.
"""

from dataclasses import dataclass, field

from app.scrub.bmff import Box, children, number
from app.scrub.errors import Refused

MOST_ITEMS = 100_000


@dataclass(slots=True)
class Item:
    """One item: its kind, where its data lie, the properties that apply to it."""

    id: int
    type: bytes
    content: bytes = b""
    """MIME type of a `mime` item."""
    hidden: bool = False
    info: bytes = b""
    """The head of its `infe` box up to the name."""
    method: int = 0
    extents: list[tuple[int, int]] = field(default_factory=list)
    location: bytes = b""
    """Its row of `iloc`."""
    properties: list[tuple[bool, int]] = field(default_factory=list)
    """(essential, index from 1) into `ipco`."""


@dataclass(slots=True)
class Items:
    """Everything a `meta` box says."""

    items: dict[int, Item] = field(default_factory=dict)
    primary: int = 0
    references: list[tuple[bytes, int, list[int]]] = field(default_factory=list)
    wide_references: bool = False
    properties: list[Box] = field(default_factory=list)
    idat: Box | None = None
    boxes: list[Box] = field(default_factory=list)


def read(data: bytes | bytearray) -> Items:
    """Parse the `meta` box that fills `data`. Raises Refused where lists are cut."""
    out = Items(boxes=list(children(data, 12, len(data))))
    for box in out.boxes:
        if box.kind == b"pitm":
            out.primary = number(data, box.body + 4, 2 if data[box.body] == 0 else 4)
        elif box.kind == b"iinf":
            _read_info(data, box, out)
    for box in out.boxes:
        if box.kind == b"iloc":
            _read_locations(data, box, out)
        elif box.kind == b"iref":
            _read_references(data, box, out)
        elif box.kind == b"idat":
            out.idat = box
        elif box.kind == b"iprp":
            for part in children(data, box.body, box.end):
                if part.kind == b"ipco":
                    out.properties = list(children(data, part.body, part.end))
                elif part.kind == b"ipma":
                    _read_associations(data, part, out)
    return out


def _read_info(data: bytes | bytearray, box: Box, out: Items) -> None:
    start = box.body + (6 if data[box.body] == 0 else 8)
    for entry in children(data, start, box.end):
        version = data[entry.body]
        if entry.kind != b"infe" or version not in (2, 3):
            raise Refused("the picture lists its parts in a way that we do not know")
        width = 2 if version == 2 else 4
        at = entry.body + 4
        kind = bytes(data[at + width + 2 : at + width + 6])
        rest = bytes(data[at + width + 6 : entry.end]).split(b"\0")
        item = Item(
            number(data, at, width), kind, rest[1] if kind in (b"mime", b"uri ") and len(rest) > 1 else b""
        )
        item.hidden = bool(data[entry.body + 3] & 1)
        item.info = bytes(data[entry.body : at + width + 6])
        out.items[item.id] = item
        if len(out.items) > MOST_ITEMS:
            raise Refused("the picture has more parts than any real one")


def _read_locations(data: bytes | bytearray, box: Box, out: Items) -> None:
    version = data[box.body]
    sizes = number(data, box.body + 4, 2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    wide = 4 if version == 2 else 2
    at = box.body + 6
    count = number(data, at, wide)
    at += wide
    for _ in range(count):
        start = at
        identity = number(data, at, wide)
        at += wide
        method = 0
        if version:
            method = number(data, at, 2) & 15
            at += 2
        reference = number(data, at, 2)
        base = number(data, at + 2, base_size)
        at += 2 + base_size
        extents = number(data, at, 2)
        at += 2
        places: list[tuple[int, int]] = []
        for _ in range(extents):
            at += index_size
            offset, length = base + number(data, at, offset_size), number(data, at + offset_size, length_size)
            places.append((offset, length))
            at += offset_size + length_size
        if at > box.end:
            raise Refused("the picture's list of places is cut short")
        item = out.items.get(identity)
        if item is not None:
            item.method, item.extents, item.location = method, places, bytes(data[start:at])
            if reference:
                item.method = -1  # its data lie in another file


def _read_references(data: bytes | bytearray, box: Box, out: Items) -> None:
    out.wide_references = data[box.body] == 1
    width = 4 if out.wide_references else 2
    for entry in children(data, box.body + 4, box.end):
        source, count = number(data, entry.body, width), number(data, entry.body + width, 2)
        first = entry.body + width + 2
        if first + count * width > entry.end:
            raise Refused("the picture's list of references is cut short")
        out.references.append(
            (entry.kind, source, [number(data, first + n * width, width) for n in range(count)])
        )


def _read_associations(data: bytes | bytearray, box: Box, out: Items) -> None:
    wide, large = (4 if data[box.body] else 2), data[box.body + 3] & 1
    at = box.body + 8
    for _ in range(number(data, box.body + 4, 4)):
        identity, count = number(data, at, wide), number(data, at + wide, 1)
        at += wide + 1
        item = out.items.get(identity)
        for _ in range(count):
            value = number(data, at, 2 if large else 1)
            at += 2 if large else 1
            if item is not None:
                top = 0x8000 if large else 0x80
                item.properties.append((bool(value & top), value & (top - 1)))


def write_info(data: bytes | bytearray, box: Box, items: list[Item]) -> bytes:
    """`iinf` with these items, their names empty."""
    short = data[box.body] == 0
    head = bytes(data[box.body : box.body + 4]) + len(items).to_bytes(2 if short else 4, "big")
    return whole(b"iinf", head + b"".join(whole(b"infe", item.info + b"\0") for item in items))


def write_locations(data: bytes | bytearray, box: Box, items: list[Item]) -> bytes:
    wide = 4 if data[box.body] == 2 else 2
    rows = [item.location for item in items if item.location]
    return whole(
        b"iloc", bytes(data[box.body : box.body + 6]) + len(rows).to_bytes(wide, "big") + b"".join(rows)
    )


REFERENCES = frozenset((b"dimg", b"auxl", b"prem", b"base", b"pred", b"exbl", b"tbas"))
"""Made of, belongs to, coded on top of: what decoding needs (ISO/IEC 23008-12, 6.4)."""


def write_references(meta: Items, kept: set[int]) -> bytes:
    """`iref` with the references between kept items; empty where there is none."""
    width = 4 if meta.wide_references else 2
    out = b""
    for kind, source, targets in meta.references:
        stay = [target for target in targets if target in kept]
        if source in kept and stay and kind in REFERENCES:
            numbers = b"".join(target.to_bytes(width, "big") for target in stay)
            out += whole(kind, source.to_bytes(width, "big") + len(stay).to_bytes(2, "big") + numbers)
    return whole(b"iref", bytes([width == 4, 0, 0, 0]) + out) if out else b""


def write_associations(data: bytes | bytearray, box: Box, items: list[Item], properties: set[int]) -> bytes:
    wide, large = (4 if data[box.body] else 2), data[box.body + 3] & 1
    rows = []
    for item in items:
        stay = [(essential, index) for essential, index in item.properties if index in properties]
        values = b"".join(
            (index | (0x8000 if large else 0x80) * essential).to_bytes(2 if large else 1, "big")
            for essential, index in stay
        )
        if stay:
            rows.append(item.id.to_bytes(wide, "big") + bytes([len(stay)]) + values)
    return whole(
        b"ipma", bytes(data[box.body : box.body + 4]) + len(rows).to_bytes(4, "big") + b"".join(rows)
    )


def whole(kind: bytes, content: bytes) -> bytes:
    """A box with this content."""
    return (len(content) + 8).to_bytes(4, "big") + kind + content
