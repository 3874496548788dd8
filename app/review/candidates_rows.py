"""What a page shows of a sighting beside its number: observation, unit, vehicle, crop, for many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from app.db import db
from app.journal.models import Observation
from app.register.models import STANDS, Marking, Reading, Sighting
from app.register.whole import by_weight, versions_of

UNITS = ("company", "back", "squadron", "town")


@dataclass
class Row:
    """`reading`: the version that counts most. `units` and `around`: (kind, as written) of the officer, and of nobody in
    particular there. `crops`: readings that have a picture, the newest first."""

    sighting: Sighting
    observation: Observation
    reading: Reading | None
    versions: int
    crops: list[Reading]
    units: list[tuple[str, str]] = field(default_factory=list)
    around: list[tuple[str, str]] = field(default_factory=list)


def rows_of(sightings: Sequence[Sighting]) -> dict[str, Row]:
    """By the sightings' ids."""
    versions = versions_of(sightings)
    ids = {sighting.observation_id for sighting in sightings}
    observations = {o.id: o for o in db.session.scalars(select(Observation).where(Observation.id.in_(ids)))}
    rows = {}
    for sighting in sightings:
        standing = by_weight(versions[sighting.id])
        rows[sighting.id] = Row(
            sighting,
            observations[sighting.observation_id],
            standing[0] if standing else None,
            len(versions[sighting.id]),
            [reading for reading in standing if reading.crop],
        )
    _mark(rows, ids)
    return rows


def _mark(rows: dict[str, Row], observations: set[str]) -> None:
    by_observation: dict[str, list[Marking]] = {}
    for marking in db.session.scalars(
        select(Marking)
        .where(Marking.observation_id.in_(observations), Marking.state == STANDS, Marking.kind != "force")
        .order_by(Marking.at, Marking.id)
    ):
        by_observation.setdefault(marking.observation_id, []).append(marking)
    for row in rows.values():
        for marking in by_observation.get(row.observation.id, []):
            said = (marking.kind, marking.written)
            if marking.officer is None:
                row.around += [said] if said not in row.around else []
            elif marking.officer == row.sighting.officer:
                row.units += [said] if said not in row.units else []
