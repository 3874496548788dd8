"""What came in, newest first: observations, and items that belong to none. Reads only, in a handful of
queries a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement

from app.db import db
from app.intake.models import Deletion, Item, Upload
from app.journal.models import Entry, Observation
from app.opening.models import Opening
from app.review import hands
from app.review.models import Mark

PAGE = 200
MEDIA = ("photo", "film", "sound", "import")


@dataclass
class Row:
    """One line of the queue. `marks` are names that the template puts into words."""

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
    reviewed: bool = False
    loose: bool = False


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    new: int
    total: int
    more: bool


def observations(
    where: Iterable[ColumnElement[bool]] = (), only_new: bool = False, trial: bool = False
) -> Page:
    """A page of the queue, at most PAGE rows. Trial observations show only when they are asked for, and
    then alone."""
    conditions = [Observation.trial.is_(trial), *where]
    ids = select(Observation).where(*conditions)
    new = ids.where(~reviewed(Observation.id))
    total, count_new = (_count(query) for query in (ids, new))
    chosen = (
        (new if only_new else ids)
        .order_by(Observation.first_received_at.desc(), Observation.id)
        .limit(PAGE + 1)
    )
    found = list(db.session.scalars(chosen))
    return Page(_rows(found[:PAGE]), count_new, total, len(found) > PAGE)


def loose_items(only_new: bool = False) -> Page:
    """Received items that no journal entry names: from a foreign client, or ahead of their entries."""
    naming = aliased(Item)
    named = exists().where(
        Entry.about_item == Item.item_id, naming.id == Entry.id, naming.made_by == Item.made_by
    )
    query = select(Item).where(
        ~named, or_(Item.kind.is_(None), Item.kind.not_in(("entry", "tail")), Item.state == "failed")
    )
    read_as_entry = exists().where(Entry.id == Item.id)
    query = query.where(~read_as_entry)
    new = query.where(~reviewed(Item.id))
    found = list(
        db.session.scalars(
            (new if only_new else query).order_by(Item.received_at.desc(), Item.id).limit(PAGE + 1)
        )
    )
    openings = latest_openings(item.id for item in found)
    marked = _reviewed_among(item.id for item in found)
    rows = [
        Row(
            subject=item.id,
            at=item.received_at,
            received_at=item.received_at,
            media=Counter({item.kind or "import": 1}),
            marks=_marks([item], [openings[item.id]] if item.id in openings else [], 1),
            reviewed=item.id in marked,
            loose=True,
        )
        for item in found[:PAGE]
    ]
    return Page(rows, _count(new), _count(query), len(found) > PAGE)


def reviewed(subject: object) -> ColumnElement[bool]:
    """Whether the newest mark of a subject says reviewed."""
    later = aliased(Mark)
    return exists().where(
        Mark.subject == subject,
        Mark.reviewed,
        ~exists().where(later.subject == Mark.subject, later.id > Mark.id),
    )


def latest_openings(items: Iterable[str]) -> dict[str, Opening]:
    """The newest opening of each item (`Item.id`): a provisional one gives way to the final."""
    ids = list(items)
    newest = select(func.max(Opening.id)).where(Opening.item.in_(ids)).group_by(Opening.item)
    return {
        opening.item: opening for opening in db.session.scalars(select(Opening).where(Opening.id.in_(newest)))
    }


def _count(query: Select[Any]) -> int:
    return int(db.session.scalar(select(func.count()).select_from(query.subquery())) or 0)


def _reviewed_among(subjects: Iterable[str]) -> set[str]:
    ids = list(subjects)
    states: dict[str, bool] = {}
    for mark in db.session.scalars(select(Mark).where(Mark.subject.in_(ids)).order_by(Mark.id)):
        states[mark.subject] = mark.reviewed
    return {subject for subject, state in states.items() if state}


def _rows(found: Sequence[Observation]) -> list[Row]:
    ids = [observation.id for observation in found]
    entries: dict[str, list[Entry]] = {id: [] for id in ids}
    wanted = ("officer", "unit", "code", "count", "begin", "import")
    for entry in db.session.scalars(
        select(Entry)
        .where(Entry.observation_id.in_(ids), Entry.type.in_(wanted))
        .order_by(Entry.at, Entry.seq)
    ):
        if entry.corrected_by is None and not entry.withdrawn:
            entries[entry.observation_id].append(entry)
    items = _items_of(ids)
    openings = _openings_of(ids)
    marked = _reviewed_among(ids)
    came, gone = _hands_of(ids), _removed_of(ids)
    return [
        _row(
            o,
            entries[o.id],
            items.get(o.id, []),
            openings.get(o.id, []),
            gone.get(o.id, set()),
            came.get(o.id, set()),
            o.id in marked,
        )
        for o in found
    ]


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


def _hands_of(observation_ids: Sequence[str]) -> dict[str, set[str]]:
    """Marks for how entries and media of these observations came here: handed over, of a suspect phone."""
    naming = aliased(Item)
    rows = db.session.execute(
        select(Entry.observation_id, Item)
        .join(naming, naming.id == Entry.id)
        .join(
            Item,
            or_(
                Item.id == Entry.id,
                and_(Item.item_id == Entry.about_item, Item.made_by == naming.made_by),
            ),
        )
        .where(Entry.observation_id.in_(observation_ids), hands.worth_a_word())
        .distinct()
    )
    found: dict[str, set[str]] = {}
    for observation_id, item in rows:
        found.setdefault(observation_id, set()).update(hands.of_item(item).marks)
    return found


def _removed_of(observation_ids: Sequence[str]) -> dict[str, set[str]]:
    """Item ids of media that a person removed on the phone."""
    naming = aliased(Item)
    rows = db.session.execute(
        select(Entry.observation_id, Deletion.item_id)
        .join(naming, naming.id == Entry.id)
        .join(
            Deletion,
            and_(
                Deletion.item_id == Entry.about_item,
                Deletion.device_id.in_((naming.made_by, naming.device_id)),
            ),
        )
        .where(Entry.observation_id.in_(observation_ids), Entry.type.in_(("begin", "import")))
    )
    found: dict[str, set[str]] = {}
    for observation_id, item_id in rows:
        found.setdefault(observation_id, set()).add(item_id)
    return found


def _items_of(observation_ids: Sequence[str]) -> dict[str, list[Item]]:
    naming = aliased(Item)
    rows = db.session.execute(
        select(Entry.observation_id, Item)
        .join(naming, naming.id == Entry.id)
        .join(Item, and_(Item.item_id == Entry.about_item, Item.made_by == naming.made_by))
        .where(Entry.observation_id.in_(observation_ids), Entry.type.in_(("begin", "import")))
    )
    found: dict[str, list[Item]] = {}
    for observation_id, item in rows:
        found.setdefault(observation_id, []).append(item)
    return found


def _row(
    o: Observation,
    entries: list[Entry],
    items: list[Item],
    opened: list[tuple[str, Opening]],
    removed: set[str],
    came: set[str],
    done: bool,
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
    marks = _marks(items, openings, sum(media.values()), len(removed - here))
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
        reviewed=done,
    )


def _marks(items: list[Item], openings: list[Opening], expected: int, removed: int = 0) -> list[str]:
    """Marks that say what is not as it should be, the gravest first."""
    here = len({item.item_id for item in items}) + sum(o.provisional for o in openings)
    tests = (
        ("differs", any(item.attested == "differs" for item in items)),
        ("unattested", any(item.attested == "none" for item in items)),
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
