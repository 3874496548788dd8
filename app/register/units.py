"""Whether two sightings are of one unit: units rotate, so it holds for a day and place and, for candidates, 30 days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import select

from app.clock import to_datetime
from app.db import db
from app.register.models import STANDS, Marking, Sighting

STINT = 30 * 86_400_000  # ms
UNITS = ("company", "squadron", "town")  # what names a unit; back codes and ranks are the same in many
NO_FORCE = (None, "", "UNK")


@dataclass(frozen=True)
class Belongs:
    """The units of a sighting: `own`, noted of this officer; `around`, noted of nobody in particular there."""

    force: str | None
    day: date
    at: int
    own: frozenset[tuple[str, str]] = frozenset()
    around: frozenset[tuple[str, str]] = frozenset()

    @property
    def units(self) -> frozenset[tuple[str, str]]:
        """The officer's own, else the one unit that was there; several say nothing."""
        return self.own or (self.around if len(self.around) == 1 else frozenset())


def belongings(sightings: Sequence[Sighting]) -> dict[str, Belongs]:
    """By the sightings' ids."""
    noted: dict[tuple[str, int | None], set[tuple[str, str]]] = {}
    observations = {sighting.observation_id for sighting in sightings}
    for marking in db.session.scalars(
        select(Marking).where(
            Marking.observation_id.in_(observations), Marking.kind.in_(UNITS), Marking.state == STANDS
        )
    ):
        noted.setdefault((marking.observation_id, marking.officer), set()).add((marking.kind, marking.value))
    return {
        sighting.id: Belongs(
            sighting.force,
            _day(sighting.at),
            sighting.at,
            frozenset(noted.get((sighting.observation_id, sighting.officer), ()))
            if sighting.officer is not None
            else frozenset(),
            frozenset(noted.get((sighting.observation_id, None), ())),
        )
        for sighting in sightings
    }


def same_unit(one: Belongs, other: Belongs) -> bool:
    """Both of one unit, not more than 30 days apart."""
    return bool(one.units & other.units) and abs(one.at - other.at) <= STINT


def other_unit_same_day(one: Belongs, other: Belongs) -> bool:
    """Of another force or unit on the same local day: nobody changes on a day."""
    if one.day != other.day:
        return False
    forces = one.force not in NO_FORCE and other.force not in NO_FORCE and one.force != other.force
    return forces or bool(one.own and other.own and not one.own & other.own)


def _day(at: int) -> date:
    zone = ZoneInfo(current_app.config["TEMOIN"].timezone)
    return to_datetime(at).astimezone(zone).date()
