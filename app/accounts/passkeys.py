"""Passkeys as second factor (WebAuthn, by the `webauthn` package): made and asked for in the browser, checked here. The
challenge lies in the session's row and is good for one answer."""

from __future__ import annotations

import ipaddress
import json
from typing import Any
from urllib.parse import urlsplit

import webauthn
from flask import current_app, request
from sqlalchemy import select
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.accounts.models import DeskSession, Passkey, User
from app.clock import now_ms
from app.custody import log
from app.db import db, unit_of_work
from config import Config

MOST = 10  # of one person
_PREFERRED = UserVerificationRequirement.PREFERRED  # a password comes before it, so a touch will do


def of(user: User) -> list[Passkey]:
    return list(
        db.session.scalars(select(Passkey).where(Passkey.user_id == user.id).order_by(Passkey.created_at))
    )


def possible() -> bool:
    """Whether browsers allow passkeys at this address: not for a bare number, not without https but at home."""
    address = urlsplit(_origin())
    host = address.hostname or ""
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return address.scheme == "https"
    return False


def ask_to_make(user: User, row: DeskSession) -> str:
    """What the browser is given to make a passkey, as JSON."""
    options = webauthn.generate_registration_options(
        rp_id=_host(),
        rp_name=_config().organisation,
        user_id=user.id.encode(),
        user_name=user.username,
        exclude_credentials=[_described(key) for key in of(user)],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=_PREFERRED
        ),
    )
    _remember(row, options.challenge)
    return webauthn.options_to_json(options)


def ask_to_use(user: User, row: DeskSession) -> str:
    """What the browser is given to sign with one of this person's passkeys, as JSON."""
    options = webauthn.generate_authentication_options(
        rp_id=_host(),
        allow_credentials=[_described(key) for key in of(user)],
        user_verification=_PREFERRED,
    )
    _remember(row, options.challenge)
    return webauthn.options_to_json(options)


def keep(user: User, row: DeskSession, answer: str, name: str) -> bool:
    """Add the passkey that a browser has made. False for an answer that isn't one to our question."""
    challenge = _asked(row)
    if challenge is None or len(of(user)) >= MOST:
        return False
    try:
        made = webauthn.verify_registration_response(
            credential=_read(answer),
            expected_challenge=challenge,
            expected_rp_id=_host(),
            expected_origin=_origin(),
            require_user_verification=False,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return False
    with unit_of_work() as work:
        key = Passkey(
            id=bytes_to_base64url(made.credential_id),
            user_id=user.id,
            name=" ".join(name.split())[:64],
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            created_at=now_ms(),
        )
        if work.get(Passkey, key.id) is not None:
            return False
        work.add(key)
        log.append(user.actor, "user.passkey-added", user.actor, {"name": key.name})
    return True


def check(user: User, row: DeskSession, answer: str) -> bool:
    """Whether a browser has signed our question with one of this person's passkeys."""
    challenge = _asked(row)
    if challenge is None:
        return False
    try:
        said = _read(answer)
        key = db.session.get(Passkey, str(said.get("id")))
        if key is None or key.user_id != user.id:
            return False
        proven = webauthn.verify_authentication_response(
            credential=said,
            expected_challenge=challenge,
            expected_rp_id=_host(),
            expected_origin=_origin(),
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,  # one that runs backwards is a copied key: refused
            require_user_verification=False,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return False
    with unit_of_work() as work:
        used = work.get(Passkey, key.id)
        if used is None:
            return False
        used.sign_count, used.used_at = proven.new_sign_count, now_ms()
    return True


def remove(user: User, key_id: str) -> bool:
    with unit_of_work() as work:
        key = work.get(Passkey, key_id)
        if key is None or key.user_id != user.id:
            return False
        work.delete(key)
        log.append(user.actor, "user.passkey-removed", user.actor, {"name": key.name})
    return True


def _remember(row: DeskSession, challenge: bytes) -> None:
    with unit_of_work() as work:
        kept = work.get(DeskSession, row.secret_hash)
        if kept is not None:
            kept.challenge = bytes_to_base64url(challenge)


def _asked(row: DeskSession) -> bytes | None:
    """The challenge of this session, taken: a second answer to it finds none."""
    with unit_of_work() as work:
        kept = work.get(DeskSession, row.secret_hash)
        if kept is None or kept.challenge is None:
            return None
        challenge, kept.challenge = kept.challenge, None
        return base64url_to_bytes(challenge)


def _read(answer: str) -> dict[str, Any]:
    said = json.loads(answer)
    if not isinstance(said, dict):
        raise ValueError("not an object")
    return said


def _described(key: Passkey) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.id))


def _config() -> Config:
    config: Config = current_app.config["TEMOIN"]
    return config


def _origin() -> str:
    """The address that people see. Without a setting that of the request, which the browser compares with its own."""
    address = urlsplit(_config().url or request.host_url)
    return f"{address.scheme}://{address.netloc}"


def _host() -> str:
    return urlsplit(_origin()).hostname or ""
