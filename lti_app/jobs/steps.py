"""What a kind of job is: a step function that is called again and again until it says that the work is over.

A step makes LMS calls for a few seconds at most and notes each in the journal before and after; what to do
next it reads from our tables, never from the order of steps. So a worker can be killed anywhere, and a
deploy cannot break a running job.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from lti_app.jobs import rows
from lti_app.store.db import Database
from lti_app.store.models.jobs import Job, JobState


@dataclass(frozen=True)
class More:
    """There is more to do, now."""


@dataclass(frozen=True)
class Done:
    """The work is complete. `found` is what the page shows: ids, counts and flags."""

    found: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WaitUntil:
    """Nothing can be done before `at` (aware): the job is parked and the course is free for others
    meanwhile.
    """

    at: datetime
    message: str | None = None


@dataclass(frozen=True)
class Failed:
    """The work cannot go on. `message` is for an adult: what happened, what was and was not done, what to
    do.
    """

    message: str
    found: Mapping[str, Any] = field(default_factory=dict)


StepResult = More | Done | WaitUntil | Failed


class Stop:
    """Read before each LMS call: set once someone asked to stop, or another worker has the job. A `sync`
    StopSignal.
    """

    def __init__(
        self, database: Database, district_id: int, job_id: int, holder: str, stopping: Callable[[], bool]
    ):
        self._database, self._district_id, self._job_id = database, district_id, job_id
        self._holder, self._stopping = holder, stopping

    def is_set(self) -> bool:
        """Whether no further call may begin; return More() then, and the engine sorts out why."""
        if self._stopping():
            return True
        with self._database.session(self._district_id, write=False) as session:
            job = session.get(Job, self._job_id)
        if job is None or job.holder != self._holder or job.state != JobState.RUNNING:
            return True
        return job.cancel_requested


@dataclass(frozen=True)
class StepContext:
    """What a step gets. `holder` goes into each journal write (`store.holder.assert_holder`); `now` is the
    step's begin.
    """

    database: Database
    district_id: int
    job_id: int
    registration_id: int
    context_lms_id: str
    arguments: Mapping[str, Any]
    created_by: int | None
    holder: str
    now: datetime
    stop: Stop

    def report(self, done: int, total: int | None = None, message: str | None = None) -> None:
        """Shows the teacher how far it is. Raises LostHold, which a step lets pass."""
        with self.database.session(self.district_id) as session:
            rows.report(session, self.job_id, self.holder, done=done, total=total, message=message)


class Step(Protocol):
    """One step of one kind of job."""

    def __call__(self, context: StepContext, /) -> StepResult: ...


@dataclass(frozen=True)
class Kind:
    """A kind of job: its step and how long all its running may take, waits included."""

    step: Step
    time_limit: timedelta = timedelta(hours=6)


Kinds = Mapping[str, Kind]
