"""The LMS's clock: the machine's time until a test moves it, stops it or makes it run faster."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time. With `start` it stands still there until moved; without, it follows the machine."""

    def __init__(self, start: datetime | None = None) -> None:
        self.speed = 1.0 if start is None else 0.0
        self._at = start or datetime.now(UTC)
        self._since = time.monotonic()

    def now(self) -> datetime:
        """The LMS's time as an aware UTC datetime."""
        return self._at + timedelta(seconds=(time.monotonic() - self._since) * self.speed)

    def advance(self, seconds: float) -> datetime:
        """Move the clock forward and return the new time. Raises ValueError for a negative step."""
        if seconds < 0:
            raise ValueError("advance goes forward only")
        return self.set(self.now() + timedelta(seconds=seconds))

    def set(self, to: datetime) -> datetime:
        """Set the clock, back too, and return the new time. Raises ValueError for a time without a zone."""
        if to.tzinfo is None:
            raise ValueError("a time needs its zone")
        self._at, self._since = to.astimezone(UTC), time.monotonic()
        return self._at

    def run(self, speed: float) -> datetime:
        """Run at `speed` times the machine's (1: as it, 0: stand still). Raises ValueError below 0."""
        if speed < 0:
            raise ValueError("a clock does not run backwards")
        now = self.set(self.now())
        self.speed = speed
        return now
