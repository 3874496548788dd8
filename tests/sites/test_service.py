"""The list of sites: one meaning a day, nothing overwritten, each act taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import service as accounts
from app.accounts.models import User
from app.custody import log
from app.custody.models import LogDetail, LogEntry
from app.db import db
from app.errors import Problem
from app.keys import keys
from app.sites import service
from app.sites.facts import Facts, Position

BX = Facts("BX", ("Bois X",), "Calais", (Position(51.05, 1.79, 100),), date(2026, 1, 1))
NOON = 1_780_308_000_000  # 1 June 2026, 12:00 in Paris
DAY = date(2026, 6, 1)


@pytest.fixture
def lead(app: Flask) -> Iterator[User]:
    with app.test_request_context():
        keys().make("Test organisation")
        yield accounts.add("lead", ["lead"], "server")


def test_a_code_means_one_place_on_any_day(lead: User) -> None:
    service.add(lead, BX)
    for taken in (Facts("b x"), Facts("B9", ("bois-x",)), Facts("BX", valid_from=date(2030, 1, 1))):
        with pytest.raises(Problem, match="code-taken"):
            service.add(lead, taken)
    service.add(lead, Facts("BX", valid_to=date(2025, 12, 31), town="elsewhere"))
    found = service.directory()
    assert len(found.sites) == 2
    now, then = found.coded("bx", DAY), found.coded("bx", date(2025, 5, 5))
    assert now and now.facts.town == "Calais" and then and then.facts.town == "elsewhere"
    assert (
        found.coded("BOIS X", DAY) == now
        and found.coded("C9", DAY) is None
        and found.coded(None, DAY) is None
    )


def test_nothing_is_overwritten_and_each_act_can_be_taken_back(lead: User) -> None:
    known = service.add(lead, BX)
    moved = Facts("BX", ("Bois X",), "Calais", (Position(51.06, 1.80, 50),), BX.valid_from)
    changed = service.change(lead, known.id, moved, seen=1)
    assert (changed.number, service.site(known.id).facts) == (2, moved)
    back = service.undo(lead, known.id, seen=2)
    assert (back.number, back.facts, back.act) == (3, BX, "undone")
    assert service.undo(lead, known.id, seen=3).facts == moved  # taken back twice, it holds again
    assert [(v.number, v.act, name) for v, name in service.history(known.id)] == [
        (4, "undone", "lead"), (3, "undone", "lead"), (2, "changed", "lead"), (1, "added", "lead"),
    ]  # fmt: skip


def test_a_site_added_by_mistake_leaves_the_list_and_its_code_is_free(lead: User) -> None:
    known = service.add(lead, BX)
    assert service.undo(lead, known.id, seen=1).withdrawn
    assert service.directory().sites == () and len(service.directory(withdrawn=True).sites) == 1
    other = service.add(lead, BX)
    with pytest.raises(Problem, match="code-taken"):  # it can't come back over the other
        service.undo(lead, known.id, seen=2)
    service.undo(lead, other.id, seen=1)
    assert not service.undo(lead, known.id, seen=2).withdrawn


def test_retiring_keeps_what_was(lead: User) -> None:
    known = service.add(lead, BX)
    service.retire(lead, known.id, DAY, seen=1)
    found = service.directory()
    assert found.coded("BX", DAY) and found.coded("BX", DAY + timedelta(days=1)) is None
    service.add(lead, Facts("BX", valid_from=DAY + timedelta(days=1)))
    with pytest.raises(Problem, match="bad-day"):
        service.retire(lead, known.id, date(2025, 1, 1), seen=2)
    with pytest.raises(Problem, match="code-taken"):  # the code has gone to another place
        service.undo(lead, known.id, seen=2)


def test_two_people_at_once_do_not_lose_a_change(lead: User) -> None:
    known = service.add(lead, BX)
    service.change(lead, known.id, Facts("BX", town="one"), seen=1)
    acts: tuple[Callable[[], object], ...] = (
        lambda: service.change(lead, known.id, Facts("BX", town="two"), seen=1),
        lambda: service.retire(lead, known.id, DAY, seen=1),
        lambda: service.undo(lead, known.id, seen=1),
    )
    for act in acts:
        with pytest.raises(Problem, match="changed-meanwhile"):
            act()
    assert service.site(known.id).facts.town == "one"
    assert (
        service.change(lead, known.id, Facts("BX", town="one"), seen=2).number == 2
    )  # the same again is nothing


def test_a_fix_suggests_the_sites_that_it_may_lie_in(lead: User) -> None:
    service.add(lead, BX)
    found = service.directory()
    (inside,) = found.near(51.0503, 1.79, 12, DAY)
    assert inside.sure and inside.distance == pytest.approx(33, abs=1)
    (edge,) = found.near(51.0509, 1.79, 30, DAY)
    assert not edge.sure
    (unknown,) = found.near(51.0503, 1.79, None, DAY)
    assert not unknown.sure  # an error that nobody knows may be any
    assert found.near(51.0511, 1.79, 12, DAY) == ()
    assert found.near(51.05, 1.79, 101, DAY) == ()  # too vague to suggest anything
    assert found.near(51.05, 1.79, 5, date(2025, 1, 1)) == ()  # before its first day
    placed = service.placed("BX", 51.0503, 1.79, 12, NOON)
    assert placed.coded and placed.near[0].site == placed.coded
    assert service.placed(None, None, None, None, NOON) == service.Placed(None, ())


def test_the_log_says_who_and_when_but_not_where(lead: User) -> None:
    known = service.add(lead, BX)
    service.change(lead, known.id, Facts("BX"), seen=1)
    lines = db.session.scalars(select(LogEntry).where(LogEntry.object == known.id)).all()
    assert [line.verb for line in lines] == ["site.added", "site.changed"]
    details = b" ".join(d.detail or b"" for d in db.session.scalars(select(LogDetail)))
    assert b"51.05" not in details and b"BX" not in details
    assert log.verify() > 2
