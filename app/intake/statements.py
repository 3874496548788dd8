"""What phones sign: checked, kept as signed, logged, answered by a receipt. The only writer of statements."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from flask import Flask, current_app
from flask_babel import gettext as _
from sqlalchemy import Connection, TextClause, bindparam, insert, text

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
from app.together import Together

MAX_BATCH = 16
KINDS = {"photo", "film", "sound", "import", "entry"}
_HASH = re.compile(r"[A-Za-z0-9_-]{43}")
# Words rather than expressions: under the write lock, and taking an expression apart costs more than its answer.
_KNOWN = text("SELECT sha256, receipt FROM statement WHERE sha256 IN :digests").bindparams(
    bindparam("digests", expanding=True)
)
_KEEP, _COMMIT = insert(Statement), insert(Commitment)


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and bool(_HASH.fullmatch(value))


def _is_part(value: object) -> bool:
    return isinstance(value, dict) and _is_size(value.get("size")) and _is_hash(value.get("sha256"))


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


@dataclass(frozen=True)
class _Said:
    """A statement whose signature and form are good. `signer`, `carrier`: the enrolments that signed and brought it."""

    token: str
    typ: str
    payload: dict[str, Any]
    signer: str
    carrier: str
    digest: str

    @property
    def items(self) -> list[dict[str, Any]]:
        """What is committed to, wholly or so far."""
        if self.typ == "temoin-prefix":
            return [self.payload["item"]]
        items: list[dict[str, Any]] = self.payload["items"] if self.typ == "temoin-commitment" else []
        return items


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
    waiting: list[_Said] = []
    for token in tokens:
        try:
            said = _checked(device, token)
        except Problem as problem:
            current_app.logger.info("refused a statement: %s", problem.code)
            answers += _kept(waiting)
            answers.append(as_json(problem.code, problem.message))
            waiting = []
            continue
        waiting.append(said)
        if said.typ == "temoin-handover":  # the next may rely on it
            answers += _kept(waiting)
            waiting = []
    return answers + _kept(waiting)


def receive(bearer: Device, token: str) -> dict[str, Any]:
    """Keep one statement. The same bytes again get the same answer again. A phone may bring those of an enrolment that
    it has taken items over from: they are kept as that one's, and the log names who brought them. Raises Problem."""
    return _kept([_checked(bearer, token)])[0]


def _kept(said: list[_Said]) -> list[dict[str, Any]]:
    together: Together[_Said, dict[str, Any]] = current_app.extensions["statements"]
    return together.do(said) if said else []


def _keep(said: Sequence[_Said]) -> list[dict[str, Any]]:
    """Within a unit of work. Tables, not objects: commitments go before all media, of all phones at once."""
    log.take_turn()  # what is found here must still hold when it is written
    line = db.session.connection()
    known = line.execute(_KNOWN, {"digests": [one.digest for one in said]})
    receipts: dict[str, bytes | None] = {row.sha256: row.receipt for row in known}
    new = list({one.digest: one for one in said if one.digest not in receipts}.values())
    rows: list[dict[str, Any]] = []
    there = _near(line, new)
    for one in new:
        number, prev = one.payload["seq"], one.payload.get("prev")
        same, before = there[one.signer, number], there[one.signer, number - 1]
        # Two statements with one number, or a broken chain, can be a copied phone: kept and shown, never refused.
        rows.append({
            "sha256": one.digest, "device_id": one.signer, "seq": number, "typ": one.typ, "jws": one.token.encode(),
            "forked": bool(same), "broken_link": bool(before) and prev not in before,
        })  # fmt: skip
        same.add(one.digest)
    if new:
        _write(line, new, rows, receipts)
    return [_answer(one.digest, receipts[one.digest]) for one in said]


@lru_cache(64)
def _near_question(places: int) -> TextClause:
    # Joined, because SQLite reads the whole table for pairs within a list.
    rows = ", ".join(f"(:device{n}, :number{n})" for n in range(places))
    return text(
        f"WITH place (device, number) AS (VALUES {rows}) SELECT device_id, seq, sha256 FROM place"  # noqa: S608  names of places only
        " JOIN statement ON device_id = device AND seq BETWEEN number - 1 AND number"
    )


