"""The patterns of readings as search reads them. The only writer of `reading_pattern`."""

from __future__ import annotations

from itertools import combinations

from app.db import db
from app.register import rio
from app.register.models import ReadingPattern


def put(reading_id: int, read: rio.Read, length: int) -> None:
    """Lay a new reading down in every way it may be found."""
    db.session.add_all(
        ReadingPattern(reading_id=reading_id, pattern=way) for way in sorted(ways(read, length))
    )
    db.session.flush()


def ways(read: rio.Read, length: int) -> set[str]:
    """A reading's patterns, and the same with unsure digits left open: such a digit never contradicts another, so it has
    to be found by any. Where that would be too many, only all of them left open."""
    laid = rio.patterns(read, length)
    unsure = sorted(at for at in read.unsure if at < length)
    if len(laid) * 2 ** len(unsure) > rio.MOST_PATTERNS:
        return set(laid) | {_open(pattern, unsure) for pattern in laid}
    return {
        _open(pattern, chosen)
        for pattern in laid
        for n in range(len(unsure) + 1)
        for chosen in combinations(unsure, n)
    }


def _open(pattern: str, places: tuple[int, ...] | list[int]) -> str:
    return "".join(rio.UNKNOWN if at in places else digit for at, digit in enumerate(pattern))
