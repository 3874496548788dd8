"""What is said of a site, read from what people type. Pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date

RADIUS = 100.0  # metres, where somebody gives none
WIDEST = 5_000.0
MOST_POSITIONS = 8
MOST_ALIASES = 12


class BadPosition(ValueError):
    """A line isn't a position; the message is that line."""


@dataclass(frozen=True)
class Position:
    """A circle on the ground: degrees, and its radius in metres."""

    lat: float
    lon: float
    radius: float = RADIUS

    def line(self) -> str:
        return f"{self.lat:.5f}, {self.lon:.5f}, {self.radius:g}"

    def to_json(self) -> dict[str, float]:
        return {"lat": self.lat, "lon": self.lon, "radius": self.radius}


@dataclass(frozen=True)
class Facts:
    """All that is said of a site. Both days count; None is open."""

    code: str
    aliases: tuple[str, ...] = ()
    town: str = ""
    positions: tuple[Position, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""

    @property
    def names(self) -> frozenset[str]:
        """Every way to type it, in one form."""
        return frozenset(plain(name) for name in (self.code, *self.aliases)) - {""}

    @property
    def words(self) -> str:
        """It on one line: `BX · Bois X, Calais`."""
        rest = ", ".join(part for part in (*self.aliases, self.town) if part)
        return f"{self.code} · {rest}" if rest else self.code

    def valid(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )

    def overlaps(self, other: Facts) -> bool:
        """Whether both hold on some day."""
        begins = [facts.valid_from for facts in (self, other) if facts.valid_from]
        ends = [facts.valid_to for facts in (self, other) if facts.valid_to]
        return not begins or not ends or max(begins) <= min(ends)


def plain(name: str) -> str:
    """The letters and digits of a code, upper case: `b-2` and `B 2` are one."""
    return "".join(c for c in name.upper() if c.isalnum())


def aliases(text: str) -> tuple[str, ...]:
    """Other names, set apart by commas, semicolons or lines; each once."""
    found = [" ".join(part.split())[:40] for part in re.split(r"[,;\n]", text)]
    return tuple(dict.fromkeys(name for name in found if plain(name)))[:MOST_ALIASES]


def positions(text: str) -> tuple[Position, ...]:
    """One circle a line: latitude, longitude, radius. The radius may be left out; decimals with a point, or with a
    comma where blanks or semicolons stand between the figures. Raises BadPosition."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_POSITIONS:
        raise BadPosition(lines[MOST_POSITIONS])
    return tuple(_position(line) for line in lines)


def _position(line: str) -> Position:
    parts = [part.rstrip(",") for part in re.split(r"[\s;]+", line) if part.rstrip(",")]
    if len(parts) == 1:
        parts = line.split(",")
    try:
        lat, lon, *rest = (float(part.strip().removesuffix("m").replace(",", ".")) for part in parts)
    except ValueError as error:
        raise BadPosition(line) from error
    radius = rest[0] if rest else RADIUS
    if len(rest) > 1 or not all(map(math.isfinite, (lat, lon, radius))):
        raise BadPosition(line)
    if not (-90 <= lat <= 90 and -180 <= lon <= 180 and 1 <= radius <= WIDEST):
        raise BadPosition(line)
    return Position(lat, lon, radius)
