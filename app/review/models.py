"""Tables of the desk's own acts. Appended only: undoing is a row of its own. `subject` is an observation's
id, or the `Item.id`
of an item that belongs to none."""

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


class Note(Model):
    """A note of the legal team. Never changed; a second thought is a second note."""

    __tablename__ = "review_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    at: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str] = mapped_column(Text)
