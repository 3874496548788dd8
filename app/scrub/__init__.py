"""Cleaning media: what is needed to show a picture, film or sound stays, everything else goes.

Pure: no Flask, no database, no paths. `plan()` reads the original through a seekable reader and
gives an edit list and a report; `scrub()` also has the copy read a second time by `check.py`,
then writes it. Which parts are kept stands in a table at the top of each family's file.
"""

import importlib
import time
from dataclasses import replace
from typing import BinaryIO

from app.scrub.errors import BROKEN, CheckFailed, Refused, Unsupported
from app.scrub.plan import Plan
from app.scrub.report import Facts, Notes, Report
from app.scrub.sniff import FAMILIES, sniff_bytes
from app.scrub.source import Source

__all__ = ["CheckFailed", "Facts", "Plan", "Refused", "Report", "Unsupported", "plan", "scrub", "sniff"]


def sniff(source: BinaryIO) -> str | None:
    """The media type by the first bytes alone, None where we know none. Moves `source` to 0."""
    source.seek(0)
    kind = sniff_bytes(source.read(4096))
    source.seek(0)
    return kind


def plan(source: BinaryIO) -> tuple[Plan, Report]:
    """The edit list of a clean copy, and the report so far (without hashes).

    Raises Refused (Unsupported for unknown types) with one line. Memory: pictures are read whole,
    films by their indexes.
    """
    started = time.perf_counter()
    kind = sniff(source)
    family = FAMILIES.get(kind or "")
    if kind is None or family is None:
        raise Unsupported("this type of file can't be cleaned")
    notes = Notes(kind)
    try:
        module = importlib.import_module("app.scrub." + family)
        result: Plan = module.plan(Source(source), notes)
    except Refused:
        raise
    except BROKEN as error:
        raise Refused(f"the file is not built as {kind} is") from error
    except (MemoryError, RecursionError) as error:
        raise Refused("the file asks for more memory than any real one") from error
    return result, replace(notes.report(), seconds=round(time.perf_counter() - started, 6))


def scrub(source: BinaryIO, target: BinaryIO) -> Report:
    """Clean, check and write. Raises Refused before anything is written."""
    from app.scrub import check

    started = time.perf_counter()
    edits, report = plan(source)
    report = check.check(source, edits.open(source), report)
    digests = edits.write(source, target)
    return replace(
        report,
        sha256_before=digests.before,
        sha256_after=digests.after,
        size_before=digests.size_before,
        size_after=digests.size_after,
        seconds=round(time.perf_counter() - started, 6),
        checked=True,
    )
