"""Tables of coded sites. A site is never changed in place: each act writes a version, and the newest counts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model


class Site(Model):
    """One place that observers name by a code. All that is said of it stands in its versions."""

    __tablename__ = "site"
    id: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[int] = mapped_column(BigInteger)


class SiteVersion(Model):
    """What somebody said of a site at one moment. Days are local ISO dates, both included; `positions` is a list of
    `{"lat", "lon", "radius"}` in degrees and metres. `withdrawn`: the site was added by mistake."""

    __tablename__ = "site_version"
    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    number: Mapped[int]
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    at: Mapped[int] = mapped_column(BigInteger)
    act: Mapped[str]  # added, changed, retired, undone
    code: Mapped[str]
    aliases: Mapped[list[str]] = mapped_column(JSON)
    town: Mapped[str]
    positions: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    valid_from: Mapped[str | None]
    valid_to: Mapped[str | None]
    note: Mapped[str] = mapped_column(Text)
    withdrawn: Mapped[bool]
    __table_args__ = (UniqueConstraint("site_id", "number"),)
