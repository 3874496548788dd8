"""The confined process that cleans files for the command line, one after the other.

It is given two open files (source, target) and can open no other. Standard input: one JSON line an
order, `{"size": bytes of the source, "check": bool}`. Standard output: one JSON line an answer,
`{"report": ..., "facts": ..., "size": bytes written}` or `{"refused": one line, "unclean": whether it
was the check that refused}`. It ends at the end of its input.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, BinaryIO

from app.scrub import CheckFailed, Refused, check, limits, plan
from app.scrub.window import window


def main(source_fd: int, target_fd: int, confine: Callable[[], object]) -> int:
    """Load everything, call `confine`, then serve. The limits come from outside: this package is pure."""
    source, target = os.fdopen(source_fd, "rb"), os.fdopen(target_fd, "wb")
    confine()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        _soft(resource.RLIMIT_CPU, int(time.process_time()) + 1 + limits.seconds(order["size"]))
        try:
            answer = _clean(window(source, order["size"]), target, order["check"])
        except Refused as error:
            answer = {"refused": str(error), "unclean": isinstance(error, CheckFailed)}
        except MemoryError:
            answer = {"refused": "the file needs more memory than allowed"}
        answer["cpu"] = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        print(json.dumps(answer), flush=True)
    return 0


def _soft(which: int, value: int) -> None:
    """A limit for the present order, below the one that holds for good."""
    most = resource.getrlimit(which)[1]
    resource.setrlimit(which, (value if most < 0 else min(value, most), most))


def _clean(source: BinaryIO, target: BinaryIO, checked: bool) -> dict[str, Any]:
    _soft(resource.RLIMIT_AS, limits.STRIPPING)
    edits, report = plan(source)
    if checked:
        _soft(resource.RLIMIT_AS, limits.memory(report))
        report = check.check(source, edits.open(source), report)
    target.seek(0)
    target.truncate()
    digests = edits.write(source, target)
    target.flush()
    report = replace(
        report,
        sha256_before=digests.before,
        sha256_after=digests.after,
        size_before=digests.size_before,
        size_after=digests.size_after,
    )
    return {"report": report.to_json(), "facts": report.facts.to_json(), "size": digests.size_after}
