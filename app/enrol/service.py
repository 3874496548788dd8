"""Inviting, enrolling, revoking. The only writer of invitations and devices."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app
from flask_babel import gettext as _
from sqlalchemy import bindparam, or_, select, update

from app import demonstration, jws
from app.clock import now_ms
from app.custody import log
from app.db import ask, db, unit_of_work
from app.enrol.models import Device, Invitation
from app.errors import Problem
from app.ids import CROCKFORD, new_id
from app.keys import keys
from app.together import Together

CODE_LENGTH = 10
REPEAT_MS = 10 * 60_000  # how long a phone that died at the wrong moment may ask again
_BY_TOKEN = select(Device.__table__).where(Device.token_hash.in_(bindparam("tokens", expanding=True)))


@dataclass(frozen=True)
class Invited:
    """A new invitation with its secrets, which exist only here: show them now or never."""

    invitation: Invitation
    secret: str
    code: str


@dataclass(frozen=True)
class EnrolledDevice:
    device: Device
    token: str


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _code_hash(code: str) -> str:
    # Ten characters are few enough to be tried offline from a stolen database: make each try cost something.
    return hashlib.scrypt(code.encode(), salt=b"temoin invitation code", n=2**14, r=8, p=1, dklen=32).hex()


def _normalised(secret: str) -> str:
    return "".join(secret.upper().split()).replace("-", "").translate(str.maketrans("OIL", "011"))


def invite(label: str, actor: str = "server", replaces: Device | None = None) -> Invited:
    """A right to enrol one phone, once, within the hours set. `label` names the phone, never a person. `replaces`: the
    ended enrolment that the new one goes on for, by the word of the person who invites. Raises Problem."""
    if replaces is not None and replaces.active:
        raise Problem("still-active", _("This phone is still enrolled. Revoke it first."))
    demonstration.refuse()
    label = label.strip()
    if not label or len(label) > 60:
        raise Problem("bad-label", _("A phone needs a name of 1 to 60 characters."))
    secret = secrets.token_urlsafe(32)
    code = "".join(secrets.choice(CROCKFORD) for _n in range(CODE_LENGTH))
    hours = current_app.config["TEMOIN"].invitation_hours
    with unit_of_work() as session:
        invitation = Invitation(
            id=new_id(), label=label, secret_hash=_token_hash(secret), code_hash=_code_hash(code),
            created_at=now_ms(), expires_at=now_ms() + hours * 3_600_000, replaces=replaces.id if replaces else None,
        )  # fmt: skip
        session.add(invitation)
        log.append(actor, "device.invited", invitation.id, {"label": label, "replaces": invitation.replaces})
    return Invited(invitation, secret, code)


def cancel(invitation: Invitation, actor: str) -> None:
    with unit_of_work() as session:
        found = session.get(Invitation, invitation.id)
        if found is not None and found.used_at is None and found.cancelled_at is None:
            found.cancelled_at = now_ms()
            log.append(actor, "invitation.cancelled", found.id)


def redeem(secret: str, statement: str) -> EnrolledDevice:
    """Enrol the phone that signed `statement`. Raises Problem."""
    payload = _enrolment(secret, statement)
    by_secret = _token_hash(secret)
    by_code = _code_hash(_normalised(secret)) if len(_normalised(secret)) == CODE_LENGTH else by_secret
    with unit_of_work() as session:
        invitation = session.scalars(
            select(Invitation).where(
                or_(Invitation.secret_hash == by_secret, Invitation.code_hash == by_code)
            )
        ).first()
        if invitation is None:
            raise Problem(
                "invitation-unknown",
                _("This invitation isn't known here. Check the code, or ask for a new one."),
                404,
            )
        if invitation.used_at is not None:
            if again := _repeated(invitation, statement):
                return again
            raise Problem("invitation-used", _("This invitation has been used. Ask for a new one."), 410)
        if invitation.cancelled_at is not None or invitation.expires_at <= now_ms():
            raise Problem("invitation-expired", _("This invitation has ended. Ask for a new one."), 410)
        enrolled = _create(
            invitation.label,
            json.dumps(payload["key"]),
            build=str(payload.get("app", ""))[:16] or None,
            replaces=invitation.replaces,
        )
        invitation.used_at, invitation.device_id = now_ms(), enrolled.device.id
        invitation.statement = jws.sha256(statement.encode())
        log.append(
            f"device:{enrolled.device.id}", "device.enrolled", enrolled.device.id,
            {"label": invitation.label, "invitation": invitation.id, "practice": enrolled.device.practice, "statement": statement,
             "replaces": invitation.replaces},
        )  # fmt: skip
    return enrolled


def _repeated(invitation: Invitation, statement: str) -> EnrolledDevice | None:
    """The phone that used this invitation asks again in the same words: it died before it could keep the answer. The
    same enrolment with a fresh token; the token of the lost answer ends."""
    in_time = (invitation.used_at or 0) > now_ms() - REPEAT_MS
    if not in_time or invitation.statement != jws.sha256(statement.encode()):
        return None
    device = db.session.get(Device, invitation.device_id)
    if device is None or not device.active or device.last_contact is not None:
        return None
    token = _new_token()
    device.token_hash = _token_hash(token)
    log.append(f"device:{device.id}", "device.enrolled-again", device.id, {"invitation": invitation.id})
    return EnrolledDevice(device, token)


def _enrolment(secret: str, statement: str) -> dict[str, Any]:
    try:
        payload = jws.verify(
            statement, jws.load_key(jws.unverified(statement).get("key", {})), "temoin-enrolment"
        )
    except jws.BadStatement as error:
        raise Problem("bad-statement", _("The phone's enrolment can't be read.")) from error
    # Bound to this invitation: a statement overheard elsewhere enrols nobody.
    if payload.get("invitation") != jws.sha256(secret.encode()) or payload.get("seq") != 0:
        raise Problem("bad-statement", _("The phone's enrolment doesn't belong to this invitation."))
    return payload


def _new_token() -> str:
    return f"tmn_{secrets.token_urlsafe(32)}"


def _create(
    label: str, public_key: str | None, build: str | None = None, replaces: str | None = None
) -> EnrolledDevice:
    demonstration.refuse()
    token = _new_token()
    device = Device(
        id=new_id(), label=label, token_hash=_token_hash(token), public_key=public_key, practice=keys().is_practice,
        enrolled_at=now_ms(), quota=current_app.config["TEMOIN"].quota, build=build, replaces=replaces,
    )  # fmt: skip
    db.session.add(device)
    db.session.flush()
    return EnrolledDevice(device, token)


def enrol_foreign(label: str) -> EnrolledDevice:
    """A device without a signing key, for foreign tus clients: what it sends is never attested."""
    with unit_of_work():
        enrolled = _create(label.strip() or "foreign client", None)
        log.append("server", "device.enrolled", enrolled.device.id, {"label": label, "foreign": True})
    return enrolled


def authenticate(authorization: str | None) -> Device:
    """The device of a bearer token, as it is now: not a row that is read again after each transaction. Works for reading
    its own state only while it is neither revoked nor retired."""
    if not authorization or not authorization.startswith("Bearer "):
        raise Problem("no-token", _("This phone isn't enrolled here."), 401)
    together: Together[str, Device | None] = current_app.extensions["bearers"]
    [device] = together.do([_token_hash(authorization[7:].strip())])
    if device is None:
        raise Problem("no-token", _("This phone isn't enrolled here."), 401)
    if device.revoked_at is not None:
        raise Problem(
            "revoked",
            _("This phone has been revoked. What it holds stays sealed on it. Ask for a new invitation."),
            401,
        )
    if device.retired_at is not None:
        raise Problem("retired", _("The time of practice is over. Ask for a new invitation."), 401)
    return device


def _bearers(hashes: Sequence[str]) -> list[Device | None]:
    """Of each token's hash the device, or None."""
    rows = {row.token_hash: row for row in ask(_BY_TOKEN, {"tokens": list(hashes)})}
    return [Device(**rows[one]._mapping) if one in rows else None for one in hashes]


