"""Who may open what: every address of the desk that gives content, tried by those who may not have it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app import create_app
from app.accounts import service as accounts
from app.accounts.models import User
from app.accounts.rights import CONTENT, right
from app.db import db
from app.journal.models import Observation
from app.opening.models import Opening
from app.register.vocabulary import label
from app.review import access, find, queue, work
from app.review.models import Choice, Work
from config import Config
from tests.desk import Desk, anybody, person
from tests.material import Observed, photo
from tests.phone import Phone, make_phone
from tests.review.conftest import Scene, open_all, record

# Words of the scene that only whoever may open it reads.
CONTENT_WORDS = (
    "said</b>",
    'class="rio"',
    "50.9513",
    "helmet",
    "Finished by the observer",
    "<video",
    "data-zoom",
)


@dataclass
class Team:
    app: Flask
    scene: Scene
    people: dict[str, Desk]
    files: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> Desk:
        return self.people[name]

    def user(self, name: str) -> User:
        found = accounts.by_name(name)
        assert found is not None
        return found

    def step(self, name: str, what: str, subject: str = "", **sent: str) -> int:
        """Press a button of an observation's page."""
        desk, subject = self.people[name], subject or self.scene.seen.id
        return desk.post(f"/desk/{what}/{subject}", sent, page="/desk/queue").status_code

    def opens(self, name: str) -> bool:
        page = self.people[name].get(f"/desk/o/{self.scene.reference}").text
        return any(words in page for words in CONTENT_WORDS)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    app = create_app(Config(instance=tmp_path_factory.mktemp("instance"), testing=True))
    with app.app_context():
        db.create_all()
    scene = record(make_phone(app))
    team = Team(app, scene, {})
    team.people["lead"] = person(app, "lead", name="lead")
    for name in ("anna", "ben"):
        team.people[name] = person(app, "reviewer", name=name)
    with app.app_context():
        team.files = [row[0] for row in db.session.execute(db.select(Opening.item))]
    yield team
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def team(built: Team) -> Team:
    """Everybody as on the first day: nothing claimed, nobody chosen."""
    with built.app.app_context():
        for table in ("review_work", "review_choice"):
            db.session.execute(db.text(f"DELETE FROM {table}"))
        db.session.execute(db.text('UPDATE "user" SET sensitive = false'))
        db.session.commit()
    return built


def addresses(team: Team) -> list[tuple[str, str, str]]:
    """(endpoint, method, address) of every page and act of the desk about one thing: with the observation's own ids in
    the place of each variable, so that a route added tomorrow is tried too."""
    with team.app.app_context():
        ids = {
            "reference": team.scene.reference,
            "subject": team.scene.seen.id,
            "observation_id": team.scene.seen.id,
            "item_id": team.files[0],
            "upload_id": team.files[0],
        }

    def filled(rule: Rule) -> str:
        return re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda match: ids.get(match[1], "1"), rule.rule)

    return [
        (rule.endpoint, method, filled(rule))
        for rule in team.app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
        if right(rule.endpoint) == CONTENT and rule.arguments & ids.keys()
    ]


# What a reviewer may send for something they can't open: it opens nothing by itself.
STEPS = {"review.claim", "review.release", "review.hand_over"}


@pytest.mark.parametrize("held", [False, True], ids=["unclaimed", "held by another"])
def test_no_address_gives_content_to_who_does_not_hold_it(team: Team, held: bool) -> None:
    if held:
        assert team.step("anna", "claim") == 303
    desk = team["ben"]
    token = {"X-CSRFToken": desk.token("/desk/queue"), "Accept": "text/html"}
    tried = [one for one in addresses(team) if one[0] not in STEPS]
    assert {"review.observation", "review.media", "review.download", "review.note"} <= {
        one[0] for one in tried
    }
    for endpoint, method, address in tried:
        answer = desk.http.open(address, method=method, headers=token)
        said = answer.get_data()
        assert not [words for words in CONTENT_WORDS if words.encode() in said], (endpoint, method)
        assert not said.startswith((b"\xff\xd8", b"\x1aE\xdf\xa3", b"\x89PNG")), (endpoint, method)
        if method == "POST":
            assert answer.status_code in {303, 400, 403, 404, 409, 422}, (
                endpoint,
                method,
                answer.status_code,
            )
    with team.app.app_context():
        assert not access.may_open(team.user("ben"), team.scene.seen.id)
        assert db.session.execute(db.text("SELECT count(*) FROM review_note")).scalar() == 0


