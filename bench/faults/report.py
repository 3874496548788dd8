"""What a run found: one JSON line a figure, and at the end whether every promise held."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field


@dataclass
class Report:
    """`quick`: a bounded part of every size. A promise that is counted must hold in any run; one that is timed
    says more about the machine in a short run beside other work, and then only `make faults` fails for it."""

    quick: bool
    broken: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)

    def sized(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    def count(self, name: str, value: int, most: int | None = None, *, least: int | None = None) -> None:
        """A number of things; `most` and `least` are promises."""
        met = (most is None or value <= most) and (least is None or value >= least)
        goal = f"<= {most}" if most is not None else f">= {least}" if least is not None else None
        self._line(name, value, "", None, goal, met)
        if not met:
            self.broken.append(f"{name}: {value}, promised {goal}")

    def figure(
        self, name: str, value: float, unit: str, baseline: float | None = None, *,
        most: float | None = None, least: float | None = None, ratio: float | None = None,
    ) -> None:  # fmt: skip
        """A measurement. Goals: `most` and `least` of the value, or the least `ratio` of value to baseline."""
        share = value / baseline if baseline else None
        met = (
            (most is None or value <= most)
            and (least is None or value >= least)
            and (ratio is None or (share is not None and share >= ratio))
        )
        goal = (
            f"<= {most} {unit}" if most is not None
            else f">= {least} {unit}" if least is not None
            else f">= {ratio} x baseline" if ratio is not None
            else None
        )  # fmt: skip
        self._line(name, value, unit, baseline, goal, met)
        if not met:
            self.slow.append(f"{name}: {value:.3g} {unit}, goal {goal}")

    def cannot(self, name: str, why: str) -> None:
        """Something that this machine does not allow to be tried."""
        self.absent.append(f"{name}: {why}")
        print(
            json.dumps(
                {"name": name, "value": None, "unit": "", "tried": False, "why": why}, ensure_ascii=False
            ),
            flush=True,
        )

    def _line(
        self, name: str, value: float, unit: str, baseline: float | None, goal: str | None, met: bool
    ) -> None:
        share = round(value / baseline, 3) if baseline else None
        line = {
            "name": name,
            "value": _short(value),
            "unit": unit,
            "baseline": _short(baseline),
            "ratio": share,
        }
        if goal is not None:
            line |= {"goal": goal, "met": met}
        print(json.dumps(line, ensure_ascii=False), flush=True)

    def end(self) -> int:
        """Says what did not hold. Returns the exit code."""
        for said, lines in (("BROKEN", self.broken), ("missed", self.slow), ("not tried", self.absent)):
            for line in lines:
                print(f"{said}: {line}", file=sys.stderr, flush=True)
        return 1 if self.broken or (self.slow and not self.quick) else 0


def _short(value: float | None) -> float | None:
    return value if value is None or isinstance(value, int) else round(value, 3 if abs(value) < 10 else 1)


def worst(values: list[float]) -> float:
    return max(values, default=0.0)


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of them don't exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
