"""`flask verify` against somebody who holds the server's disk: every change is found and named, and nothing that happens
rightly is called off."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask, current_app
from sqlalchemy import select, text

from app import create_app, worker
from app.accounts import service as accounts
from app.blobs import blobs
from app.custody import log
from app.custody.log import LogBroken
from app.db import db
from app.enrol import service as enrol
from app.enrol.models import Device
from app.ids import new_id
from app.intake import storing
from app.intake.models import Item, Superseded, Upload
from app.opening.models import Opening
from app.review import hold, service, withdraw
from app.seal import NONCE, SEALED_CHUNK, seal_bytes
from app.verify import Damaged, run
from app.verify.statements import acknowledge
from config import Config
from tests.lessons.test_silent import fall_silent
from tests.lessons.test_silent import film as long_film
from tests.material import Observed, photo
from tests.phone import Phone, Sealed, make_phone
from tests.review.conftest import Scene, record

Tampering = Callable[[Scene], None]


@pytest.fixture
def scene(app: Flask) -> Scene:
    """One observation, opened, with a note of the team and a phone that has seen the log."""
    scene = record(make_phone(app))
    with app.app_context(), app.test_request_context():
        user = accounts.add("lead", ("lead",), "server")
        service.note(user, scene.seen.id, "looked at")
        db.session.remove()
    see(scene.phone)
    return scene


def see(phone: Phone) -> None:
    """A statement that quotes the log as it stands."""
    seen = phone.status()["seen"]
    assert (
        "accepted"
        in phone.say(phone.sign("temoin-deletion", {"ids": [new_id()], "why": "person", "seen": seen}))[0]
    )


def verified(app: Flask) -> str:
    with app.app_context():
        try:
            run()
        except (Damaged, LogBroken) as error:
            return str(error)
        finally:
            db.session.remove()
    return "verified"


@contextmanager
def disk() -> Iterator[sqlite3.Connection]:
    """The database as whoever holds the disk has it: no application, no rules."""
    with closing(sqlite3.connect(current_app.config["TEMOIN"].instance / "temoin.sqlite")) as connection:
        connection.row_factory = sqlite3.Row
        yield connection
        connection.commit()


def sql(statement: str) -> Tampering:
    def change(_scene: Scene) -> None:
        with disk() as connection:
            assert connection.execute(statement).rowcount > 0

    return change


def flip(shelf: str, ending: str = "", at: int = -1) -> Tampering:
    """Change one bit of the first file there."""

    def change(_scene: Scene) -> None:
        path = next(p for p in sorted((blobs().root / shelf).iterdir()) if p.name.endswith(ending))
        data = bytearray(path.read_bytes())
        data[at] ^= 1
        path.write_bytes(bytes(data))

    return change


def remove(shelf: str, ending: str = "") -> Tampering:
    def change(_scene: Scene) -> None:
        next(p for p in sorted((blobs().root / shelf).iterdir()) if p.name.endswith(ending)).unlink()

    return change


def swap_bodies(_scene: Scene) -> None:
    one, other = sorted((blobs().root / "bodies").iterdir())[:2]
    first = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(first)


def another_head(_scene: Scene) -> None:
    """A head sealed to a key of the attacker's own: custody would find it at court only."""
    from app.seal import make_identity

    path = next(iter(sorted((blobs().root / "heads").glob("*.age"))))
    path.write_bytes(seal_bytes(b"age-encryption.org/v1\n", [make_identity().recipient]))


def another_copy(_scene: Scene) -> None:
    """A working copy of another picture, sealed to the storage key as the server would."""
    from app.keys import keys

    opening = db.session.scalars(select(Opening)).first()
    assert opening is not None and opening.working is not None
    blobs().path(f"working/{opening.working}").write_bytes(seal_bytes(photo(10), [keys().storage_recipient]))


def swap_copies(_scene: Scene) -> None:
    one, other = db.session.scalars(select(Opening)).all()[:2]
    one.working, other.working = other.working, one.working


def change_note(_scene: Scene) -> None:
    with disk() as connection:
        row = connection.execute("select id, document from entry where type = 'note'").fetchone()
        document = json.loads(row["document"])
        document["data"]["text"] = "they were calm"
        connection.execute("update entry set document = ? where id = ?", (json.dumps(document), row["id"]))


def invent_item(_scene: Scene) -> None:
    """An item that the log knows nothing of, copied from another."""
    with disk() as connection:
        for table in ("upload", "item"):
            row = dict(
                connection.execute(f"select * from {table} where id in (select id from item)").fetchone()
            )
            row |= {"id": "ab" * 16, "item_id": "cd" * 16}
            names = ", ".join(f'"{name}"' for name in row)
            marks = ", ".join("?" * len(row))
            connection.execute(f"insert into {table} ({names}) values ({marks})", tuple(row.values()))


