"""Tables of the append-only log. `log_entry.line` is final as written; `log_detail` may be erased."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model


class LogEntry(Model):
    """One line of the log, bytes as hashed (docs/formats.md, "The log")."""

    __tablename__ = "log_entry"
    index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    line: Mapped[bytes] = mapped_column(LargeBinary)
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32))
    chain: Mapped[bytes] = mapped_column(LargeBinary(32))
    # Copies of parts of the line, only for finding entries; `flask verify` compares them.
    at: Mapped[int] = mapped_column(BigInteger, index=True)
    verb: Mapped[str] = mapped_column(index=True)
    object: Mapped[str] = mapped_column(index=True)


class LogDetail(Model):
    """What an entry says, salted; erasable. Null `detail` means erased."""

    __tablename__ = "log_detail"
    index: Mapped[int] = mapped_column(ForeignKey("log_entry.index"), primary_key=True)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    detail: Mapped[bytes | None] = mapped_column(LargeBinary)
