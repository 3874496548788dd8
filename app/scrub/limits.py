"""Limits that every family shares."""

from app.scrub.errors import Refused
from app.scrub.report import Notes, Report

MOST_PIXELS = 250_000_000
"""Pixels of one picture: the check decodes it, at about 5 bytes a pixel."""

STRIPPING = 512 << 20
"""Bytes of address space for cleaning anything, film or picture."""

A_PIXEL = 5
"""Bytes more for each pixel where the check decodes a picture."""

MEMORY = STRIPPING + A_PIXEL * MOST_PIXELS
"""Bytes: the most that cleaning and checking of one file may ever have."""


def memory(report: Report) -> int:
    """Address space for checking what this report is about, bytes: pictures are decoded, films and sound are not."""
    facts = report.facts
    pixels = (facts.width or 0) * (facts.height or 0) if report.type.startswith("image/") else 0
    return STRIPPING + A_PIXEL * min(pixels, MOST_PIXELS)


def seconds(size: int) -> int:
    """Processor time for a file of this many bytes."""
    return 60 + size // 10_000_000


MANY, SMALL = 200_000, 16
"""A film or recording of so many frames (an hour of sound, two of pictures) has more bytes than this in each; one made to
keep a reader busy hasn't."""


def frames(count: int, size: int) -> None:
    """Raises Refused for more frames than can be anything in so many bytes."""
    if count > MANY and size < SMALL * count:
        raise Refused("the frames are too many and too small to hold pictures or sound")


def picture(width: int, height: int, notes: Notes) -> None:
    """Take the size of the picture as a fact. Raises Refused for none, or one too large to check."""
    if width <= 0 or height <= 0:
        raise Refused("the picture has no size")
    if width * height > MOST_PIXELS:
        raise Refused(
            f"the picture has {width * height // 1_000_000} megapixels, more than {MOST_PIXELS // 1_000_000}"
        )
    notes.fact("width", width)
    notes.fact("height", height)
