"""The index of a film (`moov`), cleaned in memory without changing its length.

| kept | why |
|---|---|
| mvhd, tkhd, mdhd: durations, scales, matrix, size, volume (times zeroed) | playing, which way is up |
| edts/elst, tapt | what is shown, when, in which aspect |
| hdlr: the kind of track; its names and maker zeroed | telling pictures from sound |
| vmhd, smhd, dinf/dref (own file only; locations zeroed) | players ask for them |
| stsd: entries with the parts of `entries.py`; compressor and vendor zeroed | decoding, colours, aspect |
| stts ctts cslg stss stps stsc stsz stz2 stco co64, sgpd and sbgp of `GROUPS` | finding, timing |
| mvex/mehd, trex | fragments |

Everything else becomes a `free` box of zeros: udta, meta, uuid, keys, track references, tracks that
are neither pictures nor sound (telemetry, subtitles, time codes), chapters, cover pictures.
"""

import struct

from app.scrub import entries, quicktime
from app.scrub.bmff import Box, blank, blank_rest, child, children, number, wipe
from app.scrub.errors import Refused
from app.scrub.leaves import drop, leaf, repeated
from app.scrub.report import Notes
from app.scrub.samples import Table, Track

TREE: dict[bytes, frozenset[bytes]] = {
    b"moov": frozenset((b"mvhd", b"trak", b"mvex")),
    b"trak": frozenset((b"tkhd", b"edts", b"mdia", b"tapt")),
    b"edts": frozenset((b"elst",)),
    b"tapt": frozenset((b"clef", b"prof", b"enof")),
    b"mdia": frozenset((b"mdhd", b"hdlr", b"minf")),
    b"minf": frozenset((b"vmhd", b"smhd", b"dinf", b"stbl", b"hdlr")),
    b"dinf": frozenset((b"dref",)),
    b"stbl": frozenset(b"stsd stts ctts cslg stss stps stsc stsz stz2 stco co64 sgpd sbgp".split()),
    b"mvex": frozenset((b"mehd", b"trex")),
}

LARGEST_NUMBER = 1 << 24
"""Writers count tracks from one; FFmpeg takes half a minute over a number of 2^31."""

ENCRYPTED = (b"encv", b"enca", b"drmi", b"drms")
H264 = (b"avc1", b"avc2", b"avc3", b"avc4", b"dva1", b"dvav")
H265 = (b"hvc1", b"hev1", b"dvh1", b"dvhe")
PCM = {
    b"sowt": 2,
    b"twos": 2,
    b"raw ": 1,
    b"in24": 3,
    b"in32": 4,
    b"fl32": 4,
    b"fl64": 8,
    b"ulaw": 1,
    b"alaw": 1,
}

CODECS = frozenset(
    b"av01 vp08 vp09 mp4v s263 h263 H263 jpeg mjpa apch apcn apcs apco ap4h ap4x "
    b"mp4a .mp3 alac Opus fLaC samr sawb sawp ac-3 ec-3 ac-4 dtsc dtse dtsh dtsl lpcm ima4 NONE apac sevc Qclp".split()
) | {*H264, *H265, *PCM}
"""How pictures and sound may be coded: in what we do not know anything could be written (DV has the clock in each picture)."""

HANDLERS = {b"vide": "pictures", b"soun": "sound", b"pict": "pictures", b"auxv": "alpha pictures"}
TRACKS = {
    b"meta": "timed metadata track", b"mebx": "timed metadata track", b"camm": "camera motion track",
    b"tmcd": "time code track", b"text": "text track", b"sbtl": "subtitle track", b"subt": "subtitle track",
    b"clcp": "caption track", b"hint": "streaming hint track", b"odsm": "object track",
    b"sdsm": "scene track",
}  # fmt: skip


def clean(data: bytearray, notes: Notes, handlers: tuple[bytes, ...] = (b"vide", b"soun")) -> list[Track]:
    """Clean the `moov` box that fills `data`, in place; the tracks that stay."""
    moov = Box(b"moov", 0, 8, len(data))
    tracks: list[Track] = []
    chapters = _referenced(data, moov, b"chap")
    boxes = list(children(data, moov.body, moov.end))
    for box, again in repeated(boxes):
        if box.kind == b"cmov":
            raise Refused("the film's index is compressed, which no browser plays")
        if box.kind not in TREE[b"moov"] or again:
            drop(data, box, notes)
        elif box.kind == b"mvhd":
            leaf(data, box, notes)
        elif box.kind == b"mvex":
            _tree(data, box, notes)
        elif box.kind == b"trak":
            track = _track(data, box, notes, handlers, chapters)
            if track is not None:
                tracks.append(track)
    blank_rest(data, moov.body, moov.end, boxes)
    for box in boxes:
        if box.kind == b"mvex":
            _defaults(data, box, tracks)
    if not tracks:
        raise Refused("the film has neither pictures nor sound")
    notes.kept("track headers and sample tables", "finding, timing and decoding; times and names zeroed")
    return tracks


