"""What keeps a demonstration apart from real data (docs/demo.md).

A demonstration has a data folder of its own, marked by a file in it and a row in its database. Only a server that was
told to serve one opens it, and that server opens nothing else.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from pathlib import Path

from flask import Flask, current_app, request
from flask_babel import gettext as _
from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.errors import Problem
from config import Config, ConfigError

MARK = "DEMONSTRATION.txt"
TEXT = "This folder holds a made-up demonstration of Témoin, made by `make demo`. Nothing in it is anybody's evidence.\n"
_telling: ContextVar[bool] = ContextVar("telling", default=False)


class Demonstration(Model):
    """The mark in the database: one row, written before anything is told."""

    __tablename__ = "demonstration"
    id: Mapped[int] = mapped_column(primary_key=True)
    began_at: Mapped[int] = mapped_column(BigInteger)
    story: Mapped[str]  # SHA-256 of what is told, hex


def mark(folder: Path) -> None:
    """Make a data folder a demonstration's. Raises ConfigError when it holds anything else."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if is_marked(folder):
        return
    if any(folder.iterdir()):
        raise ConfigError(f"INSTANCE: {folder} isn't empty and isn't a demonstration; nothing was changed")
    (folder / MARK).write_text(TEXT, encoding="utf-8")


def is_marked(folder: Path) -> bool:
    """By the file or by the database: losing one of them doesn't make it real."""
    return (folder / MARK).exists() or _row_in(folder / "temoin.sqlite")


def _row_in(database: Path) -> bool:
    if not database.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute("SELECT 1 FROM demonstration").fetchone() is not None
    except sqlite3.OperationalError:  # no such table: made before there were demonstrations
        return False


def check(config: Config) -> None:
    """Raises ConfigError unless the folder is what this server was told to serve."""
    if not config.demo:
        if is_marked(config.instance):
            raise ConfigError(f"INSTANCE: {config.instance} holds a demonstration; `make demo` serves it")
        return
    for name, value in (("TEMOIN_URL", config.url), ("TEMOIN_DATABASE", config.database)):
        if value:
            raise ConfigError(f"{name}: a demonstration has no public address and a database of its own")
    if not is_marked(config.instance):
        raise ConfigError(f"INSTANCE: {config.instance} isn't a demonstration; `make demo` makes one")


def is_demonstration() -> bool:
    config: Config = current_app.config["TEMOIN"]
    return config.demo


def refuse() -> None:
    """Called by what begins something real: enrolling a phone, custody, an import. Raises Problem in a demonstration."""
    if is_demonstration() and not _telling.get():
        raise Problem(
            "demonstration",
            _("This is a demonstration: nothing real can begin here. Use a data folder of your own."),
            403,
        )


@contextmanager
def telling() -> Iterator[None]:
    """While the story is told, its own phones may be enrolled."""
    token = _telling.set(True)
    try:
        yield
    finally:
        _telling.reset(token)


def init_app(app: Flask) -> None:
    check(app.config["TEMOIN"])
    app.jinja_env.globals["demonstration"] = is_demonstration

    @app.before_request
    def no_phones() -> None:
        if request.path.startswith("/m/") or request.path == "/m":
            refuse()
