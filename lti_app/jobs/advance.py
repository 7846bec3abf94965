"""One step of a running job, from reading its row to writing what came of it. The engine records only the
outcome.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError

from lti_app.jobs import rows
from lti_app.jobs.client import JobsClient
from lti_app.jobs.faults import describe
from lti_app.jobs.steps import Done, Failed, Kinds, More, StepContext, StepResult, Stop, WaitUntil
from lti_app.store.db import Database
from lti_app.store.holder import LostHold, assert_holder, take_hold
from lti_app.store.models.jobs import Job, JobState

log = logging.getLogger(__name__)
T = TypeVar("T")

# A database that restarts is away for seconds; a step may be repeated, so the job waits for it here.
PAUSES_SECONDS = (0.5, 1, 2, 4, 8, 15, 30)


class Outcome(StrEnum):
    """What a step told the engine. Stored with running workflows: a word may be added, never changed."""

    MORE = "more"
    LOST = "lost"
    OVER = "over"


class WorkerStopping(BaseException):
    """Leaves a workflow without recording an outcome, so that another worker goes on with it.

    Not an Exception: the engine records every Exception as the workflow's end.
    """


@dataclass(frozen=True)
class Runner:
    """Carries out the steps of all jobs in one worker process."""

    database: Database
    client: JobsClient
    kinds: Kinds
    clock: Callable[[], datetime]
    is_stopping: Callable[[], bool]

    def hold(self, district_id: int, job_id: int, workflow_id: str) -> str | None:
        """A new token for this execution; None when the job has ended or goes on elsewhere."""
        return self._through_restarts(lambda: self._hold(district_id, job_id, workflow_id))

    def advance(self, district_id: int, job_id: int, token: str) -> Outcome:
        """Takes one step and writes what came of it. Raises WorkerStopping when this process is to end."""
        if self.is_stopping():
            raise WorkerStopping
        try:
            return self._through_restarts(lambda: self._advance(district_id, job_id, token))
        except LostHold:
            return Outcome.LOST

    def _hold(self, district_id: int, job_id: int, workflow_id: str) -> str | None:
        with self.database.session(district_id) as session:
            return take_hold(session, job_id, workflow_id, now=self.clock())

    def _advance(self, district_id: int, job_id: int, token: str) -> Outcome:
        with self.database.session(district_id, write=False) as session:
            job = session.get(Job, job_id)
        if job is None or job.holder != token or job.state != JobState.RUNNING:
            raise LostHold(f"job {job_id} is held by another worker, or has ended")
        result = self._result(job, token)
        with self.database.session(district_id) as session:
            match result:
                case More():
                    assert_holder(session, job_id, token)
                    return Outcome.MORE
                case None:
                    rows.end(session, job_id, token, JobState.CANCELLED, now=self.clock())
                case Done(found):
                    rows.end(session, job_id, token, JobState.DONE, now=self.clock(), found=found)
                case Failed(message, found):
                    rows.end(
                        session,
                        job_id,
                        token,
                        JobState.FAILED,
                        now=self.clock(),
                        message=message,
                        found=found,
                    )
                case WaitUntil(at, message):
                    workflow_id = rows.new_workflow_id()
                    rows.park(session, job_id, token, workflow_id, until=at, message=message)
                    self.client.start_workflow(session, job, workflow_id, delay=at - self.clock())
        return Outcome.OVER

    def _result(self, job: Job, token: str) -> StepResult | None:
        """What the step said; None when someone asked the job to stop."""
        if job.cancel_requested:
            return None
        kind = self.kinds.get(job.kind)
        if kind is None:
            return Failed(
                f"This version of Regroup does not know the work {job.kind!r}. Nothing was written."
            )
        if job.started_at is not None and self.clock() - job.started_at > kind.time_limit:
            hours = kind.time_limit.total_seconds() / 3600
            return Failed(
                f"Stopped after {hours:g} hours, the most this work may take. What was written stays; "
                "start it again to go on from there."
            )
        try:
            return kind.step(self._context(job, token))
        except (LostHold, OperationalError, InterfaceError):
            raise
        except Exception as error:  # the boundary: the job must end with words for a teacher
            return _broken(job, error)

    def _context(self, job: Job, token: str) -> StepContext:
        return StepContext(
            database=self.database,
            district_id=job.district_id,
            job_id=job.id,
            registration_id=job.registration_id,
            context_lms_id=job.context_lms_id,
            arguments=job.arguments,
            created_by=job.created_by,
            holder=token,
            now=self.clock(),
            stop=Stop(self.database, job.district_id, job.id, token, self.is_stopping),
        )

    def _through_restarts(self, work: Callable[[], T]) -> T:
        for pause in PAUSES_SECONDS:
            try:
                return work()
            except (OperationalError, InterfaceError) as error:
                log.warning("the database did not answer (%s); again in %s s", type(error).__name__, pause)
                self._sleep(pause)
        return work()

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self.is_stopping():
                raise WorkerStopping
            time.sleep(min(left, 0.2))


def _broken(job: Job, error: Exception) -> Failed:
    reference, lines = describe(error)
    log.error("job %s (%s) broke, %s", job.id, job.kind, lines)
    return Failed(
        "Regroup stopped because of a fault of its own. What was written so far stays and is listed; "
        "starting again goes on from there. If it stops again, give your administrator "
        f"the reference {reference}."
    )