def _referenced(data: bytearray, moov: Box, kind: bytes) -> set[int]:
    """Numbers of the tracks that others use as their chapters."""
    out: set[int] = set()
    for trak in children(data, moov.body, moov.end):
        tref = child(data, trak, b"tref") if trak.kind == b"trak" else None
        for box in children(data, tref.body, tref.end) if tref else ():
            if box.kind == kind:
                out.update(number(data, at, 4) for at in range(box.body, box.end - 3, 4))
    return out


def _tree(data: bytearray, box: Box, notes: Notes) -> None:
    """Keep what `TREE` lists under a container, clean the leaves, drop the rest."""
    items = list(children(data, box.body, box.end))
    for item, again in repeated(items):
        if item.kind not in TREE[box.kind] or again:
            drop(data, item, notes)
        elif item.kind in TREE:
            _tree(data, item, notes)
        else:
            leaf(data, item, notes)
    blank_rest(data, box.body, box.end, items)


def _track(
    data: bytearray, trak: Box, notes: Notes, handlers: tuple[bytes, ...], chapters: set[int]
) -> Track | None:
    tkhd, mdia = child(data, trak, b"tkhd"), child(data, trak, b"mdia")
    hdlr = child(data, mdia, b"hdlr") if mdia else None
    mdhd = child(data, mdia, b"mdhd") if mdia else None
    minf = child(data, mdia, b"minf") if mdia else None
    stbl = child(data, minf, b"stbl") if minf else None
    handler = bytes(data[hdlr.body + 8 : hdlr.body + 12]) if hdlr else b""
    identity = number(data, tkhd.body + (20 if data[tkhd.body] == 1 else 12), 4) if tkhd else 0
    if identity >= LARGEST_NUMBER:
        raise Refused("a track of the film has a number larger than any real one")
    if handler not in handlers or identity in chapters or not (tkhd and mdhd and stbl):
        name = "chapter track" if identity in chapters else TRACKS.get(handler, "track of an unknown kind")
        notes.found("track", name)
        udta = child(data, trak, b"udta")
        if udta:
            quicktime.name_all(data, udta, notes)
        notes.removed(name, trak.size)
        blank(data, trak)
        return None
    if handler in (b"vide", b"pict"):
        size = tkhd.end - 8
        notes.fact("width", number(data, size, 2) or None)
        notes.fact("height", number(data, size + 4, 2) or None)
    wide = data[mdhd.body] == 1
    track = Track(identity, handler, number(data, mdhd.body + (20 if wide else 12), 4))
    _tree(data, trak, notes)
    stsd = child(data, stbl, b"stsd")
    if stsd:
        _entries(data, stsd, notes, handler == b"soun")
    _codec(data, stbl, track)
    track.table = Table(data, stbl, track.packet)
    track.offsets = [box for box in children(data, stbl.body, stbl.end) if box.kind in (b"stco", b"co64")]
    if not track.offsets:
        raise Refused("the film has no whole index")
    notes.kept(
        f"track {identity}: {HANDLERS[handler]}",
        f"codec {track.codec.decode('latin-1').strip()}, bit for bit",
    )
    return track


def _formats(data: bytearray, stsd: Box) -> list[Box]:
    """The sample entries: as many boxes as the list says."""
    return list(children(data, stsd.body + 8, stsd.end))[: number(data, stsd.body + 4, 4)]


