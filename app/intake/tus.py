"""tus 1.0 as rules: headers in, decision out. No files, no database (https://tus.io/protocols/resumable-upload).

Core, creation, creation-with-upload, creation-defer-length, checksum, termination.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,creation-defer-length,checksum,termination"
ALGORITHMS = "sha256,sha1"
OFFSET_TYPE = "application/offset+octet-stream"


class Refused(Exception):
    """A request outside the protocol. `code` and `status` as in docs/formats.md; `header` is the one at fault."""

    def __init__(self, code: str, status: int, header: str) -> None:
        super().__init__(f"{code}: {header}")
        self.code, self.status, self.header = code, status, header


@dataclass(frozen=True)
class Checksum:
    algorithm: str
    digest: bytes

    def start(self) -> hashlib._Hash:
        return hashlib.new(self.algorithm, usedforsecurity=self.algorithm != "sha1")


@dataclass(frozen=True)
class Creation:
    length: int | None  # None: deferred
    metadata: dict[str, bytes]
    content: Patch | None  # creation-with-upload


@dataclass(frozen=True)
class Patch:
    offset: int
    length: int | None  # Upload-Length, when it is told with this request
    size: int | None  # Content-Length, None when the body has no announced end
    checksum: Checksum | None


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Refused("bad-header", 400, name)
    return int(text)


def check_version(headers: Mapping[str, str]) -> None:
    if headers.get("Tus-Resumable") != VERSION:
        raise Refused("tus-version", 412, "Tus-Resumable")


def parse_metadata(text: str | None) -> dict[str, bytes]:
    """`Upload-Metadata`: comma-separated keys, each with an optional base64 value."""
    metadata: dict[str, bytes] = {}
    for part in (text or "").split(","):
        if not part.strip():
            continue
        key, _space, value = part.strip().partition(" ")
        if key in metadata:
            raise Refused("bad-metadata", 400, "Upload-Metadata")
        try:
            metadata[key] = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Refused("bad-metadata", 400, "Upload-Metadata") from error
    return metadata


def parse_checksum(text: str | None) -> Checksum | None:
    if text is None:
        return None
    name, _space, value = text.partition(" ")
    if name not in ALGORITHMS.split(","):
        raise Refused("checksum-algorithm", 400, "Upload-Checksum")
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused("bad-header", 400, "Upload-Checksum") from error
    return Checksum(name, digest)


def parse_creation(headers: Mapping[str, str], limit: int) -> Creation:
    """What a POST asks for. `limit`: largest upload accepted, bytes. Raises Refused."""
    check_version(headers)
    length, deferred = _number(headers, "Upload-Length"), headers.get("Upload-Defer-Length")
    if deferred not in {None, "1"} or (length is None) == (deferred is None):
        raise Refused("bad-header", 400, "Upload-Length, Upload-Defer-Length")
    if length is not None and length > limit:
        raise Refused("too-large", 413, "Upload-Length")
    content = None
    if headers.get("Content-Type") == OFFSET_TYPE:
        content = Patch(
            0, None, _number(headers, "Content-Length"), parse_checksum(headers.get("Upload-Checksum"))
        )
    return Creation(length, parse_metadata(headers.get("Upload-Metadata")), content)


def parse_patch(headers: Mapping[str, str], offset: int, length: int | None, limit: int) -> Patch:
    """What a PATCH asks for, given the server's offset and the length known so far. Raises Refused."""
    check_version(headers)
    if headers.get("Content-Type") != OFFSET_TYPE:
        raise Refused("content-type", 415, "Content-Type")
    claimed = _number(headers, "Upload-Offset")
    if claimed is None:
        raise Refused("bad-header", 400, "Upload-Offset")
    if claimed != offset:
        raise Refused("offset", 409, "Upload-Offset")
    told = _number(headers, "Upload-Length")
    if told is not None and length is not None and told != length:
        raise Refused("bad-header", 400, "Upload-Length")
    final = length if length is not None else told
    if final is not None and final > limit:
        raise Refused("too-large", 413, "Upload-Length")
    if final is not None and final < offset:
        raise Refused("bad-header", 400, "Upload-Length")
    size = _number(headers, "Content-Length")
    if size is not None and offset + size > (final if final is not None else limit):
        raise Refused("too-large", 413, "Content-Length")
    return Patch(
        offset, told if length is None else None, size, parse_checksum(headers.get("Upload-Checksum"))
    )