def cut_log(entries: int) -> Tampering:
    """The last entries, and every row that points at them, as a careful attacker would."""

    def change(_scene: Scene) -> None:
        with disk() as connection:
            first = connection.execute('select max("index") + 1 from log_entry').fetchone()[0] - entries
            for table, column in (
                ("item", "log_index"), ("statement", "log_index"), ("log_detail", "index"), ("log_entry", "index"),
            ):  # fmt: skip
                connection.execute(f'delete from {table} where "{column}" >= ?', (first,))
            for table in ("commitment", "deletion"):
                connection.execute(
                    f"delete from {table} where statement not in (select sha256 from statement)"
                )
            connection.execute("delete from entry where id not in (select id from item)")
            connection.execute(
                "delete from upload where finished_at is not null and id not in (select id from item)"
            )

    return change


def rewrite_log(_scene: Scene) -> None:
    """One entry changed and every hash after it made to fit: only what others hold shows it."""
    chain = log.START
    with disk() as connection:
        for index, line in connection.execute(
            'select "index", line from log_entry order by "index"'
        ).fetchall():
            said = json.loads(line)
            if said["v"] == "device.invited":
                said["t"] -= 86_400_000
            said["p"] = log.b64(chain)
            data = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
            leaf = log.leaf_hash(data)
            chain = log.chain_hash(chain, leaf)
            connection.execute(
                'update log_entry set line = ?, leaf = ?, chain = ?, at = ? where "index" = ?',
                (data, leaf, chain, said["t"], index),
            )


def fake_withdrawal(_scene: Scene) -> None:
    """Content taken away quietly, as if a lead had withdrawn it."""
    with disk() as connection:
        connection.execute("update item set withdrawn = 3, state = 'withdrawn'")
        connection.execute("update observation set withdrawn = 3")
    for path in (blobs().root / "heads").iterdir():
        path.unlink()


def erase_detail(_scene: Scene) -> None:
    with disk() as connection:
        connection.execute(
            """update log_detail set detail = null, salt = null
               where "index" = (select max("index") from log_entry where verb = 'item.opened')"""
        )


def forge_receipt(_scene: Scene) -> None:
    from app import jws
    from app.keys import keys

    item = db.session.scalars(select(Item)).first()
    assert item is not None
    said = jws.unverified(item.receipt.decode())
    item.receipt = jws.sign(said, "temoin-storage-receipt", keys().server_id, jws.make_key()).encode()


