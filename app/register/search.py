"""Looking in the register: by digits, and by what else is known of officer, day and place. Reads only: the caller logs
the look-up and says who may see what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import defer
from sqlalchemy.sql.elements import ColumnElement

from app.db import db
from app.journal.models import Observation
from app.register import index, rio
from app.register.models import REPLACED, STANDS, Reading, Sighting
from app.register.seen import Wanted, conditions, without_sighting
from app.register.whole import as_read, length

MOST_HITS = 100  # more is no answer: another digit, a unit or a day narrows it
FEWEST_DIGITS = rio.FEWEST  # the register isn't there to be browsed
_CHUNK = 1_000  # readings looked at together


class TooFewDigits(ValueError):
    """The look-up names fewer known digits than FEWEST_DIGITS."""


class NothingWanted(ValueError):
    """The look-up names nothing at all."""


@dataclass(frozen=True)
class Hit:
    """A sighting that answers, by the version that answers best; none where no digits were asked for. `query` and
    `pattern` are laid on one another as `shared` says; `slip` explains what differs (rio.slip)."""

    sighting: Sighting
    observation: Observation
    reading: Reading | None = None
    query: str = ""
    pattern: str = ""
    shared: rio.Shared | None = None
    slip: str | None = None
    tier: rio.Tier | None = None

    @property
    def agree(self) -> int:
        return self.shared.agree if self.shared else 0

    @property
    def replaced(self) -> bool:
        """Another version has taken its place since."""
        return self.reading is not None and self.reading.state == REPLACED


@dataclass(frozen=True)
class Found:
    """The best hits, at most MOST_HITS; `more`: there may be others. `observations`: those where unit or vehicle were
    noted, but no officer."""

    hits: list[Hit]
    more: bool = False
    observations: Sequence[Observation] = ()


def search(wanted: Wanted, *where: ColumnElement[bool]) -> Found:
    """What answers, the best first; without what was taken back. `where`: more conditions on Sighting and Observation.
    Raises rio.OtherNumber, TooFewDigits, NothingWanted."""
    if not wanted:
        raise NothingWanted
    if not wanted.number:
        return _without_digits(wanted, where)
    queries = sorted(rio.asked_for(wanted.number, length()))
    if any(rio.known(query) < FEWEST_DIGITS for query in queries):
        raise TooFewDigits
    where = (*conditions(wanted), *where)
    agreeing = index.agreeing(queries, rio.FEWEST)
    hits = _full(_best(agreeing, where, set()), queries, wanted)
    if len(hits) < MOST_HITS:
        close = index.nearly(queries, lambda query, n: min(rio.FEWEST, rio.known(query) - n))
        others = {reading: agree for reading, agree in close.items() if reading not in agreeing}
        known = {hit.sighting.id for hit in hits}
        best = _best(others, where, known)
        hits += _full(best, queries, wanted)
    return Found(sorted(hits, key=_rank)[:MOST_HITS], len(hits) >= MOST_HITS)


def _without_digits(wanted: Wanted, where: tuple[ColumnElement[bool], ...]) -> Found:
    rows = db.session.execute(
        select(Sighting, Observation)
        .join(Observation, Observation.id == Sighting.observation_id)
        .where(*conditions(wanted), *where)
        .order_by(Sighting.at.desc(), Sighting.id)
        .limit(MOST_HITS + 1)
    ).all()
    hits = [Hit(sighting, observation) for sighting, observation in rows]
    return Found(hits[:MOST_HITS], len(hits) > MOST_HITS, without_sighting(wanted, MOST_HITS))


def _best(readings: dict[int, int], where: tuple[ColumnElement[bool], ...], known: set[str]) -> list[int]:
    """The readings to show of those found, one a sighting that isn't known yet, those with most digits in common and the
    newest first."""
    chosen: dict[str, tuple[bool, int]] = {}
    for rows in _in_turn(readings, where):
        for reading, sighting, state in rows:
            one = (state == REPLACED, reading)
            if sighting in known:
                continue
            if sighting not in chosen or (not one[0] and chosen[sighting][0]):
                chosen[sighting] = one
        if len(chosen) + len(known) >= MOST_HITS:
            break
    return [reading for _, reading in chosen.values()][: MOST_HITS - len(known)]


def _in_turn(
    readings: dict[int, int], where: tuple[ColumnElement[bool], ...]
) -> Iterator[list[tuple[int, str, str]]]:
    order = sorted(readings, key=lambda reading: (-readings[reading], -reading))
    place = {reading: n for n, reading in enumerate(order)}
    for start in range(0, len(order), _CHUNK):
        query = select(Reading.id, Reading.sighting, Reading.state).where(
            index.among(Reading.id, order[start : start + _CHUNK])
        )
        if where:
            query = (
                query.join(Sighting, Sighting.id == Reading.sighting)
                .join(Observation, Observation.id == Sighting.observation_id)
                .where(*where)
            )
        rows = [(row[0], str(row[1]), row[2]) for row in db.session.execute(query)]
        yield sorted(rows, key=lambda row: place[row[0]])


def _full(readings: list[int], queries: list[str], wanted: Wanted) -> list[Hit]:
    """Readings with all that a page shows of them; without those that on a closer look don't answer."""
    rows = db.session.execute(
        select(Reading, Sighting, Observation)
        .join(Sighting, Sighting.id == Reading.sighting)
        .join(Observation, Observation.id == Sighting.observation_id)
        .where(index.among(Reading.id, readings))
        .options(defer(Reading.faults, raiseload=True))
    )
    hits = (_hit(reading, sighting, observation, queries, wanted) for reading, sighting, observation in rows)
    return [hit for hit in hits if hit is not None]


def _hit(
    reading: Reading, sighting: Sighting, observation: Observation, queries: list[str], wanted: Wanted
) -> Hit | None:
    read = as_read(reading)
    laid = [(pattern, read) for pattern in rio.patterns(read, length())]
    if reading.state == STANDS and sighting.pattern and sighting.pattern != reading.pattern:
        laid.append((sighting.pattern, rio.Read(sighting.pattern, unsure=frozenset(sighting.unsure))))
    answers = [
        Hit(
            sighting,
            observation,
            reading,
            query,
            pattern,
            shared,
            rio.slip(query, pattern, shared.conflicts),
            rio.grade(query, pattern, shared, rio.Read(query, how="told"), one, bool(wanted.unit)),
        )
        for query in queries
        for pattern, one in laid
        if (shared := rio.answers(query, pattern, one))
    ]
    return min(answers, key=_rank, default=None)


def _rank(hit: Hit) -> tuple[bool, bool, int, int]:
    return (hit.replaced, hit.slip is not None, -hit.agree, -hit.sighting.at)
