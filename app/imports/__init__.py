"""Files brought in on the server itself, by `flask import`: sealed and stored like a phone's."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.imports.cli import import_command

    app.cli.add_command(import_command)
