"""The incident sheet: which parts and fields it has, read from a form, merged where two people edited. Pure.

A sheet is one JSON document. A part is either one set of fields, or rows of them; each row has an `id` of its own, and
`source` where somebody took it from an observation: `{"observation", "entry", "at"}`. Empty fields aren't kept.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

Document = dict[str, Any]
SOURCES = "sources"  # beside the parts: `part.field` -> source, for fields that are no rows
LONGEST = {"text": 200, "words": 20_000}
MOST_ROWS = 200
_ROW = re.compile(r"^([a-z_]+)\.(\d{1,3})\.([a-z_]+)$")
_ID = re.compile(r"^[0-9a-f]{8}$")


@dataclass(frozen=True)
class Field:
    """`kind`: text, words (many lines), choice (of the list `options`), day, time, number."""

    name: str
    kind: str = "text"
    options: str = ""


@dataclass(frozen=True)
class Part:
    name: str
    fields: tuple[Field, ...]
    rows: bool = False

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)


def _text(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name) for name in names)


def _yes(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, "choice", "yes") for name in names)


_HOW_MANY = (Field("qualifier", "choice", "qualifier"), Field("n", "number"))
_BASIS = Field("basis", "choice", "basis")
_BY = Field("force", "choice", "actor")

PARTS = (
    Part(
        "event",
        (
            Field("kind", "choice", "kind"), Field("number"),
            Field("day", "day"), Field("time", "time"), Field("time_is", "choice", "time_is"),
            Field("end_day", "day"), Field("end_time", "time"), Field("end_is", "choice", "time_is"),
            Field("precision", "choice", "precision"), Field("part_of_day", "choice", "part_of_day"),
            Field("date_words"), Field("town"), Field("site"), Field("place"),
        ),
    ),
    Part("codes", (Field("code", "choice", "code"), _BASIS, Field("note")), rows=True),
    Part("figures", (Field("what", "choice", "counted"), *_HOW_MANY, Field("note")), rows=True),
    Part("units", (_BY, Field("unit"), *_HOW_MANY, Field("role")), rows=True),
    Part(
        "vehicles",
        (Field("kind", "choice", "vehicle"), _BY, Field("marking"), *_HOW_MANY, Field("seen", "choice", "seen_when")),
        rows=True,
    ),
    Part("means", (Field("what", "choice", "means"), Field("state", "choice", "means_state"), _BY, Field("note")), rows=True),
    Part("identification", (Field("status", "choice", "rio_status"), Field("asked", "choice", "rio_asked"), Field("note"))),
    Part(
        "legal",
        (*_yes("asked"), Field("ground", "choice", "ground"), Field("words", "words"), *_yes("exact", "order_shown", "warning")),
    ),
    Part("language", (*_yes("interpreter", "french_only"), *_text("languages", "note"))),
    Part(
        "observing",
        (
            *_yes("perimeter"), Field("metres", "number"),
            *_yes("escort", "masked", "checked", "filmed_phone", "filmed_bodycam", "stop_filming"), Field("words", "words"),
        ),
    ),
    Part("quotes", (Field("words", "words"), Field("who"), Field("exact", "choice", "yes"), Field("lang"), Field("time", "time")), rows=True),
    Part("said", (Field("facts", "words"), Field("heard", "words"), Field("opinion", "words"))),
    Part(
        "people",
        (Field("group", "choice", "group"), Field("role"), *_HOW_MANY, Field("minor", "choice", "yes")),
        rows=True,
    ),
    Part(
        "injuries",
        (Field("person"), Field("where"), Field("seen"), _BASIS, *_yes("doctor", "photo")),
        rows=True,
    ),
    Part(
        "custody",
        (Field("person"), Field("group", "choice", "group"), Field("minor", "choice", "yes"), *_text("station", "ground", "conditions")),
        rows=True,
    ),
    Part(
        "custody_events",
        (
            Field("person"), Field("event", "choice", "custody_event"), Field("time_is", "choice", "custody_time"),
            Field("day", "day"), Field("time", "time"), Field("note"),
        ),
        rows=True,
    ),
    Part("outcome", (Field("code", "choice", "outcome"), Field("day", "day"), Field("note")), rows=True),
    Part("report", (*_text("document", "section", "line", "record"), Field("summary", "words"), Field("notes", "words"))),
)  # fmt: skip
PART = {part.name: part for part in PARTS}


@dataclass(frozen=True)
class Fault:
    """What can't be read: its name in the form, and which kind of thing it should have been."""

    at: str
    kind: str


