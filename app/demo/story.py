"""What is told, read from story.json, and when: days are counted back from the day of the telling."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from app import language
from app.demo.drawn import Look

FILE = Path(__file__).with_name("story.json")
REPORTED = Path(__file__).with_name("reported.json")


@dataclass(frozen=True)
class Says:
    """One thing that a phone keeps: seconds after the observation began, what (an entry's type, or photo, film,
    sound), and its data."""

    after: float
    what: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """One observation. `ago` days before the telling, `at` local time; `place` as a site or a fix."""

    key: str
    phone: str
    ago: int
    at: time
    site: str | None
    fix: tuple[float, float, float] | None
    look: Look
    says: tuple[Says, ...]

    def begins(self, today: date) -> int:
        """When it began, ms."""
        return language.from_local(datetime.combine(today - timedelta(days=self.ago), self.at))


@dataclass(frozen=True)
class Story:
    organisation: str
    people: tuple[tuple[str, tuple[str, ...]], ...]
    phones: dict[str, tuple[str, int]]  # key -> label, offset (server minus phone, ms)
    sites: tuple[dict[str, Any], ...]
    scenes: tuple[Scene, ...]
    desk: tuple[list[Any], ...]  # [who, what, about, ...]
    reported: tuple[dict[str, Any], ...]  # records for app.incidents.published
    sha256: str


@cache
def read() -> Story:
    raw, more = FILE.read_bytes(), REPORTED.read_bytes()
    said, reported = json.loads(raw), json.loads(more)
    return Story(
        organisation=said["organisation"],
        people=tuple((one["name"], tuple(one["roles"])) for one in said["people"]),
        phones={key: (one["label"], one["offset"]) for key, one in said["phones"].items()},
        sites=tuple(said["sites"]),
        scenes=tuple(_scene(one) for one in said["scenes"]),
        desk=tuple(said["desk"]),
        reported=tuple(_record(one, reported["document"]) for one in reported["records"]),
        sha256=hashlib.sha256(raw + more).hexdigest(),
    )


def _record(said: dict[str, Any], document: str) -> dict[str, Any]:
    """A record as `published.to_sheet` reads it: what our list leaves out is nothing."""
    return {
        **said, "source": {"file": document, "line": None, **said["source"]}, "date": {"text": None, **said["date"]},
        "place": {"site": None, **said["place"]}, "actors": [{"role": None, **one} for one in said["actors"]],
        "targets": [{"role": None, **one} for one in said["targets"]], "summary": None, "notes": None,
    }  # fmt: skip


def _scene(said: dict[str, Any]) -> Scene:
    place, look = said["place"], dict(said["look"])
    look["strips"] = tuple(look.get("strips", ()))
    return Scene(
        key=said["key"], phone=said["phone"], ago=said["ago"], at=time.fromisoformat(said["at"]),
        site=place.get("site"), fix=tuple(place["fix"]) if "fix" in place else None, look=Look(**look),
        says=tuple(Says(*one) for one in said["says"]),
    )  # fmt: skip
