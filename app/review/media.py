"""Working copies on their way to the browser: by range, never stored there."""

from __future__ import annotations

from typing import IO, cast

from flask import request
from werkzeug.wrappers import Response
from werkzeug.wsgi import FileWrapper

from app.db import forget_reads
from app.opening.models import Opening
from app.opening.service import open_copy
from app.review.medium import SHOWN

CHUNK = 64 * 1024
# Chromium refuses the name QuickTime but plays what such a file mostly holds.
_SENT_AS = {"video/quicktime": "video/mp4"}
_ENDINGS = {
    "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif", "video/mp4": "mp4",
    "video/webm": "webm", "video/quicktime": "mov", "audio/mp4": "m4a", "audio/webm": "weba", "audio/ogg":
    "ogg",
    "audio/mpeg": "mp3", "audio/wav": "wav",
}  # fmt: skip


def answer(opening: Opening, name: str | None = None) -> Response:
    """The working copy, or the range of it that was asked for. With `name`, as a file to keep."""
    copy = open_copy(opening)
    size = copy.size
    kind = opening.media_type or ""
    shown = _SENT_AS.get(kind, kind) if kind in SHOWN else "application/octet-stream"
    response = Response(FileWrapper(cast(IO[bytes], copy), CHUNK), mimetype=shown, direct_passthrough=True)
    response.content_length = size
    if name or shown == "application/octet-stream":
        ending = _ENDINGS.get(kind, "bin")
        response.headers.set("Content-Disposition", "attachment", filename=f"{name or 'copy'}.{ending}")
    response.make_conditional(request.environ, accept_ranges=True, complete_length=size)
    forget_reads()  # a film plays for minutes: no database snapshot stays open behind it
    return response
