"""The most memory that a process and its children held, read from the kernel."""

from __future__ import annotations

import threading
from pathlib import Path


class Watch:
    """Between `with` and its end, the peak RSS of a process and of each child it starts. Values in bytes."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peaks: dict[int, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)

    def __enter__(self) -> Watch:
        # The kernel keeps the peak itself; from here on it counts anew.
        Path(f"/proc/{self._pid}/clear_refs").write_text("5")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._look()
        self._stop.set()
        self._thread.join()

    @property
    def own(self) -> int:
        return self._peaks.get(self._pid, 0)

    @property
    def children(self) -> int:
        """The largest of any one child."""
        return max((peak for pid, peak in self._peaks.items() if pid != self._pid), default=0)

    def _look_on(self) -> None:
        while not self._stop.wait(0.02):
            self._look()

    def _look(self) -> None:
        for pid in (self._pid, *children(self._pid)):
            if (peak := _peak(pid)) is not None:
                self._peaks[pid] = max(peak, self._peaks.get(pid, 0))


def children(pid: int) -> list[int]:
    """All below a process."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            direct = [int(number) for number in task.read_text().split()]
        except OSError:
            continue
        for child in direct:
            found += [child, *children(child)]
    return found


def _peak(pid: int) -> int | None:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)
