"""The register of readings: filled from opened entries and at the desk. The only writer of sightings, readings and
markings; nothing is overwritten but what can be laid down anew from them.

For whoever reads at the desk: `sighting_of` finds or `add_sighting` makes the officer in an observation, `read_again`
adds a version.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from sqlalchemy import func, select

from app.accounts.models import User
from app.clock import now_ms
from app.custody import log
from app.db import db, unit_of_work
from app.ids import new_id
from app.journal.models import Entry, Observation
from app.register import entries, index, rio
from app.register.models import REPLACED, STANDS, TAKEN_BACK, Marking, Reading, Sighting
from app.register.together import most_known, together
from app.register.whole import as_read, by_weight, length, whole

DESK_HOW = ("later_from_media", "told", "memory")  # how somebody at the desk may have come to a reading


class Contradiction(ValueError):
    """A reading made at the desk contradicts itself; `args` are names of rio.faults. Nothing was stored."""


class UnknownSighting(LookupError):
    """There is no such sighting or observation."""


@dataclass(frozen=True)
class Said:
    """What somebody reads at the desk, as in a `rio` entry (docs/formats.md). `alternatives`: for an unsure position,
    from 0, the digits that it may be instead."""

    status: str
    asked: str = "NOT_ASKED"
    how: str = "later_from_media"
    pattern: str | None = None
    fragments: tuple[rio.Fragment, ...] = ()
    unsure: frozenset[int] = frozenset()
    alternatives: dict[int, str] = field(default_factory=dict)
    other: str = ""
    checked: bool = False  # chest, shoulders and armband were in view


@dataclass(frozen=True)
class Region:
    """A part of the picture, in pixels of the working copy, from its upper left corner."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True)
class Evidence:
    """Where a reading can be seen again: the medium's upload id (`Item.id`), the moment in it (ms from its first frame;
    none for a photo), the part of the picture, and the sealed crop with the SHA-256 of its plaintext."""

    media: str
    media_ms: int | None = None
    region: Region | None = None
    crop: str | None = None
    crop_sha256: str | None = None


def take(entry: Entry) -> Reading | None:
    """Put a newly opened entry into the register, if it says something of an officer or a unit. Call once for each new
    entry, within its unit of work; a second call changes nothing. Trial entries stay out, and those that take another
    back."""
    if entry.type not in entries.TYPES or entry.document.get("trial"):
        return None
    with unit_of_work() as work:
        found = work.scalars(select(Reading).where(Reading.entry == entry.id)).first()
        if found is not None:
            return found
        reading = None
        if not entry.withdrawn:
            if entry.type == "rio":
                reading = entries.reading(entry, length())
                _append(_sighting_for(entry, reading), reading)
            elif work.scalars(select(Marking.id).where(Marking.entry == entry.id).limit(1)).first() is None:
                work.add_all(entries.markings(entry))
                work.flush()
        if entry.corrects or entry.corrected_by:
            _restate(entry.observation_id)
        _settle_those_of(entry, reading)
        return reading


def sighting_of(observation_id: str, officer: int) -> Sighting:
    """The sighting of an officer that the observer counted; made if no number was read of them yet. Raises
    UnknownSighting."""
    with unit_of_work() as work:
        found = _by_count(observation_id, officer)
        if found is None:
            observation = work.get(Observation, observation_id)
            if observation is None:
                raise UnknownSighting(observation_id)
            found = _new_sighting(observation_id, officer, observation.started_at, None)
            settle(found)
        return found


def add_sighting(
    user: User, observation_id: str, at: int, force: str | None = None, look: str = ""
) -> Sighting:
    """An officer that somebody at the desk sees in the footage and no entry names. `at` in ms. Raises UnknownSighting."""
    with unit_of_work() as work:
        if work.get(Observation, observation_id) is None:
            raise UnknownSighting(observation_id)
        made = _new_sighting(observation_id, None, at, user.id)
        made.force, made.look = force, look.strip()
        work.flush()
        log.append(user.actor, "sighting.added", made.id, {"observation": observation_id})
        return made


def read_again(user: User, sighting_id: str, said: Said, evidence: Evidence | None = None) -> Reading:
    """Append a version to a sighting. The log names reading, evidence and hashes, never a digit. Raises UnknownSighting,
    and Contradiction for what rio.faults names."""
    faults = rio.faults(said.status, said.asked, said.how, said.pattern, said.fragments, length())
    if faults:
        raise Contradiction(*faults)
    with unit_of_work() as work:
        sighting = work.get(Sighting, sighting_id)
        if sighting is None:
            raise UnknownSighting(sighting_id)
        for earlier in _versions(sighting):
            if earlier.user_id is not None and earlier.state == STANDS:
                earlier.state = REPLACED
        reading = Reading(
            observation_id=sighting.observation_id,
            officer=sighting.officer,
            user_id=user.id,
            made_at=now_ms(),
            at=sighting.at,
            state=STANDS,
            status=said.status,
            checked=said.checked,
            asked=said.asked,
            how=said.how,
            pattern=said.pattern,
            fragments=[asdict(fragment) for fragment in said.fragments],
            unsure=sorted(said.unsure) if said.pattern else [],
            alternatives={str(at): digits for at, digits in sorted(said.alternatives.items())},
            other=said.other,
            faults=[],
        )
        if evidence is not None:
            reading.media, reading.media_ms = evidence.media, evidence.media_ms
            reading.region = asdict(evidence.region) if evidence.region else None
            reading.crop, reading.crop_sha256 = evidence.crop, evidence.crop_sha256
        _append(sighting, reading)
        settle(sighting)
        log.append(
            user.actor,
            "reading.added",
            sighting.id,
            {
                "reading": reading.id,
                "version": reading.version,
                "status": reading.status,
                "asked": reading.asked,
                "how": reading.how,
                "media": reading.media,
                "media_ms": reading.media_ms,
                "region": reading.region,
                "crop": reading.crop_sha256,
            },
        )
        return reading


