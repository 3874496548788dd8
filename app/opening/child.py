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
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from app.opening.source import Joined, best_tail
from app.opening.viewable import viewing_kind
from app.sandbox import confine, spend
from app.scrub import Refused, Report, Unsupported, limits, plan, sniff
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


def _original(source: BinaryIO) -> tuple[int, bytes]:
    """Size and SHA-256 of the whole plaintext."""
    source.seek(0)
    running, size = hashlib.sha256(), 0
    while part := source.read(1 << 20):
        running.update(part)
        size += len(part)
    return size, running.digest()


def _working_copy(source: BinaryIO, recipient: str, target: BinaryIO) -> tuple[Report, dict[str, Any]]:
    """Clean, check, seal. Raises Refused before a byte is written."""
    started = time.perf_counter()
    spend(limits.STRIPPING)
    edits, report = plan(source)
    spend(limits.memory(report))
    report = checking.check(source, edits.open(source), report)
    size, digest = seal_through(edits.open(source), target, recipient)
    report = replace(
        report, sha256_after=digest.hex(), size_after=size, seconds=round(time.perf_counter() - started, 3)
    )
    return report, {
        "working_size": size, "working_sha256": base64url(digest), "viewing": viewing_kind(report.type, edits.open(source)),
    }  # fmt: skip


def seal_through(source: BinaryIO, target: BinaryIO, recipient: str) -> tuple[int, bytes]:
    """Seal a stream, durable. Size and SHA-256 of what was sealed."""
    passing = _Hashing(source)
    seal_stream(cast(BinaryIO, io.BufferedReader(passing, 1 << 20)), target, [recipient])
    target.flush()
    os.fsync(target.fileno())
    return passing.size, passing.sha256.digest()


def base64url(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def plaintext(order: dict[str, Any], body: BinaryIO) -> tuple[BinaryIO, bool]:
    """The original as a seekable file, with what its newest tail adds, and whether it was cut."""
    reader = SealedReader(bytes.fromhex(order["file_key"]), body, order["body_size"])
    source: BinaryIO = cast(BinaryIO, reader)
    if reader.interrupted:
        tails = [(offset, base64.b64decode(data)) for offset, data in order["tails"]]
        at, rest = best_tail(reader.size, tails)
        source = cast(BinaryIO, Joined(cast(BinaryIO, reader), at, rest))
    return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, source), 1 << 18)), reader.interrupted


def open_item(order: dict[str, Any], body: BinaryIO, target: BinaryIO) -> dict[str, Any]:
    """The result of one opening, as `app.opening.models.Opening` stores it."""
    buffered, interrupted = plaintext(order, body)
    size, digest = _original(buffered)
    result: dict[str, Any] = {
        "interrupted": interrupted, "original_size": size, "original_sha256": base64url(digest),
        "media_type": sniff(buffered), "report": None, "facts": None, "problem": None,
    }  # fmt: skip
    try:
        report, copy = _working_copy(buffered, order["recipient"], target)
    except Unsupported:
        return {**result, "problem": "unsupported"}
    except Refused as error:
        return {**result, "problem": f"refused: {error}"}
    report = replace(report, sha256_before=digest.hex(), size_before=size)
    # A DNG is known for one only once its directories have been read.
    return {
        **result,
        **copy,
        "media_type": report.type,
        "report": report.to_json(),
        "facts": report.facts.to_json(),
    }


def place(error: BaseException) -> str:
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
        cpu_seconds=limits.seconds(order["body_size"]),
        file_size=order["body_size"] * 2 + (64 << 20),
    )
    try:
        result = open_item(order, body, target)
    except MemoryError:
        result = {"failed": "it asked for more memory than allowed"}
    except Exception as error:  # the kind and the place, never the message: that could hold content
        result = {"failed": f"{type(error).__name__} {place(error)}"}
    json.dump(result, sys.stdout)
    sys.stdout.flush()
    return 0
