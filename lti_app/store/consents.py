"""An adult's consent to act in the LMS as them (`sync.ports.TokenStore`), refreshed by one process at a time.

The refresh is single flight without a transaction held open during the call: whoever writes
`refreshing_until` makes the call, the others wait and read again. Canvas kills the earlier access token at
each refresh, so two at once would make each other's useless.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_app.store.journal import Opened
from lti_app.store.models.journal import LmsConsent
from sync.errors import SignInExpired, TimedOut

EARLY = timedelta(seconds=60)
LEASE = timedelta(seconds=30)
POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Fresh:
    """What the LMS's token endpoint gave: the new access token and when it ends."""

    access_token: str
    expires_at: datetime


class StoreTokens:
    """One consent's access token. `exchange`: refresh token in, Fresh out; SignInExpired if it is refused."""

    def __init__(
        self,
        opened: Opened,
        consent_id: int,
        exchange: Callable[[str], Fresh],
        clock: Callable[[], datetime],
    ) -> None:
        self._opened, self._consent_id, self._exchange, self._clock = opened, consent_id, exchange, clock

    def access_token(self, now: datetime) -> str:
        """A token good for a minute more, refreshed if it is about to end. SignInExpired without consent."""
        with self._opened(write=False) as session:
            consent = self._living(session)
        if consent.expires_at - EARLY > now:
            return consent.access_token
        return self.refresh(consent.access_token, now)

    def refresh(self, refused: str, now: datetime) -> str:  # noqa: ARG002 (the port hands it over)
        """A token other than `refused`: another process's if it was quicker, else a new one.

        TimedOut when the one who is renewing it neither ends nor dies in time.
        """
        deadline = time.monotonic() + 2 * LEASE.total_seconds()
        while time.monotonic() < deadline:
            consent, is_ours = self._claim(refused)
            if consent.access_token != refused:
                return consent.access_token
            if is_ours:
                return self._exchange_and_keep(consent.refresh_token)
            time.sleep(POLL_SECONDS)
        raise TimedOut("The LMS did not renew its permission in time.")

    def _exchange_and_keep(self, refresh_token: str) -> str:
        try:
            fresh = self._exchange(refresh_token)
        except SignInExpired:
            self._write(ended_at=self._clock(), refreshing_until=None)
            raise
        except BaseException:
            self._write(refreshing_until=None)
            raise
        self._write(access_token=fresh.access_token, expires_at=fresh.expires_at, refreshing_until=None)
        return fresh.access_token

    def _claim(self, refused: str) -> tuple[LmsConsent, bool]:
        """The consent as it is now, and whether the renewal of its `refused` token is ours to make."""
        with self._opened() as session:
            consent = self._living(session, is_locked=True)
            now = self._clock()
            is_free = consent.refreshing_until is None or consent.refreshing_until < now
            is_ours = is_free and consent.access_token == refused
            if is_ours:
                consent.refreshing_until = now + LEASE
            return consent, is_ours

    def _living(self, session: Session, *, is_locked: bool = False) -> LmsConsent:
        query = select(LmsConsent).where(LmsConsent.id == self._consent_id)
        consent = session.scalars(query.with_for_update() if is_locked else query).one_or_none()
        if consent is None or consent.ended_at is not None:
            raise SignInExpired("Your permission to act in the LMS has ended.")
        return consent

    def _write(self, **values: object) -> None:
        with self._opened() as session:
            session.execute(update(LmsConsent).where(LmsConsent.id == self._consent_id).values(**values))
