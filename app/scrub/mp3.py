"""MP3 (ISO/IEC 11172-3, 13818-3) and raw AAC (ADTS, ISO/IEC 13818-7): whole frames in a row.

| kept | why |
|---|---|
| every whole frame | the sound |
| the Xing/Info frame; its encoder's name replaced | duration, seeking, gapless playing |

Everything else goes: ID3v2, ID3v1, APE, Lyrics3, pictures in them, and bytes between frames.
"""

import re

from app.scrub.errors import Refused
from app.scrub.plan import Builder, Plan
from app.scrub.report import Notes
from app.scrub.source import Source

RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
BITS = {
    (True, 3): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 1): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 3): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 1): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""kbit/s by (MPEG-1?, layer bits)."""

ADTS_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
LONGEST_GAP = 1 << 20
MANY, SMALL = 50_000, 16
"""A recording of so many frames (twenty minutes) has more bytes than this in each; one made to keep a reader busy hasn't."""

MOST_TAGS = 64
TAGS = (b"ID3", b"TAG", b"APETAGEX")
_TAG = re.compile(rb"ID3[\2-\4]\x00[\x00\x10-\xf0][\x00-\x7f]{4}|APETAGEX")
"""A tag that stands where a frame was cut: the frame seems to go on in it."""
MOST_TRIES = 200_000
_SYNC = re.compile(
    rb"\xff(?:[\xf0\xf1\xf8\xf9]|[\xe2-\xef\xf2-\xf7\xfa-\xff][\x10-\xef])|ID3[\2-\4]|APETAGEX"
)
"""How a frame begins: of AAC, or of MPEG audio with a bit rate; or a tag."""

KIND, LAYER = 0xFE, 0x06
"""Bits of a frame's second byte: all frames of a recording have the same version and layer; AAC has no layer."""
SIDE = (36, 21, 13, 38, 23, 15)
"""Where a Xing/Info frame may have its sign: behind header and side data, with or without a checksum."""

NEUTRAL_ENCODER = b"LAME3.100"
"""The name that most MP3 files have: players read delay and padding only behind a name they know."""


def plan(source: Source, notes: Notes) -> Plan:
    """The clean copy. Raises Refused where frames are not found in a row."""
    at = _after_id3(source, 0, notes)
    end = _before_tags(source, notes)
    copy = Builder()
    frames = samples = rate = 0
    first = True
    kind = tries = tags = 0
    while at + 7 <= end:
        head = source.at(at, 7)
        size, count, hertz = _frame(head)
        if head[0] != 0xFF and source.upto(at, 8).startswith(TAGS):
            tags += 1
            if tags > MOST_TAGS:
                raise Refused("the recording has more tags than any real one")
            at = _after_tag(source, at, end, notes)
            continue
        if size == 0 or (kind and head[1] & KIND != kind) or (first and not _follows(source, at + size, end)):
            gap, tries = _next(source, at + 1, end, tries)
            notes.removed("bytes between frames", gap - at)
            if frames == 0 and gap - at > LONGEST_GAP:
                break
            at = gap
            continue
        if at + size > end:
            break
        if first:
            _first(source, at, size, copy, notes)
            first, kind = False, head[1] & KIND
            notes.kind = (
                "audio/mpeg" if head[1] & LAYER else "audio/aac"
            )  # an ID3 tag may stand before either
        else:
            if _TAG.search(source.at(at, size)):
                raise Refused("a tag lies inside the sound of the recording")
            copy.copy(at, size)
        frames, samples, rate = frames + 1, samples + count, hertz
        if frames % MANY == 0 and copy.size < SMALL * frames:
            raise Refused("the frames of the recording are too small to hold sound")
        at += size
    if frames == 0:
        raise Refused("the recording holds no sound that we know")
    if at < end:
        notes.removed("bytes after the last whole frame", end - at)
        notes.remark("the recording was cut: it is kept to its last whole frame")
    notes.fact("duration", round(samples / rate, 3) if rate else None)
    notes.kept("frames", "the recording, bit for bit")
    return copy.plan()