def init_app(app: Flask) -> None:
    # Of many phones at once: a question each, with all others waiting for Python's lock, costs several times as much.
    app.extensions["bearers"] = Together(_bearers, within=nullcontext)


def heard_from(
    device: Device, holds: dict[str, Any] | None = None, build: str | None = None, *, pins: bool = False
) -> None:
    """Note a phone's last contact, what it still holds, and whether it was handed the pins."""
    values: dict[str, Any] = {"last_contact": now_ms()}
    if holds and isinstance(holds.get("items"), int) and isinstance(holds.get("bytes"), int):
        values |= {
            "holds_items": max(0, min(holds["items"], 2**31 - 1)),
            "holds_bytes": max(0, min(holds["bytes"], 2**62)),
        }
        if holds["items"] == 0:
            values["empty_at"] = values["last_contact"]
    if pins:
        values["pins_at"] = values["last_contact"]
    if build:
        values["build"] = build[:16]
    with unit_of_work() as session:
        session.execute(update(Device).where(Device.id == device.id).values(**values))


def revoke(device: Device, actor: str, suspect_since: int | None = None) -> None:
    """Stop a phone at its next request. `suspect_since` (ms): when it may have left its owner's hands."""
    with unit_of_work() as session:
        found = session.get(Device, device.id)
        if found is not None and found.revoked_at is None:
            found.revoked_at, found.suspect_since = now_ms(), suspect_since
            log.append(actor, "device.revoked", found.id, {"suspect_since": suspect_since})


def suspect(device: Device, actor: str, since: int | None) -> None:
    """Say, or take back, since when (ms) a revoked phone may have been out of its owner's hands: often that is known
    only later."""
    with unit_of_work() as session:
        found = session.get_one(Device, device.id)
        if found.suspect_since != since:
            found.suspect_since = since
            log.append(actor, "device.suspected", found.id, {"suspect_since": since})


def retire_practice(actor: str) -> int:
    """Retire every phone enrolled with practice keys. Returns how many."""
    with unit_of_work() as session:
        practised = session.scalars(
            select(Device).where(Device.practice, Device.retired_at.is_(None), Device.revoked_at.is_(None))
        ).all()
        for device in practised:
            device.retired_at = now_ms()
            log.append(actor, "device.retired", device.id)
        return len(practised)


def line_of(device_id: str) -> set[str]:
    """One phone over all its enrolments: this one, those it was invited in the place of, and those invited in its."""
    known, waiting = {device_id}, [device_id]
    while waiting:
        here = waiting.pop()
        before = db.session.scalar(select(Device.replaces).where(Device.id == here))
        after = db.session.scalars(select(Device.id).where(Device.replaces == here))
        new = ({before} if before else set()) | set(after)
        waiting += new - known
        known |= new
    return known


def devices() -> list[Device]:
    return list(db.session.scalars(select(Device).order_by(Device.enrolled_at.desc())))


def open_invitations() -> list[Invitation]:
    return list(
        db.session.scalars(
            select(Invitation)
            .where(
                Invitation.used_at.is_(None),
                Invitation.cancelled_at.is_(None),
                Invitation.expires_at > now_ms(),
            )
            .order_by(Invitation.created_at.desc())
        )
    )
