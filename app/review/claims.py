"""What a file says of itself beside what the phone said: in plain words, judged by nobody but the reader."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from typing import Any, TypeGuard

from flask_babel import format_datetime, format_decimal, format_timedelta
from flask_babel import gettext as _
from sqlalchemy import select

from app import language
from app.clock import to_datetime
from app.db import db
from app.journal.models import Entry, Observation
from app.review.medium import Medium

SAME_TIME = timedelta(minutes=2)
SAME_PLACE = 100  # metres, or twice the accuracy that the phone gave
EARTH = 6_371_000  # metres
Line = tuple[str, str]  # same, differs or only; the sentence


def compared(medium: Medium) -> list[Line]:
    """Time and place by the file against time and place by the phone; only what both or one of them says."""
    facts = medium.facts
    lines = []
    if medium.said and (taken := _taken(facts)) is not None:
        lines += _times(medium, *taken)
    if isinstance(facts.get("latitude"), int | float) and isinstance(facts.get("longitude"), int | float):
        lines.append(_places(medium, float(facts["latitude"]), float(facts["longitude"])))
    return lines


def _taken(facts: dict[str, Any]) -> tuple[datetime, bool] | None:
    """When the file says it was taken, and whether it names a zone; without one it is read in the desk's."""
    try:
        taken = datetime.fromisoformat(str(facts.get("taken_at")))
        if taken.tzinfo is None and facts.get("offset"):
            shift = datetime.fromisoformat(f"2000-01-01T00:00:00{facts['offset']}").utcoffset()
            taken = taken.replace(tzinfo=timezone(shift) if shift is not None else None)
        if taken.tzinfo is not None:
            return taken, True
        return to_datetime(language.from_local(taken)), False
    except (ValueError, OverflowError):
        return None


def _times(medium: Medium, taken: datetime, zoned: bool) -> list[Line]:
    said = to_datetime(medium.at)
    file_says, phone_says = _when(taken), _when(said)
    gap = abs(said - taken)
    if medium.kind == "import":
        apart = _span(gap)
        if taken > said + SAME_TIME:
            text = _("The file says that it was taken %(file)s, %(gap)s after the phone imported it (%(phone)s).",
                     file=file_says, gap=apart, phone=phone_says)  # fmt: skip
            return [("differs", text), *_zone_unknown(zoned)]
        text = _("The file says that it was taken %(file)s; the phone imported it %(phone)s, %(gap)s later.",
                 file=file_says, gap=apart, phone=phone_says)  # fmt: skip
        return [("only", text), *_zone_unknown(zoned)]
    if gap <= SAME_TIME:
        return [("same", _("The file and the phone give the same time."))]
    text = _("The file says %(file)s, the phone said %(phone)s: %(gap)s apart.",
             file=file_says, phone=phone_says, gap=_span(gap))  # fmt: skip
    return [("differs", text), *_zone_unknown(zoned)]


def _zone_unknown(zoned: bool) -> list[Line]:
    return [] if zoned else [("only", _("The file names no time zone; its time is read as the desk’s."))]


def _when(moment: datetime) -> str:
    return str(format_datetime(moment.astimezone(language.local(0).tzinfo), "d MMM y HH:mm", rebase=False))


def _span(gap: timedelta) -> str:
    return str(format_timedelta(gap, granularity="minute", threshold=1.5))


def _places(medium: Medium, latitude: float, longitude: float) -> Line:
    place = phone_place(medium)
    if place is None:
        return "only", _("The file gives a position; the phone gave none.")
    lat, lon, accuracy = place
    metres = _distance(latitude, longitude, lat, lon)
    if metres <= max(SAME_PLACE, 2 * accuracy):
        return "same", _(
            "The file and the phone give the same position, to %(metres)s m.", metres=round(metres)
        )
    far = f"{format_decimal(round(metres / 1000, 1))} km" if metres >= 1000 else f"{round(metres)} m"
    return "differs", _("The position in the file is %(far)s from where the phone said it was.", far=far)


def phone_place(medium: Medium) -> tuple[float, float, float] | None:
    """By the entry that names the medium, else by its observation: degrees, degrees, metres."""
    entry = db.session.scalars(
        select(Entry).where(Entry.about_item == medium.item_id, Entry.type.in_(("begin", "import"))).limit(1)
    ).first()
    if entry is None:
        return None
    said = entry.document.get("place")
    if isinstance(said, dict) and all(_is_number(said.get(name)) for name in ("lat", "lon")):
        accuracy = said.get("accuracy")
        return float(said["lat"]), float(said["lon"]), accuracy if _is_number(accuracy) else 0.0
    seen = db.session.get(Observation, entry.observation_id)
    if seen is None or seen.lat is None or seen.lon is None:
        return None
    return seen.lat, seen.lon, seen.accuracy or 0.0


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _distance(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Metres between two positions in degrees, on a sphere."""
    one, other = math.radians(lat), math.radians(other_lat)
    turn = math.radians(other_lon - lon) / 2
    chord = math.sin((other - one) / 2) ** 2 + math.cos(one) * math.cos(other) * math.sin(turn) ** 2
    return 2 * EARTH * math.asin(math.sqrt(min(1.0, chord)))
