"""HEIF (HEIC) and AVIF (ISO/IEC 23008-12, AV1 in HEIF): the coded pictures stay where they are.

| kept | why |
|---|---|
| ftyp; makers' brands replaced | how to read the file |
| meta: the pictures that a viewer shows, tiles and alpha planes that they are made of | the picture |
| properties of `properties.py` that these use; profiles made neutral | decoding, colours, which way is up |
| every byte of mdat and idat that a kept picture points at | the picture |
| moov of image sequences (see `moov.py`) | their animation |

Everything else goes: Exif, XMP, C2PA and other items, thumbnails, depth and gain-map pictures,
item names, films (motion and live photos), makers' boxes, bytes after the last box. The written
index is padded to its old length, so nothing moves.
"""

from app.scrub import bmff, exif, items, limits, moov, nal, obu, properties, texts
from app.scrub.bmff import Box, number
from app.scrub.errors import Refused
from app.scrub.items import Item, Items
from app.scrub.mp4 import media, merge, sample_patches, scanned, user_data
from app.scrub.plan import Builder, Plan
from app.scrub.report import Notes
from app.scrub.samples import Track
from app.scrub.source import Source

CODED = {b"hvc1": b"hvcC", b"hev1": b"hvcC", b"avc1": b"avcC", b"av01": b"av1C", b"jpeg": b"", b"unci": b""}
DERIVED = (b"grid", b"iovl", b"iden")
ALPHA = tuple(
    b"urn:mpeg:" + name for name in (b"mpegB:cicp:systems:auxiliary:alpha", b"hevc:2015:auxid:1", b"avc:2015:auxid:1")
)  # fmt: skip
SEQUENCES = (b"msf1", b"avis", b"hevc", b"hevx", b"hevm", b"hevs")
GONE = {b"Exif": "EXIF", b"mime": "XMP or other text", b"uri ": "item by URI", b"jumb": "C2PA manifest",
        b"tmap": "gain map"}  # fmt: skip
BOXES_GONE = {b"moov": "film beside the picture", b"mpvd": "motion photo film", b"sefd": "Samsung data",
              b"uuid": "maker's or C2PA box"}  # fmt: skip
LONGEST_TEXT = 4 << 20


def plan(source: Source, notes: Notes) -> Plan:
    """The clean copy. Raises Refused where no picture is found or the index can't be followed."""
    boxes, walked = bmff.top(source)
    metas = [box for box in boxes if box.kind == b"meta"]
    head = source.upto(0, 4096)
    brands = {head[at : at + 4] for at in (8, *range(16, min(number(head, 0, 4), len(head)), 4))}
    sequence = bool(brands & set(SEQUENCES))
    if len(metas) > 1 or any(box.end > source.size for box in metas):
        raise Refused("the picture has no whole index")
    picture = Picture(source, notes)
    if metas:
        picture.read(metas[0])
    index = next((box for box in boxes if box.kind == b"moov"), None)
    tracks: list[Track] = []
    film = bytearray()
    if index is not None and sequence and index.end <= source.size and index.size <= bmff.LARGEST_INDEX:
        film = bytearray(source.at(index.start, index.size))
        tracks = moov.clean(film, notes, (b"pict", b"vide", b"auxv"))
    if not metas and not tracks:
        raise Refused("the file holds no picture")
    for track in tracks:
        if track.table is not None:
            picture.ranges += [(offset, offset + length) for offset, length in track.table.runs()]
            for offset, length in track.table.samples() if scanned(track) else ():
                picture.patches += sample_patches(source, offset, length, track, notes)
    kept = merge(iter(picture.ranges))
    parts: list[tuple[Box, Builder]] = []
    for box in boxes:
        part = Builder()
        if box.kind == b"mdat":
            media(source, box, part, kept, sorted(picture.patches), notes)
        elif box.kind == b"ftyp" and box.start == 0 and box.size <= bmff.LARGEST_BRANDS:
            part.literal(bmff.clean_brands(source.at(0, box.size), notes, b"mif1"))
        elif box.kind == b"meta":
            part.literal(picture.index)
        elif box is index and film:
            part.literal(film)
        else:
            if box.kind not in (b"free", b"skip"):
                notes.found("heif", box.name)
                notes.removed(
                    BOXES_GONE.get(box.kind, f"{box.name} box"), min(box.end, source.size) - box.start
                )
            bmff.gone(source, box, part)
        parts.append((box, part))
    if walked < source.size:
        notes.found("trailer", "bytes after the last box")
        notes.removed("bytes after the last box", source.size - walked)
    while parts and parts[-1][0].kind not in (b"mdat", b"meta", b"moov", b"ftyp"):
        parts.pop()
    copy = Builder()
    for _, part in parts:
        copy.parts += part.parts
    notes.kept("coded pictures, tiles and alpha planes", "the picture, bit for bit")
    return copy.plan()


