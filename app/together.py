"""One transaction for what many requests want at the same moment.

A transaction's own cost (the lock, the commit, the disk) is most of what a small write costs. When two hundred phones come
online in one second, each would wait for all before it; together they wait for a few.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from app.db import forget_reads, is_writing, unit_of_work

A = TypeVar("A")
R = TypeVar("R")


@dataclass
class _Lot(Generic[A, R]):
    """What one request hands in."""

    pieces: Sequence[A]
    answers: list[R] = field(default_factory=list)
    done: bool = False  # stored, with all it came with
    alone: bool = False  # that failed, perhaps for another's sake: nothing of it is stored


class Together(Generic[A, R]):
    """`store` takes pieces of any number of requests, within a unit of work unless said otherwise, and answers each. It
    runs in the thread of one of them, so pieces are plain values: no row, no request."""

    def __init__(
        self,
        store: Callable[[Sequence[A]], list[R]],
        within: Callable[[], AbstractContextManager[object]] = unit_of_work,
    ) -> None:
        self._store = store
        self._within = within
        self._turn = Lock()
        self._waiting: deque[_Lot[A, R]] = deque()

    @property
    def waiting(self) -> int:
        """Requests whose pieces nobody has begun to store."""
        return len(self._waiting)

    def do(self, pieces: Sequence[A]) -> list[R]:
        """The answers, once all is stored. Who gets the turn stores everything that waits. Where that raises, each request
        stores its own once more by itself: what `store` raises then reaches its own caller and no other."""
        if is_writing():
            return self._store(pieces)
        forget_reads()  # who waits keeps no connection from those who work
        lot: _Lot[A, R] = _Lot(pieces)
        self._waiting.append(lot)
        with self._turn:
            if not lot.done and not lot.alone:
                self._store_waiting()
        if lot.alone:
            with self._within():
                return self._store(pieces)
        return lot.answers

    def _store_waiting(self) -> None:
        lots = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            with self._within():
                answers = iter(self._store([piece for lot in lots for piece in lot.pieces]))
        except BaseException as error:  # each hears of its own, when it stores alone
            for lot in lots:
                lot.alone = True
            if not isinstance(error, Exception):
                raise
        else:
            for lot in lots:
                lot.answers = [next(answers) for _ in lot.pieces]
                lot.done = True
