"""The app in Firefox ESR, driven over WebDriver BiDi by npm puppeteer-core (firefox.mjs)."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

from bench.faults import hooks, node
from bench.faults.server import until
from bench.intake import install
from scripts.ground import apt


def firefox() -> Path | None:
    """$FIREFOX, an installed Firefox ESR, or one installed now; None where none of these can be had."""
    if named := os.environ.get("FIREFOX"):
        return Path(named)
    for _try in range(2):
        if found := shutil.which("firefox-esr") or shutil.which("firefox"):
            return Path(found)
        if not apt(["firefox-esr"]):
            break
    return None


class FirefoxPhone:
    def __init__(self, program: Path, profile: Path, url: str) -> None:
        install()
        self._program, self._profile, self._url = program, profile, url
        profile.mkdir(exist_ok=True)
        self._driver: node.Program | None = None
        self._start()

    def _start(self) -> None:
        order = {
            "program": str(self._program), "profile": str(self._profile), "url": self._url, "hook": hooks.RECORDER,
        }  # fmt: skip
        self._driver = node.Program(node.HERE / "firefox.mjs", order)
        self._pid = int(self._answer(1)["pid"])

    def _answer(self, number: int) -> dict[str, Any]:
        driver = self._driver
        assert driver is not None

        def look() -> bool:
            if driver.process.poll() is not None:
                raise RuntimeError(f"Firefox's driver ended: {driver.trouble[-1500:]}")
            return len(driver.said) >= number

        until("Firefox answers", look)
        said = driver.said[number - 1]
        if "error" in said:
            raise RuntimeError(said["error"])
        return said

    def _do(self, verb: str, *values: str) -> dict[str, Any]:
        assert self._driver is not None
        number = len(self._driver.said) + 1
        self._driver.tell([verb, *values])
        return self._answer(number)

    def enrol(self, secret: str) -> None:
        self._do("enrol", secret)

    def record(self, kind: str) -> float:
        return float(self._do("record", kind.capitalize())["began"]) / 1000

    def kill(self) -> float:
        at = time.time()
        # The browser is the leader of a group of its own; its content processes are in it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        assert self._driver is not None
        self._driver.kill()
        for left in ("lock", ".parentlock"):
            (self._profile / left).unlink(missing_ok=True)
        return at

    def reopen(self) -> None:
        self._start()
        self._do("reopen")

    def close(self) -> None:
        self.kill()
