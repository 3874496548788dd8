"""The rules of domain.md 1.5 and 1.6: what a reading may say, and when two readings suggest one officer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.register import rio
from app.register.rio import Fragment, Read, Tier

digits = st.text("0123456789", min_size=7, max_size=7)
known_or_not = st.text("0123456789?", min_size=7, max_size=7)


@pytest.mark.parametrize(
    ("typed", "pattern"),
    [
        ("1234567", "1234567"),
        (" 123 45.67 ", "1234567"),
        ("12-345-67", "1234567"),
        ("١٢٣٤٥٦٧", "1234567"),
        ("۱۲۳۴۵۶۷", "1234567"),
        ("12?45?7", "12?45?7"),
        ("123", "123????"),
        ("0000001", "0000001"),
    ],
)
def test_what_is_typed_becomes_a_pattern(typed: str, pattern: str) -> None:
    assert rio.parse(typed) == pattern


@pytest.mark.parametrize("typed", ["12345678", "O234567", "I23", "AA-123-AA", "", "  ", "12*4"])
def test_other_numbers_are_never_bent_into_a_rio(typed: str) -> None:
    with pytest.raises(rio.OtherNumber):
        rio.parse(typed)


def test_the_length_is_a_setting() -> None:
    assert rio.parse("12345678", length=8) == "12345678"
    with pytest.raises(rio.OtherNumber):
        rio.parse("1234567", length=6)


@given(st.text())
def test_any_text_at_all_is_a_pattern_or_another_number(text: str) -> None:
    try:
        assert len(rio.parse(text)) == 7
    except rio.OtherNumber as other:
        assert other.args == (text,)


@pytest.mark.parametrize(
    ("status", "asked", "how", "pattern", "fragments", "faults"),
    [
        ("READ_FULL", "NOT_ASKED", "eye", "1234567", [], []),
        ("READ_FULL", "NOT_ASKED", "eye", "123456?", [], ["full-but-incomplete"]),
        ("READ_PART", "NOT_ASKED", "eye", "12?45?7", [], []),
        ("READ_PART", "NOT_ASKED", "eye", None, [Fragment("345")], []),
        ("READ_PART", "NOT_ASKED", "eye", None, [], ["part-but-empty"]),
        ("READ_PART", "NOT_ASKED", "eye", "1234567", [], ["part-but-whole"]),
        ("NOT_WORN", "NOT_ASKED", "eye", None, [], []),
        ("NOT_WORN", "NOT_ASKED", "eye", "1??????", [], ["digits-without-reading"]),
        ("COVERED", "GIVEN", "told", "1234567", [], []),
        ("COVERED", "GIVEN", "eye", "1234567", [], ["digits-without-reading"]),
        ("READ_PART", "NOT_ASKED", "eye", "12x", [], ["not-a-pattern"]),
        ("READ_PART", "NOT_ASKED", "eye", None, [Fragment("12a")], ["not-a-fragment"]),
        ("READ_PART", "NOT_ASKED", "eye", None, [Fragment("12345678")], ["fragment-too-long"]),
    ],
)
def test_a_reading_that_contradicts_itself_is_named(
    status: str, asked: str, how: str, pattern: str | None, fragments: list[Fragment], faults: list[str]
) -> None:
    assert rio.faults(status, asked, how, pattern, fragments) == faults


def test_a_fragment_slides_over_every_place_it_fits() -> None:
    assert rio.patterns(Read(None, (Fragment("345", "start"),))) == {"345????"}
    assert rio.patterns(Read(None, (Fragment("345", "end"),))) == {"????345"}
    assert len(rio.patterns(Read(None, (Fragment("345"),)))) == 5
    assert rio.patterns(Read("12345??", (Fragment("456"),))) == {"123456?"}
    assert rio.patterns(Read("1234567", (Fragment("99"),))) == frozenset()


@given(digits, st.integers(0, 6), st.integers(1, 7))
def test_a_number_fits_its_own_fragments(number: str, start: int, length: int) -> None:
    part = number[start : start + length]
    assert any(rio.compatible(number, pattern) for pattern in rio.patterns(Read(None, (Fragment(part),))))


@given(known_or_not, known_or_not)
def test_comparing_is_the_same_both_ways(a: str, b: str) -> None:
    assert rio.compare(a, b) == rio.compare(b, a)
    assert rio.tier(Read(a), Read(b), True) == rio.tier(Read(b), Read(a), True)


@given(digits, st.sets(st.integers(0, 6), max_size=6))
def test_a_partial_reading_never_contradicts_its_number(number: str, hidden: set[int]) -> None:
    partial = "".join("?" if at in hidden else c for at, c in enumerate(number))
    assert rio.compatible(number, partial)
    expected = Tier.A if not hidden else Tier.B if len(hidden) <= 2 else None
    assert rio.tier(Read(number), Read(partial)) == expected


@pytest.mark.parametrize(
    ("a", "b", "same_unit", "tier"),
    [
        (Read("1234567"), Read("1234567"), False, Tier.A),
        (Read("1234567"), Read("12345??"), False, Tier.B),
        (Read("1234567", unsure=frozenset({6})), Read("1234569"), False, Tier.B),
        (Read("1234567", unsure=frozenset({6})), Read("1234567"), False, Tier.B),
        (Read("123????"), Read("1234567"), True, Tier.C),
        (Read("123????"), Read("1234567"), False, None),
        (Read("12?????"), Read("1234567"), True, None),
        (Read("1234567"), Read("1234561"), False, Tier.D),  # 1 and 7 are taken for one another
        (Read("1234567"), Read("1234562"), False, None),  # 2 and 7 are not
        (Read("123?5?7"), Read("123?5?1"), False, Tier.D),
        (Read("12????7"), Read("12????1"), False, None),  # too little else in common
        (Read("1234567"), Read("1234576", how="told"), False, Tier.D),
        (Read("1234567"), Read("1234576"), False, None),  # a swap is a slip of ear or memory, not of the eye
        (Read("1234567"), Read("7654321"), True, None),
        (Read(None, (Fragment("34567", "end"),)), Read("1234567"), False, Tier.B),
    ],
)
def test_tiers(a: Read, b: Read, same_unit: bool, tier: Tier | None) -> None:
    assert rio.tier(a, b, same_unit_within_30_days=same_unit) == tier


@given(known_or_not, known_or_not, st.booleans())
def test_another_unit_on_the_same_day_lowers_a_tier_by_one(a: str, b: str, same: bool) -> None:
    before = rio.tier(Read(a), Read(b), same)
    after = rio.tier(Read(a), Read(b), same, other_unit_same_day=True)
    ladder: list[Tier | None] = [*Tier, None]
    assert after == (None if before is None else ladder[ladder.index(before) + 1])


@pytest.mark.parametrize(
    ("typed", "patterns"),
    [
        ("12?45?7", {"12?45?7"}),
        ("12*7", {"12????7"}),
        ("*4567", {"???4567"}),
        ("123*", {"123????"}),
        ("34567", {"34567??", "?34567?", "??34567"}),
        ("1*2*3", {"1" + "?" * a + "2" + "?" * (4 - a) + "3" for a in range(5)}),
    ],
)
def test_what_a_search_asks_for(typed: str, patterns: set[str]) -> None:
    assert rio.asked_for(typed) == patterns


@pytest.mark.parametrize("typed", ["", "12a", "12345678", "1*2345678"])
def test_what_can_not_be_searched(typed: str) -> None:
    with pytest.raises(rio.OtherNumber):
        rio.asked_for(typed)


@given(digits, st.text("0123456789?*", min_size=1, max_size=9))
def test_a_search_finds_what_a_plain_pattern_match_finds(number: str, query: str) -> None:
    """`fnmatch` reads ? and * the same way: an oracle for whole queries."""
    from fnmatch import fnmatchcase

    try:
        asked = rio.asked_for(query)
    except rio.OtherNumber:
        return
    anywhere = "*" not in query and len(query) < 7
    expected = fnmatchcase(number, f"*{query}*" if anywhere else query)
    assert any(rio.compatible(number, pattern) for pattern in asked) == expected


@given(digits, st.sets(st.integers(0, 6), max_size=4))
def test_a_reading_answers_every_query_that_hides_some_of_its_digits(number: str, hidden: set[int]) -> None:
    query = "".join("?" if at in hidden else c for at, c in enumerate(number))
    found = rio.answers(query, number)
    assert found is not None and found.agree == 7 - len(hidden)


def test_a_near_miss_answers_only_by_a_known_confusion() -> None:
    assert rio.answers("1234567", "1234561") is not None
    assert rio.answers("1234567", "1234562") is None
    assert rio.answers("1234567", "7234561") is None
    assert rio.answers("12?????", "1??????") is None
