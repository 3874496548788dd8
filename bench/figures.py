"""One figure a line, as JSON: `{"name", "value", "unit", "baseline", "ratio"}`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.ground import STAMPS

MB = 1_000_000


_part = 1


def quick() -> None:
    """From now on a hundredth of every size: only to see that the figures can be had."""
    global _part
    _part = 100


def sized(full: int) -> int:
    """A size of this run, for a size at full length."""
    return max(1, full // _part)


def figure(name: str, value: float, unit: str, baseline: float | None = None) -> None:
    """Print a figure. `baseline`: the same by the peer, same unit, same run; ratio = value / baseline."""
    ratio = None if not baseline else round(value / baseline, 3)
    line = {"name": name, "value": _short(value), "unit": unit, "baseline": _short(baseline), "ratio": ratio}
    print(json.dumps(line, ensure_ascii=False), flush=True)


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 3 if value < 10 else 1)


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder on the project's own disk: in a memory file system an fsync would cost nothing."""
    STAMPS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=STAMPS, prefix="bench-") as folder:
        yield Path(folder)
