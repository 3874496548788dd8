"""What is said of a site, as people type it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sites.facts import BadPosition, Facts, Position, aliases, plain, positions
from app.sites.geometry import metres


@pytest.mark.parametrize(
    "line",
    ["50.9513, 1.8521, 80", "50.9513 1.8521 80", "50,9513 1,8521 80", "50,9513; 1,8521; 80 ", "50.9513,1.8521,80m"],
)  # fmt: skip
def test_a_position_in_any_hand(line: str) -> None:
    assert positions(line) == (Position(50.9513, 1.8521, 80),)


def test_without_a_radius_it_is_a_hundred_metres() -> None:
    assert positions("50.9513, 1.8521\n\n51 2 40") == (Position(50.9513, 1.8521, 100), Position(51, 2, 40))


@pytest.mark.parametrize(
    "line",
    ["B2", "50.9513", "91, 0, 10", "50, 181, 10", "50, 1, 0", "50, 1, 9000", "nan, 1, 5", "1, 2, 3, 4"],
)
def test_what_is_no_position_is_named(line: str) -> None:
    with pytest.raises(BadPosition, match=line.split(",", maxsplit=1)[0]):
        positions(f"50, 1, 10\n{line}")


def test_more_than_eight_circles_are_no_site() -> None:
    with pytest.raises(BadPosition):
        positions("\n".join(["50, 1, 10"] * 9))


@given(st.floats(-90, 90), st.floats(-180, 180), st.integers(1, 5000))
def test_what_is_shown_is_read_back(lat: float, lon: float, radius: int) -> None:
    (again,) = positions(Position(lat, lon, radius).line())
    assert abs(again.lat - lat) < 1e-5 and abs(again.lon - lon) < 1e-5 and again.radius == radius


def test_a_code_is_one_however_it_is_typed() -> None:
    assert plain("b-2") == plain(" B 2") == "B2"
    assert aliases("Bois X, bois x\n;; - ,B-3") == ("Bois X", "bois x", "B-3")
    assert Facts("BX", aliases=("Bois X",)).names == {"BX", "BOISX"}


def test_days_count_on_both_ends() -> None:
    first, last = date(2026, 3, 1), date(2026, 3, 9)
    facts = Facts("B2", valid_from=first, valid_to=last)
    assert facts.valid(first) and facts.valid(last)
    assert not facts.valid(date(2026, 2, 28)) and not facts.valid(date(2026, 3, 10))
    assert facts.overlaps(Facts("B2", valid_from=last)) and facts.overlaps(Facts("B2"))
    assert not facts.overlaps(Facts("B2", valid_from=date(2026, 3, 10)))
    assert not facts.overlaps(Facts("B2", valid_to=date(2026, 2, 28)))


def test_distances() -> None:
    assert metres(0, 0, 0, 1) == pytest.approx(111_195, abs=1)
    assert metres(50.95, 1.85, 50.95, 1.85) == 0
    # Calais to Dover, about 42 km by any chart.
    assert metres(50.966, 1.862, 51.124, 1.331) == pytest.approx(41_100, rel=0.02)
