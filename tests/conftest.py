"""Shared by all tests: nothing is skipped silently, and every test has a data folder of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

from config import ROOT, Config

# Every test has an application of its own; the templates are compiled once for all of them. Keyed by their text.
COMPILED = ROOT / ".pytest_cache" / "templates"
COMPILED.mkdir(parents=True, exist_ok=True)
Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": FileSystemBytecodeCache(str(COMPILED))}

STRICT = os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def _refuse(report: pytest.CollectReport | pytest.TestReport) -> None:
    if STRICT and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped or expected to fail, which CI=true doesn't allow: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse(report)
    return report


@pytest.fixture(scope="session")
def chromium() -> Path:
    """A Chromium that starts; installed or named by scripts/tools.py, never skipped."""
    from scripts import tools

    return tools.chromium()


@pytest.fixture(scope="session")
def age() -> Path:
    """The stock age command."""
    from scripts import tools

    return tools.age()


@pytest.fixture(scope="session")
def exiftool() -> Path:
    """The third opinion on cleaned files."""
    from scripts import tools

    return tools.exiftool()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    return Config(instance=instance, testing=True)


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database made from the models, to be copied: making one takes as long as many a test."""
    from app import create_app
    from app.db import db

    folder = tmp_path_factory.mktemp("tables")
    path = folder / "temoin.sqlite"
    with create_app(Config(instance=folder, testing=True, database=f"sqlite:///{path}")).app_context():
        db.create_all()
        db.engine.dispose()
    return path


@pytest.fixture
def app(config: Config, tables: Path) -> Iterator[Flask]:
    """The whole application on an empty database."""
    from app import create_app
    from app.db import db

    if not config.database:
        shutil.copyfile(tables, config.instance / tables.name)
    app = create_app(config)
    if config.database:
        with app.app_context():
            db.create_all()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
