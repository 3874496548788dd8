"""Migrations: head equals the models, and every step goes up and down with rows in every table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade

from app import create_app
from app.db import db
from config import ROOT, Config

SCRIPTS = ScriptDirectory(str(ROOT / "migrations"))
REVISIONS = [script.revision for script in reversed(list(SCRIPTS.walk_revisions()))]
ROWS = 3


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Flask]:
    """The application over a database without any table."""
    app = create_app(Config(instance=tmp_path / "instance", testing=True))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def database(app: Flask) -> Path:
    config: Config = app.config["TEMOIN"]
    return config.instance / "temoin.sqlite"


def connect(app: Flask) -> sqlite3.Connection:
    db.engine.dispose()
    connection = sqlite3.connect(database(app))
    connection.execute("PRAGMA foreign_keys=ON")
    return connection


def tables(connection: sqlite3.Connection) -> list[str]:
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        " AND name NOT LIKE 'sqlite_%' AND name <> 'alembic_version'"
    )
    virtual = [
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'")
    ]
    # The inner tables of a full-text index are its own business.
    return [name for (name,) in names if not any(name.startswith(f"{index}_") for index in virtual)]


def references(connection: sqlite3.Connection, table: str) -> dict[str, tuple[str, str]]:
    """Column -> (table, column) it points to."""
    rows = connection.execute(f'PRAGMA foreign_key_list("{table}")').fetchall()
    return {row[3]: (row[2], row[4] or "id") for row in rows}


def in_order(connection: sqlite3.Connection) -> list[str]:
    """Tables so that each comes after those it points to."""
    waiting = {
        name: {to for to, _ in references(connection, name).values()} - {name} for name in tables(connection)
    }
    ordered: list[str] = []
    while waiting:
        ready = sorted(name for name, needs in waiting.items() if not needs & waiting.keys())
        assert ready, f"tables that point to one another: {sorted(waiting)}"
        ordered += ready
        for name in ready:
            del waiting[name]
    return ordered


def value(table: str, column: str, kind: str, number: int) -> Any:
    kind = kind.upper()
    if "BOOL" in kind:
        return number % 2
    if "INT" in kind:
        return number
    if any(word in kind for word in ("BLOB", "BINARY")):
        return f"{table}.{column}.{number}".encode()
    if any(word in kind for word in ("FLOAT", "REAL", "NUMERIC", "DOUBLE")):
        return number / 2
    if "DATETIME" in kind or "TIMESTAMP" in kind:
        return f"2026-01-0{number} 00:00:00.000000"
    return "[]" if "JSON" in kind else f"{table}.{column}.{number}"


def fill(connection: sqlite3.Connection) -> None:
    """Plain SQL: rows with every column set, in every table that has none."""
    for table in in_order(connection):
        if connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]:
            continue
        points = references(connection, table)
        columns = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
        for number in range(1, ROWS + 1):
            row: dict[str, Any] = {}
            for _, column, kind, _required, _default, _key in columns:
                row[column] = value(table, column, kind, number)
                if column in points:
                    other, key = points[column]
                    found = connection.execute(f'SELECT "{key}" FROM "{other}" ORDER BY rowid').fetchall()
                    row[column] = found[number - 1][0] if other != table else None
            names = ", ".join(f'"{column}"' for column in row)
            marks = ", ".join("?" for _ in row)
            connection.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(row.values()))
    connection.commit()


def content(connection: sqlite3.Connection) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: connection.execute(f'SELECT * FROM "{table}" ORDER BY rowid').fetchall()
        for table in tables(connection)
    }


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    return {table: len(rows) for table, rows in content(connection).items()}


def assert_sound(connection: sqlite3.Connection) -> None:
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_one_line_of_migrations() -> None:
    assert len(SCRIPTS.get_heads()) == 1
    assert REVISIONS


def test_head_equals_the_models(empty: Flask) -> None:
    upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, db.metadata) == []


def test_migrations_do_not_use_the_application() -> None:
    """The models of today can't describe the tables of then."""
    for path in (ROOT / "migrations" / "versions").glob("*.py"):
        lines = [line.strip() for line in path.read_text().splitlines()]
        assert [line for line in lines if line.startswith(("from app", "import app"))] == [], path.name


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_step_goes_up_and_down_with_rows_in_it(empty: Flask, revision: str) -> None:
    before = SCRIPTS.get_revision(revision).down_revision
    assert before is None or isinstance(before, str)
    if before:
        upgrade(revision=before)
        with closing(connect(empty)) as connection:
            fill(connection)
            old = content(connection)
        upgrade(revision=revision)
        with closing(connect(empty)) as connection:
            assert_sound(connection)
            kept = counts(connection)
            assert {table: kept[table] for table in old if table in kept} == {
                table: len(rows) for table, rows in old.items() if table in kept
            }
    else:
        upgrade(revision=revision)
    with closing(connect(empty)) as connection:
        fill(connection)
        filled = counts(connection)
        # A step may have put rows of its own into a new table, made of what was there.
        assert all(0 < rows <= ROWS for rows in filled.values())
        assert_sound(connection)
    downgrade(revision=before or "base")
    with closing(connect(empty)) as connection:
        assert_sound(connection)
        assert set(counts(connection).values()) <= {ROWS}
        assert before or tables(connection) == []
    upgrade(revision=revision)
    with closing(connect(empty)) as connection:
        assert_sound(connection)
        assert set(counts(connection)) == set(filled)


def test_all_the_way_up_with_the_rows_of_the_first(empty: Flask) -> None:
    upgrade(revision=REVISIONS[0])
    with closing(connect(empty)) as connection:
        fill(connection)
    upgrade()
    with closing(connect(empty)) as connection:
        assert_sound(connection)
    downgrade(revision="base")
    with closing(connect(empty)) as connection:
        assert tables(connection) == []
    upgrade()
