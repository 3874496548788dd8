"""Withdrawing: what goes is gone from every table and every folder, what stays shows that it was there, and nothing of it
can happen by half."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import select

from app import worker
from app.blobs import Blobs, blobs
from app.custody import log
from app.custody.models import LogDetail, LogEntry
from app.db import db
from app.ids import new_id
from app.intake.models import Item, Withdrawal
from app.journal.models import Entry, Observation
from app.opening.models import Opening
from app.review import withdraw
from tests.desk import Desk, person
from tests.phone import Phone, make_phone
from tests.review.conftest import Scene, open_all, record

REASON = "The person filmed has asked for it."


@pytest.fixture
def scene(app: Flask) -> Scene:
    return record(make_phone(app))


@pytest.fixture
def lead(app: Flask) -> Desk:
    return person(app, "lead")


def steps(lead: Desk, subject: str, reason: str = REASON) -> None:
    page = f"/desk/withdraw/{subject}"
    second = lead.post(page, {"reason": reason}, page=page)
    assert second.status_code == 200 and "for good?" in second.text
    assert lead.post(f"{page}/now", {"reason": reason}, page=page).status_code == 303


def everything(app: Flask) -> bytes:
    """All rows and all file names of the data folder, as bytes to search."""
    with app.app_context():
        rows = [
            repr(tuple(row))
            for table in db.metadata.sorted_tables
            for row in db.session.execute(table.select())
        ]
        db.session.remove()
    return "\n".join(rows).encode()


def test_content_goes_from_every_row_and_file(app: Flask, scene: Scene, lead: Desk) -> None:
    lead.page(f"/desk/o/{scene.reference}")
    lead.post(
        f"/desk/note/{scene.seen.id}",
        {"text": "a note that names Aminata"},
        page=f"/desk/o/{scene.reference}",
    )
    before = everything(app)
    secrets = [b"said</b> & written", b"12?45?7", b"FOR-GASF", b"helmet", b"Aminata", b"Model 5", b"'BX'"]
    assert [s for s in secrets if s not in before] == []
    with app.app_context():
        items = [i.id for i in db.session.scalars(select(Item))]
        copies = [f"working/{o.working}" for o in db.session.scalars(select(Opening))]
        assert all(blobs().exists(name) for name in copies)
        db.session.remove()
    steps(lead, scene.seen.id)
    after = everything(app)
    assert [s for s in secrets if s in after] == []
    with app.app_context():
        for item in items:
            assert blobs().exists(f"bodies/{item}")
            assert not blobs().exists(f"heads/{item}") and not blobs().exists(f"heads/{item}.age")
        assert [name for name in copies if blobs().exists(name)] == []
        done = db.session.scalars(select(Withdrawal)).one()
        assert done.done and done.files == [] and done.reason == REASON
        entry = db.session.get_one(LogEntry, done.log_index)
        assert entry.verb == "observation.withdrawn" and entry.object == scene.seen.id
        assert {i.withdrawn for i in db.session.scalars(select(Item))} == {done.log_index}
        assert log.verify() > done.log_index
        kept = db.session.scalars(
            select(LogDetail.detail)
            .join(LogEntry, LogEntry.index == LogDetail.index)
            .where(LogEntry.verb == "item.received")
        ).all()
        assert len(kept) == len(items) and None not in kept
        db.session.remove()


def test_the_page_is_a_tombstone_and_lists_know_it_no_more(app: Flask, scene: Scene, lead: Desk) -> None:
    assert "Legal hold or withdrawal" in lead.page(f"/desk/o/{scene.reference}")
    assert scene.reference in lead.page("/desk/queue?show=all")
    steps(lead, scene.seen.id)
    page = lead.page(f"/desk/o/{scene.reference}")
    assert REASON in page and "withdrawn" in page and "lead" in page and "said" not in page
    assert scene.reference not in lead.page("/desk/queue?show=all").split("<main")[1]
    with app.app_context():
        medium = db.session.scalars(select(Opening.item)).first()
    assert lead.get(f"/desk/media/{medium}").status_code == 404
    again = lead.post(f"/desk/withdraw/{scene.seen.id}/now", {"reason": "twice"}, page="/desk/queue")
    assert again.status_code == 409


def test_a_legal_hold_stops_it_and_is_logged(app: Flask, scene: Scene, lead: Desk) -> None:
    page = f"/desk/withdraw/{scene.seen.id}"
    assert lead.post(f"{page}/hold", {"held": "yes", "reason": "court asks"}, page=page).status_code == 303
    assert "court asks" in lead.page(page) and "legal hold" in lead.page(f"/desk/o/{scene.reference}")
    refused = lead.post(f"{page}/now", {"reason": REASON}, page=page)
    assert refused.status_code == 409
    with app.app_context():
        assert db.session.scalars(select(Withdrawal)).first() is None
        assert db.session.get_one(Observation, scene.seen.id).withdrawn is None
        db.session.remove()
    lead.post(f"{page}/hold", {"held": "no", "reason": "the court has it"}, page=page)
    steps(lead, scene.seen.id)
    with app.app_context():
        verbs = [v for v in db.session.scalars(select(LogEntry.verb).order_by(LogEntry.index)) if "h" in v]
        assert [v for v in verbs if v.startswith(("hold", "observation.w"))] == [
            "hold.set", "hold.lifted", "observation.withdrawn",
        ]  # fmt: skip


def test_only_a_lead_and_only_with_a_reason(app: Flask, scene: Scene, lead: Desk) -> None:
    page = f"/desk/withdraw/{scene.seen.id}"
    reviewer = person(app, "reviewer")
    for method, path in (("GET", page), ("POST", page), ("POST", f"{page}/now"), ("POST", f"{page}/hold")):
        token = reviewer.token("/desk/queue")
        assert reviewer.http.open(path, method=method, data={"csrf_token": token}).status_code == 403
    assert lead.post(page, {"reason": "  "}, page=page).status_code == 422
    assert lead.post(f"{page}/now", {"reason": ""}, page=page).status_code == 422
    assert lead.get(f"/desk/withdraw/{new_id()}").status_code == 404


@pytest.mark.parametrize("after", [0, 1, 4])
def test_killed_in_the_middle_the_sweep_finishes_it(
    app: Flask, scene: Scene, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Killed after so many files were erased."""
    erased: list[str] = []
    real = Blobs.erase

    def dies(self: Blobs, name: str) -> None:
        if len(erased) >= after:
            raise KeyboardInterrupt
        erased.append(name)
        real(self, name)

    with app.app_context(), app.test_request_context():
        from app.accounts import service as accounts

        user = accounts.add("lead", ("lead",), "server")
        monkeypatch.setattr(Blobs, "erase", dies)
        with pytest.raises(KeyboardInterrupt):
            withdraw.withdraw(user, scene.seen.id, REASON)
        monkeypatch.setattr(Blobs, "erase", real)
        db.session.remove()
        assert not db.session.scalars(select(Withdrawal.done)).one()
        worker.sweep()
        assert db.session.scalars(select(Withdrawal.done)).one()
        for item in db.session.scalars(select(Item.id)):
            assert not blobs().exists(f"heads/{item}") and not blobs().exists(f"heads/{item}.age")
        assert list((blobs().root / "working").iterdir()) == []


