"""The tracks of Matroska and WebM (RFC 9559, 5.1.4), rebuilt from an allowlist.

| kept | why |
|---|---|
| number, type, codec, set-up data, delays, frame duration, flags, frame compression | decoding, timing |
| Video: size, crop, aspect, interlacing, alpha, stereo, colour, projection | shown the same |
| Audio: rates, channels, depth | heard the same |

The random TrackUID becomes the track's number; names, languages, codec names and links go. Tracks
that are neither pictures nor sound go with all their blocks.
"""

import re
from dataclasses import dataclass

from app.scrub import codecs, ebml, jpeg_units, limits, nal, obu, visual
from app.scrub.ebml import Element
from app.scrub.errors import Refused
from app.scrub.report import Notes
from app.scrub.source import Source

KEPT = frozenset(
    (0xD7, 0x83, 0xB9, 0x88, 0x55AA, 0x9C, 0x6DE7, 0x6DF8, 0x23E383, 0x234E7A, 0x23314F, 0x55EE, 0x86,
     0x56AA, 0x56BB, 0xAA)
)  # fmt: skip
VIDEO = frozenset(
    (
        0x9A,
        0x9D,
        0x53B8,
        0x53C0,
        0xB0,
        0xBA,
        0x54AA,
        0x54BB,
        0x54CC,
        0x54DD,
        0x54B0,
        0x54BA,
        0x54B2,
        0x54B3,
        0x2EB524,
    )
)
COLOUR = frozenset(range(0x55B1, 0x55BE))
MASTERING = frozenset(range(0x55D1, 0x55DB))
PROJECTION = frozenset((0x7671, 0x7672, 0x7673, 0x7674, 0x7675))
AUDIO = frozenset((0xB5, 0x78B5, 0x9F, 0x6264))
CONTAINERS = {
    0x55B0: COLOUR | {0x55D0},
    0x55D0: MASTERING,
    0x7670: PROJECTION,
    0xE0: VIDEO | {0x55B0, 0x7670},
    0xE1: AUDIO,
}

CODEC, NUMBER = 0x86, 8
"""Every kept leaf but set-up data and the codec's id is a number of at most 8 bytes; readers stumble over a longer one."""

CODECS = re.compile(
    r"V_(VP8|VP9|AV1|MPEG4/ISO/(AVC|SP|ASP|AP)|MPEGH/ISO/HEVC|MJPEG|THEORA|FFV1|PRORES)|"
    r"A_(OPUS|VORBIS|FLAC|ALAC|AC3|EAC3|DTS|TTA1|AAC(/MPEG[24]/(LC|MAIN|SSR|LTP)(/SBR)?)?|MPEG/L[123]|"
    r"PCM/(INT/(LIT|BIG)|FLOAT/IEEE))"
)
"""How pictures and sound may be coded: in what we do not know anything could be written."""

LONGEST_PRIVATE = {
    "V_VP8": 0, "V_VP9": 64, "V_MJPEG": 0, "V_PRORES": 4, "V_FFV1": 4096, "A_OPUS": 19 + 2 + 255,
    "A_ALAC": 48, "A_AC3": 0, "A_EAC3": 0, "A_DTS": 0, "A_TTA1": 30,
}  # fmt: skip
"""Bytes of set-up data by codec: longer ones have room for a message, and what is always empty needs none."""

LONGEST_SOUND = 64
"""The same of every other codec of sound that isn't looked into."""

TRACK_TYPES = {1: "pictures", 2: "sound"}
GONE = {
    0x10: "logo track",
    0x11: "subtitle track",
    0x12: "button track",
    0x20: "control track",
    0x21: "metadata track",
}


@dataclass(slots=True)
class Track:
    """What the blocks of a kept track need to be judged by."""

    number: int
    type: int
    codec: str
    length_size: int = 0
    """Bytes of the length before each NAL unit; 0 where start codes stand between them."""
    alpha: bool = False
    prefix: bytes = b""
    """Bytes that header-stripping compression left out in front of each frame."""
    duration: int = 0
    """Nanoseconds of a frame, 0 where the file does not say."""

    @property
    def scanned(self) -> bool:
        """Whether user data can hide inside the frames of this track."""
        return bool(self.nal) or self.codec in ("V_AV1", "V_MJPEG") or self.visual

    def user_data(self, frame: bytes, notes: Notes) -> list[tuple[int, bytes]]:
        """Places and new bytes for what is no picture in a frame."""
        if self.nal:
            return nal.patches(self.nal, frame, self.length_size, notes)
        if self.codec == "V_AV1":
            return obu.patches(frame, notes)
        if self.codec == "V_MJPEG":
            return jpeg_units.patches(frame, notes)
        return visual.patches(frame, notes)

    @property
    def visual(self) -> bool:
        return self.codec in ("V_MPEG4/ISO/SP", "V_MPEG4/ISO/ASP", "V_MPEG4/ISO/AP")

    @property
    def nal(self) -> str:
        return {"V_MPEG4/ISO/AVC": "h264", "V_MPEGH/ISO/HEVC": "hevc"}.get(self.codec, "")


def clean(source: Source, tracks: Element, notes: Notes) -> tuple[bytes, dict[int, Track]]:
    """The rebuilt Tracks element and the kept tracks by number."""
    out = b""
    kept: dict[int, Track] = {}
    for item in ebml.children(source, tracks.body, tracks.end or tracks.body):
        if item.id != 0xAE or item.end is None:
            continue
        data, track = _entry(source, item, notes)
        if track is not None and track.number not in kept:
            kept[track.number] = track
            out += ebml.write(0xAE, data)
            notes.kept(
                f"track {track.number}: {TRACK_TYPES[track.type]}", f"codec {track.codec}, bit for bit"
            )
    if not kept:
        raise Refused("the film has neither pictures nor sound")
    return ebml.write(0x1654AE6B, out), kept


