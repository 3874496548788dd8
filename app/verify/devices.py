"""Devices and invitations against the log: keys as enrolled, ends as decided."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from app import jws
from app.custody.log import Said
from app.custody.models import LogEntry
from app.db import db
from app.enrol.models import Device
from app.verify.found import Damaged, by_verb, compare


class Devices:
    def __init__(self) -> None:
        self._enrolled: set[str] = set()
        self._ended: dict[str, set[str]] = {"device.revoked": set(), "device.retired": set()}
        self._suspect: dict[str, int | None] = {}

    def page(self, said: Sequence[Said]) -> None:
        verbs = ("device.enrolled", "device.revoked", "device.retired", "device.suspected")
        for one in by_verb(said, *verbs):
            device = db.session.get(Device, one.object)
            if device is None:
                raise Damaged(f"device {one.object} of log entry {one.index} is missing")
            detail = one.detail or {}
            if one.verb == "device.enrolled":
                self._enrolled.add(one.object)
                self._key(device, detail)
                continue
            if one.verb in self._ended:
                self._ended[one.verb].add(one.object)
            if one.verb != "device.retired":
                self._suspect[one.object] = detail.get("suspect_since")

    @staticmethod
    def _key(device: Device, detail: dict[str, Any]) -> None:
        wanted = None
        if detail.get("statement"):
            wanted = jws.unverified(detail["statement"]).get("key")
        found = json.loads(device.public_key) if device.public_key else None
        compare(
            f"device {device.id}",
            (
                ("signing key", found, wanted),
                ("replaced enrolment", device.replaces, detail.get("replaces")),
                ("mark of practice", device.practice, detail.get("practice", device.practice)),
            ),
        )

    def end(self, entries: int) -> None:
        total = db.session.scalar(select(func.count()).select_from(Device)) or 0
        if total != len(self._enrolled):
            late = set(db.session.scalars(select(Device.id))) - self._enrolled
            self._unknown(late, entries)
        for device in db.session.scalars(select(Device)):
            what = f"device {device.id}"
            if (device.revoked_at is not None) != (device.id in self._ended["device.revoked"]):
                self._recent(device.id, entries, f"{what}: revoked or not was altered")
            if (device.retired_at is not None) != (device.id in self._ended["device.retired"]):
                self._recent(device.id, entries, f"{what}: retired or not was altered")
            if device.suspect_since != self._suspect.get(device.id):
                self._recent(device.id, entries, f"{what}: since when it is suspect was altered")

    @staticmethod
    def _recent(device: str, entries: int, message: str) -> None:
        """Entries written since the walk began explain a difference."""
        since = select(LogEntry.index).where(
            LogEntry.object == device, LogEntry.index >= entries, LogEntry.verb.startswith("device.")
        )
        if db.session.scalar(since.limit(1)) is None:
            raise Damaged(message)

    def _unknown(self, devices: set[str], entries: int) -> None:
        for device in sorted(devices):
            self._recent(device, entries, f"device {device}: the log doesn't know it")
