"""The register of readings: filled from opened entries, searched by pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import case, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from app.db import db, unit_of_work
from app.journal.models import Entry, Observation
from app.register import rio
from app.register.models import Reading, ReadingPattern

MOST_HITS = 200
FEWEST_DIGITS = 3  # the register isn't there to be browsed


class TooFewDigits(ValueError):
    """The look-up names fewer known digits than FEWEST_DIGITS."""


@dataclass(frozen=True)
class Hit:
    """A reading that answers a look-up, the observation it is from, and how well: `agree` digits in
    common, `near` when
    one digit is off by a known confusion, `replaced` when a correction has taken its place."""

    reading: Reading
    observation: Observation
    agree: int
    near: bool
    replaced: bool


def _length() -> int:
    return int(current_app.config["TEMOIN"].rio_digits)


def take(entry: Entry) -> Reading | None:
    """Put a newly opened entry into the register, if it is a reading. Call once for each new entry, within
    its unit
    of work; a second call changes nothing. Trial entries stay out, and those that take another back."""
    document = entry.document
    if entry.type != "rio" or document.get("trial") or entry.withdrawn:
        return None
    with unit_of_work() as work:
        found = work.scalars(select(Reading).where(Reading.entry == entry.id)).first()
        if found is not None:
            return found
        data = document.get("data")
        reading = _reading(entry, data if isinstance(data, dict) else {})
        work.add(reading)
        work.flush()
        for pattern in sorted(rio.patterns(as_read(reading), _length())):
            work.add(ReadingPattern(reading_id=reading.id, pattern=pattern))
        work.flush()
        return reading


MOST_FRAGMENTS = (
    16  # more is no reading: each fragment stands for many patterns, made while the log is locked
)


def _reading(entry: Entry, data: dict[str, Any]) -> Reading:
    """From a phone's words, which may be anything: what can't be a RIO is kept as it was written, in
    `other`."""
    length, other = _length(), [_text(data.get("other"))]
    pattern, said = None, _text(data.get("pattern"))
    if said:
        try:
            pattern = rio.parse(said, length)
        except rio.OtherNumber:
            other.append(said)
    fragments = []
    given = data.get("fragments")
    for item in given[:MOST_FRAGMENTS] if isinstance(given, list) else []:
        digits = rio.normalise(_text(item.get("digits"))) if isinstance(item, dict) else ""
        if digits.isascii() and digits.isdecimal() and len(digits) <= length:
            anchor = item.get("anchor") if item.get("anchor") in rio.ANCHORS else "anywhere"
            fragments.append({"digits": digits, "anchor": anchor})
        elif digits:
            other.append(digits)
    unsure = (
        [n for n in data.get("unsure") or [] if isinstance(n, int) and 0 <= n < length] if pattern else []
    )
    officer = data.get("officer")
    status, asked, how = (_text(data.get(name)) for name in ("status", "asked", "how"))
    return Reading(
        entry=entry.id,
        observation_id=entry.observation_id,
        officer=officer if isinstance(officer, int) else None,
        at=entry.at,
        status=status or "NOT_STATED",
        asked=asked or "NOT_STATED",
        how=how,
        pattern=pattern,
        fragments=fragments,
        unsure=sorted(set(unsure)),
        other=" / ".join(part for part in other if part),
        faults=rio.faults(status, asked, how, pattern, [rio.Fragment(**f) for f in fragments], length),
    )


def _text(value: object) -> str:
    return value.strip()[:80] if isinstance(value, str) else ""


def as_read(reading: Reading) -> rio.Read:
    return rio.Read(
        pattern=reading.pattern,
        fragments=tuple(rio.Fragment(**fragment) for fragment in reading.fragments),
        unsure=frozenset(reading.unsure),
        how=reading.how,
    )


def search(text: str) -> list[Hit]:
    """Readings that answer a typed number with `?` and `*`, the best first; without those that were taken back.
    Raises rio.OtherNumber.

    The caller logs the look-up: this reads only."""
    wanted = rio.asked_for(text, _length())
    if any(rio.known(query) < FEWEST_DIGITS for query in wanted):
        raise TooFewDigits
    hits: dict[int, Hit] = {}
    rows = db.session.execute(
        select(ReadingPattern.pattern, Reading, Observation, Entry.corrected_by)
        .join(Reading, Reading.id == ReadingPattern.reading_id)
        .join(Observation, Observation.id == Reading.observation_id)
        .join(Entry, Entry.id == Reading.entry)
        .where(or_(*(_may_answer(query) for query in wanted)))
    )
    for pattern, reading, observation, corrected_by in rows:
        if corrected_by is not None and _taken_back(reading.observation_id, corrected_by):
            continue
        for query in wanted:
            shared = rio.answers(query, pattern, frozenset(reading.unsure))
            if shared:
                hit = Hit(
                    reading, observation, shared.agree, bool(shared.conflicts), corrected_by is not None
                )
                hits[reading.id] = min(hits.get(reading.id, hit), hit, key=_rank)
    return sorted(hits.values(), key=_rank)[:MOST_HITS]


def _taken_back(observation_id: str, corrected_by: str) -> bool:
    """Whether the last word on a reading is that it was made by mistake."""
    seen: set[str] = set()
    last: Entry | None = None
    following: str | None = corrected_by
    while following is not None and following not in seen:  # a ring, made by hand, ends
        seen.add(following)
        found = db.session.scalars(
            select(Entry).where(Entry.entry_id == following, Entry.observation_id == observation_id)
        ).first()
        last, following = found or last, found.corrected_by if found else None
    return last is not None and last.withdrawn


def _rank(hit: Hit) -> tuple[bool, bool, int, int]:
    return (hit.replaced, hit.near, -hit.agree, -hit.reading.at)


def _may_answer(query: str) -> ColumnElement[bool]:
    """A condition that every answer meets: enough digits in common. `rio.answers` decides."""
    asked = [(at, digit) for at, digit in enumerate(query) if digit != rio.UNKNOWN]
    agree = sum(
        (case((func.substr(ReadingPattern.pattern, at + 1, 1) == digit, 1), else_=0) for at, digit in asked),
        start=case((ReadingPattern.reading_id.is_(None), 1), else_=0),
    )
    return agree >= min(3, len(asked))