TAMPERINGS: dict[str, tuple[Tampering, str]] = {
    "a bit of a body": (flip("bodies"), "its body was altered"),
    "a body gone": (remove("bodies"), "its body is missing"),
    "two bodies swapped": (swap_bodies, "its body was altered"),
    "a bit of a closed head": (flip("heads", ".age"), "sealed to custody, was altered"),
    "a closed head gone": (remove("heads", ".age"), "sealed to custody, is missing"),
    "a head for another key": (another_head, "sealed to custody, was altered"),
    "its hash changed too": (sql("update item set head_age = 'x'"), "was altered"),
    "a bit of a working copy": (flip("working"), "working copy"),
    "a working copy gone": (remove("working"), "working copy"),
    "another picture as working copy": (another_copy, "working copy"),
    "two working copies swapped": (swap_copies, "working copy"),
    "a working copy denied": (sql("update opening set working = null"), "working copy"),
    "an entry's text": (change_note, "was altered"),
    "an entry's code": (sql("update entry set code = 'FOR-GAS' where code is not null"), "its code was altered"),
    "an entry's time": (sql("update entry set at = at + 1000"), "its time was altered"),
    "an entry struck out": (sql("update entry set corrected_by = entry_id where type = 'code'"), "corrected"),
    "an entry gone": (sql("delete from entry where type = 'note'"), "is missing"),
    "what was read out of a file": (sql("update opening set facts = '{}'"), "read out of it was altered"),
    "an opening gone": (sql("delete from opening"), "row is missing"),
    "an item's row gone": (sql("delete from item where kind = 'photo'"), "is missing"),
    "an item invented": (invent_item, "item"),
    "an attestation": (sql("update item set attested = 'none'"), "attestation was altered"),
    "a maker": (sql("update item set made_by = 'x'"), "maker was altered"),
    "a size": (sql("update item set body_size = body_size + 1"), "body's size or hash was altered"),
    "a time of receipt": (sql("update item set received_at = received_at - 1"), "receipt was altered"),
    "what was cut": (sql("update item set cut = 1 where kind = 'film'"), "whether it was cut"),
    "a receipt of somebody else": (forge_receipt, "receipt isn't ours"),
    "a statement gone": (sql("delete from statement where typ = 'temoin-deletion'"), "is missing"),
    "a statement's number": (sql("update statement set seq = seq + 1"), "number was altered"),
    "a fork hidden or made": (sql("update statement set forked = 1"), "flag was altered"),
    "a commitment": (sql("update commitment set body_sha256 = 'x'"), "taken out of it was altered"),
    "a removal hidden": (sql("delete from deletion"), "taken out of it was altered"),
    "a phone's key": (sql("update device set public_key = null"), "altered"),
    "a phone revoked quietly": (sql("update device set revoked_at = 5"), "revoked or not was altered"),
    "suspicion moved": (sql("update device set suspect_since = 5"), "suspect was altered"),
    "a note of the team": (sql("update review_note set text = 'nothing'"), "note"),
    "a reference": (sql("update observation set reference = 'AAA-AAA'"), "reference was altered"),
    "a log line": (sql("update log_entry set at = at + 1 where verb = 'item.received'"), "entry"),
    "a log entry gone": (sql('delete from log_entry where "index" = 4'), "entry 4 is missing"),
    "a detail gone": (sql('delete from log_detail where "index" = 4'), "detail of entry 4 is missing"),
    "a detail changed": (sql("update log_detail set detail = '{}'"), "detail of entry"),
    "a detail erased without a word": (erase_detail, "no entry says why"),
    "withdrawn without a word": (fake_withdrawal, "withdrawn"),
    "the log's last twenty": (cut_log(20), ""),
    "the whole log written anew": (rewrite_log, ""),
}  # fmt: skip


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Config, Path]]:
    """A store that is as it should be, to be copied and spoilt."""
    config = Config(instance=tmp_path_factory.mktemp("instance"), testing=True)
    app = create_app(config)
    with app.app_context():
        db.create_all()
    made = record(make_phone(app))
    with app.app_context(), app.test_request_context():
        service.note(accounts.add("lead", ("lead",), "server"), made.seen.id, "looked at")
        db.session.remove()
    see(made.phone)
    # Received since: with the log's end, bytes would go that a phone still knows of.
    made.phone.send(made.phone.seal(photo(33)))
    see(made.phone)
    assert verified(app) == "verified"
    with app.app_context():
        db.session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.session.remove()
        db.engine.dispose()
    yield config, config.instance


@pytest.fixture
def copy(kept: tuple[Config, Path], tmp_path: Path) -> Iterator[Flask]:
    import shutil

    shutil.copytree(kept[1], tmp_path / "copy")
    app = create_app(Config(instance=tmp_path / "copy", testing=True))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("name", TAMPERINGS)
def test_found_and_named_in_one_line(copy: Flask, name: str) -> None:
    change, words = TAMPERINGS[name]
    with copy.app_context():
        change(None)  # type: ignore[arg-type]
        db.session.commit()
        db.session.remove()
    said = verified(copy)
    assert said != "verified" and "\n" not in said
    assert words in said, said
    ran = copy.test_cli_runner().invoke(args=["verify"])
    assert ran.exit_code == 1 and "NOT VERIFIED" in ran.output


def test_an_untouched_copy_passes_by_command(copy: Flask) -> None:
    ran = copy.test_cli_runner().invoke(args=["verify"])
    assert ran.exit_code == 0 and ran.output.startswith("verified: ")


