"""Access tokens for a platform's LTI services (NRPS, AGS), by signed assertion.

Source: 1EdTech security framework 1.0, section 4.1 (client_credentials with a private_key_jwt assertion). A
token is kept for its registration and scopes until a minute before it ends; never for an issuer, which many
districts share.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import jwt
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from lti_app.lti.keys import signing_key
from lti_app.lti.outgoing import HttpSession, call_json
from lti_app.lti.tokens import new_secret
from lti_app.store.db import Database
from lti_app.store.models.lti import Registration, ServiceToken
from sync.errors import BadReply

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIVES = timedelta(minutes=5)
SPARE = timedelta(seconds=60)
USUAL_SECONDS = 3600
MOST_SECONDS = 24 * 3600


class ServiceTokens:
    """The tokens of one registration for one set of scopes: a `sync.ports.TokenStore`.

    Two workers that renew at once each get a good token, so nothing is locked while the platform is asked.
    """

    def __init__(
        self, database: Database, registration_id: int, scopes: Iterable[str], *, http: HttpSession
    ) -> None:
        self._database = database
        self._registration_id = registration_id
        self._scopes = " ".join(sorted(set(scopes)))
        self._http = http

    def access_token(self, now: datetime) -> str:
        """A token that works for a minute at least. Raises LmsError when the platform gives none."""
        with self._database.session(None, write=False) as session:
            kept = session.scalar(select(ServiceToken).where(*self._mine()))
        if kept is not None and kept.expires_at - SPARE > now:
            return kept.access_token
        return self._fetch(now)

    def refresh(self, refused: str, now: datetime) -> str:
        """A token other than `refused`, which the platform has just turned down."""
        with self._database.session(None) as session:
            kept = session.scalar(select(ServiceToken).where(*self._mine()))
            if kept is not None and kept.access_token == refused:
                session.execute(delete(ServiceToken).where(ServiceToken.id == kept.id))
        return self.access_token(now)

    def _fetch(self, now: datetime) -> str:
        url, form = self._question(now)
        answer = call_json(self._http, "POST", url, data=form, headers={"Accept": "application/json"})
        token, seconds = answer.get("access_token"), answer.get("expires_in", USUAL_SECONDS)
        if not isinstance(token, str) or not token:
            raise BadReply("The LMS gave no access token for its services.", field="access_token")
        if (
            isinstance(seconds, bool)
            or not isinstance(seconds, int | float)
            or not 0 < seconds <= MOST_SECONDS
        ):
            seconds = USUAL_SECONDS
        self._keep(token, now + timedelta(seconds=seconds))
        return token

    def _question(self, now: datetime) -> tuple[str, dict[str, str]]:
        with self._database.session(None) as session:
            registration = session.get_one(Registration, self._registration_id)
            key = signing_key(session, now)
        claims: dict[str, Any] = {
            "iss": registration.client_id,
            "sub": registration.client_id,
            "aud": registration.token_audience or registration.token_url,
            # A platform whose clock is a little behind ours refuses what was issued "later".
            "iat": int(now.timestamp()) - 5,
            "exp": int((now + ASSERTION_LIVES).timestamp()),
            "jti": new_secret(),
        }
        assertion = jwt.encode(claims, key.private_pem, algorithm="RS256", headers={"kid": key.kid})
        return registration.token_url, {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": assertion,
            "scope": self._scopes,
        }

    def _keep(self, token: str, expires_at: datetime) -> None:
        try:
            with self._database.session(None) as session:
                changed = session.execute(
                    update(ServiceToken)
                    .where(*self._mine())
                    .values(access_token=token, expires_at=expires_at)
                )
                if not changed.rowcount:  # type: ignore[attr-defined]
                    session.add(
                        ServiceToken(
                            registration_id=self._registration_id,
                            scopes=self._scopes,
                            access_token=token,
                            expires_at=expires_at,
                        )
                    )
        except IntegrityError:  # another worker has just kept its own, as good as ours
            return

    def _mine(self) -> tuple[Any, ...]:
        return (ServiceToken.registration_id == self._registration_id, ServiceToken.scopes == self._scopes)
