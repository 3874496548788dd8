"""Properties of the pictures in a HEIF or AVIF file (ISO/IEC 23008-12, 6.5): how to decode and show them.

| kept | why |
|---|---|
| hvcC av1C avcC jpgC uncC cmpd | set-up of the decoder; its user data blanked |
| ispe pixi clap irot imir pasp auxC | size, part, which way is up, what is alpha |
| colr, profiles made neutral; clli mdcv cclv amve | colours, HDR |
| a1op a1lx lsel | which layer is shown |
"""

from app.scrub import entries, icc, jpeg_units
from app.scrub.errors import Refused
from app.scrub.report import Notes

LONGEST = {
    b"hvcC": 1 << 16, b"av1C": 1 << 16, b"avcC": 1 << 16, b"jpgC": 1 << 16, b"uncC": 1 << 12, b"cmpd": 1 << 8,
    b"ispe": 12, b"pixi": 16, b"colr": icc.LARGEST, b"pasp": 8, b"clap": 32, b"irot": 1, b"imir": 1,
    b"auxC": 64, b"a1op": 1, b"a1lx": 13, b"lsel": 2, b"clli": 4, b"mdcv": 24, b"cclv": 36, b"amve": 8,
}  # fmt: skip
"""What says how to decode and show a picture, and the bytes that each may have: none has room for a message."""


def clean(kind: bytes, data: bytes, notes: Notes) -> bytes | None:
    """The content of a property as it may stay; None where it has to go. Raises Refused for one with room for a message."""
    if len(data) > LONGEST[kind]:
        raise Refused("a property of the picture has room for more than it is there for")
    if kind == b"auxC":
        return data[:4] + data[4:].split(b"\0")[0] + b"\0"
    if kind == b"jpgC" and not jpeg_units.plain(b"\xff\xd8" + data.removeprefix(b"\xff\xd8")):
        raise Refused("a property of the picture has room for more than it is there for")
    if kind == b"colr" and data[:4] in entries.PROFILE:
        profile = icc.neutral(data[4:], notes.words())
        if profile is None:
            return None
        notes.kept("colour profile", "colours" if profile == data[4:] else "colours; made neutral")
        return data[:4] + profile
    return entries.clean(kind, data, notes) or data
