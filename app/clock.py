"""Time, in the one form that statements, receipts and the log use."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now_ms() -> int:
    """Milliseconds since 1970-01-01T00:00Z."""
    return time.time_ns() // 1_000_000


def to_datetime(ms: int) -> datetime:
    """An aware UTC datetime of a time in milliseconds."""
    return datetime.fromtimestamp(ms / 1000, UTC)
