"""What phones sign: checked, kept as signed, logged, answered by a receipt. The only writer of statements."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import BigInteger, bindparam, insert, select

from app import jws
from app.clock import now_ms
from app.custody import log
from app.db import db, unit_of_work
from app.enrol.models import Device
from app.errors import Problem, as_json
from app.ids import is_id
from app.intake import handover
from app.intake.allowance import Meter
from app.intake.models import Commitment, Deletion, Statement
from app.keys import keys

MAX_BATCH = 16
KINDS = {"photo", "film", "sound", "import", "entry"}
_HASH = re.compile(r"[A-Za-z0-9_-]{43}")
_NUMBER = bindparam("number", type_=BigInteger)
_NEAR = select(Statement.sha256, Statement.seq, Statement.receipt).where(
    Statement.device_id == bindparam("device"), Statement.seq.in_((_NUMBER - 1, _NUMBER))
)
_KEEP, _COMMIT = insert(Statement), insert(Commitment)


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _is_part(value: object) -> bool:
    return (
        isinstance(value, dict)
        and _is_size(value.get("size"))
        and bool(_HASH.fullmatch(str(value.get("sha256"))))
    )


def _is_sealed(value: object) -> bool:
    return (
        isinstance(value, dict)
        and is_id(value.get("id"))
        and value.get("kind") in KINDS
        and _is_part(value.get("head"))
        and _is_part(value.get("body"))
    )


def _are_ids(value: object) -> bool:
    return isinstance(value, list) and 1 <= len(value) <= 1000 and all(is_id(i) for i in value)


def _are_items(value: object) -> bool:
    return isinstance(value, list) and 1 <= len(value) <= MAX_BATCH and all(_is_sealed(i) for i in value)


SHAPES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "temoin-commitment": lambda p: _are_items(p.get("items")),
    "temoin-prefix": lambda p: _is_sealed(p.get("item")),
    "temoin-deletion": lambda p: _are_ids(p.get("ids")) and p.get("why") in {"person", "released"},
    "temoin-handover": lambda p: is_id(p.get("from")) and (p.get("ids") == [] or _are_ids(p.get("ids"))),
}


def receive_all(device: Device, tokens: object) -> list[dict[str, Any]]:
    """Answers in order: a receipt, `accepted`, or an error each; one bad statement doesn't hold up the others."""
    if (
        not isinstance(tokens, list)
        or not 1 <= len(tokens) <= MAX_BATCH
        or not all(isinstance(t, str) for t in tokens)
    ):
        raise Problem("bad-json", _("The request can't be read."), 400)
    Meter.of(device).statements(sum(map(len, tokens)))
    answers: list[dict[str, Any]] = []
    for token in tokens:
        try:
            answers.append(receive(device, token))
        except Problem as problem:
            current_app.logger.info("refused a statement: %s", problem.code)
            answers.append(as_json(problem.code, problem.message))
    return answers


def receive(bearer: Device, token: str) -> dict[str, Any]:
    """Keep one statement. The same bytes again get the same answer again. A phone may bring those of an enrolment that
    it has taken items over from: they are kept as that one's, and the log names who brought them. Raises Problem."""
    device = _signer(bearer, token)
    payload, typ = _checked(device, token)
    digest, signer, carrier, number = jws.sha256(token.encode()), device.id, bearer.id, payload["seq"]
    named = {"temoin-commitment": "items", "temoin-prefix": "item"}.get(typ)
    items = [] if named is None else payload[named] if typ == "temoin-commitment" else [payload[named]]
    with unit_of_work() as session:
        # Tables, not objects: commitments go before all media, of all phones at once.
        line = session.connection()
        near = line.execute(_NEAR, {"device": signer, "number": number}).all()
        for known in near:
            if known.sha256 == digest:
                return _answer(digest, known.receipt)
        if typ == "temoin-handover":
            handover.refuse_unbacked(device, payload["from"], payload["ids"])
        # Two statements with one number, or a broken chain, can be a copied phone: kept and shown, never refused.
        forked = any(one.seq == number for one in near)
        before = {one.sha256 for one in near if one.seq == number - 1}
        place = log.append(
            f"device:{carrier}", "statement.received", digest,
            {"typ": typ, "seq": number, "forked": forked, "statement": token, "seen": log.holds(payload.get("seen"))},
        )  # fmt: skip
        at = now_ms()
        receipt = _receipt(signer, digest, at, [item["id"] for item in items], place) if items else None
        line.execute(
            _KEEP,
            {
                "sha256": digest, "device_id": signer, "seq": number, "typ": typ, "jws": token.encode(), "at": at,
                "forked": forked, "broken_link": bool(before) and payload.get("prev") not in before,
                "receipt": receipt, "log_index": place.index,
            },
        )  # fmt: skip
        if items:
            said = [_commitment(signer, digest, item, prefix=typ == "temoin-prefix") for item in items]
            line.execute(_COMMIT, said)
        if typ == "temoin-handover":
            handover.record(session, device, digest, payload["from"], payload["ids"])
        if typ == "temoin-deletion" and payload["why"] == "person":
            session.add_all(Deletion(statement=digest, device_id=signer, item_id=i) for i in payload["ids"])
        return _answer(digest, receipt)


def _signer(bearer: Device, token: str) -> Device:
    """The enrolment whose statement this claims to be, if the bearer may bring it; else the bearer."""
    try:
        named = jws.header(token).get("kid")
    except jws.BadStatement:
        return bearer
    if named == bearer.id or not is_id(named) or not handover.carries(bearer.id, str(named)):
        return bearer
    return db.session.get(Device, named) or bearer


def _checked(device: Device, token: str) -> tuple[dict[str, Any], str]:
    if device.public_key is None:
        raise Problem("bad-statement", _("This device has no signing key."))
    try:
        header = jws.header(token)
        payload = jws.verify(token, jws.load_key(device.public_key))
    except jws.BadSignature as error:
        raise Problem("bad-signature", _("The signature isn't this phone's.")) from error
    except jws.BadStatement as error:
        raise Problem("bad-statement", _("The statement can't be read.")) from error
    if (
        payload.get("aud") != keys().server_id
        or payload.get("dev") != device.id
        or header["kid"] != device.id
    ):
        raise Problem("wrong-audience", _("The statement is for another server or phone."))
    shape = SHAPES.get(header["typ"])
    if shape is None or not _is_size(payload.get("seq")) or not shape(payload):
        raise Problem("bad-statement", _("The statement doesn't have the agreed form."))
    return payload, header["typ"]


def _commitment(device: str, digest: str, item: dict[str, Any], *, prefix: bool) -> dict[str, Any]:
    return {
        "statement": digest, "device_id": device, "item_id": item["id"], "kind": item["kind"],
        "head_size": item["head"]["size"], "head_sha256": item["head"]["sha256"],
        "body_size": item["body"]["size"], "body_sha256": item["body"]["sha256"],
        "prefix": prefix, "cut": bool(item.get("cut")),
    }  # fmt: skip


def _receipt(device: str, digest: str, at: int, ids: list[str], place: log.Place) -> bytes:
    said = {"dev": device, "statement": digest, "ids": ids, "at": at, "log": place.to_json()}
    return keys().sign(said, "temoin-commitment-receipt").encode()


def _answer(digest: str, receipt: bytes | None) -> dict[str, Any]:
    return {"receipt": receipt.decode()} if receipt is not None else {"accepted": digest}
