"""`make bench`: figures at full size. `python -m bench --quick`: a hundredth, to see that they can be had."""

from __future__ import annotations

import argparse
import importlib
import sys

from bench import figures

PARTS = ("intake", "sealing", "scrub", "register", "desk")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundredth of each size")
    parser.add_argument("parts", nargs="*", default=PARTS, help=", ".join(PARTS))
    wanted = parser.parse_args()
    if wanted.quick:
        figures.quick()
    for part in wanted.parts:
        # A part may also be run by itself and then reads its own options.
        sys.argv = [f"bench.{part}", *(["--quick"] if wanted.quick else [])]
        importlib.import_module(f"bench.{part}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
