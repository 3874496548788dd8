"""Lesson 14: files corrupted by a regression above a size, twice. Sizes around every border, in pieces around every border."""

from __future__ import annotations

import hashlib

import pyrage
import pytest
from flask import Flask
from sqlalchemy import select

from app.blobs import blobs
from app.db import db
from app.intake.incoming import PIECE
from app.intake.models import Item
from app.keys import keys
from app.seal import CHUNK, SEALED_CHUNK
from tests.phone import make_phone

SIZES = [size + step for size in (CHUNK, 2 * CHUNK, 16 * CHUNK) for step in (-1, 0, 1)] + [0, 1]


def noise(size: int) -> bytes:
    """The same bytes for the same size, none of which repeat at a border."""
    return hashlib.shake_256(size.to_bytes(8, "big")).digest(size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("piece", [SEALED_CHUNK - 1, SEALED_CHUNK, PIECE + 1])
def test_any_size_in_any_pieces_comes_back_with_a_stock_reader(app: Flask, size: int, piece: int) -> None:
    phone = make_phone(app)
    sealed = phone.seal(noise(size))
    phone.commit(sealed)
    url = phone.create(sealed.id, len(sealed.bytes)).headers["Location"]
    for at in range(0, len(sealed.bytes), piece):
        answer = phone.patch(url, at, sealed.bytes[at : at + piece])
        assert answer.status_code == 204
    with app.app_context():
        [item] = db.session.scalars(select(Item)).all()
        assert item.attested == "match"
        whole = blobs().path(f"heads/{item.id}").read_bytes() + blobs().path(f"bodies/{item.id}").read_bytes()
        text = (keys().practice / "custody.key").read_text()
        secret = next(line for line in text.splitlines() if line.startswith("AGE-SECRET-KEY-"))
        assert pyrage.decrypt(whole, [pyrage.x25519.Identity.from_str(secret)]) == noise(size)
