"""Files that were forged to carry a word past the stripper, made at test time: one place for it each.

Every function gives names of places and whole files. A reader that shows the picture doesn't read the word there.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from app.scrub.mp3 import _frame as frame
from app.scrub.ogg import checksum
from tests import media

WORD = "serial-4711-WITNESS"
TEXT = WORD.encode()
LONG = b"a serial number: serial-4711-WITNESS, and who made it and where "

Path = tuple[bytes | tuple[bytes, int], ...]
"""Kinds of boxes from the outermost on; with a number, the bytes of fields before the boxes inside."""

IPCO: Path = ((b"meta", 4), b"iprp", b"ipco")
STBL: Path = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
ENTRY: Path = (*STBL, (b"stsd", 8), (b"avc1", 78))


def grown(film: bytes, path: Path, extra: bytes) -> bytes:
    """The film with `extra` at the end of the box at `path`, and all sizes around it right."""
    out, start, end, chain = bytearray(film), 0, len(film), []
    for step in path:
        kind, skip = step if isinstance(step, tuple) else (step, 0)
        at = next(place for place, name, _ in listed(film, start, end) if name == kind)
        chain.append(at)
        start, end = at + 8 + skip, at + int.from_bytes(film[at : at + 4], "big")
    out[end:end] = extra
    for at in chain:
        out[at : at + 4] = (int.from_bytes(out[at : at + 4], "big") + len(extra)).to_bytes(4, "big")
    return bytes(out)


def listed(film: bytes, at: int, end: int) -> Iterator[tuple[int, bytes, int]]:
    while at + 8 <= end:
        size = int.from_bytes(film[at : at + 4], "big")
        yield at, film[at + 4 : at + 8], size
        at += max(size, 8)


def _live(film: bytes, path: Path, extra: bytes) -> bytes:
    """A film in fragments with `extra` in its first fragment, whose samples lie so much further on."""
    out = bytearray(grown(film, path, extra))
    end = film.index(b"mdat")
    at = out.find(b"trun")
    while 0 <= at < end + len(extra):
        out[at + 12 : at + 16] = (int.from_bytes(out[at + 12 : at + 16], "big") + len(extra)).to_bytes(
            4, "big"
        )
        at = out.find(b"trun", at + 1)
    return bytes(out)


def films() -> dict[str, bytes]:
    film, live = media.mp4("", seconds=1), media.mp4("", seconds=1, fragmented=True)
    box, minf, trak = media.box, STBL[:4], STBL[:2]
    hidden = box(b"\0\0\0\0", LONG)
    user = box(b"udta", box(b"\xa9swr", TEXT))
    keys = box(b"meta", box(b"keys", TEXT))
    stream = b"\x43" + bytes([len(LONG)]) + LONG
    return {
        **{f"behind {kind.decode()}": grown(film, (*STBL, kind), LONG) for kind in
           (b"stsd", b"stts", b"stsc", b"stsz", b"stco", b"stss")},
        **{f"a second {kind.decode()}": grown(film, STBL, box(kind, bytes(8) + LONG)) for kind in (b"stss", b"stsz", b"stsc", b"sdtp")},
        "behind vmhd": grown(film, (*minf, b"vmhd"), LONG),
        "behind elst": grown(film, (*trak, b"edts", b"elst"), LONG),
        "behind tkhd": grown(film, (*trak, b"tkhd"), LONG),
        "behind mvhd": grown(film, (b"moov", b"mvhd"), LONG),
        "behind mdhd": grown(film, (*STBL[:3], b"mdhd"), LONG),
        "behind hdlr": grown(film, (*STBL[:3], b"hdlr"), LONG),
        "behind url": grown(film, (*minf, b"dinf", (b"dref", 8), b"url "), LONG),
        "behind dref": grown(film, (*minf, b"dinf", b"dref"), LONG),
        "behind avcC": grown(film, (*ENTRY, b"avcC"), LONG),
        "behind the sample entry": grown(film, ENTRY, LONG),
        "behind pasp": grown(grown(film, ENTRY, box(b"pasp", bytes(8))), (*ENTRY, b"pasp"), LONG),
        "colours with text": grown(film, ENTRY, box(b"colr", b"nclx" + bytes(7) + LONG)),
        "unknown colours": grown(film, ENTRY, box(b"colr", b"text" + LONG)),
        "a profile that is none": grown(film, ENTRY, box(b"colr", b"prof" + LONG)),
        "an end mark with content": grown(film, ENTRY, hidden),
        "a box of Microsoft's": grown(film, ENTRY, box(b"ms\0\0", LONG * 4)),
        "wave in a picture": grown(film, ENTRY, box(b"wave", box(b"frma", b"avc1" + LONG) + hidden)),
        "comments of FLAC": _commented(),
        "a descriptor": grown(film, (b"moov", (b"trak", 0)), b"") and _sound(film, stream),
        "udta in a track": grown(film, trak, user),
        "meta in a track": grown(film, trak, keys),
        "meta in mdia": grown(film, STBL[:3], keys),
        "meta in minf": grown(film, minf, keys),
        "meta in stbl": grown(film, STBL, keys),
        "meta at the top": film + keys,
        "free": film + box(b"free", LONG),
        "skip first": film[:28] + film[28:] + box(b"skip", LONG),
        "a second ftyp": film + box(b"ftyp", b"isom\0\0\0\0" + LONG[:64]),
        "a second mdat": film + box(b"mdat", LONG),
        "bytes after the last box": film + LONG,
        "a box of size 0": film + b"\0\0\0\0free" + LONG,
        "a box of size 1": film + struct.pack(">I4sQ", 1, b"free", 16 + len(LONG)) + LONG,
        "groups": grown(film, STBL, box(b"sgpd", b"\1\0\0\0roll" + struct.pack(">II", len(LONG), 1) + LONG)),
        "groups of a kind": grown(film, STBL, box(b"sbgp", b"\0\0\0\0text\0\0\0\1" + LONG[:8] + LONG)),
        "a track of text": _renamed(film, b"soun", b"text"),
        "in a fragment's header": _live(live, (b"moof", b"mfhd"), LONG),
        "behind tfhd": _live(live, (b"moof", b"traf", b"tfhd"), LONG),
        "behind tfdt": _live(live, (b"moof", b"traf", b"tfdt"), LONG),
        "a second tfhd": _live(live, (b"moof", b"traf"), box(b"tfhd", bytes(8) + LONG)),
        "sdtp in a fragment": _live(live, (b"moof", b"traf"), box(b"sdtp", bytes(4) + LONG)),
        "behind trex": grown(live, (b"moov", b"mvex", b"trex"), LONG),
        "trep": grown(live, (b"moov", b"mvex"), box(b"trep", bytes(8) + box(b"assp", LONG))),
        "a seek index": live + box(b"mfra", box(b"tfra", bytes(4) + b"\0\0\0\1\0\0\0\0\0\0\0\4" + LONG) + box(b"mfro", bytes(8))),
        "a segment index": live + box(b"sidx", bytes(22) + b"\0\4" + LONG[:48]),
    }  # fmt: skip


def _commented() -> bytes:
    """FLAC in MP4 with its comments in the set-up, as the standard allows."""
    film = media.film("mp4", "", 1, None, "flac", strict="-2")
    path = (*STBL, (b"stsd", 8), (b"fLaC", 28), b"dfLa")
    out = bytearray(grown(film, path, b"\x84" + struct.pack(">I", len(LONG))[1:] + LONG))
    out[out.index(b"dfLa") + 8] = 0  # STREAMINFO is no longer the last block
    return bytes(out)


def _sound(film: bytes, stream: bytes) -> bytes:
    """A descriptor that nobody knows, behind the last one of the sound."""
    at = film.index(b"esds") - 4
    front = film[: film.index(b"moov") - 4]
    size = len(stream)
    out = bytearray(film)
    end = at + int.from_bytes(film[at : at + 4], "big")
    out[end:end] = stream
    kinds = (b"moov", b"mdia", b"minf", b"stbl", b"stsd", b"mp4a", b"esds")
    places = [film.rindex(kind, len(front), at + 8) - 4 for kind in kinds]
    places.append(film.rindex(b"trak", len(front), at) - 4)
    for place in places:
        out[place : place + 4] = (int.from_bytes(out[place : place + 4], "big") + size).to_bytes(4, "big")
    return bytes(out)


def _renamed(film: bytes, old: bytes, new: bytes) -> bytes:
    """The sound becomes a track of text; its samples begin with the word."""
    out = bytearray(film)
    at = film.rindex(old)
    out[at : at + 4] = new
    places = film.rindex(b"stco") + 12
    first = int.from_bytes(film[places : places + 4], "big")
    out[first : first + len(TEXT)] = TEXT
    return bytes(out)


def pictures() -> dict[str, bytes]:
    """PNG, WebP, GIF, JPEG."""
    drawing = media.saved(media.picture(), "PNG")
    head, rest = drawing[:33], drawing[33:]
    chunk, end = media.chunk, drawing[-12:]
    still = media.saved(media.picture(), "WEBP")
    frames = [media.picture().rotate(90 * turn) for turn in range(3)]
    moving = media.saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=40)
    turning = media.saved(
        frames[0].convert("P"),
        "GIF",
        save_all=True,
        append_images=[f.convert("P") for f in frames[1:]],
        loop=0,
    )
    drawn = media.saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    photo = media.jpeg()
    quarters = [LONG[at : at + 32] for at in (0, 32)]
    return {
        "PNG: chromaticities": head + b"".join(chunk(b"cHRM", part) for part in quarters) + rest,
        "PNG: a second palette": head + chunk(b"PLTE", bytes(6)) + chunk(b"PLTE", LONG[:63]) + rest,
        "PNG: hIST": head + chunk(b"PLTE", bytes(6)) + chunk(b"hIST", LONG) + rest,
        "PNG: tRNS": head + chunk(b"tRNS", LONG) + rest,
        "PNG: gamma": head + b"".join(chunk(b"gAMA", TEXT[at : at + 4]) for at in range(0, 20, 4)) + rest,
        "PNG: pixels a metre": head + chunk(b"pHYs", TEXT[:9]) + rest,
        "PNG: after IEND": drawing + chunk(b"tEXt", b"Comment\0" + TEXT),
        "PNG: a second picture": drawing + drawing[8:33] + chunk(b"tEXt", TEXT) + rest,
        "PNG: between the data": rest and drawing[:-12] + chunk(b"tEXt", b"Comment\0" + TEXT) + end,
        "PNG: a chunk of small letters": head + chunk(b"idat", LONG) + rest,
        "PNG: text for data": head + chunk(b"IDAT", LONG) + end,
        "PNG: text behind damage": head + chunk(b"IDAT", zlib.compress(bytes(4000))[:12] + b"\xff" * 40 + LONG) + end,
        "PNG: an animated picture of text": drawn[:-12] + chunk(b"fcTL", struct.pack(">IIIIIHHBB", 9, 96, 64, 0, 0, 1, 9, 0, 0)) + chunk(b"fdAT", b"\0\0\0\x0a" + LONG) + end,
        "PNG: more animation data": drawn[:-12] + chunk(b"fdAT", b"\0\0\0\x0a" + zlib.compress(LONG, 0)) + end,
        "PNG: EXIF twice": head + chunk(b"eXIf", media.exif(WORD).tobytes()[6:]) + chunk(b"eXIf", media.exif(WORD).tobytes()[6:]) + rest,
        "PNG: profile with names": head + chunk(b"iCCP", TEXT + b"\0\0" + zlib.compress(media.profile(WORD) + LONG)) + rest,
        "PNG: raw profile": head + chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 40\n" + TEXT.hex().encode()) + rest,
        "WebP: a second picture": _riff(still[12:] + _part(b"VP8L", LONG)),
        "WebP: a picture before": _riff(_part(b"ALPH", LONG) + still[12:] + _part(b"ALPH", LONG)),
        "WebP: unknown between": _riff(_part(b"abcd", LONG) + moving[12:]),
        "WebP: a still in an animation": _riff(moving[12:] + still[12:12 + 8] + LONG),
        "WebP: unknown in a frame": _riff(_in_frame(moving, _part(b"abcd", LONG))),
        "WebP: a second picture in a frame": _riff(_in_frame(moving, _part(b"VP8L", LONG))),
        "WebP: loops twice": _riff(moving[12:] + _part(b"ANIM", TEXT[:6]) + _part(b"ANIM", TEXT[6:12]) + _part(b"XMP ", media.xmp(WORD))),
        "WebP: frames in a still": _riff(still[12:] + _part(b"ANMF", bytes(16) + _part(b"VP8L", LONG))),
        "GIF: loops": turning[:-1] + b"".join(b"!\xff\x0bNETSCAPE2.0\3\1" + TEXT[at : at + 2] + b"\0" for at in range(0, 18, 2)) + b";",
        "GIF: an application": turning[:-1] + b"!\xff\x0bABCDEFGH1.0" + bytes([len(TEXT)]) + TEXT + b"\0;",
        "GIF: long loops": turning[:-1] + b"!\xff\x0bNETSCAPE2.0\3\1\0\0" + bytes([len(TEXT)]) + TEXT + b"\0;",
        "GIF: an odd control": turning[:-1] + b"!\xf9\x14" + LONG[:20] + b"\0;",
        "GIF: a control without picture": turning[:-1] + b"!\xf9\4" + TEXT[:4] + b"\0!\xf9\4" + TEXT[4:8] + b"\0;",
        "GIF: plain text": turning[:-1] + b"!\1\x0c" + bytes(12) + bytes([len(TEXT)]) + TEXT + b"\0;",
        "GIF: behind the end of a picture": turning[:-2] + bytes([len(LONG)]) + LONG + b"\0;",
        "GIF: after the end": turning + TEXT,
        "JPEG: EXIF at the end": photo[:-2] + media.segment(0xE1, b"Exif\0\0" + TEXT) + photo[-2:],
        "JPEG: extended XMP": photo[:2] + media.segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(40) + media.xmp(WORD)) + photo[2:],
        "JPEG: JFIF twice": photo[:20] + media.segment(0xE0, b"JFIF\0\1\2" + TEXT) + photo[20:],
        "JPEG: Adobe": photo[:2] + media.segment(0xEE, b"Adobe\0\x64" + bytes(4) + b"\1" + TEXT) + photo[2:],
        "JPEG: DRI with text": photo[:2] + media.segment(0xDD, TEXT) + photo[2:],
        "JPEG: a table with text": photo[:2] + media.segment(0xDB, bytes(65) + TEXT) + photo[2:],
        "JPEG: DNL": photo[:-2] + media.segment(0xDC, TEXT) + photo[-2:],
        "JPEG: reserved marks": photo[:2] + media.segment(0xF0, TEXT) + photo[2:],
        "JPEG: damage in the scan": photo[:-40] + b"\xff\x02" + LONG + photo[-40:],
        "JPEG: between segments": photo[:20] + TEXT + photo[20:],
        "JPEG: fill bytes": photo[:20] + b"\xff" * 9 + media.segment(0xFE, TEXT)[1:] + photo[20:],
        "JPEG: profile in pieces": photo[:2] + media.segment(0xE2, b"ICC_PROFILE\0\2\2" + LONG) + media.segment(0xE2, b"ICC_PROFILE\0\1\2" + TEXT) + photo[2:],
        "JPEG: a picture in front": media.segment(0xD8, b"")[:2] + media.segment(0xE1, b"Exif\0\0" + TEXT) + photo,
    }  # fmt: skip


def _part(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)


def _riff(parts: bytes, form: bytes = b"WEBP") -> bytes:
    return b"RIFF" + struct.pack("<I", len(parts) + 4) + form + parts


def _in_frame(moving: bytes, extra: bytes) -> bytes:
    """The parts of an animation with another part at the end of its first frame."""
    at = moving.index(b"ANMF")
    size = int.from_bytes(moving[at + 4 : at + 8], "little")
    end = at + 8 + size + (size & 1)
    grown_size = struct.pack("<I", size + (size & 1) + len(extra))
    return moving[12 : at + 4] + grown_size + moving[at + 8 : end] + extra + moving[end:]


TRACKS, ENTRY_ID, CLUSTER, INFO = 0x1654AE6B, 0xAE, 0x1F43B675, 0x1549A966


def element(identity: int, data: bytes) -> bytes:
    """An EBML element whose size takes eight bytes."""
    return (
        identity.to_bytes((identity.bit_length() + 7) // 8, "big")
        + (len(data) | 1 << 56).to_bytes(8, "big")
        + data
    )


def _size(film: bytes, at: int) -> tuple[int, int]:
    """Width and value of a size."""
    width = 9 - film[at].bit_length()
    return width, int.from_bytes(film[at : at + width], "big") & (1 << 7 * width) - 1


def swelled(film: bytes, identities: tuple[int, ...], extra: bytes) -> bytes:
    """A film of unknown length with `extra` at the end of the element at the path of these identities."""
    segment = film.index(b"\x18\x53\x80\x67") + 4
    at = segment + _size(film, segment)[0]
    return film[:at] + _swelled(film[at:], identities, extra)


def _swelled(film: bytes, identities: tuple[int, ...], extra: bytes) -> bytes:
    at = 0
    while True:
        width = 9 - film[at].bit_length()
        length, size = _size(film, at + width)
        body = at + width + length
        if int.from_bytes(film[at : at + width], "big") == identities[0]:
            content = film[body : body + size]
            inside = _swelled(content, identities[1:], extra) if identities[1:] else content + extra
            return film[:at] + element(identities[0], inside) + film[body + size :]
        at = body + size


def matroskas() -> dict[str, bytes]:
    film = media.webm(1, "")
    at = film.index(CLUSTER.to_bytes(4, "big"))
    width, size = _size(film, at + 4)
    first = at + 4 + width  # a live recording: the cluster has no size, or one that is put right below
    body, rest = film[first : first + size], film[first + size :]
    if width == 8 and size == (1 << 56) - 1:
        body, rest = film[first:], b""
    stamp = body[: 2 + (body[1] & 0x7F)]
    blocks = body[len(stamp) :]
    frame = b"\x81\0\0\x80" + bytes(20)
    picture = element(0xA1, b"\x81\0\0\0" + bytes(20))
    video, sound = (TRACKS, ENTRY_ID, 0xE0), (TRACKS, ENTRY_ID)

    def cluster(extra: bytes, behind: bytes = b"") -> bytes:
        return film[:at] + element(CLUSTER, stamp + extra + blocks + behind) + rest

    eights = [LONG[place : place + 8] for place in range(0, 64, 8)]
    return {
        "tags": film[:at] + element(0x1254C367, element(0x7373, element(0x67C8, element(0x45A3, b"SERIAL") + element(0x4487, TEXT)))) + film[at:],
        "attachments": film[:at] + element(0x1941A469, element(0x61A7, element(0x466E, TEXT) + element(0x465C, LONG))) + film[at:],
        "chapters": film[:at] + element(0x1043A770, element(0x45B9, LONG)) + film[at:],
        "void": film[:at] + element(0xEC, LONG) + film[at:],
        "checksum": film[:at] + element(0xBF, LONG) + film[at:],
        "an unknown element": film[:at] + element(0x4FFF, LONG) + film[at:],
        "void in a cluster": cluster(element(0xEC, LONG)),
        "tags in a cluster": cluster(element(0x67C8, LONG)),
        "silent tracks": cluster(element(0x5854, element(0x58D7, LONG))),
        "an encrypted block": cluster(element(0xAF, LONG)),
        "a block of no track": cluster(element(0xA3, b"\x85\0\0\x80" + LONG)),
        "a second block in a group": cluster(element(0xA0, picture + element(0xA1, b"\x85\0\0\0" + LONG))),
        "a group of long numbers": cluster(element(0xA0, picture + element(0x9B, LONG))),
        "a group of many numbers": cluster(element(0xA0, picture + b"".join(element(0x9B, part) for part in eights))),
        "a group of many references": cluster(element(0xA0, picture + b"".join(element(0xFB, part) for part in eights * 3))),
        "state of a codec": cluster(element(0xA0, picture + element(0xA4, LONG))),
        "additions": cluster(element(0xA0, picture + element(0x75A1, element(0xA6, element(0xEE, b"\4") + element(0xA5, LONG))))),
        "reference frames": cluster(element(0xA0, picture + element(0xC8, element(0xC9, LONG[:8])))),
        "at the end of a cluster": cluster(b"", element(0xEC, LONG)),
        "behind the film": film + element(0x1254C367, LONG),
        "bytes behind the film": film + LONG,
        "a second header": film + element(0x1A45DFA3, element(0x4282, TEXT)),
        "a name of a track": swelled(film, sound, element(0x536E, TEXT)),
        "a language": swelled(film, sound, element(0x22B59D, TEXT)),
        "a codec's name": swelled(film, sound, element(0x258688, TEXT) + element(0x3A9697, TEXT)),
        "additions of a track": swelled(film, sound, element(0x41E4, element(0x41A4, TEXT) + element(0x41ED, LONG))),
        "translation": swelled(film, sound, element(0x6624, element(0x66A5, LONG))),
        "many numbers of pictures": swelled(film, video, b"".join(element(0xB0, part) for part in eights)),
        "a long number of pictures": swelled(film, video, element(0x54B0, LONG)),
        "colours of pictures": swelled(film, video, element(0x55B0, element(0x55B1, LONG) + b"".join(element(0x55B2, part) for part in eights))),
        "set-up data": swelled(film, sound, element(0x63A2, LONG)),
        "compression of settings": swelled(film, sound, element(0x6D80, element(0x6240, element(0x5034, element(0x4254, b"\3") + element(0x4255, b"")) + element(0xEC, LONG)))),
        "a title": swelled(film, (INFO,), element(0x7BA9, TEXT) + element(0x7384, TEXT) + element(0x73A4, LONG[:16])),
        "a lacing": cluster(element(0xA3, b"\x82\0\0\x84\1\4" + bytes(4) + frame)),
        "an odd codec": film.replace(b"V_VP8", b"V_SN1", 1),
    }  # fmt: skip


def streams() -> dict[str, bytes]:
    """H.264 in MP4 whose first pictures have units that nobody decodes, of the length of the SEI that x264 writes there."""
    film = media.mp4("", seconds=1)
    at = film.index(b"x264 - core")
    length_at = film.rindex(b"\x06\x05", 0, at) - 4
    size = int.from_bytes(film[length_at : length_at + 4], "big")
    unit = length_at + 4

    def instead(data: bytes) -> bytes:
        padded = data + b"\x80"
        filled = padded[:-1] + b"\xff" * (size - len(padded)) + b"\x80"
        return film[:unit] + filled[:size] + film[unit + size :]

    text = bytes([len(LONG)]) + LONG
    escaped = b"\0\0\3\1".join((TEXT, TEXT, TEXT))
    out = {
        "unspecified unit": instead(b"\x18" + LONG),
        "unspecified unit 0": instead(b"\x00" + LONG),
        "filler": instead(b"\x0c" + LONG),
        "a delimiter": instead(b"\x09\xf0" + LONG),
        "an end mark": instead(b"\x0a" + LONG),
        "T.35": instead(b"\x06\x04" + text),
        "picture timing": instead(b"\x06\x01" + text),
        "recovery point": instead(b"\x06\x06" + text),
        "which way is up": instead(b"\x06\x2f" + text),
        "filler message": instead(b"\x06\x03" + text),
        "two messages": instead(b"\x06\x06\1\x80\x05" + text),
        "an unknown message": instead(b"\x06\xff\x20" + text),
        "a message with escapes": instead(b"\x06\x05" + bytes([len(escaped) - 2]) + escaped),
        "a message too long": instead(b"\x06\x06\xf0" + LONG),
        "behind the messages": instead(b"\x06\x06\1\x80\x80" + LONG),
    }
    first = int.from_bytes(film[film.index(b"stco") + 12 : film.index(b"stco") + 16], "big")
    index = film[film.index(b"moov") - 4 :]
    early = film[: film.index(b"mdat") - 4]
    moved = cleaned_places(index, len(index))
    whole = early + moved + film[len(early) : -len(index)]
    out["a cut sample"] = whole[: first + len(index) + (unit - first) + 400]
    return out


def cleaned_places(index: bytes, shift: int) -> bytes:
    """The index of a film as it is where it stands in front, `shift` bytes before."""
    out = bytearray(index)
    at = out.find(b"stco")
    while at >= 0:
        for row in range(int.from_bytes(out[at + 8 : at + 12], "big")):
            place = at + 12 + 4 * row
            out[place : place + 4] = (int.from_bytes(out[place : place + 4], "big") + shift).to_bytes(
                4, "big"
            )
        at = out.find(b"stco", at + 1)
    return bytes(out)


def sounds() -> dict[str, bytes]:
    mp3, aac, wav, ogg = (media.mp3("", 1), media.aac(1), media.wav("", 1), media.ogg("", 1))
    bare = mp3[:-128]
    start = bare.index(b"\xff\xfb")
    frames = bare[start:]
    tag = b"ID3\4\0\0" + bytes([0, 0, 0, len(LONG)]) + LONG
    inside = b"ID3\4\0\0" + bytes([0, 0, 16, 0]) + (frames[500:1500] + LONG).ljust(2048, b"\0")
    ape = (
        b"APETAGEX"
        + struct.pack("<IIII", 2000, len(LONG) + 32, 1, 0xA0000000)
        + bytes(8)
        + LONG
        + b"APETAGEX"
        + struct.pack("<IIII", 2000, len(LONG) + 32, 1, 0x80000000)
        + bytes(8)
    )
    xing = frames.index(b"Info") if b"Info" in frames[:64] else frames.index(b"Xing")
    size = _frames(frames)[0]
    half = sum(_frames(frames)[:20])
    middle = half + 100
    aacs = aac[: len(aac) // 2]
    packets = ogg[: 28 + 19]
    return {
        "ID3 at the end": bare + tag,
        "ID3 with its mark at the end": bare + tag[:5] + b"\x10" + tag[6:] + b"3DI" + tag[3:10],
        "ID3 in the middle": frames[:half] + tag + frames[half:],
        "frames in a tag at the end": bare + inside,
        "ID3 in a frame": frames[:middle] + tag + frames[middle:],
        "APE in the middle": frames[:half] + ape + frames[half:],
        "APE and ID3v1 at the end": bare + ape + b"TAG" + TEXT.ljust(125, b"\0"),
        "lyrics": bare + b"LYRICSBEGIN" + LONG + b"%06dLYRICS200" % (11 + len(LONG)) + b"TAG" + TEXT.ljust(125, b"\0"),
        "TAG twice": bare + (b"TAG" + TEXT.ljust(125, b"\0")) * 2,
        "in the Xing frame": frames[: xing + 160] + TEXT + frames[xing + 160 + len(TEXT) :],
        "before the Xing sign": frames[:8] + TEXT[: xing - 9] + frames[8 + len(TEXT[: xing - 9]) :],
        "between frames": frames[:size] + LONG + frames[size:],
        "in front": LONG + frames,
        "ID3 in AAC": tag + aacs + tag + aac[len(aacs) :],
        "behind AAC": aac + LONG,
        "WAV: bext in front": _riff(_part(b"bext", LONG) + wav[12:], b"WAVE"),
        "WAV: iXML behind": _riff(wav[12:] + _part(b"iXML", LONG), b"WAVE"),
        "WAV: LIST between": _riff(wav[12:36] + _part(b"LIST", b"INFOIART" + struct.pack("<I", len(TEXT)) + TEXT) + wav[36:], b"WAVE"),
        "WAV: format twice": _riff(wav[12:36] + _part(b"fmt ", wav[20:36] + LONG[:24]) + wav[36:], b"WAVE"),
        "WAV: a long format": _riff(_part(b"fmt ", wav[20:36] + b"\x16\0" + LONG[:22]) + wav[36:], b"WAVE"),
        "WAV: fact": _riff(wav[12:36] + _part(b"fact", LONG) + wav[36:], b"WAVE"),
        "WAV: data twice": _riff(wav[12:] + _part(b"data", LONG), b"WAVE"),
        "WAV: after the end": _riff(wav[12:], b"WAVE") + LONG,
        "WAV: ds64 without need": _riff(_part(b"ds64", bytes(28) + LONG) + wav[12:], b"WAVE"),
        "Ogg: a longer head": _paged(ogg, 0, LONG),
        "Ogg: comments": _paged(ogg, 1, LONG),
        "Ogg: stray bytes": ogg[: len(packets)] + LONG + ogg[len(packets) :],
        "Ogg: a further stream": _stream(b"fishead\0" + LONG) + ogg,
        "Ogg: a further stream behind": ogg + _stream(b"OpusHead" + LONG),
        "Ogg: behind the end": ogg + LONG,
        "Ogg: a version": ogg[:4] + b"\0" + ogg[5:] + b"OggS\1" + bytes(21) + b"\1" + bytes([len(LONG)]) + LONG,
    }  # fmt: skip


def _frames(data: bytes) -> list[int]:
    """Bytes of each frame of an MP3."""
    out, at = [], 0
    while at + 7 <= len(data) and (size := frame(data[at : at + 7])[0]):
        out.append(size)
        at += size
    return out


def _paged(ogg: bytes, number: int, extra: bytes) -> bytes:
    """The recording with `extra` at the end of a page that holds one packet."""
    at = 0
    for _ in range(number):
        lacing = ogg[at + 27 : at + 27 + ogg[at + 26]]
        at += 27 + len(lacing) + sum(lacing)
    lacing = ogg[at + 27 : at + 27 + ogg[at + 26]]
    body = at + 27 + len(lacing)
    data = ogg[body : body + sum(lacing)] + extra
    fresh = b"\xff" * (len(data) // 255) + bytes([len(data) % 255])
    page = ogg[at : at + 22] + bytes(4) + bytes([len(fresh)]) + fresh + data
    page = page[:22] + struct.pack("<I", checksum(page)) + page[26:]
    return ogg[:at] + page + ogg[body + sum(lacing) :]


def _stream(data: bytes) -> bytes:
    page = b"OggS\0\2" + bytes(8) + b"\7\7\7\7" + bytes(8) + b"\1" + bytes([len(data)]) + data
    return page[:22] + struct.pack("<I", checksum(page)) + page[26:]


def heifs() -> dict[str, bytes]:
    whole = media.heic_with_everything("")
    picture = whole[: whole.index(b"uuid") - 4]
    box = media.box
    meta: Path = ((b"meta", 4),)
    item = _extents(picture)[0]
    coded = picture[item[0] : item[0] + item[1]]
    record = _content(picture, (*IPCO, b"hvcC"))
    unit = struct.pack(">I", len(LONG) + 2) + b"\x60\1" + LONG
    message = b"\x4e\1\5" + bytes([len(LONG)]) + LONG + b"\x80"
    grid, wide = b"\0\0\0\1" + struct.pack(">HH", 256, 64), b"\0\1\0\1" + struct.pack(">II", 256, 64)

    def property_grown(kind: bytes) -> bytes:
        return _heic(picture, (*IPCO, kind), LONG)

    def grids(content: bytes, method: int = 1, **more: bytes) -> bytes:
        return _made(
            record, coded, [(b"grid", method, content), (b"hvc1", 0, coded), (b"hvc1", 0, coded)], **more
        )

    return {
        **{f"behind {kind.decode()}": property_grown(kind) for kind in (b"hvcC", b"colr", b"ispe", b"pixi", b"irot")},
        "a further property": _heic(picture, IPCO, box(b"abcd", LONG)),
        "a property by uuid": _heic(picture, IPCO, box(b"uuid", bytes(16) + LONG)),
        "a name of an item": _heic(picture, (*meta, (b"iinf", 6), b"infe"), TEXT + b"\0"),
        "behind hdlr": _heic(picture, (*meta, b"hdlr"), LONG),
        "behind pitm": _heic(picture, (*meta, b"pitm"), LONG),
        "behind iloc": _heic(picture, (*meta, b"iloc"), LONG),
        "behind ipma": _heic(picture, (*meta, b"iprp", b"ipma"), LONG),
        "references to nothing": _heic(picture, (*meta, (b"iref", 4)), box(b"cdsc", struct.pack(">HHH", 9, 1, 1)) + box(b"text", LONG)),
        "an idat of nobody": _heic(picture, meta, box(b"idat", LONG)),
        "a box in meta": _heic(picture, meta, box(b"uuid", bytes(16) + LONG)),
        "free in meta": _heic(picture, meta, box(b"free", LONG)),
        "groups in meta": _heic(picture, meta, box(b"grpl", box(b"altr", LONG))),
        "a second meta": picture + box(b"meta", bytes(4) + box(b"hdlr", bytes(8) + b"pict" + bytes(12) + TEXT)),
        "a film": picture + media.mp4(WORD, 1),
        "a second mdat": picture + box(b"mdat", LONG),
        "behind the items": grown(picture, (b"mdat",), LONG),
        "bytes behind": picture + LONG,
        "a box of size 1": picture + struct.pack(">I4sQ", 1, b"free", 16 + len(LONG)) + LONG,
        "a unit of an unknown kind": _made(record, coded, [(b"hvc1", 0, unit + coded)]),
        "a unit behind the picture": _made(record, coded, [(b"hvc1", 0, coded + unit)]),
        "user data": _made(record, coded, [(b"hvc1", 0, struct.pack(">I", len(message)) + message + coded)]),
        "text behind the picture": _made(record, coded, [(b"hvc1", 0, coded + LONG)]),
        "user data in idat": _made(record, coded, [(b"hvc1", 1, struct.pack(">I", len(message)) + message + coded)]),
        "data in another item": _made(record, coded, [(b"hvc1", 2, coded), (b"Exif", 0, LONG)]),
        "a grid": grids(grid + LONG),
        "a wide grid": grids(wide + LONG),
        "a grid in mdat": grids(grid + LONG, 0),
        "an overlay": _made(record, coded, [(b"iovl", 1, bytes(10) + struct.pack(">HH", 256, 64) + LONG), (b"hvc1", 0, coded)]),
        "a copy with content": _made(record, coded, [(b"iden", 1, LONG), (b"hvc1", 0, coded)]),
        "pictures in JPEG": _made(record, coded, [(b"jpeg", 0, media.jpeg(comment=WORD))]),
        "pictures in JPEG 2000": _made(record, coded, [(b"j2k1", 0, LONG), (b"hvc1", 0, coded)]),
        "an item of a kind": _made(record, coded, [(b"hvc1", 0, coded), (b"abcd", 0, LONG)]),
        "an item by URI": _made(record, coded, [(b"hvc1", 0, coded), (b"uri ", 0, LONG)]),
        "a picture over text": _made(record, coded, [(b"hvc1", 0, coded), (b"mime", 0, LONG)], over=b"1"),
        "set-up with a unit": _made(record[:22] + bytes([record[22] + 1]) + record[23:] + b"\x27\0\1" + struct.pack(">H", len(message)) + message, coded, [(b"hvc1", 0, coded)]),
    }  # fmt: skip


def _heic(picture: bytes, path: Path, extra: bytes) -> bytes:
    """The picture with `extra` in its index, and the places of its items so much further on."""
    out = bytearray(grown(picture, path, extra))
    at = out.index(b"iloc") + 4
    for row in range(int.from_bytes(out[at + 6 : at + 8], "big")):
        place = at + 8 + 18 * row + 4
        out[place : place + 4] = (int.from_bytes(out[place : place + 4], "big") + len(extra)).to_bytes(
            4, "big"
        )
    return bytes(out)


def _extents(picture: bytes) -> list[tuple[int, int]]:
    at = picture.index(b"iloc") + 4
    rows = range(int.from_bytes(picture[at + 6 : at + 8], "big"))
    return [struct.unpack_from(">I6xI", picture, at + 8 + 18 * row + 4) for row in rows]


def _content(film: bytes, path: Path) -> bytes:
    start, end = 0, len(film)
    for step in path:
        kind, skip = step if isinstance(step, tuple) else (step, 0)
        at = next(place for place, name, _ in listed(film, start, end) if name == kind)
        start, end = at + 8 + skip, at + int.from_bytes(film[at : at + 4], "big")
    return film[start:end]


def _made(record: bytes, coded: bytes, parts: list[tuple[bytes, int, bytes]], over: bytes = b"") -> bytes:
    """A HEIC of these items (kind, how they are stored, data), the first one shown and made of the others; `over`: the
    last item lies over the first."""

    def full(kind: bytes, data: bytes, version: int = 0) -> bytes:
        return box(kind, bytes([version, 0, 0, 0]) + data)

    box = media.box
    info = b"".join(
        full(b"infe", struct.pack(">HH", n, 0) + kind + b"\0", 2) for n, (kind, _, _) in enumerate(parts, 1)
    )
    pictures = [
        n for n, (kind, _, _) in enumerate(parts, 1) if kind not in (b"Exif", b"mime", b"abcd", b"uri ")
    ]
    size = struct.pack(">II", 128 if len(pictures) == 1 or parts[0][0] != b"grid" else 256, 64)
    properties = box(
        b"ipco", box(b"hvcC", record) + full(b"ispe", struct.pack(">II", 128, 64)) + full(b"ispe", size)
    )
    rows = b"".join(
        struct.pack(">HB", n, 2) + (b"\x81\2" if parts[n - 1][0] in (b"hvc1", b"jpeg") else b"\1\3")
        for n in pictures
    )
    index = box(b"iprp", properties + full(b"ipma", struct.pack(">I", len(pictures)) + rows))
    if parts[0][0] in (b"grid", b"iovl", b"iden"):
        pieces = [n for n in pictures if n != 1]
        index += full(b"iref", box(b"dimg", struct.pack(f">HH{len(pieces)}H", 1, len(pieces), *pieces)))
    idat = b"".join(data for _, method, data in parts if method == 1)
    index += box(b"idat", idat) if idat else b""
    handler = full(b"hdlr", bytes(4) + b"pict" + bytes(13))
    front = media.box(b"ftyp", b"heic\0\0\0\0mif1heic")

    def meta(start: int) -> bytes:
        places, inside = b"", 0
        for number, (_, method, data) in enumerate(parts, 1):
            here = inside if method == 1 else 0 if method == 2 else start
            if over and number == len(parts):
                here = start - len(parts[0][2])
            places += struct.pack(">HHHHII", number, method, 0, 1, here, len(data))
            inside += len(data) * (method == 1)
            start += len(data) * (method == 0)
        location = full(b"iloc", b"\x44\0" + struct.pack(">H", len(parts)) + places, 1)
        return full(
            b"meta",
            handler
            + full(b"pitm", b"\0\1")
            + location
            + full(b"iinf", struct.pack(">H", len(parts)) + info)
            + index,
        )

    start = len(front) + len(meta(0)) + 8
    return (
        front + meta(start) + box(b"mdat", b"".join(data for _, method, data in parts if method == 0) + TEXT)
    )


WIDTH, ROWS = 64, 4


def strip(
    extra: dict[int, tuple[int, int, bytes]],
    data: bytes = bytes(range(64)) * 4,
    coding: int = 1,
    behind: bytes = b"",
    after: int = 0,
    where: int = 8,
) -> bytes:
    """One strip, then the directory; `extra`: tag to type, count, values; `after`: place of the next directory."""
    head = b"II*\0" + struct.pack("<I", 8 + len(data) + len(data) % 2)
    tags: dict[int, tuple[int, int, bytes]] = {
        256: (4, 1, struct.pack("<I", WIDTH)), 257: (4, 1, struct.pack("<I", ROWS)), 258: (3, 1, b"\x08\0"),
        259: (3, 1, struct.pack("<H", coding)), 262: (3, 1, b"\1\0"), 273: (4, 1, struct.pack("<I", where)),
        277: (3, 1, b"\1\0"), 278: (4, 1, struct.pack("<I", ROWS)), 279: (4, 1, struct.pack("<I", len(data))),
    }  # fmt: skip
    tags |= extra
    place = 8 + len(data) + len(data) % 2
    long_at = place + 2 + 12 * len(tags) + 4
    table, values = struct.pack("<H", len(tags)), b""
    for tag in sorted(tags):
        kind, count, value = tags[tag]
        where_to = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack("<I", long_at + len(values))
        values += value if len(value) > 4 else b""
        table += struct.pack("<HHI", tag, kind, count) + where_to
    return head + data + bytes(len(data) % 2) + table + struct.pack("<I", after) + values + behind


def tiffs() -> dict[str, bytes]:
    plain = bytes(range(64)) * ROWS
    packed = zlib.compress(plain)
    size = len(strip({}))
    inner = struct.pack("<H", 1) + struct.pack("<HHII", 0xA431, 2, len(TEXT), size + 18 + 12) + bytes(4)
    ring = struct.pack("<I", 8 + len(plain))
    return {
        "a text as a number": strip({258: (2, len(LONG), LONG)}),
        "many resolutions": strip({282: (5, 8, LONG)}),
        "bytes without meaning": strip({297: (7, len(LONG), LONG)}),
        "tables of JPEG": strip({347: (7, len(LONG), LONG)}, coding=7),
        "a longer strip": strip({}, plain + LONG),
        "behind the end of zlib": strip({}, packed + LONG, 8),
        "a text in LZW": strip({}, b"\x80\0\x40\x40" + LONG, 5),
        "between the parts": strip({}, behind=LONG),
        "EXIF": strip({34665: (4, 1, struct.pack("<I", size + 12))}, behind=inner + TEXT),
        "a ring of directories": strip({330: (4, 1, ring), 270: (2, len(TEXT), TEXT)}),
        "a ring behind": strip({270: (2, len(TEXT), TEXT)}, after=8 + len(plain)),
        "a strip over a tag": strip({270: (2, len(LONG), LONG)}, where=8 + len(plain) + 150),
        "a strip over EXIF": strip({34665: (4, 1, struct.pack("<I", size + 12))}, behind=inner + LONG * 6, where=size + 12 + 18),
        "private tags": strip({65000: (2, len(LONG), LONG), 50341: (7, len(LONG), LONG)}),
        "names": strip({269: (2, len(TEXT), TEXT), 285: (2, len(TEXT), TEXT), 333: (2, len(TEXT), TEXT)}),
        "XMP": strip({700: (1, len(media.xmp(WORD)), media.xmp(WORD))}),
        "a profile that is none": strip({34675: (7, len(LONG), LONG)}),
        "an unknown type": strip({258: (99, len(LONG), LONG)}),
        "GPS": strip({34853: (4, 1, struct.pack("<I", size + 12))}, behind=inner + TEXT),
        "free bytes": strip({288: (4, 1, b"\x08\0\0\0"), 289: (4, 8, LONG)}),
    }  # fmt: skip
