"""JPEG data as strips and tiles of TIFF and DNG, as items of HEIF and pictures of films: whether there is nothing in them but coded pictures."""

import re

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


def plain(data: bytes, film: bool = False) -> bool:
    """Whether a strip, a tile or the shared tables are markers of coding and scans from end to end; of a `film`, with
    the short heads that these have."""
    if data[:2] != b"\xff\xd8":
        return False
    at = 2
    while at + 2 <= len(data):
        if data[at] != 0xFF:
            return False
        marker = data[at + 1]
        if marker == 0xD9:
            return len(data) - at - 2 <= _SHORT_END and not any(data[at + 2 :])
        if not (_coding(marker) or (film and _head(data, at))) or at + 4 > len(data):
            return False
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:
            end = _END_OF_SCAN.search(data, at)
            if end is None:
                return True  # cut: nothing can stand behind it
            at = end.start()
    return at >= len(data)
