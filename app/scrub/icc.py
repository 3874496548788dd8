"""Colour profiles with the same effect and nothing said about who made them (ICC.1:2022).

| kept | why |
|---|---|
| header: version, class, colour spaces, flags, intent, illuminant | a colour engine reads them |
| tags of `COLOUR` | the curves, matrices and tables that make the effect |
| `desc`, `cprt` | the standard asks for them: rewritten as neutral text in the same room |

Zeroed: preferred engine, date, platform, manufacturer, model, creator, profile id; every other tag;
every byte that no kept tag points at. The length stays, so a profile can be replaced in place.
Profiles that millions of files share byte for byte, and that name no maker of cameras, stay as
they are (`COMMON`), unless a word the caller gives (the camera's own make) occurs in them.
"""

import re
import struct
from itertools import pairwise

_WORD = re.compile(rb"[ -~]{6}")
_SIGN = re.compile(rb"</?[A-Za-z]{2,}:[A-Za-z]{3}|xmlns|http:|Exif\0\0|8BIM|[12]\d\d\d[:-]\d\d[:-]\d\d")
LARGEST = 8 << 20
"""Bytes; the largest profiles of printing presses are 3 MB."""

COLOUR = frozenset(
    b"rXYZ gXYZ bXYZ rTRC gTRC bTRC kTRC wtpt bkpt chad A2B0 A2B1 A2B2 A2B3 B2A0 B2A1 B2A2 B2A3 "
    b"D2B0 D2B1 D2B2 D2B3 B2D0 B2D1 B2D2 B2D3 gamt pre0 pre1 pre2 cicp".split()
)
TEXT = (b"desc", b"cprt")
NEUTRAL = b"profile"

COMMON = (
    b"sRGB IEC61966-2.1\0",
    b"Adobe RGB (1998)\0",
    b"sRGB built-in\0",
    b"Dot Gain 20%\0",
    b"Gray Gamma 2.2\0",
    b"U.S. Web Coated (SWOP) v2\0",
    b"c2\0",
    b"c2ci\0",
    b"ProPhoto RGB\0",
)
"""Descriptions (as in a v2 `desc` tag) of profiles shipped with every editor and system."""


def neutral(profile: bytes, words: tuple[str, ...] = ()) -> bytes | None:
    """The profile without identity, equally long; None where it is no profile (drop it then)."""
    if not 132 <= len(profile) <= LARGEST or profile[36:40] != b"acsp":
        return None
    size, count = struct.unpack_from(">I", profile)[0], struct.unpack_from(">I", profile, 128)[0]
    if size > len(profile) or size < 132 or count > 200 or 132 + 12 * count > size:
        return None
    table = [struct.unpack_from(">4sII", profile, 132 + 12 * index) for index in range(count)]
    if any(offset < 128 or offset + length > size for _, offset, length in table):
        return None
    if any(_written_over(profile[offset : offset + length]) for _, offset, length in table):
        return None
    if any(_signed(profile[offset : offset + length]) for tag, offset, length in table if tag in COLOUR):
        return None
    if size == len(profile) and _common(profile, table) and not _names(profile, words):
        return profile
    fresh = bytearray(len(profile))
    fresh[:128] = profile[:128]
    for start, end in ((4, 8), (24, 44), (48, 56), (80, 128)):
        fresh[start:end] = bytes(end - start)
    fresh[36:40] = b"acsp"
    struct.pack_into(">6H", fresh, 24, 2000, 1, 1, 0, 0, 0)
    kept = [item for item in table if item[0] in COLOUR]
    colour = [(offset, offset + length) for _, offset, length in kept]
    texts = {
        tag: (tag, offset, length)
        for tag, offset, length in table
        if tag in TEXT
        and length >= 40
        and not any(offset < end and start < offset + length for start, end in colour)
    }
    for _, offset, length in kept:
        fresh[offset : offset + length] = profile[offset : offset + length]
    for tag, offset, length in texts.values():
        fresh[offset : offset + length] = _text(profile[offset : offset + 4], length)
        kept.append((tag, offset, length))
    struct.pack_into(">I", fresh, 128, len(kept))
    fresh[132 : 132 + 12 * count] = bytes(12 * count)
    for index, item in enumerate(kept):
        struct.pack_into(">4sII", fresh, 132 + 12 * index, *item)
    return bytes(fresh)


def _text(kind: bytes, length: int) -> bytes:
    """A neutral text element of `length` bytes (at least 40): mluc (10.15), desc (v2 6.5.17) or text."""
    if kind == b"mluc":
        text = NEUTRAL.decode().encode("utf-16-be")
        data = struct.pack(">4s4xII2s2sII", b"mluc", 1, 12, b"en", b"US", len(text), 28) + text
        if len(data) <= length:
            return data.ljust(length, b"\0")
    if kind == b"desc":
        data = struct.pack(">4s4xI", b"desc", len(NEUTRAL) + 1) + NEUTRAL + b"\0"
        return data.ljust(length, b"\0")
    return (b"text\0\0\0\0" + NEUTRAL).ljust(length, b"\0")


def _written_over(tag: bytes) -> bool:
    """Whether a curve (10.6) rises and falls and holds a word: in a damaged file, metadata that came to lie in it."""
    if tag[:4] != b"curv" or _WORD.search(tag, 12) is None:
        return False
    values = struct.unpack_from(f">{(len(tag) - 12) // 2}H", tag, 12)
    steps = [later - earlier for earlier, later in pairwise(values)]
    return min(steps, default=0) < 0 < max(steps, default=0)


def _signed(tag: bytes) -> bool:
    """Whether tables of numbers hold a sign of metadata that came to lie in them."""
    return _SIGN.search(tag) is not None


def _common(profile: bytes, table: list[tuple[bytes, int, int]]) -> bool:
    for tag, offset, length in table:
        if tag == b"desc" and profile[offset : offset + 4] == b"desc":
            return profile[offset + 12 : offset + length].startswith(COMMON)
    return False


def _names(profile: bytes, words: tuple[str, ...]) -> bool:
    low = profile.lower()
    return any(len(word) > 2 and word.lower().encode() in low for word in words)
