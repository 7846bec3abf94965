"""Dynamic registration: an admin's token, the tool's registration, and what the admin makes of it.

Source: Canvas doc/api/{registration,lti_registration_updates}.md, dynamic_registration_controller.rb:
the token is a JWT of an hour, used up by the first POST (also by one that is then refused); the key stays off
until the admin confirms, who may take scopes and placements away; the REST key is still made by hand.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from sandbox.platform.install import GLOBAL_ID, deploy
from sandbox.platform.registration_form import (
    CANVAS,
    TOOL,
    kept,
    placements_of,
    privacy_level_of,
    scopes_of,
)
from sandbox.platform.state import BadTicket, read_ticket, ticket, use_once
from sandbox.world.model import (
    Account,
    Deployment,
    LtiKey,
    LtiRegistration,
    RegistrationUpdateRequest,
    User,
)
from sandbox.world.store import World

TOKEN = "registration_token"
TOKEN_SECONDS = 3600


class Refused(Exception):
    """The call is refused with that status; the text goes into `errorMessage`."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def registration_token(world: World, account: Account, user: User, registration_url: str) -> str:
    """The token that lets the tool at that address register itself, once, within the hour."""
    contents = {
        "uuid": secrets.token_hex(16),
        "user_id": user.id,
        "root_account_global_id": account.id,
        "registration_url": registration_url,
    }
    return ticket(world, TOKEN, contents, seconds=TOKEN_SECONDS)


def read_token(world: World, text: str) -> dict[str, Any]:
    """What is in a registration token. Raises Refused 401 for any other text and after the hour."""
    try:
        return read_ticket(world, TOKEN, text)
    except BadTicket as error:
        raise Refused(401, "Invalid registration token") from error


def claim_token(world: World, token: dict[str, Any]) -> Account:
    """Use the token up; the account it is for. Raises Refused."""
    if not use_once(world, token):
        raise Refused(401, "Registration token has already been used")
    account = world.get(Account, token["root_account_global_id"])
    if account is None:
        raise Refused(404, "Specified account does not exist")
    return account


def create(world: World, token: dict[str, Any], account: Account, sent: dict[str, Any]) -> LtiRegistration:
    """The key, switched off, and its registration. `sent` has been checked."""
    key = world.add(
        LtiKey(
            account_id=account.id,
            client_id="",
            name="",
            login_url="",
            redirect_uris=[],
            jwks_url="",
            target_link_uri="",
            active=False,
        )
    )
    key.client_id = str(GLOBAL_ID + key.id)
    registration = world.add(
        LtiRegistration(
            account_id=account.id,
            lti_key_id=key.id,
            guid=str(token["uuid"]),
            created_by_id=int(token["user_id"]),
            registration_url=str(token["registration_url"]),
            registration=kept(sent),
            created_at=world.clock.now(),
        )
    )
    _apply(registration, key)
    if world.switches.registration_tells_deployment:
        deploy(world, key).active = False
    return registration


def _apply(registration: LtiRegistration, key: LtiKey) -> None:
    """Make the key what the registration asks for, less what the admin took away."""
    sent, overlay = registration.registration, registration.overlay
    tool, placements = sent[TOOL], placements_of(sent)
    off = set(overlay.get("disabled_placements", ()))
    key.name, key.login_url = sent["client_name"], sent["initiate_login_uri"]
    key.redirect_uris, key.jwks_url = list(sent["redirect_uris"]), sent["jwks_uri"]
    key.target_link_uri = tool.get("target_link_uri") or sent["redirect_uris"][0]
    key.custom_fields = dict(tool.get("custom_parameters") or {})
    key.scopes = [s for s in scopes_of(sent) if s not in overlay.get("disabled_scopes", ())]
    key.privacy_level = overlay.get("privacy_level") or privacy_level_of(sent)
    key.placement_settings = {name: rest for name, rest in placements.items() if name not in off}
    key.placements = list(key.placement_settings)


def confirm(
    world: World,
    registration: LtiRegistration,
    *,
    disabled_scopes: Iterable[str] = (),
    disabled_placements: Iterable[str] = (),
    privacy_level: str | None = None,
) -> Deployment:
    """The admin turns the key on for the whole district, with what they took away. The deployment."""
    key = key_of(world, registration)
    registration.overlay = {
        "disabled_scopes": list(disabled_scopes),
        "disabled_placements": list(disabled_placements),
        "privacy_level": privacy_level,
    }
    _apply(registration, key)
    key.active, registration.workflow_state = True, "on"
    deployment = deployment_of(world, registration) or deploy(world, key)
    deployment.active = True
    return deployment


def discard(world: World, registration: LtiRegistration) -> None:
    """The admin does not want the tool: the key is gone."""
    registration.workflow_state = "deleted"
    key_of(world, registration).active = False


def ask_update(
    world: World, registration: LtiRegistration, sent: dict[str, Any]
) -> RegistrationUpdateRequest:
    """A tool wants its registration replaced; the same one again is accepted at once."""
    asked = world.add(
        RegistrationUpdateRequest(
            lti_registration_id=registration.id, registration=kept(sent), created_at=world.clock.now()
        )
    )
    if asked.registration == registration.registration:
        asked.workflow_state = "accepted"
    return asked


def accept_update(world: World, asked: RegistrationUpdateRequest) -> LtiRegistration:
    """The admin accepts: the whole registration is replaced, what was taken away stays away."""
    registration = world.table(LtiRegistration)[asked.lti_registration_id]
    registration.registration, asked.workflow_state = asked.registration, "accepted"
    _apply(registration, key_of(world, registration))
    return registration


def key_of(world: World, registration: LtiRegistration) -> LtiKey:
    return world.table(LtiKey)[registration.lti_key_id]


def deployment_of(world: World, registration: LtiRegistration) -> Deployment | None:
    """The registration's deployment in the district, also one that is off."""
    return next(world.find(Deployment, lti_key_id=registration.lti_key_id), None)


def shown(world: World, registration: LtiRegistration, base: str) -> dict[str, Any]:
    """The registration as the tool is told: with its client_id and the address to read it again."""
    sent, deployment = registration.registration, deployment_of(world, registration)
    here = f"{base}/api/lti/registrations/{registration.id}"
    tells = deployment is not None and (registration.workflow_state == "on" or not deployment.active)
    found = {
        "client_id": key_of(world, registration).client_id,
        "application_type": "web",
        "grant_types": ["client_credentials", "implicit"],
        "initiate_login_uri": sent["initiate_login_uri"],
        "redirect_uris": sent["redirect_uris"],
        "response_types": ["id_token"],
        "client_name": sent["client_name"],
        "jwks_uri": sent["jwks_uri"],
        "logo_uri": sent.get("logo_uri"),
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join([*scopes_of(sent), "openid"]),
        TOOL: {**sent[TOOL], f"{CANVAS}registration_config_url": f"{here}/view"},
        "registration_client_uri": here,
        "deployment_id": deployment.deployment_id if deployment and tells else None,
    }
    return {name: value for name, value in found.items() if value is not None}
