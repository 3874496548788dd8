"""One photo and one note from the phone to the working copy, and the original back out with the stock tool."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

from flask import Flask
from PIL import Image
from sqlalchemy import select

from app.blobs import blobs
from app.custody import log
from app.db import db
from app.ids import new_id
from app.intake.models import Item
from app.journal.models import Entry, Observation
from app.keys import keys
from app.opening import service as opening
from app.opening.copies import open_copy
from app.opening.models import Opening
from app.verify import verify_items
from app.worker import work_off
from tests.phone import make_phone


def jpeg() -> bytes:
    image = Image.linear_gradient("L").resize((320, 200)).convert("RGB")
    exif = Image.Exif()
    exif[0x010F] = "CANARY-MAKER-OF-PHONES"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_photo_and_entries_to_the_desk_and_back_with_age(app: Flask, age: Path, tmp_path: Path) -> None:
    phone = make_phone(app)
    observation = new_id()
    original = jpeg()
    photo = phone.seal(original)
    phone.entry(observation, "open", {})
    receipt = phone.commit(photo, "photo")
    assert "receipt" in receipt
    assert phone.send(photo).status_code == 204
    with app.app_context():
        assert work_off() == 2
    phone.entry(observation, "begin", {"item": photo.id, "kind": "photo", "mime": "image/jpeg"}, seq=1)
    with app.app_context():
        assert work_off() == 1
        item = db.session.scalars(select(Item).where(Item.item_id == photo.id)).one()
        assert (item.state, item.attested, item.problem) == ("opened", "match", None)
        found = opening.newest(item)
        assert found is not None and found.problem is None
        assert found.observation_id == observation
        copy = open_copy(found).read()
        assert copy is not None and b"CANARY" not in copy
        assert Image.open(io.BytesIO(copy)).tobytes() == Image.open(io.BytesIO(original)).tobytes()
        seen = db.session.get_one(Observation, observation)
        assert not seen.trial and len(db.session.scalars(select(Entry)).all()) == 2
        # The clear head is gone; custody and the unchanged body give the original back.
        assert not blobs().exists(f"heads/{item.id}")
        custody = keys().practice / "custody.key"
        head, body = blobs().path(f"heads/{item.id}.age"), blobs().path(f"bodies/{item.id}")
        back = subprocess.run(
            ["sh", "-c", '("$1" -d -i "$2" "$3"; cat "$4") | "$1" -d -i "$2"', "sh", age, custody, head, body],
            check=True, capture_output=True,
        ).stdout  # fmt: skip
        assert back == original
        assert log.verify() > 5 and verify_items() == 3
        assert phone.status(photo.id)["items"][photo.id]["receipt"] == item.receipt.decode()


def test_a_cut_recording_opens_up_to_its_tail(app: Flask) -> None:
    phone = make_phone(app)
    from tests.media import webm

    film = webm(3)
    sealed = phone.seal(film + bytes(300_000 - len(film) % 65536))
    # What a killed phone has: whole chunks, and a tail that goes on from there.
    chunks = len(film) // 65536
    sealed.body = sealed.body[: 16 + chunks * 65552 + 100]
    tail = phone.seal(bytes.fromhex(sealed.id) + (chunks * 65536).to_bytes(8, "big") + film[chunks * 65536 :])
    phone.commit(sealed, "film", cut=True)
    created = phone.create(sealed.id, len(tail.bytes), tail=0)
    assert phone.patch(created.headers["Location"], 0, tail.bytes).status_code == 204
    assert phone.send(sealed).status_code == 204
    with app.app_context():
        assert work_off() == 1
        found = db.session.scalars(select(Opening)).one()
        assert found.interrupted and found.problem is None
        assert found.original_size == len(film)
        assert found.media_type == "video/webm"


def test_another_keys_file_is_kept_and_named(app: Flask) -> None:
    from app.seal import make_identity

    phone = make_phone(app)
    sealed = phone.seal(b"not for you", recipients=[make_identity().recipient])
    phone.commit(sealed, "film")
    assert phone.send(sealed).status_code == 204
    with app.app_context():
        assert work_off() == 1
        item = db.session.scalars(select(Item)).one()
        assert (item.state, item.problem) == ("failed", "sealed-for-another-key")
        assert verify_items() == 1