def test_the_row_of_what_is_not_claimed_says_time_site_codes_and_count(team: Team) -> None:
    for path in ("/desk/queue", f"/desk/o/{team.scene.reference}"):
        page = team["ben"].page(path)
        with team.app.test_request_context():
            code = label("code", "FOR-GASF")
        assert "BX" in page and team.scene.reference in page and ("Gas" in page or code in page)
        assert "CRS" not in re.sub(r'placeholder="[^"]*"', "", page) and "Tents" not in page
    with team.app.test_request_context():
        (row,) = queue.observations(team.user("ben")).rows
    assert row.closed and row.place == "BX" and row.codes == ["FOR-GASF"] and sum(row.media.values()) == 2
    assert (row.forces, row.counts) == ([], [])


def test_claiming_opens_it_and_is_logged(team: Team) -> None:
    assert not team.opens("ben")
    assert team.step("ben", "claim") == 303 and team.opens("ben")
    assert team["ben"].get(f"/desk/media/{team.files[0]}").status_code == 200
    with team.app.app_context():
        said = db.session.execute(db.text('SELECT verb, object FROM log_entry ORDER BY "index"')).all()
    claimed = said.index(("work.claimed", team.scene.seen.id))
    assert ("observation.opened", team.scene.seen.id) in said[claimed:]


def test_what_somebody_holds_opens_for_nobody_else(team: Team) -> None:
    team.step("anna", "claim")
    assert not team.opens("ben") and team.step("ben", "claim") == 409
    assert "anna" in team["ben"].page(f"/desk/o/{team.scene.reference}")
    assert team.opens("anna") and team.opens("lead")
    for what, sent in (("reviewed", {"reviewed": "yes"}), ("more", {"why": "x"}), ("note", {"text": "x"})):
        assert team.step("ben", what, **sent) == 403
    team.step("anna", "release")
    assert not team.opens("anna") and team.step("ben", "claim") == 303


def test_what_was_reviewed_is_free_to_take(team: Team) -> None:
    team.step("anna", "claim")
    team.step("anna", "reviewed", reviewed="yes")
    assert not team.opens("ben")
    assert team.step("ben", "claim") == 303 and team.opens("ben")
    with team.app.app_context():
        stands = work.of(team.scene.seen.id)
        assert stands is not None and stands.state == "reviewed"


def test_a_lead_chooses_somebody_beside_the_holder(team: Team) -> None:
    team.step("anna", "claim")
    with team.app.app_context():
        ben = team.user("ben").id
    assert team.step("anna", "choose", person=ben, chosen="yes") == 403
    assert team.step("lead", "choose", person=ben, chosen="yes") == 303 and team.opens("ben")
    team.step("lead", "choose", person=ben, chosen="no")
    assert not team.opens("ben")


def test_marked_sensitive_shows_only_to_the_chosen(team: Team) -> None:
    team.step("anna", "claim")
    assert team.step("anna", "sensitive", sensitive="yes") == 303
    assert team.opens("anna")  # whoever noticed goes on with it
    assert team.step("anna", "sensitive", sensitive="no") == 403
    refused = team["ben"].get(f"/desk/o/{team.scene.reference}")
    assert refused.status_code == 403 and "a lead has chosen" in refused.text and "BX" not in refused.text
    assert team.scene.reference not in team["ben"].page("/desk/queue?show=all")
    team.step("anna", "release")
    assert team.step("ben", "claim") == 403
    with team.app.app_context():
        ben = team.user("ben")
        accounts.set_sensitive(ben, True, team.user("lead"))
    assert team.scene.reference in team["ben"].page("/desk/queue?show=all")
    assert not team.opens("ben") and team.step("ben", "claim") == 303 and team.opens("ben")


def test_a_claim_ends_to_open_where_sensitive_codes_arrive_later(team: Team) -> None:
    phone = team.scene.phone
    seen = Observed(phone)
    seen.say(0, "open")
    open_all(team.app)
    assert team.step("anna", "claim", seen.id) == 303
    with team.app.app_context():
        assert access.may_open(team.user("anna"), seen.id)
    seen.say(1, "code", {"code": "CHK-XSEX", "officer": None, "basis": "SAW"})
    open_all(team.app)
    with team.app.app_context():
        assert not access.may_open(team.user("anna"), seen.id) and access.is_sensitive(seen.id)
    seen.say(2, "finish", {"by": "person"})
    open_all(team.app)


