"""The tests on PostgreSQL: with `pytest -p tests.on_postgres` every data folder has a database of its own there, as it has
a SQLite file of its own elsewhere. `make test-postgres` does it for everything that talks to the database."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from config import Config
from scripts import postgres

_MODEL = "model"  # an empty database with all tables, copied for each test
_running = ExitStack()
_made: dict[str, Path] = {}  # name of a database -> the data folder it belongs to
_url = ""


def pytest_configure(config: pytest.Config) -> None:
    global _url
    # Scenes of a whole file leave their connections to the end; SQLite's say nothing of it.
    config.addinivalue_line("filterwarnings", "ignore:.*psycopg.Connection.*:ResourceWarning")
    _url = _running.enter_context(postgres.running(safe=False))
    _tell(f"CREATE DATABASE {_MODEL}")
    _lay_tables()
    Config.database_url = property(lambda config: config.database or _of(config.instance))  # type: ignore[assignment, method-assign]


def pytest_unconfigure() -> None:
    _running.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """A test's databases go with it; those of a whole file stay until the end."""
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    yield
    for name in [name for name, at in _made.items() if folder is not None and at.is_relative_to(folder)]:
        _tell(f"DROP DATABASE {name} WITH (FORCE)")
        del _made[name]


def _lay_tables() -> None:
    from app import create_app
    from app.db import db

    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Config(instance=Path(folder), testing=True, database=_named(_MODEL)))
        with app.app_context():
            db.create_all()
            db.engine.dispose()


def _of(instance: Path) -> str:
    name = f"t{hashlib.sha256(str(instance).encode()).hexdigest()[:20]}"
    if name not in _made:
        _tell(f"CREATE DATABASE {name} TEMPLATE {_MODEL}")
        _made[name] = instance
    return _named(name)


def _named(name: str) -> str:
    return _url.replace("/postgres?", f"/{name}?")


def _tell(statement: str) -> None:
    engine = create_engine(_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
