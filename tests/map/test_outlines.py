"""Outlines come from a file of the organisation, which may hold anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.map.outlines import LARGEST, BadOutlines, load, path
from app.map.plan import Frame

SHEET = Frame(51.0, 1.8, 10.0)
LINE = {"type": "LineString", "coordinates": [[1.79, 51.0], [1.8, 51.0], [1.81, 51.01, 7.5]]}
AREA = {"type": "Polygon", "coordinates": [[[1.8, 51], [1.81, 51], [1.81, 51.01], [1.8, 51]]]}


def written(folder: Path, said: Any) -> Path:
    file = folder / "outlines.geojson"
    file.write_text(json.dumps(said))
    return file


def test_lines_and_areas_in_any_collection(tmp_path: Path) -> None:
    said = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"name": "coast"}, "geometry": LINE},
        {"type": "Feature", "geometry": None, "properties": {}},
        {"type": "Feature", "geometry": {"type": "GeometryCollection", "geometries": [AREA, {"type": "Point", "coordinates": [1, 2]}]}},
        {"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": [AREA["coordinates"]]}},
        {"type": "Feature", "geometry": {"type": "MultiLineString", "coordinates": [LINE["coordinates"]]}},
    ]}  # fmt: skip
    shapes = load(written(tmp_path, said))
    assert [shape.closed for shape in shapes] == [False, True, True, False]
    line = path(shapes[0], SHEET)
    assert line.startswith("M") and line.count("L") == 2 and not line.endswith("Z")
    assert path(shapes[1], SHEET).endswith("Z")


def test_what_lies_far_away_is_not_drawn(tmp_path: Path) -> None:
    far = {"type": "LineString", "coordinates": [[10, 51], [11, 51]]}
    (shape,) = load(written(tmp_path, far))
    assert path(shape, SHEET) == ""


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    import os

    file = written(tmp_path, LINE)
    assert not load(file)[0].closed
    written(tmp_path, AREA)
    os.utime(file, ns=(1, 1))
    assert load(file)[0].closed


DEEP: dict[str, Any] = LINE
for _n in range(12):
    DEEP = {"type": "GeometryCollection", "geometries": [DEEP]}


@pytest.mark.parametrize(
    "said",
    [[], 7, "text", {"type": "LineString"}, {"type": "LineString", "coordinates": [["a", 1]]}, {"type": "LineString", "coordinates": [[400, 1]]},
     {"type": "LineString", "coordinates": [[1]]}, {"type": "FeatureCollection", "features": [None]}, DEEP,
     {"type": "LineString", "coordinates": [[1.8, 51.0]] * 100_001}],
)  # fmt: skip
def test_what_is_no_geojson_is_refused_in_one_line(tmp_path: Path, said: Any) -> None:
    with pytest.raises(BadOutlines) as refused:
        load(written(tmp_path, said))
    assert "\n" not in str(refused.value)


def test_a_file_that_is_absent_or_too_large(tmp_path: Path) -> None:
    with pytest.raises(BadOutlines, match="isn't there"):
        load(tmp_path / "nothing.geojson")
    large = tmp_path / "large.geojson"
    with large.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(BadOutlines, match="larger"):
        load(large)
