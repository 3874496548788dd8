"""HTTP for phones: statements, state, tus uploads. A token can write and ask after its own; it can read nothing back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from flask import Blueprint, Flask, Response, current_app, jsonify, request, url_for
from flask_babel import gettext as _

from app.clock import now_ms
from app.enrol import service as enrol
from app.enrol.views import json_body, this_device
from app.errors import Problem
from app.intake import state, statements, storing, tus, uploads
from app.intake.models import Upload
from app.seal import MAX_HEAD

bp = Blueprint("intake", __name__, url_prefix="/api")


@contextmanager
def in_protocol() -> Iterator[None]:
    """What tus refuses becomes an answer in our one shape."""
    try:
        tus.check_version(
            cast(Any, request.headers)
        )  # before anything else is looked at, as the protocol has it
        yield
    except tus.Refused as error:
        raise Problem(error.code, _in_words(error), error.status, Tus_Version=tus.VERSION) from error


def _in_words(error: tus.Refused) -> str:
    said = {
        "tus-version": _("This server speaks tus %(version)s only.", version=tus.VERSION),
        "content-type": _("The content must be sent as %(type)s.", type=tus.OFFSET_TYPE),
        "checksum-algorithm": _("Checksums may be %(names)s.", names=tus.ALGORITHMS),
        "offset": _("The server's offset is another one. Ask for it again."),
        "too-large": _("This is larger than the server accepts."),
    }
    unclear = _("The request doesn't say what it should in %(header)s.", header=error.header)
    return str(said.get(error.code, unclear))


@bp.after_request
def tus_headers(response: Response) -> Response:
    response.headers["Tus-Resumable"] = tus.VERSION
    return response


@bp.post("/statements")
def receive_statements() -> Response:
    device = this_device()
    results = statements.receive_all(device, json_body().get("statements"))
    return jsonify({"results": results, "time": now_ms()})


@bp.post("/status")
def status() -> Response:
    device, body = this_device(), json_body()
    holds = body.get("holds")
    enrol.heard_from(device, holds if isinstance(holds, dict) else None, request.headers.get("Temoin-Build"))
    return jsonify(state.of_items(device, body.get("ids")))


@bp.route("/files", methods=["OPTIONS"], provide_automatic_options=False)
@bp.route("/files/<upload_id>", methods=["OPTIONS"], provide_automatic_options=False)
def options(**_address: str) -> Response:
    return Response(
        status=204,
        headers={
            "Tus-Version": tus.VERSION, "Tus-Extension": tus.EXTENSIONS, "Tus-Checksum-Algorithm": tus.ALGORITHMS,
            "Tus-Max-Size": str(current_app.config["TEMOIN"].max_item),
        },
    )  # fmt: skip


def _answer(upload: Upload, status: int, offset: int) -> Response:
    response = Response(status=status, headers={"Upload-Offset": str(offset)})
    item = uploads.item_of(upload) if upload.tail < 0 and upload.finished_at is not None else None
    if item is not None:
        response.headers["Temoin-Receipt"] = item.receipt.decode()
    return response


def _line() -> BinaryIO:
    """The request's body. Where the server ends it itself (gunicorn), without another layer that copies every byte."""
    ended = request.environ.get("wsgi.input_terminated")
    return cast(BinaryIO, request.environ["wsgi.input"] if ended else request.stream)


def _take(upload: Upload, patch: tus.Patch) -> int:
    offset = uploads.write(this_device(), upload, patch, _line())
    if patch.offset < MAX_HEAD:
        offset = storing.rejoin(upload) or offset
    storing.finish(this_device(), upload)
    return offset


@bp.post("/files")
def create() -> Response:
    device = this_device()
    with in_protocol():
        creation = tus.parse_creation(cast(Any, request.headers), current_app.config["TEMOIN"].max_item)
    upload = uploads.create(device, creation)
    offset = uploads.offset_of(upload)
    if creation.content is not None and offset == 0:
        offset = _take(upload, creation.content)
    response = _answer(upload, 201, offset)
    response.headers["Location"] = url_for("intake.head", upload_id=upload.id, _external=True)
    return response


@bp.route("/files/<upload_id>", methods=["HEAD"])
def head(upload_id: str) -> Response:
    device = this_device()
    with in_protocol():
        upload = uploads.find(device, upload_id)
    response = _answer(upload, 200, uploads.offset_of(upload))
    if upload.length is None:
        response.headers["Upload-Defer-Length"] = "1"
    else:
        response.headers["Upload-Length"] = str(upload.length)
    return response


@bp.patch("/files/<upload_id>")
def patch(upload_id: str) -> Response:
    device = this_device()
    with in_protocol():
        upload = uploads.find(device, upload_id)
        limit = uploads.limit_of(upload)
        asked = tus.parse_patch(cast(Any, request.headers), uploads.offset_of(upload), upload.length, limit)
    if upload.finished_at is not None:
        return _answer(upload, 204, uploads.offset_of(upload))
    return _answer(upload, 204, _take(upload, asked))


@bp.delete("/files/<upload_id>")
def terminate(upload_id: str) -> Response:
    device = this_device()
    with in_protocol():
        uploads.terminate(uploads.find(device, upload_id))
    return Response(status=204)


def init_app(app: Flask) -> None:
    statements.init_app(app)
    app.register_blueprint(bp)
