"""The ground everything else stands on: paths, plain words on the terminal, programs of the system."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = ROOT / ".build"


class Missing(SystemExit):
    """Something must be installed first. Ends the program with 2, after `message` has named it."""

    def __init__(self, message: str) -> None:
        print(f"\n{message}", file=sys.stderr, flush=True)
        super().__init__(2)


def say(message: str) -> None:
    print(message, flush=True)


def run(command: Sequence[str | Path], doing: str, quiet: bool = False) -> None:
    """Run a command in the project's folder. On failure says what was being done and ends with its code.
    `quiet`: what it prints goes to the error stream, so that figures stay alone on the other."""
    output = sys.stderr if quiet else None
    done = subprocess.run([str(part) for part in command], cwd=ROOT, check=False, stdout=output)
    if done.returncode != 0:
        print(f"\nStopped: {doing} failed; the reason stands above.", file=sys.stderr, flush=True)
        raise SystemExit(done.returncode if done.returncode > 0 else 1)


def succeeds(command: Sequence[str | Path], **environment: str) -> bool:
    """Whether a command ends with 0. It gets no input and shows nothing."""
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def is_root() -> bool:
    return os.geteuid() == 0


def apt(packages: Sequence[str]) -> bool:
    """Install Debian packages as root. False where that can't be done or doesn't work."""
    tool = shutil.which("apt-get")
    if not is_root() or tool is None:
        return False
    say(f"Installing {' '.join(packages)} with apt-get ...")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    install = [tool, "install", "-y", "-qq", "--no-install-recommends", *packages]
    # The second time with fresh lists: they may be old or absent.
    return succeeds(install, **quiet) or (succeeds([tool, "update", "-qq"]) and succeeds(install, **quiet))
