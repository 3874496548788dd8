"""What signed prefixes cover of an item of which no whole commitment came, or whose bytes are not all here."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from sqlalchemy import select

from app import jws
from app.custody.log import b64
from app.db import db
from app.intake.models import Commitment


def _of(maker: str, item_id: str) -> list[Commitment]:
    """All that the enrolment that sealed it signed, the shortest first."""
    query = select(Commitment).where(
        Commitment.device_id == maker, Commitment.item_id == item_id, Commitment.prefix
    )
    return list(db.session.scalars(query.order_by(Commitment.body_size, Commitment.id)))


def kind(maker: str, item_id: str) -> str | None:
    """What the phone calls it, where it has said so."""
    said = _of(maker, item_id)
    return said[-1].kind if said else None


def covered(maker: str, item_id: str, head: bytes, body: BinaryIO, size: int) -> int:
    """Bytes of a body of `size`, read from its beginning, that the longest fitting prefix covers, after hashing exactly
    those. Statements go before media: on a slow line the newest is ahead of what arrived, and an earlier one counts."""
    sealed_head, running, at, found = jws.sha256(head), hashlib.sha256(), 0, 0
    for said in _of(maker, item_id):
        if said.body_size > size or said.head_sha256 != sealed_head:
            continue
        while at < said.body_size and (part := body.read(min(1 << 20, said.body_size - at))):
            running.update(part)
            at += len(part)
        if b64(running.digest()) == said.body_sha256:
            found = said.body_size
    return found