def read(form: Mapping[str, str], options: Mapping[str, frozenset[str]]) -> tuple[Document, list[Fault]]:
    """A document from the fields of a form: `part.field`, or `part.3.field` for rows. `options`: the codes of each list.
    What can't be read stands in the document as it was typed, and in the faults."""
    document: Document = {}
    faults: list[Fault] = []
    rows: dict[str, dict[int, dict[str, Any]]] = {}
    for name, typed in form.items():
        text = typed.replace("\r\n", "\n").strip()
        if match := _ROW.match(name):
            part, row = PART.get(match[1]), rows.setdefault(match[1], {}).setdefault(int(match[2]), {})
            if match[3] == "id":
                row["id"] = text
                continue
            field_name, into = match[3], row
        else:
            section, _, field_name = name.partition(".")
            part = PART.get(section)
            into = document.setdefault(section, {}) if part and not part.rows else {}
        field = next((one for one in part.fields if one.name == field_name), None) if part else None
        if field is None or not text:
            continue
        into[field.name], fine = _value(field, text, options)
        if not fine:
            faults.append(Fault(name, field.kind))
    for part_name, numbered in rows.items():
        part = PART.get(part_name)
        if part and part.rows:
            kept = [_named(row) for _, row in sorted(numbered.items()) if set(row) - {"id"}]
            document[part_name] = kept[:MOST_ROWS]
    return tidy(document), faults


def _named(row: dict[str, Any]) -> dict[str, Any]:
    id_ = str(row.get("id", ""))
    return {**row, "id": id_ if _ID.match(id_) else row_id()}


def row_id() -> str:
    return secrets.token_hex(4)


def _value(field: Field, text: str, options: Mapping[str, frozenset[str]]) -> tuple[Any, bool]:
    """What was typed as it is kept, and whether it can be read."""
    if field.kind == "choice":
        return text[:40], text in options[field.options]
    if field.kind in {"day", "time"}:
        try:
            moment = date.fromisoformat(text) if field.kind == "day" else time.fromisoformat(text[:5])
        except ValueError:
            return text[:40], False
        return moment.isoformat()[: 10 if field.kind == "day" else 5], True
    if field.kind == "number":
        try:
            number = float(text.replace(",", ".").replace(" ", ""))
        except ValueError:
            return text[:40], False
        whole = int(number) if number == number and abs(number) < 1e9 and number == int(number) else number
        return (whole, True) if 0 <= number < 1e9 else (text[:40], False)
    return text[: LONGEST[field.kind]], len(text) <= LONGEST[field.kind]


def tidy(document: Document) -> Document:
    """The same without what is empty, parts in their order."""
    kept: Document = {}
    for part in PARTS:
        value = document.get(part.name)
        if part.rows:
            value = [row for row in value or [] if set(row) - {"id", "source", "edited"}]
        if value:
            kept[part.name] = value
    sources = {at: said for at, said in document.get(SOURCES, {}).items() if field_at(kept, at) is not None}
    return {**kept, SOURCES: sources} if sources else kept


def field_at(document: Document, at: str) -> Any:
    """The value of `part.field`, for parts without rows."""
    part, _, name = at.partition(".")
    fields = document.get(part, {})
    return fields.get(name) if isinstance(fields, dict) else None


def keep_sources(document: Document, *before: Document | None) -> Document:
    """Rows keep the source that they had, by their id; one whose words were changed since says `edited`. A single field
    keeps its source for as long as it says the same. Sources never come from a form."""
    known = {
        (name, row["id"]): row
        for old in before
        for name, rows in (old or {}).items()
        if isinstance(rows, list)
        for row in rows
    }
    result: Document = {}
    for name, value in document.items():
        if name == SOURCES:
            continue
        if not isinstance(value, list):
            result[name] = value
            continue
        result[name] = [_sourced(row, known.get((name, row["id"]))) for row in value]
    result[SOURCES] = {
        at: said
        for old in before
        for at, said in (old or {}).get(SOURCES, {}).items()
        if field_at(document, at) == field_at(old or {}, at)
    }
    return tidy(result)


