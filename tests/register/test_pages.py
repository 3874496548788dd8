"""The register's pages: look-up, one sighting, two side by side, one officer, and those without a number."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from app import create_app
from app.accounts import service as accounts
from app.custody.models import LogDetail, LogEntry
from app.db import db
from app.ids import new_id
from app.journal.models import Observation
from app.register import service
from app.register.models import KnownOfficer, Reading, Sighting
from app.register.service import Said
from app.sites import service as sites
from app.sites.facts import Facts
from app.worker import work_off
from config import Config
from tests.desk import Desk, person
from tests.phone import Phone, make_phone
from tests.register.test_register import SAID, take_in

WHOLE, PART, NEAR, OTHER = "9081726", "90817??", "9087726", "5550001"
READ = (("whole", WHOLE), ("again", WHOLE), ("part", PART), ("near", NEAR), ("other", OTHER))
SITE = {"place": {"source": "site", "site": "BX"}}


@dataclass
class Place:
    """A server where `WHOLE` was read twice, once in part, once nearly, and two officers without a number were seen."""

    app: Flask
    phone: Phone
    lead: Desk
    seen: dict[str, str] = field(default_factory=dict)  # what was read -> sighting

    def sightings(self) -> dict[str, str]:
        with self.app.app_context():
            rows = db.session.execute(select(Sighting.look, Sighting.id))
            return {row[0]: row[1] for row in rows}


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    app = create_app(Config(instance=tmp_path_factory.mktemp("instance"), testing=True))
    with app.app_context():
        db.create_all()
    phone = make_phone(app)
    for name, pattern in READ:
        observation = new_id()
        status = "READ_PART" if "?" in pattern else "READ_FULL"
        phone.entry(observation, "officer", {"officer": 2, "force": "CRS", "look": name}, 0, **SITE)
        phone.entry(observation, "unit", {"officer": 2, "company": "VII-36", "vehicle": "AA-123-AA"}, 1)
        phone.entry(observation, "rio", {**SAID, "pattern": pattern, "status": status, "unsure": []}, 2)
    observation = new_id()
    for officer, look in ((1, "tall, covered face"), (2, "helmet, no band")):
        phone.entry(
            observation, "officer", {"officer": officer, "force": "GM", "look": look}, officer, **SITE
        )
        none = {**SAID, "officer": officer, "pattern": None, "status": "NOT_WORN", "unsure": []}
        none["checked"] = officer == 1
        phone.entry(observation, "rio", none, officer + 4)
    with app.app_context():
        work_off()
    lead = person(app, "lead", name="a lead")
    yield Place(app, phone, lead, {})
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def look_up(desk: Desk, status: int = 200, **said: str) -> str:
    answer = desk.post("/desk/look-up", {"purpose": "for the file of today", **said}, page="/desk/look-up")
    assert answer.status_code == status, answer.text
    return unescape(answer.text)


def log_of(app: Flask, verb: str) -> list[tuple[LogEntry, dict[str, object]]]:
    with app.app_context():
        entries = db.session.scalars(
            select(LogEntry).where(LogEntry.verb == verb).order_by(LogEntry.index)
        ).all()
        return [(e, json.loads(db.session.get_one(LogDetail, e.index).detail or b"{}")) for e in entries]


def tiers(page: str) -> list[str]:
    return re.findall(r'class="tier(?: t-\w)?"><b>(.)</b>', page)


def test_hits_say_how_they_agree_the_best_first(place: Place) -> None:
    page = look_up(place.lead, number=WHOLE)
    assert tiers(page) == ["A", "A", "B", "D"]
    assert "one digit easily taken for another" in page and "Place 4 differs." in page


def test_a_place_that_differs_but_is_unsure_is_said(place: Place) -> None:
    """It isn't against the other, so no tier falls for it; but nobody should take the two for equal."""
    for pattern, unsure in (("0009132", []), ("0009732", [4])):
        take_in(
            place.phone,
            new_id(),
            "rio",
            {**SAID, "pattern": pattern, "status": "READ_FULL", "unsure": unsure},
            0,
        )
    page = look_up(place.lead, number="0009132")
    assert page.count("Place 5 differs, but is unsure in one of them.") == 1


