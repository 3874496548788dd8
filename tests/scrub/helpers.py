"""What the tests of cleaning share: clean bytes in memory, and look for canaries."""

from __future__ import annotations

import io

from app.scrub import Report, plan, scrub


def cleaned(data: bytes) -> tuple[bytes, Report]:
    """The checked copy and its report."""
    out = io.BytesIO()
    report = scrub(io.BytesIO(data), out)
    return out.getvalue(), report


def planned(data: bytes) -> tuple[bytes, Report]:
    """The copy as the stripper alone makes it."""
    source = io.BytesIO(data)
    edits, report = plan(source)
    return edits.open(source).read(), report


def holds(data: bytes, canary: str) -> bool:
    return any(canary.encode(code) in data for code in ("utf-8", "utf-16-le", "utf-16-be"))


def parts(report: Report) -> set[str]:
    return {item.part for item in report.removed}
