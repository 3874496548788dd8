"""Tables of incidents. What people did is appended (`incident_act`); `incident_member` is only its present outcome.

Texts that people type lie in `incident_sheet.document`, `incident_refusal.reason` and `incident_verdict.note`, and
nowhere in the log: they can be erased.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model


class Incident(Model):
    """One event as the legal team understands it. `merged_into`: its observations went there; it stays to be read."""

    __tablename__ = "incident"
    id: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(
        unique=True
    )  # spoken like an observation's, and never the same as one
    opened_at: Mapped[int] = mapped_column(BigInteger, index=True)
    opened_by: Mapped[str] = mapped_column(ForeignKey("user.id"))
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("incident.id"))


class Member(Model):
    """Where an observation is now: the key holds it to one incident."""

    __tablename__ = "incident_member"
    observation_id: Mapped[str] = mapped_column(ForeignKey("observation.id"), primary_key=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), index=True)


class Act(Model):
    """What somebody did to the grouping: `joined`, `left` or `merged`. `came_from`: the incident that an observation was
    in, or that was merged away; `moved`: the observations that went with it. `undoes`: the act that this one takes back."""

    __tablename__ = "incident_act"
    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), index=True)
    kind: Mapped[str]
    at: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    observation_id: Mapped[str | None] = mapped_column(ForeignKey("observation.id"))
    came_from: Mapped[str | None] = mapped_column(ForeignKey("incident.id"), index=True)
    moved: Mapped[list[str]] = mapped_column(JSON)
    undoes: Mapped[int | None] = mapped_column(ForeignKey("incident_act.id"))


class Refusal(Model):
    """A suggestion that somebody refused: two observations (`one` < `other`), or an observation (`one`) and an incident
    (`other`). Kept; `back_at` is set when it was taken back."""

    __tablename__ = "incident_refusal"
    id: Mapped[int] = mapped_column(primary_key=True)
    one: Mapped[str] = mapped_column(index=True)
    other: Mapped[str] = mapped_column(index=True)
    at: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    back_at: Mapped[int | None] = mapped_column(BigInteger)


class SheetVersion(Model):
    """The whole sheet as somebody saved it, number 1 upwards. Null `document`: erased."""

    __tablename__ = "incident_sheet"
    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), index=True)
    number: Mapped[int]
    at: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    document: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    __table_args__ = (UniqueConstraint("incident_id", "number"),)


class Shift(Model):
    """By how much somebody moved the lane of an observation by eye, in ms beside its clock. The newest counts."""

    __tablename__ = "incident_shift"
    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), index=True)
    observation_id: Mapped[str] = mapped_column(ForeignKey("observation.id"))
    ms: Mapped[int]
    at: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))


class Verdict(Model):
    """Whether two entries of two observers support one another, as somebody judged: `confirmed`, `refused`, or `open`
    where that was taken back. `one` < `other` are `Entry.id`. The newest counts."""

    __tablename__ = "incident_verdict"
    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), index=True)
    one: Mapped[str] = mapped_column(ForeignKey("entry.id"))
    other: Mapped[str] = mapped_column(ForeignKey("entry.id"))
    verdict: Mapped[str]
    note: Mapped[str | None] = mapped_column(Text)
    at: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
