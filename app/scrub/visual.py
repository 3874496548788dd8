"""User data in MPEG-4 Part 2 streams (ISO/IEC 14496-2, 6.2.2.1), blanked in place.

Kept: the names of the encoders for whose mistakes decoders make up (XviD, DivX, Lavc). Everything else
becomes zeros, which decoders skip before the next start code.
"""

import re

from app.scrub.report import Notes

START = b"\0\0\1"
USER_DATA = START + b"\xb2"
_ENCODER = re.compile(
    rb"(?:XviD\d{4}|DivX\d{1,4}(?:Build|b)\d{1,5}[a-z]?|Lavc\d{1,3}(?:\.\d{1,3}){0,2}|Lavcb?)\x00*"
)


def patches(data: bytes, notes: Notes) -> list[tuple[int, bytes]]:
    """(offset, new bytes) for every piece of user data that has to go."""
    out = []
    at = data.find(USER_DATA)
    while at >= 0:
        start, end = at + len(USER_DATA), data.find(START, at + len(USER_DATA))
        text = data[start : end if end >= 0 else len(data)]
        if any(text) and not _ENCODER.fullmatch(text):
            notes.found("stream", "user data")
            notes.removed("user data in the stream (MPEG-4)", len(text))
            out.append((start, bytes(len(text))))
        at = data.find(USER_DATA, start + len(text))
    return out


def clean(data: bytes, notes: Notes) -> bytes:
    """The same as a whole."""
    fresh = bytearray(data)
    for at, patch in patches(data, notes):
        fresh[at : at + len(patch)] = patch
    return bytes(fresh)
