"""JPEG data as strips and tiles of TIFF and DNG, as items of HEIF and pictures of films: what in them is no coded picture."""

import re

from app.scrub.errors import Refused
from app.scrub.report import Notes

_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_SHORT_END = 3
"""Bytes of padding that writers leave behind the last marker."""


_HEADS = ((0xE0, b"JFIF\0", 16), (0xE0, b"AVI1", 16), (0xE1, b"\0\0\0\0mjpg", 42))
"""Segments that stand in front of the pictures of films: by marker, beginning and length."""


def _head(data: bytes, at: int) -> bool:
    length = int.from_bytes(data[at + 2 : at + 4], "big")
    return any(
        data[at + 1] == marker and length <= most and data[at + 4 : at + 4 + len(sign)] == sign
        for marker, sign, most in _HEADS
    )


def _coding(marker: int) -> bool:
    """Frames, tables, scans and restarts; no comment, no application segment."""
    return (0xC0 <= marker <= 0xCF and marker != 0xC8) or marker in (0xDA, 0xDB, 0xDD)


def plain(data: bytes) -> bool:
    """Whether a strip, a tile or the shared tables are markers of coding and scans from end to end."""
    return needless(data) == []


def needless(data: bytes, film: bool = False) -> list[tuple[int, int]] | None:
    """Beginning and end of what application segments and comments hold, but for the short heads of the pictures of a
    `film`; None where markers and scans don't reach from end to end."""
    if data[:2] != b"\xff\xd8":
        return None
    out: list[tuple[int, int]] = []
    at = 2
    while at + 2 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xD9:
            return out if len(data) - at - 2 <= _SHORT_END and not any(data[at + 2 :]) else None
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if at + 4 > len(data):
            return None
        if 0xE0 <= marker <= 0xEF or marker == 0xFE:
            if end > len(data):
                return None
            if not (film and _head(data, at)):
                out.append((at + 4, end))
        elif not _coding(marker):
            return None
        at = end
        if marker == 0xDA:
            scan = _END_OF_SCAN.search(data, at)
            if scan is None:
                return out  # cut: nothing can stand behind it
            at = scan.start()
    return out if at >= len(data) else None


def patches(data: bytes, notes: Notes) -> list[tuple[int, bytes]]:
    """(offset, zeros) for what a picture of a film says about itself. Raises Refused where it isn't whole."""
    found = needless(data, film=True)
    if found is None:
        raise Refused("the pictures of the film have room for more than a picture")
    found = [(start, end) for start, end in found if any(data[start:end])]
    if found:
        notes.removed("comments and metadata of single pictures", sum(end - start for start, end in found))
    return [(start, bytes(end - start)) for start, end in found]
