"""Programs in Node: bundled from this folder, run with one JSON order, heard line by line."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.ground import ROOT, run

HERE = ROOT / "bench" / "faults"


def bundled(name: str, folder: Path) -> Path:
    """One file of `bench/faults/` with the client code that it imports."""
    out = folder / name
    if not out.exists():
        esbuild = ROOT / "node_modules" / ".bin" / "esbuild"
        options = ["--bundle", "--platform=node", "--format=esm", "--target=node20", "--log-level=warning"]
        build = '--define:BUILD="' + "0" * 16 + '"'
        run([esbuild, HERE / name, *options, build, f"--outfile={out}"], f"building {name}", quiet=True)
    return out


class Program:
    """A running script. `heard` is called with each JSON line that it prints; `said` keeps them."""

    def __init__(
        self, script: Path, order: object, heard: Callable[[dict[str, Any]], None] | None = None
    ) -> None:
        self.said: list[dict[str, Any]] = []
        self.trouble = ""
        self._heard = heard
        self.process = subprocess.Popen(
            ["node", "--max-old-space-size=600", str(script), json.dumps(order)],
            cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self._threads = [
            threading.Thread(target=one, daemon=True) for one in (self._listen, self._complaints)
        ]
        for thread in self._threads:
            thread.start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            said = json.loads(line)
            self.said.append(said)
            if self._heard:
                self._heard(said)

    def _complaints(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.trouble += line

    def tell(self, order: object) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self, patience: float) -> dict[str, Any]:
        """Its last line. Raises RuntimeError when it ended badly, TimeoutExpired when it did not end."""
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        for thread in self._threads:
            thread.join(10)
        if code != 0 or not self.said:
            raise RuntimeError(f"it ended with {code}: {self.trouble[-2000:]}")
        return self.said[-1]