class Picture:
    """The `meta` box: which items stay, the index written again, the ranges of their data."""

    def __init__(self, source: Source, notes: Notes) -> None:
        self.source = source
        self.notes = notes
        self.index = b""
        self.ranges: list[tuple[int, int]] = []
        self.patches: list[tuple[int, bytes]] = []
        self.data = bytearray()
        self.meta = Items()
        self.pieces: dict[int, int] = {}
        """Of how many pictures each is made."""

    def read(self, box: Box) -> None:
        if box.body != box.start + 8 or box.size > bmff.LARGEST_INDEX:
            raise Refused("the picture's index is larger than any real one")
        self.data = bytearray(self.source.at(box.start, box.size))
        self.meta = items.read(self.data)
        for kind, source, targets in self.meta.references:
            if kind == b"dimg":
                self.pieces[source] = len(targets)
        kept = self._kept()
        sizes = (length for item in kept for _, length in self.meta.items[item].extents)
        if sum(sizes) > self.source.size + LONGEST_TEXT:
            raise Refused("the parts of the picture lie over each other")
        for item in self.meta.items.values():
            if item.id in kept:
                self._keep(item)
            else:
                self._drop(item)
        self._apart(kept)
        self.index = self._write(kept, len(self.data))

    def _apart(self, kept: set[int]) -> None:
        """Raises Refused where a picture's data are also those of an item that goes."""
        pictures = merge(iter(self.ranges))
        gone = merge(
            (offset, offset + length)
            for item in self.meta.items.values()
            if item.id not in kept and item.method == 0
            for offset, length in item.extents
        )
        at = 0
        for start, end in gone:
            while at < len(pictures) and pictures[at][1] <= start:
                at += 1
            if at < len(pictures) and pictures[at][0] < end:
                raise Refused("the picture's data overlap those of another part")

    def _kept(self) -> set[int]:
        """Pictures that a viewer shows, and what they are made of."""
        meta = self.meta
        thumbnails = {source for kind, source, _ in meta.references if kind == b"thmb"}
        side = {source: targets for kind, source, targets in meta.references if kind == b"auxl"}
        pieces = {target for kind, _, targets in meta.references if kind == b"dimg" for target in targets}
        pictures = {item.id for item in meta.items.values() if item.type in CODED or item.type in DERIVED}
        kept = {
            item.id
            for item in meta.items.values()
            if item.id in pictures and not item.hidden and item.id not in thumbnails and item.id not in side
            and item.id not in pieces
        }  # fmt: skip
        if meta.primary in meta.items:
            primary = meta.primary
            if primary not in pictures:  # a tone-mapped picture (gain map): show the one it is made from
                primary = next(
                    (t[0] for k, s, t in meta.references if k == b"dimg" and s == primary and t), 0
                )
            if primary not in pictures:
                raise Refused("the picture is of a kind that we do not know")
            meta.primary = primary
            kept.add(primary)
        for _ in range(8):
            more = {
                target
                for kind, source, targets in meta.references
                if kind == b"dimg" and source in kept
                for target in targets
            }
            more |= {
                source for source, targets in side.items() if kept & set(targets) and self._is_alpha(source)
            }
            if more <= kept:
                break
            kept |= more & pictures
        if not kept:
            raise Refused("the file holds no picture")
        return kept

    def _is_alpha(self, identity: int) -> bool:
        item = self.meta.items.get(identity)
        for _, index in item.properties if item else ():
            box = self._property(index)
            if box is not None and box.kind == b"auxC":
                return bytes(self.data[box.body + 4 : box.end]).split(b"\0")[0] in ALPHA
        return False

    def _property(self, index: int) -> Box | None:
        return self.meta.properties[index - 1] if 0 < index <= len(self.meta.properties) else None

    def _keep(self, item: Item) -> None:
        """Note where the item's data lie and what of them has to be blanked."""
        track = Track(item.id, b"pict", 1, item.type)
        record = CODED.get(item.type, b"")
        for _, index in item.properties:
            box = self._property(index)
            if box is not None and box.kind == record and record in (b"hvcC", b"avcC"):
                track.length_size = (self.data[box.body + (21 if record == b"hvcC" else 4)] & 3) + 1
            if box is not None and box.kind == b"ispe":
                width, height = number(self.data, box.body + 4, 4), number(self.data, box.body + 8, 4)
                if item.id == self.meta.primary:
                    limits.picture(width, height, self.notes)
        if item.type in DERIVED:
            self._derived(item)
        if item.method == 1:
            if item.type in CODED and scanned(track):
                raise Refused("a coded picture is packed in a way that can't be looked into")
            return
        if item.method != 0:
            raise Refused("the picture keeps its data in a way that we do not know")
        for offset, length in item.extents:
            if length == 0:
                raise Refused("the picture keeps its data in a way that we do not know")
            if offset + length > self.source.size:
                self.notes.remark("the file ends before the end of the picture: what arrived of it is shown")
            self.ranges.append((offset, offset + length))
        if scanned(track):
            self._look_inside(item, track)

    def _derived(self, item: Item) -> None:
        """Raises Refused where a grid, overlay or copy says more than how its pieces lie (ISO/IEC 23008-12, 6.6.2)."""
        pieces = self.pieces.get(item.id, 0)
        size = sum(length for _, length in item.extents)
        wide = bool(size and self._content(item)[1] & 1)
        known = {
            b"grid": 12 if wide else 8,
            b"iovl": 10 + (8 + 8 * pieces if wide else 4 + 4 * pieces),
        }
        if size not in (0, known.get(item.type, 0)):
            raise Refused("a picture made of others says more than how they lie")

    def _look_inside(self, item: Item, track: Track) -> None:
        """User data of a coded picture. Raises Refused where its units don't add up: metadata may lie among them."""
        coded = b"".join(self.source.upto(offset, length) for offset, length in item.extents)
        whole = sum(length for _, length in item.extents) == len(coded)
        damaged = False
        if track.length_size:
            damaged = nal.broken(coded, track.length_size) is not None or nal.drawn_in(
                coded, track.length_size
            )
        elif item.type == b"av01":
            damaged = obu.broken(coded) is not None
        if whole and damaged:
            raise Refused("a coded picture is damaged")
        if len(item.extents) == 1:
            self.patches += sample_patches(self.source, *item.extents[0], track, self.notes)
        elif user_data(coded, track, self.notes):
            raise Refused("a coded picture is packed in a way that can't be looked into")

    def _drop(self, item: Item) -> None:
        """Name what goes; EXIF and XMP are read for their tags and facts first."""
        size = sum(length for _, length in item.extents)
        name = GONE.get(
            item.type,
            "side picture or thumbnail" if item.type in CODED else f"item {item.type.decode('latin-1')}",
        )
        if item.type in (b"Exif", b"mime") and len(item.extents) == 1 and item.method in (0, 1):
            data = self._content(item)
            if item.type == b"Exif" and len(data) > 8:
                exif.read(data[4 + int.from_bytes(data[:4], "big") :], self.notes)
            elif b"rdf" in item.content:
                name = "XMP"
                texts.xmp(data, self.notes)
        self.notes.found("heif", name)
        self.notes.removed(name, size)

    def _content(self, item: Item) -> bytes:
        offset, length = item.extents[0]
        if item.method == 1 and self.meta.idat is not None:
            start = self.meta.idat.body + offset
            return bytes(self.data[start : min(start + length, self.meta.idat.end)])[:LONGEST_TEXT]
        return self.source.upto(offset, min(length, LONGEST_TEXT))

    def _write(self, kept: set[int], size: int, spare: int = 0) -> bytes:
        """The index again, `size` bytes long: shorter by what went, padded by a `free` box.

        Too little room for a box (8 bytes) becomes `spare` zeros after the empty handler name.
        """
        stay = [item for item in self.meta.items.values() if item.id in kept]
        used = {
            index
            for item in stay
            for _, index in item.properties
            if (box := self._property(index)) is not None and box.kind in properties.LONGEST
        }
        out = b""
        for box in self.meta.boxes:
            if box.kind == b"hdlr":
                out += items.whole(
                    b"hdlr",
                    bytes(self.data[box.body : box.body + 12]) + bytes(box.end - box.body - 12 + spare),
                )
            elif box.kind == b"pitm":
                width = 2 if self.data[box.body] == 0 else 4
                out += items.whole(
                    b"pitm",
                    bytes(self.data[box.body : box.body + 4]) + self.meta.primary.to_bytes(width, "big"),
                )
            elif box.kind == b"iinf":
                out += items.write_info(self.data, box, stay)
            elif box.kind == b"iloc":
                out += items.write_locations(self.data, box, stay)
            elif box.kind == b"iref":
                out += items.write_references(self.meta, kept)
            elif box.kind == b"idat":
                out += items.whole(b"idat", self._idat(stay, box))
            elif box.kind == b"iprp":
                out += self._write_properties(box, stay, used)
            elif box.kind not in (b"free", b"skip"):
                self.notes.removed(f"{box.name} box", box.size)
        fresh = bytes(self.data[8:12]) + out
        room = size - len(fresh) - 8
        if 0 < room < 8 and not spare:
            return self._write(kept, size, room)
        if room < 0 or 0 < room < 8:
            raise Refused("the picture's index can't be written again in its place")
        padding = items.whole(b"free", bytes(room - 8)) if room else b""
        return items.whole(b"meta", fresh + padding)

    def _write_properties(self, box: Box, stay: list[Item], used: set[int]) -> bytes:
        out = b""
        for part in bmff.children(self.data, box.body, box.end):
            if part.kind == b"ipma":
                out += items.write_associations(self.data, part, stay, used)
            elif part.kind == b"ipco":
                content = b""
                for index, item in enumerate(self.meta.properties, 1):
                    content += self._property_again(item) if index in used else items.whole(b"free", b"")
                out += items.whole(b"ipco", content)
        return items.whole(b"iprp", out)

    def _property_again(self, box: Box) -> bytes:
        clean = properties.clean(box.kind, bytes(self.data[box.body : box.end]), self.notes)
        return items.whole(b"free", b"") if clean is None else items.whole(box.kind, clean)

    def _idat(self, stay: list[Item], box: Box) -> bytes:
        """`idat` of the same length with zeros where no kept item points."""
        fresh = bytearray(box.end - box.body)
        for item in stay:
            for offset, length in item.extents if item.method == 1 else ():
                part = self.data[box.body + offset : min(box.body + offset + length, box.end)]
                fresh[offset : offset + len(part)] = part
        return bytes(fresh)
