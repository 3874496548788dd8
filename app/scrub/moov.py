"""The index of a film (`moov`), cleaned in memory without changing its length.

| kept | why |
|---|---|
| mvhd, tkhd, mdhd: durations, scales, matrix, size, volume (times zeroed) | playing, which way is up |
| edts/elst, tapt | what is shown, when, in which aspect |
| hdlr: the kind of track; its names and maker zeroed | telling pictures from sound |
| vmhd, smhd, dinf/dref (own file only; locations zeroed) | players ask for them |
| stsd: entries with the parts of `ENTRY`; compressor and vendor zeroed | decoding, colours, aspect |
| stts ctts cslg stss stps stsc stsz stz2 stco co64 sdtp, sgpd and sbgp of `GROUPS` | finding, timing |
| mvex/mehd, trex | fragments |

Everything else becomes a `free` box of zeros: udta, meta, uuid, keys, track references, tracks that
are neither pictures nor sound (telemetry, subtitles, time codes), chapters, cover pictures.
"""

import struct

from app.scrub import icc, nal, quicktime
from app.scrub.bmff import Box, blank, blank_rest, child, children, number, wipe
from app.scrub.errors import Refused
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
    b"stbl": frozenset(b"stsd stts ctts cslg stss stps stsc stsz stz2 stco co64 sdtp sgpd sbgp".split()),
    b"mvex": frozenset((b"mehd", b"trex", b"trep")),
}

ENTRY = frozenset(
    b"avcC hvcC lhvC vvcC av1C vpcC esds d263 damr dOps dac3 dec3 dac4 dfLa alac colr pasp clap btrt fiel "
    b"gama chan "
    b"wave enda mdcv clli SmDm CoLL dvcC dvvC amve frma mp4a chnl srat pcmC".split()
)
GROUPS = frozenset((b"roll", b"prol", b"rap ", b"sync", b"tele", b"stsa", b"tsas", b"tscl"))
ROWS = {b"stts": 8, b"ctts": 8, b"stss": 4, b"stps": 4, b"stsc": 12, b"stco": 4, b"co64": 8}
"""Bytes of a row in the tables that begin with a count: what follows the last row is zeroed."""

ENCRYPTED = (b"encv", b"enca", b"drmi", b"drms")
H264 = (b"avc1", b"avc2", b"avc3", b"avc4")
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
    for box in boxes:
        if box.kind == b"cmov":
            raise Refused("the film's index is compressed, which no browser plays")
        if box.kind not in TREE[b"moov"]:
            _drop(data, box, notes)
        elif box.kind == b"mvhd":
            _header(data, box, notes)
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


def _drop(data: bytearray, box: Box, notes: Notes) -> None:
    if box.kind in (b"udta", b"meta"):
        quicktime.name_all(data, box, notes)
    elif box.kind not in (b"free", b"skip", b"wide", b"iods"):
        notes.found("quicktime", box.name)
    if box.kind not in (b"free", b"skip", b"wide") or any(data[box.body : box.end]):
        notes.removed(f"{box.name} box", box.size)
    blank(data, box)


def _tree(data: bytearray, box: Box, notes: Notes) -> None:
    """Keep what `TREE` lists under a container, clean the leaves, drop the rest."""
    items = list(children(data, box.body, box.end))
    for item in items:
        if item.kind not in TREE[box.kind]:
            _drop(data, item, notes)
        elif item.kind in TREE:
            _tree(data, item, notes)
        else:
            _leaf(data, item, notes)
    blank_rest(data, box.body, box.end, items)


def _leaf(data: bytearray, box: Box, notes: Notes) -> None:
    if box.kind in ROWS:
        wipe(data, box.body + 8 + ROWS[box.kind] * number(data, box.body + 4, 4), box.end)
    elif box.kind in (b"tkhd", b"mdhd"):
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
    elif box.kind in (b"sgpd", b"sbgp") and bytes(data[box.body + 4 : box.body + 8]) not in GROUPS:
        _drop(data, box, notes)
    elif box.kind == b"stsz" and not number(data, box.body + 4, 4):
        wipe(data, box.body + 12 + 4 * number(data, box.body + 8, 4), box.end)


