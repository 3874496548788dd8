"""Tables of the register. Nothing in them is overwritten: another look is another version, a decision or a link that
is undone keeps its row. Times in ms."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model

STANDS, REPLACED, TAKEN_BACK = "stands", "replaced", "taken-back"


class Sighting(Model):
    """One officer as seen in one observation. Its readings are its versions; what they say together is laid down here
    anew with each of them (service.settle), so that search and candidates read one row."""

    __tablename__ = "sighting"
    id: Mapped[str] = mapped_column(primary_key=True)  # opaque: it stands in addresses and in the log
    observation_id: Mapped[str] = mapped_column(ForeignKey("observation.id"), index=True)
    officer: Mapped[int | None]  # the observer's count: officer 2; none where nobody counted
    user_id: Mapped[str | None] = mapped_column(
        ForeignKey("user.id")
    )  # who added it at the desk; none: the phone
    made_at: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger, index=True)  # when the officer was seen
    force: Mapped[str | None] = mapped_column(index=True)
    look: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(index=True)  # of the newest version
    pattern: Mapped[str | None]  # all versions together, rio.together
    known: Mapped[int]  # digits of it that are known
    unsure: Mapped[list[int]] = mapped_column(JSON)
    __table_args__ = (Index("ix_sighting_of", "observation_id", "officer"),)


class Reading(Model):
    """One version of a sighting: what somebody read of the number. The first one is a phone's `rio` entry as a rule
    (docs/formats.md); a later one has its author and, read from footage, its evidence."""

    __tablename__ = "reading"
    id: Mapped[int] = mapped_column(primary_key=True)
    sighting: Mapped[str | None] = mapped_column(ForeignKey("sighting.id"), index=True)
    version: Mapped[int] = mapped_column(server_default="1")  # from 1, in the order in which they came here
    state: Mapped[str] = mapped_column(server_default=STANDS)  # stands, replaced, taken-back
    entry: Mapped[str | None] = mapped_column(ForeignKey("entry.id"), unique=True)
    user_id: Mapped[str | None] = mapped_column(
        ForeignKey("user.id")
    )  # who read it at the desk; none: the phone
    made_at: Mapped[int] = mapped_column(BigInteger, server_default="0")
    observation_id: Mapped[str] = mapped_column(ForeignKey("observation.id"), index=True)
    officer: Mapped[int | None]
    at: Mapped[int] = mapped_column(BigInteger, index=True)  # when the number was seen
    status: Mapped[str] = mapped_column(index=True)
    checked: Mapped[bool | None]  # chest, shoulders and armband were in view: what makes NOT_WORN a finding
    asked: Mapped[str]
    how: Mapped[str]
    pattern: Mapped[str | None]
    fragments: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    unsure: Mapped[list[int]] = mapped_column(JSON)
    # Position (as text, JSON has no other keys) -> the digits it may be instead.
    alternatives: Mapped[dict[str, str]] = mapped_column(JSON, server_default="{}")
    other: Mapped[str]  # a number that isn't a RIO, as written
    faults: Mapped[list[str]] = mapped_column(JSON)  # rio.faults
    # Evidence: the medium (Item.id, the upload's), the moment in it, the part of the picture, and what was cut out.
    media: Mapped[str | None] = mapped_column(ForeignKey("upload.id"), index=True)
    media_ms: Mapped[int | None] = mapped_column(BigInteger)
    region: Mapped[dict[str, int] | None] = mapped_column(JSON)  # x, y, w, h in pixels of the working copy
    crop: Mapped[str | None]  # names the sealed crop's blob
    crop_sha256: Mapped[str | None]
    __table_args__ = (UniqueConstraint("sighting", "version", name="reading_version"),)


class ReadingPattern(Model):
    """One way to lay a reading: digits and `?`. A reading with a loose fragment or unsure digits has several rows.
    `k1` to `k5` are the pattern as a number in five orders of its places (keys.py); search reads only these."""

    __tablename__ = "reading_pattern"
    reading_id: Mapped[int] = mapped_column(ForeignKey("reading.id"), primary_key=True)
    pattern: Mapped[str] = mapped_column(primary_key=True)
    k1: Mapped[int | None] = mapped_column(BigInteger)
    k2: Mapped[int | None] = mapped_column(BigInteger)
    k3: Mapped[int | None] = mapped_column(BigInteger)
    k4: Mapped[int | None] = mapped_column(BigInteger)
    k5: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (
        Index("ix_reading_pattern_pattern", "pattern"),
        *(Index(f"reading_pattern_k{n}", f"k{n}", "reading_id") for n in range(1, 6)),
    )


class Marking(Model):
    """A unit, vehicle or other marking as noted in a `unit` entry. Says something of its day and place only."""

    __tablename__ = "marking"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry: Mapped[str] = mapped_column(ForeignKey("entry.id"), index=True)
    observation_id: Mapped[str] = mapped_column(ForeignKey("observation.id"))
    officer: Mapped[int | None]
    at: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]  # as of a reading
    kind: Mapped[str]  # force, company, back, squadron, vehicle, town, other
    value: Mapped[str]  # without case, spaces and hyphens, to be found by
    written: Mapped[str]
    __table_args__ = (
        Index("ix_marking_value", "kind", "value"),
        Index("ix_marking_of", "observation_id", "officer"),
    )


class KnownOfficer(Model):
    """Sightings that people hold to be one officer. It has no name and never gets one."""

    __tablename__ = "known_officer"
    id: Mapped[str] = mapped_column(primary_key=True)  # opaque
    made_at: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))


class OfficerLink(Model):
    """A sighting held to be a known officer, and by whom and why; one that was undone says so too."""

    __tablename__ = "officer_link"
    id: Mapped[int] = mapped_column(primary_key=True)
    known_officer: Mapped[str] = mapped_column(ForeignKey("known_officer.id"), index=True)
    sighting: Mapped[str] = mapped_column(ForeignKey("sighting.id"), index=True)
    at: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    reason: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_by: Mapped[str | None] = mapped_column(ForeignKey("user.id"))
    ended_reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        # One officer a sighting: two people who decide at once can't make it two.
        Index(
            "officer_of_sighting",
            "sighting",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


class Decision(Model):
    """What somebody decided of two sightings, `a` < `b` by id, and why. `newest_a`, `newest_b`: the newest readings they
    had before them; a newer one is new evidence."""

    __tablename__ = "candidate_decision"
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[str] = mapped_column(ForeignKey("sighting.id"), index=True)
    b: Mapped[str] = mapped_column(ForeignKey("sighting.id"), index=True)
    accepted: Mapped[bool]
    tier: Mapped[str | None]
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    newest_a: Mapped[int | None] = mapped_column(ForeignKey("reading.id"))
    newest_b: Mapped[int | None] = mapped_column(ForeignKey("reading.id"))
