"""Looking for plaintext where there must be none: random windows of the originals, and canaries in three encodings."""

from __future__ import annotations

import os
import random
import secrets
import string
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LENGTH = 32


def canary() -> str:
    """24 random characters that no compression shortens and no other text holds."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _n in range(24))


def windows(original: bytes, count: int = 1000) -> list[bytes]:
    """Random high-entropy windows: at least 24 different bytes of 32, none of which would break a line of grep's list."""
    found: list[bytes] = []
    chance = random.Random(7)  # the same windows in every run over the same bytes
    for _try in range(count * 200):
        start = chance.randrange(max(1, len(original) - LENGTH))
        window = original[start : start + LENGTH]
        if len(set(window)) >= 24 and b"\n" not in window and b"\0" not in window:
            found.append(window)
            if len(found) == count:
                break
    return found


def spellings(text: str) -> list[bytes]:
    return [text.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")]


def files_with(needles: list[bytes], folder: Path, scratch: Path) -> list[str]:
    """Names of the files below `folder` that hold any of `needles`."""
    # A needle in UTF-16 has zero bytes, which grep's list of fixed strings can't hold.
    plain = [n for n in needles if b"\0" not in n and b"\n" not in n]
    odd = [n for n in needles if n not in plain]
    found: set[str] = set()
    if plain:
        listed = scratch / "needles"
        listed.write_bytes(b"\n".join(plain))
        run = subprocess.run(
            ["grep", "-rlaF", "-f", listed, folder], env={**os.environ, "LC_ALL": "C"}, capture_output=True, check=False,
        )  # fmt: skip
        assert run.returncode in {0, 1, 2}, run.stderr
        found |= set(os.fsdecode(run.stdout).splitlines())
        listed.unlink()
    for path in folder.rglob("*"):
        if odd and path.is_file() and not path.is_symlink():
            with suppress(FileNotFoundError):
                data = path.read_bytes()
                if any(needle in data for needle in odd):
                    found.add(str(path))
    return sorted(found)


@contextmanager
def kept_copies(folders: list[Path], into: Path) -> Iterator[None]:
    """While this lasts, every file that appears below `folders`, however short-lived, is linked into `into`."""
    into.mkdir()
    seen: set[int] = set()
    ended = threading.Event()

    def look() -> None:
        for folder in folders:
            for path in folder.rglob("*"):
                with suppress(OSError):
                    if path.is_file() and (number := path.stat().st_ino) not in seen:
                        os.link(path, into / f"{number}-{path.name}")
                        seen.add(number)

    def watch() -> None:
        while not ended.wait(0.01):
            look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        look()
