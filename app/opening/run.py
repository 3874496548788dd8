"""Starting the child for one item, and believing nothing of it but a well-formed answer."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from app.documents import loads

ROOT = Path(__file__).resolve().parents[2]


TOO_SLOW = "it took too long"
STOPPED = "it ended before it was done"


class ChildFailed(Exception):
    """The child ended without an answer: over a limit, crashed, or too slow. The message is for the desk."""


@dataclass(frozen=True)
class Order:
    """What the child is told. `tails`: (offset, bytes as base64)."""

    file_key: bytes
    body_size: int
    recipient: str
    memory: int
    tails: list[tuple[int, str]]

    def to_json(self, body: int, target: int) -> str:
        return (
            json.dumps({**self.__dict__, "file_key": self.file_key.hex(), "body": body, "target": target})
            + "\n"
        )


def _start(module: str, *files: BinaryIO) -> subprocess.Popen[str]:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from {module} import main; sys.exit(main())"
    return subprocess.Popen(
        [sys.executable, "-I", "-B", "-W", "ignore", "-c", code],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={"LC_ALL": "C.UTF-8"}, cwd="/", pass_fds=[file.fileno() for file in files],
    )  # fmt: skip


def in_child(order: Order, body: BinaryIO, target: BinaryIO) -> dict[str, Any]:
    """Run the child on an open body and an open target. Raises ChildFailed."""
    limit = 120 + order.body_size // 2_000_000  # seconds: a slow disk is not an attack
    return ask("app.opening.child", order.to_json(body.fileno(), target.fileno()), limit, body, target)


def ask(module: str, order: str, limit: int, *files: BinaryIO) -> dict[str, Any]:
    """Run the `main` of a module on open files, for at most `limit` seconds; its answer. Raises ChildFailed."""
    process = _start(module, *files)
    try:
        said, _nothing = process.communicate(order, timeout=limit)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise ChildFailed(TOO_SLOW) from error
    if process.returncode != 0:
        raise ChildFailed(f"it ended with {process.returncode}")
    return _believed(said)


def _believed(said: str) -> dict[str, Any]:
    try:
        answer = loads(said)
    except ValueError as error:
        raise ChildFailed("it gave no answer") from error
    if not isinstance(answer, dict) or "failed" in answer:
        raise ChildFailed(str(answer.get("failed") if isinstance(answer, dict) else answer)[:200])
    return answer


class Conversion:
    """The child that makes a copy for viewing, while it works. `done` in percent."""

    def __init__(self, order: Order, kind: str, seconds: int, body: BinaryIO, target: BinaryIO) -> None:
        """`seconds` of processor time; four times as many by the clock."""
        self.done = 0
        self._until = time.monotonic() + 4 * seconds
        self._process = _start("app.opening.convert", body, target)
        assert self._process.stdin and self._process.stdout
        more = {"kind": kind, "seconds": seconds}
        told = json.dumps({**json.loads(order.to_json(body.fileno(), target.fileno())), **more})
        with contextlib.suppress(BrokenPipeError):  # it ended at once: `hear` says so
            self._process.stdin.write(told + "\n")
            self._process.stdin.close()
        os.set_blocking(self._process.stdout.fileno(), False)
        self._said = b""

    def hear(self) -> dict[str, Any] | None:
        """What was made, or None while it works. Raises ChildFailed. Never waits."""
        ended = self._process.poll() is not None
        assert self._process.stdout
        with contextlib.suppress(BlockingIOError):
            while part := os.read(self._process.stdout.fileno(), 1 << 16):
                self._said += part
        *lines, self._said = self._said[-(1 << 16) :].split(b"\n")
        for line in lines:
            answer = _believed(line.decode("utf-8", "replace"))
            if isinstance(answer.get("result"), dict):
                self._process.wait(60)
                self._process.stdout.close()
                return _viewing(answer["result"])
            if isinstance(answer.get("done"), float):
                self.done = min(99, max(0, int(answer["done"] * 100)))
        if ended:
            raise ChildFailed(STOPPED)
        if time.monotonic() > self._until:
            raise ChildFailed(TOO_SLOW)
        return None

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


def _viewing(said: dict[str, Any]) -> dict[str, Any]:
    """Only what a conversion may say, in its form. Raises ChildFailed."""
    kinds = ("image/jpeg", "video/webm", "audio/webm")
    if said.get("media_type") not in kinds or not all(
        isinstance(said.get(n), int) for n in ("size", "pictures")
    ):
        raise ChildFailed("it gave no answer")
    return {
        "media_type": said["media_type"], "size": said["size"], "sha256": str(said.get("sha256"))[:43],
        "pictures": said["pictures"],
    }  # fmt: skip
