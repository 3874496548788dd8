"""`scrub SRC DST` and `scrub --batch SRCDIR DSTDIR`: the one place of this package that knows files.

One file: exit 0 and DST written, or exit 3, DST absent, and one line of reason. A batch: every file
that can be cleaned is written under the same relative name, every other one is named with its
reason; exit 0 if there was none such, else 3.
"""

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import local
from typing import Any

import click

from app.scrub.cleaner import Cleaner
from app.scrub.errors import Refused

REFUSED = 3


@click.command("scrub")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the report there, as JSON."
)
@click.option("--batch", is_flag=True, help="SOURCE and TARGET are folders.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=None, help="Processes of a batch; one a processor."
)
def scrub_command(source: Path, target: Path, report: Path | None, batch: bool, jobs: int | None) -> None:
    """Write a copy of SOURCE to TARGET without anything that identifies, the picture unchanged."""
    if batch:
        if not source.is_dir():
            raise click.BadParameter("with --batch, SOURCE must be a folder")
        sys.exit(_batch(source, target, report, jobs or os.cpu_count() or 1))
    if source.is_dir():
        raise click.BadParameter("SOURCE is a folder: use --batch")
    with Cleaner() as cleaner:
        try:
            said = clean_file(cleaner, source, target)
        except (Refused, OSError) as error:
            click.echo(f"refused: {_line(error)}", err=True)
            sys.exit(REFUSED)
    if report is not None:
        report.write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n")


def clean_file(cleaner: Cleaner, source: Path, target: Path) -> dict[str, Any]:
    """Clean one file; the report. `target` appears whole or not at all. Raises Refused, OSError."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with source.open("rb") as original, part.open("xb") as copy:
            cleaned = cleaner.clean(original, copy)
            copy.flush()
            os.fsync(copy.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return cleaned.report


def _batch(source: Path, target: Path, report: Path | None, jobs: int) -> int:
    refused = 0
    with _Pool(jobs) as pool:
        lines = report.open("w") if report is not None else None
        for name, answer in pool.run(source, target):
            if isinstance(answer, str):
                refused += 1
                click.echo(f"refused: {name}: {answer}", err=True)
            if lines is not None:
                entry = {"file": str(name), **({"refused": answer} if isinstance(answer, str) else answer)}
                lines.write(json.dumps(entry, ensure_ascii=False) + "\n")
        if lines is not None:
            lines.close()
    return REFUSED if refused else 0


class _Pool:
    """Threads with a cleaner each."""

    def __init__(self, jobs: int) -> None:
        self._executor = ThreadPoolExecutor(jobs)
        self._mine = local()
        self._cleaners: list[Cleaner] = []

    def __enter__(self) -> "_Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown()
        for cleaner in self._cleaners:
            cleaner.__exit__(None, None, None)

    def run(self, source: Path, target: Path) -> Iterator[tuple[Path, dict[str, Any] | str]]:
        """(relative name, report or reason) of every file below `source`, in order."""
        names = sorted(
            path.relative_to(source) for path in source.rglob("*") if path.is_file() and not path.is_symlink()
        )
        yield from zip(
            names,
            self._executor.map(lambda name: self._one(source / name, target / name), names),
            strict=True,
        )

    def _one(self, source: Path, target: Path) -> dict[str, Any] | str:
        cleaner = getattr(self._mine, "cleaner", None)
        if cleaner is None:
            cleaner = self._mine.cleaner = Cleaner()
            self._cleaners.append(cleaner)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            return clean_file(cleaner, source, target)
        except (Refused, OSError) as error:
            return _line(error)


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
