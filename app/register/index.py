"""The index of patterns: laid down when readings change, read by search and candidates. The only writer of
`reading_pattern`, which holds nothing that readings don't say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Text, any_, cast, delete, func, literal, select, text
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import ColumnElement, TextClause

from app.db import db
from app.register import keys, rio
from app.register.models import ReadingPattern

MOST_ROWS = 20_000  # of one look into the index: a number that is in it oftener than this is found anyway


def lay(readings: Mapping[int, set[str]]) -> None:
    """Make the rows of these readings be exactly these patterns."""
    stored: dict[int, set[str]] = {reading: set() for reading in readings}
    for reading, pattern in db.session.execute(
        select(ReadingPattern.reading_id, ReadingPattern.pattern).where(
            ReadingPattern.reading_id.in_(list(readings))
        )
    ):
        stored[reading].add(pattern)
    for reading, wanted in readings.items():
        if gone := stored[reading] - wanted:
            db.session.execute(
                delete(ReadingPattern).where(
                    ReadingPattern.reading_id == reading, ReadingPattern.pattern.in_(sorted(gone))
                )
            )
        db.session.add_all(row(reading, pattern) for pattern in sorted(wanted - stored[reading]))
    db.session.flush()


def row(reading: int, pattern: str) -> ReadingPattern:
    return ReadingPattern(
        reading_id=reading,
        pattern=pattern,
        **{f"k{n}": number for n, number in enumerate(numbers(pattern), 1)},
    )


def numbers(pattern: str) -> Sequence[int | None]:
    """The columns `k1` to `k5`; empty where a pattern has too few digits ever to answer a search."""
    return keys.numbers(pattern) if rio.known(pattern) >= rio.FEWEST else (None,) * keys.ORDERS


def ways(read: rio.Read, length: int) -> set[str]:
    """A reading's patterns, and the same with unsure digits left open: such a digit never contradicts another, so it has
    to be found by any. Where that would be too many, only with all of them left open."""
    laid = rio.patterns(read, length)
    unsure = sorted(at for at in read.unsure if at < length)
    if len(laid) * 2 ** len(unsure) > rio.MOST_PATTERNS:
        return set(laid) | {_open(pattern, unsure) for pattern in laid}
    return {
        _open(pattern, chosen)
        for pattern in laid
        for n in range(len(unsure) + 1)
        for chosen in combinations(unsure, n)
    }


def _open(pattern: str, places: Iterable[int]) -> str:
    return "".join(rio.UNKNOWN if at in places else digit for at, digit in enumerate(pattern))


def agreeing(queries: Iterable[str], least: int) -> dict[int, int]:
    """Readings that don't contradict one of the patterns: id -> digits in common, at least `least`."""
    return _read(lookup for query in queries if (lookup := keys.exact(query, least)))


def nearly(queries: Iterable[str], least: Callable[[str, int], int]) -> dict[int, int]:
    """Readings that a known confusion or an exchange of neighbours sets apart: id -> digits in common beside it, at least
    `least(query, n)` where n digits are set apart."""
    return _read(lookup for query in queries for lookup in keys.near(query, least(query, 1), least(query, 2)))


def _read(lookups: Iterable[keys.Lookup]) -> dict[int, int]:
    by_order: dict[int, list[keys.Range]] = {}
    for lookup in lookups:
        by_order.setdefault(lookup.order, []).extend(lookup.ranges)
    best: dict[int, int] = {}
    for order, ranges in by_order.items():
        single: dict[int, int] = {}  # a range of one number, as nearly all are where many digits are known
        for low, high, agree in ranges:
            if low == high:
                single[low] = max(agree, single.get(low, 0))
        for reading, agree in [*_singles(order, single), *_wide(order, [r for r in ranges if r[0] != r[1]])]:
            if agree > best.get(reading, -1):
                best[reading] = agree
    return best


def _singles(order: int, agrees: dict[int, int]) -> Iterable[tuple[int, int]]:
    if not agrees:
        return []
    key = getattr(ReadingPattern, f"k{order + 1}")
    query = select(ReadingPattern.reading_id, key).where(among(key, list(agrees))).limit(MOST_ROWS)
    return [(row[0], agrees[row[1]]) for row in db.session.execute(query)]


def _wide(order: int, ranges: list[keys.Range]) -> Iterable[tuple[int, int]]:
    return [(row[0], row[1]) for row in db.session.execute(*_question(order, ranges))] if ranges else []


def _question(order: int, ranges: list[keys.Range]) -> tuple[TextClause, dict[str, Any]]:
    """One statement for all ranges, walked in the index one by one. What each database needs to see it that way: a join
    that SQLite may not turn round, and a subquery that PostgreSQL can't."""
    key = f"k{order + 1}"  # from our own count, nothing typed
    if db.session.get_bind().dialect.name == "postgresql":
        low, high, agree = (_array(column) for column in zip(*ranges, strict=True))
        return text(
            f"SELECT p.reading_id, r.agree FROM unnest(CAST(:low AS bigint[]), CAST(:high AS bigint[]),"  # noqa: S608
            f" CAST(:agree AS int[])) AS r(low, high, agree) CROSS JOIN LATERAL (SELECT reading_id FROM reading_pattern"
            f" WHERE {key} BETWEEN r.low AND r.high ORDER BY {key} LIMIT {MOST_ROWS}) AS p LIMIT {MOST_ROWS}"
        ), {"low": low, "high": high, "agree": agree}
    return text(
        f"SELECT p.reading_id, json_extract(r.value, '$[2]') FROM json_each(:ranges) AS r CROSS JOIN reading_pattern AS p"  # noqa: S608
        f" WHERE p.{key} BETWEEN json_extract(r.value, '$[0]') AND json_extract(r.value, '$[1]') LIMIT {MOST_ROWS}"
    ), {"ranges": json.dumps(ranges)}


def among(column: InstrumentedAttribute[int], ids: list[int]) -> ColumnElement[bool]:
    """Whether a column is one of many ids, sent as one value: thousands of parameters are slow to read."""
    if db.session.get_bind().dialect.name == "postgresql":
        return column == any_(cast(literal(_array(ids), Text), ARRAY(BigInteger)))
    return column.in_(select(func.json_each(json.dumps(ids)).table_valued("value").c.value))


def _array(values: Iterable[int]) -> str:
    """As PostgreSQL writes an array: its driver takes ten times as long over each number."""
    return f"{{{','.join(map(str, values))}}}"
