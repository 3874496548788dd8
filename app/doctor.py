"""Which protections hold on this machine, said plainly. For `flask doctor`."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator

from flask import current_app

from app.blobs import blobs
from app.clock import now_ms
from app.keys import keys
from app.worker import last_alive

Finding = tuple[str, bool, str]
KERNEL = {
    "landlock": (
        "a child can open, make or remove no file and connect nowhere",
        "this kernel has none: a child can't open files only because it may hold no more descriptors",
    ),
    "seccomp": (
        "a child makes only the calls that computing and reading open files need",
        "this kernel or machine has none: a child could still try every call of the kernel",
    ),
}
"""Limits of the child processes that need the kernel's help: what is so with them and without."""


def findings() -> Iterator[Finding]:
    """(name, holds, what was found) of each protection."""
    config = current_app.config["TEMOIN"]
    yield "custody", not keys().is_practice, "practice keys" if keys().is_practice else "set up"
    loose = [
        p.name
        for p in (keys().web, keys().worker, keys().practice)
        if p.exists() and stat.S_IMODE(p.stat().st_mode) & 0o077
    ]
    yield (
        "key folders",
        not loose,
        f"readable by others: {', '.join(loose)}" if loose else "only their owner reads them",
    )
    free = blobs().free()
    yield (
        "disk",
        free > 2 * config.reserve,
        f"{free // 1_000_000} MB free, uploads stop below {config.reserve // 1_000_000} MB",
    )
    alive = last_alive(config.instance)
    yield "worker", alive is not None and now_ms() - alive < 120_000, "runs" if alive else "never ran"
    yield (
        "backup",
        config.backup,
        "set up" if config.backup else "none: phones keep their copies 14 days after the receipt",
    )
    held = _child_limits()
    yield "child limits", "memory" in held, ", ".join(name for name in held if name not in KERNEL)
    for name, (have, lack) in KERNEL.items():
        yield name, name in held, have if name in held else lack
    yield (
        "age",
        shutil.which("age") is not None,
        "stock age is installed"
        if shutil.which("age")
        else "not installed; only needed to open originals here",
    )


def _child_limits() -> list[str]:
    """Confine a fresh process and hear what is in force."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); from app.sandbox import confine; print(*confine(1<<30, 10, 1<<20), sep='\\n')"
    root = str(current_app.config["ROOT"])
    run = subprocess.run(
        [sys.executable, "-I", "-c", code, root], capture_output=True, text=True, timeout=30, check=True
    )
    return run.stdout.split()
