"""How often something may happen within a minute, counted in memory. Pure: no request, no clock of its own."""

from __future__ import annotations

from collections import deque
from threading import Lock

WITHIN = 60.0  # seconds


class Rates:
    """For each key the moments of the last minute. Forgotten when the process ends."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._moments: dict[str, deque[float]] = {}
        self._swept = 0.0

    def hit(self, key: str, most: int, now: float) -> bool:
        """Count one at `now` (monotonic seconds), unless there have been `most` in the minute before. Whether it was."""
        with self._lock:
            if now - self._swept > WITHIN:
                self._sweep(now)
            moments = self._moments.setdefault(key, deque())
            while moments and moments[0] <= now - WITHIN:
                moments.popleft()
            if len(moments) >= most:
                return False
            moments.append(now)
            return True

    def _sweep(self, now: float) -> None:
        """Forget who has been quiet for a minute, or every address that ever asked would stay."""
        self._swept = now
        for key in [key for key, moments in self._moments.items() if moments[-1] <= now - WITHIN]:
            del self._moments[key]

    def __len__(self) -> int:
        return len(self._moments)
