"""Brings the data folder up to date: `flask db upgrade` and `flask setup` in one process, to start sooner; and knows
without loading the application when there is nothing to do."""

from __future__ import annotations

import hashlib
from pathlib import Path

from config import Config, from_environment
from scripts.ground import ROOT


def _migrations() -> str:
    running = hashlib.sha256()
    for path in sorted((ROOT / "migrations" / "versions").glob("*.py")):
        running.update(path.name.encode() + path.read_bytes())
    return running.hexdigest()


def _stamp(instance: Path) -> Path:
    return instance / "prepared"


def is_up_to_date(config: Config) -> bool:
    """Whether `main` has run on this data folder with these migrations. Always no for another database: it may be
    anybody's, and of any age."""
    here = (
        _stamp(config.instance),
        config.instance / "temoin.sqlite",
        config.instance / "keys" / "public" / "pins.jws",
    )
    return (
        not config.database and all(path.is_file() for path in here) and here[0].read_text() == _migrations()
    )


def main() -> None:
    from flask.cli import ScriptInfo
    from flask_migrate import upgrade

    from app import create_app

    app = create_app()
    with app.app_context():
        upgrade()
    app.cli.main(["setup"], prog_name="flask", obj=ScriptInfo(create_app=lambda: app), standalone_mode=False)
    _stamp(from_environment().instance).write_text(_migrations())


if __name__ == "__main__":
    main()
