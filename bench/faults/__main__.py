"""`make faults`: everything at full size. `make faults-quick`: a bounded part of each, for `make test`."""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import time

from bench.faults.report import Report
from bench.figures import workplace

LANES = (
    ("storm", "limits"),
    ("kill", "load", "peer"),
)  # much of it is waiting: the quick run takes two at a time
QUICK = tuple(part for lane in LANES for part in lane)
PARTS = (*QUICK, "foreign", "pages", "clocks")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a bounded part of each")
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    wanted = parser.parse_args()
    if wanted.quick and not wanted.parts:
        return _lanes()
    report = Report(wanted.quick)
    for name in wanted.parts or PARTS:
        began = time.monotonic()
        with workplace() as folder:
            importlib.import_module(f"bench.faults.{name}").main(report, folder)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return report.end()


def _lanes() -> int:
    """The quick run: two processes side by side. The worse of their ends."""
    command = [sys.executable, "-m", "bench.faults", "--quick"]
    running = [subprocess.Popen([*command, *lane]) for lane in LANES]
    return max(lane.wait() for lane in running)


if __name__ == "__main__":
    sys.exit(main())
