"""All versions of a sighting as one reading: what search and candidates compare. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from flask import current_app
from sqlalchemy import select

from app.db import db
from app.register import rio
from app.register.models import STANDS, Reading, Sighting


def length() -> int:
    """Digits of a number, as configured."""
    return int(current_app.config["TEMOIN"].rio_digits)


def as_read(reading: Reading) -> rio.Read:
    return rio.Read(
        pattern=reading.pattern,
        fragments=tuple(rio.Fragment(**fragment) for fragment in reading.fragments),
        unsure=frozenset(reading.unsure),
        how=reading.how,
        alternatives={int(at): digits for at, digits in reading.alternatives.items()},
    )


def by_weight(versions: Iterable[Reading]) -> list[Reading]:
    """The versions that stand, what counts most first: the desk's before the phone's, for it had time and the footage;
    then the newest."""
    standing = [reading for reading in versions if reading.state == STANDS]
    return sorted(standing, key=lambda reading: (reading.user_id is None, -reading.version))


def whole(sighting: Sighting, versions: Iterable[Reading]) -> rio.Read:
    """All that stands of a sighting as one reading."""
    reads = [as_read(reading) for reading in by_weight(versions)]
    loose = tuple(f for read in reads for f in read.fragments if f.anchor == "anywhere")
    how = next((read.how for read in reads if read.pattern or read.fragments), "")
    instead = {at: digits for read in reversed(reads) for at, digits in read.alternatives.items()}
    one = rio.Read(sighting.pattern, loose, frozenset(sighting.unsure), how, instead)
    return one if rio.patterns(one, length()) else replace(one, fragments=())


def versions_of(sightings: Sequence[Sighting]) -> dict[str, list[Reading]]:
    """The versions of each, by its id, the oldest first."""
    found: dict[str, list[Reading]] = {sighting.id: [] for sighting in sightings}
    query = select(Reading).where(Reading.sighting.in_(list(found))).order_by(Reading.version)
    for reading in db.session.scalars(query):
        found[str(reading.sighting)].append(reading)
    return found


def wholes(sightings: Sequence[Sighting]) -> dict[str, rio.Read]:
    """`whole` of each, by its id."""
    versions = versions_of(sightings)
    return {sighting.id: whole(sighting, versions[sighting.id]) for sighting in sightings}
