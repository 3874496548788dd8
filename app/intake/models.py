"""Tables of what phones said (statements) and what arrived (uploads, items). Hashes are base64url SHA-256, sizes bytes."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model


class Statement(Model):
    """A signed statement of a device, bytes as received. `forked`: another one has the same number."""

    __tablename__ = "statement"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    __table_args__ = (Index("ix_statement_device_seq", "device_id", "seq"),)
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    typ: Mapped[str]
    jws: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[int] = mapped_column(BigInteger)
    forked: Mapped[bool]
    broken_link: Mapped[bool]  # `prev` isn't the hash of the statement before it, as far as we have that one
    receipt: Mapped[bytes | None] = mapped_column(LargeBinary)
    log_index: Mapped[int] = mapped_column(ForeignKey("log_entry.index"))


class Commitment(Model):
    """What a statement says of one item. The newest one that isn't a prefix counts."""

    __tablename__ = "commitment"
    id: Mapped[int] = mapped_column(primary_key=True)
    statement: Mapped[str] = mapped_column(ForeignKey("statement.sha256"))
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), index=True)
    item_id: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    head_size: Mapped[int]
    head_sha256: Mapped[str]
    body_size: Mapped[int] = mapped_column(BigInteger)
    body_sha256: Mapped[str]
    prefix: Mapped[bool]
    cut: Mapped[bool]


class Upload(Model):
    """One tus upload. Its offset is the size of its files on disk, never a column. `tail`: 0 or 1; -1 for an item; -2 for
    an item that was closed here before it was whole, of which the phone may still bring the rest."""

    __tablename__ = "upload"
    __table_args__ = (
        # One upload an item, so that a repeated POST can't make it twice; tails come and go.
        Index(
            "upload_of_item",
            "device_id",
            "item_id",
            unique=True,
            sqlite_where=text("tail = -1"),
            postgresql_where=text("tail = -1"),
        ),
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), index=True)
    item_id: Mapped[str] = mapped_column(index=True)
    tail: Mapped[int]
    length: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)
    refusals: Mapped[int] = mapped_column(default=0)  # times the final hash wasn't the committed one


class Item(Model):
    """A sealed item that is wholly stored. `attested`: match, differs or none (docs/formats.md)."""

    __tablename__ = "item"
    __table_args__ = (
        UniqueConstraint("device_id", "item_id"),
        # Of the few that are: in an index of all, nearly every row would say the same.
        Index(
            "ix_item_withdrawn",
            "withdrawn",
            sqlite_where=text("withdrawn IS NOT NULL"),
            postgresql_where=text("withdrawn IS NOT NULL"),
        ),
    )
    id: Mapped[str] = mapped_column(primary_key=True)  # the upload's id: names its files
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), index=True)
    # The enrolment that sealed it: `device_id`, or the one that `device_id` says it took it over from. No foreign
    # key: a phone may name an enrolment that this server doesn't know.
    made_by: Mapped[str]
    item_id: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str | None]
    head_size: Mapped[int]
    head_sha256: Mapped[str]
    body_size: Mapped[int] = mapped_column(BigInteger)
    body_sha256: Mapped[str]
    attested: Mapped[str]
    cut: Mapped[bool]
    practice: Mapped[bool]
    received_at: Mapped[int] = mapped_column(BigInteger, index=True)
    receipt: Mapped[bytes] = mapped_column(LargeBinary)
    log_index: Mapped[int] = mapped_column(ForeignKey("log_entry.index"))
    # Opening, by the worker: waiting, opening, opened, failed.
    state: Mapped[str] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None] = mapped_column(Text)
    # SHA-256 of `heads/<id>.age`, as the log has it, once the original is closed to all but custody.
    head_age: Mapped[str | None]
    # Index of the log entry that withdrew it. Hashes and the sealed body stay; nothing opens it any more.
    withdrawn: Mapped[int | None] = mapped_column(BigInteger)


class Superseded(Model):
    """An item as it was stored when its silent upload was closed, after the phone came back with the rest. Its bytes,
    receipt and openings stay; `by` names the upload that is whole. Names as in Item."""

    __tablename__ = "superseded"
    id: Mapped[str] = mapped_column(ForeignKey("upload.id"), primary_key=True)
    by: Mapped[str] = mapped_column(ForeignKey("upload.id"))
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"))
    made_by: Mapped[str]
    item_id: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str | None]
    head_size: Mapped[int]
    head_sha256: Mapped[str]
    body_size: Mapped[int] = mapped_column(BigInteger)
    body_sha256: Mapped[str]
    attested: Mapped[str]
    received_at: Mapped[int] = mapped_column(BigInteger)
    receipt: Mapped[bytes] = mapped_column(LargeBinary)
    log_index: Mapped[int] = mapped_column(ForeignKey("log_entry.index"))
    head_age: Mapped[str | None]
    withdrawn: Mapped[int | None] = mapped_column(BigInteger)


class Withdrawal(Model):
    """One act of withdrawing, by the log entry that says it. `subject`: an observation, or the `Item.id` of an item that
    belongs to none. `done`: its files are gone too."""

    __tablename__ = "withdrawal"
    log_index: Mapped[int] = mapped_column(
        ForeignKey("log_entry.index"), primary_key=True, autoincrement=False
    )
    subject: Mapped[str] = mapped_column(index=True)
    at: Mapped[int] = mapped_column(BigInteger)
    actor: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    files: Mapped[list[str]] = mapped_column(JSON)  # names of blobs that were to be erased, until they are
    done: Mapped[bool]


class Handover(Model):
    """What a phone said, signed, of another enrolment's items that it sends: after enrolling again, or out of an
    outbox file. `item_id` is None where it said no more than that it goes on where the other left off."""

    __tablename__ = "handover"
    id: Mapped[int] = mapped_column(primary_key=True)
    statement: Mapped[str] = mapped_column(ForeignKey("statement.sha256"))
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), index=True)
    from_device: Mapped[str] = mapped_column(index=True)
    item_id: Mapped[str | None] = mapped_column(index=True)


class Deletion(Model):
    """An item that a person removed from a phone, by the phone's signed word. What a phone released is in its
    statements only."""

    __tablename__ = "deletion"
    id: Mapped[int] = mapped_column(primary_key=True)
    statement: Mapped[str] = mapped_column(ForeignKey("statement.sha256"))
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), index=True)
    item_id: Mapped[str] = mapped_column(index=True)
