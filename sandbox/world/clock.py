"""The LMS's clock: real time plus an offset that tests may push forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time. With `start` it stands still there until advanced; without, it follows the machine."""

    def __init__(self, start: datetime | None = None) -> None:
        self._start = start
        self._offset = timedelta()

    def now(self) -> datetime:
        """The LMS's time as an aware UTC datetime."""
        return (self._start or datetime.now(UTC)) + self._offset

    def advance(self, seconds: float) -> datetime:
        """Move the clock forward and return the new time. Raises ValueError for a negative step."""
        if seconds < 0:
            raise ValueError("the clock only moves forward")
        self._offset += timedelta(seconds=seconds)
        return self.now()
