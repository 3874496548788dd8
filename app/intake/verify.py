"""Reading every stored item again, against what the log and the receipts say."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import select

from app import jws
from app.blobs import BlobMissing, blobs
from app.custody.log import b64
from app.custody.models import LogEntry
from app.db import db
from app.intake.hashing import file_sha256
from app.intake.models import Item, Statement
from app.keys import keys


class Damaged(Exception):
    """A stored item isn't what was received; the message names it."""


def verify_items() -> int:
    """Returns the number of items. Raises Damaged at the first byte that is off."""
    count = 0
    for item in db.session.scalars(select(Item).order_by(Item.log_index)).all():
        _verify_bytes(item)
        _verify_receipt(item)
        count += 1
    for statement in db.session.scalars(select(Statement)).all():
        if jws.sha256(statement.jws) != statement.sha256:
            raise Damaged(f"statement {statement.sha256} was altered")
    return count


def _verify_bytes(item: Item) -> None:
    try:
        size = blobs().size(f"bodies/{item.id}")
    except BlobMissing as error:
        raise Damaged(f"the body of item {item.item_id} is missing") from error
    if size != item.body_size or b64(file_sha256(blobs().path(f"bodies/{item.id}"))) != item.body_sha256:
        raise Damaged(f"the body of item {item.item_id} was altered")
    if blobs().exists(f"heads/{item.id}"):
        with blobs().open(f"heads/{item.id}") as head:
            if b64(hashlib.sha256(head.read()).digest()) != item.head_sha256:
                raise Damaged(f"the head of item {item.item_id} was altered")
    elif not blobs().exists(f"heads/{item.id}.age"):
        raise Damaged(f"the head of item {item.item_id} is missing")


def _verify_receipt(item: Item) -> None:
    try:
        said = jws.verify(item.receipt.decode(), keys().server_key, "temoin-storage-receipt")
    except jws.BadStatement as error:
        raise Damaged(f"the receipt of item {item.item_id} isn't ours") from error
    entry = db.session.get(LogEntry, item.log_index)
    named = (said["id"], said["head"]["sha256"], said["body"]["sha256"], said["log"]["index"])
    if named != (item.item_id, item.head_sha256, item.body_sha256, item.log_index):
        raise Damaged(f"the receipt of item {item.item_id} names something else")
    if entry is None or json.loads(entry.line)["o"] != item.item_id:
        raise Damaged(f"the log doesn't know item {item.item_id}")
