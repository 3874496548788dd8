"""Several readings of one officer laid on one another: the best pattern, and which reading backs each digit. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.register import rio


@dataclass(frozen=True)
class Together:
    """`pattern` as far as it is known; `unsure` positions of it; `backing`: for each position the readings, by their
    place in what was given, that say this digit; `against`: readings that contradict it and were left out."""

    pattern: str
    unsure: frozenset[int]
    backing: tuple[tuple[int, ...], ...]
    against: tuple[int, ...]

    @property
    def known(self) -> int:
        return rio.known(self.pattern)


def together(reads: Sequence[rio.Read], length: int = rio.LENGTH) -> Together:
    """Lay readings together, the one that counts most first: its digits stand, later ones fill what it leaves open. One
    that contradicts what stands so far is left out whole: a misread digit makes its neighbours doubtful."""
    digits, doubtful = [rio.UNKNOWN] * length, [False] * length
    laid: dict[int, tuple[str, frozenset[int]]] = {}
    against = []
    for n, read in enumerate(reads):
        pattern = as_one(read, length)
        if pattern is None:
            continue
        unsure = frozenset(at for at in read.unsure if at < length)
        so_far = frozenset(at for at in range(length) if doubtful[at])
        if rio.compare("".join(digits), pattern, so_far, unsure).conflicts:
            against.append(n)
            continue
        laid[n] = (pattern, unsure)
        for at, digit in enumerate(pattern):
            if digit != rio.UNKNOWN and (digits[at] == rio.UNKNOWN or (doubtful[at] and at not in unsure)):
                digits[at], doubtful[at] = digit, at in unsure
    backing = tuple(
        tuple(n for n, (pattern, _) in laid.items() if pattern[at] == digit != rio.UNKNOWN)
        for at, digit in enumerate(digits)
    )
    return Together(
        "".join(digits), frozenset(at for at in range(length) if doubtful[at]), backing, tuple(against)
    )


def as_one(read: rio.Read, length: int = rio.LENGTH) -> str | None:
    """A reading as one pattern: with its fragments where they fit in one way only, else without them."""
    ways = rio.patterns(read, length)
    if len(ways) == 1:
        return next(iter(ways))
    return read.pattern if read.pattern and len(read.pattern) == length else None


def most_known(read: rio.Read, length: int = rio.LENGTH) -> int:
    """How many digits a reading gives, wherever they lie."""
    return max((rio.known(pattern) for pattern in rio.patterns(read, length)), default=0)
