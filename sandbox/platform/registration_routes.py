"""The addresses of dynamic registration. Rules: registrations.py, registration_form.py."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, request

from sandbox.current import base_url, current_world, note_caller, web_user
from sandbox.platform import oidc, registrations
from sandbox.platform.claims import NOTICE_TYPES, REGISTRATION_READ_SCOPE, REGISTRATION_SCOPE
from sandbox.platform.facts import account_chain
from sandbox.platform.registration_form import PLACEMENTS, SCOPES, problems
from sandbox.platform.registrations import Refused
from sandbox.platform.tokens import living_token
from sandbox.platform.variables import VARIABLES
from sandbox.world.model import Account, LtiRegistration, User
from sandbox.world.store import World

REGISTRATIONS = "/api/lti/registrations"

blueprint = Blueprint("registrations", __name__)


def _json(data: object, status: int = 200) -> Response:
    return Response(json.dumps(data), status, content_type="application/json; charset=utf-8")


@blueprint.errorhandler(Refused)
def refuse(error: Refused) -> Response:
    return _json({"errorMessage": str(error)}, error.status)


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


@blueprint.get("/api/lti/accounts/<int:account_id>/registration_token")
def new_token(account_id: int) -> Response:
    """For an admin's own pages: {uuid, oidc_configuration_url, token} for `registration_url`."""
    world, user = current_world(), web_user()
    note_caller("web", user.id if user else None)
    account = admins_account(world, user, account_id)
    if account is None or user is None:
        raise Refused(403, "user not authorized to perform that action")
    token = registrations.registration_token(world, account, user, request.args.get("registration_url", ""))
    uuid = registrations.read_token(world, token)["uuid"]
    return _json({"uuid": uuid, "oidc_configuration_url": configuration_url(token), "token": token})


def admins_account(world: World, user: User | None, account_id: int) -> Account | None:
    """The account, for somebody who administers it; None for anybody else."""
    if user is None or not user.admin_of_account_ids.intersection(account_chain(world, account_id)):
        return None
    return world.get(Account, account_id)


def configuration_url(token: str) -> str:
    """Where the tool reads the configuration. Canvas puts the token into this address too."""
    query = urlencode({"registration_token": token})
    return f"{base_url()}/api/lti/security/openid-configuration?{query}"


def tool_address(registration_url: str, token: str) -> str:
    """The tool's registration address with the two parameters that Canvas adds."""
    parts = urlsplit(registration_url)
    added = {"openid_configuration": configuration_url(token), "registration_token": token}
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), *added.items()])))


@blueprint.get("/api/lti/security/openid-configuration")
def openid_configuration() -> Response:
    """What the platform is and can. The token comes as Bearer (docs) or parameter (source): either does."""
    note_caller("lti", None)
    world = current_world()
    text = _bearer() or request.args.get("registration_token", "")
    if not text:
        told = "Access token missing (You must include the registration_token parameter)."
        return _json({"error": told}, 401)
    token = registrations.read_token(world, text)
    account = world.get(Account, token["root_account_global_id"])
    if account is None:
        return _json({"error": f"Account {token['root_account_global_id']} not found."}, 404)
    base = base_url()
    return _json(
        {
            "issuer": oidc.issuer_of(world, base),
            "authorization_endpoint": f"{base}/api/lti/authorize_redirect",
            "registration_endpoint": f"{base}{REGISTRATIONS}",
            "jwks_uri": f"{base}/api/lti/security/jwks",
            "token_endpoint": f"{base}/login/oauth2/token",
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["id_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["sub", "picture", "email", "name", "given_name", "family_name", "locale"],
            "subject_types_supported": ["public"],
            "authorization_server": urlsplit(base).netloc,
            "https://purl.imsglobal.org/spec/lti-platform-configuration": {
                "product_family_code": "canvas",
                "version": "vCloud",
                "messages_supported": [
                    {"type": kind, "placements": list(names)} for kind, names in PLACEMENTS.items()
                ],
                "notice_types_supported": list(NOTICE_TYPES),
                "variables": [name.removeprefix("$") for name in VARIABLES],
                "https://canvas.instructure.com/lti/account_name": account.name,
                "https://canvas.instructure.com/lti/account_lti_guid": account.lti_context_id,
            },
        }
    )


@blueprint.post(REGISTRATIONS)
def create() -> Response:
    """The tool's registration: 200 with a client_id whose key is off. 401, 404 {errorMessage}, 422 {errors}.

    The token is used up before the registration is looked at: a refused one needs a new token.
    """
    note_caller("lti", None)
    world = current_world()
    with world.lock:
        token = registrations.read_token(world, _bearer())
        account = registrations.claim_token(world, token)
        sent = _sent()
        if wrong := problems(sent):
            return _json({"errors": wrong}, 422)
        return _json(
            registrations.shown(world, registrations.create(world, token, account, sent), base_url())
        )


@blueprint.get(f"{REGISTRATIONS}/<int:registration_id>/configuration")
def show(registration_id: int) -> Response:
    """The registration, for the tool itself with a token of a registration scope."""
    world = current_world()
    found = _own(world, registration_id, REGISTRATION_SCOPE, REGISTRATION_READ_SCOPE)
    return _json(registrations.shown(world, found, base_url()))


@blueprint.put(f"{REGISTRATIONS}/<int:registration_id>/configuration")
def update(registration_id: int) -> Response:
    """Asks the admin for a change; answers with the registration as it still is."""
    world = current_world()
    if not world.switches.registration_updates:
        raise Refused(404, "The specified resource does not exist.")
    found = _own(world, registration_id, REGISTRATION_SCOPE)
    sent = _sent()
    if wrong := problems(sent):
        return _json({"errors": wrong}, 422)
    with world.lock:
        registrations.ask_update(world, found, sent)
    return _json(registrations.shown(world, found, base_url()))


def _own(world: World, registration_id: int, *scopes: str) -> LtiRegistration:
    note_caller("lti", None)
    token = living_token(world, _bearer())
    if token is None:
        raise Refused(401, "Invalid access token")
    if not set(scopes) & set(token.scopes):
        raise Refused(401, "Insufficient permissions")
    found = world.get(LtiRegistration, registration_id)
    if found is None:
        raise Refused(404, "The specified resource does not exist.")
    if found.lti_key_id != token.lti_key_id:
        raise Refused(403, "You are not authorized to access this registration")
    return found


def _sent() -> dict[str, Any]:
    sent = request.get_json(silent=True, force=True)
    return sent if isinstance(sent, dict) else {}
