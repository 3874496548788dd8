"""Témoin's server: parts that wire themselves, in the order in which they may import one another."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import config as configuration

if TYPE_CHECKING:
    from flask import Flask


def create_app(config: configuration.Config | None = None) -> Flask:
    """The application for one configuration, from the environment unless given. Raises ConfigError."""
    # Not at the top: the confined children load this package too, and neither need nor want a web server.
    from flask import Flask

    from app import (
        accounts,
        admin,
        blobs,
        cli,
        db,
        demonstration,
        enrol,
        errors,
        guard,
        imports,
        incidents,
        intake,
        keys,
        language,
        map,
        phone,
        register,
        review,
        sites,
    )

    settings = config or configuration.from_environment()
    app = Flask(
        __name__, root_path=str(configuration.ROOT), instance_path=str(settings.instance),
        template_folder="templates", static_folder="static",
    )  # fmt: skip
    settings.instance.mkdir(parents=True, exist_ok=True, mode=0o700)
    app.config.update(
        ROOT=configuration.ROOT, TEMOIN=settings, TESTING=settings.testing,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        # An error must not carry a note into a log.
        SQLALCHEMY_ENGINE_OPTIONS={"hide_parameters": True, **db.pool(settings.database_url)},
        MAX_CONTENT_LENGTH=None,
    )  # fmt: skip
    app.logger.setLevel(logging.INFO)
    for part in (
        db,
        blobs,
        keys,
        language,
        errors,
        guard,
        demonstration,
        accounts,
        sites,
        enrol,
        intake,
        register,
        review,
        incidents,
        map,
        admin,
        phone,
        imports,
        cli,
    ):
        part.init_app(app)
    return app
