"""Lesson 2: "the server says success while some are stored, some of 0 bytes". Requests repeated on their way, at once."""

from __future__ import annotations

import os
import threading

import pytest
from flask import Flask
from sqlalchemy import select

from app.blobs import blobs
from app.db import db
from app.intake.incoming import Incoming
from app.intake.models import Item
from app.verify import verify_items
from tests.phone import Phone, make_phone


def twin(app: Flask, phone: Phone) -> Phone:
    """The same phone on another line."""
    return Phone(app, app.test_client(), device=phone.device, token=phone.token)


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_last_request_repeated_while_it_is_being_stored_makes_one_whole_item(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = make_phone(app)
    sealed = phone.seal(os.urandom(200_000))
    phone.commit(sealed)
    url = phone.create(sealed.id, len(sealed.bytes)).headers["Location"]
    assert phone.patch(url, 0, sealed.bytes[:-1]).status_code == 204
    codes: list[int] = []
    size = len(sealed.bytes)
    repeated = threading.Thread(
        target=lambda: codes.append(twin(app, phone).patch(url, size, b"").status_code)
    )
    hashes = Incoming.hashes

    def meanwhile(here: Incoming) -> tuple[bytes, bytes]:
        found = hashes(here)
        if not repeated.ident:
            repeated.start()
            repeated.join(1)  # without a lock it would store the files under our hands by then
        return found

    monkeypatch.setattr(Incoming, "hashes", meanwhile)
    codes.append(phone.patch(url, size - 1, sealed.bytes[-1:]).status_code)
    repeated.join()
    assert codes == [204, 204]
    with app.app_context():
        [item] = db.session.scalars(select(Item)).all()
        assert item.attested == "match" and verify_items() == 1
        assert blobs().path(f"bodies/{item.id}").read_bytes() == sealed.body
        assert list((blobs().root / "incoming").iterdir()) == []


def test_many_at_once(app: Flask) -> None:
    phone = make_phone(app)
    sealed = phone.seal(os.urandom(300_000))
    url = phone.create(sealed.id, len(sealed.bytes)).headers["Location"]
    start, codes = threading.Barrier(6), []

    def send() -> None:
        other = twin(app, phone)
        start.wait()
        codes.append(other.patch(url, 0, sealed.bytes).status_code)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(codes) == 6 and 204 in codes and set(codes) <= {204, 409}
    with app.app_context():
        assert verify_items() == 1


def test_what_a_late_request_wrote_beside_a_stored_item_changes_nothing(app: Flask) -> None:
    phone = make_phone(app)
    sealed = phone.seal(b"stored" * 1000)
    assert phone.send(sealed).status_code == 204
    with app.app_context():
        item = db.session.scalars(select(Item)).one()
        (blobs().root / "incoming" / f"{item.id}.body").write_bytes(b"other")
    made = phone.create(sealed.id, len(sealed.bytes))
    assert made.headers["Upload-Offset"] == str(len(sealed.bytes)) and "Temoin-Receipt" in made.headers
    with app.app_context():
        assert verify_items() == 1
