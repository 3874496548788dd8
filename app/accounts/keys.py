"""Secrets of the desk: made at the first start, in the data folder, never in the database."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path


def desk_secrets(instance: Path) -> dict[str, str]:
    """`session` signs cookies, `totp` encrypts second factors at rest, `pepper` goes into password hashes."""
    path = instance / "keys" / "web" / "desk.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _make(path)
        kept: dict[str, str] = json.loads(path.read_text())
    except PermissionError:
        return _fresh()  # the worker's user: it serves nobody, so secrets of its own open nothing
    return kept


def _fresh() -> dict[str, str]:
    return {name: secrets.token_urlsafe(48) for name in ("session", "totp", "pepper")}


def _make(path: Path) -> None:
    made = _fresh()
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(made, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(partial, path)  # fails where another process was first: then its secrets count
    except FileExistsError:
        pass
    finally:
        partial.unlink()
