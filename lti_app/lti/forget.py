"""Forgets launches and sign-ins that are over; run every hour by the schedule."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from lti_app.store.models.lti import LaunchTicket, LoginAttempt, ServiceToken, SignIn

KEPT_AFTER_END = timedelta(days=1)


def forget_ended(session: Session, now: datetime) -> int:
    """Deletes what ended over a day ago: logins, tickets, sign-ins, service tokens. Gives the number of rows.

    The session is an operator's: sign-ins of every district are looked at.
    """
    before = now - KEPT_AFTER_END
    gone = 0
    for table in (LaunchTicket, LoginAttempt, ServiceToken, SignIn):
        done = session.execute(delete(table).where(table.expires_at < before))
        gone += int(done.rowcount)  # type: ignore[attr-defined]
    return gone
