"""Tables of the register. A reading is written once; another look is another reading."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model


class Reading(Model):
    """What was read of one officer's number, as said in one `rio` entry (docs/formats.md). Corrections:
    see `Entry.corrected_by`."""

    __tablename__ = "reading"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry: Mapped[str] = mapped_column(ForeignKey("entry.id"), unique=True)
    observation_id: Mapped[str] = mapped_column(ForeignKey("observation.id"), index=True)
    officer: Mapped[int | None]
    at: Mapped[int] = mapped_column(BigInteger, index=True)
    status: Mapped[str] = mapped_column(index=True)
    asked: Mapped[str]
    how: Mapped[str]
    pattern: Mapped[str | None]
    fragments: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    unsure: Mapped[list[int]] = mapped_column(JSON)
    other: Mapped[str]  # a number that isn't a RIO, as written
    faults: Mapped[list[str]] = mapped_column(JSON)  # rio.faults


class ReadingPattern(Model):
    """One way to lay a reading: digits and `?`. A reading with a loose fragment has several rows; search
    reads only these."""

    __tablename__ = "reading_pattern"
    reading_id: Mapped[int] = mapped_column(ForeignKey("reading.id"), primary_key=True)
    pattern: Mapped[str] = mapped_column(primary_key=True)
    __table_args__ = (Index("ix_reading_pattern_pattern", "pattern"),)
