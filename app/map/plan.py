"""The geometry of the map: where things lie on the sheet, at each step of zoom. Pure.

The sheet is WIDTH by HEIGHT units with north up. Level 0 shows everything; each further level doubles the scale, and
its coordinates are those of level 0 times two to the level. East and north are flattened around the middle, which over
a few tens of kilometres is off by less than the width of a line.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 1000, 640
MARGIN = 70  # units kept free around everything at level 0
LEAST = 600.0  # metres across, when all lies in one spot
FINEST = 0.25  # metres a unit: no fix of a phone is finer
MOST_LEVELS = 12
# Levels below 0: where the sheet is drawn small, marks and labels keep their size and take more of it.
SMALLER = 2
DEGREE = 111_195.0  # metres of one degree of latitude
APART = 30.0  # units between the middles of two marks
BAR = 180.0  # units that the scale bar may take


@dataclass(frozen=True)
class Point:
    """A place on the sheet, in units from its upper left corner."""

    x: float
    y: float


@dataclass(frozen=True)
class Frame:
    """How the ground lies on the sheet: the point at its middle, and metres a unit at level 0."""

    lat: float
    lon: float
    scale: float

    def point(self, lat: float, lon: float, level: int = 0) -> Point:
        """Where a place lies at a level."""
        wide = DEGREE * math.cos(math.radians(self.lat))
        x = WIDTH / 2 + (lon - self.lon) * wide / self.scale
        y = HEIGHT / 2 - (lat - self.lat) * DEGREE / self.scale
        return Point(x * 2**level, y * 2**level)

    def units(self, metres: float, level: int = 0) -> float:
        return metres / self.scale * float(2**level)

    @property
    def levels(self) -> int:
        """Steps of zoom, until a unit is FINEST metres."""
        return max(1, min(MOST_LEVELS, 1 + math.ceil(math.log2(self.scale / FINEST))))

    @property
    def drawn(self) -> range:
        """Levels that marks and labels are laid out for."""
        return range(-SMALLER, self.levels)


def frame(circles: Iterable[tuple[float, float, float]]) -> Frame | None:
    """A frame around circles of (latitude, longitude, radius in metres); None without any."""
    all_circles = list(circles)
    if not all_circles:
        return None
    lats, lons = [c[0] for c in all_circles], [c[1] for c in all_circles]
    lat, lon = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    wide = DEGREE * max(0.01, math.cos(math.radians(lat)))
    across = max(LEAST, *(2 * (abs(c[1] - lon) * wide + c[2]) for c in all_circles))
    high = max(LEAST * HEIGHT / WIDTH, *(2 * (abs(c[0] - lat) * DEGREE + c[2]) for c in all_circles))
    return Frame(lat, lon, max(across / (WIDTH - 2 * MARGIN), high / (HEIGHT - 2 * MARGIN)))


@dataclass(frozen=True)
class Cluster:
    """Marks too near to one another to be drawn apart: the middle, and the numbers of those in it, in their order."""

    at: Point
    members: tuple[int, ...]


def clusters(points: Sequence[Point], apart: float = APART) -> list[Cluster]:
    """Each point joins the first group that began within `apart` of it; a group is drawn at the mean of its members.
    The order of points decides, so the same points give the same groups."""
    seeds: dict[tuple[int, int], list[int]] = {}
    groups: list[tuple[Point, list[int]]] = []
    for number, point in enumerate(points):
        cell = (math.floor(point.x / apart), math.floor(point.y / apart))
        around = (seeds.get((cell[0] + dx, cell[1] + dy), []) for dx in (-1, 0, 1) for dy in (-1, 0, 1))
        near = [
            g for found in around for g in found
            if math.hypot(groups[g][0].x - point.x, groups[g][0].y - point.y) < apart
        ]  # fmt: skip
        if near:
            groups[min(near)][1].append(number)
        else:
            seeds.setdefault(cell, []).append(len(groups))
            groups.append((point, [number]))
    return [Cluster(_mean([points[n] for n in members]), tuple(members)) for _seed, members in groups]


def _mean(points: Sequence[Point]) -> Point:
    return Point(sum(p.x for p in points) / len(points), sum(p.y for p in points) / len(points))


@dataclass(frozen=True)
class Bar:
    """The scale bar of a level: a round length in metres, and how many units it takes."""

    metres: float
    units: float

    @property
    def text(self) -> str:
        return f"{self.metres / 1000:g} km" if self.metres >= 1000 else f"{self.metres:g} m"


def bar(metres_a_unit: float, most: float = BAR) -> Bar:
    """The longest of 1, 2, 5, 10, 20 ... metres that takes at most `most` units."""
    longest = metres_a_unit * most
    power = 10 ** math.floor(math.log10(longest))
    metres = max(step * power for step in (1, 2, 5, 10) if step * power <= longest * (1 + 1e-9))
    return Bar(float(metres), metres / metres_a_unit)


def readable(labels: Sequence[tuple[Point, str]], letter: float = 8.0, line: float = 16.0) -> list[bool]:
    """Which labels can be drawn without lying on an earlier one. Boxes are centred on their points."""
    taken: list[tuple[float, float, float]] = []
    shown = []
    for point, text in labels:
        half = len(text) * letter / 2 + 3
        free = all(abs(point.x - x) >= half + other or abs(point.y - y) >= line for x, y, other in taken)
        shown.append(free)
        if free:
            taken.append((point.x, point.y, half))
    return shown
