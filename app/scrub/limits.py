"""Limits that every family shares."""

from app.scrub.errors import Refused
from app.scrub.report import Notes

MOST_PIXELS = 250_000_000
"""Pixels of one picture: the check decodes it, at about 5 bytes a pixel."""


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
