"""Brings the data folder up to date: `flask db upgrade` and `flask setup` in one process, to start sooner."""

from __future__ import annotations

from flask.cli import ScriptInfo
from flask_migrate import upgrade

from app import create_app


def main() -> None:
    app = create_app()
    with app.app_context():
        upgrade()
    app.cli.main(["setup"], prog_name="flask", obj=ScriptInfo(create_app=lambda: app))


if __name__ == "__main__":
    main()
