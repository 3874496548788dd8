"""The map's page: what stands where, for whom, and the same as a list."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pytest
from flask import Flask

from app import create_app
from app.db import db
from app.journal.models import Observation
from app.worker import work_off
from config import Config
from tests.desk import Desk, person
from tests.material import Observed
from tests.phone import Phone, make_phone
from tests.sites.test_pages import add


def at_site(code: str) -> dict[str, object]:
    return {"place": {"source": "site", "site": code}}


def at_fix(lat: float, lon: float, accuracy: float = 12) -> dict[str, object]:
    return {"place": {"source": "gps", "lat": lat, "lon": lon, "accuracy": accuracy, "at": 0}}


@dataclass
class Ground:
    """A site BX, and observations at it, near it, elsewhere, nowhere; by key, their references."""

    app: Flask
    phone: Phone
    lead: Desk
    refs: dict[str, str]


@pytest.fixture
def ground(app: Flask) -> Ground:
    phone, lead = make_phone(app), person(app, "lead")
    add(lead)
    refs = {}
    for key, place, code in (
        ("coded", at_site("bois x"), "FOR-GAS"),
        ("near", at_fix(51.0503, 1.79), "EVI-SITE"),
        ("far", at_fix(51.2, 2.0), "FOR-GAS"),
        ("unknown", at_site("C9"), "EVI-SITE"),
        ("nowhere", {}, "EVI-SITE"),
    ):
        seen = Observed(phone)
        seen.say(0, "code", {"code": code, "basis": "SAW"}, **place)
        with app.app_context():
            work_off()
            refs[key] = db.session.get_one(Observation, seen.id).reference
    return Ground(app, phone, lead, refs)


def lists(page: str) -> dict[str, list[str]]:
    """Heading of each group of the list -> references in it."""
    found = {}
    for group in page.split('<section class="place-group">')[1:]:
        heading = re.sub(r"<[^>]+>|\s+", " ", group.partition("</h3>")[0])
        found[" ".join(heading.split())] = re.findall(r'class="ref">([^<]+)<', group)
    return found


def marks(page: str) -> list[str]:
    return re.findall(r'<a href="#o-[^"]+" class="spot-mark".*?aria-label="([^"]+)"', page)


def test_each_observation_stands_once_in_the_list(ground: Ground) -> None:
    found = lists(ground.lead.page("/desk/map"))
    assert sorted(ref for refs in found.values() for ref in refs) == sorted(ground.refs.values())
    by_start = {heading.split(",")[0].split()[0]: refs for heading, refs in found.items()}
    assert set(by_start["BX"]) == {ground.refs["coded"], ground.refs["near"]}
    assert by_start["C9"] == [ground.refs["unknown"]] and by_start["Outside"] == [ground.refs["far"]]
    assert by_start["Without"] == [ground.refs["nowhere"]]


def test_every_mark_leads_to_lines_that_are_there(ground: Ground) -> None:
    page = ground.lead.page("/desk/map")
    ids = set(re.findall(r'id="(o-[0-9a-f]{32})"', page))
    rows = re.findall(r'data-rows="([^"]+)"', page)
    assert rows and all(set(one.split()) <= ids for one in rows)
    assert any(label.startswith("2 observations, BX") for label in marks(page))


def test_a_reviewer_sees_the_site_but_not_the_fix_until_they_hold_it(ground: Ground) -> None:
    reviewer = person(ground.app, "reviewer")
    page = reviewer.page("/desk/map")
    found = lists(page)
    assert sorted(ref for refs in found.values() for ref in refs) == sorted(ground.refs.values())
    bx = next(refs for heading, refs in found.items() if heading.startswith("BX"))
    assert bx == [ground.refs["coded"]] and not any(h.startswith("Outside") for h in found)
    assert page.count("its position shows once you hold it") == 2
    from app.accounts import service as accounts
    from app.review import work

    with ground.app.test_request_context():
        user = accounts.by_name("reviewer")
        seen = db.session.query(Observation).filter_by(reference=ground.refs["far"]).one()
        assert user is not None
        work.claim(user, seen.id)
    found = lists(reviewer.page("/desk/map"))
    assert [refs for h, refs in found.items() if h.startswith("Outside")] == [[ground.refs["far"]]]


def test_what_is_sensitive_is_not_even_a_dot(ground: Ground) -> None:
    hidden = Observed(ground.phone)
    hidden.say(0, "count", {"what": "minors", "n": 1, "qualifier": "EXACT"}, **at_site("BX"))
    with ground.app.app_context():
        work_off()
        reference = db.session.get_one(Observation, hidden.id).reference
    assert reference in ground.lead.page("/desk/map")
    assert reference not in person(ground.app, "reviewer").page("/desk/map")


def test_days_and_code_choose(ground: Ground) -> None:
    page = ground.lead.page("/desk/map?code=FOR-GAS")
    shown = {ref for refs in lists(page).values() for ref in refs}
    assert shown == {ground.refs["coded"], ground.refs["far"]}
    assert 'value="EVI-SITE"' in page  # the other codes of these days stay to be chosen
    assert "0 observations" in ground.lead.page("/desk/map?from=2001-01-01&to=2001-02-01")
    assert lists(ground.lead.page("/desk/map?from=soon&to=99999-01-01")) == lists(
        ground.lead.page("/desk/map")
    )


def test_a_trial_is_not_on_the_map(ground: Ground) -> None:
    trial = Observed(ground.phone, trial=True)
    trial.say(0, "open", {}, **at_site("BX"))
    with ground.app.app_context():
        work_off()
        reference = db.session.get_one(Observation, trial.id).reference
    assert reference not in ground.lead.page("/desk/map")


def test_outlines_are_drawn_from_the_data_folder_and_from_nowhere_else(
    ground: Ground, config: Config
) -> None:
    line = '{"type": "LineString", "coordinates": [[1.78, 51.05], [1.80, 51.06]]}'
    (config.instance / "coast.geojson").write_text(line)
    (config.instance.parent / "outside.geojson").write_text(line)
    for name, drawn, words in (
        ("coast.geojson", True, ""), ("../outside.geojson", False, "isn't in the data folder"), ("none", False, "isn't there")
    ):  # fmt: skip
        app = create_app(replace(config, outlines=name))
        page = person(app, "lead", name=f"lead of {len(name)}").page("/desk/map")
        assert ('class="outline"' in page) is drawn and words in page
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def test_the_page_asks_nobody_for_anything(ground: Ground) -> None:
    page = ground.lead.page("/desk/map")
    assert set(re.findall(r'(?:src|href)="(https?:)?//', page)) == set()
    assert "style=" not in page
