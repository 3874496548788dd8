"""Starting the confined process of `child.py` and talking to it: the side that may touch files.

Small files pass through shared memory, so that one process serves many; large ones get a process
of their own that is handed the open files themselves.
"""

import json
import os
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from app.scrub.errors import CheckFailed, Ended, Refused
from app.scrub.limits import MEMORY, seconds

ROOT = Path(__file__).resolve().parents[2]
SHARED = 64 << 20
"""Bytes: larger files get a process of their own."""

CPU_OF_A_CHILD = 3600
CPU_BEFORE_A_NEW_ONE = 600
"""Seconds of processor time after which a serving process is replaced by a fresh one."""

START = """import sys; sys.path.insert(0, {root!r})
from app.sandbox import confine
from app.scrub.child import main
sys.exit(main({source}, {target}, lambda: confine(memory={memory}, cpu_seconds={cpu}, file_size={size})))
"""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """An answer of the child: report and facts as plain data, size of the copy in bytes."""

    report: dict[str, Any]
    facts: dict[str, Any]
    size: int


class _Child:
    """One process with the two files that it may use."""

    def __init__(self, source: int, target: int, file_size: int) -> None:
        command = START.format(
            root=str(ROOT), source=source, target=target, memory=MEMORY, cpu=CPU_OF_A_CHILD, size=file_size
        )
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-W", "ignore", "-c", command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(source, target),
            env={"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "2"},
            cwd="/",
        )
        assert self._process.stdin and self._process.stdout
        self._orders, self._answers = self._process.stdin, self._process.stdout
        self.cpu = 0.0
        if not self._answer(60).get("ready"):
            raise Ended("the process that cleans files could not be started")

    def order(self, size: int, check: bool) -> dict[str, Any]:
        self._orders.write(json.dumps({"size": size, "check": check}).encode() + b"\n")
        self._orders.flush()
        answer = self._answer(2 * seconds(size) + size / 5_000_000)
        self.cpu = float(answer.get("cpu", 0))
        return answer

    def _answer(self, seconds: float) -> dict[str, Any]:
        ready, _, _ = select.select([self._answers], [], [], seconds)
        line = self._answers.readline() if ready else b""
        if not line:
            self.end()
            raise Ended("cleaning took too long" if not ready else "cleaning went over its limits")
        answer = json.loads(line)
        return answer if isinstance(answer, dict) else {}

    def end(self) -> None:
        self._process.kill()
        self._orders.close()
        self._answers.close()
        self._process.wait()


class Cleaner:
    """Cleans open files in confined processes. A context manager; for one thread."""

    def __init__(self, check: bool = True) -> None:
        self._check = check
        self._child: _Child | None = None
        self._source = os.memfd_create("source")
        self._target = os.memfd_create("target")

    def __enter__(self) -> "Cleaner":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        os.close(self._source)
        os.close(self._target)

    @property
    def cpu(self) -> float:
        """Processor seconds of the process that serves now; less than before when it is a new one."""
        return self._child.cpu if self._child is not None else 0.0

    def clean(self, source: BinaryIO, target: BinaryIO) -> Cleaned:
        """Write the clean copy of `source` to `target` (real, open files). Raises Refused with one line."""
        size = os.fstat(source.fileno()).st_size
        if size > SHARED:
            return self._apart(source, target, size)
        os.ftruncate(self._source, 0)
        _send(source.fileno(), self._source, size)
        answer = self._serve(size)
        os.lseek(self._target, 0, os.SEEK_SET)
        _send(self._target, target.fileno(), answer.size)
        return answer

    def _serve(self, size: int) -> Cleaned:
        if self._child is not None and self._child.cpu > CPU_BEFORE_A_NEW_ONE:
            self._stop()
        if self._child is None:
            self._child = _Child(self._source, self._target, 8 * SHARED)
        try:
            return _cleaned(self._child.order(size, self._check))
        except Refused:
            if self._child._process.poll() is not None:
                self._child = None
            raise

    def _apart(self, source: BinaryIO, target: BinaryIO, size: int) -> Cleaned:
        child = _Child(source.fileno(), target.fileno(), 2 * size + SHARED)
        try:
            return _cleaned(child.order(size, self._check))
        finally:
            child.end()

    def _stop(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


def _send(source: int, target: int, size: int) -> None:
    """Copy `size` bytes from the beginning of one open file to the beginning of another."""
    done = 0
    while done < size:
        data = os.pread(source, min(1 << 20, size - done), done)
        if not data:
            raise Refused("the file shrank while it was being read")
        view = memoryview(data)
        while view:
            written = os.pwrite(target, view, done)
            done += written
            view = view[written:]


def _cleaned(answer: dict[str, Any]) -> Cleaned:
    if "refused" in answer:
        kind = CheckFailed if answer.get("unclean") else Refused
        raise kind(str(answer["refused"]))
    return Cleaned(answer["report"], answer["facts"], int(answer["size"]))
