"""RIO numbers as they are seen: in part, unsure, in fragments. Pure.

A number is opaque text of a configured length (seven digits today); nothing in it can be computed.
What is known of one is a *pattern*: as many characters, digits and `?`. A fragment whose place isn't known
fits several patterns.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

LENGTH = 7
UNKNOWN = "?"
ANY_RUN = "*"
ANCHORS = ("start", "end", "anywhere")
# Digits that are taken for one another on worn cloth, at a distance, in poor light.
_ANY, _NONE = frozenset("0123456789"), MappingProxyType[int, str]({})
CONFUSED = frozenset(frozenset(pair) for pair in ("08", "06", "17", "38", "56", "68", "89"))
_DROPPED = frozenset(" .-\u00a0\u2009\u202f\u2010\u2011\u2013\t")
FEWEST = 3  # digits in common, below which nothing is suggested
MOST_PATTERNS = 200  # a pattern and fragments that fit in more ways than this say too little to be matched


class OtherNumber(ValueError):
    """Letters, or more digits than a RIO has: perhaps a plate or another number. Kept as written, never
    altered."""


class Tier(StrEnum):
    """How strongly two readings suggest one officer. Suggestions only: a person decides."""

    A = "A"  # the same whole number
    B = "B"  # nothing against it, five or more digits in common
    C = "C"  # nothing against it, three or four in common, same unit within 30 days
    D = "D"  # one digit off by a known confusion, or two neighbours swapped when it was heard or remembered


@dataclass(frozen=True)
class Fragment:
    digits: str
    anchor: str = "anywhere"


@dataclass(frozen=True)
class Read:
    """One reading: what the eye or ear got. `unsure` holds positions of the pattern, from 0; `alternatives` the digits
    that such a position may hold instead, where somebody could say."""

    pattern: str | None
    fragments: tuple[Fragment, ...] = ()
    unsure: frozenset[int] = frozenset()
    how: str = "eye"
    alternatives: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Shared:
    """Two patterns laid on one another: positions that agree, and those where two sure digits differ."""

    agree: int
    conflicts: tuple[int, ...]


def normalise(text: str) -> str:
    """Any script's decimal digits as 0-9 (Arabic-Indic and Persian among them); spaces, dots and hyphens
    dropped."""
    digits = (str(unicodedata.decimal(c)) if unicodedata.decimal(c, None) is not None else c for c in text)
    return "".join(c for c in digits if c not in _DROPPED)


def parse(text: str, length: int = LENGTH) -> str:
    """A typed reading as a pattern; a shorter one is filled with `?` at its end. Raises OtherNumber."""
    tidy = normalise(text)
    if len(tidy) > length or not tidy or set(tidy) - set("0123456789?"):
        raise OtherNumber(text)
    return tidy.ljust(length, UNKNOWN)


def known(pattern: str) -> int:
    """How many digits of a pattern are known."""
    return len(pattern) - pattern.count(UNKNOWN)


def faults(
    status: str,
    asked: str,
    how: str,
    pattern: str | None,
    fragments: Sequence[Fragment] = (),
    length: int = LENGTH,
) -> list[str]:
    """What contradicts itself in a reading: names of faults, none when it is sound. Nothing is ever
    refused for one."""
    found = []
    digits = known(pattern or "") + sum(len(f.digits) for f in fragments)
    if pattern is not None and (len(pattern) != length or set(pattern) - set("0123456789?")):
        found.append("not-a-pattern")
    if any(f.anchor not in ANCHORS or not f.digits.isascii() or not f.digits.isdecimal() for f in fragments):
        found.append("not-a-fragment")
    if any(len(f.digits) > length for f in fragments):
        found.append("fragment-too-long")
    if status == "READ_FULL" and (pattern is None or UNKNOWN in pattern or known(pattern) != length):
        found.append("full-but-incomplete")
    if status == "READ_PART" and (digits == 0 or known(pattern or "") >= length):
        found.append("part-but-empty" if digits == 0 else "part-but-whole")
    if not status.startswith("READ_") and digits and not (asked == "GIVEN" and how == "told"):
        found.append("digits-without-reading")
    return found


def patterns(read: Read, length: int = LENGTH) -> frozenset[str]:
    """Every pattern that a reading may stand for. Empty when its parts contradict each other, say nothing,
    or fit in more than MOST_PATTERNS ways."""
    start = read.pattern or UNKNOWN * length
    if len(start) != length:
        return frozenset()
    found = {start}
    for fragment in read.fragments:
        placed = (_lay(base, fragment.digits, at) for base in found for at in _places(fragment, length))
        found = {pattern for pattern in placed if pattern is not None}
        if len(found) > MOST_PATTERNS:
            return frozenset()
    return frozenset(pattern for pattern in found if known(pattern))


def _places(fragment: Fragment, length: int) -> Iterable[int]:
    last = length - len(fragment.digits)
    if last < 0:
        return ()
    return {"start": (0,), "end": (last,)}.get(fragment.anchor, range(last + 1))


def _lay(pattern: str, digits: str, at: int) -> str | None:
    cut = pattern[at : at + len(digits)]
    if any(a not in (b, UNKNOWN) for a, b in zip(cut, digits, strict=True)):
        return None
    return pattern[:at] + digits + pattern[at + len(digits) :]


def compare(
    a: str,
    b: str,
    unsure_a: frozenset[int] = frozenset(),
    unsure_b: frozenset[int] = frozenset(),
    instead_a: Mapping[int, str] = _NONE,
    instead_b: Mapping[int, str] = _NONE,
) -> Shared:
    """Lay two patterns on one another. A digit that was unsure can agree but never contradicts; where it was said what
    it may be `instead`, it contradicts all else."""
    agree, conflicts = 0, []
    for at, (x, y) in enumerate(zip(a, b, strict=True)):
        if UNKNOWN in (x, y):
            continue
        if x == y:
            agree += 1
        elif not (_may_be(at, x, unsure_a, instead_a) & _may_be(at, y, unsure_b, instead_b)):
            conflicts.append(at)
    return Shared(agree, tuple(conflicts))


def _may_be(at: int, digit: str, unsure: frozenset[int], instead: Mapping[int, str]) -> frozenset[str]:
    if at not in unsure:
        return frozenset(digit)
    return frozenset(digit + instead[at]) if instead.get(at) else _ANY


def compatible(a: str, b: str) -> bool:
    return not compare(a, b).conflicts


def tier(
    a: Read,
    b: Read,
    same_unit_within_30_days: bool = False,
    other_unit_same_day: bool = False,
    length: int = LENGTH,
) -> Tier | None:
    """The strongest tier over all ways the two readings may be laid, or None: too little, or something
    against it."""
    best: Tier | None = None
    for x in patterns(a, length):
        for y in patterns(b, length):
            one = _tier_of(x, y, a, b, same_unit_within_30_days)
            if one and (best is None or one < best):
                best = one
    return _lowered(best) if best and other_unit_same_day else best


def _tier_of(x: str, y: str, a: Read, b: Read, same_unit: bool) -> Tier | None:
    return grade(x, y, compare(x, y, a.unsure, b.unsure, a.alternatives, b.alternatives), a, b, same_unit)


def grade(x: str, y: str, shared: Shared, a: Read, b: Read, same_unit: bool) -> Tier | None:
    """The tier of two patterns that lie on one another as `shared` says."""
    if not shared.conflicts:
        if UNKNOWN not in x and x == y and not (a.unsure or b.unsure):
            return Tier.A
        if shared.agree >= 5:
            return Tier.B
        return Tier.C if shared.agree >= FEWEST and same_unit else None
    # The digits in question count among the five that B asks for.
    if shared.agree + len(shared.conflicts) < 5:
        return None
    how = slip(x, y, shared.conflicts)
    heard = {a.how, b.how} & {"told", "memory"}  # a swap is a slip of ear or memory, not of the eye
    return Tier.D if how == "confused" or (how == "swapped" and heard) else None


def _lowered(one: Tier) -> Tier | None:
    return {Tier.A: Tier.B, Tier.B: Tier.C, Tier.C: Tier.D, Tier.D: None}[one]


def asked_for(text: str, length: int = LENGTH) -> frozenset[str]:
    """The patterns that a search asks for: digits, `?` one digit, `*` any run. Fewer digits than a number has
    are looked for anywhere in it. Raises OtherNumber for anything that can't be part of a number."""
    tidy = normalise(text)
    if not tidy or set(tidy) - set("0123456789?*"):
        raise OtherNumber(text)
    parts = tidy.split(ANY_RUN)
    if len(parts) == 1 and len(tidy) < length:
        parts = ["", tidy, ""]
    if sum(map(len, parts)) > length:
        raise OtherNumber(text)
    found = frozenset(_spread(parts, length))
    if len(found) > MOST_PATTERNS:
        raise OtherNumber(text)
    return found


