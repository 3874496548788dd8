"""Killed at any line: an upload ends in the middle of being written or stored; the sweep and the phone go on; one item, whole."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import jws
from app.blobs import blobs
from app.db import db
from app.intake import allowance, incoming, storing
from app.intake.hashing import BodyHashes
from app.intake.models import Item, Upload
from tests.phone import Phone, Sealed, make_phone

# What a killed process had open, its system closes; here the collector does, and says so.
pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)

STORING = ("app/intake/storing.py",)  # what decides: a death at each line
BYTES = ("app/intake/incoming.py", "app/intake/uploads.py", "app/blobs.py")  # at every so-manieth


class Killed(BaseException):
    """What no code of ours catches, as it catches no SIGKILL."""


def dies_at(line: int, files: tuple[str, ...], act: Callable[[], object]) -> bool:
    """Do it, and die at the so-manieth line of ours. False where it ended before."""
    left = line

    def each(_frame: FrameType, event: str, _arg: Any) -> Any:
        nonlocal left
        if event == "line":
            left -= 1
            if left == 0:
                sys.settrace(None)
                raise Killed
        return each

    def begun(frame: FrameType, _event: str, _arg: Any) -> Any:
        return each if frame.f_code.co_filename.endswith(files) else None

    before = sys.gettrace()
    sys.settrace(begun)
    try:
        act()
    except Killed:
        return True
    finally:
        sys.settrace(before)
    return False


def begin_again(app: Flask) -> None:
    """What a new process does: nothing is remembered, and the sweep runs."""
    incoming._hashes = BodyHashes()
    with app.app_context():
        db.session.remove()
        for device in db.session.scalars(select(Upload.device_id).distinct()).all():
            allowance.forget(device)
        storing.finish_begun()
        db.session.remove()


def go_on(phone: Phone, sealed: Sealed) -> dict[str, Any]:
    """As the outbox does, until there is a receipt: what it says."""
    for _ in range(6):
        if receipt := phone.status(sealed.id)["items"][sealed.id]["receipt"]:
            return jws.unverified(receipt)
        made = phone.create(sealed.id, len(sealed.bytes))
        assert made.status_code == 201
        at = int(made.headers["Upload-Offset"])
        phone.patch(made.headers["Location"], at, sealed.bytes[at:])
    raise AssertionError("no receipt after six tries")


def check(app: Flask, phone: Phone, sealed: Sealed, line: int) -> None:
    begin_again(app)
    said = go_on(phone, sealed)
    assert (said["attested"], said["body"]["sha256"]) == ("match", jws.sha256(sealed.body)), line
    with app.app_context():
        items = select(func.count()).select_from(Item).where(Item.item_id == sealed.id)
        assert db.session.scalar(items) == 1, line
        assert not incoming.set_aside(blobs()), line
        db.session.remove()


@pytest.mark.parametrize(("files", "stride"), [(STORING, 1), (BYTES, 17)], ids=["storing", "bytes"])
@pytest.mark.parametrize("damaged", [False, True], ids=["whole", "damaged on the way"])
def test_in_the_last_patch(app: Flask, damaged: bool, files: tuple[str, ...], stride: int) -> None:
    phone = make_phone(app)
    for line in range(1, 2000, stride):
        sealed = phone.seal(os.urandom(300))
        phone.commit(sealed)
        url = phone.create(sealed.id, len(sealed.bytes)).headers["Location"]
        sent = bytearray(sealed.bytes)
        sent[-1] ^= damaged
        if not dies_at(line, files, lambda url=url, sent=sent: phone.patch(url, 0, bytes(sent))):  # type: ignore[misc]
            assert line > 8 * stride, "it must have lived through some deaths"
            return
        check(app, phone, sealed, line)
    raise AssertionError("it never came to its end")


def test_while_the_desk_closes_it(app: Flask) -> None:
    phone = make_phone(app)
    for line in range(1, 2000, 2):
        sealed = phone.seal(os.urandom(300))
        phone.commit(sealed)
        url = phone.create(sealed.id).headers["Location"]
        phone.patch(url, 0, sealed.bytes)  # all of it, but the phone hasn't said so

        def close(item: str = sealed.id) -> None:
            with app.app_context(), app.test_request_context():
                storing.close_cut(
                    db.session.scalars(select(Upload).where(Upload.item_id == item)).one(), "user:lead"
                )

        if not dies_at(line, STORING, close):
            assert line > 16
            return
        check(app, phone, sealed, line)
    raise AssertionError("it never came to its end")