def test_all_that_happens_rightly_passes(app: Flask, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    assert verified(app) == "verified"
    phone = scene.phone
    # Silent, opened provisionally twice, closed, come back whole.
    seen, sealed = Observed(phone), phone.seal(long_film())
    seen.say(0, "begin", {"item": sealed.id, "kind": "film", "mime": "video/webm", "camera": "environment"})
    url = phone.create(sealed.id).headers["Location"]
    sent = 0
    for chunks in (1, 2):
        end = len(sealed.head) + NONCE + chunks * SEALED_CHUNK
        assert phone.patch(url, sent, sealed.bytes[sent:end]).status_code == 204
        sent = end
        fall_silent(app, worker.SILENT + 1)
        with app.app_context():
            worker.open_silent()
            worker.work_off()
            db.session.remove()
        assert verified(app) == "verified"
    with app.app_context(), app.test_request_context():
        upload = db.session.scalars(select(Upload).where(Upload.item_id == sealed.id)).one()
        storing.close_cut(upload, "worker")
        worker.work_off()
        db.session.remove()
    assert verified(app) == "verified"
    phone.commit(sealed, "film")
    assert phone.send(sealed).headers["Upload-Offset"]
    last = phone.status(sealed.id)["items"][sealed.id]
    at = last["offset"]
    if last["receipt"] is None:
        assert phone.patch(last["upload"], at, sealed.bytes[at:]).status_code == 204
    with app.app_context():
        worker.work_off()
        worker.sweep()
        assert db.session.scalars(select(Superseded)).one()
        db.session.remove()
    assert verified(app) == "verified"
    # Handed over, revoked, suspect, enrolled again.
    other, lost = make_phone(app, "colleague"), phone.seal(photo(50))
    phone.commit(lost)
    with app.app_context():
        enrol.revoke(db.session.get_one(Device, phone.device), "user:x", 5)
        enrol.suspect(db.session.get_one(Device, phone.device), "user:x", 6)
    assert "accepted" in other.say(other.sign("temoin-handover", {"from": phone.device, "ids": [lost.id]}))[0]
    assert other.send(lost).status_code == 204
    again = make_phone(app, "again", replaces=phone)
    assert "accepted" in again.say(again.sign("temoin-handover", {"from": phone.device, "ids": []}))[0]
    see(again)
    with app.app_context():
        worker.work_off()
    assert verified(app) == "verified"
    # Held, withdrawn, and something late.
    with app.app_context(), app.test_request_context():
        user = accounts.by_name("lead")
        assert user is not None
        hold.change(user, scene.seen.id, True, "court")
        hold.change(user, scene.seen.id, False, "over")
        done = withdraw.withdraw(user, scene.seen.id, "asked for").log_index
        db.session.remove()
        found = run()
        assert found.withdrawn[done] == sum(found.withdrawn.values()) > 5
        db.session.remove()
    ran = app.test_cli_runner().invoke(args=["verify"])
    assert ran.exit_code == 0 and f"withdrawn by entry {done}: " in ran.output
    assert "missing" not in ran.output


def test_a_withdrawal_that_is_not_finished_is_said(
    app: Flask, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context(), app.test_request_context():
        user = accounts.by_name("lead")
        assert user is not None
        monkeypatch.setattr(withdraw, "erase_files", lambda _index: None)
        withdraw.withdraw(user, scene.seen.id, "asked for")
        db.session.remove()
    assert "isn't finished" in verified(app)
    monkeypatch.undo()
    with app.app_context():
        withdraw.sweep()
        db.session.remove()
    assert verified(app) == "verified"


def test_a_phone_that_has_seen_another_log(app: Flask, scene: Scene) -> None:
    """After a restore, or from a phone that lies: it is said until somebody has looked into it, and never forgotten."""
    lie = {"size": 10_000, "hash": "x" * 43}
    token = scene.phone.sign("temoin-deletion", {"ids": [new_id()], "why": "person", "seen": lie})
    accepted = scene.phone.say(token)[0]["accepted"]
    assert "has seen a log of 10000 entries" in verified(app)
    with app.app_context():
        acknowledge(accepted, "restored on Tuesday")
        db.session.remove()
    assert verified(app) == "verified"
    ran = app.test_cli_runner().invoke(args=["verify"])
    assert ran.exit_code == 0 and accepted in ran.output


def test_what_was_cut_off_the_end_is_found_when_a_phone_speaks(app: Flask, scene: Scene) -> None:
    """The last entry and all that it spoke of: nothing on the disk knows of it, but a phone does."""
    seen = scene.phone.status()["seen"]
    with app.app_context():
        cut_log(1)(scene)
        assert log.head()[0] == seen["size"] - 1
        db.session.remove()
    token = scene.phone.sign("temoin-deletion", {"ids": [new_id()], "why": "person", "seen": seen})
    assert "accepted" in scene.phone.say(token)[0]
    said = verified(app)
    assert f"has seen a log of {seen['size']} entries that isn't this one" in said


def test_it_may_run_beside_a_working_server(
    app: Flask, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two pages an item comes, is opened and closed: nothing is called off."""
    monkeypatch.setattr(log, "PAGE", 5)
    came: list[Sealed] = []

    def work() -> None:
        came.append(scene.seen.record(50 + len(came), "photo", photo(60 + len(came)), mime="image/jpeg"))
        with app.app_context():
            worker.work_off()

    def meanwhile(_progress: object) -> None:
        if len(came) < 3:
            thread = Thread(target=work)
            thread.start()
            thread.join()

    with app.app_context():
        assert run(meanwhile).items >= 10
    assert len(came) == 3 and verified(app) == "verified"
