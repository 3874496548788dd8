"""Copies converted for viewing: made by the worker out of the clean copy, shown beside it, never sent as a file."""

from __future__ import annotations

import io

import av
import pillow_heif
import pytest
from flask import Flask
from PIL import Image, ImageChops, ImageStat

from app.blobs import blobs
from app.db import db
from app.ids import new_id
from app.intake.models import Item
from app.opening import viewing
from app.opening.copies import open_copy, open_viewing
from app.opening.models import Opening, Viewing
from app.worker import convert_all, work_off
from tests import media, raws
from tests.desk import person
from tests.media import CANARY
from tests.phone import Phone, make_phone

pillow_heif.register_heif_opener()


def sent(phone: Phone, data: bytes, kind: str) -> None:
    sealed = phone.seal(data)
    phone.commit(sealed, kind)
    assert phone.send(sealed).status_code == 204


def converted(app: Flask, data: bytes, kind: str = "photo") -> tuple[Viewing | None, bytes]:
    """What came of one medium: its viewing row and the bytes of the copy for viewing."""
    sent(make_phone(app), data, kind)
    assert work_off() == 1
    convert_all()
    found = viewing.of(db.session.query(Opening).one())
    return found, open_viewing(found).read() or b"" if found and found.copy else b""


def test_a_heic_gets_a_jpeg_of_the_clean_copy(app: Flask) -> None:
    data = media.heic_with_everything(CANARY)
    with app.app_context():
        found, copy = converted(app, data)
        assert found is not None and (found.state, found.media_type, found.done) == (
            "made",
            "image/jpeg",
            100,
        )
        shown, original = Image.open(io.BytesIO(copy)), Image.open(io.BytesIO(data))
        assert CANARY.encode() not in copy and not shown.getexif()
        assert shown.size == original.size
        assert max(ImageStat.Stat(ImageChops.difference(shown, original.convert("RGB"))).mean) < 12
        item = db.session.query(Item).one()
        assert not blobs().exists(f"heads/{item.id}") and blobs().exists(f"heads/{item.id}.age")


def test_a_raw_picture_is_developed_upright_and_in_its_colours(app: Flask) -> None:
    with app.app_context():
        found, copy = converted(app, raws.dng_with_everything(orientation=6))
        assert found is not None and (found.state, found.media_type) == ("made", "image/jpeg")
        assert db.session.query(Opening).one().media_type == "image/x-adobe-dng"
        shown = Image.open(io.BytesIO(copy)).convert("RGB")
        assert CANARY.encode() not in copy and shown.size == (raws.HEIGHT, raws.WIDTH)
        grey, dark = (
            shown.getpixel((20, 40)),
            shown.getpixel((42, 4)),
        )  # its dark corner is now at the top right
        for pixel, level in ((grey, 135), (dark, 70)):
            assert isinstance(pixel, tuple) and all(abs(value - level) < 6 for value in pixel)


def test_the_clear_head_stays_until_the_copy_is_made(app: Flask) -> None:
    with app.app_context():
        sent(make_phone(app), media.heic_with_everything(CANARY), "photo")
        work_off()
        item = db.session.query(Item).one()
        assert blobs().exists(f"heads/{item.id}") and blobs().exists(f"heads/{item.id}.age")
        assert db.session.query(Viewing).one().state == "waiting"


def test_a_film_that_browsers_cannot_show_becomes_vp9(app: Flask) -> None:
    data = media.film("mp4", CANARY, 2, "mpeg4", "aac")
    with app.app_context():
        found, copy = converted(app, data, "film")
        assert found is not None and (found.state, found.media_type) == ("made", "video/webm")
        assert CANARY.encode() not in copy
        with av.open(io.BytesIO(copy), "r") as film:
            assert [s.codec_context.codec.canonical_name for s in film.streams] == ["vp9", "opus"]
            frames = list(film.decode(video=0))
            assert len(frames) == 20 and frames[0].width == 96
            assert film.duration and abs(film.duration / 1e6 - 2) < 0.2


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("photo", media.jpeg()),
        ("film", media.webm(1)),
        ("film", media.film("mov", CANARY, 1, "libx264", "aac")),
        ("sound", media.ogg(seconds=1)),
    ],
    ids=["jpeg", "webm", "mov with h264", "ogg"],
)
def test_what_browsers_show_is_not_converted(app: Flask, kind: str, data: bytes) -> None:
    with app.app_context():
        found, _ = converted(app, data, kind)
        assert found is None


def test_a_failure_says_why_and_lets_go_of_the_head(app: Flask) -> None:
    with app.app_context():
        sent(make_phone(app), media.heic_with_everything(CANARY), "photo")
        work_off()
        item = db.session.query(Item).one()
        blobs().erase(f"heads/{item.id}")
        assert viewing.begin() is None
        found = db.session.query(Viewing).one()
        assert (found.state, found.problem) == ("failed", "the sealed original can't be opened any more")


def test_a_film_cut_in_the_middle_of_a_conversion_begins_anew(app: Flask) -> None:
    with app.app_context():
        sent(make_phone(app), media.film("mp4", CANARY, 2, "mpeg4", "aac"), "film")
        work_off()
        making = viewing.begin()
        assert making is not None and db.session.query(Viewing).one().state == "making"
        making.stop()
        assert list(blobs().root.rglob("*.partial")) == []
        viewing.requeue_interrupted()
        convert_all()
        assert db.session.query(Viewing).one().state == "made"


def test_the_desk_shows_it_marked_and_downloads_the_working_copy(app: Flask) -> None:
    data = media.heic_with_everything(CANARY)
    phone = make_phone(app)
    observation = new_id()
    sealed = phone.seal(data)
    phone.entry(observation, "open", {})
    said = {"item": sealed.id, "name": "a.heic", "mime": "image/heic", "picker": "files", "modified": 1}
    phone.entry(observation, "import", {**said, "exif": "found"}, seq=1, place={
        "source": "gps", "lat": 50.95, "lon": 1.86, "accuracy": 10, "at": 1})  # fmt: skip
    phone.commit(sealed, "import")
    assert phone.send(sealed).status_code == 204
    with app.app_context():
        work_off()
        item = db.session.query(Item).filter_by(kind="import").one().id
        opening = db.session.query(Opening).one()
        original, working = opening.original_sha256, open_copy(opening).read()
        db.session.remove()
    desk = person(app, "lead")
    with app.app_context():
        from app.journal.models import Observation

        reference = db.session.get_one(Observation, observation).reference
    assert "A copy for viewing is being made" in desk.page(f"/desk/o/{reference}")
    assert desk.get(f"/desk/media/{item}?as=viewing").status_code == 404
    with app.app_context():
        assert convert_all() == 1
        db.session.remove()
    page = desk.page(f"/desk/o/{reference}")
    assert "Converted for viewing" in page and f"/desk/media/{item}?as=viewing" in page
    assert "same picture" in page and original
    shown = desk.get(f"/desk/media/{item}?as=viewing")
    assert shown.mimetype == "image/jpeg" and "Content-Disposition" not in shown.headers
    kept = desk.post(f"/desk/media/{item}/download?as=viewing", page=f"/desk/o/{reference}")
    assert kept.data == working and kept.headers["Content-Disposition"].endswith(".heic")
    # What the file says of itself stands beside what the phone said.
    assert "the phone imported it" in page and "years later" in page
    assert "from where the phone said it was" in page
