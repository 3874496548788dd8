"""Runs a Python module under a clock that somebody sets: `python -m bench.faults.later FILE -m gunicorn ...`.

FILE holds seconds to add to the wall clock, read at every look; the monotonic clock stays as it is.
"""

from __future__ import annotations

import runpy
import sys
import time
from pathlib import Path

_time, _time_ns = time.time, time.time_ns


def shift(path: Path) -> None:
    def seconds() -> int:
        return int(path.read_text() or 0)

    time.time = lambda: _time() + seconds()
    time.time_ns = lambda: _time_ns() + seconds() * 1_000_000_000


if __name__ == "__main__":
    shift(Path(sys.argv[1]))
    assert sys.argv[2] == "-m"
    sys.argv = sys.argv[3:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