def _sourced(row: dict[str, Any], old: dict[str, Any] | None) -> dict[str, Any]:
    plain = {name: value for name, value in row.items() if name not in {"source", "edited"}}
    if old is None or "source" not in old:
        return plain
    same = {n: v for n, v in old.items() if n not in {"source", "edited"}} == plain
    edited = {"edited": True} if old.get("edited") or not same else {}
    return {**plain, "source": old["source"], **edited}


@dataclass(frozen=True)
class Clash:
    """Two people changed one thing: a field, or a row (`row` its id). `mine` and `theirs` as each left it; None: removed."""

    part: str
    field: str | None
    row: str | None
    mine: Any
    theirs: Any


def merge(base: Document | None, mine: Document, theirs: Document) -> tuple[Document, list[Clash]]:
    """Both people's work in one document. Where both changed the same thing, mine stands and a clash says what theirs was:
    nothing is lost, and a person decides. Nothing is stored by this."""
    base = base or {}
    merged: Document = {}
    clashes: list[Clash] = []
    for part in PARTS:
        old, my, their = (document.get(part.name) for document in (base, mine, theirs))
        if part.rows:
            by_row = [{row["id"]: row for row in rows or []} for rows in (old, my, their)]
            kept = _both(part.name, *by_row, clashes=clashes, row=True)
            order = [*by_row[1], *(id_ for id_ in by_row[2] if id_ not in by_row[1])]
            merged[part.name] = [kept[id_] for id_ in order if id_ in kept]
        else:
            merged[part.name] = _both(part.name, old or {}, my or {}, their or {}, clashes=clashes, row=False)
    return tidy(merged), clashes


def _both(
    part: str,
    old: Mapping[str, Any],
    my: Mapping[str, Any],
    their: Mapping[str, Any],
    *,
    clashes: list[Clash],
    row: bool,
) -> dict[str, Any]:
    kept = {}
    for name in [*my, *(other for other in {**their, **old} if other not in my)]:
        before, one, other = old.get(name), my.get(name), their.get(name)
        value = other if one == before else one
        if one not in (before, other) and other != before:
            clashes.append(Clash(part, None if row else name, name if row else None, one, other))
        # Who removed what the other changed: the change stays, to be removed again by somebody who has seen it.
        value = other if value is None and other is not None and other != before else value
        if value is not None:
            kept[name] = value
    return kept


@dataclass(frozen=True)
class Stay:
    """One person's custody: the row, its timed events in order, and minutes from the first timed event to each (None where
    either has no time, or only a day)."""

    person: str
    row: dict[str, Any]
    events: list[tuple[dict[str, Any], int | None]]


def custody(document: Document) -> list[Stay]:
    """Persons in custody with their times, as the sheet names them."""
    rows = {str(row.get("person", "")): row for row in document.get("custody", [])}
    events: dict[str, list[dict[str, Any]]] = {}
    for event in document.get("custody_events", []):
        events.setdefault(str(event.get("person", "")), []).append(event)
    stays = []
    for person in dict.fromkeys([*rows, *events]):
        ordered = sorted(events.get(person, []), key=lambda e: (e.get("day") or "9", e.get("time") or "9"))
        begun = next((moment for event in ordered if (moment := _moment(event))), None)
        timed = [(event, _minutes(begun, _moment(event))) for event in ordered]
        stays.append(Stay(person, rows.get(person, {}), timed))
    return stays


def _moment(event: dict[str, Any]) -> datetime | None:
    if not event.get("day") or not event.get("time"):
        return None
    return datetime.fromisoformat(f"{event['day']}T{event['time']}")


def _minutes(begun: datetime | None, moment: datetime | None) -> int | None:
    if begun is None or moment is None or moment == begun:
        return None
    return int((moment - begun).total_seconds() // 60)