def test_digits_and_all_else_narrow_one_another(place: Place) -> None:
    page = look_up(place.lead, number=WHOLE, unit="CRS 36", force="CRS", vehicle="aa 1?3", place="bx")
    assert len(tiers(page)) == 4
    for name, wrong in (
        ("unit", "35"),
        ("force", "GM"),
        ("vehicle", "BB"),
        ("place", "B2"),
        ("until", "2020-01-01"),
    ):
        assert "Nothing fits." in look_up(place.lead, 200, **{"number": WHOLE, name: wrong})


def test_a_site_is_found_by_its_other_names_on_the_days_that_they_hold(place: Place) -> None:
    with place.app.test_request_context():
        author = accounts.by_name(place.lead.name)
        assert author is not None
        sites.add(
            author, Facts(code="B-X", aliases=("Bois Rond",), town="Calais", valid_from=date(2001, 1, 2))
        )
        sites.add(author, Facts(code="Hangar", aliases=("BX",), town="Dover", valid_to=date(2001, 1, 1)))
    for said in ("bois rond", "calais", "b x"):
        assert len(tiers(look_up(place.lead, number=WHOLE, place=said))) == 4
    assert "Nothing fits." in look_up(place.lead, 200, number=WHOLE, place="hangar")


def test_without_digits_unit_vehicle_day_and_place_are_enough_and_logged_as_such(place: Place) -> None:
    assert "5 officers seen" in look_up(place.lead, unit="VII-36", since="2026-01-01")
    _entry, detail = log_of(place.app, "rio.looked-up")[-1]
    assert detail["by"] == ["unit", "since"] and detail["digits"] == 0 and len(detail["sightings"]) == 5  # type: ignore[arg-type]
    assert "36" not in json.dumps({**detail, "sightings": [], "readings": []})
    assert "Please give some digits" in look_up(place.lead, status=422)


def test_a_vehicle_noted_where_no_officer_was_is_found_too(place: Place) -> None:
    take_in(place.phone, new_id(), "unit", {"officer": None, "vehicle": "roof 77 B"}, 0)
    assert "Noted where no officer was" in look_up(place.lead, vehicle="77b")


@pytest.mark.parametrize("purpose", [f"who is {WHOLE}", "who is 908 17 26", "the one with 0817 on it"])
def test_a_purpose_that_tells_the_number_is_refused(place: Place, purpose: str) -> None:
    page = look_up(place.lead, status=422, number=WHOLE, purpose=purpose)
    assert "leave the number out" in page and log_of(place.app, "rio.looked-up") == []


def test_a_reviewer_sees_hits_of_what_they_hold_and_rows_of_the_rest(place: Place) -> None:
    reviewer = person(place.app, "reviewer")
    page = look_up(reviewer, number=WHOLE)
    assert tiers(page) == [] and "4 more fit in observations that you don’t hold" in page
    _, detail = log_of(place.app, "rio.looked-up")[-1]
    assert detail["readings"] == []
    assert reviewer.get(f"/desk/sightings/{place.sightings()['whole']}").status_code == 403


def candidates(desk: Desk, sighting: str) -> list[str]:
    """(tier) of each suggestion on the page of a sighting."""
    page = desk.page(f"/desk/sightings/{sighting}")
    return tiers(
        page.partition("</h2>")[2] if "May be" not in page else page.partition("May be the same officer")[2]
    )


def decide(
    place: Place, one: str, other: str, what: str, reason: str = "the same strip in both films"
) -> int:
    path = f"/desk/sightings/{one}/beside/{other}"
    return place.lead.post(path, {"what": what, "reason": reason}, page=path).status_code


def test_candidates_come_by_tier_and_nothing_merges_by_itself(place: Place) -> None:
    ids = place.sightings()
    assert candidates(place.lead, ids["whole"]) == ["A", "B", "D"]
    assert candidates(place.lead, ids["other"]) == []
    with place.app.app_context():
        assert db.session.query(KnownOfficer).count() == 0


