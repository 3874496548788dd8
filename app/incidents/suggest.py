"""Which observations may be of one event: by time, place and force. Pure; only ever a suggestion, with its reasons.

Nothing here decides: a person opens the incident, adds to it, or refuses, and a refusal is kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

EARTH = 6_371_000  # metres
MINUTE = 60_000
FARTHEST_APART = 60 * MINUTE  # ms between the end of one and the beginning of the other
TOO_FAR = 3_000  # metres beyond what both fixes may be off: another place
ENOUGH = 4
STRONG = 6
MOST_TOGETHER = 8  # observations in one suggestion: a whole day at one site is no event


@dataclass(frozen=True)
class Seen:
    """What a suggestion looks at in one observation. Times in ms, corrected by the measured offset; degrees; metres."""

    id: str
    start: int
    end: int
    lat: float | None = None
    lon: float | None = None
    accuracy: float | None = None
    site: str | None = None
    forces: frozenset[str] = frozenset()
    device: str = ""


@dataclass(frozen=True)
class Reasons:
    """Why two observations may be of one event. `minutes` is None where they overlap, `metres` where either has no fix.

    `forces`: seen by both; `other_forces`: both name forces, and none in common."""

    score: int
    minutes: int | None
    metres: int | None
    site: str | None
    forces: tuple[str, ...]
    other_forces: bool
    one_phone: bool

    @property
    def strong(self) -> bool:
        return self.score >= STRONG


@dataclass(frozen=True)
class Likeness:
    """Two observations and why they may belong together."""

    one: str
    other: str
    why: Reasons


def compare(a: Seen, b: Seen) -> Reasons | None:
    """Why two observations may be of one event; None where too little speaks for it, or something against it."""
    gap = max(0, max(a.start, b.start) - min(a.end, b.end))
    if gap > FARTHEST_APART:
        return None
    metres = _metres(a, b)
    site = a.site if a.site and b.site and _plain(a.site) == _plain(b.site) else None
    slack = (a.accuracy or 0) + (b.accuracy or 0)
    if metres is not None and not site and metres - slack > TOO_FAR:
        return None
    known_a, known_b = a.forces - {"UNK"}, b.forces - {"UNK"}
    common = tuple(sorted(known_a & known_b))
    others = bool(known_a and known_b and not common)
    time = 3 if gap == 0 else 2 if gap <= 15 * MINUTE else 1
    place = _place(metres, slack, site, bool(a.site and b.site))
    score = time + place + (1 if common else -1 if others else 0)
    # Time alone says nothing: police are in many places at once.
    if place <= 0 and not (common and gap == 0):
        return None
    if score < ENOUGH:
        return None
    whole = None if metres is None else round(metres)
    minutes = None if gap == 0 else math.ceil(gap / MINUTE)
    return Reasons(score, minutes, whole, site, common, others, bool(a.device) and a.device == b.device)


def _place(metres: float | None, slack: float, site: str | None, both_named: bool) -> int:
    if site or (metres is not None and metres <= 150 + slack):
        return 3
    if metres is None:
        return -2 if both_named else 0
    if metres <= 500 + slack:
        return 2
    return 1 if metres <= 1_500 + slack else 0


def _metres(a: Seen, b: Seen) -> float | None:
    """Between two fixes, on a sphere."""
    if a.lat is None or a.lon is None or b.lat is None or b.lon is None:
        return None
    one, other, turn = math.radians(a.lat), math.radians(b.lat), math.radians(b.lon - a.lon)
    chord = math.sin((other - one) / 2) ** 2 + math.cos(one) * math.cos(other) * math.sin(turn / 2) ** 2
    return 2 * EARTH * math.asin(math.sqrt(min(1.0, chord)))


def _plain(site: str) -> str:
    return "".join(site.casefold().split())


def alike(seen: Sequence[Seen], refused: frozenset[frozenset[str]] = frozenset()) -> list[Likeness]:
    """Every pair that may belong together, the strongest first, without the pairs that somebody refused."""
    found = []
    by_start = sorted(seen, key=lambda one: (one.start, one.id))
    longest = max((one.end - one.start for one in by_start), default=0)
    for at, one in enumerate(by_start):
        for other in by_start[at + 1 :]:
            if other.start - one.start > longest + FARTHEST_APART:
                break  # sorted: what follows begins later still
            if frozenset((one.id, other.id)) in refused:
                continue
            why = compare(one, other)
            if why:
                found.append(Likeness(one.id, other.id, why))
    return sorted(found, key=lambda pair: (-pair.why.score, pair.why.minutes or 0, pair.why.metres or 0))


def groups(pairs: Iterable[Likeness]) -> list[list[Likeness]]:
    """Pairs that hang together, as the links by which each group grew: the strongest link of each observation to those
    already in it. A group of n observations has n - 1 links; one that is full takes no more."""
    roots: dict[str, str] = {}

    def root(name: str) -> str:
        while roots.setdefault(name, name) != name:
            name = roots[name]
        return name

    links: dict[str, list[Likeness]] = {}
    for pair in pairs:  # strongest first, so the tree that grows is the strongest
        one, other = root(pair.one), root(pair.other)
        if one == other or len(links.get(one, [])) + len(links.get(other, [])) + 2 > MOST_TOGETHER:
            continue
        roots[other] = one
        links[one] = [*links.pop(one, []), *links.pop(other, []), pair]
    return list(links.values())


def best(
    candidate: Seen, members: Iterable[Seen], refused: frozenset[frozenset[str]] = frozenset()
) -> Likeness | None:
    """The strongest reason for an observation to join those of an incident."""
    pairs = [
        Likeness(member.id, candidate.id, why)
        for member in members
        if frozenset((member.id, candidate.id)) not in refused and (why := compare(candidate, member))
    ]
    return max(pairs, key=lambda pair: pair.why.score, default=None)
