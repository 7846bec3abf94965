"""The holder of a job: the one execution whose writes count.

A worker that was taken for dead may wake in the middle of a call. Its token is then no longer on the row,
so its next write changes nothing and it stops. A journal asks here in the same transaction as each of its
own writes.
"""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import update
from sqlalchemy.orm import Session

from lti_app.store.models.jobs import UNFINISHED, Job, JobState


class LostHold(RuntimeError):
    """Another worker has the job now, or it has ended: this execution must stop and write nothing more."""


def take_hold(session: Session, job_id: int, workflow_id: str, *, now: datetime) -> str | None:
    """A new token, on the row from now on; None when the job has ended or goes on under another workflow."""
    token = str(uuid4())
    taken = session.scalar(
        update(Job)
        .where(Job.id == job_id, Job.workflow_id == workflow_id, Job.state.in_(UNFINISHED))
        .values(holder=token, state=JobState.RUNNING, attempt=Job.attempt + 1, resume_at=None)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    if taken is None:
        return None
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.started_at.is_(None))
        .values(started_at=now)
        .execution_options(synchronize_session=False)
    )
    return token


def assert_holder(session: Session, job_id: int, token: str) -> None:
    """Locks the job's row for this transaction if the token still holds it; raises LostHold otherwise."""
    held = session.scalar(
        update(Job)
        .where(Job.id == job_id, Job.holder == token, Job.state == JobState.RUNNING)
        .values(holder=token)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    if held is None:
        raise LostHold(f"job {job_id} is held by another worker, or has ended")
