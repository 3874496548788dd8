"""Files brought in on the server: sealed and stored like a phone's, each once, what was refused by name."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from flask import Flask

from app.blobs import blobs
from app.custody import log
from app.custody.models import LogDetail, LogEntry
from app.db import db
from app.enrol.models import Device
from app.imports import service
from app.imports.models import Imported
from app.intake import storing
from app.intake.incoming import Incoming
from app.intake.models import Item, Upload
from app.keys import keys
from app.opening.copies import open_copy
from app.opening.models import Opening
from app.review.queue import loose_items
from app.verify import verify_items
from app.worker import alone, work_off
from tests import media
from tests.desk import anybody
from tests.media import CANARY


@pytest.fixture
def folder(tmp_path: Path, app: Flask) -> Path:
    with app.app_context():
        keys().make("Test organisation")
    here = tmp_path / "to bring"
    (here / "deep").mkdir(parents=True)
    (here / "a.jpg").write_bytes(media.jpeg_with_everything(CANARY))
    (here / "deep" / "b.webm").write_bytes(media.webm(1))
    (here / "deep" / "again.jpg").write_bytes((here / "a.jpg").read_bytes())
    (here / "c.txt").write_bytes(b"a note that nobody can clean")
    (here / "empty").touch()
    (here / "link.jpg").symlink_to(here / "a.jpg")
    return here


def test_a_folder_comes_in_once(app: Flask, folder: Path) -> None:
    run = app.test_cli_runner()
    first = run.invoke(args=["import", str(folder)])
    assert first.exit_code == 3, first.output
    assert "6 files: 3 brought in, 1 were here before, 3 without a copy" in first.output
    for line in (
        "refused: c.txt: unsupported",
        "refused: empty: empty",
        "refused: link.jpg: not a plain file",
    ):
        assert line in first.output
    with app.app_context():
        items = db.session.query(Item).all()
        assert {(item.kind, item.attested, item.state) for item in items} == {("import", "none", "opened")}
        assert [device.label for device in db.session.query(Device)] == ["import"]
        assert verify_items() == 3 and log.verify() > 3
        for opening in db.session.query(Opening).filter(Opening.working.is_not(None)):
            assert CANARY.encode() not in (open_copy(opening).read() or b"")
        assert loose_items(anybody("lead")).total == 3
        # The name of a file and its hash are in the erasable part of the log alone.
        assert not any(b"a.jpg" in entry.line for entry in db.session.query(LogEntry))
        assert any(b"a.jpg" in (detail.detail or b"") for detail in db.session.query(LogDetail))
        db.session.remove()
    second = run.invoke(args=["import", str(folder)])
    assert "6 files: 0 brought in, 4 were here before, 3 without a copy" in second.output
    with app.app_context():
        assert db.session.query(Item).count() == 3


def test_a_file_cut_off_in_the_middle_begins_anew(
    app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = 0

    def stop(size: int) -> None:
        nonlocal passed
        passed += size
        if passed > 2 * (folder / "a.jpg").stat().st_size - 1:
            raise KeyboardInterrupt

    with app.app_context():
        with pytest.raises(KeyboardInterrupt):
            service.take(folder / "a.jpg", stop)
        assert db.session.query(Imported).count() == 1 and db.session.query(Item).count() == 0
        taken = service.take(folder / "a.jpg")
        assert taken.new and db.session.query(Upload).count() == 1
        assert verify_items() == 1
        assert not service.take(folder / "a.jpg").new


def test_a_file_that_was_sealed_whole_is_only_finished(
    app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        real = storing.finish
        monkeypatch.setattr(storing, "finish", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            service.take(folder / "a.jpg")
        monkeypatch.setattr(storing, "finish", real)
        upload = db.session.query(Upload).one()
        sealed = hashlib.sha256(Incoming(blobs(), upload.id).body.read_bytes()).digest()
        assert service.take(folder / "a.jpg").new
        assert db.session.query(Item).one().body_sha256 == log.b64(sealed)


def test_another_process_may_do_the_opening(app: Flask, folder: Path) -> None:
    with app.app_context():
        service.take(folder / "a.jpg")
        with alone(app.config["TEMOIN"].instance):
            assert work_off() == 1
        assert db.session.query(Item).one().state == "opened"
