"""The app in Firefox ESR, killed and started again: the journeys' phone, with the moment at which a recording began."""

from __future__ import annotations

from pathlib import Path

from bench.faults import hooks
from tests.journeys.firefox_app import FirefoxPhone as Journey


class FirefoxPhone:
    def __init__(self, profile: Path, url: str) -> None:
        profile.mkdir(exist_ok=True)
        self._app = Journey(profile, url, hooks.RECORDER)

    def enrol(self, secret: str) -> None:
        self._app.do("enrol", secret)

    def record(self, kind: str) -> float:
        """Start. Returns when it began, seconds."""
        return float(self._app.do("begin", kind.capitalize())) / 1000

    def kill(self) -> float:
        """Returns when, seconds."""
        return self._app.kill()

    def reopen(self) -> None:
        self._app.open()
        self._app.do("reopen")
        self._app.do("sent")

    def close(self) -> None:
        self._app.close()
