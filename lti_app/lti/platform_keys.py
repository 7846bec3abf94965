"""A platform's public keys: kept in the database, fetched again when a launch names one we do not know.

Fetches are limited to one in 30 seconds for each registration, however many workers and forged launches there
are. A class of 30 that launches just after a platform changed its keys waits for that one fetch. When the
platform does not answer, a key that we already know still verifies.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError

from lti_app.lti.outgoing import SECONDS, HttpSession, call_json
from lti_app.lti.refusals import Reason, Refusal
from lti_app.store.db import Database
from lti_app.store.models.lti import JwksCache
from sync.errors import LmsError

FRESH = timedelta(hours=12)
BETWEEN_FETCHES = timedelta(seconds=30)
LOOK_AGAIN_SECONDS = 0.1
SMALLEST_MODULUS = 342  # characters of base64url: 2048 bits


class PlatformKey(BaseModel):
    """One RSA public key of a JWK set; private parts and other members are dropped (RFC 7517)."""

    model_config = ConfigDict(extra="ignore")

    kty: str = Field(pattern="^RSA$")
    kid: str = Field(min_length=1, max_length=255)
    n: str = Field(min_length=SMALLEST_MODULUS, max_length=2000)
    e: str = Field(max_length=10)
    alg: str = Field(default="RS256", pattern="^RS256$")
    use: str = Field(default="sig", pattern="^sig$")


@dataclass(frozen=True, slots=True)
class _Kept:
    keys: dict[str, Any]
    fetched_at: datetime | None
    is_being_fetched: bool = False
    has_failed: bool = False

    def has(self, kid: str) -> bool:
        return any(key["kid"] == kid for key in self.keys.get("keys", []))


class PlatformKeys:
    """The key set of one registration's platform."""

    def __init__(
        self,
        database: Database,
        http: HttpSession,
        registration_id: int,
        url: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._database = database
        self._http = http
        self._registration_id = registration_id
        self._url = url
        self._sleep = sleep

    def with_key(self, kid: str, now: datetime) -> dict[str, Any]:
        """A JWK set that holds the key `kid`, fetched again if need be.

        Raises Refusal when we do not know the key: BAD_SIGNATURE if the platform has none such either,
        LMS_KEYS_UNREACHABLE if it could not be asked.
        """
        kept = self._kept(now)
        is_fresh = kept.fetched_at is not None and now - kept.fetched_at < FRESH
        if kept.has(kid) and is_fresh:
            return kept.keys
        try:
            kept = self._renewed(kid, now)
        except LmsError as error:
            if not kept.has(kid):
                raise Refusal(Reason.LMS_KEYS_UNREACHABLE, type(error).__name__) from error
        if kept.has(kid):
            return kept.keys
        if kept.has_failed:
            raise Refusal(Reason.LMS_KEYS_UNREACHABLE, "asked less than 30 seconds ago")
        raise Refusal(Reason.BAD_SIGNATURE, "kid is not in the platform's key set")

    def _renewed(self, kid: str, now: datetime) -> _Kept:
        if self._claim_fetch(now):
            self._fetch(now)
            return self._kept(now)
        kept = self._kept(now)
        for _ in range(int(SECONDS / LOOK_AGAIN_SECONDS)):
            if kept.has(kid) or not kept.is_being_fetched:
                break
            self._sleep(LOOK_AGAIN_SECONDS)
            kept = self._kept(now)
        return kept

    def _kept(self, now: datetime) -> _Kept:
        with self._database.session(None, write=False) as session:
            row = session.scalar(select(JwksCache).where(JwksCache.registration_id == self._registration_id))
        if row is None:
            return _Kept({}, None)
        has_ended = row.asked_at is None or (row.ended_at is not None and row.ended_at >= row.asked_at)
        is_recent = row.asked_at is not None and now - row.asked_at < timedelta(seconds=2 * SECONDS)
        return _Kept(
            row.keys,
            row.fetched_at,
            is_being_fetched=is_recent and not has_ended,
            has_failed=row.ended_at is not None and row.fetched_at != row.ended_at,
        )

    def _claim_fetch(self, now: datetime) -> bool:
        """Whether this process may fetch now: true for one of all workers in 30 seconds."""
        mine = JwksCache.registration_id == self._registration_id
        is_due = or_(JwksCache.asked_at.is_(None), JwksCache.asked_at <= now - BETWEEN_FETCHES)
        try:
            with self._database.session(None) as session:
                if session.scalar(select(JwksCache.id).where(mine)) is None:
                    session.add(JwksCache(registration_id=self._registration_id, keys={}))
                    session.flush()
                changed = session.execute(update(JwksCache).where(mine, is_due).values(asked_at=now))
                return bool(changed.rowcount)  # type: ignore[attr-defined]
        except IntegrityError:  # another worker made the first row in the same moment, and asks
            return False

    def _fetch(self, now: datetime) -> None:
        values: dict[str, Any] = {"ended_at": now}
        try:
            values |= {"keys": {"keys": _usable(call_json(self._http, "GET", self._url))}, "fetched_at": now}
        finally:
            with self._database.session(None) as session:
                mine = JwksCache.registration_id == self._registration_id
                session.execute(update(JwksCache).where(mine).values(**values))


def _usable(key_set: dict[str, Any]) -> list[dict[str, str]]:
    listed = key_set.get("keys")
    found = []
    for entry in listed if isinstance(listed, list) else []:
        try:
            found.append(PlatformKey.model_validate(entry).model_dump())
        except ValidationError:  # a key of another kind stands beside ours in many sets
            continue
    return found
