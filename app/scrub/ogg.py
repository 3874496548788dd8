"""Ogg (RFC 3533) with Opus, Vorbis or FLAC: pages are written anew around the same packets.

| kept | why |
|---|---|
| identification and set-up headers of Opus and Vorbis, STREAMINFO of FLAC | decoding |
| a comment header without a comment (the standards ask for one) | decoding |
| every page of sound, with its time; stream number and checksums written anew | the sound |

Everything else goes: comments, cover pictures, other streams (Skeleton, texts), partial pages. A
recording cut at any byte is kept to its last whole page.
"""

import struct
import zlib

from app.scrub import codecs
from app.scrub.errors import Refused
from app.scrub.plan import Builder, Plan
from app.scrub.report import Notes
from app.scrub.source import Source

HEADERS = {b"OpusHead": 2, b"\x01vorbis": 3, b"\x7fFLAC": 1}
"""First bytes of a stream that we keep, and how many header packets it has."""

COMMENTS = (b"OpusTags", b"\x03vorbis")
"""Beginnings of comment headers: sound has none, but a broken or crafted recording may have a second one in it."""

SERIAL = 1
VORBIS = 30
"""Bytes of an identification header of Vorbis (Vorbis I, 4.2.2)."""
MOST_HEADER = 64 << 20
MOST_PAGES = 5_000_000
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class _Page:
    """One page of the original."""

    __slots__ = ("at", "body", "flags", "granule", "lacing", "serial", "size")

    def __init__(self, source: Source, at: int) -> None:
        head = source.at(at, 27)
        if head[:5] != b"OggS\0":
            raise Refused("the recording is not made of pages")
        self.at = at
        self.flags = head[5]
        self.granule, self.serial = struct.unpack_from("<QI", head, 6)
        self.lacing = source.at(at + 27, head[26])
        self.body = at + 27 + head[26]
        self.size = sum(self.lacing)


def plan(source: Source, notes: Notes) -> Plan:
    """The clean copy. Raises Refused for codecs that we don't know."""
    at, stream, headers = 0, None, 0
    packets: list[bytes] = []
    partial = b""
    out = Writer(source)
    for _ in range(MOST_PAGES):
        if at + 27 > source.size or at + 27 + source.at(at + 26, 1)[0] > source.size:
            break
        if source.at(at, 4) != b"OggS":
            at = _resync(source, at, notes)
            continue
        page = _Page(source, at)
        if page.body + page.size > source.size:
            break
        at = page.body + page.size
        if stream is None and page.flags & 2:
            start = source.at(page.body, page.size)
            headers = next((count for sign, count in HEADERS.items() if start.startswith(sign)), 0)
            if headers:
                stream = page.serial
        if page.serial != stream:
            notes.found("ogg", "further stream")
            notes.removed("further streams", at - page.at)
            continue
        if len(packets) < headers:
            partial = _collect(source, page, packets, partial)
            if len(packets) >= headers:
                if len(packets) > headers and not packets[0].startswith(b"\x7fFLAC"):
                    raise Refused("the recording's headers and sound are mixed")
                _headers(packets, headers, out, notes)
            elif len(partial) > MOST_HEADER:
                raise Refused("the recording's headers are larger than any real ones")
        else:
            out.page(page)
    if not out.pages:
        raise Refused("the recording holds no sound that we know")
    if at < source.size:
        notes.remark("the recording was cut: it is kept to its last whole page")
        notes.removed("bytes after the last whole page", source.size - at)
    rate = 48000 if packets[0].startswith(b"OpusHead") else _rate(packets[0])
    if rate and out.granule:
        notes.fact("duration", round(out.granule / rate, 3))
    notes.kept("sound", "the recording, bit for bit; pages numbered and summed anew")
    return out.copy.plan()


def _resync(source: Source, at: int, notes: Notes) -> int:
    """The next page after stray bytes, or the end."""
    window = source.upto(at, 1 << 17)
    found = window.find(b"OggS", 1)
    step = found if found > 0 else max(1, len(window) - 3)
    notes.removed("stray bytes between pages", step)
    return at + step


def _collect(source: Source, page: _Page, packets: list[bytes], partial: bytes) -> bytes:
    """Add the packets that end on this page; the beginning of the one that does not."""
    at = page.body
    for size in page.lacing:
        partial += source.at(at, size)
        at += size
        if size < 255:
            packets.append(partial)
            partial = b""
    return partial


def _headers(packets: list[bytes], count: int, out: "Writer", notes: Notes) -> None:
    first = packets[0]
    if first.startswith(b"OpusHead"):
        first = first[: codecs.opus_end(first)]
    elif first.startswith(b"\x01vorbis"):
        first = first[:VORBIS]
    if first.startswith(b"\x7fFLAC"):
        for packet in packets[1:]:
            if packet and packet[0] & 0x7F == 4:
                codecs.comments(packet[4:], "flac", notes)
        notes.removed("comments and pictures", sum(map(len, packets[1:])))
        raise Refused("FLAC in Ogg can't be cleaned yet")
    comment = codecs.comment_packet(packets[1], notes)
    if comment is None:
        raise Refused("the recording has no comment header where one must be")
    notes.removed("comments and vendor", len(packets[1]))
    out.packets([first], 2)
    out.packets([comment, *packets[2:count]], 0)


def _rate(head: bytes) -> int:
    return (
        int(struct.unpack_from("<I", head, 12)[0])
        if head.startswith(b"\x01vorbis") and len(head) >= 16
        else 0
    )


class Writer:
    """Lays pages out anew: one stream number, counted from zero, checksums of our own."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.copy = Builder()
        self.pages = 0
        self.granule = 0
        self._sequence = 0

    def packets(self, packets: list[bytes], flags: int) -> None:
        """Pages with these header packets; those that are longer than a page continue on the next."""
        lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
        body = b"".join(packets)
        at = 0
        for start in range(0, len(lacing), 255):
            piece = lacing[start : start + 255]
            size = sum(piece)
            continued = 1 if start and lacing[start - 1] == 255 else 0
            unfinished = start + 255 < len(lacing) and 255 in piece and all(value == 255 for value in piece)
            granule = 0xFFFFFFFFFFFFFFFF if unfinished else 0
            self.copy.literal(self._head(flags | continued, granule, piece, body[at : at + size]))
            self.copy.literal(body[at : at + size])
            at += size

    def page(self, page: _Page) -> None:
        """A page of sound of the original."""
        body = self.source.at(page.body, page.size)
        if any(sign in body for sign in COMMENTS):
            raise Refused("comments stand among the sound of the recording")
        self.copy.literal(self._head(page.flags & 5, page.granule, page.lacing, body))
        self.copy.copy(page.body, page.size)
        self.pages += 1
        if page.granule != 0xFFFFFFFFFFFFFFFF:
            self.granule = max(self.granule, page.granule)

    def _head(self, flags: int, granule: int, lacing: bytes, body: bytes) -> bytes:
        head = (
            struct.pack("<4sBBQIIIB", b"OggS", 0, flags, granule, SERIAL, self._sequence, 0, len(lacing))
            + lacing
        )
        self._sequence += 1
        return head[:22] + struct.pack("<I", checksum(head + body)) + head[26:]


def checksum(data: bytes) -> int:
    """The CRC of a page (RFC 3533, 6): polynomial 04c11db7, nothing inverted, highest bit first.

    zlib's CRC is the same with all bits mirrored and inverted at both ends, and runs in C.
    """
    mirrored = zlib.crc32(data.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_REVERSED), "big")
