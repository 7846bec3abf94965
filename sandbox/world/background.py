"""The LMS's own background jobs: what a call leaves to be done a little later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from threading import RLock

from sandbox.world.clock import Clock

EARLIEST, LATEST = 0.2, 2.0


@dataclass(slots=True)
class Job:
    """One piece of work, waiting. `name` says what, e.g. "rows of assignment 1041"."""

    n: int
    name: str
    due: datetime
    work: Callable[[], None]


class Background:
    """Jobs in the order they were left: done at once, or `late` by 0.2 to 2 s of the LMS's clock.

    Nothing runs by itself: the app calls `run_due` before it answers a request, so that whoever looks sees
    what a background worker would have done by then. The world's lock is held meanwhile.
    """

    def __init__(self, clock: Clock, random: Random, lock: RLock) -> None:
        self.late = False
        self.held = False
        """Held jobs wait however late it gets, until stepped or released."""
        self._clock, self._random, self._lock = clock, random, lock
        self._jobs: list[Job] = []
        self._last = 0

    def later(
        self,
        name: str,
        work: Callable[[], None],
        *,
        seconds: float | None = None,
        once: bool = False,
        always: bool = False,
    ) -> None:
        """Leave work to be done: at once, or in `seconds` (of none: 0.2 to 2) where jobs are late or held.

        With `once` nothing is left while a job of that name waits: it will find the newest state anyway.
        With `always` the work waits even where jobs are done at once: a fault was ordered so.
        """
        if not (self.late or self.held or always):
            work()
            return
        with self._lock:
            if once and any(job.name == name for job in self._jobs):
                return
            self._last += 1
            wait = self._random.uniform(EARLIEST, LATEST) if seconds is None else seconds
            due = self._clock.now() + timedelta(seconds=wait)
            self._jobs.append(Job(self._last, name, due, work))

    def run_due(self) -> int:
        """Do what is due by now, oldest first; returns how many were done. None while jobs are held."""
        if self.held or not self._jobs:
            return 0
        return self._run(lambda job: job.due <= self._clock.now())

    def step(self, count: int = 1) -> int:
        """Do the oldest `count` waiting jobs now, held or not."""
        with self._lock:
            chosen = {job.n for job in self._jobs[:count]}
        return self._run(lambda job: job.n in chosen)

    def settle(self, names: str) -> int:
        """Do what waits under a name that starts so, e.g. "rows of", now; nothing while jobs are held."""
        return 0 if self.held else self._run(lambda job: job.name.startswith(names))

    def release(self) -> int:
        """Hold no longer, and do all that waits."""
        self.held = False
        return self._run(lambda _: True)

    def waiting(self) -> list[Job]:
        """What has not been done yet, oldest first."""
        with self._lock:
            return list(self._jobs)

    def clear(self) -> None:
        """Forget what waits: the world is emptied."""
        with self._lock:
            self._jobs.clear()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Jobs left inside are done at once, however late others are: for filling a world."""
        before, self.late, self.held = (self.late, self.held), False, False
        try:
            yield
        finally:
            self.late, self.held = before

    def _run(self, chosen: Callable[[Job], bool]) -> int:
        with self._lock:
            now = [job for job in self._jobs if chosen(job)]
            for job in now:
                self._jobs.remove(job)
                job.work()
            return len(now)
