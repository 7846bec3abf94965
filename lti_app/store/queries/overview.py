"""What the home page and the frame of every page read."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_app.store.models.cycles import Cycle, GroupSet, Playlist, PlaylistUnit, SkillEstimate
from lti_app.store.models.jobs import UNFINISHED, Job
from lti_app.store.models.journal import LmsConsent, PlannedChange, Run
from lti_app.store.models.lti import User


def cycle_now(session: Session, context_id: int) -> Cycle | None:
    """The context's newest cycle that is not closed."""
    return session.scalars(
        select(Cycle)
        .where(Cycle.context_id == context_id, Cycle.closed_at.is_(None))
        .order_by(Cycle.id.desc())
    ).first()


def consent_of(session: Session, *, registration_id: int, user_id: int) -> LmsConsent | None:
    """That adult's consent, ended or not; None when they never connected."""
    return session.scalars(
        select(LmsConsent).where(LmsConsent.registration_id == registration_id, LmsConsent.user_id == user_id)
    ).one_or_none()


def open_job(session: Session, *, registration_id: int, context_lms_id: str) -> Job | None:
    """The newest unfinished job of the course."""
    return session.scalars(
        select(Job)
        .where(
            Job.registration_id == registration_id,
            Job.context_lms_id == context_lms_id,
            Job.state.in_(UNFINISHED),
        )
        .order_by(Job.id.desc())
    ).first()


def group_counts(session: Session, cycle_id: int) -> dict[str, int]:
    """Number of groups by kind."""
    return {
        row.kind: len(row.groups)
        for row in session.scalars(select(GroupSet).where(GroupSet.cycle_id == cycle_id))
    }


def playlist_counts(session: Session, cycle_id: int) -> tuple[int, int, int]:
    """Students with a playlist, units planned, teacher tasks planned."""
    students = session.scalar(
        select(func.count(func.distinct(Playlist.user_id))).where(Playlist.cycle_id == cycle_id)
    )
    places = select(func.count(PlaylistUnit.id)).join(Playlist).where(Playlist.cycle_id == cycle_id)
    units = session.scalar(places.where(PlaylistUnit.unit_id.is_not(None)))
    tasks = session.scalar(places.where(PlaylistUnit.unit_id.is_(None)))
    return students or 0, units or 0, tasks or 0


def state_counts(session: Session, cycle_id: int) -> dict[str, int]:
    """Number of student x skill cells in each benchmark state."""
    rows = session.execute(
        select(SkillEstimate.state, func.count())
        .where(SkillEstimate.cycle_id == cycle_id)
        .group_by(SkillEstimate.state)
    )
    return dict(rows.all())


def newest_run(session: Session, context_id: int, *states: str) -> Run | None:
    """The newest run in one of these states."""
    return session.scalars(
        select(Run).where(Run.context_id == context_id, Run.state.in_(states)).order_by(Run.id.desc())
    ).first()


def run_of(session: Session, context_id: int, run_id: int) -> Run | None:
    """That run, if it is of this context."""
    return session.scalars(select(Run).where(Run.context_id == context_id, Run.id == run_id)).one_or_none()


def runs_of(session: Session, context_id: int) -> list[Run]:
    """Runs that wrote something or began to, newest first."""
    return list(
        session.scalars(
            select(Run)
            .where(Run.context_id == context_id, Run.state.in_(("approved", "done", "stopped")))
            .order_by(Run.id.desc())
        )
    )


def change_rows(session: Session, run_id: int) -> list[PlannedChange]:
    """The run's changes in their order."""
    return list(
        session.scalars(
            select(PlannedChange).where(PlannedChange.run_id == run_id).order_by(PlannedChange.position)
        )
    )


def change_counts(session: Session, run_ids: list[int]) -> dict[int, int]:
    """Number of changes by run."""
    rows = session.execute(
        select(PlannedChange.run_id, func.count())
        .where(PlannedChange.run_id.in_(run_ids))
        .group_by(PlannedChange.run_id)
    )
    return dict(rows.all())


def job_of(session: Session, *, context_lms_id: str, registration_id: int, job_id: int) -> Job | None:
    """That job, if it is of this course."""
    return session.scalars(
        select(Job).where(
            Job.id == job_id,
            Job.registration_id == registration_id,
            Job.context_lms_id == context_lms_id,
        )
    ).one_or_none()


def names_of(session: Session, user_ids: set[int]) -> dict[int, str]:
    """Names by our user id."""
    rows = session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))
    return dict(rows.all())
