"""Where two observers agree and differ: pure rules, on entries made by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.incidents import timeline
from app.incidents.timeline import Moment
from app.journal.models import Entry
from app.review.observation import Said


def moment(lane: int, at: float, type_: str, **data: Any) -> Moment:
    """`at` in seconds."""
    id_ = f"{lane}-{at}-{type_}-{data.get('code') or data.get('what') or ''}"
    entry = Entry(id=id_, entry_id=id_, seq=0, type=type_, at=int(at * 1000), document={"data": data})
    return Moment(int(at * 1000), Said(entry), lane)


def test_the_same_code_within_some_minutes_agrees() -> None:
    one, other = (
        moment(1, 10, "code", code="FOR-GAS", basis="SAW"),
        moment(2, 130, "code", code="FOR-GAS", basis="HEARD"),
    )
    (met,) = timeline.meetings([other, one])
    assert (met.kind, met.agrees, met.apart) == ("code", True, 120_000)
    assert timeline.meetings([one, moment(2, 130, "code", code="FOR-BAT")]) == []
    assert timeline.meetings([one, moment(2, 700, "code", code="FOR-GAS")]) == []
    assert timeline.meetings([one, moment(1, 12, "code", code="FOR-GAS")]) == []  # one observer, twice


def test_each_entry_meets_the_nearest_of_the_other_observer_once() -> None:
    first = [moment(1, at, "code", code="FOR-GAS") for at in (0, 60)]
    second = [moment(2, at, "code", code="FOR-GAS") for at in (5, 58, 300)]
    met = timeline.meetings([*first, *second])
    assert [(m.one.at, m.other.at) for m in met] == [(0, 5_000), (60_000, 58_000)]


@pytest.mark.parametrize(
    ("one", "other", "fits"),
    [
        (("MIN", 14), ("EXACT", 20), True),
        (("MIN", 20), ("EXACT", 14), False),
        (("EXACT", 14), ("EXACT", 14), True),
        (("EXACT", 14), ("EXACT", 20), False),
        (("MIN", 14), ("MIN", 3), True),
        (("ABOUT", 20), ("EXACT", 24), True),
        (("ABOUT", 20), ("EXACT", 30), False),
        (("NONE_SEEN", None), ("EXACT", 3), False),
        (("NONE_SEEN", None), ("NONE_SEEN", None), True),
        (("NONE_SEEN", None), ("MIN", 0), True),
        (("NO_VIEW", None), ("EXACT", 3), None),  # who couldn't see contradicts nobody
        (("EXACT", None), ("EXACT", 3), None),
        (("EXACT", True), ("EXACT", 3), None),
    ],
)
def test_figures_fit_when_both_can_be_true(
    one: tuple[str, int | None], other: tuple[str, int | None], fits: bool | None
) -> None:
    a, b = ({"qualifier": q, "n": n} for q, n in (one, other))
    assert timeline.figures_fit(a, b) is fits
    assert timeline.figures_fit(b, a) is fits


def test_readings_meet_by_their_tier_and_one_digit_off_is_a_difference() -> None:
    base = {"fragments": [], "unsure": [], "how": "eye", "officer": 1}
    one = moment(1, 0, "rio", pattern="12345?7", **base)
    met = timeline.meetings([one, moment(2, 5, "rio", pattern="123?5?7", **base)])
    assert [(m.kind, m.agrees, m.tier) for m in met] == [("number", True, "B")]
    near = timeline.meetings([one, moment(2, 5, "rio", pattern="12845?7", **base)])
    assert [(m.agrees, m.tier) for m in near] == [(False, "D")]
    assert timeline.meetings([one, moment(2, 5, "rio", pattern="99945?7", **base)]) == []
    strange = moment(2, 5, "rio", pattern={"no": "number"}, fragments=[{"digits": None}], unsure="x")
    assert timeline.meetings([one, strange]) == []


def test_units_meet_by_what_both_read() -> None:
    one = moment(1, 0, "unit", force="CRS", company="VII-36", vehicle="AA-123-AA")
    assert timeline.meetings([one, moment(2, 9, "unit", company="vii 36")])[0].kind == "unit"
    assert timeline.meetings([one, moment(2, 9, "unit", company="VII-36", vehicle="AB-123-AA")]) == []
    assert timeline.meetings([one, moment(2, 9, "unit", force="CRS")]) == []


def test_what_was_taken_back_meets_nothing() -> None:
    one, other = moment(1, 0, "code", code="FOR-GAS"), moment(2, 1, "code", code="FOR-GAS")
    gone = Entry(
        id="w", entry_id="w", seq=1, type="code", at=0, corrects="x", document={"data": {"withdrawn": True}}
    )
    back = Moment(1_000, Said(gone, [other.said.entry]), 2)
    assert back.said.withdrawn
    assert timeline.meetings([one, back]) == []


counts = st.builds(
    lambda lane, at, what, n, q: moment(lane, at, "count", what=what, n=n, qualifier=q),
    st.integers(1, 3), st.integers(0, 2_000), st.sampled_from(["tents", "bags"]), st.none() | st.integers(0, 30),
    st.sampled_from(["EXACT", "MIN", "ABOUT", "NONE_SEEN", "NO_VIEW"]),
)  # fmt: skip


@given(st.lists(counts, max_size=14, unique_by=lambda m: m.id))
def test_any_entries_meet_only_others_lanes_within_the_time_and_once_for_each_lane(
    many: list[Moment],
) -> None:
    met = timeline.meetings(many)
    ends = []
    for one in met:
        assert one.one.lane < one.other.lane and abs(one.apart) <= timeline.WITHIN
        assert one.agrees == timeline.figures_fit(one.one.said.data, one.other.said.data)
        ends += [(one.one.id, one.other.lane), (one.other.id, one.one.lane)]
    assert len(ends) == len(set(ends))


@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**7)), max_size=5))
def test_the_axis_holds_everything_and_says_round_hours(spans: list[tuple[int, int]]) -> None:
    axis = timeline.axis([(start, start + length) for start, length in spans])
    for start, length in spans:
        assert 0 < axis.at(start) <= axis.at(start + length) < 1000
    assert all(axis.start <= tick <= axis.end for tick in axis.ticks())
