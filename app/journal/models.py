"""Tables of opened journal entries and the observations that they make up. Entries are only appended."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Float, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model


class Observation(Model):
    """What one phone saw between two *Finish*. Times in ms: device clock as claimed, and corrected by its offset."""

    __tablename__ = "observation"
    id: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(index=True)  # K7Q-2M4
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), index=True)
    trial: Mapped[bool]
    practice: Mapped[bool]
    started_at: Mapped[int] = mapped_column(BigInteger, index=True)  # corrected; earliest entry
    ended_at: Mapped[int] = mapped_column(BigInteger)
    finished: Mapped[bool]
    first_received_at: Mapped[int] = mapped_column(BigInteger, index=True)
    site: Mapped[str | None] = mapped_column(index=True)
    lat: Mapped[float | None] = mapped_column(Float)
    lon: Mapped[float | None] = mapped_column(Float)
    accuracy: Mapped[float | None] = mapped_column(Float)
    withdrawn: Mapped[int | None] = mapped_column(BigInteger)  # index of the log entry that withdrew it


class Entry(Model):
    """One opened journal entry (docs/formats.md, "Entries"). `document` is the whole JSON as sealed by the phone."""

    __tablename__ = "entry"
    id: Mapped[str] = mapped_column(ForeignKey("item.id"), primary_key=True)  # Item.id
    entry_id: Mapped[str] = mapped_column(index=True)  # the phone's item id of this entry
    observation_id: Mapped[str] = mapped_column(ForeignKey("observation.id"), index=True)
    seq: Mapped[int]
    type: Mapped[str]
    at: Mapped[int] = mapped_column(BigInteger, index=True)  # device clock + offset where known
    corrects: Mapped[str | None]
    corrected_by: Mapped[str | None]  # entry_id of the newest correction
    about_item: Mapped[str | None] = mapped_column(
        index=True
    )  # data.item: item id of a begin, end, import, stopped
    code: Mapped[str | None] = mapped_column(index=True)
    counted: Mapped[str | None] = mapped_column(
        index=True
    )  # data.what of a count, unless none was to be seen
    document: Mapped[dict[str, Any]] = mapped_column(JSON)

    @property
    def withdrawn(self) -> bool:
        """Whether it takes back what it corrects: that was made by mistake."""
        data = self.document.get("data")
        return self.corrects is not None and isinstance(data, dict) and data.get("withdrawn") is True
