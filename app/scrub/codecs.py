"""Set-up data of codecs that carry texts: Vorbis, Opus, FLAC and Theora comments replaced.

Shared by Matroska (CodecPrivate) and Ogg (header packets).
"""

import struct

from app.scrub.report import Notes

VENDOR = b"neutral"


def comments(data: bytes, family: str, notes: Notes) -> None:
    """Name the fields of a Vorbis comment block (vendor, then KEY=value lines)."""
    if len(data) < 8:
        return
    at = 4 + struct.unpack_from("<I", data)[0]
    notes.found(family, "vendor")
    if at + 4 > len(data):
        return
    (count,) = struct.unpack_from("<I", data, at)
    at += 4
    for _ in range(min(count, 1000)):
        if at + 4 > len(data):
            return
        (length,) = struct.unpack_from("<I", data, at)
        key = data[at + 4 : at + 4 + min(length, 64)].partition(b"=")[0]
        notes.found(family, key.decode("ascii", "replace").upper())
        at += 4 + length


def empty_comments() -> bytes:
    """A comment block with a neutral vendor and nothing else."""
    return struct.pack("<I", len(VENDOR)) + VENDOR + struct.pack("<I", 0)


def comment_packet(packet: bytes, notes: Notes) -> bytes | None:
    """A clean comment header packet in place of `packet`; None where it is none."""
    for start, family, end in (
        (b"\x03vorbis", "vorbis", b"\x01"),
        (b"OpusTags", "opus", b""),
        (b"\x81theora", "theora", b""),
    ):
        if packet.startswith(start):
            comments(packet[len(start) :], family, notes)
            return start + empty_comments() + end
    return None


def opus_end(head: bytes) -> int:
    """Where an identification header of Opus (RFC 7845, 5.1) ends."""
    return 19 if len(head) < 19 or head[18] == 0 else 21 + head[9]


def laced(private: bytes, notes: Notes) -> bytes:
    """Three Xiph-laced headers (Vorbis, Theora) with the comment in the middle replaced."""
    if private[:1] != b"\x02":
        return private
    sizes, at = [], 1
    for _ in range(2):
        size = 0
        while private[at] == 255:
            size += 255
            at += 1
        sizes.append(size + private[at])
        at += 1
    first = private[at : at + sizes[0]]
    middle = private[at + sizes[0] : at + sum(sizes)]
    last = private[at + sum(sizes) :]
    middle = comment_packet(middle, notes) or middle
    lengths = b"".join(b"\xff" * (size // 255) + bytes([size % 255]) for size in (len(first), len(middle)))
    return b"\x02" + lengths + first + middle + last


def flac_blocks(data: bytes, notes: Notes) -> bytes:
    """FLAC metadata (RFC 9639, 8) reduced to STREAMINFO. `data` begins with "fLaC"."""
    at, last = 4, False
    info = b""
    while not last and at + 4 <= len(data):
        last, kind = bool(data[at] & 0x80), data[at] & 0x7F
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        if kind == 0:
            info = data[at + 4 : at + 4 + size]
        elif kind == 4:
            comments(data[at + 4 : at + 4 + size], "flac", notes)
        else:
            notes.found(
                "flac",
                {1: "padding", 2: "application", 5: "cue sheet", 6: "picture"}.get(kind, f"block {kind}"),
            )
        at += 4 + size
    return b"fLaC\x80" + len(info).to_bytes(3, "big") + info