def _header(data: bytearray, box: Box, notes: Notes) -> None:
    """Creation and change times, language and QuickTime's preview times become zero."""
    if data[box.body] > 1:
        raise Refused("a header of the film has a version that no reader knows")
    data[box.body + 1 : box.body + 4] = bytes((0, 0, data[box.body + 3] & 15 if box.kind == b"tkhd" else 0))
    wide = data[box.body] == 1
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
        wipe(data, rest + (16 if wide else 12) + 60, box.end)


def _seconds(duration: int, timescale: int) -> float | None:
    known = timescale and 0 < duration < 0xFFFFFFFF
    return round(duration / timescale, 3) if known else None


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


def _entries(data: bytearray, stsd: Box, notes: Notes, sound: bool) -> None:
    entries = list(children(data, stsd.body + 8, stsd.end))
    for entry in entries:
        if entry.kind in ENCRYPTED:
            raise Refused("the film is encrypted")
        skip = 0
        if sound:
            wipe(data, entry.body + 10, entry.body + 16)
            skip = {1: 44, 2: 64}.get(number(data, entry.body + 8, 2), 28)
            if skip == 44 and not _has_packets(data, stsd, entry):
                skip = 28
        elif entry.size >= 86:
            if any(data[entry.body + 42 : entry.body + 74]):
                notes.found("quicktime", "compressor name")
            wipe(data, entry.body + 8, entry.body + 24)
            wipe(data, entry.body + 42, entry.body + 74)
            skip = 78 + _palette(data, entry)
        _parts(data, entry, entry.body + skip, notes)
    blank_rest(data, stsd.body + 8, stsd.end, entries)


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
    for item in items:
        if item.kind == b"wave":
            _parts(data, item, item.body, notes)
        elif item.kind == b"colr" and bytes(data[item.body : item.body + 4]) in (b"prof", b"rICC"):
            profile = bytes(data[item.body + 4 : item.end])
            fresh = icc.neutral(profile, notes.words())
            data[item.body + 4 : item.end] = fresh if fresh is not None else bytes(len(profile))
        elif item.kind == b"hvcC":
            data[item.body : item.end] = nal.clean_hvcc(bytes(data[item.body : item.end]), notes)
        elif item.kind in (b"damr", b"d263"):
            if any(data[item.body : item.body + 5]):
                notes.found("quicktime", "vendor and version of the coder")
            wipe(data, item.body, min(item.body + 5, item.end))  # 3GPP TS 26.244, 6.7 and 6.8
        elif item.kind not in ENTRY and item.kind[:2] != b"ms" and item.kind != b"\0\0\0\0":
            _drop(data, item, notes)
    blank_rest(data, start, entry.end, items)


def _codec(data: bytearray, stbl: Box, track: Track) -> None:
    """The codec of the first sample entry, its NAL length size, its packets."""
    stsd = child(data, stbl, b"stsd")
    entry = next(children(data, stsd.body + 8, stsd.end), None) if stsd else None
    if stsd is None or entry is None:
        raise Refused("the film does not say how it is coded")
    track.codec = entry.kind
    if entry.kind in H264 + H265:
        record = child(data, entry, b"avcC" if entry.kind in H264 else b"hvcC", 78)
        place = 4 if entry.kind in H264 else 21
        if record is not None and record.end - record.body > place:
            track.length_size = (data[record.body + place] & 3) + 1
    elif track.handler == b"soun" and entry.end - entry.body >= 28:
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


def _defaults(data: bytearray, mvex: Box, tracks: list[Track]) -> None:
    for box in children(data, mvex.body, mvex.end):
        if box.kind == b"trex":
            for track in tracks:
                if track.number == number(data, box.body + 4, 4):
                    track.defaults = (number(data, box.body + 12, 4), number(data, box.body + 16, 4))
