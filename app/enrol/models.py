"""Tables of invitations and devices. A device is a pseudonym: its label names a phone, never a person."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model


class Invitation(Model):
    """A right to enrol one phone, once. Only hashes of its secret and code are kept."""

    __tablename__ = "invitation"
    id: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]
    secret_hash: Mapped[str] = mapped_column(unique=True)
    code_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    used_at: Mapped[int | None] = mapped_column(BigInteger)
    cancelled_at: Mapped[int | None] = mapped_column(BigInteger)
    device_id: Mapped[str | None] = mapped_column(ForeignKey("device.id"))
    statement: Mapped[str | None]  # SHA-256 of the enrolment that used it
    # The enrolment that the one made by this invitation goes on for: the same phone, enrolled again.
    replaces: Mapped[str | None]


class Device(Model):
    """A phone, or a foreign client. Times in ms; `revoked_at` is by a person, `retired_at` by the end of practice."""

    __tablename__ = "device"
    id: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    public_key: Mapped[str | None] = mapped_column(Text)  # JWK; none for a foreign client
    practice: Mapped[bool]
    enrolled_at: Mapped[int] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)
    retired_at: Mapped[int | None] = mapped_column(BigInteger)
    suspect_since: Mapped[int | None] = mapped_column(BigInteger)
    quota: Mapped[int] = mapped_column(BigInteger)
    # What the phone last said of itself.
    last_contact: Mapped[int | None] = mapped_column(BigInteger)
    holds_items: Mapped[int | None]
    holds_bytes: Mapped[int | None] = mapped_column(BigInteger)
    build: Mapped[str | None]
    # For destroying old intake keys: when it was last handed the pins, and when it last said that it holds nothing.
    pins_at: Mapped[int | None] = mapped_column(BigInteger)
    empty_at: Mapped[int | None] = mapped_column(BigInteger)
    # The enrolment that this one goes on for, by the invitation that a person made for it: never by a phone's word.
    replaces: Mapped[str | None] = mapped_column(index=True)

    @property
    def active(self) -> bool:
        return self.revoked_at is None and self.retired_at is None