def test_accepting_links_into_an_officer_and_unlinking_keeps_the_history(place: Place) -> None:
    ids = place.sightings()
    assert decide(place, ids["whole"], ids["again"], "accept") == 303
    assert decide(place, ids["part"], ids["whole"], "accept", "same helmet, same day") == 303
    with place.app.app_context():
        officer = db.session.scalars(select(KnownOfficer.id)).one()
    page = place.lead.page(f"/desk/officers/{officer}")
    assert "One officer, 3 sightings" in page and "Every digit is known and sure." in page
    assert candidates(place.lead, ids["whole"]) == ["D"]
    path = f"/desk/sightings/{ids['part']}"
    assert (
        place.lead.post(
            f"{path}/unlink", {"reason": "another helmet on a closer look"}, page=path
        ).status_code
        == 303
    )
    page = place.lead.page(f"/desk/officers/{officer}")
    assert (
        "One officer, 2 sightings" in page
        and "another helmet on a closer look" in page
        and "Links undone" in page
    )
    # Undone is refused: it isn't offered again without news.
    assert candidates(place.lead, ids["part"]) == ["D"]


def test_a_refusal_is_kept_and_comes_back_only_with_news(place: Place) -> None:
    ids = place.sightings()
    assert decide(place, ids["whole"], ids["near"], "refuse", "another face, no beard") == 303
    assert candidates(place.lead, ids["whole"]) == ["A", "B"]
    with place.app.app_context():
        user = accounts.by_name("a lead")
        assert user is not None
        service.read_again(user, ids["near"], Said("READ_PART", pattern="908?726"))
    page = place.lead.page(f"/desk/sightings/{ids['whole']}")
    assert "refused before; read again since" in page
    assert "another face, no beard" in place.lead.page(f"/desk/sightings/{ids['whole']}/beside/{ids['near']}")


def test_joining_two_officers_is_asked_for(place: Place) -> None:
    ids = place.sightings()
    assert decide(place, ids["whole"], ids["again"], "accept") == 303
    assert decide(place, ids["part"], ids["near"], "accept") == 303
    assert decide(place, ids["whole"], ids["part"], "accept") == 422
    assert "join the two" in place.lead.page(f"/desk/sightings/{ids['whole']}/beside/{ids['part']}")
    assert decide(place, ids["whole"], ids["part"], "join") == 303
    with place.app.app_context():
        officer = db.session.scalars(select(KnownOfficer.id).order_by(KnownOfficer.made_at)).first()
    assert "One officer, 4 sightings" in place.lead.page(f"/desk/officers/{officer}")


def test_a_decision_needs_a_reason_without_the_number(place: Place) -> None:
    ids = place.sightings()
    assert decide(place, ids["whole"], ids["again"], "accept", "short") == 422
    assert decide(place, ids["whole"], ids["again"], "accept", f"both show {WHOLE} clearly") == 422
    with place.app.app_context():
        assert db.session.query(KnownOfficer).count() == 0


def test_any_two_can_be_laid_side_by_side_by_reference(place: Place) -> None:
    ids = place.sightings()
    with place.app.app_context():
        other = db.session.get_one(Sighting, ids["other"])
        reference = db.session.get_one(Observation, other.observation_id).reference
    path = f"/desk/sightings/{ids['whole']}"
    answer = place.lead.post(f"{path}/find", {"reference": reference.lower(), "officer": "2"}, page=path)
    assert answer.headers["Location"].endswith(f"{ids['whole']}/beside/{ids['other']}")


def again(place: Place, **said: str) -> tuple[int, str]:
    path = f"/desk/sightings/{place.sightings()['part']}"
    sent = {"status": "READ_PART", "asked": "NOT_ASKED", "how": "told", **said}
    answer = place.lead.post(f"{path}/again", sent, page=path)
    return answer.status_code, unescape(answer.text)


def newest(place: Place) -> Reading:
    with place.app.app_context():
        return db.session.scalars(select(Reading).order_by(Reading.id.desc())).first()  # type: ignore[return-value]


def test_a_reading_that_was_told_is_a_version(place: Place) -> None:
    assert again(place, number="90817?6", unsure="2, 9")[0] == 303
    made = newest(place)
    assert (made.pattern, made.unsure, made.how, made.version) == ("90817?6", [1], "told", 2)
    assert again(place, number="*726")[0] == 303
    assert newest(place).fragments == [{"digits": "726", "anchor": "end"}]


