"""What a stolen token can do: fill its phone's share, and no more. Nothing of others suffers, nothing received is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import worker
from app.blobs import blobs
from app.db import db, unit_of_work
from app.enrol.models import Device
from app.guard import network
from app.ids import new_id
from app.intake import allowance, uploads
from app.intake.models import Item, Statement, Upload
from app.opening import silent
from app.seal import CHUNK, NONCE, SEALED_CHUNK
from tests.desk import PASSWORD, person
from tests.lessons.test_silent import film
from tests.phone import TUS, Phone, make_phone, sha256_b64


@pytest.fixture
def phone(app: Flask) -> Iterator[Phone]:
    yield make_phone(app)


def share(app: Flask, phone: Phone, quota: int) -> None:
    with app.app_context(), unit_of_work() as session:
        session.get_one(Device, phone.device).quota = quota
    allowance.forget(phone.device)


def code(response: object) -> str:
    return response.get_json()["error"]["code"]  # type: ignore[attr-defined, no-any-return]


def test_the_share_ends_a_patch_in_the_middle_and_keeps_what_came(app: Flask, phone: Phone) -> None:
    share(app, phone, 1_500_000)
    sealed = phone.seal(bytes(3_000_000))
    url = phone.create(sealed.id).headers[
        "Location"
    ]  # its length is said last: nothing could be refused before
    refused = phone.patch(url, 0, sealed.bytes)
    assert (refused.status_code, code(refused)) == (413, "quota")
    head = phone.http.head(url, headers={**phone.auth, **TUS})
    kept = int(head.headers["Upload-Offset"])
    assert 900_000 < kept <= 1_500_000
    share(app, phone, 10_000_000)
    assert (
        phone.patch(url, kept, sealed.bytes[kept:], Upload_Length=str(len(sealed.bytes))).status_code == 204
    )


def test_the_share_ends_a_checked_patch_before_it_is_spooled(app: Flask, phone: Phone) -> None:
    share(app, phone, 1_500_000)
    sealed = phone.seal(bytes(3_000_000))
    url = phone.create(sealed.id).headers["Location"]
    refused = phone.patch(url, 0, sealed.bytes, Upload_Checksum=f"sha256 {sha256_b64(sealed.bytes)}")
    assert (refused.status_code, code(refused)) == (413, "quota")
    with app.app_context():
        assert [path.name for path in (blobs().root / "incoming").iterdir()] == []


def test_the_reserve_ends_a_checked_patch(app: Flask, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = phone.seal(bytes(3_000_000))
    url = phone.create(sealed.id).headers["Location"]
    reserve = app.config["TEMOIN"].reserve
    left = iter((10**12, 10**12, reserve + 2_000_000))
    monkeypatch.setattr("app.blobs.Blobs.free", lambda _self: next(left, reserve - 1))
    refused = phone.patch(url, 0, sealed.bytes, Upload_Checksum=f"sha256 {sha256_b64(sealed.bytes)}")
    assert (refused.status_code, code(refused)) == (507, "disk-full")


def test_many_small_uploads_count_and_come_to_an_end(
    app: Flask, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    share(app, phone, 20 * allowance.OVERHEAD)
    answers = [phone.create(new_id(), 1).status_code for _n in range(30)]
    assert answers.count(201) in {19, 20} and set(answers[20:]) == {413}
    share(app, phone, 10**9)
    monkeypatch.setattr(allowance, "MOST_OPEN", 25)
    codes = [phone.create(new_id(), 1).status_code for _n in range(10)]
    assert codes.count(201) <= 6 and codes[-1] == 429


def test_statements_count_twice_and_keep_to_share_and_reserve(app: Flask, phone: Phone) -> None:
    said = phone.sign("temoin-deletion", {"ids": [new_id() for _n in range(900)], "why": "person"})
    share(app, phone, 2 * len(said) + 1000)
    assert "accepted" in phone.say(said)[0]
    # What fits into `UNCOUNTED` is taken before anything is counted, and only once.
    more = phone.sign("temoin-deletion", {"ids": [new_id() for _n in range(400)], "why": "person"})
    assert 2 * len(more) <= allowance.UNCOUNTED < 4 * len(more)
    assert "accepted" in phone.say(more)[0]
    more = phone.sign("temoin-deletion", {"ids": [new_id() for _n in range(400)], "why": "person"})
    for _again in range(2):
        refused = phone.http.post("/api/statements", json={"statements": [more]}, headers=phone.auth)
        assert (refused.status_code, code(refused)) == (413, "quota")
    share(app, phone, 10**9)
    config = app.config["TEMOIN"]
    app.config["TEMOIN"] = replace(config, reserve=2**61)
    refused = phone.http.post("/api/statements", json={"statements": [more]}, headers=phone.auth)
    assert (refused.status_code, code(refused)) == (507, "disk-full")
    app.config["TEMOIN"] = config
    assert "accepted" in phone.say(more)[0]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Statement)) == 3


def test_what_uploads_may_not_use_statements_may_halve(app: Flask, phone: Phone) -> None:
    config = app.config["TEMOIN"]
    with app.app_context():
        app.config["TEMOIN"] = replace(config, reserve=blobs().free() * 4 // 3)
    assert phone.create(new_id(), 100).status_code == 507
    assert "accepted" in phone.say(phone.sign("temoin-deletion", {"ids": [new_id()], "why": "person"}))[0]


def test_however_a_token_is_written_it_is_one_device(app: Flask, phone: Phone) -> None:
    spaces = (f"Bearer {' ' * n}{phone.token}{' ' * (n % 3)}" for n in range(320))
    codes = [
        phone.http.post("/api/status", json={"ids": []}, headers={"Authorization": said}).status_code
        for said in spaces
    ]
    assert codes[:300] == [200] * 300 and 429 in codes[300:]
    other = make_phone(app, "another behind the same network")
    assert other.status()["items"] == {}


def test_ipv6_counts_by_the_network_that_one_home_has() -> None:
    assert network("2001:db8:1:2:aaaa::1") == network("2001:db8:1:2:bbbb::2") == "2001:db8:1:2::/64"
    assert network("2001:db8:1:3::1") != network("2001:db8:1:2::1")
    assert network("::ffff:192.0.2.7") == network("192.0.2.7") == "192.0.2.7"
    assert network("fe80::1%eth0") == "fe80::/64" and network("") == ""


def test_enrolling_is_counted_over_a_network(app: Flask) -> None:
    http = app.test_client()
    codes = [
        http.post(
            "/api/enrol",
            json={"secret": "x", "statement": "y"},
            environ_base={"REMOTE_ADDR": f"2001:db8:5:5::{n:x}"},
        ).status_code
        for n in range(1, 25)
    ]
    assert 429 not in codes[:20] and set(codes[20:]) == {429}


def test_passwords_are_not_tried_without_end_on_ones_own_page(app: Flask) -> None:
    desk = person(app, "reviewer")
    token = desk.token("/desk/me")
    form = {"csrf_token": token, "current": "wrong", "password": PASSWORD, "again": PASSWORD}
    codes = [desk.http.post("/desk/me", data=form).status_code for _n in range(35)]
    assert codes[-1] == 429 and codes[0] != 429


def test_older_tails_stay_until_the_item_is_whole(app: Flask, phone: Phone) -> None:
    """Whoever took the phone replaces both tails; the seconds before are still there, and are what opens."""
    content = film()
    sealed = phone.seal(content)
    whole, sealed.body = sealed.body, sealed.body[: NONCE + 3 * SEALED_CHUNK]
    at = 3 * CHUNK

    def tail(number: int, offset: int, data: bytes) -> None:
        said = phone.seal(bytes.fromhex(sealed.id) + offset.to_bytes(8, "big") + data)
        made = phone.create(sealed.id, len(said.bytes), tail=number)
        assert phone.patch(made.headers["Location"], 0, said.bytes).status_code == 204

    tail(0, at, content[at : at + 500])
    for number in (0, 1, 0, 1):
        tail(number, 9 * CHUNK, b"nothing that fits")
    phone.commit(sealed, "film", cut=True)
    assert phone.send(sealed).status_code == 204
    with app.app_context():
        worker.work_off()
        from app.opening.service import newest

        item = db.session.scalars(select(Item)).one()
        found = newest(item)
        assert found is not None and found.original_size == at + 500
        assert db.session.scalar(select(func.count()).where(Upload.tail >= 0)) == 5
        db.session.remove()
    other = phone.seal(content)
    said = phone.seal(bytes.fromhex(other.id) + (0).to_bytes(8, "big") + b"x")
    made = phone.create(other.id, len(said.bytes), tail=1)
    phone.patch(made.headers["Location"], 0, said.bytes)
    phone.commit(other, "film")
    assert phone.send(other).status_code == 204
    with app.app_context():
        gone = select(func.count()).where(Upload.tail >= 0, Upload.item_id == other.id)
        assert db.session.scalar(gone) == 0, "once it is whole they are of no use"
    assert len(whole) > len(sealed.body)


def test_a_tail_is_small(phone: Phone) -> None:
    assert code(phone.create(new_id(), uploads.TAIL_LIMIT + 1, tail=0)) == "too-large"
    url = phone.create(new_id(), None, tail=0).headers["Location"]
    sealed = phone.seal(bytes(uploads.TAIL_LIMIT))
    assert code(phone.patch(url, 0, sealed.bytes)) == "too-large"


def test_a_crowd_of_begun_uploads_does_not_hold_up_what_is_whole(
    app: Flask, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_phone(app, "another")
    begun = []
    for n, one in enumerate([phone] * 8 + [other]):
        sealed = one.seal(bytes(200_000))
        url = one.create(sealed.id).headers["Location"]
        assert one.patch(url, 0, sealed.bytes[:100_000]).status_code == 204
        begun.append((n, sealed.id))
    opened: list[str] = []

    def slow(upload: Upload) -> bool:
        opened.append(upload.item_id)
        return True

    monkeypatch.setattr(silent, "open_silent", slow)
    monkeypatch.setattr(worker, "SILENT", -1)
    clock = SimpleNamespace(
        time=time.time, monotonic=lambda: float(len(opened))
    )  # each opening takes a second
    monkeypatch.setattr(worker, "time", clock)
    with app.app_context():
        worker.open_silent(budget=1.5)
        assert len(opened) == 2
        assert begun[-1][1] in opened[:2], "the other phone's comes in its turn, not last"
