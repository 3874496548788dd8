"""`make faults`: everything at full size. `make faults-quick`: a bounded part of each, for `make test`."""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import sys
import time
from collections.abc import Sequence

from bench.faults.report import Report
from bench.figures import workplace

LANES = (("storm", "limits"), ("kill", "load", "peer"))  # much is waiting: the quick run does two at a time
QUICK = tuple(part for lane in LANES for part in lane)
PARTS = (*QUICK, "foreign", "pages", "clocks")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a bounded part of each")
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    wanted = parser.parse_args()
    if wanted.quick and not wanted.parts:
        return _lanes()
    return _carry_out(wanted.parts or PARTS, quick=wanted.quick)


def _carry_out(parts: Sequence[str], *, quick: bool) -> int:
    """Returns the exit code."""
    report = Report(quick)
    for name in parts:
        began = time.monotonic()
        with workplace() as folder:
            importlib.import_module(f"bench.faults.{name}").main(report, folder)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return report.end()


def _lane(parts: Sequence[str]) -> None:
    sys.exit(_carry_out(parts, quick=True))


def _lanes() -> int:
    """The quick run: two processes side by side, forked once everything is loaded. The worse of their ends."""
    for name in QUICK:
        importlib.import_module(f"bench.faults.{name}")
    fork = multiprocessing.get_context("fork")
    running = [fork.Process(target=_lane, args=(lane,)) for lane in LANES]
    for lane in running:
        lane.start()
    for lane in running:
        lane.join()
    return 0 if all(lane.exitcode == 0 for lane in running) else 1


if __name__ == "__main__":
    sys.exit(main())
