"""Rows of the queue: what each one says, in a handful of queries for a whole page. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from flask_babel import format_timedelta
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts.models import User
from app.clock import now_ms
from app.db import db
from app.intake.models import Deletion, Item, Upload
from app.journal.models import Entry, Observation
from app.opening.models import Opening
from app.review import access, hands, work
from app.review.models import Work

MEDIA = ("photo", "film", "sound", "import")


@dataclass
class Row:
    """One line of the queue. `marks` are names that the template puts into words. `closed`: who looks may not open it yet,
    so it says no more than time, site, codes and count."""

    subject: str
    at: int
    received_at: int
    reference: str = ""
    until: int | None = None
    place: str = ""
    has_fix: bool = False
    forces: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    counts: list[tuple[str, object, str]] = field(default_factory=list)
    media: Counter[str] = field(default_factory=Counter)
    marks: list[str] = field(default_factory=list)
    loose: str = ""  # item, upload or removed: what it is when no observation names it
    phone: str = ""
    state: str = "new"
    holder: str = ""  # a name
    mine: bool = False
    since: int | None = None
    why: str = ""
    stale: bool = False
    closed: bool = False

    @property
    def reviewed(self) -> bool:
        return self.state == "reviewed"

    @property
    def free(self) -> bool:
        """Whether it may be claimed as it is."""
        return not self.holder


def of_observations(viewer: User, found: Sequence[Observation]) -> list[Row]:
    ids = [observation.id for observation in found]
    wanted = ("officer", "unit", "code", "count", "begin", "import")
    said = db.session.scalars(
        select(Entry).where(Entry.observation_id.in_(ids), Entry.type.in_(wanted))
    ).all()
    entries: dict[str, list[Entry]] = {id: [] for id in ids}
    for entry in sorted(said, key=lambda one: (one.at, one.seq)):
        if entry.corrected_by is None and not entry.withdrawn:
            entries[entry.observation_id].append(entry)
    items, gone = _media_of(said)
    openings, came = _openings_of(ids), _hands_of(ids, items)
    rows = [
        _row(
            o, entries[o.id], items.get(o.id, []), openings.get(o.id, []), gone.get(o.id, set()), came.get(o.id, set()),
        )
        for o in found
    ]  # fmt: skip
    condition = (access.sensitive(Observation.id, ids), access.readable(viewer, Observation.id, ids))
    opened = db.session.execute(select(Observation.id, *condition).where(Observation.id.in_(ids)))
    stand(viewer, rows, {row[0]: (bool(row[1]), bool(row[2])) for row in opened})
    return rows


def stand(viewer: User, rows: Iterable[Row], opened: dict[str, tuple[bool, bool]]) -> None:
    """Add who has what in hand; close what the viewer may not open. `opened`: subject to (sensitive, readable)."""
    by_subject = {row.subject: row for row in rows}
    now = now_ms()
    query = select(Work, User.username, User.sensitive).join(User, User.id == Work.holder, isouter=True)
    for stands, name, _chosen in db.session.execute(query.where(Work.subject.in_(by_subject))):
        row = by_subject[stands.subject]
        row.state, row.holder, row.since = stands.state, name or "", stands.since
        row.mine, row.stale = stands.holder == viewer.id, work.is_stale(stands, now)
        row.why = stands.why or ""
    for subject, row in by_subject.items():
        sensitive, readable = opened.get(subject, (False, True))
        if sensitive:
            row.marks.insert(0, "sensitive")
        if not readable:
            row.closed = True
            row.forces, row.counts, row.marks, row.why = (
                [],
                [],
                [m for m in row.marks if m == "sensitive"],
                "",
            )


def ago(ms: int | None) -> str:
    """How long ago something was, in one unit: `3 days`, `3 jours`."""
    gap = timedelta(milliseconds=max(0, now_ms() - (ms or 0)))
    return str(format_timedelta(gap, granularity="minute", threshold=1))


def latest_openings(items: Iterable[str]) -> dict[str, Opening]:
    """The newest opening of each item (`Item.id`): a provisional one gives way to the final."""
    ids = list(items)
    newest = select(func.max(Opening.id)).where(Opening.item.in_(ids)).group_by(Opening.item)
    return {
        opening.item: opening for opening in db.session.scalars(select(Opening).where(Opening.id.in_(newest)))
    }


def _openings_of(observation_ids: Sequence[str]) -> dict[str, list[tuple[str, Opening]]]:
    """The newest opening of each upload of these observations with its item id, provisional ones included."""
    newest = (
        select(func.max(Opening.id)).where(Opening.observation_id.in_(observation_ids)).group_by(Opening.item)
    )
    found: dict[str, list[tuple[str, Opening]]] = {}
    query = select(Opening, Upload.item_id).join(Upload, Upload.id == Opening.item)
    for opening, item_id in db.session.execute(query.where(Opening.id.in_(newest))):
        found.setdefault(str(opening.observation_id), []).append((item_id, opening))
    return found


def _hands_of(observation_ids: Sequence[str], media: dict[str, list[Item]]) -> dict[str, set[str]]:
    """Marks for how entries and media of these observations came here: handed over, of a suspect phone."""
    own = select(Entry.observation_id, Item).join(Item, Item.id == Entry.id)
    rows = db.session.execute(own.where(Entry.observation_id.in_(observation_ids), hands.worth_a_word()))
    said = [(row[0], row[1]) for row in rows]
    ids = [item.id for items in media.values() for item in items]
    worth = set(db.session.scalars(select(Item.id).where(Item.id.in_(ids), hands.worth_a_word())))
    said += [(id, item) for id, items in media.items() for item in items if item.id in worth]
    found: dict[str, set[str]] = {}
    for observation_id, item in said:
        found.setdefault(observation_id, set()).update(hands.of_item(item).marks)
    return found


def _media_of(said: Sequence[Entry]) -> tuple[dict[str, list[Item]], dict[str, set[str]]]:
    """By observation, the stored media that these entries name, and item ids of those that a person removed on the
    phone: of the phone that sealed the entry, and of no other."""
    naming = [entry for entry in said if entry.type in {"begin", "import"} and entry.about_item]
    own = {item.id: item for item in _items(Item.id, (entry.id for entry in naming))}
    about = {str(entry.about_item) for entry in naming}
    named: dict[str, list[Item]] = {}
    for item in _items(Item.item_id, about):
        named.setdefault(item.item_id, []).append(item)
    gone = db.session.execute(select(Deletion.item_id, Deletion.device_id).where(Deletion.item_id.in_(about)))
    removals = {(row[0], row[1]) for row in gone}
    media: dict[str, list[Item]] = {}
    removed: dict[str, set[str]] = {}
    for entry in naming:
        by, item_id = own[entry.id], str(entry.about_item)
        media.setdefault(entry.observation_id, []).extend(
            item for item in named.get(item_id, []) if item.made_by == by.made_by
        )
        if {(item_id, by.made_by), (item_id, by.device_id)} & removals:
            removed.setdefault(entry.observation_id, set()).add(item_id)
    return media, removed


def _items(column: InstrumentedAttribute[str], ids: Iterable[str]) -> Iterable[Item]:
    return db.session.scalars(select(Item).where(column.in_(list(ids))))


def _row(
    o: Observation,
    entries: list[Entry],
    items: list[Item],
    opened: list[tuple[str, Opening]],
    removed: set[str],
    came: set[str],
) -> Row:
    here = {item.item_id for item in items}
    # A silent upload whose item came whole another way has had its time.
    openings = [opening for item_id, opening in opened if not (opening.provisional and item_id in here)]
    said = [(entry, entry.document.get("data") or {}) for entry in entries]
    media = Counter(
        str(data.get("kind") or "import") if entry.type == "begin" else "import"
        for entry, data in said
        if entry.type in {"begin", "import"}
    )
    counts = [(str(d.get("what")), d.get("n"), str(d.get("qualifier"))) for e, d in said if e.type == "count"]
    marks = marks_of(items, openings, sum(media.values()), len(removed - here))
    marks = [name for name in ("suspect", "handed-over") if name in came] + marks
    if o.practice:
        marks.append("practice")
    if not o.finished:
        marks.append("open")
    return Row(
        subject=o.id,
        at=o.started_at,
        received_at=o.first_received_at,
        reference=o.reference,
        until=o.ended_at,
        place=o.site or "",
        has_fix=o.lat is not None,
        forces=_once(str(d["force"]) for e, d in said if e.type in {"officer", "unit"} and d.get("force")),
        codes=_once(entry.code for entry in entries if entry.code),
        counts=counts,
        media=Counter({kind: media[kind] for kind in MEDIA if media[kind]}),
        marks=marks,
    )


def marks_of(items: list[Item], openings: list[Opening], expected: int, removed: int = 0) -> list[str]:
    """Marks that say what is not as it should be, the gravest first."""
    here = len({item.item_id for item in items}) + sum(o.provisional for o in openings)
    signed_for = {opening.item for opening in openings if opening.attested_size}  # in part at least
    tests = (
        ("differs", any(item.attested == "differs" for item in items)),
        ("unattested", any(item.attested == "none" and item.id not in signed_for for item in items)),
        ("interrupted", any(o.interrupted for o in openings) or any(item.cut for item in items)),
        ("provisional", any(o.provisional for o in openings)),
        ("removed", removed > 0),
        ("missing", here + removed < expected),
        (
            "no-copy",
            any(o.working is None for o in openings) or any(item.state == "failed" for item in items),
        ),
        ("waiting", any(item.state in {"waiting", "opening"} for item in items)),
    )
    return [name for name, holds in tests if holds]


def _once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
