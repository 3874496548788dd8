"""All settings, from the environment. Unknown `TEMOIN_*` names are refused: a misspelt setting must not pass for a set one.

`docs/settings.md` documents each; `tests/test_settings.py` holds the two together.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
THREADS = 64  # of the web server, at most; each finds a connection to the database


class ConfigError(Exception):
    """A setting is unknown or has a value that can't be used; the message names it."""


def _flag(text: str) -> bool:
    if text.lower() in {"1", "yes", "true", "on"}:
        return True
    if text.lower() in {"", "0", "no", "false", "off"}:
        return False
    raise ValueError("yes or no")


def _rio_digits(text: str) -> int:
    if not 4 <= int(text) <= 12:
        raise ValueError("4 to 12")
    return int(text)


def _setting(env: str, default: Any, read: Callable[[str], Any], text: str) -> Any:
    return field(default=default, metadata={"env": env, "read": read, "help": text})


@dataclass(frozen=True)
class Config:
    """Everything the application may be told. Sizes in bytes, times in seconds unless the name says otherwise."""

    instance: Path = _setting("INSTANCE", ROOT / "instance", Path, "Data folder: database, keys, blobs.")
    host: str = _setting("HOST", "127.0.0.1", str, "Address that `make run` listens on.")
    port: int = _setting("PORT", 8000, int, "Port that `make run` listens on.")
    url: str = _setting(
        "TEMOIN_URL",
        "",
        str,
        "Public https address of the server, e.g. https://carnet.example.org. Empty: the address of the request.",
    )
    database: str = _setting("TEMOIN_DATABASE", "", str, "SQLAlchemy URL. Empty: SQLite in the data folder.")
    organisation: str = _setting(
        "TEMOIN_ORGANISATION", "Organisation", str, "Name shown at the desk and signed into the pins."
    )
    app_name: str = _setting("TEMOIN_APP_NAME", "Carnet", str, "Name of the phone app; neutral on purpose.")
    app_icon: str = _setting("TEMOIN_APP_ICON", "page", str, "Icon of the phone app: page, leaf or circle.")
    timezone: str = _setting(
        "TEMOIN_TIMEZONE", "Europe/Paris", str, "Time zone of the desk; UTC stands beside it."
    )
    max_item: int = _setting("TEMOIN_MAX_ITEM", 4 * 1024**3, int, "Largest sealed item, bytes.")
    quota: int = _setting(
        "TEMOIN_QUOTA", 64 * 1024**3, int, "Sealed bytes one device may have stored, for a new device."
    )
    reserve: int = _setting(
        "TEMOIN_RESERVE", 512 * 1024**2, int, "Free disk below which uploads are answered with 507, bytes."
    )
    backup: bool = _setting(
        "TEMOIN_BACKUP",
        False,
        _flag,
        "A backup is set up: phones wait for it before they let go of their copies.",
    )
    rio_digits: int = _setting("TEMOIN_RIO_DIGITS", 7, _rio_digits, "Digits of a RIO number, 4 to 12.")
    invitation_hours: int = _setting("TEMOIN_INVITATION_HOURS", 48, int, "Hours an invitation is valid.")
    idle_minutes: int = _setting(
        "TEMOIN_IDLE_MINUTES", 30, int, "Minutes after which an idle desk session ends."
    )
    child_memory: int = _setting(
        "TEMOIN_CHILD_MEMORY",
        512 * 1024**2 + 5 * 250_000_000,
        int,
        "Most address space that the child process that opens one item may have, bytes.",
    )
    proxies: int = _setting(
        "TEMOIN_PROXIES", 0, int, "Reverse proxies in front whose X-Forwarded headers are believed."
    )
    outlines: str = _setting(
        "TEMOIN_OUTLINES",
        "",
        str,
        "GeoJSON file in the data folder with lines and areas to draw under the map (docs/map.md). Empty: none.",
    )
    demo: bool = _setting(
        "TEMOIN_DEMO",
        False,
        _flag,
        "Set by `make demo`: serves a demonstration, and nothing but one (docs/demo.md).",
    )
    local: bool = _setting(
        "TEMOIN_LOCAL",
        False,
        _flag,
        "Set by `make run` for its own server: people log in at this very machine, so the second factor may come later.",
    )
    testing: bool = False

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.instance / 'temoin.sqlite'}"


def from_environment(environ: Mapping[str, str] = os.environ) -> Config:
    """Read every setting. Raises ConfigError for an unknown `TEMOIN_*` name or an unusable value."""
    values: dict[str, Any] = {}
    known: dict[str, str] = {}
    for item in fields(Config):
        if "env" not in item.metadata:
            continue
        env = item.metadata["env"]
        known[env] = item.name
        if environ.get(env):
            try:
                values[item.name] = item.metadata["read"](environ[env])
            except ValueError as error:
                raise ConfigError(f"{env}: {environ[env]!r} can't be used ({error})") from error
    for name in environ:
        if name.startswith("TEMOIN_") and name not in known:
            raise ConfigError(f"{name}: there is no such setting; docs/settings.md lists them")
    if "instance" in values:
        values["instance"] = values["instance"].resolve()
    return Config(**values)
