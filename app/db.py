"""The database and the only place that commits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Executable, Row, event, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import DeclarativeBase, Session

from config import THREADS


class _Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=_Base, disable_autonaming=True)
migrate = Migrate()

if TYPE_CHECKING:

    class Model(DeclarativeBase):
        """Base of all tables."""
else:
    Model = db.Model

_writing: ContextVar[bool] = ContextVar("writing", default=False)
_asking: ContextVar[bool] = ContextVar("asking", default=False)
# Threads of one process take turns here: SQLite's own waiting is polling, up to 100 ms after the lock is free.
_turn = Lock()
# Who isn't first waits here for that: so only one of them stands between a turn's end and who is.
_line = Lock()


def is_writing() -> bool:
    """Whether this thread is inside a unit of work."""
    return _writing.get()


@contextmanager
def unit_of_work(*, first: bool = False) -> Iterator[Session]:
    """One transaction: everything in it is stored or nothing. Takes the write lock at once, so that what is read
    inside is still true when it is written. Nests: the outermost block commits. `first`: before all threads that wait
    already, but the one whose turn is next."""
    session = db.session()
    if _writing.get():
        yield session
        return
    session.rollback()  # a read before this block may hold an older snapshot
    with nullcontext() if first else _line, _turn:
        token = _writing.set(True)
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            _writing.reset(token)


def ask(question: Executable, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """The rows that answer one question. Outside a unit of work beside the session, whose reads it ends: at half the
    cost, and nothing stays open after it."""
    if _writing.get():
        return db.session.execute(question, values).all()
    forget_reads()  # or threads that each hold one connection could all wait for a second
    token = _asking.set(True)
    try:
        with db.engine.connect() as line:
            return line.execute(question, values).all()
    finally:
        _asking.reset(token)


def forget_reads() -> None:
    """End the read transaction of this request. Call before anything slow: an open snapshot keeps the
    write-ahead log from being folded back."""
    if not _writing.get():
        db.session.rollback()


def pool(url: str) -> dict[str, Any]:
    """How many connections stay open. All of SQLite's: opening one costs more than most of what is asked. A PostgreSQL
    server pays for each that is idle."""
    if url.startswith("sqlite"):
        return {"pool_size": THREADS, "max_overflow": 0, "pool_use_lifo": True}
    return {"pool_size": 8, "max_overflow": THREADS - 8}


@contextmanager
def held_open() -> Iterator[None]:
    """Hold a connection of SQLite's, with the tables known to it; afterwards it waits for whoever asks next."""
    if db.engine.dialect.name != "sqlite":
        yield
        return
    with db.engine.connect() as line:
        line.execute(text("SELECT 1 FROM sqlite_schema LIMIT 1")).all()
        yield


def _connected(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours to send, in _begin
    cursor = connection.cursor()
    # FULL: a receipt must not outlive its row when the power goes.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    if _asking.get():
        return  # one question is a transaction by itself
    # Straight to the driver: by SQLAlchemy's way it costs as much as a small query, at every request.
    connection.connection.cursor().execute("BEGIN IMMEDIATE" if _writing.get() else "BEGIN").close()


def init_app(app: Flask) -> None:
    db.init_app(app)
    migrate.init_app(app, db, directory=str(app.config["ROOT"] / "migrations"), render_as_batch=True)
    with app.app_context():
        engine: Engine = db.engine
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _connected)
            event.listen(engine, "begin", _begin)