def test_killed_before_the_log_had_it_nothing_has_happened(
    app: Flask, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_rest: object) -> None:
        raise KeyboardInterrupt

    with app.app_context(), app.test_request_context():
        from app.accounts import service as accounts

        user = accounts.add("lead", ("lead",), "server")
        monkeypatch.setattr(withdraw, "_empty_rows", dies)
        with pytest.raises(KeyboardInterrupt):
            withdraw.withdraw(user, scene.seen.id, REASON)
        db.session.remove()
        assert db.session.scalars(select(Withdrawal)).first() is None
        assert db.session.scalars(select(Entry)).first().document != {}  # type: ignore[union-attr]
        assert len(list((blobs().root / "working").iterdir())) == 2


def test_what_a_phone_brings_later_goes_too(app: Flask, scene: Scene, lead: Desk) -> None:
    steps(lead, scene.seen.id)
    scene.seen.say(40, "note", {"text": "added at home: Aminata", "later": True})
    open_all(app)
    assert b"Aminata" in everything(app)
    with app.app_context():
        worker.sweep()
        db.session.remove()
    assert b"Aminata" not in everything(app)
    with app.app_context():
        rows = db.session.scalars(select(Withdrawal).order_by(Withdrawal.log_index)).all()
        assert [row.actor.split(":")[0] for row in rows] == ["user", "worker"]
        worker.sweep()
        assert len(db.session.scalars(select(Withdrawal)).all()) == 2, "nothing more to say"


def test_an_upload_that_had_begun_ends_and_goes(
    app: Flask, lead: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.lessons.test_silent import film
    from tests.material import Observed

    monkeypatch.setattr("app.worker.SILENT", -1)
    phone = make_phone(app)
    seen, sealed = Observed(phone), phone.seal(film())
    seen.say(0, "begin", {"item": sealed.id, "kind": "film", "mime": "video/webm", "camera": "environment"})
    url = phone.create(sealed.id).headers["Location"]
    assert phone.patch(url, 0, sealed.bytes[:-1000]).status_code == 204
    open_all(app)
    with app.app_context():
        worker.open_silent()
        assert len(list((blobs().root / "working").iterdir())) == 1
        db.session.remove()
    steps(lead, seen.id)
    with app.app_context():
        assert list((blobs().root / "working").iterdir()) == []
        assert list((blobs().root / "heads").iterdir()) == []
    # The phone is told that it is over: a receipt for other bytes, nothing to send to.
    again = phone.create(sealed.id, len(sealed.bytes))
    assert again.status_code == 201 and "Temoin-Receipt" in again.headers


def test_an_item_of_no_observation(app: Flask, lead: Desk, phone: Phone) -> None:
    from tests.material import photo

    sealed = phone.seal(photo())
    phone.commit(sealed)
    phone.send(sealed)
    open_all(app)
    with app.app_context():
        item = db.session.scalars(select(Item.id)).one()
    steps(lead, item)
    assert REASON in lead.page(f"/desk/i/{item}")
    with app.app_context():
        entry = db.session.scalars(select(LogEntry).where(LogEntry.verb == "item.withdrawn")).one()
        assert json.loads(entry.line)["o"] == item


# Everything that points at what can be withdrawn is either emptied by it or says nothing of content.
SAYS_NOTHING = {
    "commitment", "deletion", "handover", "statement", "upload", "imported", "superseded", "withdrawal", "legal_hold",
    "review_mark", "incident_act", "incident_refusal", "known_officer", "log_entry", "log_detail",
}  # fmt: skip
EMPTIED = {"item", "observation", "entry", "opening", "viewing", "review_work"}


def test_no_table_is_forgotten(app: Flask) -> None:
    with app.app_context():
        tables = db.metadata.tables
        touched = {"observation", "entry", "item", "opening", "upload", "crop", "reading", "sighting"}
        pointing = {
            name
            for name, table in tables.items()
            if {key.column.table.name for key in table.foreign_keys} & touched
            or {"observation_id", "subject", "item_id"} & {column.name for column in table.columns}
        }
    assert pointing - set(withdraw.GONE) - EMPTIED - SAYS_NOTHING == set()
