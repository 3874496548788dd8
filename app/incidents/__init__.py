"""Incidents: observations that belong together, on one time line, with one sheet of facts. Cases, deadlines, channels
and figures come above this; nothing of them is here."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.incidents import gather, queries, sheets, views, words

    app.register_blueprint(views.incidents)
    app.register_blueprint(sheets.incident_sheets)
    app.extensions["references"].append(views.address_of)
    app.jinja_env.filters.update(apart=words.apart, hours=words.hours)
    app.jinja_env.globals.update(
        incident_of=queries.of_observation,
        incidents_beside=gather.suggested_beside,
        because=words.said,
        ref_of=words.ref_of,
        option=words.option,
    )
