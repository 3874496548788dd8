"""Patterns as numbers, so that an ordinary index finds them by any of their digits. Pure.

A pattern is written as a number in base 11, `?` being the digit 10, with its places in another order. All patterns that
begin with given digits in that order lie side by side. Five orders are kept: chosen so that any three of seven places,
and any more, stand near the front of one of them, with at most two places between them that the search leaves open.
A search thus becomes some ranges of numbers, few whatever the size of the register.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import mul

from app.register import rio

Range = tuple[
    int, int, int
]  # first and last number, and how many digits all patterns between share with the query

_SEVEN = (
    (4, 3, 2, 5, 6, 0, 1),
    (3, 4, 6, 1, 5, 2, 0),
    (5, 4, 0, 6, 3, 1, 2),
    (2, 5, 1, 6, 0, 4, 3),
    (4, 2, 0, 1, 3, 5, 6),
)
ORDERS = len(_SEVEN)
_OPEN = 10
MOST_RANGES = (
    12_000  # a query that would need more is cut short; what it finds beside is sorted out afterwards
)
_PER_LENGTH = 11**12  # numbers of different lengths must not meet when the setting changes


@dataclass(frozen=True)
class Lookup:
    """Ranges of one of the orders, 0 to 4."""

    order: int
    ranges: list[Range]


@lru_cache
def orders(length: int) -> tuple[tuple[int, ...], ...]:
    """The orders of places for numbers of a length: the ones above for seven digits, else turns of the row."""
    if length == len(_SEVEN[0]):
        return _SEVEN
    return tuple(
        tuple((at + turn * length // ORDERS) % length for at in range(length)) for turn in range(ORDERS)
    )


def numbers(pattern: str) -> tuple[int, ...]:
    """A pattern as a number in each order."""
    values = [_OPEN if c == rio.UNKNOWN else int(c) for c in pattern]
    base = _base(len(pattern))
    return tuple(sum(map(mul, values, weights), base) for weights in _by_place(len(pattern)))


@lru_cache
def _by_place(length: int) -> tuple[tuple[int, ...], ...]:
    """For each order what a digit at each place is worth."""
    weights = _weights(length)
    return tuple(tuple(weights[order.index(place)] for place in range(length)) for order in orders(length))


def exact(query: str, least: int) -> Lookup | None:
    """Where the patterns lie that don't contradict a query and share at least so many digits with it; None: nowhere."""
    return _lookup(query, 0, least)


def near(query: str, least_beside_one: int, least_beside_two: int) -> Iterator[Lookup]:
    """The same for patterns that contradict it by one easily confused digit, or by two neighbours exchanged. Counted is
    what they share beside."""
    for at, digit in enumerate(query):
        for other in rio.confused_with(digit):
            if found := _lookup(query[:at] + other + query[at + 1 :], 1 << at, least_beside_one):
                yield found
    for at, changed in rio.swaps(query):
        if found := _lookup(changed, 3 << at, least_beside_two):
            yield found


def _lookup(query: str, forced: int, least: int) -> Lookup | None:
    known = sum(1 << at for at, c in enumerate(query) if c != rio.UNKNOWN)
    if (known & ~forced).bit_count() < least:
        return None
    order, shapes = _shapes(len(query), known, forced, least)
    ranges = []
    for shape in shapes:
        start = sum(int(query[place]) * weight for place, weight in shape.fixed) + _base(len(query))
        ranges += [(start + rest, start + rest + shape.span, shape.agree) for rest in shape.rests]
    return Lookup(order, ranges)


@dataclass(frozen=True)
class _Shape:
    """Ranges that differ only in the places between: `fixed` places with their weights take the query's digits, `rests`
    are the values of all other places, `span` the width of a range less one."""

    fixed: tuple[tuple[int, int], ...]
    span: int
    agree: int
    rests: tuple[int, ...]


@lru_cache(4096)
def _shapes(length: int, known: int, forced: int, least: int) -> tuple[int, tuple[_Shape, ...]]:
    """The order with the fewest ranges for these known places, and the ranges without digits. `forced` places must hold
    the query's digit, other known ones may be open."""
    found = [
        (walk, n)
        for n, order in enumerate(orders(length))
        if (walk := _Walk(length, order, known, forced, least, length)).leaves(0, 0)
    ]
    walk, n = min(found, key=lambda one: one[0].leaves(0, 0))
    depth = length
    while walk.leaves(0, 0) > MOST_RANGES and depth > 3:
        depth -= 1
        walk = _Walk(length, orders(length)[n], known, forced, least, depth)
    grouped: dict[tuple[tuple[tuple[int, int], ...], int, int], list[int]] = {}
    for fixed, span, agree, rest in walk.ranges(0, (), 0, 0):
        grouped.setdefault((fixed, span, agree), []).append(rest)
    return n, tuple(_Shape(*shape, tuple(rests)) for shape, rests in grouped.items())


class _Walk:
    """Down the places of an order: what may stand at each, until the last known one or `depth` fixed ones."""

    def __init__(
        self, length: int, order: tuple[int, ...], known: int, forced: int, least: int, depth: int
    ) -> None:
        self._order, self._known, self._forced, self._least, self._depth = order, known, forced, least, depth
        self._weights = _weights(length)
        free = [bool(known & ~forced & 1 << place) for place in order]
        self._left = [sum(free[at:]) for at in range(length + 1)]
        self._last = max(at for at, place in enumerate(order) if known & 1 << place)
        self._counted: dict[tuple[int, int], int] = {}

    def leaves(self, at: int, agree: int) -> int:
        """How many ranges there are below a place."""
        if at > self._last:
            return 1
        key = (at, agree)
        if key not in self._counted:
            self._counted[key] = self._leaves(at, agree)
        return self._counted[key]

    def _leaves(self, at: int, agree: int) -> int:
        bit = 1 << self._order[at]
        if self._done(at):
            return 1
        if not self._known & bit:
            return 11 * self.leaves(at + 1, agree)
        if self._forced & bit:
            return self.leaves(at + 1, agree)
        skipped = self.leaves(at + 1, agree) if agree + self._left[at + 1] >= self._least else 0
        return self.leaves(at + 1, agree + 1) + skipped

    def _done(self, at: int) -> bool:
        return at > self._last or at >= self._depth

    def ranges(
        self, at: int, fixed: tuple[tuple[int, int], ...], agree: int, rest: int
    ) -> Iterator[tuple[tuple[tuple[int, int], ...], int, int, int]]:
        if self._done(at):
            yield fixed, 11 ** (len(self._order) - at) - 1, agree, rest
            return
        place, weight = self._order[at], self._weights[at]
        if not self._known & 1 << place:
            for digit in range(11):
                yield from self.ranges(at + 1, fixed, agree, rest + digit * weight)
            return
        free = not self._forced & 1 << place
        yield from self.ranges(at + 1, (*fixed, (place, weight)), agree + free, rest)
        if free and agree + self._left[at + 1] >= self._least:
            yield from self.ranges(at + 1, fixed, agree, rest + _OPEN * weight)


@lru_cache
def _weights(length: int) -> tuple[int, ...]:
    return tuple(11 ** (length - 1 - at) for at in range(length))


def _base(length: int) -> int:
    return length * _PER_LENGTH
