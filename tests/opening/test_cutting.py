"""The child that cuts, started for real on working copies that a stranger has made to hurt it."""

from __future__ import annotations

import io
import struct

import pytest
from flask import Flask

from app.blobs import blobs
from app.ids import new_id
from app.keys import keys
from app.opening import crop, cutting
from app.opening.cutting import CannotCut, Kind
from app.opening.models import Opening
from app.scrub.errors import Refused
from app.seal import seal_bytes
from tests.footage import counter, sheet


def stored(data: bytes) -> Opening:
    """A working copy of these bytes, however it came there."""
    name = f"{new_id()}.age"
    blobs().put(f"working/{name}", seal_bytes(data, [keys().storage_recipient]))
    return Opening(item=new_id(), working=name)


def huge_png() -> bytes:
    """A PNG whose header promises 400 megapixels."""
    data = bytearray(sheet(1, "PNG"))
    struct.pack_into(">II", data, 16, 20_000, 20_000)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "kind", "why"),
    [
        (b"no film at all" * 1000, "film", "the decoder could not read it"),
        (counter()[:400], "film", r"\w"),
        (b"no picture at all" * 1000, "picture", "the decoder could not read it"),
        (huge_png(), "picture", r"\w"),
        (b"", "film", r"\w"),
    ],
    ids=["noise as film", "film without its frames", "noise as picture", "a picture that lies", "nothing"],
)
def test_what_cannot_be_read_is_said_and_leaves_nothing(
    app: Flask, data: bytes, kind: Kind, why: str
) -> None:
    with app.app_context():
        keys().make("Test organisation")
        opening = stored(data)
        before = sorted(path.name for path in (blobs().root / "working").iterdir())
        with pytest.raises(CannotCut, match=why):
            cutting.frames(opening, kind)
        with pytest.raises(CannotCut, match=why):
            cutting.cut(opening, kind, (0, 0, 20, 20), 0)
        assert sorted(path.name for path in (blobs().root / "working").iterdir()) == before


def test_a_damaged_film_loses_the_damaged_frames_only(app: Flask) -> None:
    data = bytearray(counter())
    half = len(data) // 2
    data[half : half + 200] = bytes(200)
    with app.app_context():
        keys().make("Test organisation")
        opening = stored(bytes(data))
        said = cutting.frames(opening, "film")
        made = cutting.cut(opening, "film", (0, 0, 160, 40), said.first)
        assert (made.width, made.height, made.tick) == (160, 40, said.first)
        assert blobs().exists(f"working/{made.blob}")


def test_frames_beyond_measure_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    film = io.BytesIO(counter())
    monkeypatch.setattr(crop, "MOST_FRAMES", 20)
    with pytest.raises(Refused, match="too many frames"):
        crop.frames(film)
    monkeypatch.setattr(crop, "MOST_FILM_PIXELS", 1000)
    for look in (lambda: crop.frames(film), lambda: crop.cut(film, "film", None, 0)):
        with pytest.raises(Refused, match="too large"):
            look()
    monkeypatch.setattr(crop, "MOST_REGION", 100)
    with pytest.raises(Refused, match="region is too large"):
        crop.cut(io.BytesIO(sheet()), "picture", (0, 0, 50, 50), None)
