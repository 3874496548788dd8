"""Legal hold: while it lies on a subject, nothing of that subject may be withdrawn. Set and lifted by a lead, with a
reason; every act is a row of its own and an entry in the log. The newest counts."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import BigInteger, ForeignKey, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import User
from app.clock import now_ms
from app.custody import log
from app.db import Model, db, unit_of_work
from app.errors import Problem

LONGEST = 500  # characters of a reason


class LegalHold(Model):
    """`subject`: an observation's id, or the `Item.id` of an item that belongs to none. Times in ms."""

    __tablename__ = "legal_hold"
    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    at: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    log_index: Mapped[int] = mapped_column(ForeignKey("log_entry.index"))


def reason_of(text: str) -> str:
    """A reason as it is kept. Raises Problem for none, or for one that is too long."""
    reason = " ".join(text.split())
    if not 1 <= len(reason) <= LONGEST:
        raise Problem("no-reason", _("Please give a reason, in at most %(n)d characters.", n=LONGEST))
    return reason


def on(subject: str) -> LegalHold | None:
    """The hold that lies on a subject, if one does."""
    newest = db.session.scalars(
        select(LegalHold).where(LegalHold.subject == subject).order_by(LegalHold.id.desc()).limit(1)
    ).first()
    return newest if newest is not None and newest.held else None


def change(user: User, subject: str, held: bool, reason: str) -> None:
    """Set or lift it. Saying the same twice changes nothing. Raises Problem."""
    why = reason_of(reason)
    with unit_of_work() as work:
        if (on(subject) is not None) == held:
            return
        place = log.append(user.actor, "hold.set" if held else "hold.lifted", subject, {"reason": why})
        work.add(
            LegalHold(
                subject=subject, user_id=user.id, at=now_ms(), held=held, reason=why, log_index=place.index
            )
        )
