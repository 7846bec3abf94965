"""The launch itself: from the posted id_token to a launch that may be trusted, or a Refusal.

Nothing is held open while the platform is asked for its keys: read, close, ask, open, save. The login's row
is used up by one conditional UPDATE, so that of any number of workers and copies exactly one goes on.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_app.lti.adapter import CheckedLaunch, Platform
from lti_app.lti.claims import Claims, Launch, launch_of
from lti_app.lti.login import is_ours
from lti_app.lti.outgoing import HttpSession
from lti_app.lti.platform_keys import PlatformKeys
from lti_app.lti.refusals import Reason, Refusal
from lti_app.lti.tokens import digest, is_match, new_secret
from lti_app.store.db import Database
from lti_app.store.models.districts import District
from lti_app.store.models.lti import Deployment, DeploymentState, LaunchTicket, LoginAttempt, Registration

TICKET_LIVES = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Begun:
    """The login a launch belongs to: its row, its registration and what the platform sent then."""

    attempt: LoginAttempt
    registration: Registration

    @property
    def parameters(self) -> dict[str, str]:
        sent: dict[str, str] = json.loads(self.attempt.parameters)
        return sent

    @property
    def is_own_tab(self) -> bool:
        return self.parameters.get("own_tab") == "1"


class Verified(BaseModel):
    """A launch that the platform signed for this login, from a deployment that is let in."""

    model_config = ConfigDict(frozen=True)

    registration_id: int
    deployment_id: int
    district_id: int
    launch: Launch


def begun_login(database: Database, state: str, now: datetime) -> Begun:
    """The login of a state. Raises Refusal when there is none, it is too old, or it was used already."""
    if not state:
        raise Refusal(Reason.BAD_LAUNCH, "state is missing")
    with database.session(None, write=False) as session:
        attempt = session.scalar(select(LoginAttempt).where(LoginAttempt.state_hash == digest(state)))
        registration = session.get(Registration, attempt.registration_id) if attempt else None
    if attempt is None or registration is None:
        raise Refusal(Reason.NOT_FROM_THIS_LOGIN, "state is unknown")
    if attempt.used_at is not None:
        raise Refusal(Reason.ALREADY_USED, "state was used before")
    if attempt.expires_at <= now:
        raise Refusal(Reason.LAUNCH_EXPIRED, "the login is over 10 minutes ago")
    return Begun(attempt, registration)


def refuse_platform_error(form: Mapping[str, str]) -> None:
    """Raises Refusal when the platform posted an OpenID error and no launch (Canvas: login_required)."""
    if form.get("error"):
        known = form["error"] if form["error"].replace("_", "").isalpha() else "unknown"
        raise Refusal(Reason.LMS_REFUSED, known[:60])


def verify(
    begun: Begun, id_token: str, *, database: Database, http: HttpSession, tool_url: str, now: datetime
) -> Verified:
    """The verified launch of a login. Raises Refusal; the login is used up as soon as the signature holds."""
    attempt, registration = begun.attempt, begun.registration
    keys = PlatformKeys(database, http, registration.id, registration.jwks_url)
    checked = CheckedLaunch(
        id_token,
        Platform(
            issuer=registration.issuer,
            client_id=registration.client_id,
            jwks_url=registration.jwks_url,
            key_set=lambda kid: keys.with_key(kid, now),
        ),
        consume=lambda: _use_up(database, attempt.id, now),
        nonce_is_ours=lambda nonce: is_match(nonce, attempt.nonce_hash),
    )
    claims = checked.claims(now)
    _check_target(claims, attempt, tool_url)
    if not registration.is_active:
        raise Refusal(Reason.REGISTRATION_OFF, f"registration {registration.id}")
    launch = launch_of(claims)
    deployment = _deployment(database, registration.id, claims.deployment_id, launch.page_origin, now)
    return Verified(
        registration_id=registration.id,
        deployment_id=deployment.id,
        district_id=_district_of(database, deployment),
        launch=launch,
    )


def set_aside(session: Session, begun: Begun, verified: Verified, now: datetime) -> str:
    """Keeps a verified launch for a minute, until the browser has shown that it began it: gives a ticket."""
    ticket = new_secret()
    session.add(
        LaunchTicket(
            token_hash=digest(ticket),
            login_attempt_id=begun.attempt.id,
            deployment_id=verified.deployment_id,
            launch=verified.model_dump_json(),
            expires_at=now + TICKET_LIVES,
        )
    )
    return ticket


def take_up(database: Database, ticket: str, binding: str, now: datetime) -> tuple[Verified, Registration]:
    """The launch that was set aside, once. Raises Refusal for an unknown or old ticket or another browser."""
    with database.session(None) as session:
        row = session.scalar(
            select(LaunchTicket).where(LaunchTicket.token_hash == digest(ticket)).with_for_update()
        )
        if row is None or row.expires_at <= now:
            raise Refusal(Reason.LAUNCH_EXPIRED, "ticket is unknown or over 60 seconds old")
        attempt = session.get_one(LoginAttempt, row.login_attempt_id)
        registration = session.get_one(Registration, attempt.registration_id)
        session.execute(delete(LaunchTicket).where(LaunchTicket.id == row.id))
    if not is_match(binding, attempt.binding_hash):
        raise Refusal(Reason.NOT_THIS_BROWSER, "platform storage holds another value")
    return Verified.model_validate_json(row.launch), registration


def _use_up(database: Database, attempt_id: int, now: datetime) -> None:
    with database.session(None) as session:
        changed = session.execute(
            update(LoginAttempt)
            .where(LoginAttempt.id == attempt_id, LoginAttempt.used_at.is_(None))
            .values(used_at=now)
        )
        if changed.rowcount != 1:  # type: ignore[attr-defined]
            raise Refusal(Reason.ALREADY_USED, "state was used by another request")


def _check_target(claims: Claims, attempt: LoginAttempt, tool_url: str) -> None:
    if not is_ours(claims.target_link_uri, tool_url):
        raise Refusal(Reason.WRONG_ADDRESS, "target_link_uri is on another host")
    if claims.target_link_uri != attempt.target_link_uri:
        raise Refusal(Reason.BAD_LAUNCH, "target_link_uri is not the login's")


def _deployment(
    database: Database, registration_id: int, deployment_id: str, page_origin: str | None, now: datetime
) -> Deployment:
    """The deployment of a signed launch; one never seen before is noted as pending for an operator."""
    which = (Deployment.registration_id == registration_id, Deployment.deployment_id == deployment_id)
    try:
        with database.session(None) as session:
            found = session.scalar(select(Deployment).where(*which))
            if found is None:
                found = Deployment(
                    registration_id=registration_id,
                    deployment_id=deployment_id,
                    state=DeploymentState.PENDING,
                    created_at=now,
                )
                session.add(found)
            found.page_origin = page_origin or found.page_origin
            found.launched_at = now
            session.flush()
            return found
    except IntegrityError:  # the same new deployment in two workers at once
        with database.session(None, write=False) as session:
            return session.scalars(select(Deployment).where(*which)).one()


def _district_of(database: Database, deployment: Deployment) -> int:
    if deployment.state == DeploymentState.SUSPENDED:
        raise Refusal(Reason.DEPLOYMENT_SUSPENDED, f"deployment {deployment.id}")
    if deployment.state != DeploymentState.ACTIVE or deployment.district_id is None:
        raise Refusal(Reason.DEPLOYMENT_PENDING, f"deployment {deployment.id}")
    with database.session(None, write=False) as session:
        district = session.get_one(District, deployment.district_id)
    if district.is_suspended:
        raise Refusal(Reason.DEPLOYMENT_SUSPENDED, f"district {district.id}")
    return district.id
