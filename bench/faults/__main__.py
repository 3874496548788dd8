"""`make faults`: everything at full size. `make faults-quick`: a bounded part of the first five, for `make test`."""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import sys
import time
from collections.abc import Sequence

from bench.faults.report import Report
from bench.figures import workplace

# Much is waiting, so what is counted goes two at a time; what is timed at full size has the machine for itself.
QUICK = (("storm", "limits"), ("kill", "load", "peer"))
COUNTED = (("storm", "limits"), ("peer", "foreign", "pages", "clocks"))
TIMED = ("kill", "load")
PARTS = tuple(part for lane in COUNTED for part in lane) + TIMED


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a bounded part of " + ", ".join(sum(QUICK, ())))
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    wanted = parser.parse_args()
    if wanted.parts:
        return _carry_out(wanted.parts, quick=wanted.quick)
    if wanted.quick:
        return _side_by_side(QUICK, quick=True)
    return max(_side_by_side(COUNTED, quick=False), _carry_out(TIMED, quick=False))


def _carry_out(parts: Sequence[str], *, quick: bool) -> int:
    """Returns the exit code."""
    report = Report(quick)
    for name in parts:
        began = time.monotonic()
        with workplace() as folder:
            importlib.import_module(f"bench.faults.{name}").main(report, folder)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return report.end()


def _lane(parts: Sequence[str], quick: bool) -> None:
    sys.exit(_carry_out(parts, quick=quick))


def _side_by_side(lanes: Sequence[Sequence[str]], *, quick: bool) -> int:
    """Each lane in a process of its own, forked once everything is loaded. The worst of their ends."""
    for lane in lanes:
        for name in lane:
            importlib.import_module(f"bench.faults.{name}")
    fork = multiprocessing.get_context("fork")
    running = [fork.Process(target=_lane, args=(lane, quick)) for lane in lanes]
    for one in running:
        one.start()
    for one in running:
        one.join()
    return 0 if all(one.exitcode == 0 for one in running) else 1


if __name__ == "__main__":
    sys.exit(main())
