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
    sha256: str


@cache
def read() -> Story:
    raw = FILE.read_bytes()
    said = json.loads(raw)
    return Story(
        organisation=said["organisation"],
        people=tuple((one["name"], tuple(one["roles"])) for one in said["people"]),
        phones={key: (one["label"], one["offset"]) for key, one in said["phones"].items()},
        sites=tuple(said["sites"]),
        scenes=tuple(_scene(one) for one in said["scenes"]),
        sha256=hashlib.sha256(raw).hexdigest(),
    )


def _scene(said: dict[str, Any]) -> Scene:
    place, look = said["place"], dict(said["look"])
    look["strips"] = tuple(look.get("strips", ()))
    return Scene(
        key=said["key"], phone=said["phone"], ago=said["ago"], at=time.fromisoformat(said["at"]),
        site=place.get("site"), fix=tuple(place["fix"]) if "fix" in place else None, look=Look(**look),
        says=tuple(Says(*one) for one in said["says"]),
    )  # fmt: skip