def _spread(parts: Sequence[str], length: int) -> Iterator[str]:
    """All ways to fill the gaps between parts with `?` up to `length`."""
    first, *rest = parts
    spare = length - sum(map(len, parts))
    if not rest:
        if spare == 0:
            yield first
        return
    for gap in range(spare + 1) if len(rest) > 1 or rest[0] else (spare,):
        head = first + UNKNOWN * gap
        for tail in _spread(rest, length - len(head)):
            yield head + tail


def answers(query: str, pattern: str, read: Read | None = None) -> Shared | None:
    """How a reading's pattern answers a query pattern, or None: enough digits in common, nothing against it but one
    known confusion or two neighbours exchanged.

    "Enough": three, or all that the query knows beside those in question."""
    if read is None:
        shared = compare(query, pattern)
    else:
        shared = compare(query, pattern, unsure_b=read.unsure, instead_b=read.alternatives)
    if shared.agree < min(FEWEST, known(query) - len(shared.conflicts)):
        return None
    return shared if not shared.conflicts or slip(query, pattern, shared.conflicts) else None


def slip(a: str, b: str, conflicts: tuple[int, ...]) -> str | None:
    """What explains where two patterns differ: `confused` digits, `swapped` neighbours, or None."""
    if len(conflicts) == 1:
        at = conflicts[0]
        return "confused" if frozenset((a[at], b[at])) in CONFUSED else None
    if len(conflicts) == 2:
        first, second = conflicts
        if second == first + 1 and a[first] == b[second] and a[second] == b[first]:
            return "swapped"
    return None


def confused_with(digit: str) -> str:
    """The digits that one is taken for."""
    return "".join(sorted(other for pair in CONFUSED if digit in pair for other in pair - {digit}))


def swaps(text: str) -> Iterator[tuple[int, str]]:
    """A pattern with each two different neighbours exchanged, and the place of the first of them."""
    for at, (x, y) in enumerate(pairwise(text)):
        if x != y and UNKNOWN not in (x, y):
            yield at, text[:at] + y + x + text[at + 2 :]


def others(unknown: int, agents: int, length: int = LENGTH) -> float:
    """How many of so many other agents share the known digits when `unknown` are open, were numbers spread evenly: an
    indication, no more (domain: (10^k - 1) x N / 10^length)."""
    return float(10**unknown - 1) * agents / float(10**length)
