"""Canvas's leaky bucket, one for each token. Source: canvas.md section 2.1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from threading import Lock

HIGH_WATER = 600.0
MAXIMUM = 800.0
OUTFLOW = 10.0
UP_FRONT = 50.0
REFUSED = "429 Forbidden (Rate Limit Exceeded)\n"
REFUSED_OLDER = "403 Forbidden (Rate Limit Exceeded)\n"
LEAST_COST = 0.02


@dataclass(slots=True)
class _Bucket:
    count: float
    at: datetime


class Throttle:
    """Every call puts 50 in on arrival, takes them back at its end, leaves its real cost; 10 a second leak.

    Filled to 600 a bucket refuses: from empty, about the 13th simultaneous call. One at a time never does.
    """

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}
        self._lock = Lock()

    def arrive(self, key: str, now: datetime) -> bool:
        """A call begins. False: refused, and nothing needs to be handed back."""
        with self._lock:
            bucket = self._leaked(key, now)
            bucket.count = min(MAXIMUM, bucket.count + UP_FRONT)
            if bucket.count >= HIGH_WATER:
                bucket.count -= UP_FRONT
                return False
            return True

    def leave(self, key: str, now: datetime, cpu_seconds: float) -> float:
        """A call ends; returns what it cost."""
        cost = max(LEAST_COST, cpu_seconds)
        with self._lock:
            bucket = self._leaked(key, now)
            bucket.count = min(MAXIMUM, max(0.0, bucket.count - UP_FRONT) + cost)
        return cost

    def remaining(self, key: str, now: datetime) -> float:
        """What X-Rate-Limit-Remaining says."""
        with self._lock:
            return HIGH_WATER - self._leaked(key, now).count

    def fill(self, key: str, now: datetime, count: float) -> None:
        """Set a bucket's level: for tests of what happens near the edge."""
        with self._lock:
            self._leaked(key, now).count = count

    def _leaked(self, key: str, now: datetime) -> _Bucket:
        bucket = self._buckets.setdefault(key, _Bucket(0.0, now))
        seconds = max(0.0, (now - bucket.at).total_seconds())
        bucket.count = max(0.0, bucket.count - seconds * OUTFLOW)
        bucket.at = now
        return bucket