def _entries(data: bytearray, stsd: Box, notes: Notes, sound: bool) -> None:
    formats = _formats(data, stsd)
    for entry in formats:
        if entry.kind in ENCRYPTED:
            raise Refused("the film is encrypted")
        if entry.size < (36 if sound else 86):
            raise Refused("the film does not say how it is coded")
        if sound:
            wipe(data, entry.body + 10, entry.body + 16)
            skip = {1: 44, 2: 64}.get(number(data, entry.body + 8, 2), 28)
            if skip == 44 and not _has_packets(data, stsd, entry):
                skip = 28
        else:
            if any(data[entry.body + 42 : entry.body + 74]):
                notes.found("quicktime", "compressor name")
            wipe(data, entry.body + 8, entry.body + 24)
            wipe(data, entry.body + 42, entry.body + 74)
            skip = 78 + _palette(data, entry)
        wipe(data, entry.body, entry.body + 6)
        _parts(data, entry, entry.body + skip, notes)
    blank_rest(data, stsd.body + 8, stsd.end, formats)


def _has_packets(data: bytearray, stsd: Box, entry: Box) -> bool:
    """Whether a version 1 sound entry is QuickTime's (16 more bytes) and not the ISO one."""
    return data[stsd.body] == 0 and entry.size >= 52


def _palette(data: bytearray, entry: Box) -> int:
    """Bytes of the colour table of old palette films, which stands before the extensions."""
    depth, table = number(data, entry.body + 74, 2), number(data, entry.body + 76, 2)
    if table != 0 or depth & 31 not in (1, 2, 4, 8) or depth > 40 or entry.end - entry.body < 86:
        return 0
    return 8 + 8 * (number(data, entry.body + 84, 2) + 1)


def _parts(data: bytearray, entry: Box, start: int, notes: Notes) -> None:
    items = list(children(data, start, entry.end))
    for item, again in repeated(items):
        if item.kind == b"wave" and entry.kind != b"wave" and not again:
            _parts(data, item, item.body, notes)
            continue
        inside = item.kind[:2] != b"ms" or entry.kind == b"wave"
        fresh = entries.clean(item.kind, bytes(data[item.body : item.end]), notes) if inside else None
        if fresh is None or (again and item.kind != b"colr"):
            drop(data, item, notes)
        else:
            data[item.body : item.end] = fresh
    blank_rest(data, start, entry.end, items)


def _codec(data: bytearray, stbl: Box, track: Track) -> None:
    """The codec of the sample entries, their NAL length size, their packets. Raises Refused where they differ."""
    stsd = child(data, stbl, b"stsd")
    formats = _formats(data, stsd) if stsd else []
    if stsd is None or not formats:
        raise Refused("the film does not say how it is coded")
    sizes = {_length_size(data, entry) for entry in formats}
    track.codec = formats[0].kind
    if len({entry.kind for entry in formats}) > 1 or len(sizes) > 1:
        raise Refused("a track of the film changes its coding on the way")
    if track.codec not in CODECS and track.codec[:2] != b"ms":
        raise Refused("the film is coded in a way that we do not know")
    track.length_size = sizes.pop()
    track.dolby = any(child(data, formats[0], kind, 78) for kind in (b"dvcC", b"dvvC"))
    entry = formats[0]
    if track.handler == b"soun":
        version, channels, bits = struct.unpack_from(">H6xHH", data, entry.body + 8)
        if version == 1 and _has_packets(data, stsd, entry):
            unit, size = number(data, entry.body + 28, 4), number(data, entry.body + 36, 4)
            track.packet = (unit, size) if unit and size else (1, 0)
        elif version == 2 and entry.end - entry.body >= 64:
            size, unit = number(data, entry.body + 56, 4), number(data, entry.body + 60, 4)
            track.packet = (unit, size) if unit and size else (1, 0)
        elif entry.kind in PCM:
            wide = bits // 8 if entry.kind in (b"raw ", b"sowt", b"twos") and bits >= 8 else PCM[entry.kind]
            track.packet = (1, wide * channels)


def _length_size(data: bytearray, entry: Box) -> int:
    """Bytes of the length before each NAL unit, 0 for other codecs."""
    if entry.kind not in H264 + H265:
        return 0
    record = child(data, entry, b"avcC" if entry.kind in H264 else b"hvcC", 78)
    place = 4 if entry.kind in H264 else 21
    if record is None or record.end - record.body <= place:
        raise Refused("the film does not say how it is coded")
    return (data[record.body + place] & 3) + 1


def _defaults(data: bytearray, mvex: Box, tracks: list[Track]) -> None:
    for box in children(data, mvex.body, mvex.end):
        if box.kind == b"trex":
            for track in tracks:
                if track.number == number(data, box.body + 4, 4):
                    track.defaults = (number(data, box.body + 12, 4), number(data, box.body + 16, 4))
