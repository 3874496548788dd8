"""How often something may happen within a minute, and how often at once; counted in memory. Pure: no request, no clock."""

from __future__ import annotations

from collections import Counter, deque
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


class Present:
    """How many of each are under way."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._here: Counter[str] = Counter()

    def enter(self, key: str, most: int) -> bool:
        """Count one more, unless there are `most`. Whether it was; then it must `leave`."""
        with self._lock:
            if self._here[key] >= most:
                return False
            self._here[key] += 1
            return True

    def leave(self, key: str) -> None:
        with self._lock:
            self._here[key] -= 1
            if self._here[key] <= 0:
                del self._here[key]
