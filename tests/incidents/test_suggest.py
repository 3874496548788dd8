"""Suggestions: which pairs, for which reasons, and that nothing near and nothing far slips past."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.incidents import suggest, words
from app.incidents.suggest import MINUTE, Seen

BASE = Seen("a" * 32, 0, 10 * MINUTE, 50.9513, 1.8621, 10, None, frozenset({"CRS"}), "phone 1")


def beside(**more: object) -> Seen:
    return replace(BASE, id="b" * 32, device="phone 2", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (beside(start=21 * MINUTE, end=30 * MINUTE, lat=50.95256), "11 minutes apart, 140 m, both CRS"),
        (beside(start=5 * MINUTE, end=6 * MINUTE, lat=50.9514), "at the same time, 11 m, both CRS"),
        (beside(start=11 * MINUTE, end=12 * MINUTE, forces=frozenset()), "1 minute apart, 0 m"),
        (beside(lat=None, lon=None), "at the same time, no place to compare, both CRS"),
    ],
)
def test_the_reasons_are_said_in_words(app: Flask, other: Seen, said: str) -> None:
    why = suggest.compare(BASE, other)
    assert why is not None
    with app.test_request_context("/desk/"):
        assert words.said(why) == said


@pytest.mark.parametrize(
    "other",
    [
        beside(start=71 * MINUTE, end=80 * MINUTE),  # too late
        beside(lat=51.2),  # the same minute, 28 km off
        beside(lat=None, lon=None, forces=frozenset()),  # only the hour in common
        beside(start=20 * MINUTE, end=30 * MINUTE, lat=None, lon=None),  # the hour and the force
        beside(start=50 * MINUTE, end=60 * MINUTE, lat=50.9625, forces=frozenset({"GM"})),  # little of each
    ],
)
def test_too_little_is_no_suggestion(other: Seen) -> None:
    assert suggest.compare(BASE, other) is None
    assert suggest.compare(other, BASE) is None


def test_one_coded_site_is_a_place_however_it_is_typed() -> None:
    here, there = replace(BASE, lat=None, site="BX 2"), beside(lat=None, site="bx2")
    why = suggest.compare(here, there)
    assert why is not None and why.site == "BX 2" and why.metres is None
    assert suggest.compare(here, replace(there, site="BY", forces=frozenset())) is None


def test_another_force_speaks_against_but_does_not_decide() -> None:
    same, other = suggest.compare(BASE, beside()), suggest.compare(BASE, beside(forces=frozenset({"PM"})))
    assert same is not None and other is not None
    assert other.other_forces and other.score == same.score - 2
    unknown = suggest.compare(BASE, beside(forces=frozenset({"UNK"})))
    assert unknown is not None and not unknown.other_forces and not unknown.forces


seen = st.builds(
    Seen,
    id=st.uuids().map(lambda u: u.hex),
    start=st.integers(0, 10**8),
    end=st.integers(0, 10**8),
    lat=st.none() | st.floats(-90, 90),
    lon=st.none() | st.floats(-180, 180),
    accuracy=st.none() | st.floats(0, 5000),
    site=st.none() | st.sampled_from(["BX", "B2", ""]),
    forces=st.frozensets(st.sampled_from(["CRS", "GM", "UNK"])),
    device=st.sampled_from(["", "p1", "p2"]),
).map(lambda one: replace(one, end=max(one.start, one.end)))


@given(seen, seen)
def test_it_does_not_matter_who_is_asked_first(one: Seen, other: Seen) -> None:
    a, b = suggest.compare(one, other), suggest.compare(other, one)
    assert (a is None) == (b is None)
    if a and b:
        assert (a.score, a.minutes, a.metres, a.forces) == (b.score, b.minutes, b.metres, b.forces)


@given(st.lists(seen, max_size=12, unique_by=lambda one: one.id))
def test_pairs_are_those_of_every_comparison_and_groups_hold_each_once(many: list[Seen]) -> None:
    pairs = suggest.alike(many)
    expected = {
        frozenset((one.id, other.id))
        for at, one in enumerate(many)
        for other in many[at + 1 :]
        if suggest.compare(one, other)
    }
    assert {frozenset((pair.one, pair.other)) for pair in pairs} == expected
    groups = suggest.groups(pairs)
    inside = [{id_ for link in links for id_ in (link.one, link.other)} for links in groups]
    assert all(len(ids) == len(links) + 1 for ids, links in zip(inside, groups, strict=True))
    assert all(len(ids) <= suggest.MOST_TOGETHER for ids in inside)
    placed: set[str] = set().union(*inside)
    assert sum(map(len, inside)) == len(placed)
    for pair in expected:  # whoever is left out found only full groups
        here = [ids for ids in inside if ids & pair]
        assert (
            any(pair <= ids for ids in here)
            or sum(map(len, here)) + len(pair - placed) > suggest.MOST_TOGETHER
        )


@given(st.lists(seen, min_size=2, max_size=6, unique_by=lambda one: one.id))
def test_what_was_refused_is_not_suggested_again(many: list[Seen]) -> None:
    refused = frozenset(frozenset((p.one, p.other)) for p in suggest.alike(many))
    assert suggest.alike(many, refused) == []
    assert suggest.best(many[0], many[1:], refused) is None