@pytest.mark.parametrize(
    ("typed", "suggested"), [("9O81726", "9081726"), ("90817261", None), ("AB-123-CD", None)]
)
def test_letters_and_too_many_digits_ask_for_another_number(
    place: Place, typed: str, suggested: str | None
) -> None:
    before = newest(place).id
    status, page = again(place, number=typed)
    assert status == 422 and "Another number?" in page and newest(place).id == before
    assert ("Did you mean this?" in page) == (suggested is not None)
    assert suggested is None or suggested in page
    assert again(place, number=typed, another="y", status="UNREADABLE")[0] == 303
    assert newest(place).other == typed and newest(place).pattern is None


def test_not_worn_needs_a_look_at_all_places(place: Place) -> None:
    status, page = again(place, status="NOT_WORN")
    assert status == 422 and "needs chest, shoulders and armband in view" in page
    assert again(place, status="NOT_WORN", checked="y")[0] == 303
    assert newest(place).checked
    status, page = again(place, number="9081726", status="NOT_WORN", checked="y")
    assert status == 422 and "contradict each other" in page


def test_those_without_a_number_have_a_place_of_their_own(place: Place) -> None:
    page = place.lead.page("/desk/unidentified")
    assert "tall, covered face" in page and "helmet, no band" in page and "BX" in page
    assert "whole" not in page.partition("<main")[2]
    # Not worn is a finding where all places were in view, and said to be none where they weren't.
    all_seen, not_all = "chest, shoulders and armband seen", "chest, shoulders and armband not all seen"
    assert page.count(all_seen) == page.count(not_all) == 1
    filtered = place.lead.post(
        "/desk/unidentified", {"look": "covered face", "force": "GM"}, page="/desk/unidentified"
    )
    assert "tall, covered face" in filtered.text and "helmet, no band" not in filtered.text
    assert all_seen in filtered.text
    assert (
        "Nobody fits" in place.lead.post("/desk/unidentified", {"unit": "99"}, page="/desk/unidentified").text
    )
    assert person(place.app, "reviewer").page("/desk/unidentified").count("<tr>") == 0


TITLE = re.compile(r"<title>(.*?)</title>", re.S)
ADDRESS = re.compile(r'(?:href|src|action|data-\w+|id|name|download)="([^"]*)"')


def test_numbers_are_in_no_title_address_name_or_log(place: Place) -> None:
    """Every page of the register, followed link by link, and the whole log: lines and details."""
    ids = place.sightings()
    look_up(place.lead, number=WHOLE)
    decide(place, ids["whole"], ids["again"], "accept")
    decide(place, ids["whole"], ids["near"], "refuse")
    assert again(place, number="9081726", status="READ_FULL")[0] == 303
    digits = (WHOLE, "90817", "81726", NEAR)
    waiting, seen, pages = (
        ["/desk/look-up", "/desk/unidentified", "/desk/queue?show=all", f"/desk/sightings/{ids['whole']}"],
        set(),
        0,
    )
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = place.lead.get(path)
        if answer.status_code != 200 or not answer.content_type.startswith("text/html"):
            continue
        pages += 1
        text = answer.text
        found = [*TITLE.findall(text), *ADDRESS.findall(text), path, str(answer.headers)]
        assert not [(path, one) for one in found for number in digits if number in one.replace("-", "")]
        waiting += [
            link for link in re.findall(r'href="(/desk/[^"#]*)"', text)
            if re.match(r"/desk/(sightings|officers|o|look-up|unidentified)", link)
        ]  # fmt: skip
    assert pages > 12
    with place.app.app_context():
        said = b"".join(db.session.scalars(select(LogEntry.line)).all())
        said += b"".join(d or b"" for d in db.session.scalars(select(LogDetail.detail)))
    assert b"rio.looked-up" in said and b"candidate.accepted" in said and b"reading.added" in said
    assert not [number for number in digits if number.encode() in said]


def test_flashes_hold_no_number(place: Place) -> None:
    again(place, number="9081726", status="READ_FULL")
    page = place.lead.page(f"/desk/sightings/{place.sightings()['part']}")
    flash = re.search(r'class="flashes".*?</section>', page, re.S)
    assert flash and not re.search(r"\d", re.sub("<[^>]+>", "", flash[0]))
