"""The phone app in Firefox ESR, driven by firefox.mjs: Playwright speaks only with a Firefox of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from scripts import tools
from scripts.ground import ROOT


class FirefoxPhone:
    """One profile. `kill` is `kill -9` of the whole browser; `open` starts it again on the same profile. `hook`: what a
    test does to each page before it loads."""

    def __init__(self, profile: Path, url: str, hook: str = "") -> None:
        self.profile, self.url, self._hook = profile, url, hook
        self._driver: subprocess.Popen[str] | None = None
        self.open()

    def open(self) -> None:
        for left in ("lock", ".parentlock"):
            (self.profile / left).unlink(missing_ok=True)
        order = {
            "program": str(tools.firefox()),
            "profile": str(self.profile),
            "url": self.url,
            "hook": self._hook,
        }
        self._driver = subprocess.Popen(
            ["node", ROOT / "tests" / "journeys" / "firefox.mjs", json.dumps(order)],
            cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._pid = int(self._answer()["pid"])

    def _answer(self) -> dict[str, Any]:
        assert self._driver is not None and self._driver.stdout is not None
        line = self._driver.stdout.readline()
        assert line, "Firefox or its driver ended"
        said: dict[str, Any] = json.loads(line)
        assert "error" not in said, said["error"]
        return said

    def do(self, act: str, *values: str) -> Any:
        assert self._driver is not None and self._driver.stdin is not None
        self._driver.stdin.write(json.dumps([act, *values]) + "\n")
        self._driver.stdin.flush()
        return self._answer()["done"]

    def kill(self) -> float:
        """Returns when, Unix time in seconds."""
        assert self._driver is not None
        processes = self._processes()
        at = time.time()
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._end()
        return at

    def close(self) -> None:
        if self._driver is not None:
            with contextlib.suppress(AssertionError, OSError):
                self.do("close")
            self._end()

    def _end(self) -> None:
        driver, self._driver = self._driver, None
        assert driver is not None
        driver.kill()
        driver.communicate()

    def _processes(self) -> list[int]:
        """The browser and everything below it."""
        below: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                    below.setdefault(parent, []).append(int(entry.name))
        found = [self._pid]
        for one in found:
            found += below.get(one, [])
        return found
