"""Opened entries and the observations they make up. The only writer of both."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from app import jws
from app.clock import bounded
from app.db import db, unit_of_work
from app.documents import loads
from app.enrol import service as enrol
from app.ids import is_id
from app.intake import handover
from app.intake.models import Item
from app.journal.models import Entry, Observation
from app.journal.reference import reference

NONE_COUNTED = ("NONE_SEEN", "NO_VIEW")  # qualifiers that say of a count that nothing was there to be counted


class BadEntry(Exception):
    """An opened entry isn't what docs/formats.md says; the message says what is off, never content."""


@dataclass(frozen=True)
class Parsed:
    """The parts of an entry's document that become columns."""

    document: dict[str, Any]
    entry_id: str
    observation: str
    type: str
    seq: int
    at: int
    trial: bool
    corrects: str | None
    about: str | None
    code: str | None
    counted: str | None
    place: dict[str, Any] | None


def _whole(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53


def _short(value: object) -> str | None:
    return value if isinstance(value, str) and len(value) <= 40 else None


def _offset(value: object) -> int:
    """Server minus device in ms; 0 where the phone never measured it."""
    return int(str(value).partition(".")[0]) if _whole(value) else 0


def parse(text: str) -> Parsed:
    """Read an entry as a phone sealed it. Unknown types and fields are kept. Raises BadEntry."""
    try:
        document = loads(text)
    except ValueError as error:
        raise BadEntry("not JSON") from error
    if not isinstance(document, dict) or document.get("v") != 1:
        raise BadEntry("not an entry of version 1")
    if not is_id(document.get("id")) or not is_id(document.get("observation")):
        raise BadEntry("no id or observation")
    clock, data, kind = document.get("clock"), document.get("data"), document.get("type")
    if not isinstance(clock, dict) or not _whole(clock.get("wall")) or not isinstance(data, dict):
        raise BadEntry("no clock or data")
    if not isinstance(kind, str) or not 1 <= len(kind) <= 40 or not _whole(document.get("seq")):
        raise BadEntry("no type or number")
    place = document.get("place")
    about, corrects = data.get("item"), document.get("corrects")
    return Parsed(
        document=document, entry_id=document["id"], observation=document["observation"], type=kind,
        seq=int(document["seq"]), at=bounded(int(clock["wall"]) + _offset(clock.get("offset"))),
        trial=document.get("trial") is True, corrects=corrects if is_id(corrects) else None,
        about=about if is_id(about) else None, code=_short(data.get("code")),
        counted=_short(data.get("what")) if kind == "count" and data.get("qualifier") not in NONE_COUNTED else None,
        place=place if isinstance(place, dict) else None,
    )  # fmt: skip


def read(document: dict[str, Any]) -> Parsed:
    """The parts of an entry that is kept. Raises BadEntry."""
    return parse(json.dumps(document))


def digest(document: dict[str, Any]) -> str:
    """SHA-256 of an entry as it is kept: its JSON with sorted keys and without spaces."""
    stored = json.loads(json.dumps(document))  # as a database gives it back: every key is text
    text = json.dumps(stored, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return jws.sha256(text.encode("utf-8", "surrogatepass"))


def record(item: Item, text: str) -> Entry:
    """Append the opened entry of `item`. Safe to repeat. Raises BadEntry."""
    parsed = parse(text)
    if parsed.entry_id != item.item_id:
        raise BadEntry("the entry names another item")
    with unit_of_work() as session:
        known = session.get(Entry, item.id)
        if known is not None:
            return known
        own, counts = _standing(item, parsed.observation)
        again = _came_before(item, parsed)
        if again is not None and not counts:
            return again
        _observe(item, parsed, counts)
        about = parsed.about if counts or (own and parsed.type in {"begin", "import"}) else None
        if again is not None:  # what came on a bearer's word is now proven: it counts like any other
            again.corrects, again.about_item = parsed.corrects, about
            _link_corrections(again)
            return again
        entry = Entry(
            id=item.id, entry_id=parsed.entry_id, observation_id=parsed.observation, seq=parsed.seq, type=parsed.type,
            at=parsed.at, corrects=parsed.corrects if counts else None, about_item=about, code=parsed.code,
            counted=parsed.counted, document=parsed.document,
        )  # fmt: skip
        session.add(entry)
        session.flush()
        _link_corrections(entry)
        return entry


def _came_before(item: Item, parsed: Parsed) -> Entry | None:
    """The same entry by another way: handed over to a second phone while the first could send it after all."""
    others = db.session.scalars(
        select(Entry)
        .join(Item, Item.id == Entry.id)
        .where(Entry.entry_id == parsed.entry_id, Item.made_by == item.made_by)
    )
    return next((entry for entry in others if entry.document == parsed.document), None)


def _standing(item: Item, observation_id: str) -> tuple[bool, bool]:
    """Whether an entry is said to be of the phone whose observation it is, and whether it counts: that is proven. What
    only a bearer's word ties to an observation is shown beside the rest under the bearer's name, and takes back, ends
    and moves nothing."""
    seen = db.session.get(Observation, observation_id)
    own = seen is None or item.made_by in enrol.line_of(seen.device_id)
    return own, own and handover.is_proven(item)


def _observe(item: Item, parsed: Parsed, counts: bool) -> Observation:
    seen = db.session.get(Observation, parsed.observation)
    if seen is None:
        seen = Observation(
            id=parsed.observation, reference=reference(parsed.observation), device_id=item.made_by,
            trial=parsed.trial, practice=item.practice, started_at=parsed.at, ended_at=parsed.at, finished=False,
            first_received_at=item.received_at,
        )  # fmt: skip
        db.session.add(seen)
    # Another phone may not write into an observation by quoting its id; the same one, enrolled again, may. One that has
    # only said so, signed, adds under its own name and changes nothing.
    elif seen.device_id != item.made_by and item.made_by not in (
        handover.kin(seen.device_id) | enrol.line_of(seen.device_id)
    ):
        raise BadEntry("the observation is another phone's")
    # One entry that is meant makes it real, whoever brings it: nothing real is ever hidden.
    seen.trial = seen.trial and parsed.trial
    db.session.flush()
    if not counts:
        return seen
    later = parsed.type == "note" and parsed.document["data"].get("later") is True
    if not later:
        seen.started_at = min(seen.started_at, parsed.at)
        seen.ended_at = max(seen.ended_at, parsed.at)
    seen.finished = seen.finished or parsed.type == "finish"
    _place(seen, parsed.place)
    db.session.flush()
    return seen


def _place(seen: Observation, place: dict[str, Any] | None) -> None:
    if place is None:
        return
    site = place.get("site")
    if place.get("source") == "site" and isinstance(site, str):
        seen.site = seen.site or site[:80]
    lat, lon, accuracy = place.get("lat"), place.get("lon"), place.get("accuracy")
    if (
        _whole(lat)
        and _whole(lon)
        and (seen.accuracy is None or (_whole(accuracy) and float(str(accuracy)) < seen.accuracy))
    ):
        seen.lat, seen.lon = float(str(lat)), float(str(lon))
        seen.accuracy = float(str(accuracy)) if _whole(accuracy) else None


def _link_corrections(entry: Entry) -> None:
    """Entries arrive in any order: link both ways, newest correction wins."""
    if entry.corrects is not None:
        db.session.execute(
            update(Entry)
            .where(Entry.entry_id == entry.corrects, Entry.observation_id == entry.observation_id)
            .values(corrected_by=entry.entry_id)
        )
    corrected = db.session.scalars(
        select(Entry)
        .where(Entry.corrects == entry.entry_id, Entry.observation_id == entry.observation_id)
        .order_by(Entry.seq.desc())
    ).first()
    if corrected is not None:
        entry.corrected_by = corrected.entry_id


def observation_of_media(made_by: str, item_id: str) -> str | None:
    """The observation that a media item belongs to, by its begin or import entry from the same enrolment, if that arrived."""
    return db.session.scalar(
        select(Entry.observation_id)
        .join(Item, Item.id == Entry.id)
        .where(
            Entry.about_item == item_id,
            Item.made_by == made_by,
            Entry.type.in_(["begin", "import", "end"]),
        )
        .limit(1)
    )
