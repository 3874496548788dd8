"""What the observations of an incident offer to its sheet. Pure: entries in, proposals out; a person takes them, and each
row that was taken names the entry it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.incidents.sheet import SOURCES, Document, row_id
from app.journal.models import Observation
from app.journal.service import NONE_COUNTED
from app.review.observation import Said

ASKED_OR_SEEN = ("status", "asked")
_SILENT = {"NOT_CHECKED", "NOT_STATED", "NOT_ASKED", ""}


@dataclass(frozen=True)
class Proposal:
    """A row, or single fields, for one part. `key` names it in a form; `at` is when it was seen (ms), for a person."""

    key: str
    part: str
    values: dict[str, Any]
    observation: str
    at: int
    entry: str | None = None

    @property
    def source(self) -> dict[str, Any]:
        return {"observation": self.observation, "entry": self.entry, "at": self.at}


@dataclass(frozen=True)
class Speech:
    """What only the desk knows: `moment` gives day and time of its zone for ms, `officer` the words for officer 2."""

    moment: Callable[[int], tuple[str, str]]
    officer: Callable[[int], str]


def proposals(seen: Sequence[tuple[Observation, Sequence[Said]]], speech: Speech) -> list[Proposal]:
    """Everything that entries of these observations say and a sheet has a place for."""
    found = _when([observation for observation, _entries in seen], speech)
    for observation, entries in seen:
        if observation.site:
            site = {"site": observation.site}
            found.append(
                Proposal(f"site:{observation.id}", "event", site, observation.id, observation.started_at)
            )
        for one in entries:
            if not one.withdrawn:
                found += _from_entry(one, observation, speech)
    return found


def _when(observations: Sequence[Observation], speech: Speech) -> list[Proposal]:
    """The first beginning and the last end of all."""
    if not observations:
        return []
    first, last = min(observations, key=lambda o: o.started_at), max(observations, key=lambda o: o.ended_at)
    day, time = speech.moment(first.started_at)
    end_day, end_time = speech.moment(last.ended_at)
    start = {"day": day, "time": time, "time_is": "ABOUT"}
    end = {"end_day": end_day, "end_time": end_time, "end_is": "ABOUT"}
    return [
        Proposal(f"start:{first.id}", "event", start, first.id, first.started_at),
        Proposal(f"end:{last.id}", "event", end, last.id, last.ended_at),
    ]


def _from_entry(one: Said, observation: Observation, speech: Speech) -> Iterable[Proposal]:
    for part, values in _values(one, speech):
        kept = {name: value for name, value in values.items() if value not in (None, "")}
        if kept:
            key = f"{part}:{one.entry.id}"
            yield Proposal(key, part, kept, observation.id, one.at, one.entry.id)


def _values(one: Said, speech: Speech) -> Iterable[tuple[str, dict[str, Any]]]:
    data = one.data
    if one.type == "code" and data.get("code"):
        yield "codes", {"code": data["code"], "basis": data.get("basis")}
    elif one.type == "count" and data.get("what"):
        nothing = data.get("qualifier") in NONE_COUNTED
        n = data.get("n")
        number = n if isinstance(n, int) and not isinstance(n, bool) and not nothing else None
        yield "figures", {"what": data["what"], "qualifier": data.get("qualifier"), "n": number}
    elif one.type == "officer" and data.get("force") not in (None, "", "UNK"):
        yield "units", {"force": data["force"]}
    elif one.type == "unit":
        unit = " ".join(
            str(data[name]) for name in ("company", "back", "squadron", "town", "other") if data.get(name)
        )
        if unit or data.get("force"):
            yield "units", {"force": data.get("force"), "unit": unit[:200]}
        if data.get("vehicle"):
            yield "vehicles", {"force": data.get("force"), "marking": str(data["vehicle"])[:200]}
    elif one.type == "quote" and data.get("text"):
        who = speech.officer(data["officer"]) if isinstance(data.get("officer"), int) else None
        said = {
            "words": str(data["text"])[:20_000],
            "who": who,
            "exact": "yes" if data.get("exact") else "no",
        }
        yield "quotes", {**said, "lang": data.get("lang"), "time": speech.moment(one.at)[1]}
    elif one.type == "rio":
        # Only how it was: the number itself stays in the register.
        spoken = {name: data.get(name) for name in ASKED_OR_SEEN if data.get(name) not in _SILENT}
        if spoken:
            yield "identification", spoken


def open_ones(found: Sequence[Proposal], document: Document, rows: frozenset[str]) -> list[Proposal]:
    """Those that the sheet doesn't have yet: not taken before, not said already, and no two that say the same.
    `rows`: parts that hold rows."""
    taken = {
        (part, row["source"]["entry"])
        for part, kept in document.items()
        if part in rows
        for row in kept
        if "source" in row
    }
    said = {_core(part, row) for part, kept in document.items() if part in rows for row in kept}
    result = []
    for one in found:
        if one.part not in rows:
            now = document.get(one.part, {})
            core = _core(one.part, one.values)
            if core not in said and any(now.get(name) != value for name, value in one.values.items()):
                said.add(core)
                result.append(one)
            continue
        core = _core(one.part, one.values)
        if (one.part, one.entry) in taken or (one.part in {"units", "codes"} and core in said):
            continue
        said.add(core)
        result.append(one)
    return result


def _core(part: str, row: dict[str, Any]) -> tuple[Any, ...]:
    """What makes two rows say the same thing."""
    names = {"codes": ("code", "basis"), "units": ("force", "unit")}.get(
        part, tuple(sorted(set(row) - {"id", "source", "edited"}))
    )
    return (part, *(str(row.get(name) or "") for name in names))


def take(
    document: Document, chosen: Sequence[Proposal], rows: frozenset[str], before: Document | None = None
) -> Document:
    """The document with what somebody took. Single fields replace what stood there, with their source beside them; but
    not what the same person has just typed, which `before`, the document that they began from, doesn't say."""
    was = document if before is None else before
    result: Document = {
        name: list(value) if name in rows else dict(value) for name, value in document.items()
    }
    for one in chosen:
        if one.part in rows:
            result.setdefault(one.part, []).append({**one.values, "id": row_id(), "source": one.source})
        else:
            now, then = document.get(one.part, {}), was.get(one.part, {})
            taken = {
                name: value for name, value in one.values.items() if now.get(name) in (None, then.get(name))
            }
            result.setdefault(one.part, {}).update(taken)
            result.setdefault(SOURCES, {}).update({f"{one.part}.{name}": one.source for name in taken})
    return result
