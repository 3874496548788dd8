"""Starting the child for one item, and believing nothing of it but a well-formed answer."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from app.documents import loads

ROOT = Path(__file__).resolve().parents[2]


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


def in_child(order: Order, body: BinaryIO, target: BinaryIO) -> dict[str, Any]:
    """Run the child on an open body and an open target. Raises ChildFailed."""
    limit = 120 + order.body_size // 2_000_000  # seconds: a slow disk is not an attack
    start = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from app.opening.child import main; sys.exit(main())"
    )
    process = subprocess.Popen(
        [sys.executable, "-I", "-B", "-c", start],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={"LC_ALL": "C.UTF-8"}, cwd="/", pass_fds=(body.fileno(), target.fileno()),
    )  # fmt: skip
    try:
        said, _nothing = process.communicate(order.to_json(body.fileno(), target.fileno()), timeout=limit)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise ChildFailed("it took too long") from error
    if process.returncode != 0:
        raise ChildFailed(f"it ended with {process.returncode}")
    try:
        answer = loads(said)
    except ValueError as error:
        raise ChildFailed("it gave no answer") from error
    if not isinstance(answer, dict) or "failed" in answer:
        raise ChildFailed(str(answer.get("failed") if isinstance(answer, dict) else answer)[:200])
    return answer
