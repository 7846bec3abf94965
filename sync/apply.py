"""Carries out changes one by one, journals each before and after, and may be stopped and run again.

A create whose answer was lost is looked for by its marker before it is done again; every other step leads to
the same state however often it is done.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sync.errors import LmsError, Stopped
from sync.links import CREATES
from sync.memory import NeverStop
from sync.ports import ChangeState, Gateway, Journal, Links, StopSignal
from sync.steps import Step, carry_out, find_again
from sync.wanted import Change

PAUSES_SECONDS = (2.0, 10.0, 30.0)
"""Waits before a step is tried again: long enough for an LMS to finish what it did not answer."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What one run of apply did: how many changes it carried out itself, of how many in all."""

    done: int
    of: int


def next_change(changes: Sequence[Change], journal: Journal) -> Change | None:
    """The first change that is not finished, or None when all are. A plan's order is that of its needs."""
    unfinished = (change for change in changes if journal.state(change.id) is not ChangeState.FINISHED)
    return next(unfinished, None)


def perform(
    gateway: Gateway,
    change: Change,
    journal: Journal,
    links: Links,
    now: datetime,
    stop: StopSignal | None = None,
) -> str:
    """Carries out one change and journals it; gives the LMS id of what it made, or nothing.

    Any LmsError leaves the change begun: calling this again is right, after a wait if the error `is_passing`.
    """
    stop = stop or NeverStop()
    if stop.is_set():
        raise Stopped("The run was asked to stop.")
    may_exist = journal.state(change.id) is ChangeState.BEGUN or change.arguments.get("look_first") is True
    journal.begin(change)
    step = Step(gateway, change, links, now, stop)
    found = find_again(step) if may_exist and change.action in CREATES else None
    lms_id = found if found is not None else carry_out(step)
    journal.finish(change, lms_id)
    return lms_id


def apply_changes(
    gateway: Gateway,
    changes: Sequence[Change],
    journal: Journal,
    links: Links,
    *,
    stop: StopSignal | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
    told: Callable[[Change], None] = lambda _: None,
) -> Applied:
    """Carries out all that is left of a plan; `told` hears of each finished change.

    A passing error is waited out a few times. Any other LmsError comes out; run it again when it is mended.
    """
    done = 0
    while (change := next_change(changes, journal)) is not None:
        for pause in (*PAUSES_SECONDS, None):
            try:
                perform(gateway, change, journal, links, clock(), stop)
                break
            except LmsError as error:
                if pause is None or not error.is_passing:
                    raise
            sleep(pause)
        done += 1
        told(change)
    return Applied(done, len(changes))
