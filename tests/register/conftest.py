"""The register on both databases: SQLite, and a PostgreSQL started for these tests."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from config import Config
from scripts import postgres


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres.running(safe=False) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Config]:
    """A data folder and an empty database of its own; tests that take it, or `app`, run on both."""
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    own = Config(instance=instance, testing=True)
    if request.param == "sqlite":
        yield own
        return
    url, name = request.getfixturevalue("postgres_url"), f"t{secrets.token_hex(6)}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield replace(own, database=url.replace("/postgres?", f"/{name}?"))
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()
