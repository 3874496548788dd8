"""One shape for every failure: JSON under /api, a page for people."""

from __future__ import annotations

from typing import Any, cast

from flask import Flask, Response, current_app, jsonify, render_template, request
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from app.blobs import is_full


class Problem(Exception):
    """A request that can't be met. `code` is for programs, `message` for people, in the request's language."""

    def __init__(self, code: str, message: str, status: int = 422, **headers: str) -> None:
        super().__init__(code)
        self.code, self.message, self.status, self.headers = code, message, status, headers


def disk_full() -> Problem:
    return Problem(
        "disk-full",
        _("The server's disk is nearly full. What arrived is kept; the phone keeps the rest."),
        507,
    )


def too_many(wait: int) -> Problem:
    """`wait`: seconds after which it may be tried again."""
    return Problem("too-many", _("Too many requests. Please wait a minute."), 429, Retry_After=str(wait))


def as_json(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def _answer(code: str, message: str, status: int, headers: dict[str, str] | None = None) -> Response:
    if request.path.startswith("/api/"):
        response = jsonify(as_json(code, message))
    else:
        response = Response(render_template("error.html", code=status, message=message))
    response.status_code = status
    response.headers.update(headers or {})
    return response


def named(error: BaseException) -> str:
    """The type and place of an error, never its message: that can hold content."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return (
        f"{type(error).__name__} at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        if trace
        else type(error).__name__
    )


def _messages(status: int) -> str:
    known = {
        400: _("The request can't be read."),
        401: _("Please log in."),
        403: _("Your role doesn't allow this."),
        404: _("There is nothing at this address."),
        405: _("This address doesn't take that kind of request."),
        413: _("This is larger than the server accepts."),
        415: _("This kind of content isn't accepted here."),
        429: _("Too many requests. Please wait a minute."),
    }
    return str(known.get(status, _("The server could not do this. Nothing already received is lost.")))


def init_app(app: Flask) -> None:
    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        current_app.logger.info("refused %s: %s", error.status, error.code)
        headers = {name.replace("_", "-"): value for name, value in error.headers.items()}
        return _answer(error.code, error.message, error.status, headers)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if error.response is not None and error.code in {301, 302, 303, 307, 308}:
            return cast(Response, Response.force_type(cast(Any, error.response)))
        status = error.code or 500
        current_app.logger.info("refused %s: %s", status, error.name)
        return _answer(error.name.lower().replace(" ", "-"), _messages(status), status)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        if is_full(error):
            return problem(disk_full())
        current_app.logger.error("unexpected %s", named(error))
        if current_app.config["TEMOIN"].testing:
            raise error
        return _answer("server-error", _messages(500), 500)
