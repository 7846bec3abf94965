"""The start of a launch: the platform sends a browser to /lti/login, we send it back to sign the launch.

One row keeps state and nonce; the browser gets a secret of its own (`binding`) that must come back with the
launch. Source: 1EdTech security framework 1.0, section 5.1.1 (third-party initiated login). Written without
pylti1p3's OIDCLogin, which keeps the state in cookies that browsers drop and breaks an auth URL with a query.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_app.lti.claims import origin_of
from lti_app.lti.refusals import Reason, Refusal
from lti_app.lti.tokens import digest, new_secret
from lti_app.store.models.lti import Deployment, LoginAttempt, Registration

LIVES = timedelta(minutes=10)
LONGEST_PARAMETER = 8000
# What the platform sent, kept to begin the same launch again in a tab of its own.
REPEATED = (
    "iss",
    "client_id",
    "login_hint",
    "lti_message_hint",
    "target_link_uri",
    "lti_deployment_id",
    "deployment_id",
)


@dataclass(frozen=True, slots=True)
class Login:
    """A launch that has begun: where to send the browser, and the secret that shows it is the same one."""

    auth_url: str
    state: str
    binding: str
    storage_target: str | None
    parameters: dict[str, str]
    is_own_tab: bool
    registration: Registration
    page_origin: str | None  # where the LMS's pages come from, as far as a launch from there has told


def start_login(session: Session, parameters: Mapping[str, str], *, tool_url: str, now: datetime) -> Login:
    """Begins a launch. Raises Refusal when the request is not whole, or not from a platform we know.

    `parameters` are the login initiation's, from the query or the form; `own_tab=1` among them says that the
    person chose a tab of its own, where Platform Storage has no other window to speak to.
    """
    _check_parameters(parameters, tool_url)
    registration = find_registration(session, parameters["iss"], parameters.get("client_id") or None)
    if not registration.is_active:
        raise Refusal(Reason.REGISTRATION_OFF, f"registration {registration.id}")
    kept = {name: parameters[name] for name in REPEATED if parameters.get(name)}
    is_own_tab = parameters.get("own_tab") == "1"
    storage_target = None if is_own_tab else (parameters.get("lti_storage_target") or "")[:255] or None
    state, nonce, binding = secrets.token_hex(32), new_secret(), new_secret()
    session.add(
        LoginAttempt(
            state_hash=digest(state),
            nonce_hash=digest(nonce),
            binding_hash=digest(binding),
            registration_id=registration.id,
            target_link_uri=parameters["target_link_uri"],
            storage_target=storage_target,
            parameters=json.dumps(kept | ({"own_tab": "1"} if is_own_tab else {})),
            expires_at=now + LIVES,
        )
    )
    auth_url = _auth_url(registration, parameters, state=state, nonce=nonce, tool_url=tool_url)
    page_origin = _page_origin(session, registration, parameters)
    return Login(auth_url, state, binding, storage_target, kept, is_own_tab, registration, page_origin)


def find_registration(session: Session, issuer: str, client_id: str | None) -> Registration:
    """The registration of issuer and client id. Without a client id the issuer must have just one."""
    query = select(Registration).where(Registration.issuer == issuer)
    if client_id is not None:
        query = query.where(Registration.client_id == client_id)
    found = session.scalars(query.limit(2)).all()
    if len(found) == 1:
        return found[0]
    if found:
        raise Refusal(Reason.BAD_LOGIN, "no client_id, and the issuer has several registrations")
    raise Refusal(Reason.NOT_INSTALLED, "no registration for issuer and client_id")


def is_ours(url: str, tool_url: str) -> bool:
    """Whether an address lies on this tool: same scheme, host and port."""
    return origin_of(url) == origin_of(tool_url)


def _check_parameters(parameters: Mapping[str, str], tool_url: str) -> None:
    missing = [name for name in ("iss", "login_hint", "target_link_uri") if not parameters.get(name)]
    if missing:
        raise Refusal(Reason.BAD_LOGIN, f"missing: {', '.join(missing)}")
    values = [parameters.get(name, "") for name in (*REPEATED, "lti_storage_target")]
    if any(len(value) > LONGEST_PARAMETER or "\x00" in value for value in values):
        raise Refusal(Reason.BAD_LOGIN, "a parameter is too long or not text")
    if not is_ours(parameters["target_link_uri"], tool_url):
        raise Refusal(Reason.WRONG_ADDRESS, "target_link_uri is on another host")


def _page_origin(session: Session, registration: Registration, parameters: Mapping[str, str]) -> str | None:
    hint = parameters.get("lti_deployment_id") or parameters.get("deployment_id")
    return session.scalar(
        select(Deployment.page_origin).where(
            Deployment.registration_id == registration.id, Deployment.deployment_id == hint
        )
    )


def _auth_url(
    registration: Registration, parameters: Mapping[str, str], *, state: str, nonce: str, tool_url: str
) -> str:
    parts = urlsplit(registration.auth_login_url)
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": registration.client_id,
        "redirect_uri": f"{tool_url}/lti/launch",
        "login_hint": parameters["login_hint"],
        "state": state,
        "nonce": nonce,
    }
    if parameters.get("lti_message_hint"):
        asked["lti_message_hint"] = parameters["lti_message_hint"]
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in asked]
    return urlunsplit(parts._replace(query=urlencode([*kept, *asked.items()])))
