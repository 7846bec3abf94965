"""The way to one course's LMS, as one adult: their consent for REST, our own token for LTI's services."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import select

from lti_app.lti.claims import origin_of
from lti_app.lti.services import ServiceTokens
from lti_app.settings import Settings
from lti_app.store.consents import Fresh, StoreTokens
from lti_app.store.db import Database
from lti_app.store.models.journal import LmsConsent
from lti_app.store.models.lti import Context, Family, Registration
from sync.errors import CannotDo, SignInExpired
from sync.http import Http
from sync.memory import Slots
from sync.ports import Gateway, StopSignal
from sync.transport import plain_session
from sync.vendors.canvas import oauth
from sync.vendors.canvas.gateway import canvas_gateway

CALLBACK = "/oauth/canvas/callback"
"""The redirect address of the API key, under our own address."""
NO_KEY = "This installation has no key for the LMS's own interface (REST API)."
SCOPES = (
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
    "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/score",
    "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
)
"""What we ask a platform's services for; a platform that grants less says so at the first call."""


@dataclass(frozen=True, slots=True)
class Course:
    """One context with its gateway. `lms_id` is the LMS's own id of the course."""

    context_id: int
    lms_id: str
    gateway: Gateway
    ways: tuple[Http, ...]

    @property
    def calls(self) -> int:
        """LMS calls made through this gateway so far."""
        return sum(way.calls.total() for way in self.ways)


@dataclass(frozen=True, slots=True)
class _Rows:
    context: Context
    registration: Registration
    consent: LmsConsent | None


def open_course(
    database: Database,
    settings: Settings,
    *,
    district_id: int,
    context_id: int,
    user_id: int,
    stop: StopSignal,
    clock: Callable[[], datetime],
) -> Course:
    """The course as that adult reaches it.

    Raises SignInExpired when they have not connected the LMS (or must again), CannotDo for an LMS that has
    no vendor folder or a registration without an API key.
    """
    rows = _rows(database, district_id, context_id, user_id)
    context, registration = rows.context, rows.registration
    if registration.family != Family.CANVAS or not registration.api_base_url:
        raise CannotDo(NO_KEY)
    if rows.consent is None:
        raise SignInExpired("You have not connected the LMS yet.")
    if rows.consent.ended_at is not None:
        raise SignInExpired("Your permission to act in the LMS has ended.")
    session = plain_session(settings.loopback_demo, proxies=settings.proxies)
    tokens = StoreTokens(
        partial(database.session, district_id),
        rows.consent.id,
        partial(_renew, settings, registration, clock),
        clock,
    )
    rest = Http(
        registration.api_base_url,
        token=tokens,
        budget=Slots(),
        stop=stop,
        session=session,
        allow_loopback=settings.loopback_demo,
        clock=clock,
    )
    service = Http(
        # the services' own host: on hosted Canvas the token comes from another one
        origin_of(context.nrps_url or context.line_items_url) or registration.api_base_url,
        token=ServiceTokens(database, registration.id, SCOPES, http=session),
        budget=Slots(),
        stop=stop,
        session=session,
        allow_loopback=settings.loopback_demo,
        clock=clock,
        is_service=True,
    )
    gateway = canvas_gateway(
        rest,
        service=service,
        memberships_url=context.nrps_url,
        context_rlid=context.lms_id,
        line_items_url=context.line_items_url,
        tool_url=f"{settings.public_url}/lti/launch",
    )
    return Course(context.id, context.course_lms_id or "", gateway, (rest, service))


def consent_address(settings: Settings, registration: Registration, state: str) -> str:
    """Where the LMS asks a teacher whether Regroup may act for them. CannotDo without an API key."""
    key, base_url = _key(settings, registration)
    return oauth.authorize_url(base_url, key, state=state)


def exchange_code(
    settings: Settings, registration: Registration, code: str, *, now: datetime
) -> oauth.Tokens:
    """The tokens behind the code that the LMS sent back. Raises LmsError."""
    key, base_url = _key(settings, registration)
    return oauth.exchange_code(_open_way(settings, base_url), key, code, now=now)


def _renew(
    settings: Settings, registration: Registration, clock: Callable[[], datetime], refresh_token: str
) -> Fresh:
    key, base_url = _key(settings, registration)
    tokens = oauth.refresh(_open_way(settings, base_url), key, refresh_token, now=clock())
    return Fresh(tokens.access_token, tokens.expires_at)


def _key(settings: Settings, registration: Registration) -> tuple[oauth.Key, str]:
    if not (registration.api_base_url and registration.api_client_id and registration.api_client_secret):
        raise CannotDo(NO_KEY)
    address = f"{settings.public_url}{CALLBACK}"
    return (
        oauth.Key(registration.api_client_id, registration.api_client_secret, address),
        registration.api_base_url,
    )


def _open_way(settings: Settings, base_url: str) -> Http:
    session = plain_session(settings.loopback_demo, proxies=settings.proxies)
    return Http(base_url, session=session, allow_loopback=settings.loopback_demo)


def _rows(database: Database, district_id: int, context_id: int, user_id: int) -> _Rows:
    with database.session(district_id, write=False) as session:
        context = session.get_one(Context, context_id)
        registration = context.deployment.registration
        consent = session.scalar(
            select(LmsConsent).where(
                LmsConsent.registration_id == registration.id, LmsConsent.user_id == user_id
            )
        )
        return _Rows(context, registration, consent)
