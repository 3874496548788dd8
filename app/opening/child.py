"""The process that touches what a stranger may have made: one item, its file key, three descriptors, nothing else.

Started by `app.opening.run`. Standard input: one JSON line, the order, then nothing.
Standard output: one JSON line, the result. Two more descriptors, named in the order: the sealed body (read) and the
sealed working copy (write).
It never sees the intake key, has an empty environment, and no plaintext leaves it except sealed.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO, cast

from app.opening.source import Joined, best_tail
from app.sandbox import confine
from app.scrub import Refused, Report, Unsupported, plan, sniff
from app.scrub import check as checking
from app.seal import SealedReader, seal_stream


class _Hashing(io.RawIOBase):
    """Hands a stream on while hashing what passes."""

    def __init__(self, source: BinaryIO) -> None:
        self._source, self.sha256, self.size = source, hashlib.sha256(), 0

    def readable(self) -> bool:
        return True

    def readinto(self, target: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._source.read(len(target))
        memoryview(target)[: len(data)] = data
        self.sha256.update(data)
        self.size += len(data)
        return len(data)


def _original(source: BinaryIO) -> tuple[int, str]:
    """Size and SHA-256 (base64url) of the whole plaintext."""
    source.seek(0)
    running, size = hashlib.sha256(), 0
    while part := source.read(1 << 20):
        running.update(part)
        size += len(part)
    return size, base64.urlsafe_b64encode(running.digest()).rstrip(b"=").decode()


def _working_copy(source: BinaryIO, recipient: str, target: BinaryIO) -> tuple[Report, dict[str, Any]]:
    """Clean, check, seal. Raises Refused before a byte is written."""
    edits, report = plan(source)
    report = checking.check(source, edits.open(source), report)
    passing = _Hashing(edits.open(source))
    seal_stream(cast(BinaryIO, io.BufferedReader(passing, 1 << 20)), target, [recipient])
    target.flush()
    os.fsync(target.fileno())
    digest = base64.urlsafe_b64encode(passing.sha256.digest()).rstrip(b"=").decode()
    return report, {"working_size": passing.size, "working_sha256": digest}


def open_item(order: dict[str, Any], body: BinaryIO, target: BinaryIO) -> dict[str, Any]:
    """The result of one opening, as `app.opening.models.Opening` stores it."""
    reader = SealedReader(bytes.fromhex(order["file_key"]), body, order["body_size"])
    source: BinaryIO = cast(BinaryIO, reader)
    if reader.interrupted:
        tails = [(offset, base64.b64decode(data)) for offset, data in order["tails"]]
        at, rest = best_tail(reader.size, tails)
        source = cast(BinaryIO, Joined(cast(BinaryIO, reader), at, rest))
    buffered = cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, source), 1 << 18))
    size, digest = _original(buffered)
    result: dict[str, Any] = {
        "interrupted": reader.interrupted, "original_size": size, "original_sha256": digest,
        "media_type": sniff(buffered), "report": None, "facts": None, "problem": None,
    }  # fmt: skip
    try:
        report, copy = _working_copy(buffered, order["recipient"], target)
    except Unsupported:
        return {**result, "problem": "unsupported"}
    except Refused as error:
        return {**result, "problem": f"refused: {error}"}
    return {**result, **copy, "report": report.to_json(), "facts": report.facts.to_json()}


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""


def main() -> int:
    order = json.loads(sys.stdin.readline())
    checking.preload()  # afterwards no file can be opened
    body, target = os.fdopen(order["body"], "rb"), os.fdopen(order["target"], "wb")
    confine(
        memory=order["memory"],
        cpu_seconds=60 + order["body_size"] // 10_000_000,
        file_size=order["body_size"] * 2 + (64 << 20),
    )
    try:
        result = open_item(order, body, target)
    except MemoryError:
        result = {"failed": "it asked for more memory than allowed"}
    except Exception as error:  # the kind and the place, never the message: that could hold content
        result = {"failed": f"{type(error).__name__} {_place(error)}"}
    json.dump(result, sys.stdout)
    sys.stdout.flush()
    return 0
