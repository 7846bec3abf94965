"""The jobs' rows as pages and steps see them: find, add, report, end, cancel. Nothing here knows the
engine.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_app.store.holder import assert_holder
from lti_app.store.models.jobs import UNFINISHED, Job, JobState


def open_job(session: Session, kind: str, *, registration_id: int, context_lms_id: str) -> Job | None:
    """The unfinished job of this kind in this course, if there is one."""
    return session.scalar(
        select(Job).where(
            Job.registration_id == registration_id,
            Job.context_lms_id == context_lms_id,
            Job.kind == kind,
            Job.state.in_(UNFINISHED),
        )
    )


def add_job(
    session: Session,
    kind: str,
    *,
    registration_id: int,
    context_lms_id: str,
    arguments: Mapping[str, Any],
    created_by: int | None,
    now: datetime,
) -> tuple[Job, bool]:
    """The job and whether it is new: a second click gets the unfinished job that is there already."""
    while True:
        job = open_job(session, kind, registration_id=registration_id, context_lms_id=context_lms_id)
        if job is not None:
            return job, False
        job = Job(
            kind=kind,
            arguments=dict(arguments),
            registration_id=registration_id,
            context_lms_id=context_lms_id,
            created_by=created_by,
            created_at=now,
            workflow_id=new_workflow_id(),
        )
        try:
            with session.begin_nested():
                session.add(job)
        except IntegrityError:
            # Two clicks at once on PostgreSQL. If none is open now either, the fault is another one.
            if (
                open_job(session, kind, registration_id=registration_id, context_lms_id=context_lms_id)
                is None
            ):
                raise
            continue
        return job, True


def new_workflow_id() -> str:
    """A name for the engine's record of a job, never used twice (a row's number could be, after a
    deletion).
    """
    return f"job-{uuid4()}"


def request_cancel(session: Session, job_id: int, *, now: datetime) -> None:
    """Asks a job to stop: one that has not begun or is parked ends here, a running one before its next
    call.
    """
    job = session.get(Job, job_id, with_for_update=True, populate_existing=True)
    if job is None or JobState(job.state).is_over:
        return
    job.cancel_requested = True
    if job.state != JobState.RUNNING:
        job.state, job.ended_at, job.resume_at, job.holder = JobState.CANCELLED, now, None, None


def report(
    session: Session, job_id: int, token: str, *, done: int, total: int | None, message: str | None
) -> None:
    """Writes how far a job is. Raises LostHold when the token no longer holds it."""
    assert_holder(session, job_id, token)
    _set(session, job_id, done=done, total=total, message=message)


def end(
    session: Session,
    job_id: int,
    token: str,
    state: JobState,
    *,
    now: datetime,
    message: str | None = None,
    found: Mapping[str, Any] | None = None,
) -> None:
    """Writes how a job ended. Without a message or findings the earlier ones stay. Raises LostHold."""
    assert_holder(session, job_id, token)
    changes: dict[str, Any] = {"state": state, "ended_at": now, "holder": None}
    if message is not None:
        changes["message"] = message
    if found is not None:
        changes["found"] = dict(found)
    _set(session, job_id, **changes)


def park(
    session: Session, job_id: int, token: str, workflow_id: str, *, until: datetime, message: str | None
) -> None:
    """Writes that a job goes on later under a new workflow. Raises LostHold."""
    assert_holder(session, job_id, token)
    changes: dict[str, Any] = {"state": JobState.WAITING, "holder": None, "attempt": 0}
    if message is not None:
        changes["message"] = message
    _set(session, job_id, workflow_id=workflow_id, resume_at=until, **changes)


def _set(session: Session, job_id: int, **changes: Any) -> None:
    statement = update(Job).where(Job.id == job_id).values(**changes)
    session.execute(statement.execution_options(synchronize_session=False))
