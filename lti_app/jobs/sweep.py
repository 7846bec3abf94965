"""Finds what dead workers left behind and what the engine ended by itself. In each worker, every third of
the lease.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from sqlalchemy import select, update

from lti_app.jobs.heartbeat import living
from lti_app.store.db import Database
from lti_app.store.models.jobs import UNFINISHED, Job, JobState

log = logging.getLogger(__name__)

LOST = (
    "The work ended before it was complete. What was written stays and is listed; "
    "start it again to go on from there."
)
TOO_OFTEN = (
    "The work was begun {attempts} times and never came to its end, so it was given up. What was written "
    "stays and is listed. Start it again once; if it stops again, tell your administrator."
)


class WorkflowsOfEngine(Protocol):
    """What the sweep asks of the engine."""

    def executors_at_work(self) -> set[str]: ...

    def recover(self, executors: Iterable[str]) -> None: ...

    def ends(self, workflow_ids: Iterable[str]) -> Mapping[str, JobState | None]:
        """How each workflow ended; None for one that goes on, no entry for one that is not known."""
        ...


def hand_over(
    database: Database, engine: WorkflowsOfEngine, *, own_id: str, lease_seconds: float
) -> set[str]:
    """Gives the workflows of workers that do not beat back to the queue. Returns the dead that had some."""
    at_work = engine.executors_at_work() - {own_id}
    dead = at_work - living(database, lease_seconds=lease_seconds) if at_work else set()
    if dead:
        log.warning("taking over from %s", ", ".join(sorted(dead)))
        engine.recover(dead)
    return dead


def copy_ends(database: Database, engine: WorkflowsOfEngine, *, now: datetime) -> list[int]:
    """Ends our rows whose workflow the engine ended without us. Returns the jobs' ids."""
    with database.operator_session(write=False) as session:
        columns = select(Job.id, Job.workflow_id, Job.attempt).where(Job.state.in_(UNFINISHED))
        open_jobs = session.execute(columns).all()
    ends = engine.ends([job.workflow_id for job in open_jobs]) if open_jobs else {}
    ended = []
    for job in open_jobs:
        state = ends.get(job.workflow_id, JobState.FAILED)
        if state is not None and _end(database, job.id, job.workflow_id, state, job.attempt, now=now):
            ended.append(job.id)
    return ended


def _end(
    database: Database, job_id: int, workflow_id: str, state: JobState, attempts: int, *, now: datetime
) -> bool:
    message = LOST if attempts < 2 else TOO_OFTEN.format(attempts=attempts)
    changes = {"state": state, "ended_at": now, "holder": None}
    if state is JobState.FAILED:
        changes["message"] = message
    with database.operator_session() as session:
        # Parked or ended by its holder since we looked: then the workflow's end is no news.
        mine = (Job.id == job_id, Job.workflow_id == workflow_id, Job.state.in_(UNFINISHED))
        statement = update(Job).where(*mine).values(**changes).returning(Job.id)
        return session.scalar(statement.execution_options(synchronize_session=False)) is not None