@pytest.mark.parametrize(
    ("type_", "data", "sensitive"),
    [
        ("code", {"code": "CHK-XSEX", "officer": None, "basis": "SAW"}, True),
        ("code", {"code": "CHK-BODY", "officer": None, "basis": "SAW"}, False),
        ("count", {"what": "minors", "n": 2, "qualifier": "MIN"}, True),
        ("count", {"what": "minors", "n": 0, "qualifier": "NONE_SEEN"}, False),
        ("count", {"what": "tents", "n": 2, "qualifier": "MIN"}, False),
    ],
)
def test_what_makes_an_observation_sensitive(
    app: Flask, phone: Phone, type_: str, data: dict[str, object], sensitive: bool
) -> None:
    seen = Observed(phone)
    seen.say(0, "open")
    first = seen.say(1, type_, data)
    seen.say(2, type_, {**data, "withdrawn": True}, corrects=first)  # what was said stays on the time line
    open_all(app)
    with app.test_request_context():
        assert access.is_sensitive(seen.id) == sensitive
        reviewer = User(id="1" * 32, username="r", sensitive=False, roles=anybody("reviewer").roles)
        shown = [row.subject for row in queue.observations(reviewer).rows]
        assert shown == ([] if sensitive else [seen.id])
        assert queue.observations(reviewer).total == len(shown)
        assert [row.subject for row in queue.observations(anybody("lead")).rows] == [seen.id]


def test_the_sensitive_set_names_only_what_the_vocabulary_knows() -> None:
    from app.register.vocabulary import options

    named = access.sensitive_set()
    assert set(named["counts"]) <= {code for code, _words in options("item")}
    assert set(named["codes"]) <= {code for code, _words in options("code")}


def test_the_condition_for_lists_and_the_rule_for_pages_agree(team: Team) -> None:
    """Every way somebody may stand to a subject, asked both ways."""
    subject = team.scene.seen.id
    with team.app.app_context():
        ben, lead = team.user("ben").id, team.user("lead").id
    for holder in (None, ben, lead):
        for by_hand in (False, True):
            for of_account in (False, True):
                for chosen in (False, True):
                    with team.app.app_context():
                        db.session.execute(db.text("DELETE FROM review_work"))
                        db.session.execute(db.text("DELETE FROM review_choice"))
                        db.session.add(
                            Work(
                                subject=subject,
                                state="claimed",
                                holder=holder,
                                by=lead,
                                since=1,
                                sensitive=by_hand,
                            )
                        )
                        if chosen:
                            db.session.add(Choice(subject=subject, user_id=ben, by=lead, at=1))
                        team.user("ben").sensitive = of_account
                        db.session.commit()
                        user = team.user("ben")
                        query = db.select(Observation.id).where(Observation.id == subject)
                        listed = db.session.scalar(query.where(access.readable(user))) is not None
                        shown = db.session.scalar(query.where(access.visible(user))) is not None
                        expected = chosen or (holder == ben and (of_account or not by_hand))
                        assert listed == access.may_open(user, subject) == expected
                        assert shown == access.may_be_given(user, subject)
                        assert shown or not listed


def test_a_force_is_found_only_where_it_may_be_read(team: Team) -> None:
    from datetime import date

    with team.app.test_request_context():
        found = find.understand(team.user("ben"), "crs", "Europe/Paris", date.today())
        assert team.scene.seen.id not in [
            r.subject for r in queue.observations(team.user("ben"), found.conditions).rows
        ]
    team.step("ben", "claim")
    with team.app.test_request_context():
        found = find.understand(team.user("ben"), "crs", "Europe/Paris", date.today())
        assert team.scene.seen.id in [
            r.subject for r in queue.observations(team.user("ben"), found.conditions).rows
        ]


def test_a_look_up_shows_readings_of_what_may_be_opened_and_counts_the_rest(team: Team) -> None:
    sent = {"number": "12?45?7", "purpose": "complaint about the eviction"}
    shut = team["ben"].post("/desk/look-up", sent, page="/desk/look-up").text
    assert 'class="rio"' not in shut
    team.step("ben", "claim")
    assert 'class="rio"' in team["ben"].post("/desk/look-up", sent, page="/desk/look-up").text


def test_a_loose_item_opens_by_claiming_too(app: Flask, phone: Phone) -> None:

    other = phone.foreign()
    other.send(other.seal(photo()))
    open_all(app)
    desk = person(app, "reviewer")
    with app.test_request_context():
        (row,) = queue.loose_items(anybody("lead")).rows
    assert "<img" not in desk.page(f"/desk/i/{row.subject}")
    assert desk.get(f"/desk/media/{row.subject}").status_code == 403
    assert desk.post(f"/desk/claim/{row.subject}", page=f"/desk/i/{row.subject}").status_code == 303
    assert "<img" in desk.page(f"/desk/i/{row.subject}")
