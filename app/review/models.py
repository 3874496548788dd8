"""Tables of the desk's own acts. `subject` is an observation's id, or the `Item.id` (the same as `Upload.id`) of what
belongs to none. Marks and notes are only appended: undoing is a row of its own. `Work` says how things stand; how they
came to stand so is in the log."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model


class Mark(Model):
    """Somebody marked a subject reviewed, or took that back. The newest counts."""

    __tablename__ = "review_mark"
    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    at: Mapped[int] = mapped_column(BigInteger)
    reviewed: Mapped[bool]


class Work(Model):
    """Where a subject stands at the desk; one without a row is new. `state`: new, claimed, more, reviewed."""

    __tablename__ = "review_work"
    subject: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(index=True)
    holder: Mapped[str | None] = mapped_column(ForeignKey("user.id"), index=True)  # who has it in hand
    held_since: Mapped[int | None] = mapped_column(BigInteger)
    by: Mapped[str] = mapped_column(ForeignKey("user.id"))  # who brought it into this state
    since: Mapped[int] = mapped_column(BigInteger)
    why: Mapped[str | None] = mapped_column(Text)  # what it needs more of
    sensitive: Mapped[bool] = mapped_column(default=False, index=True)  # marked so by hand


class Choice(Model):
    """A reviewer whom a lead has chosen for one subject, whoever holds it."""

    __tablename__ = "review_choice"
    subject: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)
    by: Mapped[str] = mapped_column(ForeignKey("user.id"))
    at: Mapped[int] = mapped_column(BigInteger)


class Note(Model):
    """A note of the legal team. Never changed; a second thought is a second note."""

    __tablename__ = "review_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    at: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str] = mapped_column(Text)
