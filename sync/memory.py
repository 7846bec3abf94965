"""In-memory twins of the house's ports: for tests, the demo's driver, and wherever one process is enough.

The twins that lti_app keeps in its database are held equal to these by tests/contract.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from sync.errors import LostHold, SignInExpired
from sync.links import links_at_begin, links_at_finish
from sync.ports import ChangeState
from sync.records import Link
from sync.wanted import Change

PLACES = 4
CALM_REMAINING = 150.0
REGAINED_PER_SECOND = 10.0
LONGEST_PAUSE_SECONDS = 15.0


class NeverStop:
    """A StopSignal that is never set."""

    def is_set(self) -> bool:
        """Always False."""
        return False


class Slots:
    """A CallBudget: so many calls at once, and a pause when little of the LMS's allowance is left.

    Canvas refuses near the 12th simultaneous call of one token and regains 10 units a second (canvas.md 2.1).
    """

    def __init__(
        self,
        places: int = PLACES,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._clock = clock
        self._sleep = sleep
        self._remaining: float | None = None
        self._seen_at = 0.0

    @contextmanager
    def call(self) -> Iterator[None]:
        """Holds one place; waits for it, and longer when the allowance is low."""
        with self._places:
            pause = self.pause()
            if pause > 0:
                self._sleep(pause)
            yield

    def pause(self) -> float:
        """Seconds to wait now until the allowance should be calm again, at most 15."""
        if self._remaining is None:
            return 0.0
        regained = (self._clock() - self._seen_at) * REGAINED_PER_SECOND
        short = CALM_REMAINING - self._remaining - regained
        return min(LONGEST_PAUSE_SECONDS, max(0.0, short / REGAINED_PER_SECOND))

    def seen(self, remaining: float) -> None:
        """Keeps what the LMS said last."""
        self._remaining, self._seen_at = remaining, self._clock()


class HeldToken:
    """A TokenStore for one process. `renew` makes a new token, or raises SignInExpired."""

    def __init__(self, token: str | None, renew: Callable[[str], str] | None = None) -> None:
        self._token = token
        self._renew = renew
        self._lock = threading.Lock()

    def access_token(self, now: datetime) -> str:  # noqa: ARG002 (the port's signature)
        """The token we hold; SignInExpired when there is none."""
        if self._token is None:
            raise SignInExpired("Nobody has connected this LMS yet.")
        return self._token

    def refresh(self, refused: str, now: datetime) -> str:  # noqa: ARG002 (the port's signature)
        """Another token: the one somebody fetched meanwhile, or a new one."""
        with self._lock:
            if self._token is not None and self._token != refused:
                return self._token
            if self._renew is None:
                raise SignInExpired("The permission to act for the teacher has ended.")
            self._token = self._renew(refused)
            return self._token


class LinkTable:
    """Links of one context in memory."""

    def __init__(self, links: Mapping[str, Link] | None = None) -> None:
        self._links = dict(links or {})

    def get(self, key: str) -> Link | None:
        """The link of a key, or None."""
        return self._links.get(key)

    def all(self) -> Mapping[str, Link]:
        """All links by key, as a copy."""
        return dict(self._links)

    def save(self, changed: Mapping[str, Link | None]) -> None:
        """Saves links by key; None forgets one."""
        for key, link in changed.items():
            if link is None:
                self._links.pop(key, None)
            else:
                self._links[key] = link


class RunJournal:
    """A Journal in memory. `holder` is this worker's name; whoever calls `seize` takes the run over."""

    def __init__(self, links: LinkTable, holder: str = "one") -> None:
        self.links = links
        self._states: dict[str, ChangeState] = {}
        self._holder = [holder]
        self._me = holder
        self._lock = threading.Lock()

    def seize(self, holder: str) -> "RunJournal":
        """The same journal for another worker; this one loses its hold."""
        with self._lock:
            other = RunJournal(self.links, holder)
            other._states, other._lock, other._holder = self._states, self._lock, self._holder
            self._holder[0] = holder
            return other

    def state(self, change_id: str) -> ChangeState:
        """How far a change has come."""
        return self._states.get(change_id, ChangeState.NEW)

    def begin(self, change: Change) -> None:
        """Notes that the call is about to go out."""
        with self._lock:
            self._check_hold()
            self.links.save(links_at_begin(change, self.links.all()))
            self._states[change.id] = ChangeState.BEGUN

    def finish(self, change: Change, lms_id: str) -> None:
        """Notes that the change is done, and its link with it."""
        with self._lock:
            self._check_hold()
            self.links.save(links_at_finish(change, lms_id, self.links.all()))
            self._states[change.id] = ChangeState.FINISHED

    def _check_hold(self) -> None:
        if self._holder[0] != self._me:
            raise LostHold("Another worker has taken over this run.")
