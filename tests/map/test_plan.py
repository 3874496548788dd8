"""The geometry of the sheet."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.map.plan import (
    APART,
    BAR,
    HEIGHT,
    MARGIN,
    WIDTH,
    Frame,
    Point,
    bar,
    clusters,
    frame,
    readable,
)
from app.sites.geometry import metres

PLACES = st.tuples(st.floats(49, 52), st.floats(0, 4), st.floats(1, 500))


@given(st.lists(PLACES, min_size=1, max_size=12))
def test_everything_is_on_the_sheet_at_level_0(places: list[tuple[float, float, float]]) -> None:
    drawn = frame(places)
    assert drawn is not None
    for lat, lon, radius in places:
        at, r = drawn.point(lat, lon), drawn.units(radius)
        assert at.x - r >= MARGIN - 0.01 and at.x + r <= WIDTH - MARGIN + 0.01
        assert at.y - r >= MARGIN - 0.01 and at.y + r <= HEIGHT - MARGIN + 0.01


def test_without_anything_there_is_no_sheet() -> None:
    assert frame([]) is None


def test_one_spot_has_ground_around_it() -> None:
    alone = frame([(51.05, 1.79, 1.0)])
    assert alone is not None and alone.scale * WIDTH >= 600
    assert alone.point(51.05, 1.79) == Point(WIDTH / 2, HEIGHT / 2)


def test_north_is_up_east_is_right_and_distances_are_true() -> None:
    drawn = Frame(51.0, 1.8, 2.0)
    here, north, east = drawn.point(51, 1.8), drawn.point(51.01, 1.8), drawn.point(51, 1.81)
    assert north.y < here.y and north.x == here.x and east.x > here.x and east.y == here.y
    far = drawn.point(51.05, 1.95)
    units = math.hypot(far.x - here.x, far.y - here.y)
    assert units * 2 == pytest.approx(metres(51, 1.8, 51.05, 1.95), rel=0.002)
    assert drawn.point(51.05, 1.95, 3) == Point(far.x * 8, far.y * 8)


POINTS = st.lists(st.builds(Point, st.floats(0, 400), st.floats(0, 400)), max_size=60)


@given(POINTS)
def test_each_point_is_in_one_group_and_groups_begin_apart(points: list[Point]) -> None:
    found = clusters(points)
    assert sorted(n for group in found for n in group.members) == list(range(len(points)))
    seeds = [points[group.members[0]] for group in found]
    for n, seed in enumerate(seeds):
        for other in seeds[n + 1 :]:
            assert math.hypot(seed.x - other.x, seed.y - other.y) >= APART
    for group in found:
        seed = points[group.members[0]]
        assert all(math.hypot(seed.x - points[m].x, seed.y - points[m].y) < APART for m in group.members)


@given(st.floats(0.01, 100_000))
def test_the_scale_bar_is_round_fits_and_is_true(metres_a_unit: float) -> None:
    drawn = bar(metres_a_unit)
    assert BAR / 2.5 - 1e-6 <= drawn.units <= BAR + 1e-6
    assert drawn.units * metres_a_unit == pytest.approx(drawn.metres)
    digits = f"{drawn.metres:.0e}"[0]
    assert digits in "125"


def test_the_scale_bar_in_words() -> None:
    assert (bar(10).text, bar(1).text, bar(0.01).text) == ("1 km", "100 m", "1 m")


def test_a_label_never_lies_on_an_earlier_one() -> None:
    at = [(Point(100, 100), "BX"), (Point(104, 104), "B2"), (Point(100, 130), "B1"), (Point(160, 100), "G1")]
    assert readable(at) == [True, False, True, True]
