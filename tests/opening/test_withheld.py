"""A copy that the second reader doesn't pass is shown to nobody: the item says why, the original stays sealed."""

from __future__ import annotations

from flask import Flask

from app.blobs import blobs
from app.db import db
from app.intake.models import Item
from app.opening.models import Opening
from app.verify import verify_items
from app.worker import work_off
from tests import media
from tests.desk import person
from tests.media import CANARY
from tests.phone import make_phone


def telling_sound() -> bytes:
    """A recording whose samples end with the name that its metadata give: no stripper may touch samples."""
    sound, name = media.wav(CANARY), f"{CANARY} title".encode()
    at = sound.index(b"data") + 5000
    return sound[:at] + name + sound[at + len(name) :]


def test_a_copy_that_fails_the_check_is_shown_to_nobody(app: Flask) -> None:
    phone = make_phone(app)
    sealed = phone.seal(telling_sound())
    phone.commit(sealed, "sound")
    assert phone.send(sealed).status_code == 204
    with app.app_context():
        assert work_off() == 1
        item = db.session.query(Item).one()
        opening = db.session.query(Opening).one()
        assert (item.state, opening.working, opening.report) == ("opened", None, None)
        assert opening.problem == ("refused: a value of the original's metadata is still in the cleaned copy")
        assert list((blobs().root / "working").iterdir()) == []
        assert blobs().exists(f"bodies/{item.id}") and blobs().exists(f"heads/{item.id}.age")
        assert verify_items() == 1
        upload = item.id
        db.session.remove()
    desk = person(app, "lead")
    assert desk.get(f"/desk/media/{upload}").status_code == 404
    page = desk.page(f"/desk/i/{upload}")
    assert "could not be cleaned safely" in page and "is still in the cleaned copy" in page
    assert CANARY not in page and f"/desk/media/{upload}" not in page
