"""Working copies: by range, from encrypted files, never stored by the browser, clean of what the original
gave away."""

from __future__ import annotations

import hashlib

import pytest

from app.db import db
from app.intake.models import Item
from app.opening.models import Opening
from app.review.medium import hex_hash
from tests.desk import Desk
from tests.review.conftest import Scene
from tests.review.test_observation import log_of


def item_of(scene: Scene, kind: str) -> str:
    with scene.app.app_context():
        return db.session.query(Item).filter_by(kind=kind).one().id


def test_a_photo_comes_without_what_it_gave_away(scene: Scene, reader: Desk) -> None:
    answer = reader.get(f"/desk/media/{item_of(scene, 'photo')}")
    assert answer.status_code == 200 and answer.mimetype == "image/jpeg"
    assert (
        answer.headers["Cache-Control"] == "no-store"
        and answer.headers["X-Content-Type-Options"] == "nosniff"
    )
    assert b"Model 5" in scene.photo and b"Model 5" not in answer.data
    assert answer.data.startswith(b"\xff\xd8") and answer.data.endswith(b"\xff\xd9")


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, None),
        ("bytes=-50", -50, None),
        ("bytes=1000-1000", 1000, 1001),
    ],
)
def test_a_film_is_served_by_range(
    scene: Scene, reader: Desk, asked: str, start: int, stop: int | None
) -> None:
    address = f"/desk/media/{item_of(scene, 'film')}"
    whole = reader.get(address).data
    part = reader.http.get(address, headers={"Range": asked})
    assert part.status_code == 206 and part.data == whole[start:stop]
    assert part.headers["Content-Range"].endswith(f"/{len(whole)}")


def test_a_range_beyond_the_end_is_refused(scene: Scene, reader: Desk) -> None:
    assert (
        reader.http.get(
            f"/desk/media/{item_of(scene, 'film')}", headers={"Range": "bytes=99999999-"}
        ).status_code
        == 416
    )


def test_playing_is_many_requests_and_one_log_entry(scene: Scene, desk: Desk) -> None:
    address = f"/desk/media/{item_of(scene, 'film')}"
    for start in range(0, 500, 100):
        desk.http.get(address, headers={"Range": f"bytes={start}-"})
    assert len(log_of(desk, "item.viewed")) == 1


def test_a_download_is_the_copy_whose_hash_stands_beside_it_and_is_logged(scene: Scene, desk: Desk) -> None:
    item = item_of(scene, "photo")
    answer = desk.post(f"/desk/media/{item}/download", page=f"/desk/o/{scene.reference}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f"attachment; filename={scene.reference}-{item[:8]}.jpg"
    digest = hashlib.sha256(answer.data).hexdigest()
    assert digest in desk.page(f"/desk/o/{scene.reference}")
    ((_entry, detail),) = log_of(desk, "copy.downloaded")
    with scene.app.app_context():
        assert detail["working"] == db.session.query(Opening).filter_by(item=item).one().working_sha256
    assert hex_hash(detail["working"]) == digest


def test_an_item_without_a_copy_or_without_a_row_is_not_there(scene: Scene, reader: Desk) -> None:
    with scene.app.app_context():
        entry = db.session.query(Item).filter_by(kind="entry").first()
        assert entry is not None
    for item in (entry.id, "0" * 32):
        assert reader.get(f"/desk/media/{item}").status_code == 404
