"""`make faults`: everything at full size. `make faults-quick`: a bounded part of each, for `make test`."""

from __future__ import annotations

import argparse
import importlib
import sys
import time

from bench.faults.report import Report
from bench.figures import workplace

QUICK = ("storm", "kill", "load", "limits", "peer")
PARTS = (*QUICK, "foreign", "pages", "clocks")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a bounded part of each")
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    wanted = parser.parse_args()
    report = Report(wanted.quick)
    for name in wanted.parts or (QUICK if wanted.quick else PARTS):
        began = time.monotonic()
        with workplace() as folder:
            importlib.import_module(f"bench.faults.{name}").main(report, folder)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
