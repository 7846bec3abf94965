"""A consent under way: who asked for it, and that its state is used once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lti_app.lti.tokens import digest
from lti_app.store.models.journal import ConsentAttempt, LmsConsent

LIVES = timedelta(minutes=10)


def begin_consent(
    session: Session, state: str, *, registration_id: int, user_id: int, context_id: int, now: datetime
) -> None:
    """Notes the state that goes to the LMS; only its hash is kept."""
    session.add(
        ConsentAttempt(
            state_hash=digest(state),
            registration_id=registration_id,
            user_id=user_id,
            context_id=context_id,
            expires_at=now + LIVES,
        )
    )


def use_consent(session: Session, state: str, now: datetime) -> ConsentAttempt | None:
    """The attempt of that state, used up by this very call; None if unknown, too old or used before."""
    used = session.execute(
        update(ConsentAttempt)
        .where(
            ConsentAttempt.state_hash == digest(state),
            ConsentAttempt.used_at.is_(None),
            ConsentAttempt.expires_at > now,
        )
        .values(used_at=now)
    )
    if not used.rowcount:  # type: ignore[attr-defined]
        return None
    return session.scalars(select(ConsentAttempt).where(ConsentAttempt.state_hash == digest(state))).one()


def forget_attempts(session: Session, now: datetime) -> None:
    """Deletes attempts that ended over a day ago, of every district: the session is an operator's."""
    session.execute(delete(ConsentAttempt).where(ConsentAttempt.expires_at < now - timedelta(days=1)))


def keep_consent(
    session: Session,
    attempt: ConsentAttempt,
    *,
    access_token: str,
    refresh_token: str,
    expires_at: datetime,
    now: datetime,
) -> None:
    """Keeps the tokens for the person who asked; an earlier consent of theirs is replaced."""
    row = session.scalars(
        select(LmsConsent).where(
            LmsConsent.registration_id == attempt.registration_id, LmsConsent.user_id == attempt.user_id
        )
    ).one_or_none()
    if row is None:
        row = LmsConsent(registration_id=attempt.registration_id, user_id=attempt.user_id)
        session.add(row)
    row.access_token, row.refresh_token, row.expires_at = access_token, refresh_token, expires_at
    row.granted_at, row.ended_at, row.refreshing_until = now, None, None
