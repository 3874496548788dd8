"""Tables of the people at the desk. No address, no login history: a name to log in with, roles, and what
proves it is them."""

from __future__ import annotations

from flask_security import RoleMixin, UserMixin
from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, Table, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Model

ROLES = ("admin", "lead", "reviewer", "coordinator")

user_role = Table(
    "user_role",
    Model.metadata,
    Column("user_id", ForeignKey("user.id"), primary_key=True),
    Column("role_id", ForeignKey("role.id"), primary_key=True),
)


class Role(Model, RoleMixin):
    """One of ROLES; `rights.py` says what each may do."""

    __tablename__ = "role"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class User(Model, UserMixin):
    """Somebody of the organisation. `id` is what the log names as `user:<id>`, so it never changes or
    returns."""

    __tablename__ = "user"
    id: Mapped[str] = mapped_column(primary_key=True)  # type: ignore[assignment]
    username: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str | None] = mapped_column()  # none until the first login link was used
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(unique=True)
    language: Mapped[str | None]
    created_at: Mapped[int] = mapped_column(BigInteger)
    # Second factor. The secret is encrypted by a key that is not in the database.
    tf_totp_secret: Mapped[str | None] = mapped_column()
    totp_counter: Mapped[int | None] = mapped_column(BigInteger)  # time step of the last code accepted
    wrong_codes: Mapped[int] = mapped_column(default=0)
    codes_again_at: Mapped[int | None] = mapped_column(BigInteger)
    # Chosen by a lead for whatever is sensitive (app/register/sensitive.json); says something of reviewers only.
    sensitive: Mapped[bool] = mapped_column(default=False, server_default=false())
    roles: Mapped[list[Role]] = relationship(secondary=user_role, lazy="selectin")  # type: ignore[assignment]

    @property
    def role_names(self) -> frozenset[str]:
        return frozenset(role.name for role in self.roles)

    @property
    def actor(self) -> str:
        """How the log names this person."""
        return f"user:{self.id}"


class LoginLink(Model):
    """A one-time way in, kept as a hash. Redeemed by a POST only."""

    __tablename__ = "login_link"
    secret_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    used_at: Mapped[int | None] = mapped_column(BigInteger)


class DeskSession(Model):
    """Somebody on the way in, or in. The browser holds a random value, this table its hash: a copied
    database opens no session, and ending one here ends it whoever holds the cookie."""

    __tablename__ = "desk_session"
    secret_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    stage: Mapped[str]  # sessions.STAGES
    seen_at: Mapped[int] = mapped_column(BigInteger)
    pending_totp: Mapped[str | None]  # secret shown at set-up and not yet proven, encrypted
    challenge: Mapped[str | None]  # what a passkey was asked to sign; good for one answer


class Passkey(Model):
    """A key in somebody's device or security key that proves it is them (WebAuthn). Only its public half is here."""

    __tablename__ = "passkey"
    id: Mapped[str] = mapped_column(primary_key=True)  # the credential's id, base64url
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    name: Mapped[str]
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)
    used_at: Mapped[int | None] = mapped_column(BigInteger)


class RecoveryCode(Model):
    """A way in when phone and passkey are lost: shown once, kept as a hash, good for one login."""

    __tablename__ = "recovery_code"
    code_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[int] = mapped_column(BigInteger)
    used_at: Mapped[int | None] = mapped_column(BigInteger)


class Draft(Model):
    """What somebody had typed into a form and not sent, sealed to the storage key: an ended session loses none of it."""

    __tablename__ = "draft"
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), primary_key=True)
    form: Mapped[str] = mapped_column(primary_key=True)  # hash of the form's address
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[int] = mapped_column(BigInteger, index=True)
