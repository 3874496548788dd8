"""The index against plain comparison of everything with everything, and the migrations, on both databases."""

from __future__ import annotations

import random

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import inspect

from app import create_app
from app.accounts import service as accounts
from app.db import db
from app.journal.models import Observation
from app.register import keys, rio, search, service
from app.register.models import Reading, ReadingPattern
from app.register.seen import Wanted
from app.register.service import Said
from config import Config
from tests.phone import Phone, make_phone
from tests.register.test_register import read

patterns = st.text("0123456789?", min_size=7, max_size=7)


def holds(lookup: keys.Lookup | None, pattern: str) -> int | None:
    """The digits in common that a lookup says of a pattern, or None where it misses it."""
    if lookup is None:
        return None
    number = keys.numbers(pattern)[lookup.order]
    return max((agree for low, high, agree in lookup.ranges if low <= number <= high), default=None)


@given(patterns, patterns)
def test_exact_ranges_hold_what_agrees_and_nothing_else(query: str, pattern: str) -> None:
    shared = rio.compare(query, pattern)
    fits = shared.agree if not shared.conflicts and shared.agree >= 3 else None
    assert holds(keys.exact(query, 3), pattern) == fits


@given(patterns, st.integers(0, 6), st.integers(0, 9), st.integers(0, 127))
def test_near_ranges_hold_what_one_slip_sets_apart(query: str, at: int, digit: int, hidden: int) -> None:
    changed = query[:at] + str(digit) + query[at + 1 :]
    pattern = "".join("?" if hidden >> n & 1 and n != at else c for n, c in enumerate(changed))
    shared = rio.compare(query, pattern)
    slips = bool(shared.conflicts) and rio.slip(query, pattern, shared.conflicts) is not None
    found = [agree for lookup in keys.near(query, 3, 3) if (agree := holds(lookup, pattern)) is not None]
    assert bool(found) == (slips and shared.agree >= 3)
    assert not found or max(found) == shared.agree


@pytest.mark.parametrize("length", [4, 5, 7, 8, 12])
def test_any_length_finds_its_own(length: int) -> None:
    chance = random.Random(length)
    for _ in range(20):
        number = "".join(chance.choice("0123456789") for _ in range(length))
        seen = chance.sample(range(length), chance.randint(3, length))
        query = "".join(c if at in seen else "?" for at, c in enumerate(number))
        assert holds(keys.exact(query, 3), number) is not None
        assert all(sorted(order) == list(range(length)) for order in keys.orders(length))


def test_numbers_of_other_lengths_never_meet() -> None:
    assert set(keys.numbers("0123456")).isdisjoint(keys.numbers("00123456"))


@pytest.fixture
def phone(app: Flask) -> Phone:
    return make_phone(app)


def test_search_finds_what_comparing_with_all_finds(phone: Phone) -> None:
    """Forty made-up readings; every query's hits are those of a look at each reading."""
    chance = random.Random(1)
    read(phone, officer=0)
    with phone.app.app_context():
        accounts.add("somebody", ["reviewer"], "server")
        user = accounts.by_name("somebody")
        assert user is not None
        observation = db.session.query(Observation).one().id
        numbers = [f"{chance.randrange(10**7):07d}" for _ in range(6)]
        for n in range(40):
            seen = chance.sample(range(7), chance.randint(3, 7))
            pattern = "".join(c if at in seen else "?" for at, c in enumerate(chance.choice(numbers)))
            status = "READ_PART" if "?" in pattern else "READ_FULL"
            unsure = frozenset(at for at in seen if chance.random() < 0.15)
            made = service.add_sighting(user, observation, n)
            service.read_again(user, made.id, Said(status, pattern=pattern, unsure=unsure))
        reads = [
            (r.pattern, r.unsure) for r in db.session.query(Reading).filter(Reading.user_id.is_not(None))
        ]
        for _ in range(30):
            number = chance.choice(numbers)
            if chance.random() < 0.5:
                number = chance.choice([text for _, text in rio.swaps(number)] or [number])
            seen = chance.sample(range(7), chance.randint(3, 7))
            query = "".join(c if at in seen else "?" for at, c in enumerate(number))
            expected = sorted(
                str(pattern)
                for pattern, unsure in reads
                if rio.answers(query, str(pattern), rio.Read(pattern, unsure=frozenset(unsure)))
            )
            hits = [hit.reading for hit in search.search(Wanted(query)).hits]
            assert sorted(str(r.pattern) for r in hits if r and r.user_id) == expected, query
        assert db.session.query(ReadingPattern).filter(ReadingPattern.k1.is_not(None)).count() >= 40


def test_migrations_go_up_and_down(config: Config) -> None:
    """On PostgreSQL too; and what they make is what the models of the register say."""
    app = create_app(config)
    with app.app_context():
        upgrade()
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            mine = ("reading", "sighting", "marking", "known_officer", "officer_link", "candidate_decision")
            off = [
                str(one)
                for one in compare_metadata(context, db.metadata)
                if any(f"'{t}" in str(one) for t in mine)
            ]
            assert off == []
        downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        upgrade()
        db.session.remove()
        db.engine.dispose()
