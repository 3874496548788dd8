"""Outlines under the map, from a GeoJSON file that the organisation puts into its data folder (docs/map.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.map.plan import HEIGHT, WIDTH, Frame

LARGEST = 8 * 1024**2  # bytes of the file
MOST_POINTS = 100_000
STEP = 0.05  # units at level 0: finer bends can't be seen
DEEPEST = 8  # nested collections


class BadOutlines(Exception):
    """The file can't be used; the message says why, in one line."""


@dataclass(frozen=True)
class Outline:
    """A line, or an area when `closed`: longitude and latitude of each point, as GeoJSON has them."""

    closed: bool
    points: tuple[tuple[float, float], ...]


def load(path: Path) -> tuple[Outline, ...]:
    """Read a file once for each time it changes. Raises BadOutlines."""
    try:
        seen = path.stat()
    except OSError as error:
        raise BadOutlines("the file isn't there") from error
    if seen.st_size > LARGEST:
        raise BadOutlines(f"the file is larger than {LARGEST // 1024**2} MiB")
    return _read(path, seen.st_mtime_ns)


@lru_cache(maxsize=2)
def _read(path: Path, _changed: int) -> tuple[Outline, ...]:
    try:
        found = tuple(_shapes(json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise BadOutlines("the file isn't GeoJSON with lines or areas") from error
    if sum(len(shape.points) for shape in found) > MOST_POINTS:
        raise BadOutlines(f"the file has more than {MOST_POINTS} points")
    return found


def _shapes(said: dict[str, Any], depth: int = 0) -> Iterator[Outline]:
    if depth > DEEPEST:
        raise ValueError("too deep")
    kind = said["type"]
    if kind == "FeatureCollection":
        for feature in said["features"]:
            yield from _shapes(feature, depth + 1)
    elif kind == "Feature" and said.get("geometry"):
        yield from _shapes(said["geometry"], depth + 1)
    elif kind == "GeometryCollection":
        for geometry in said["geometries"]:
            yield from _shapes(geometry, depth + 1)
    elif kind == "LineString":
        yield _outline(said["coordinates"], closed=False)
    elif kind in {"MultiLineString", "Polygon"}:
        for line in said["coordinates"]:
            yield _outline(line, closed=kind == "Polygon")
    elif kind == "MultiPolygon":
        for area in said["coordinates"]:
            for ring in area:
                yield _outline(ring, closed=True)


def _outline(coordinates: list[list[float]], closed: bool) -> Outline:
    points = tuple((float(lon), float(lat)) for lon, lat, *_height in coordinates)
    if any(not (-180 <= lon <= 180 and -90 <= lat <= 90) for lon, lat in points):
        raise ValueError("not degrees")
    return Outline(closed, points)


def path(shape: Outline, frame: Frame) -> str:
    """The `d` of an SVG path at level 0, or nothing where the sheet and what lies around it is out of reach."""
    drawn = [frame.point(lat, lon) for lon, lat in shape.points]
    if not drawn or not _near([p.x for p in drawn], WIDTH) or not _near([p.y for p in drawn], HEIGHT):
        return ""
    kept = drawn[:1]
    for point in drawn[1:]:
        if abs(point.x - kept[-1].x) + abs(point.y - kept[-1].y) >= STEP:
            kept.append(point)
    line = "L".join(f"{p.x:.2f} {p.y:.2f}" for p in kept)
    return f"M{line}{'Z' if shape.closed else ''}"


def _near(values: list[float], size: float) -> bool:
    return min(values) <= 1.5 * size and max(values) >= -0.5 * size