def _entry(source: Source, entry: Element, notes: Notes) -> tuple[bytes, Track | None]:
    items = {item.id: item for item in ebml.children(source, entry.body, entry.end or entry.body)}
    if 0xD7 not in items or 0x83 not in items or 0x86 not in items:
        raise Refused("a track of the film has no number, type or codec")
    number, kind = ebml.number(source, items[0xD7]), ebml.number(source, items[0x83])
    if kind not in TRACK_TYPES or not 0 < number < 1 << 28:
        name = GONE.get(kind, "track of an unknown kind")
        notes.found("track", name)
        notes.removed(name, (entry.end or 0) - entry.start)
        return b"", None
    codec = ebml.content(source, items[CODEC], 64).rstrip(b"\0").decode("ascii", "replace")
    if not CODECS.fullmatch(codec):
        raise Refused("the film is coded in a way that we do not know")
    track = Track(number, kind, codec)
    out = b""
    for item in items.values():
        if item.id in (0xE0, 0xE1):
            out += _container(source, item, notes)
            _read_video(source, item, track, notes)
        elif item.id == 0x63A2:
            out += ebml.write(0x63A2, _private(ebml.content(source, item, 16 << 20), track, notes))
        elif item.id == 0x6D80:
            out += _encodings(source, item, track)
        elif item.id in KEPT and _short(item):
            out += ebml.write(item.id, ebml.content(source, item))
            if item.id == 0x23E383:
                track.duration = ebml.number(source, item)
        elif item.id not in (0x73C5, 0xEC, 0xBF):
            notes.found(
                "matroska",
                {0x536E: "track name", 0x22B59C: "language", 0x258688: "codec name"}.get(
                    item.id, f"0x{item.id:x}"
                ),
            )
            notes.removed("names and further fields of tracks", (item.end or 0) - item.start)
    out += ebml.write_number(0x73C5, number) + ebml.write(0x22B59C, b"und")
    return out, track


def _short(item: Element) -> bool:
    return item.id == CODEC or (item.end or item.body) - item.body <= NUMBER


def _container(source: Source, box: Element, notes: Notes) -> bytes:
    out = b""
    seen: set[int] = set()
    for item in ebml.children(source, box.body, box.end or box.body):
        if item.id not in CONTAINERS[box.id] or item.id in seen:
            if item.id not in (0xEC, 0xBF):
                notes.removed("further fields of tracks", (item.end or 0) - item.start)
        elif item.id in CONTAINERS:
            out += _container(source, item, notes)
        elif _short(item):
            out += ebml.write(item.id, ebml.content(source, item))
        seen.add(item.id)
    return ebml.write(box.id, out)


def _read_video(source: Source, box: Element, track: Track, notes: Notes) -> None:
    sizes = {}
    for item in ebml.children(source, box.body, box.end or box.body):
        if item.id in (0xB0, 0xBA, 0x53C0):
            sizes[item.id] = ebml.number(source, item)
    track.alpha = sizes.get(0x53C0, 0) == 1
    if 0xB0 in sizes and 0xBA in sizes:
        limits.picture(sizes[0xB0], sizes[0xBA], notes)


def _private(data: bytes, track: Track, notes: Notes) -> bytes:
    """The set-up data of the codec without the texts that some codecs put there."""
    if track.nal == "h264" and len(data) > 4:
        track.length_size = (data[4] & 3) + 1
        return data[: nal.avcc_end(data)]
    if track.nal == "hevc" and len(data) > 21:
        track.length_size = (data[21] & 3) + 1
        return nal.clean_hvcc(data, notes)
    if track.codec in ("A_VORBIS", "V_THEORA"):
        return codecs.laced(data, notes)
    if track.codec == "A_FLAC" and data.startswith(b"fLaC"):
        return codecs.flac_blocks(data, notes)
    if track.codec == "V_AV1" and len(data) > 4:
        fresh = bytearray(data)
        for place, patch in obu.patches(data[4:], notes):
            fresh[4 + place : 4 + place + len(patch)] = patch
        return bytes(fresh)
    if track.visual:
        return visual.clean(data, notes)
    if track.codec == "A_OPUS" and data.startswith(b"OpusHead"):
        return data[: codecs.opus_end(data)]
    if len(data) > LONGEST_PRIVATE.get(track.codec, LONGEST_SOUND):
        notes.removed("set-up data that no decoder needs", len(data))
        return data[: LONGEST_PRIVATE.get(track.codec, 0)]
    return data


def _encodings(source: Source, box: Element, track: Track) -> bytes:
    """Header stripping (5.1.4.1.31.6) is kept and remembered; other packing and encryption are refused."""
    for encoding in ebml.children(source, box.body, box.end or box.body):
        for item in ebml.children(source, encoding.body, encoding.end or encoding.body):
            if item.id == 0x5035:
                raise Refused("the film is encrypted")
            if item.id != 0x5034:
                continue
            fields = {part.id: part for part in ebml.children(source, item.body, item.end or item.body)}
            method = ebml.number(source, fields[0x4254]) if 0x4254 in fields else 0
            if method != 3:
                raise Refused("the frames of the film are packed in a way that can't be looked into")
            track.prefix = ebml.content(source, fields[0x4255], 64) if 0x4255 in fields else b""
    settings = ebml.write_number(0x4254, 3) + ebml.write(0x4255, track.prefix)
    compression = ebml.write(0x5034, settings)
    fixed = ebml.write_number(0x5031, 0) + ebml.write_number(0x5032, 1) + ebml.write_number(0x5033, 0)
    return ebml.write(0x6D80, ebml.write(0x6240, fixed + compression))
