"""The sheet: HRO's record row by row, published records field by field, forms, sources, and two people writing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from app.incidents import published, sheet, words
from app.incidents.sheet import PART, PARTS, Document

# domain.md 3.1, "HRO public records", row by row: what a record has, and where the sheet has it (part, field, code).
# A code None: any text or number.
RECORD: dict[str, list[tuple[str, str, str | None]]] = {
    "number": [("event", "number", None)],
    "date, time to the minute, end": [
        ("event", "day", None), ("event", "time", None), ("event", "end_day", None), ("event", "end_time", None),
    ],
    "town and coded site": [("event", "town", None), ("event", "site", None)],
    "people evicted, unaccompanied minors met, at least": [
        ("figures", "what", "people_evicted"), ("figures", "what", "minors_alone"), ("figures", "qualifier", "MIN"), ("figures", "n", None),
    ],
    "items": [
        ("figures", "what", what)
        for what in (
            "tents", "tents_full", "tarps", "blankets", "sleeping_bags", "mattresses", "bags", "bikes", "phones", "batteries",
            "pallets", "wood", "chairs",
        )
    ],
    "arrests, and with physical violence": [("figures", "what", "arrests"), ("figures", "what", "arrests_force")],
    "no seizure observed apart from seizures not observable": [
        ("figures", "what", "seizures"), ("figures", "qualifier", "NONE_SEEN"), ("figures", "qualifier", "NO_VIEW"),
    ],
    "legal basis asked, words of the answer": [
        ("legal", "asked", "yes"), ("legal", "ground", "flagrance"), ("legal", "ground", "shelter"), ("legal", "ground", "none"),
        ("legal", "words", None),
    ],
    "units and vehicles": [
        ("units", "force", "CRS"), ("units", "unit", None), ("units", "force", "PN"), ("vehicles", "kind", "van"),
        ("vehicles", "kind", "car"), ("vehicles", "kind", "unmarked"), ("vehicles", "kind", "truck_open"),
        ("vehicles", "kind", "truck_closed"), ("vehicles", "force", "INTERPRETERS"), ("vehicles", "force", "CLEANERS"),
        ("vehicles", "marking", None), ("vehicles", "n", None), ("vehicles", "qualifier", "EXACT"), ("vehicles", "seen", "departure"),
        ("vehicles", "force", "GM"),
    ],
    "interpreter present or not, orders in French only": [
        ("language", "interpreter", "yes"), ("language", "interpreter", "no"), ("language", "interpreter", "unseen"),
        ("language", "french_only", "yes"),
    ],
    "obstruction": [
        ("observing", name, "yes") for name in ("perimeter", "escort", "masked", "checked", "filmed_phone", "filmed_bodycam", "stop_filming")
    ],
    "obstruction, as codes with a basis": [
        *(("codes", "code", code) for code in ("OBS-PERI", "OBS-MASK", "CHK-ID", "SUR-PERS", "SUR-BWC")), ("codes", "basis", "SAW"),
    ],
    "verbatim quotes": [("quotes", "words", None), ("quotes", "exact", "yes")],
    "weapons carried": [
        *(("means", "what", what) for what in ("baton", "gas", "firearm", "lbd", "shield")),
        ("means", "state", "carried"), ("means", "state", "none"), ("means", "state", "no_view"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("row", RECORD)
def test_hros_record_can_be_filled_whole(app: Flask, row: str) -> None:
    with app.test_request_context("/desk/"):
        for part, name, code in RECORD[row]:
            field = PART[part].field(name)
            if code is None:
                assert field.kind != "choice"
                value = {"day": "2026-11-21", "time": "06:41", "number": "14"}.get(field.kind, "as written")
            else:
                assert code in words.known()[field.options], (part, name, code)
                value = code
            at = f"{part}.0.{name}" if PART[part].rows else f"{part}.{name}"
            document, faults = sheet.read({at: value}, words.known())
            assert not faults
            kept = document[part][0] if PART[part].rows else document[part]
            assert str(kept[name]) == value


FORCES = ("MUNICIPALITY", "POLICE", "PN-PAF", "GOVERNMENT", "POLITICAL-PARTY", "PROSECUTION", "PREFECTURE", "PN", "PN-CRS", "PRIVATE",
          "GENDARMERIE", "STATE-OUTREACH", "PM", "DOU")  # fmt: skip
MEASURES = ("duration_days", "held_minutes", "fines_eur", "custody_hours", "people_evicted", "suspended_fine_eur", "costs_damages_eur",
            "proceedings_months", "officers", "station_hours", "interpreter_wait_minutes", "walk_back_hours", "papers_held_minutes",
            "visits_per_week", "detained_days", "left_behind")  # fmt: skip
line_text = st.text("abcdefg é’-.,0123456789", min_size=1, max_size=40).map(str.strip).filter(bool)


def codes(kind: str) -> st.SearchStrategy[str]:
    return st.deferred(lambda: st.sampled_from(sorted(words.known()[kind])))


records = st.fixed_dictionaries({
    "id": line_text, "kind": st.sampled_from(["incident", "pattern"]),
    "source": st.fixed_dictionaries({"file": line_text, "section": line_text, "line": st.integers(1, 9999)}),
    "date": st.fixed_dictionaries({
        "text": line_text, "from": st.dates().map(str), "to": st.dates().map(str),
        "precision": st.sampled_from(["day", "month", "year", "approx", "range", "reported"]),
    }),
    "time_of_day": st.none() | st.sampled_from(["night", "dawn"]),
    "place": st.fixed_dictionaries({"town": st.none() | line_text, "site": st.none() | line_text}),
    "actors": st.lists(st.fixed_dictionaries({
        "force": st.sampled_from(FORCES), "unit": st.none() | line_text, "count": st.none() | st.integers(0, 99), "role": st.none() | line_text,
    }), max_size=4),
    "conduct": st.lists(codes("code"), min_size=1, max_size=9),
    "targets": st.lists(st.fixed_dictionaries({
        "group": st.sampled_from(["defender", "journalist", "person_on_the_move"]), "role": st.none() | line_text,
        "count": st.none() | st.integers(0, 99), "minor": st.sampled_from([None, True, False]),
    }), max_size=4),
    "rio_status": codes("rio_status"), "rio_asked": codes("rio_asked"), "basis": codes("basis"),
    "measures": st.dictionaries(st.sampled_from(MEASURES), st.fixed_dictionaries({
        "value": st.integers(0, 9999), "qualifier": st.sampled_from(["EXACT", "MIN", "ABOUT"]),
    })),
    "outcome": st.lists(codes("outcome"), max_size=3), "summary": line_text, "notes": st.none() | line_text,
})  # fmt: skip


def form_of(document: Document) -> dict[str, str]:
    """A document as a browser would send it: what the form shows, every field as text."""
    sent: dict[str, str] = {}
    for part in PARTS:
        rows = document.get(part.name, [] if part.rows else {})
        for at, row in enumerate(rows if part.rows else [rows]):
            for name, value in row.items():
                if name not in {"source", "edited"}:
                    sent[f"{part.name}.{at}.{name}" if part.rows else f"{part.name}.{name}"] = str(value)
    return sent


@settings(max_examples=60, deadline=None)
@given(records)
def test_a_published_record_goes_in_by_the_form_and_comes_back_whole(record: dict[str, Any]) -> None:
    entered = published.to_sheet(record)
    document, faults = sheet.read(form_of(entered), words.known())
    assert faults == []
    assert document == entered
    assert published.to_record(json.loads(json.dumps(document))) == record


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("event.day", "yesterday", None), ("event.day", "2026-02-30", None), ("event.day", "2026-11-21", "2026-11-21"),
        ("event.time", "6.41", None), ("event.time", "25:00", None), ("event.time", "06:41", "06:41"), ("event.time", "06:41:09", "06:41"),
        ("figures.0.n", "many", None), ("figures.0.n", "-1", None), ("figures.0.n", "nan", None), ("figures.0.n", "1e99", None),
        ("figures.0.n", "14", 14), ("figures.0.n", "1 200", 1200), ("figures.0.n", "1,5", 1.5),
        ("codes.0.code", "FOR-XYZ", None), ("codes.0.code", "FOR-GAS", "FOR-GAS"),
        ("event.town", "x" * 201, None), ("said.facts", "y" * 20_001, None),
    ],
)  # fmt: skip
def test_what_can_not_be_read_is_named_and_kept_as_typed(
    app: Flask, name: str, typed: str, kept: object
) -> None:
    with app.test_request_context("/desk/"):
        document, faults = sheet.read({name: typed}, words.known())
    part, *_, field = name.split(".")
    value = document[part][0][field] if PART[part].rows else document[part][field]
    if kept is None:
        assert [fault.at for fault in faults] == [name]
        assert typed.startswith(str(value)) and value
    else:
        assert faults == [] and value == kept


def test_strange_names_and_empty_fields_leave_nothing(app: Flask) -> None:
    form = {
        "event.town": "  ", "nowhere.field": "x", "event.nowhere": "x", "codes.code": "FOR-GAS", "event.0.town": "x",
        "codes.x.code": "FOR-GAS", "codes.0.source": "forged", "codes.0.id": "deadbeef", "codes.1.id": "<b>", "csrf_token": "t",
        "sources": "forged",
    }  # fmt: skip
    with app.test_request_context("/desk/"):
        assert sheet.read(form, words.known()) == ({}, [])


def row(id_: str, **values: Any) -> dict[str, Any]:
    return {"id": id_, **values}


SOURCE = {"observation": "a" * 32, "entry": "e" * 32, "at": 1}


def test_a_row_keeps_its_source_and_says_when_it_was_changed() -> None:
    before = {"codes": [row("11111111", code="FOR-GAS", basis="SAW", source=SOURCE)]}
    same = {"codes": [row("11111111", code="FOR-GAS", basis="SAW")]}
    assert sheet.keep_sources(same, before) == before
    changed = sheet.keep_sources({"codes": [row("11111111", code="FOR-GASF", basis="SAW")]}, before)
    assert changed["codes"][0]["source"] == SOURCE and changed["codes"][0]["edited"] is True
    back = sheet.keep_sources(same, changed)
    assert back["codes"][0]["edited"] is True
    forged = sheet.keep_sources({"codes": [row("22222222", code="FOR-GAS", source=SOURCE)]}, before)
    assert "source" not in forged["codes"][0]


def test_a_single_field_keeps_its_source_while_it_says_the_same() -> None:
    before = {"event": {"day": "2026-11-21"}, "sources": {"event.day": SOURCE}}
    assert sheet.keep_sources({"event": {"day": "2026-11-21", "town": "Calais"}}, before)["sources"] == {
        "event.day": SOURCE
    }
    assert "sources" not in sheet.keep_sources({"event": {"day": "2026-11-22"}}, before)


# Two people


BASE: Document = {
    "event": {"town": "Calais", "site": "BX"},
    "codes": [row("aaaaaaaa", code="FOR-GAS", basis="SAW"), row("bbbbbbbb", code="CHK-ID", basis="SAW")],
}


def test_what_only_one_of_two_changed_goes_together_without_a_question() -> None:
    mine = {
        "event": {"town": "Calais", "site": "B2"},
        "codes": [*BASE["codes"], row("cccccccc", code="VER-INS")],
    }
    theirs = {
        "event": {"town": "Grande-Synthe", "site": "BX"},
        "codes": [row("bbbbbbbb", code="CHK-ID", basis="HEARD")],
    }
    merged, clashes = sheet.merge(BASE, mine, theirs)
    assert clashes == []
    assert merged["event"] == {"town": "Grande-Synthe", "site": "B2"}
    assert {r["id"]: r.get("basis") for r in merged["codes"]} == {"bbbbbbbb": "HEARD", "cccccccc": None}


def test_what_both_changed_is_a_question_and_both_are_there() -> None:
    mine = {
        "event": {"town": "Marck", "site": "BX"},
        "codes": [row("aaaaaaaa", code="FOR-GASF", basis="SAW"), BASE["codes"][1]],
    }
    theirs = {
        "event": {"town": "Sangatte"},
        "codes": [BASE["codes"][1], row("aaaaaaaa", code="FOR-BAT", basis="SAW")],
    }
    merged, clashes = sheet.merge(BASE, mine, theirs)
    assert merged["event"] == {"town": "Marck"}
    assert {(c.part, c.field, c.row) for c in clashes} == {
        ("event", "town", None),
        ("codes", None, "aaaaaaaa"),
    }
    assert {c.theirs if c.field else c.theirs["code"] for c in clashes} == {"Sangatte", "FOR-BAT"}


def test_what_one_removed_and_the_other_changed_stays_and_is_a_question() -> None:
    gone = {"event": BASE["event"], "codes": [BASE["codes"][1]]}
    changed = {
        "event": BASE["event"],
        "codes": [row("aaaaaaaa", code="FOR-BAT", basis="SAW"), BASE["codes"][1]],
    }
    for mine, theirs in ((gone, changed), (changed, gone)):
        merged, clashes = sheet.merge(BASE, mine, theirs)
        assert {r["code"] for r in merged["codes"]} == {"FOR-BAT", "CHK-ID"}
        assert [(c.part, c.row) for c in clashes] == [("codes", "aaaaaaaa")]


fields = st.dictionaries(st.sampled_from(["town", "site", "place"]), st.sampled_from(["x", "y", "z"]))
few = st.dictionaries(
    st.sampled_from(["a" * 8, "b" * 8, "c" * 8]), st.sampled_from(["FOR-GAS", "FOR-BAT"])
).map(lambda codes: [row(id_, code=code) for id_, code in codes.items()])
documents = st.builds(lambda event, codes: sheet.tidy({"event": event, "codes": codes}), fields, few)


def words_of(document: Document) -> set[tuple[str, str, str]]:
    said = {("event", name, value) for name, value in document.get("event", {}).items()}
    return said | {("codes", one["id"], one["code"]) for one in document.get("codes", [])}


@given(documents, documents, documents)
def test_nothing_that_either_wrote_is_lost(base: Document, mine: Document, theirs: Document) -> None:
    merged, clashes = sheet.merge(base, mine, theirs)
    shown = words_of(merged) | {
        (c.part, c.field or str(c.row), value if isinstance(value, str) else value["code"])
        for c in clashes
        for value in (c.mine, c.theirs)
        if value is not None
    }
    assert words_of(mine) - words_of(base) <= shown
    assert words_of(theirs) - words_of(base) <= shown
    assert sheet.merge(base, mine, base) == (mine, [])
    assert sheet.merge(base, base, theirs)[1] == [] and words_of(
        sheet.merge(base, base, theirs)[0]
    ) == words_of(theirs)


def test_custody_is_a_line_of_times_for_each_person() -> None:
    def event(
        who: str, what: str, time: str | None, is_: str = "EXACT", day: str = "2026-11-21"
    ) -> dict[str, Any]:
        said = {"person": who, "event": what, "time_is": is_, "day": day}
        return said | ({"time": time} if time else {})

    stays = sheet.custody({
        "custody": [row("1", person="person A", station="Coquelles")],
        "custody_events": [
            event("person A", "INTERPRETER", "08:50"), event("person A", "ARREST", "07:10"), event("person A", "LAWYER", None, "DID_NOT"),
            event("person A", "RELEASE", "01:10", "ABOUT", "2026-11-22"), event("person B", "ARREST", None, "UNKNOWN"),
        ],
    })  # fmt: skip
    assert [stay.person for stay in stays] == ["person A", "person B"]
    assert [(said["event"], minutes) for said, minutes in stays[0].events] == [
        ("ARREST", None), ("INTERPRETER", 100), ("LAWYER", None), ("RELEASE", 1080),
    ]  # fmt: skip
    assert (words.hours(100), words.hours(40), words.hours(1080)) == ("1 h 40", "40 min", "18 h 00")
    assert stays[1].row == {} and stays[1].events[0][1] is None


def test_every_part_and_field_has_words_in_both_languages(app: Flask) -> None:
    for language in ("en", "fr"):
        with app.test_request_context("/m/", headers={"Accept-Language": language}):
            for part in PARTS:
                assert words.part(part.name)
                for field in part.fields:
                    assert words.field(part.name, field.name)
                    assert field.kind != "choice" or words.options(field.options)


def test_nothing_seen_is_not_nothing_to_be_seen(app: Flask) -> None:
    with app.test_request_context("/m/", headers={"Accept-Language": "en"}):
        said = [words.figure({"what": "tents", "qualifier": q, "n": n}) for q, n in
                (("MIN", 14), ("EXACT", 14), ("ABOUT", 14), ("NONE_SEEN", None), ("NO_VIEW", None))]  # fmt: skip
    assert said == ["At least 14", "14", "About 14", "None seen (had a view)", "Could not observe"]
