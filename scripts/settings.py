"""Writes docs/settings.md from `config.py`: `.venv/bin/python -m scripts.settings`."""

from __future__ import annotations

from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from config import ROOT, Config

PAGE = Path("docs/settings.md")

HEAD = """# Settings

All settings come from the environment; there is no settings file to keep secret. A name that begins with
`TEMOIN_` and isn't listed here is refused at start, so that a misspelt setting never passes for a set one.
Written from `config.py` by `python -m scripts.settings`; a test compares the two.

| name | default | what it does |
|---|---|---|
"""

TAIL = """
Yes/no settings take `yes` or `no` (also `1`, `true`, `on`, and their opposites).

Only for development: `PYTHON` names the Python that makes `.venv`; `CHROMIUM`, `FIREFOX`, `AGE` and `EXIFTOOL` name the
browsers and the commands `age` and `exiftool` that the tests use; `CI=true` makes a skipped test a failure.
"""


def settings() -> list[Field[Any]]:
    """The fields of Config that the environment sets."""
    return [field for field in fields(Config) if "env" in field.metadata]


def shown(value: Any) -> str:
    """A default as the page writes it."""
    if isinstance(value, Path):
        return f"`{value.relative_to(ROOT)}`" if value.is_relative_to(ROOT) else f"`{value}`"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value == "":
        return "empty"
    if isinstance(value, int) and value >= 1024**2 and value % 1024**2 == 0:
        size, unit = (value // 1024**3, "GiB") if value % 1024**3 == 0 else (value // 1024**2, "MiB")
        return f"`{value}` ({size} {unit})"
    return f"`{value}`"


def page() -> str:
    """The whole text of docs/settings.md."""
    rows = [f"| `{f.metadata['env']}` | {shown(f.default)} | {f.metadata['help']} |\n" for f in settings()]
    return HEAD + "".join(rows) + TAIL


if __name__ == "__main__":
    (ROOT / PAGE).write_text(page())
