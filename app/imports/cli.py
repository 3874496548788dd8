"""`flask import DIR`: seal every file below DIR into intake, wait until all are opened, say what came of each."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from app.db import db
from app.errors import Problem
from app.imports import service
from app.intake.models import Item
from app.opening.service import newest
from app.worker import AlreadyRunning, alone, convert_all, work_off

REFUSED = 3
WAIT = 0.5  # seconds between looks at what another process opens


@click.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@with_appcontext
def import_command(folder: Path) -> None:
    """Bring in every file below FOLDER, each once. Ends with 3 where one was refused or got no working copy.

    Safe to repeat and to interrupt: what came in before is passed over."""
    paths = service.files(folder)
    refused: dict[Path, str] = {}
    taken: dict[Path, str] = {}
    known = 0
    with _bar(2 * sum(_size(path) for path in paths), "sealing") as bar:
        for path in paths:
            try:
                found = service.take(path, bar.update)
            except (service.NotTaken, Problem, OSError) as error:
                refused[path] = _why(error)
                continue
            known += not found.new
            taken[path] = found.item
            db.session.remove()
    _open(list(taken.values()))
    for path, item in taken.items():
        if problem := _problem(item):
            refused[path] = problem
    _say(folder, len(paths), len(taken) - known, known, refused)
    sys.exit(REFUSED if refused else 0)


def _bar(length: int, label: str) -> click._termui_impl.ProgressBar[int]:
    return click.progressbar(length=max(1, length), label=label, file=sys.stderr)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _why(error: Exception) -> str:
    said = error.message if isinstance(error, Problem) else getattr(error, "strerror", None) or error
    return " ".join(str(said).split())


def _open(items: list[str]) -> None:
    """Open what was taken: here, or by the worker where one runs."""
    try:
        with alone(current_app.config["TEMOIN"].instance):
            work_off()
            convert_all()
    except AlreadyRunning:
        with _bar(len(items), "opening") as bar:
            while waiting := _waiting(items):
                bar.update(len(items) - waiting - bar.pos)
                time.sleep(WAIT)
            bar.update(len(items) - bar.pos)


def _waiting(items: list[str]) -> int:
    db.session.remove()
    found = [db.session.get(Item, item) for item in items]
    return sum(item is not None and item.state in {"waiting", "opening"} for item in found)


def _problem(item_id: str) -> str | None:
    """Why an item has no working copy, in English as the report says it."""
    item = db.session.get_one(Item, item_id)
    opening = newest(item)
    if opening is not None and opening.working is not None:
        return None
    return (opening.problem if opening else item.problem) or "not opened yet"


def _say(folder: Path, all_files: int, new: int, known: int, refused: dict[Path, str]) -> None:
    for path, why in refused.items():
        click.echo(f"refused: {path.relative_to(folder)}: {why.removeprefix('refused: ')}", err=True)
    click.echo(
        f"{all_files} files: {new} brought in, {known} were here before, {len(refused)} without a copy"
    )
    for why, number in Counter(refused.values()).most_common():
        click.echo(f"  {number} × {why.removeprefix('refused: ')}")
