"""Looking in the register. Reads only: the caller logs the look-up."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from app.db import db
from app.journal.models import Observation
from app.register import rio
from app.register.models import REPLACED, TAKEN_BACK, Reading, ReadingPattern
from app.register.service import length

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


def search(text: str) -> list[Hit]:
    """Readings that answer a typed number with `?` and `*`, the best first; without those that were taken back.
    Raises rio.OtherNumber.

    The caller logs the look-up: this reads only."""
    wanted = rio.asked_for(text, length())
    if any(rio.known(query) < FEWEST_DIGITS for query in wanted):
        raise TooFewDigits
    hits: dict[int, Hit] = {}
    rows = db.session.execute(
        select(ReadingPattern.pattern, Reading, Observation)
        .join(Reading, Reading.id == ReadingPattern.reading_id)
        .join(Observation, Observation.id == Reading.observation_id)
        .where(or_(*(_may_answer(query) for query in wanted)))
    )
    for pattern, reading, observation in rows:
        if reading.state == TAKEN_BACK:
            continue
        for query in wanted:
            shared = rio.answers(query, pattern, frozenset(reading.unsure))
            if shared:
                hit = Hit(
                    reading, observation, shared.agree, bool(shared.conflicts), reading.state == REPLACED
                )
                hits[reading.id] = min(hits.get(reading.id, hit), hit, key=_rank)
    return sorted(hits.values(), key=_rank)[:MOST_HITS]


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