def _frame(head: bytes) -> tuple[int, int, int]:
    """(bytes, samples, samples a second) of the frame that begins with `head`; zeros where none does."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0, 0, 0
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    if layer == 0:
        if head[1] & 0xF0 != 0xF0 or head[2] >> 2 & 15 >= len(ADTS_RATES):
            return 0, 0, 0
        size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        return (size, 1024 * ((head[6] & 3) + 1), ADTS_RATES[head[2] >> 2 & 15]) if size > 7 else (0, 0, 0)
    bits, frequency, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or bits in (0, 15) or frequency == 3:
        return 0, 0, 0
    hertz, kilo = RATES[version][frequency], BITS[version == 3, layer][bits]
    if layer == 3:
        return (12 * kilo * 1000 // hertz + padding) * 4, 384, hertz
    samples = 1152 if layer == 2 or version == 3 else 576
    return samples // 8 * kilo * 1000 // hertz + padding, samples, hertz


def _follows(source: Source, at: int, end: int) -> bool:
    """Whether a frame (or the end) is where the one before says."""
    return at >= end - 7 or _frame(source.at(at, 7))[0] > 0


def _next(source: Source, at: int, end: int, tries: int) -> tuple[int, int]:
    """The next place with a frame that another follows, and how many places have been tried in this file so far."""
    while at + 7 <= end:
        window = source.upto(at, min(1 << 16, end - at))
        found = _SYNC.search(window)
        if found is None:
            at += max(1, len(window) - 2)
            continue
        at += found.start()
        tries += 1
        if tries > MOST_TRIES:
            raise Refused("the recording holds no sound that we know")
        if window[found.start()] != 0xFF:
            return at, tries
        size = _frame(source.upto(at, 7))[0]
        if size and _follows(source, at + size, end):
            return at, tries
        at += 1
    return end, tries


def _first(source: Source, at: int, size: int, copy: Builder, notes: Notes) -> None:
    """The first frame; of a Xing/Info frame the counts, the table of places and delays stay, the rest is written anew."""
    data = bytearray(source.at(at, size))
    start = next((place for place in SIDE if bytes(data[place : place + 4]) in (b"Xing", b"Info")), 0)
    if not start:
        copy.copy(at, size)
        return
    flags = data[start + 7]
    name = start + 8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
    named = any(data[name : name + 9])
    begin = 4 if data[1] & 1 else 6  # behind a checksum
    if any(data[name:]) or any(data[begin:start]) or any(data[start + 4 : start + 7]):
        notes.found("mp3", "encoder")
        notes.removed("encoder's name", 9)
    delay = bytes(data[name + 21 : name + 24])
    data[begin:start] = bytes(start - begin)
    data[start + 4 : start + 7] = bytes(3)
    data[name:] = bytes(max(0, size - name))
    if named and name + 24 <= size:
        data[name : name + 9] = NEUTRAL_ENCODER
        data[name + 21 : name + 24] = delay
    copy.literal(data)


def _after_id3(source: Source, at: int, notes: Notes, most: int = MOST_TAGS) -> int:
    """The place after all ID3v2 tags in front."""
    for _ in range(most):
        if source.upto(at, 3) != b"ID3" or source.size < at + 10:
            return at
        head = source.at(at, 10)
        size = 0
        for byte in head[6:10]:
            size = size << 7 | byte & 0x7F
        total = min(10 + size + 10 * (head[5] >> 4 & 1), source.size - at)
        _id3_names(source.at(at + 10, min(max(0, total - 10), 1 << 20)), head[3], notes)
        notes.removed("ID3 tag", total)
        at += total
        if most == 1:
            return at
    raise Refused("the recording has more tags than any real one")


def _after_tag(source: Source, at: int, end: int, notes: Notes) -> int:
    """The place behind a tag among the frames: writers put them at the end, and recordings are joined. A picture in
    one may look like frames."""
    head = source.upto(at, 16)
    if head.startswith(b"TAG"):
        stop = at + 128
    elif head.startswith(b"APE"):
        stop = at + 32 + int.from_bytes(head[12:16], "little")
    else:
        return min(_after_id3(source, at, notes, 1), end)
    notes.removed("tag among frames", min(stop, end) - at)
    return min(stop, end)


def _id3_names(data: bytes, version: int, notes: Notes) -> None:
    at, width = 0, 3 if version == 2 else 4
    while at + 10 <= len(data) and data[at : at + width].isalnum():
        notes.found("id3", data[at : at + width].decode("latin-1"))
        field = data[at + width : at + width + (3 if width == 3 else 4)]
        size = 0
        for byte in field:
            size = size << (7 if version == 4 else 8) | byte
        at += size + (6 if width == 3 else 10)


def _before_tags(source: Source, notes: Notes) -> int:
    """Where sound ends: before ID3v1, Lyrics3 and APE at the end."""
    end = source.size
    for _ in range(8):
        if end >= 128 and source.at(end - 128, 3) == b"TAG":
            notes.found("id3", "ID3v1")
            notes.removed("ID3v1 tag", 128)
            end -= 128
        elif end >= 32 and source.at(end - 32, 8) == b"APETAGEX":
            size = int.from_bytes(source.at(end - 20, 4), "little")
            size += 32 if source.at(end - 9, 1)[0] & 0x80 else 0
            notes.found("ape", "APE tag")
            notes.removed("APE tag", min(size, end))
            end -= min(max(size, 32), end)
        elif end >= 15 and source.at(end - 9, 9) == b"LYRICS200" and source.at(end - 15, 6).isdigit():
            size = int(source.at(end - 15, 6)) + 15
            notes.found("lyrics3", "lyrics")
            notes.removed("lyrics", min(size, end))
            end -= min(size, end)
        else:
            return end
    return end
