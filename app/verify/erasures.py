"""Details that are gone from the log, and the withdrawals that say why. A detail may be erased only by a logged one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.custody.log import Said, head
from app.db import db
from app.intake.models import Withdrawal
from app.verify.found import Damaged, by_verb, compare


class Erasures:
    def __init__(self) -> None:
        self._gone: set[int] = set()
        self._named: dict[int, int] = {}  # index of a detail -> of the entry that erased it
        self._acts: set[int] = set()

    def page(self, said: Sequence[Said]) -> None:
        self._gone |= {one.index for one in said if one.detail is None}
        for one in by_verb(said, "observation.withdrawn", "item.withdrawn"):
            if one.detail is None:
                raise Damaged(f"log entry {one.index}: what it withdrew was erased")
            self._named |= {int(index): one.index for index in one.detail["erased"]}
            self._acts.add(one.index)
            self._row(one)

    def _row(self, one: Said) -> None:
        what = f"the withdrawal of log entry {one.index}"
        row = db.session.get(Withdrawal, one.index)
        if row is None or one.detail is None:
            raise Damaged(f"{what} is missing")
        compare(
            what,
            (
                ("subject", row.subject, one.object),
                ("author", row.actor, one.actor),
                ("reason", row.reason, one.detail["reason"]),
            ),
        )
        if not row.done:
            raise Damaged(f"{what} isn't finished: some of its files are still here")

    def end(self, entries: int) -> None:
        for index in sorted(self._gone - self._named.keys()):
            raise Damaged(f"log entry {index}: its detail was erased, and no entry says why")
        for index in sorted(self._named.keys() - self._gone):
            raise Damaged(
                f"log entry {index}: withdrawn by entry {self._named[index]}, but its detail is there"
            )
        rows = set(db.session.scalars(select(Withdrawal.log_index).where(Withdrawal.log_index < entries)))
        for index in sorted(rows - self._acts):
            raise Damaged(f"a withdrawal names log entry {index}, which says nothing of it")
        beyond = select(Withdrawal.log_index).where(Withdrawal.log_index >= head()[0])
        for index in db.session.scalars(beyond.limit(1)):
            raise Damaged(f"a withdrawal names log entry {index}, which doesn't exist: the log was cut")