def settle(sighting: Sighting) -> None:
    """Lay down anew what the versions of a sighting say together, and what it is found by."""
    versions = _versions(sighting)
    readings = by_weight(versions)
    reads = [as_read(reading) for reading in readings]
    laid = together(reads, length())
    sighting.pattern = laid.pattern if laid.known else None
    sighting.unsure = sorted(laid.unsure)
    sighting.known = max([laid.known, *(most_known(read, length()) for read in reads)])
    sighting.status = readings[0].status if readings else "NOT_CHECKED"
    if readings and sighting.user_id is None:
        sighting.at = min(reading.at for reading in readings)
    if sighting.officer is not None:
        force, look = entries.force_and_look(sighting.observation_id, sighting.officer)
        sighting.force, sighting.look = force or sighting.force, look or sighting.look
    found_by = {
        reading.id: index.ways(as_read(reading), length()) if reading.state != TAKEN_BACK else set()
        for reading in versions
    }
    if readings:  # two parts read apart may be found by digits of both
        found_by[readings[0].id] |= index.ways(whole(sighting, versions), length())
    index.lay(found_by)


def _versions(sighting: Sighting) -> list[Reading]:
    """All versions, the oldest first."""
    return list(
        db.session.scalars(select(Reading).where(Reading.sighting == sighting.id).order_by(Reading.version))
    )


def _append(sighting: Sighting, reading: Reading) -> None:
    last = db.session.scalar(select(func.max(Reading.version)).where(Reading.sighting == sighting.id))
    reading.sighting, reading.version = sighting.id, (last or 0) + 1
    db.session.add(reading)
    db.session.flush()


def _new_sighting(observation_id: str, officer: int | None, at: int, user_id: str | None) -> Sighting:
    made = Sighting(
        id=new_id(),
        observation_id=observation_id,
        officer=officer,
        user_id=user_id,
        made_at=now_ms(),
        at=at,
        force=None,
        look="",
        status="NOT_CHECKED",
        pattern=None,
        known=0,
        unsure=[],
    )
    db.session.add(made)
    db.session.flush()
    return made


def _by_count(observation_id: str, officer: int) -> Sighting | None:
    return db.session.scalars(
        select(Sighting)
        .where(Sighting.observation_id == observation_id, Sighting.officer == officer)
        .order_by(Sighting.made_at, Sighting.id)
    ).first()


def _sighting_for(entry: Entry, reading: Reading) -> Sighting:
    """Where a phone's reading belongs: with its officer; one of nobody in particular with what it corrects, or alone."""
    if reading.officer is not None:
        found = _by_count(entry.observation_id, reading.officer)
    else:
        kin = [name for name in (entry.corrects, entry.corrected_by) if name]
        found = db.session.scalars(
            select(Sighting)
            .join(Reading, Reading.sighting == Sighting.id)
            .join(Entry, Entry.id == Reading.entry)
            .where(Entry.observation_id == entry.observation_id, Entry.entry_id.in_(kin))
            .where(Sighting.officer.is_(None))
        ).first()
    return found or _new_sighting(entry.observation_id, reading.officer, entry.at, None)


def _restate(observation_id: str) -> None:
    """After a correction: which of an observation's readings and markings stand. Few entries have one."""
    touched = entries.corrections(observation_id)
    states = {entry.id: entries.state(entry, touched) for entry in touched.values()}
    ids = list(states)
    for reading in db.session.scalars(select(Reading).where(Reading.entry.in_(ids))):
        reading.state = states[str(reading.entry)]
    for marking in db.session.scalars(select(Marking).where(Marking.entry.in_(ids))):
        marking.state = states[marking.entry]
    db.session.flush()


def _settle_those_of(entry: Entry, reading: Reading | None) -> None:
    """A correction may change sightings of other officers too: one officer became another."""
    query = select(Sighting).where(Sighting.observation_id == entry.observation_id)
    if not (entry.corrects or entry.corrected_by):
        data = entry.document.get("data")
        officer = data.get("officer") if isinstance(data, dict) else None
        if reading is not None:
            query = query.where(Sighting.id == reading.sighting)
        elif isinstance(officer, int) and not isinstance(officer, bool):
            query = query.where(Sighting.officer == officer)
        else:
            return
    for sighting in db.session.scalars(query).all():
        settle(sighting)
