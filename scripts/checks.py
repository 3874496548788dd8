"""`make check` and `make test`: stages in order, the first that fails ends it, one summary at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from scripts import postgres, tools
from scripts.ground import PYTHON, ROOT, STAMPS, say

PY = str(PYTHON)
PYTEST = [PY, "-m", "pytest", "-q", "--durations=5"]
IN_TWO = [*PYTEST, "-n", "2"]
# By file and in their own order. Not more at a time: with four on two cores a browser's camera gives no picture for two
# seconds, and the app rightly says so.
JOURNEY = [*IN_TWO, "--dist", "loadfile", "--no-loadscope-reorder"]
VITEST = ["npm", "run", "--silent", "test", "--", "--reporter=default", "--reporter=junit"]


@dataclass
class Stage:
    name: str
    commands: Sequence[Sequence[str]]
    report: Path | None = None  # JUnit XML that the last command writes
    needs: Callable[[], dict[str, str]] = field(default=dict)  # more environment, made when the stage begins


@dataclass
class Counts:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed" + (
            f", {self.skipped} skipped" if self.skipped else ""
        )


def programs() -> dict[str, str]:
    found = {
        "CHROMIUM": tools.chromium,
        "FIREFOX": tools.firefox,
        "AGE": tools.age,
        "EXIFTOOL": tools.exiftool,
        "POSTGRES": postgres.programs,
    }
    return {name: str(find()) for name, find in found.items()}


CHECK = [
    Stage("Python style", [[PY, "-m", "ruff", "check", "-q"], [PY, "-m", "ruff", "format", "--check", "-q"]]),
    Stage("Python types", [[PY, "-m", "mypy"]]),
    Stage("client style and types", [["npm", "run", "--silent", "check"]]),
]

SERVER = STAMPS / "server.xml"
CLIENT = STAMPS / "client.xml"
JOURNEYS = STAMPS / "journeys.xml"

TEST = [
    *CHECK,
    Stage(
        "server",
        [[*IN_TWO, "-m", "not journey and not webkit", f"--junitxml={SERVER}"]],
        SERVER,
        programs,
    ),
    Stage("client", [[*VITEST, f"--outputFile.junit={CLIENT}"]], CLIENT, programs),
    Stage(
        "journeys",
        [[*JOURNEY, "-m", "journey", f"--junitxml={JOURNEYS}", "tests/journeys"]],
        JOURNEYS,
        programs,
    ),
    Stage("figures, a hundredth", [[PY, "-m", "bench", "--quick"]], needs=programs),
    Stage("faults, a part", [[PY, "-m", "bench.faults", "--quick"]], needs=programs),
]


def counted(report: Path) -> Counts:
    """What a JUnit report says."""
    counts = Counts()
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):  # noqa: S314  our own runner wrote it
        total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped") or 0)
        failed = int(suite.get("failures") or 0) + int(suite.get("errors") or 0)
        counts += Counts(total - skipped - failed, failed, skipped)
    return counts


def strict() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def _ends_well(command: Sequence[str], environment: dict[str, str]) -> bool:
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


def carry_out(stage: Stage) -> tuple[bool, Counts]:
    if stage.report:
        stage.report.parent.mkdir(exist_ok=True)
        stage.report.unlink(missing_ok=True)
    environment = {**os.environ, **stage.needs()}
    well = all(_ends_well(command, environment) for command in stage.commands)
    if stage.report is None:
        return well, Counts()
    if not stage.report.exists():
        return False, Counts()
    counts = counted(stage.report)
    return well and counts.failed == 0 and counts.passed > 0 and not (strict() and counts.skipped), counts


def main(stages: Sequence[Stage]) -> int:
    lines: list[str] = []
    total, well = Counts(), True
    for stage in stages:
        say(f"\n=== {stage.name}")
        began = time.monotonic()
        well, counts = carry_out(stage)
        total += counts
        told = str(counts) if stage.report else ("clean" if well else "not clean")
        lines.append(
            f"  {'ok    ' if well else 'FAILED'} {stage.name:<24} {time.monotonic() - began:5.0f} s  {told}"
        )
        if not well:
            break
    lines += [f"  not run {stage.name}" for stage in stages[len(lines) :]]
    say("\n=== summary\n" + "\n".join(lines))
    if total.passed or total.failed:
        say(f"\n{total}")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(TEST if sys.argv[1] == "test" else CHECK))
