"""Registrations and deployments as an operator adds and lists them (`regroup registrations add`, `list`)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from lti_app.lti.claims import origin_of
from lti_app.store.models.districts import District
from lti_app.store.models.lti import Deployment, DeploymentState, Family, Registration
from sync.errors import UnsafeAddress
from sync.transport import check_url


class BadRegistration(ValueError):
    """What was given cannot be registered; the text says why and names the option."""


@dataclass(frozen=True, slots=True)
class NewRegistration:
    """What an LMS's administrator copies over.

    The addresses are the platform's; `api_*` are of its REST API key.
    """

    district: str
    issuer: str
    client_id: str
    deployment_id: str
    auth_url: str
    token_url: str
    jwks_url: str
    family: str = Family.OTHER
    token_audience: str | None = None
    api_url: str | None = None
    api_key: str | None = None
    api_secret: str | None = None


def add_registration(
    session: Session, new: NewRegistration, *, now: datetime, allow_loopback: bool = False
) -> Deployment:
    """Adds registration, deployment and district as far as they are not there; gives the active deployment.

    An issuer and client id that are there already must have the same addresses: nothing is overwritten. A
    deployment that was waiting as pending is given to the district. Raises BadRegistration.
    """
    _check(new, allow_loopback=allow_loopback)
    registration = session.scalar(
        select(Registration).where(Registration.issuer == new.issuer, Registration.client_id == new.client_id)
    )
    if registration is None:
        registration = _registration(new, now)
        session.add(registration)
        session.flush()
    elif _addresses(registration) != (new.auth_url, new.token_url, new.jwks_url):
        raise BadRegistration(
            f"--client-id: {new.client_id} of {new.issuer} is registered already, with other addresses; "
            "nothing was changed"
        )
    district = session.scalar(select(District).where(District.name == new.district))
    if district is None:
        district = District(name=new.district, created_at=now)
        session.add(district)
        session.flush()
    return _deployment(session, registration, new.deployment_id, district, now)


def list_registrations(session: Session) -> list[Deployment]:
    """Every deployment with its registration, pending ones first."""
    query = select(Deployment).options(joinedload(Deployment.registration)).order_by(Deployment.id)
    return sorted(session.scalars(query), key=lambda row: row.state != DeploymentState.PENDING)


def page_origins(registration: Registration, page_origin: str | None) -> tuple[str, ...]:
    """The origins that may frame us: the platform's own, and the one that a signed launch named."""
    urls = [registration.issuer, registration.auth_login_url, registration.api_base_url]
    return tuple(sorted({origin for url in [*urls, page_origin] if (origin := origin_of(url))}))


def _deployment(
    session: Session, registration: Registration, deployment_id: str, district: District, now: datetime
) -> Deployment:
    found = session.scalar(
        select(Deployment).where(
            Deployment.registration_id == registration.id, Deployment.deployment_id == deployment_id
        )
    )
    if found is None:
        found = Deployment(registration_id=registration.id, deployment_id=deployment_id, created_at=now)
        session.add(found)
    elif found.district_id not in {None, district.id}:
        raise BadRegistration(
            f"--deployment-id: {deployment_id} belongs to another district; nothing was changed"
        )
    found.district_id, found.state = district.id, DeploymentState.ACTIVE
    session.flush()
    return found


def _registration(new: NewRegistration, now: datetime) -> Registration:
    return Registration(
        issuer=new.issuer,
        client_id=new.client_id,
        auth_login_url=new.auth_url,
        token_url=new.token_url,
        token_audience=new.token_audience,
        jwks_url=new.jwks_url,
        family=new.family,
        api_base_url=new.api_url.rstrip("/") if new.api_url else None,
        api_client_id=new.api_key,
        api_client_secret=new.api_secret,
        created_at=now,
    )


def _check(new: NewRegistration, *, allow_loopback: bool) -> None:
    for option in ("district", "issuer", "client_id", "deployment_id"):
        value = getattr(new, option)
        if not value.strip() or len(value) > (200 if option == "district" else 255):
            raise BadRegistration(f"--{option.replace('_', '-')}: give a text of at most 255 characters")
    if new.family not in set(Family):
        raise BadRegistration(f"--family: {new.family} is none of {', '.join(Family)}")
    if any((new.api_url, new.api_key, new.api_secret)) and not all(
        (new.api_url, new.api_key, new.api_secret)
    ):
        raise BadRegistration("--api-url, --api-key and --api-secret go together")
    for option in ("auth_url", "token_url", "jwks_url", "api_url"):
        url = getattr(new, option)
        try:
            if url is not None:
                check_url(url, allow_loopback=allow_loopback)
        except UnsafeAddress as error:
            raise BadRegistration(f"--{option.replace('_', '-')}: {error.what}") from None


def _addresses(registration: Registration) -> tuple[str, str, str]:
    return registration.auth_login_url, registration.token_url, registration.jwks_url
