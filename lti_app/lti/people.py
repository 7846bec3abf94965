"""Keeps what a launch tells: one row for a person of a district, one row for a course."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_app.lti.claims import Launch, LaunchedContext
from lti_app.lti.launch import Verified
from lti_app.store.models.lti import Context, Membership, SignInKind, User
from sync.records import Role

ROLE_OF_KIND = {
    SignInKind.TEACHER: Role.TEACHER,
    SignInKind.ASSISTANT: Role.ASSISTANT,
    SignInKind.STUDENT: Role.LEARNER,
}


def remember_user(session: Session, verified: Verified) -> User | None:
    """The person's row, made or brought up to date; None for those of whom nothing is kept."""
    launch = verified.launch
    if not launch.is_kept:
        return None
    user = session.scalar(
        select(User).where(User.registration_id == verified.registration_id, User.sub == launch.sub)
    )
    if user is None:
        user = User(registration_id=verified.registration_id, sub=launch.sub)
        session.add(user)
    # A launch without names (privacy settings differ between placements) takes none away.
    user.name = launch.name or user.name or ""
    user.sortable_name = launch.sortable_name or user.sortable_name or user.name
    user.lms_id = launch.user_lms_id or user.lms_id
    session.flush()
    return user


def remember_context(
    session: Session, launched: LaunchedContext, *, deployment_id: int, now: datetime
) -> Context:
    """The course's row, made or brought up to date. A service the launch does not name keeps its address."""
    context = session.scalar(
        select(Context).where(Context.deployment_id == deployment_id, Context.lms_id == launched.lms_id)
    )
    if context is None:
        context = Context(deployment_id=deployment_id, lms_id=launched.lms_id, created_at=now)
        session.add(context)
    context.title = launched.title or context.title or ""
    context.course_lms_id = launched.course_lms_id or context.course_lms_id
    context.nrps_url = launched.nrps_url or context.nrps_url
    if launched.line_items_url:
        context.line_items_url, context.ags_scopes = launched.line_items_url, launched.ags_scopes
    session.flush()
    return context


def remember_membership(
    session: Session, context: Context, user: User, launch: Launch, now: datetime
) -> None:
    """Notes that the person is in the course now, in the roster's words. Administrators are in no course."""
    if launch.kind not in ROLE_OF_KIND:
        return
    membership = session.scalar(
        select(Membership).where(Membership.context_id == context.id, Membership.user_id == user.id)
    )
    if membership is None:
        membership = Membership(context_id=context.id, user_id=user.id)
        session.add(membership)
    membership.roles, membership.is_active, membership.seen_at = [ROLE_OF_KIND[launch.kind].value], True, now
    session.flush()
