"""Two or more observers of one event on one axis: lanes, and where their entries agree or differ. Pure.

Nothing is merged and nothing is decided: each lane keeps its own clock, and what agrees is a question for a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.register import rio
from app.review.observation import Said

WITHIN = 10 * 60_000  # ms between two entries that may be of one moment
ABOUT = 0.25  # "about 20" leaves room for a quarter


@dataclass(frozen=True)
class Moment:
    """An entry on the axis: `at` in ms, corrected by the phone's measured offset and by the shift of its lane. `forces`: what
    its observer named as the force of the officer it speaks of."""

    at: int
    said: Said
    lane: int
    forces: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        return self.said.entry.id


@dataclass(frozen=True)
class Meeting:
    """Two entries of two observers that speak of one thing. `kind`: code, figure, number, unit; `agrees`, or differs.
    `tier`: how strongly two readings of numbers suggest one officer (rio.Tier)."""

    kind: str
    agrees: bool
    one: Moment
    other: Moment
    tier: str = ""

    @property
    def ids(self) -> tuple[str, str]:
        first, second = sorted((self.one.id, self.other.id))
        return first, second

    @property
    def apart(self) -> int:
        """ms from the first lane's entry to the other's."""
        return self.other.at - self.one.at


def meetings(moments: Sequence[Moment], within: int = WITHIN, digits: int = rio.LENGTH) -> list[Meeting]:
    """Every pair of entries of two lanes that agrees or differs, by time. Each entry meets the nearest of the other lane
    once for each thing it says."""
    live = [
        moment for moment in sorted(moments, key=lambda m: (m.at, m.lane, m.id)) if not moment.said.withdrawn
    ]
    found: list[Meeting] = []
    for at, one in enumerate(live):
        for other in live[at + 1 :]:
            if other.at - one.at > within:
                break
            if other.lane != one.lane and other.said.type == one.said.type:
                first, second = (one, other) if one.lane < other.lane else (other, one)
                found += _meet(first, second, digits)
    return _nearest(found)


def _nearest(found: list[Meeting]) -> list[Meeting]:
    kept: list[Meeting] = []
    used: set[tuple[str, str, int]] = set()
    for meeting in sorted(found, key=lambda m: (abs(m.apart), m.ids)):
        ends = {
            (meeting.kind, meeting.one.id, meeting.other.lane),
            (meeting.kind, meeting.other.id, meeting.one.lane),
        }
        if not ends & used:
            used |= ends
            kept.append(meeting)
    return sorted(kept, key=lambda m: (min(m.one.at, m.other.at), m.ids))


def _meet(one: Moment, other: Moment, digits: int) -> Iterator[Meeting]:
    a, b = one.said.data, other.said.data
    kind = one.said.type
    if kind == "code" and a.get("code") and a.get("code") == b.get("code"):
        yield Meeting("code", True, one, other)
    elif kind == "count" and a.get("what") == b.get("what"):
        fits = figures_fit(a, b)
        if fits is not None:
            yield Meeting("figure", fits, one, other)
    elif kind == "unit" and _same_unit(a, b):
        yield Meeting("unit", True, one, other)
    elif kind == "rio":
        # Minutes apart in one operation is what tier C asks of a unit; two forces named speak against it.
        others = bool(one.forces and other.forces and not one.forces & other.forces)
        tier = rio.tier(_read(a), _read(b), not others, others, digits)
        if tier is not None:
            yield Meeting("number", tier is not rio.Tier.D, one, other, str(tier))


def figures_fit(a: dict[str, Any], b: dict[str, Any]) -> bool | None:
    """Whether two counts of one thing can both be true; None where one of them couldn't see."""
    spans = [_span(one) for one in (a, b)]
    if spans[0] is None or spans[1] is None:
        return None
    (low, high), (other_low, other_high) = spans[0], spans[1]
    return low <= other_high and other_low <= high


def _span(said: dict[str, Any]) -> tuple[float, float] | None:
    """The numbers that a count leaves open, both ends included."""
    n, qualifier = said.get("n"), said.get("qualifier")
    if qualifier == "NONE_SEEN":
        return 0, 0
    if qualifier == "NO_VIEW" or not isinstance(n, int) or isinstance(n, bool):
        return None
    if qualifier == "MIN":
        return n, float("inf")
    if qualifier == "ABOUT":
        return n * (1 - ABOUT), n * (1 + ABOUT)
    return n, n


def _same_unit(a: dict[str, Any], b: dict[str, Any]) -> bool:
    names = ("company", "squadron", "back", "vehicle")
    both = [(_plain(a[name]), _plain(b[name])) for name in names if a.get(name) and b.get(name)]
    return bool(both) and all(x == y for x, y in both)


def _plain(text: object) -> str:
    return "".join(c for c in str(text).casefold() if c.isalnum())


def _read(data: dict[str, Any]) -> rio.Read:
    """A reading as a phone said it, which may be anything; what is no number matches nothing."""
    pattern = data.get("pattern")
    fragments = tuple(
        rio.Fragment(str(part.get("digits")), str(part.get("anchor")))
        for part in data.get("fragments") or []
        if str(part.get("digits")).isdecimal()
    )
    unsure = data.get("unsure")
    return rio.Read(
        pattern if isinstance(pattern, str) and not set(pattern) - set("0123456789?") else None,
        fragments[:4],
        frozenset(n for n in unsure if isinstance(n, int)) if isinstance(unsure, list) else frozenset(),
        str(data.get("how") or ""),
    )


@dataclass(frozen=True)
class Axis:
    """The stretch of time that is drawn, in ms. `at` gives a place on it from 0 to 1000."""

    start: int
    end: int

    def at(self, ms: float) -> float:
        share = (ms - self.start) / max(1, self.end - self.start)
        return round(min(1.0, max(0.0, share)) * 1000, 2)

    def wide(self, ms: float, length: float) -> float:
        """How wide a stretch is drawn, of 1000; never too narrow to be seen."""
        return round(max(self.at(ms + length) - self.at(ms), 3), 2)

    def ticks(self) -> list[int]:
        """Round moments on it, six to twelve of them."""
        steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400]
        step = next((s * 1000 for s in steps if (self.end - self.start) / (s * 1000) <= 10), 86_400_000 * 30)
        first = -(-self.start // step) * step
        return list(range(first, self.end + 1, step))[:40]


def axis(spans: Sequence[tuple[int, int]]) -> Axis:
    """From the first to the last of some stretches, with a little room at both ends."""
    start, end = min((s for s, _ in spans), default=0), max((e for _, e in spans), default=0)
    room = max(1_000, (end - start) // 50)
    return Axis(start - room, end + room)
