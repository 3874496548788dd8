"""Make a fresh clone ready: `.venv`, npm packages, built client, compiled catalogues. Does only what changed.

`python -m scripts.prepare run` or `... test`, with any Python 3.11 of the system.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from scripts.ground import PYTHON, ROOT, STAMPS, VENV, Missing, apt, run, say, succeeds

NODE_RUN = (20, 0)
NODE_TEST = (20, 19)  # what vitest asks for


def digest(paths: Iterable[Path], *more: str) -> str:
    """A hash of names and bytes of files, and of texts."""
    total = hashlib.sha256("\0".join(more).encode())
    for path in sorted(paths):
        total.update(f"\0{path.relative_to(ROOT)}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def node(minimum: tuple[int, int]) -> str:
    """The path of Node. Ends with 2, naming what to install, if it or npm is absent or too old."""
    wanted = ".".join(map(str, minimum))
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        raise Missing(
            f"Node {wanted} or newer with npm is needed. On Debian 13, Ubuntu 25.04 or later: "
            "sudo apt-get install nodejs npm. Otherwise install it from nodejs.org."
        )
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    numbers = re.match(r"v(\d+)\.(\d+)", version)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < minimum:
        raise Missing(
            f"Node {wanted} or newer is needed; this one is {version}. Install a newer one from nodejs.org."
        )
    return found


def venv() -> None:
    """Make `.venv`, or make it anew if it was left half done."""
    if PYTHON.exists() and succeeds([PYTHON, "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]):
        return
    if not _has_ensurepip():
        # Debian takes these two out of Python and puts them into a package of their own.
        here = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if not (apt(["python3-venv"]) and _has_ensurepip()) and not (apt([here]) and _has_ensurepip()):
            raise Missing("Python can't make environments yet: sudo apt-get install python3-venv")
    say("Python environment: making .venv ...")
    if VENV.exists():
        shutil.rmtree(VENV)
    run([sys.executable, "-m", "venv", VENV], "making .venv")


def _has_ensurepip() -> bool:
    return succeeds([sys.executable, "-c", "import ensurepip, venv"])


def python_packages(purpose: str) -> None:
    """Install what the server needs, and for tests what the tests need beside it."""
    needed = _requirements(["requirements.txt"])
    if purpose == "test":
        needed |= _requirements(["requirements.txt", "requirements-dev.txt"])
    if all(_stamped(stamp, now) for stamp, now in needed.items()):
        return
    last = list(needed)[-1].name.removeprefix(".") + ".txt"
    say("Python packages: installing; the first time this takes about a minute ...")
    run(
        [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-qq", "-r", last],
        "installing the Python packages",
    )
    for stamp, now in needed.items():
        stamp.write_text(now)


def _requirements(names: list[str]) -> dict[Path, str]:
    return {VENV / f".{Path(names[-1]).stem}": digest([ROOT / name for name in names], sys.version)}


def npm_packages() -> None:
    now = digest([ROOT / "package.json", ROOT / "package-lock.json"])
    stamp = ROOT / "node_modules" / ".temoin"
    if _stamped(stamp, now):
        return
    say("Node packages: installing ...")
    run(
        ["npm", "ci", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"],
        "installing the Node packages",
    )
    stamp.write_text(now)


def client(program: str) -> None:
    out = ROOT / "static" / "dist" / "build.json"
    folder = ROOT / "client"
    beside = {"node_modules", "tests"}  # what vitest keeps, and what isn't built in
    sources = [p for p in folder.rglob("*") if p.is_file() and not beside & {*p.relative_to(folder).parts}]
    shared = [
        *(ROOT / "app").rglob("*.json"),
        ROOT / "package-lock.json",
    ]  # the client builds the vocabulary in
    now = digest([*sources, *shared], out.read_text() if out.exists() else "")
    stamp = STAMPS / "client"
    if out.exists() and _stamped(stamp, now):
        return
    say("Client: building ...")
    run([program, "client/build.mjs"], "building the client")
    stamp.write_text(digest([*sources, *shared], out.read_text()))


def catalogues() -> None:
    """Compile the texts of every folder of translations."""
    for folder in sorted({path.parents[2] for path in (ROOT / "app").glob("**/LC_MESSAGES/*.po")}):
        texts = list(folder.glob("*/LC_MESSAGES/*.po"))
        now = digest(texts)
        stamp = STAMPS / f"texts-{folder.parent.name}"
        if all(path.with_suffix(".mo").exists() for path in texts) and _stamped(stamp, now):
            continue
        say("Languages: compiling ...")
        babel: list[str | Path] = [
            PYTHON,
            "-m",
            "babel.messages.frontend",
            "--quiet",
            "compile",
            "-d",
            str(folder),
            "-D",
            " ".join(sorted({path.stem for path in texts})),
        ]
        run(babel, "compiling the languages")
        stamp.write_text(now)


def compiled() -> None:
    """Compile our own Python. Children that open media begin by the hundred, and may not write what they compile."""
    sources = [*(ROOT / "app").rglob("*.py"), *(ROOT / "scripts").glob("*.py")]
    now, stamp = digest(sources, sys.version), STAMPS / "compiled"
    if _stamped(stamp, now) and (ROOT / "app" / "__pycache__").is_dir():
        return
    run([PYTHON, "-m", "compileall", "-q", "app", "scripts", "config.py", "wsgi.py"], "compiling the server")
    stamp.write_text(now)


def _stamped(stamp: Path, now: str) -> bool:
    return stamp.is_file() and stamp.read_text() == now


def main(purpose: str) -> None:
    os.chdir(ROOT)
    STAMPS.mkdir(exist_ok=True)
    with (STAMPS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two terminals at once
        program = node(NODE_TEST if purpose == "test" else NODE_RUN)
        venv()
        python_packages(purpose)
        npm_packages()
        client(program)
        catalogues()
        compiled()


if __name__ == "__main__":
    main(sys.argv[1])
