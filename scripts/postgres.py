"""A PostgreSQL of one's own, for tests and figures: started in a folder that is gone afterwards, heard on no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.ground import Missing, apt, is_root, run, succeeds

_WHERE = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")


def programs() -> Path:
    """The folder of initdb and pg_ctl: $POSTGRES, an installed one, apt as root. Else ends with 2."""
    if named := os.environ.get("POSTGRES"):
        if not _starts(Path(named)):
            raise Missing(f"POSTGRES={named} holds no initdb and pg_ctl that start.")
        return Path(named)
    if found := _installed():
        return found
    if apt(["postgresql"]) and (found := _installed()):
        return found
    raise Missing(
        "The register is tested on PostgreSQL too: sudo apt-get install postgresql, or POSTGRES=/path/to/its/bin"
    )


def _installed() -> Path | None:
    beside = shutil.which("initdb")
    folders = [Path(beside).parent] if beside else []
    for pattern in _WHERE:
        folders += sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
    return next((folder for folder in folders if _starts(folder)), None)


def _starts(folder: Path) -> bool:
    return all(succeeds([folder / name, "--version"]) for name in ("initdb", "pg_ctl"))


@contextmanager
def running(safe: bool = True) -> Iterator[str]:
    """A fresh server; the SQLAlchemy URL of its empty database. `safe=False`: without waiting for the disk."""
    bin_ = programs()
    # Its socket lies in the folder, and the path of a socket may have about 100 letters.
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        user = None
        if is_root():  # it refuses to be root
            user = "postgres"
            shutil.chown(folder, user)
        data = folder / "data"
        _do(
            user,
            folder,
            bin_ / "initdb",
            "-D",
            data,
            "-A",
            "trust",
            "-U",
            "temoin",
            "-E",
            "UTF8",
            "--no-locale",
            "--no-sync",
        )
        options = f"-c listen_addresses= -k {folder}" + (
            "" if safe else " -c fsync=off -c full_page_writes=off"
        )
        _do(user, folder, bin_ / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "start")
        try:
            yield f"postgresql+psycopg://temoin@/postgres?host={folder}"
        finally:
            _do(user, folder, bin_ / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def _do(user: str | None, folder: Path, *command: str | Path) -> None:
    done = subprocess.run(
        [str(part) for part in command], user=user, group=user, extra_groups=[] if user else None, cwd=folder,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        log = folder / "log"
        raise RuntimeError(f"{command[0]}: {done.stderr} {log.read_text() if log.exists() else ''}")


if __name__ == "__main__":
    run([programs() / "initdb", "--version"], "starting PostgreSQL")
