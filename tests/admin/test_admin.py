"""Phones, people, custody and status, for those who run the server."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pyrage
import pytest
from flask import Flask

from app import jws
from app.accounts import service as accounts
from app.clock import now_ms
from app.db import db
from app.enrol import pins
from app.enrol.models import Device, Invitation
from app.keys import keys
from app.seal import make_identity
from tests.desk import Desk, person
from tests.phone import Phone, make_phone


@pytest.fixture
def coordinator(app: Flask) -> Desk:
    return person(app, "coordinator")


def test_an_invitation_is_shown_once_and_enrols_one_phone(app: Flask, coordinator: Desk) -> None:
    shown = coordinator.post("/desk/phones", {"label": "Phone 7"}, page="/desk/phones").text
    secret = shown.split("/m/#")[1][:43]
    assert "adb reverse" in shown and 'class="qr"' not in shown  # plain http: no picture
    assert secret not in coordinator.page("/desk/phones")
    phone = Phone(app, app.test_client())
    assert phone.enrol(secret).status_code == 201
    assert Phone(app, app.test_client()).enrol(secret).status_code == 410
    assert "Phone 7" in coordinator.page("/desk/phones")


def test_over_https_the_invitation_is_a_picture_too(app: Flask, coordinator: Desk) -> None:
    app.config["TEMOIN"] = replace(app.config["TEMOIN"], url="https://desk.example.org")
    shown = coordinator.post("/desk/phones", {"label": "Phone 7"}, page="/desk/phones").text
    assert 'class="qr"' in shown and "<svg" in shown and "https://desk.example.org/m/#" in shown
    assert "adb reverse" not in shown


def test_a_cancelled_invitation_is_worth_nothing(app: Flask, coordinator: Desk) -> None:
    secret = coordinator.post("/desk/phones", {"label": "x"}, page="/desk/phones").text.split("/m/#")[1][:43]
    with app.app_context():
        invitation = db.session.query(Invitation).one().id
    coordinator.post(f"/desk/phones/invitations/{invitation}/cancel", page="/desk/phones")
    assert Phone(app, app.test_client()).enrol(secret).status_code == 410


def test_revoking_asks_first_and_then_stops_the_phone_at_its_next_request(
    app: Flask, coordinator: Desk
) -> None:
    phone = make_phone(app, "Phone 3")
    address = f"/desk/phones/{phone.device}/revoke"
    assert "Its next request will be refused" in coordinator.page(address)
    phone.status()
    coordinator.post(address, {"suspect_since": "2026-07-02T15:46"}, page=address)
    assert phone.http.post("/api/status", json={"ids": []}, headers=phone.auth).status_code == 401
    with app.app_context():
        assert db.session.get_one(Device, phone.device).suspect_since == 1782999960000
    assert "suspect since" in coordinator.page("/desk/phones")


def test_adding_somebody_gives_a_link_to_hand_over(app: Flask) -> None:
    admin = person(app, "admin")
    sent = {"username": "Second Reader", "roles": ["coordinator"], "active": "y"}
    shown = admin.post("/desk/people", sent, page="/desk/people").text
    secret = shown.split("/desk/enter#")[1].split("<")[0]
    new = Desk(app.test_client())
    assert new.post("/desk/enter", {"secret": secret}).status_code == 303
    assert "choose" not in admin.page("/desk/people")
    again = admin.post("/desk/people", sent, page="/desk/people")
    assert again.status_code == 409 and "already taken" in again.text


def test_an_admin_does_not_become_lead_beside_another_lead(app: Flask) -> None:
    admin, _lead = person(app, "admin"), person(app, "lead")
    with app.app_context():
        own = accounts.by_name("admin")
        assert own is not None
        address = f"/desk/people/{own.id}"
    answer = admin.post(address, {"roles": ["admin", "lead"], "active": "y"}, page=address)
    assert answer.status_code == 422 and "only while there is no other lead" in answer.text


def test_status_says_what_is_not_well(app: Flask, coordinator: Desk) -> None:
    page = coordinator.page("/desk/status")
    assert "not running" in page and "none" in page and "practice keys" in page
    (app.config["TEMOIN"].instance / "worker.alive").touch()
    phone = make_phone(app, "Phone 3")
    phone.http.post(
        "/api/status", json={"ids": [], "holds": {"items": 3, "bytes": 42_000_000}}, headers=phone.auth
    )
    page = coordinator.page("/desk/status")
    assert "not running" not in page and "42\u00a0MB" in page and "Phone 3" in page


class Lead:
    """What the lead's browser does, in Python: keys, canaries, signed pins."""

    def __init__(self, app: Flask) -> None:
        self.app, self.desk = app, person(app, "lead")
        self.identities = [make_identity(), make_identity()]
        self.organisation = jws.make_key()

    def send(self, path: str, body: object) -> tuple[int, dict[str, object]]:
        answer = self.desk.http.post(path, json=body, headers={"X-CSRFToken": self.desk.token()})
        return answer.status_code, answer.get_json(silent=True) or {}

    @property
    def recipients(self) -> list[str]:
        return [identity.recipient for identity in self.identities]

    def words(self) -> dict[str, str]:
        status, said = self.send("/desk/custody/canaries", {"recipients": self.recipients})
        assert status == 200
        canaries = said["canaries"]
        assert isinstance(canaries, list)
        return {
            identity.recipient: pyrage.decrypt(base64.b64decode(sealed), [identity.pyrage]).decode()
            for identity, sealed in zip(self.identities, canaries, strict=True)
        }

    def pins(self, **more: object) -> str:
        with self.app.app_context():
            payload = {**pins.proposal(), "custody": self.recipients, "at": now_ms(), **more}
        return jws.sign(payload, "temoin-pins", "organisation", self.organisation)

    def start(self, words: dict[str, str], signed: str | None = None) -> int:
        body = {
            "words": words,
            "pins": signed or self.pins(),
            "organisation": jws.public_jwk(self.organisation),
        }
        return self.send("/desk/custody/start", body)[0]


