"""Everything about one observation, laid out for reading: media and entries on one time line, officers,
clocks, integrity."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from app.db import db
from app.intake.models import Item
from app.journal.models import Entry, Observation
from app.register.models import Sighting
from app.review.hands import Hands, of_items
from app.review.medium import Medium, fill


@dataclass(frozen=True)
class Box:
    """One digit of a RIO as drawn: `state` is sure, unsure or unknown."""

    digit: str
    state: str


def boxes(pattern: object, unsure: object) -> list[Box]:
    """The digits of a pattern and how sure each is."""
    doubtful = {at for at in unsure if isinstance(at, int)} if isinstance(unsure, list) else set()
    return [
        Box("", "unknown") if c == "?" else Box(c, "unsure" if at in doubtful else "sure")
        for at, c in enumerate(str(pattern or ""))
    ]


@dataclass
class Said:
    """An entry as it stands now, and what it replaced, newest first."""

    entry: Entry
    replaced: list[Entry] = field(default_factory=list)
    hands: Hands | None = None  # only where there is something to say of them

    @property
    def type(self) -> str:
        return self.entry.type

    @property
    def at(self) -> int:
        """When the first version was tapped: that is when it was seen."""
        return self.replaced[-1].at if self.replaced else self.entry.at

    @property
    def data(self) -> dict[str, Any]:
        return data_of(self.entry)

    @property
    def withdrawn(self) -> bool:
        """Taken back by who made it. It stays on the time line and counts nowhere."""
        return self.entry.withdrawn and bool(self.replaced)


@dataclass(frozen=True)
class Line:
    """One line of the time line: an entry or a medium. `medium` and `offset` (ms into it) say where it can
    be seen."""

    at: int
    said: Said | None = None
    medium: Medium | None = None
    shown_in: Medium | None = None
    offset: int = 0


@dataclass
class Officer:
    number: int
    forces: list[str] = field(default_factory=list)
    looks: list[str] = field(default_factory=list)
    readings: list[dict[str, Any]] = field(default_factory=list)
    units: list[dict[str, Any]] = field(default_factory=list)
    codes: list[tuple[str, str]] = field(default_factory=list)
    quotes: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Clock:
    """One moment by every clock that saw it, in ms: device as claimed, offset and its error as measured,
    server receipt."""

    what: str
    number: int | None
    device: int | None
    offset: int | None
    error: int | None
    corrected: int
    received: int | None


@dataclass(frozen=True)
class Sheet:
    """The page of one observation."""

    observation: Observation
    lines: list[Line]
    media: list[Medium]
    officers: list[Officer]
    clocks: list[Clock]
    places: list[dict[str, Any]]


def data_of(entry: Entry) -> dict[str, Any]:
    """What an entry says. Lists that a page walks through hold only what it can show; the document keeps
    everything."""
    data = entry.document.get("data")
    data = dict(data) if isinstance(data, dict) else {}
    for name in ("fragments", "gaps"):
        if name in data:
            said = data[name]
            data[name] = [part for part in said if isinstance(part, dict)] if isinstance(said, list) else []
    return data


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def sheet(observation: Observation) -> Sheet:
    entries = list(
        db.session.scalars(
            select(Entry)
            .where(Entry.observation_id == observation.id)
            .order_by(Entry.at, Entry.seq, Entry.entry_id)
        )
    )
    said = standing(entries)
    told = of_items((one.entry.id for one in said), observation.device_id)
    for one in said:
        one.hands = told.get(one.entry.id)
    media = _media(observation, said)
    lines = [Line(medium.at, medium=medium) for medium in media]
    for one in said:
        if one.type not in {"begin", "end", "import"}:
            seen = _seen_in(one.at, media)
            lines.append(Line(one.at, said=one, shown_in=seen, offset=one.at - seen.at if seen else 0))
    lines.sort(key=lambda line: (line.at, line.said.entry.seq if line.said else -1))
    places = [p for e in entries if isinstance(p := e.document.get("place"), dict)]
    return Sheet(observation, lines, media, _officers(said), _clocks(entries, media), _distinct(places))


def sightings(observation: Observation) -> list[Sighting]:
    """What the register holds of its officers, those without a count last."""
    query = select(Sighting).where(Sighting.observation_id == observation.id)
    return list(db.session.scalars(query.order_by(Sighting.officer.is_(None), Sighting.officer, Sighting.at)))


def standing(entries: list[Entry]) -> list[Said]:
    """Entries as they stand: a corrected one is folded into its newest correction, however long the chain."""
    by_id = {entry.entry_id: entry for entry in entries}
    followers: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.corrects in by_id and entry.corrects != entry.entry_id:
            followers.setdefault(str(entry.corrects), []).append(entry)
    result = []
    for entry in entries:
        if entry.corrects in by_id and entry.corrects != entry.entry_id:
            continue
        chain = _chain(entry, followers)
        result.append(Said(chain[-1], chain[-2::-1]))
    return result


def _chain(first: Entry, followers: dict[str, list[Entry]]) -> list[Entry]:
    """All versions that go back to `first`, in the order they were written. Two corrections of one entry
    both count."""
    chain, waiting = [], [first]
    while waiting:
        entry = waiting.pop()
        if entry in chain:
            continue  # a ring, made by hand: each is shown once
        chain.append(entry)
        waiting.extend(followers.get(entry.entry_id, []))
    return sorted(chain, key=lambda entry: (entry is not first, entry.seq, entry.at))


def _media(observation: Observation, said: list[Said]) -> list[Medium]:
    found: dict[str, Medium] = {}
    entries = select(Item.id, Item.made_by).where(Item.id.in_([one.entry.id for one in said]))
    makers = {row[0]: row[1] for row in db.session.execute(entries)}
    for one in said:
        item = one.entry.about_item
        if item and one.type in {"begin", "import"} and item not in found:
            kind = "import" if one.type == "import" else str(one.data.get("kind") or "import")
            made_by = makers.get(one.entry.id, observation.device_id)
            found[item] = Medium(len(found) + 1, item, kind, one.at, one.data, made_by=made_by)
    for one in said:
        medium = found.get(one.entry.about_item or "")
        if medium and one.type in {"end", "import"}:
            medium.end = one.data
            medium.until = one.at if one.type == "end" else None
        elif medium and one.type == "stopped":
            medium.stopped.append((one.at, str(one.data.get("why"))))
    fill(list(found.values()))
    return list(found.values())


def _seen_in(at: int, media: list[Medium]) -> Medium | None:
    """The film or sound that was running at a moment; a film before a sound."""
    running = [
        m
        for m in media
        if m.kind in {"film", "sound"}
        and m.at <= at <= m.at + (m.length_ms or 0)
        and m.shows in {"video", "audio"}
    ]
    return min(running, key=lambda m: (m.kind != "film", m.at), default=None)


def _officers(said: list[Said]) -> list[Officer]:
    found: dict[int, Officer] = {}
    for one in said:
        number = one.data.get("officer")
        if not isinstance(number, int) or one.withdrawn:
            continue
        officer = found.setdefault(number, Officer(number))
        data = one.data
        if data.get("force") and data["force"] not in officer.forces:
            officer.forces.append(str(data["force"]))
        if one.type == "officer" and data.get("look"):
            officer.looks.append(str(data["look"]))
        elif one.type == "rio":
            officer.readings.append({**data, "boxes": boxes(data.get("pattern"), data.get("unsure"))})
        elif one.type == "unit":
            officer.units.append(data)
        elif one.type == "code":
            officer.codes.append((str(data.get("code")), str(data.get("basis"))))
        elif one.type == "quote":
            officer.quotes.append(data)
    return [found[number] for number in sorted(found)]


def _clocks(entries: list[Entry], media: list[Medium]) -> list[Clock]:
    by_item = {medium.item_id: medium for medium in media}
    own = select(Item.id, Item.received_at).where(Item.id.in_([entry.id for entry in entries]))
    received: dict[str, int] = {row[0]: row[1] for row in db.session.execute(own)}
    clocks = []
    for at, entry in enumerate(entries):
        medium = by_item.get(entry.about_item or "") if entry.type in {"begin", "import"} else None
        what = "first" if at == 0 else "last" if at == len(entries) - 1 else medium.kind if medium else ""
        if not what:
            continue
        clock = entry.document.get("clock")
        clock = clock if isinstance(clock, dict) else {}
        wall, offset, error = (
            clock.get(name) if isinstance(clock.get(name), int) else None
            for name in ("wall", "offset", "error")
        )
        arrived = medium.item.received_at if medium and medium.item else received.get(entry.id)
        clocks.append(Clock(what, medium.number if medium else None, wall, offset, error, entry.at, arrived))
    return clocks


def _distinct(places: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Places as claimed, each once, in the order they came."""
    seen: list[dict[str, Any]] = []
    for place in places:
        core: dict[str, Any] = {name: _number(place.get(name)) for name in ("lat", "lon", "accuracy")}
        core |= {"source": place.get("source"), "site": place.get("site")}
        if core not in seen:
            seen.append(core)
    return seen
