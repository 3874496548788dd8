"""An old intake key goes when nothing sealed to it can still come, and not before."""

from __future__ import annotations

import os
import time

from flask import Flask

from app.custody import log
from app.db import db, unit_of_work
from app.enrol.models import Device
from app.keys import keys
from app.opening import rotation
from app.worker import work_off
from tests.phone import make_phone


def pass_months() -> None:
    """The key there is was made long ago; a newer one is out since an hour."""
    [(month, _at)] = keys().intake_months()
    old = keys().worker / f"intake-{month}.key"
    os.utime(old, (time.time() - 40 * 86_400,) * 2)
    keys().renew_intake("2099-01")
    os.utime(keys().worker / "intake-2099-01.key", (time.time() - 3600,) * 2)


def test_kept_while_a_phone_may_still_send_to_it(app: Flask) -> None:
    phone = make_phone(app)
    waiting = phone.seal(b"x" * 100)
    with app.app_context():
        pass_months()
        assert rotation.destroy_old() == []  # the phone has not fetched the new one
    assert phone.http.get("/api/pins", headers=phone.auth).status_code == 200
    phone.http.post("/api/status", json={"ids": [], "holds": {"items": 1, "bytes": 5}}, headers=phone.auth)
    with app.app_context():
        assert rotation.destroy_old() == []  # it still holds something
    phone.commit(waiting, "film")
    assert phone.send(waiting).status_code == 204
    with unit_of_work_of(app) as device:
        device.pins_at = device.pins_at - 1000 if device.pins_at else None
    phone.http.post("/api/status", json={"ids": [], "holds": {"items": 0, "bytes": 0}}, headers=phone.auth)
    with app.app_context():
        assert rotation.destroy_old() == []  # it waits to be opened
        work_off()
        # Opened without a working copy: the clear head stays a while for a later version, and so does the key.
        assert rotation.destroy_old() == []


def test_destroyed_when_nothing_needs_it_and_named_in_the_log(app: Flask) -> None:
    phone = make_phone(app)
    with app.app_context():
        pass_months()
        [old, _new] = [month for month, _at in keys().intake_months()]
    phone.http.get("/api/pins", headers=phone.auth)
    with unit_of_work_of(app) as device:
        device.pins_at = device.pins_at - 1000 if device.pins_at else None
    phone.http.post("/api/status", json={"ids": [], "holds": {"items": 0, "bytes": 0}}, headers=phone.auth)
    with app.app_context():
        assert rotation.destroy_old() == [old]
        assert [month for month, _at in keys().intake_months()] == ["2099-01"]
        assert rotation.destroy_old() == []
        assert log.verify() > 0
        assert not (keys().worker / f"intake-{old}.key").exists()


class unit_of_work_of:
    """The one device, for a change of its times."""

    def __init__(self, app: Flask) -> None:
        self._context = app.app_context()

    def __enter__(self) -> Device:
        self._context.__enter__()
        self._unit = unit_of_work()
        session = self._unit.__enter__()
        device: Device = session.query(Device).one()
        return device

    def __exit__(self, *error: object) -> None:
        self._unit.__exit__(None, None, None)
        db.session.remove()
        self._context.__exit__(None, None, None)