def test_custody_is_set_up_by_who_can_open_every_canary(app: Flask) -> None:
    lead, phone = Lead(app), make_phone(app)
    assert lead.start(lead.words()) == 200
    with app.app_context():
        assert not keys().is_practice and keys().custody_recipients == lead.recipients
    assert phone.http.get("/api/pins", headers=phone.auth).status_code == 401
    assert "Custody is set up" in lead.desk.page("/desk/custody")
    assert "Practice keys" not in lead.desk.page("/desk/queue")


def test_custody_is_refused_without_proof(app: Flask) -> None:
    lead = Lead(app)
    assert lead.start(dict.fromkeys(lead.recipients, "guess")) == 422  # never asked for canaries
    words = lead.words()
    assert lead.start({lead.recipients[0]: words[lead.recipients[0]]}) == 422  # one file of two
    assert lead.start({r: w + "x" for r, w in words.items()}) == 422
    assert lead.start(words, lead.pins(custody=[make_identity().recipient])) == 422  # other keys than proven
    assert lead.start(words, lead.pins(server="0" * 32)) == 422
    assert lead.start(words, "not.a.jws") == 422
    with app.app_context():
        assert keys().is_practice


def test_real_custody_changes_only_by_the_organisation_key_that_phones_trust(app: Flask) -> None:
    lead = Lead(app)
    assert lead.start(lead.words()) == 200
    first, lead.organisation = lead.organisation, jws.make_key()
    lead.identities = [make_identity()]
    assert lead.start(lead.words()) == 422
    lead.organisation = first
    assert lead.start(lead.words()) == 200
    with app.app_context():
        assert keys().custody_recipients == lead.recipients


def test_no_private_half_is_asked_for_or_kept(app: Flask) -> None:
    lead = Lead(app)
    assert lead.start(lead.words()) == 200
    kept = b"".join(path.read_bytes() for path in app.config["TEMOIN"].instance.rglob("*") if path.is_file())
    secret = json.dumps(lead.organisation.as_dict(private=True)["d"]).encode().strip(b'"')
    assert secret not in kept
    for identity in lead.identities:
        assert str(identity.pyrage).encode() not in kept
