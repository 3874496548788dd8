"""Phones' words for the register: `rio`, `officer` and `unit` entries as rows. They may say anything: what can't be a
RIO is kept as it was written."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import or_, select

from app.db import db
from app.journal.models import Entry
from app.register import rio
from app.register.models import REPLACED, STANDS, TAKEN_BACK, Marking, Reading

TYPES = ("rio", "officer", "unit")
KINDS = ("force", "company", "back", "squadron", "vehicle", "town", "other")
# More is no reading: each fragment stands for many patterns, made while the log is locked.
MOST_FRAGMENTS = 16


def reading(entry: Entry, length: int) -> Reading:
    """The reading of a `rio` entry, not stored yet."""
    data = data_of(entry)
    other = [_text(data.get("other"))]
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
    unsure = data.get("unsure") if pattern else None
    places = (
        [n for n in unsure if _count(n) is not None and 0 <= n < length] if isinstance(unsure, list) else []
    )
    checked = data.get("checked")
    status, asked, how = (_text(data.get(name)) for name in ("status", "asked", "how"))
    return Reading(
        entry=entry.id,
        observation_id=entry.observation_id,
        officer=officer_of(entry),
        made_at=entry.at,
        at=entry.at,
        state=STANDS,
        status=status or "NOT_STATED",
        checked=checked if isinstance(checked, bool) else None,
        asked=asked or "NOT_STATED",
        how=how,
        pattern=pattern,
        fragments=fragments,
        unsure=sorted(set(places)),
        alternatives={},
        other=" / ".join(part for part in other if part),
        faults=rio.faults(status, asked, how, pattern, [rio.Fragment(**f) for f in fragments], length),
    )


def markings(entry: Entry) -> list[Marking]:
    """What an `officer` or `unit` entry says of force, unit and vehicle, not stored yet."""
    data = data_of(entry)
    return [
        Marking(
            entry=entry.id,
            observation_id=entry.observation_id,
            officer=officer_of(entry),
            at=entry.at,
            state=STANDS,
            kind=kind,
            value=to_find(kind, written),
            written=written,
        )
        for kind in KINDS
        if (written := _text(data.get(kind)))
    ]


# A CRS company is one number in the whole country, however it is written: CRS 36, VII-36, Cie. VII/36.
_COMPANY = re.compile(r"^(?:(?:crs|cie\.?)\s*)?(?:(?:ix|iv|v?i{1,3}|v)\s*[-/]\s*)?0*(\d{1,2})$")


def to_find(kind: str, written: str) -> str:
    """A marking as it is looked for: letters and digits without case; of a CRS company its number."""
    plain = written.casefold().strip()
    if kind == "company" and (company := _COMPANY.match(plain)):
        return company[1]
    return "".join(c for c in plain if c.isalnum())


def data_of(entry: Entry) -> dict[str, Any]:
    data = entry.document.get("data")
    return data if isinstance(data, dict) else {}


def officer_of(entry: Entry) -> int | None:
    """The observer's count of the officer that an entry speaks of."""
    return _count(data_of(entry).get("officer"))


def corrections(observation_id: str) -> dict[str, Entry]:
    """The entries of an observation that correct something or are corrected, by the phone's id."""
    query = select(Entry).where(
        Entry.observation_id == observation_id,
        Entry.type.in_(TYPES),
        or_(Entry.corrects.is_not(None), Entry.corrected_by.is_not(None)),
    )
    return {entry.entry_id: entry for entry in db.session.scalars(query)}


def state(entry: Entry, others: dict[str, Entry]) -> str:
    """Whether an entry stands, was replaced, or belongs to what was taken back in the end."""
    seen, last = {entry.entry_id}, entry
    while last.corrected_by in others and last.corrected_by not in seen:  # a ring, made by hand, ends
        last = others[last.corrected_by]
        seen.add(last.entry_id)
    if last.withdrawn:
        return TAKEN_BACK
    return STANDS if last is entry else REPLACED


def force_and_look(observation_id: str, officer: int) -> tuple[str | None, str]:
    """What stands of an officer's force and look."""
    force = db.session.scalar(
        select(Marking.written)
        .where(
            Marking.observation_id == observation_id,
            Marking.officer == officer,
            Marking.kind == "force",
            Marking.state == STANDS,
        )
        .order_by(Marking.at.desc(), Marking.id.desc())
        .limit(1)
    )
    looks = db.session.scalars(
        select(Entry)
        .where(Entry.observation_id == observation_id, Entry.type == "officer", Entry.corrected_by.is_(None))
        .order_by(Entry.at, Entry.seq)
    )
    said = [
        str(data_of(e)["look"]).strip()
        for e in looks
        if officer_of(e) == officer and data_of(e).get("look") and not e.withdrawn
    ]
    return force, " · ".join(text[:300] for text in said if text)


def _count(value: object) -> int | None:
    """A small whole number, as phones count; nothing else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**6 else None


def _text(value: object) -> str:
    return value.strip()[:80] if isinstance(value, str) else ""
