"""Working copies on their way to the browser: by range, never stored there."""

from __future__ import annotations

from typing import IO, cast

from flask import request
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from werkzeug.wsgi import FileWrapper

from app.db import forget_reads
from app.errors import Problem
from app.opening import viewing
from app.opening.copies import open_copy, open_viewing
from app.opening.models import Opening
from app.review.medium import SHOWN
from app.seal import SealedReader

CHUNK = 64 * 1024
# Chromium refuses the name QuickTime but plays what such a file mostly holds.
_SENT_AS = {"video/quicktime": "video/mp4", "video/3gpp": "video/mp4"}
_ENDINGS = {
    "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif", "video/mp4": "mp4",
    "video/webm": "webm", "video/quicktime": "mov", "audio/mp4": "m4a", "audio/webm": "weba", "audio/ogg":
    "ogg",
    "audio/mpeg": "mp3", "audio/wav": "wav", "audio/aac": "aac", "image/avif": "avif", "image/heic": "heic",
    "image/tiff": "tif", "image/x-adobe-dng": "dng", "video/3gpp": "3gp", "video/x-matroska": "mkv",
}  # fmt: skip


def answer(opening: Opening, name: str | None = None) -> Response:
    """The working copy, or the range of it that was asked for. With `name`, as a file to keep. Where the address says
    `as=viewing`, the copy converted for viewing: only ever to be looked at, never as a file to keep."""
    if name is None and request.args.get("as") == "viewing":
        return _viewing(opening)
    kind = opening.media_type or ""
    shown = _SENT_AS.get(kind, kind) if kind in SHOWN else "application/octet-stream"
    response = _ranged(open_copy(opening), shown)
    if name or shown == "application/octet-stream":
        ending = _ENDINGS.get(kind, "bin")
        response.headers.set("Content-Disposition", "attachment", filename=f"{name or 'copy'}.{ending}")
    return response


def _viewing(opening: Opening) -> Response:
    found = viewing.of(opening)
    if found is None or found.copy is None:
        raise Problem("not-found", _("There is nothing at this address."), 404)
    return _ranged(open_viewing(found), found.media_type or "application/octet-stream")


def _ranged(copy: SealedReader, kind: str) -> Response:
    size = copy.size
    response = Response(FileWrapper(cast(IO[bytes], copy), CHUNK), mimetype=kind, direct_passthrough=True)
    response.content_length = size
    response.make_conditional(request.environ, accept_ranges=True, complete_length=size)
    forget_reads()  # a film plays for minutes: no database snapshot stays open behind it
    return response
