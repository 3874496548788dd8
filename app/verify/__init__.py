"""`flask verify`: everything that the server holds, read again and held against its own log.

The log is walked from its first entry to its last as it stood at the start. What an entry says must stand in the rows
and lie on the disk as it says (items, statements, openings, devices); then rows and files that no entry speaks of are
looked for. It reads in pages, so that it may run for hours beside a working server; what changes meanwhile is looked at
twice before it is called off. The first thing that is off ends it, in one line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.custody import log
from app.custody.log import Said
from app.db import forget_reads
from app.errors import named
from app.verify.devices import Devices
from app.verify.erasures import Erasures
from app.verify.found import Damaged
from app.verify.items import Items
from app.verify.openings import Openings
from app.verify.statements import Statements

__all__ = ["Damaged", "Verified", "run", "verify_items"]


class Part(Protocol):
    """One kind of thing that entries speak of."""

    def page(self, said: Sequence[Said]) -> None:
        """Hold these entries against rows and files. Raises Damaged. May be asked twice about the same entries."""

    def end(self, entries: int) -> None:
        """After the last page: what no entry spoke of. Raises Damaged."""


@dataclass(frozen=True)
class Verified:
    """What was read and found as it should be. `withdrawn`: items by the log entry that withdrew them."""

    entries: int
    items: int
    size: int  # bytes of heads and bodies
    withdrawn: Counter[int]
    acknowledged: list[str]


@dataclass
class Progress:
    """How far it is; `of` counts log entries."""

    done: int = 0
    of: int = 0
    items: int = 0
    size: int = 0


def run(tell: Callable[[Progress], None] = lambda _progress: None) -> Verified:
    """Raises Damaged, LogBroken at the first thing that is off. `tell` hears of progress after every page and item."""
    progress = Progress(of=log.head()[0])
    items = Items(lambda size: _count(progress, size, tell))
    erasures, statements = Erasures(), Statements()
    parts: tuple[Part, ...] = (erasures, Devices(), statements, items, Openings())
    for page in log.walk(progress.of):
        for part in parts:
            _twice(part.page, page)
        progress.done = page[-1].index + 1
        tell(progress)
    for part in parts:
        _twice(part.end, progress.of)
    forget_reads()
    return Verified(
        progress.of, items.count, progress.size, Counter(items.withdrawn.values()), statements.acknowledged
    )


def _twice(look: Callable[[Any], None], what: Any) -> None:
    """A working server moves on between two reads: only what is still off at the second look is."""
    forget_reads()
    try:
        look(what)
    except Damaged:
        forget_reads()
        look(what)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        # A row of another form than any that was ever written here. The kind only: its text could hold content.
        where = f"log entries {what[0].index} to {what[-1].index}" if isinstance(what, list) else "a row"
        raise Damaged(f"{where}: something there can't be read ({named(error)})") from error


def _count(progress: Progress, size: int, tell: Callable[[Progress], None]) -> None:
    progress.items += 1
    progress.size += size
    tell(progress)


def verify_items() -> int:
    """The number of items, when all is as it should be. Raises Damaged, LogBroken."""
    return run().items