def _near(line: Connection, said: list[_Said]) -> defaultdict[tuple[str, int], set[str]]:
    """By signer and number, the digests of what is stored at the places of these and just before them."""
    there: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    if said:
        asked = {f"device{n}": one.signer for n, one in enumerate(said)}
        asked |= {f"number{n}": one.payload["seq"] for n, one in enumerate(said)}
        for device, number, digest in line.execute(_near_question(len(said)), asked):
            there[device, number].add(digest)
    return there


def _write(
    line: Connection, new: list[_Said], rows: list[dict[str, Any]], receipts: dict[str, bytes | None]
) -> None:
    """Log and store what is new, and add its receipts."""
    seen = log.hold([one.payload.get("seen") for one in new])
    places = log.append_all([
        log.Entry(f"device:{one.carrier}", "statement.received", one.digest,
            {"typ": one.typ, "seq": row["seq"], "forked": row["forked"], "statement": one.token, "seen": known})
        for one, row, known in zip(new, rows, seen, strict=True)
    ])  # fmt: skip
    at, commitments = now_ms(), []
    for one, row, place in zip(new, rows, places, strict=True):
        receipts[one.digest] = _receipt(one, at, place) if one.items else None
        row |= {"at": at, "receipt": receipts[one.digest], "log_index": place.index}
        commitments += [_commitment(one, item) for item in one.items]
    line.execute(_KEEP, rows)
    if commitments:
        line.execute(_COMMIT, commitments)
    for one in new:
        if one.typ == "temoin-handover":
            handover.record(one.signer, one.digest, one.payload["from"], one.payload["ids"])
        if one.typ == "temoin-deletion" and one.payload["why"] == "person":
            db.session.add_all(
                Deletion(statement=one.digest, device_id=one.signer, item_id=i) for i in one.payload["ids"]
            )


def _signer(bearer: Device, token: str) -> Device:
    """The enrolment whose statement this claims to be, if the bearer may bring it; else the bearer."""
    try:
        named = jws.header(token).get("kid")
    except jws.BadStatement:
        return bearer
    if named == bearer.id or not is_id(named) or not handover.carries(bearer.id, str(named)):
        return bearer
    return db.session.get(Device, named) or bearer


def _checked(bearer: Device, token: str) -> _Said:
    device = _signer(bearer, token)
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
    numbered = _is_size(payload.get("seq")) and (payload.get("prev") is None or _is_hash(payload["prev"]))
    if shape is None or not numbered or not shape(payload):
        raise Problem("bad-statement", _("The statement doesn't have the agreed form."))
    said = _Said(token, header["typ"], payload, device.id, bearer.id, jws.sha256(token.encode()))
    if said.typ == "temoin-handover" and db.session.get(Statement, said.digest) is None:
        handover.refuse_unbacked(said.signer, payload["from"], payload["ids"])
    return said


def _commitment(said: _Said, item: dict[str, Any]) -> dict[str, Any]:
    return {
        "statement": said.digest, "device_id": said.signer, "item_id": item["id"], "kind": item["kind"],
        "head_size": item["head"]["size"], "head_sha256": item["head"]["sha256"],
        "body_size": item["body"]["size"], "body_sha256": item["body"]["sha256"],
        "prefix": said.typ == "temoin-prefix", "cut": bool(item.get("cut")),
    }  # fmt: skip


def _receipt(said: _Said, at: int, place: log.Place) -> bytes:
    ids = [item["id"] for item in said.items]
    told = {"dev": said.signer, "statement": said.digest, "ids": ids, "at": at, "log": place.to_json()}
    return keys().sign(told, "temoin-commitment-receipt").encode()


def _answer(digest: str, receipt: bytes | None) -> dict[str, Any]:
    return {"receipt": receipt.decode()} if receipt is not None else {"accepted": digest}


def init_app(app: Flask) -> None:
    # Commitments go before media here too: in a crowd all who have theirs want to begin their uploads.
    app.extensions["statements"] = Together(_keep, within=partial(unit_of_work, first=True))
