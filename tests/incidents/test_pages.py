"""The pages of incidents: what they show to whom, what they leave in the log, and that no address or title says more than a
reference."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest

from app.custody.models import LogEntry
from app.db import db, unit_of_work
from app.incidents import published, queries, service
from app.review.models import Choice
from tests.desk import Desk
from tests.incidents.conftest import Pair, incident, user
from tests.incidents.test_sheet import form_of

pytestmark = pytest.mark.usefixtures("free")
PAGES = ("", "/together", "/sheet", "/sheet/edit")


def verbs(pair: Pair, by: str, object_id: str) -> list[str]:
    with pair.app.app_context():
        rows = db.session.scalars(
            db.select(LogEntry.line).where(LogEntry.object == object_id).order_by(LogEntry.index)
        )
        entries = [json.loads(line) for line in rows]
        actor = user(by).actor
        db.session.remove()
    return [entry["v"] for entry in entries if entry["a"] == actor]


def id_of(pair: Pair, reference: str) -> str:
    with pair.app.app_context():
        return incident(reference).id


def post(desk: Desk, path: str, **data: object) -> int:
    return desk.post(f"/desk/incidents{path}", data, page="/desk/incidents/").status_code


def choose(pair: Pair, *seen: str, person: str = "a reviewer") -> None:
    """A lead lets somebody open these, whoever holds them."""
    with pair.app.app_context(), unit_of_work() as work:
        for id_ in seen:
            work.merge(Choice(subject=id_, user_id=user(person).id, by=user("first lead").id, at=1))


def unchoose(pair: Pair) -> None:
    with pair.app.app_context(), unit_of_work() as work:
        work.execute(db.delete(Choice))


def test_every_page_opens_and_its_title_and_addresses_hold_only_references(pair: Pair, lead: Desk) -> None:
    ref = pair.opened(pair.first, pair.second)
    for path in ("/", *(f"/{ref}{page}" for page in PAGES)):
        page = lead.page(f"/desk/incidents{path}")
        assert ref in page
        title = re.findall(r"<title>([^<]*)</title>", page)[0]
        assert not re.search(r"\d{3}", title.replace(ref, "")), title
        for address in re.findall(r'(?:href|action|src)="(/[^"]*)"', page):
            assert "BX" not in address and "12?45" not in address and not re.search(r"12.?45", address), (
                address
            )


def test_the_list_says_when_where_and_how_many_observers(pair: Pair, lead: Desk) -> None:
    ref = pair.opened(pair.first, pair.second)
    page = lead.page("/desk/incidents/")
    row = page[page.index(f"/desk/incidents/{ref}") :][:1500]
    assert "BX" in row and "2 observations" in row and "2 observers" in row and "07:00" in row


def test_what_has_only_a_sheet_is_listed_by_it(pair: Pair, lead: Desk, reviewer: Desk) -> None:
    """Day, town and codes: nobody finds an incident among forty that say nothing. Not what shows to chosen reviewers
    only, and not where an observation is hidden."""
    event = {"day": "2018-07-02", "precision": "month", "town": "Calais"}
    sheets: list[dict[str, object]] = [
        {"event": event, "codes": [{"code": "FOR-BAT", "basis": "DOC", "id": "a"}]},
        {"event": event, "codes": [], "injuries": [{"person": "A", "id": "b"}]},
        {"event": event, "codes": []},
    ]
    with pair.app.app_context():
        refs = []
        for sheet, seen in zip(sheets, ([], [], [pair.first.id]), strict=True):
            opened = service.open_incident(user("first lead"), seen)
            service.save_sheet(user("first lead"), opened, 0, sheet)
            refs.append(opened.reference)
        db.session.remove()
    plain, hurt, with_one = refs

    def row(desk: Desk, ref: str) -> str:
        page = desk.page("/desk/incidents/")
        return page[page.index(f"/desk/incidents/{ref}") :].partition("</li>")[0]

    for desk in (lead, reviewer):
        assert all(words in row(desk, plain) for words in ("2018-07<", "Calais", "Baton", "sheet only"))
    assert "2018-07" in row(lead, hurt) and "2018" not in row(reviewer, hurt)
    assert "2018" not in row(lead, with_one)


def test_a_suggestion_is_opened_by_a_person_or_refused(pair: Pair, lead: Desk) -> None:
    page = lead.page("/desk/incidents/")
    assert "at the same time" in page and "both CRS" in page and "109 m" in page
    assert post(lead, "/refuse", observation=[pair.first.id, pair.second.id]) == 303
    assert "both CRS" not in lead.page("/desk/incidents/")
    with pair.app.app_context():
        from app.incidents.models import Refusal

        refusal = db.session.query(Refusal).one()
        service.take_refusal_back(user("first lead"), refusal)
        db.session.remove()
    answer = lead.post(
        "/desk/incidents/open", {"observation": [pair.first.id, pair.second.id]}, page="/desk/incidents/"
    )
    shown = lead.page(answer.headers["Location"])
    assert pair.reference(pair.first) in shown and pair.reference(pair.second) in shown


def test_take_out_put_in_and_merge_by_the_forms_each_with_its_undo(pair: Pair, lead: Desk) -> None:
    ref, other = pair.opened(pair.first, pair.second), pair.opened(pair.other)
    second = pair.reference(pair.second)

    def undo(said: str) -> None:
        page = lead.page(f"/desk/incidents/{ref}")
        assert said in page and "data-undo" in page
        address = re.findall(r'action="(/desk/incidents/[^"]*/undo/\d+)"', page)[0]
        assert post(lead, address.removeprefix("/desk/incidents")) == 303

    assert post(lead, f"/{ref}/take-out", reference=second) == 303
    undo("was taken out")
    assert post(lead, f"/{ref}/put", reference=pair.reference(pair.other).lower().replace("-", " ")) == 303
    undo("is in this incident now")
    assert post(lead, f"/{ref}/merge", reference=other) == 303
    undo("was merged into this incident")
    with pair.app.app_context():
        assert {o.id for o in queries.observations_of(incident(ref))} == {pair.first.id, pair.second.id}
        assert {o.id for o in queries.observations_of(incident(other))} == {pair.other.id}
    assert post(lead, f"/{ref}/put", reference="ZZZ-ZZZ") == 303
    assert "There is no observation of this reference." in lead.page(f"/desk/incidents/{ref}")
    assert post(lead, f"/{ref}/undo/999999") == 404


def test_the_observation_says_which_incident_it_is_in(pair: Pair, lead: Desk) -> None:
    address = f"/desk/o/{pair.reference(pair.first)}"
    assert "Open an incident with both" in lead.page(address)
    ref = pair.opened(pair.second)
    assert f"Put into incident {ref}" in lead.page(address)
    pair.opened(pair.first)
    page = lead.page(address)
    with pair.app.app_context():
        held = queries.of_observation(pair.first.id)
        assert held is not None and f"/desk/incidents/{held.reference}" in page


def test_the_find_box_takes_the_reference_of_an_incident_as_it_is_said(pair: Pair, lead: Desk) -> None:
    ref = pair.opened()
    answer = lead.post("/desk/search", {"text": ref.lower().replace("-", " ")}, page="/desk/incidents/")
    assert answer.headers["Location"].endswith(f"/desk/incidents/{ref}")
    assert (
        "/incidents/"
        not in lead.post("/desk/search", {"text": "gas"}, page="/desk/incidents/").text.partition("<main")[2]
    )


def test_the_time_line_shows_both_with_each_clock_and_what_agrees(pair: Pair, lead: Desk) -> None:
    ref = pair.opened(pair.first, pair.second)
    page = lead.page(f"/desk/incidents/{ref}/together")
    for words in ("07:00:03", "−3.12 s", "−41.00 s", "07:00:48", "agrees with 2", "differs from 1", "same code",
                  "figures that can’t both be", "readings that fit, tier C", "not moved"):  # fmt: skip
        assert words in page, words
    assert page.count("data-piece") == 3 and 'data-start="1795240805000"' in page
    seen = verbs(pair, "first lead", pair.first.id)
    assert "observation.opened" in seen
    assert "incident.together-viewed" in verbs(pair, "first lead", id_of(pair, ref))


def test_a_lane_moved_by_eye_moves_its_media_and_entries_and_says_so(pair: Pair, lead: Desk) -> None:
    ref = pair.opened(pair.first, pair.second)
    assert post(lead, f"/{ref}/shift/{pair.second.id}", ms="-2500") == 303
    page = lead.page(f"/desk/incidents/{ref}/together")
    assert "−2.50 s" in page and f'data-start="{1795240807500 - 2500}"' in page
    assert "−41.00 s" in page  # the measured offset stays what it was
    assert post(lead, f"/{ref}/shift/{pair.second.id}", ms="much") == 400
    assert post(lead, f"/{ref}/shift/{pair.other.id}", ms="10") == 404


def test_corroboration_is_a_persons_word_with_a_note(pair: Pair, lead: Desk) -> None:
    ref = pair.opened(pair.first, pair.second)
    page = lead.page(f"/desk/incidents/{ref}/together")
    one, other = re.findall(
        r'name="one" value="([0-9a-f]+)"><input type="hidden" name="other" value="([0-9a-f]+)"', page
    )[0]
    assert (
        post(lead, f"/{ref}/judge", one=one, other=other, verdict="confirmed", note="<i>seen</i> twice")
        == 303
    )
    page = lead.get(f"/desk/incidents/{ref}/together").text
    assert "&lt;i&gt;seen&lt;/i&gt; twice" in page and "first lead" in page
    assert post(lead, f"/{ref}/judge", one=one, other=other, verdict="open") == 303
    assert "twice" not in lead.page(f"/desk/incidents/{ref}/together")
    assert post(lead, f"/{ref}/judge", one=one, other=one, verdict="confirmed") == 404


# Who may see what


def test_a_reviewer_sees_the_row_of_what_they_do_not_hold_and_no_content(pair: Pair, reviewer: Desk) -> None:
    ref = pair.opened(pair.first, pair.second)
    page = reviewer.page(f"/desk/incidents/{ref}")
    assert pair.reference(pair.first) in page and "opens by claiming it" in page
    assert "CRS" not in re.sub(r'placeholder="[^"]*"', "", page)
    page = reviewer.page(f"/desk/incidents/{ref}/together")
    assert "Teargas" not in page and "data-piece" not in page
    for path in ("/sheet", "/sheet/edit"):
        assert reviewer.get(f"/desk/incidents/{ref}{path}").status_code == 403
    assert post(reviewer, f"/{ref}/shift/{pair.first.id}", ms="10") == 403


def test_a_reviewer_sees_the_lanes_that_open_to_them(pair: Pair, reviewer: Desk) -> None:
    ref = pair.opened(pair.first, pair.second)
    choose(pair, pair.first.id)
    page = reviewer.page(f"/desk/incidents/{ref}/together")
    assert "On evacue" in page and "VII-36" not in page and "same code" not in page
    assert reviewer.get(f"/desk/incidents/{ref}/sheet").status_code == 403
    choose(pair, pair.first.id, pair.second.id)
    assert "same code" in reviewer.page(f"/desk/incidents/{ref}/together")
    assert reviewer.get(f"/desk/incidents/{ref}/sheet/edit").status_code == 200
    assert post(reviewer, f"/{ref}/sheet/1/erase") == 403
    unchoose(pair)


def test_a_sheet_with_sensitive_words_opens_to_chosen_reviewers_only(
    pair: Pair, lead: Desk, reviewer: Desk
) -> None:
    ref = pair.opened()
    for document, status in (
        ({"codes": [{"id": "11111111", "code": "FOR-GAS"}]}, 200),
        ({"codes": [{"id": "11111111", "code": "CHK-XSEX"}]}, 403),
        ({"injuries": [{"id": "11111111", "seen": "a cut"}]}, 403),
        ({"people": [{"id": "11111111", "group": "defender", "minor": "yes"}]}, 403),
        ({"figures": [{"id": "11111111", "what": "minors_alone", "qualifier": "MIN", "n": 2}]}, 403),
        ({"figures": [{"id": "11111111", "what": "minors", "qualifier": "NONE_SEEN"}]}, 200),
    ):
        with pair.app.app_context():
            newest = queries.sheet_of(incident(ref))
            service.save_sheet(user("first lead"), incident(ref), newest.number if newest else 0, document)
            db.session.remove()
        assert reviewer.get(f"/desk/incidents/{ref}/sheet").status_code == status, document
        assert lead.get(f"/desk/incidents/{ref}/sheet").status_code == 200


# The sheet by its form


def base_of(page: str) -> str:
    return str(re.findall(r'name="base" value="(\d+)"', page)[0])


def test_what_observations_say_is_taken_by_a_person_and_names_its_entry(pair: Pair, lead: Desk) -> None:
    ref = pair.opened(pair.first, pair.second)
    address = f"/desk/incidents/{ref}/sheet/edit"
    page = lead.page(address)
    first = pair.reference(pair.first)
    assert f"from {first}, entry 07:00" in page
    keys = re.findall(r'name="take" value="([^"]+)"', page)
    parts = {key.partition(":")[0] for key in keys}
    assert parts == {
        "start",
        "end",
        "site",
        "codes",
        "figures",
        "units",
        "vehicles",
        "quotes",
        "identification",
    }
    main = page[page.index("<main") :]
    assert "12?45" not in main and "1234" not in main  # numbers stay in the register
    gas = next(key for key in keys if key.startswith("codes:"))
    answer = lead.post(
        address, {"base": "0", "event.town": "Calais", "take": [gas, "site:" + pair.first.id]}, page=address
    )
    assert answer.status_code == 303
    page = lead.page(answer.headers["Location"])
    for words in (
        "Teargas used on people",
        "I saw it",
        f"from {first}, entry 07:00",
        "BX",
        "Calais",
        "Version 1",
    ):
        assert words in page, words
    page = lead.page(address)
    assert gas not in re.findall(r'name="take" value="([^"]+)"', page)
    with pair.app.app_context():
        version = queries.sheet_of(incident(ref))
        assert version is not None and version.document is not None
        assert version.document["codes"][0]["source"]["observation"] == pair.first.id
        assert version.document["sources"]["event.site"]["observation"] == pair.first.id
        assert set(version.document) == {"event", "codes", "sources"}
    done = verbs(pair, "first lead", id_of(pair, ref))
    assert done[3:] == ["incident.sheet-viewed", "incident.sheet-saved"]


def test_what_was_typed_stands_over_what_was_taken_with_it(pair: Pair, lead: Desk) -> None:
    """Taken replaces what stood there before; not the words of the same person in the same form."""
    ref = pair.opened(pair.first, pair.second)
    address, first = f"/desk/incidents/{ref}/sheet/edit", pair.first.id

    def kept(**said: object) -> dict[str, Any]:
        assert lead.post(address, said, page=address).status_code == 303
        with pair.app.app_context():
            version = queries.sheet_of(incident(ref))
            assert version is not None and version.document is not None
            db.session.remove()
            return version.document

    document = kept(**{"base": "0", "event.time": "06:58", "take": [f"start:{first}", f"site:{first}"]})
    event, sources = document["event"], document["sources"]
    assert (event["time"], event["day"], event["site"]) == ("06:58", "2026-11-21", "BX")
    assert "event.time" not in sources and "event.day" in sources
    # Nothing typed anew: what is taken replaces it, as its button says.
    same = {f"event.{name}": text for name, text in event.items()}
    assert kept(base="1", take=[f"start:{first}"], **same)["event"]["time"] == "07:00"


def test_what_somebody_leaves_out_is_not_offered_again_until_they_say_so(pair: Pair, lead: Desk) -> None:
    ref = pair.opened(pair.first, pair.second)
    address = f"/desk/incidents/{ref}/sheet/edit"
    site = f"site:{pair.first.id}"

    def offered() -> bool:
        return f'name="take" value="{site}"' in lead.page(address)

    assert offered()
    lead.post(
        address, {"base": "0", "event.town": "Calais", "leave": [site, "site:of nothing"]}, page=address
    )
    assert not offered() and f'name="again" value="{site}"' in lead.page(address)
    lead.post(address, {"base": "1", "event.town": "Calais", "again": [site]}, page=address)
    assert offered() and "left out before" not in lead.page(address)
    done = verbs(pair, lead.name, id_of(pair, ref))
    assert done.count("incident.suggestion-refused") == done.count("incident.refusal-undone") == 1


def test_a_form_with_a_fault_keeps_nothing_and_loses_nothing(pair: Pair, lead: Desk) -> None:
    ref = pair.opened(pair.first)
    address = f"/desk/incidents/{ref}/sheet/edit"
    key = re.findall(r'name="take" value="(codes:[^"]+)"', lead.page(address))[0]
    answer = lead.post(
        address,
        {
            "base": "0",
            "event.day": "the 21st",
            "said.facts": "Typed with care",
            "codes.0.note": "a note",
            "take": key,
        },
        page=address,
    )
    page = unescape(answer.text)
    assert answer.status_code == 422 and "A day looks like" in page
    assert '<a href="#event-day">' in page  # the form is long: what is wrong is named above, and leads there
    assert 'value="the 21st"' in page and "Typed with care" in page and 'value="a note"' in page
    assert re.search(rf'value="{re.escape(key)}" checked', page)
    with pair.app.app_context():
        assert queries.sheet_of(incident(ref)) is None


def test_two_people_writing_see_both_and_lose_nothing(pair: Pair, lead: Desk, second_lead: Desk) -> None:
    ref = pair.opened()
    address = f"/desk/incidents/{ref}/sheet/edit"
    begun = {
        "base": "0",
        "event.town": "Calais",
        "event.site": "BX",
        "codes.0.code": "FOR-GAS",
        "codes.0.basis": "SAW",
    }
    assert lead.post(address, begun, page=address).status_code == 303
    page = lead.page(address)
    row = re.findall(r'name="codes.0.id" value="([0-9a-f]{8})"', page)[0]
    assert base_of(page) == base_of(second_lead.page(address)) == "1"
    mine = {
        "base": "1",
        "event.town": "Marck",
        "event.site": "BX",
        "said.facts": "My facts",
        "codes.0.id": row,
        "codes.0.code": "FOR-BAT",
    }
    theirs = {"base": "1", "event.town": "Sangatte", "event.site": "BX", "said.heard": "Their hearsay", "codes.0.id": row,
              "codes.0.code": "FOR-GASF", "codes.1.code": "VER-INS"}  # fmt: skip
    assert second_lead.post(address, theirs, page=address).status_code == 303
    answer = lead.post(address, mine, page=address)
    page = unescape(answer.text)
    assert answer.status_code == 409
    assert "second lead saved version 2 while you were writing" in page and "In 2 places" in page
    for kept in (
        "Marck",
        "Sangatte",
        "My facts",
        "Their hearsay",
        "Baton or stick blow",
        "Teargas in the face",
        "Insult",
    ):
        assert kept in page, kept
    assert base_of(page) == "2"
    with pair.app.app_context():
        newest = queries.sheet_of(incident(ref))
        assert newest is not None and newest.number == 2
    fields = dict(re.findall(r'name="([a-z_.0-9]+)"[^>]*? value="([^"]*)"', page))
    sent = {name: value for name, value in fields.items() if "." in name and value}
    facts = {
        "said.facts": "My facts",
        "said.heard": "Their hearsay",
        "codes.0.code": "FOR-BAT",
        "codes.1.code": "VER-INS",
    }
    assert lead.post(address, {**sent, **facts, "base": "2"}, page=address).status_code == 303
    page = lead.page(f"/desk/incidents/{ref}/sheet")
    assert "Version 3" in page and "Marck" in page and "Their hearsay" in page and "My facts" in page
    assert "Sangatte" in lead.page(f"/desk/incidents/{ref}/sheet?version=2")


def test_a_published_record_is_entered_by_the_form(pair: Pair, lead: Desk) -> None:
    record = {
        "id": "REP-007", "kind": "pattern", "source": {"file": "report.pdf", "section": "2.4", "line": 510},
        "date": {"text": "early June", "from": "2018-06-01", "to": "2018-06-10", "precision": "approx"}, "time_of_day": "night",
        "place": {"town": "Calais", "site": None},
        "actors": [{"force": "PN-CRS", "unit": None, "count": 15, "role": "in a line"}, {"force": "PREFECTURE", "unit": None, "count": None, "role": None}],
        "conduct": ["FOR-THRO", "LIB-GAV"], "targets": [{"group": "defender", "role": "volunteer", "count": 1, "minor": None}],
        "rio_status": "NOT_STATED", "rio_asked": "UNKNOWN", "basis": "THIRD",
        "measures": {"custody_hours": {"value": 10, "qualifier": "EXACT"}, "fines_eur": {"value": 3000, "qualifier": "ABOUT"}},
        "outcome": ["C_DDD", "NONE"], "summary": "Held by the throat.", "notes": None,
    }  # fmt: skip
    ref = pair.opened()
    address = f"/desk/incidents/{ref}/sheet/edit"
    assert (
        lead.post(address, {"base": "0", **form_of(published.to_sheet(record))}, page=address).status_code
        == 303
    )
    with pair.app.app_context():
        version = queries.sheet_of(incident(ref))
        assert version is not None and published.to_record(version.document or {}) == record
    assert "Held by the throat." in lead.page(f"/desk/incidents/{ref}/sheet")


def test_an_older_version_is_erased_by_the_lead(pair: Pair, lead: Desk) -> None:
    ref = pair.opened()
    address = f"/desk/incidents/{ref}/sheet/edit"
    for base, words in (("0", "a name that slipped in"), ("1", "person A")):
        assert lead.post(address, {"base": base, "said.facts": words}, page=address).status_code == 303
    assert post(lead, f"/{ref}/sheet/2/erase") == 409
    assert post(lead, f"/{ref}/sheet/1/erase") == 303
    page = lead.page(f"/desk/incidents/{ref}/sheet?version=1")
    assert "slipped" not in page and "were erased" in page
    assert lead.get(f"/desk/incidents/{ref}/sheet?version=9").status_code == 404


def test_words_of_the_sheet_are_text_and_never_markup(pair: Pair, lead: Desk) -> None:
    ref = pair.opened()
    address = f"/desk/incidents/{ref}/sheet/edit"
    said = {
        "base": "0",
        "said.facts": "<b>x</b>",
        "event.town": '"><i>',
        "codes.0.code": "FOR-GAS",
        "codes.0.note": "<u>",
    }
    assert lead.post(address, said, page=address).status_code == 303
    for path in ("/sheet", "/sheet/edit"):
        text = lead.get(f"/desk/incidents/{ref}{path}").text
        assert "<b>x</b>" not in text and '"><i>' not in text and "<u>" not in text and "&lt;b&gt;x" in text
