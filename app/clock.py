"""Time, in the one form that statements, receipts and the log use."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now_ms() -> int:
    """Milliseconds since 1970-01-01T00:00Z."""
    return time.time_ns() // 1_000_000


LAST = 4_102_444_800_000  # 2100-01-01T00:00Z: nothing that a phone says of later times is a time


def bounded(ms: int) -> int:
    """A time that somebody claims, kept within 1970 to 2100: an absurd clock must not stop a page."""
    return max(0, min(ms, LAST))


def to_datetime(ms: int) -> datetime:
    """An aware UTC datetime of a time in milliseconds, within 1970 to 2100."""
    return datetime.fromtimestamp(bounded(ms) / 1000, UTC)
