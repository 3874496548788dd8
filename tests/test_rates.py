from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from app.rates import WITHIN, Present, Rates


def test_as_many_as_allowed_and_no_more() -> None:
    rates = Rates()
    assert [rates.hit("a", 3, 0.0) for _ in range(4)] == [True, True, True, False]
    assert rates.hit("b", 3, 0.0)


def test_who_was_refused_is_let_in_when_the_first_is_a_minute_old() -> None:
    rates = Rates()
    assert rates.hit("a", 2, 0.0)
    assert rates.hit("a", 2, 30.0)
    assert not rates.hit("a", 2, WITHIN - 0.001)
    assert rates.hit("a", 2, WITHIN)
    assert not rates.hit("a", 2, WITHIN + 1)


def test_who_is_quiet_is_forgotten() -> None:
    rates = Rates()
    for number in range(1000):
        rates.hit(str(number), 1, 1.0)
    rates.hit("last", 1, 2 * WITHIN + 2)
    assert len(rates) == 1


@given(some.lists(some.floats(0, 200), min_size=1, max_size=60).map(sorted), some.integers(1, 5))
def test_never_more_than_allowed_in_any_minute(moments: list[float], most: int) -> None:
    rates = Rates()
    let_in = [moment for moment in moments if rates.hit("a", most, moment)]
    assert let_in[0] == moments[0]
    for moment in let_in:
        assert sum(moment - WITHIN < other <= moment for other in let_in) <= most


def test_so_many_at_once_and_one_more_when_one_has_left() -> None:
    present = Present()
    assert [present.enter("a", 2) for _ in range(3)] == [True, True, False]
    assert present.enter("b", 2)
    present.leave("a")
    assert present.enter("a", 2)
    assert not present.enter("a", 2)
