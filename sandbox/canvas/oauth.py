"""OAuth2: a user lets a developer key act for them.

Source: canvas.md sections 1.2, 1.3; instructure/canvas-lms app/controllers/oauth2_provider_controller.rb,
lib/canvas/oauth/request_error.rb and grant_types/refresh_token.rb for order and words of the refusals.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Response, jsonify, make_response, redirect, render_template, request, session
from werkzeug.wrappers import Response as WebResponse

from sandbox.canvas.api import as_json, blueprint
from sandbox.canvas.auth import authenticate, token_of_request
from sandbox.canvas.errors import ApiError
from sandbox.canvas.scopes import is_scope
from sandbox.current import SESSION_USER, base_url, current_world, note_caller, web_user
from sandbox.platform.tokens import client_credentials_response
from sandbox.world.model import ApiKey, AuthorizationCode, Grant, User
from sandbox.world.store import World

CODE_LIFE = timedelta(minutes=10)
TOKEN_LIFE = timedelta(hours=1)
WAITING = "oauth"
"""Where authorisations wait for the user's answer, in World.extras."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks a user to allow."""

    key: ApiKey
    redirect_uri: str
    state: str | None
    scopes: tuple[str, ...]
    purpose: str


class _Refusal(Exception):
    """Goes back to the client as `error` and `error_description`."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.description, self.status = error, description, status


# authorise


@blueprint.get("/login/oauth2/auth")
def authorize() -> WebResponse:
    """The consent page for the logged-in user. An unknown client or address is never redirected to."""
    note_caller("oauth", None)
    world = current_world()
    key = _active_key(world, request.args.get("client_id", ""))
    if key is None:
        return _plain_error(401, "invalid_client", "unknown client")
    redirect_uri = request.args.get("redirect_uri", "")
    if not _belongs(key, redirect_uri):
        return _plain_error(400, "invalid_request", "redirect_uri does not match client settings")
    state = request.args.get("state")
    try:
        asked = Asked(key, redirect_uri, state, _scopes(key), request.args.get("purpose", ""))
        return _ask(world, asked)
    except _Refusal as refusal:
        return _back(redirect_uri, state, error=refusal.error, error_description=refusal.description)


def _ask(world: World, asked: Asked) -> WebResponse:
    if not asked.key.on_in_account:
        raise _Refusal("unauthorized_client", "Client does not have access to the specified Canvas account.")
    if request.args.get("response_type") != "code":
        raise _Refusal("unsupported_response_type", "Only response_type=code is permitted")
    user, prompt = web_user(), request.args.get("prompt")
    if prompt not in (None, "none", "login"):
        raise _Refusal("unsupported_prompt_type", 'prompt must be "none" (or omitted)')
    if prompt == "none":
        if user is None:
            raise _Refusal("login_required", "prompt=none but there is no current session")
        raise _Refusal(
            "interaction_required", "prompt=none but a token cannot be granted without user interaction"
        )
    if user is None or prompt == "login" or request.args.get("force_login") in ("1", "true"):
        return redirect(f"{base_url()}/?{urlencode({'next': _again()})}", 302)
    ticket = secrets.token_urlsafe(24)
    with world.lock:
        world.extras.setdefault(WAITING, {})[ticket] = (asked, user.id)
    page = make_response(
        render_template("oauth_consent.html", key=asked.key, user=user, ticket=ticket, scopes=asked.scopes)
    )
    page.headers["X-Frame-Options"] = "SAMEORIGIN"
    page.headers["Cache-Control"] = "no-store"
    return page


def _again() -> str:
    """This request's address without what forces a login, to come back to after logging in."""
    forcing = ("force_login", "prompt", "unique_id")
    kept = [(k, v) for k in request.args for v in request.args.getlist(k) if k not in forcing]
    return f"{request.path}?{urlencode(kept)}"


@blueprint.post("/login/oauth2/accept")
def accept() -> WebResponse:
    """The user's answer on the consent page: back to the client with a code, or with access_denied."""
    note_caller("oauth", None)
    world, user = current_world(), web_user()
    with world.lock:
        asked, user_id = world.extras.get(WAITING, {}).pop(request.form.get("ticket", ""), (None, None))
        if asked is None or user is None or user.id != user_id:
            return _plain_error(400, "invalid_request", "this authorisation is no longer open; start again")
        if request.form.get("answer") != "authorize":
            return _back(asked.redirect_uri, asked.state, error="access_denied")
        code = issue_code(world, asked, user)
    return _back(asked.redirect_uri, asked.state, code=code)


def issue_code(world: World, asked: Asked, user: User) -> str:
    """A single-use code, good for ten minutes."""
    code = secrets.token_urlsafe(32)
    world.add(
        AuthorizationCode(
            code=code,
            api_key_id=asked.key.id,
            user_id=user.id,
            redirect_uri=asked.redirect_uri,
            scopes=list(asked.scopes),
            purpose=asked.purpose,
            expires_at=world.clock.now() + CODE_LIFE,
        )
    )
    return code


def _active_key(world: World, client_id: str) -> ApiKey | None:
    return next(world.find(ApiKey, client_id=client_id, active=True), None)


def _belongs(key: ApiKey, redirect_uri: str) -> bool:
    """True when the address's host is one of the key's, or below it."""
    host = urlsplit(redirect_uri).hostname
    own = [urlsplit(uri).hostname for uri in key.redirect_uris]
    return bool(host) and any(host == name or str(host).endswith(f".{name}") for name in own if name)


def _scopes(key: ApiKey) -> tuple[str, ...]:
    asked = (request.args.getlist("scope") or request.args.getlist("scopes") or [""])[-1].split()
    if not key.require_scopes:
        return tuple(asked)
    missing = [scope for scope in asked if scope not in key.scopes or not is_scope(scope)]
    if missing or not asked:
        raise _Refusal(
            "invalid_scope",
            "A requested scope is invalid, unknown, malformed, or exceeds the scope granted by the resource "
            f"owner. The following scopes were requested, but not granted: {', '.join(missing)}",
        )
    return tuple(asked)


def _back(redirect_uri: str, state: str | None, **values: str) -> WebResponse:
    if state is not None:
        values["state"] = state
    joint = "&" if urlsplit(redirect_uri).query else "?"
    return redirect(f"{redirect_uri}{joint}{urlencode(values)}", 302)


def _plain_error(status: int, error: str, description: str) -> Response:
    response = jsonify({"error": error, "error_description": description})
    response.status_code = status
    if error == "invalid_client":
        response.headers["WWW-Authenticate"] = "Canvas OAuth 2.0"
    return response


# tokens


@blueprint.post("/login/oauth2/token")
def token() -> Any:
    """authorization_code and refresh_token act as a user; client_credentials is the tool's own, for LTI."""
    note_caller("oauth", None)
    world, kind = current_world(), request.form.get("grant_type", "")
    if kind == "client_credentials":
        return client_credentials_response(world, request.form, f"{base_url()}{request.path}")
    if not kind and request.form.get("code"):
        kind = "authorization_code"
    try:
        if kind not in ("authorization_code", "refresh_token"):
            raise _Refusal(
                "unsupported_grant_type", "The grant_type you requested is not currently supported"
            )
        with world.lock:
            key = _proven_key(world)
            body = _exchange(world, key) if kind == "authorization_code" else _refresh(world, key)
    except _Refusal as refusal:
        return _plain_error(refusal.status, refusal.error, refusal.description)
    response = as_json(body)
    response.headers["Cache-Control"] = "no-store"
    return response


def _proven_key(world: World) -> ApiKey:
    """The key whose id and secret were sent, in the form or as HTTP Basic; the form wins."""
    name, password = _basic()
    client_id = request.form.get("client_id") or name
    secret = request.form.get("client_secret") or password
    key = _active_key(world, client_id)
    if key is None:
        raise _Refusal("invalid_client", "unknown client", 401)
    if not secrets.compare_digest(key.secret.encode(), secret.encode()):
        raise _Refusal("invalid_client", "invalid client", 401)
    return key


def _basic() -> tuple[str, str]:
    header = request.headers.get("Authorization", "")
    if not header.lower().startswith("basic "):
        return "", ""
    try:
        name, _, password = base64.b64decode(header[6:]).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return name, password


def _exchange(world: World, key: ApiKey) -> dict[str, Any]:
    """A code for a grant. Canvas keeps codes ten minutes and forgets one that was used."""
    if "code" not in request.form:
        raise _Refusal(
            "invalid_request",
            "You must provide the code parameter when using the authorization_code grant type",
        )
    code = next(world.find(AuthorizationCode, code=request.form["code"]), None)
    if code is None or code.used or code.expires_at <= world.clock.now():
        raise _Refusal("invalid_grant", "authorization_code not found")
    if code.api_key_id != key.id:
        raise _Refusal("invalid_grant", "incorrect client")
    code.used = True
    if request.form.get("replace_tokens") == "1":
        for other in world.find(Grant, api_key_id=key.id, user_id=code.user_id):
            other.revoked = True
    grant = new_grant(world, key, world.table(User)[code.user_id], scopes=code.scopes, purpose=code.purpose)
    return _token_json(world, grant) | {"refresh_token": grant.refresh_token}


def _refresh(world: World, key: ApiKey) -> dict[str, Any]:
    """A new access token; the old one dies at once. The refresh token stays and is not sent again."""
    if "refresh_token" not in request.form:
        raise _Refusal(
            "invalid_request",
            "You must provide the refresh_token parameter when using the refresh_token grant type",
        )
    grant = next(world.find(Grant, refresh_token=request.form["refresh_token"]), None)
    if grant is None or grant.revoked:
        raise _Refusal("invalid_request", "refresh_token not found")
    if grant.api_key_id != key.id:
        raise _Refusal("invalid_grant", "incorrect client")
    if grant.permanent_expires_at is not None and grant.permanent_expires_at <= world.clock.now():
        raise _Refusal("invalid_request", "refresh_token not found")
    grant.expires_at = world.clock.now() + TOKEN_LIFE
    world.keep_token(grant, secrets.token_urlsafe(40))
    return _token_json(world, grant)


def new_grant(
    world: World, key: ApiKey, user: User, *, scopes: list[str] | None = None, purpose: str = ""
) -> Grant:
    """A grant with a living access token: what a finished authorisation leaves behind."""
    grant = world.add(
        Grant(
            api_key_id=key.id,
            user_id=user.id,
            access_token="",
            refresh_token=secrets.token_urlsafe(40),
            expires_at=world.clock.now() + TOKEN_LIFE,
            scopes=list(scopes or []),
            purpose=purpose,
        )
    )
    world.keep_token(grant, secrets.token_urlsafe(40))
    return grant


def _token_json(world: World, grant: Grant) -> dict[str, Any]:
    user = world.table(User)[grant.user_id]
    return {
        "access_token": grant.access_token,
        "token_type": "Bearer",
        "user": {
            "id": user.id,
            "name": user.name,
            "global_id": str(10_000_000_000_000 + user.id),
            "effective_locale": user.locale,
            "fake_student": user.fake_student,
        },
        "canvas_region": "unknown",
        "expires_in": int(TOKEN_LIFE.total_seconds()),
    }


@blueprint.delete("/login/oauth2/token")
def revoke() -> Response:
    """The token of this request ends for good; with `expire_sessions=1` the browser's login too."""
    world, sent, user = current_world(), token_of_request(), web_user()
    note_caller("oauth", None)
    if sent is None and user is not None:
        if request.values.get("expire_sessions"):
            session.pop(SESSION_USER, None)
        return as_json(
            {"message": "can't delete OAuth access token when not using an OAuth access token"}, 400
        )
    try:
        with world.lock:
            caller = authenticate(world, sent)
            caller.grant.revoked = True
            note_caller("oauth", caller.user.id)
    except ApiError as error:
        response = as_json(error.body, error.status)
        response.headers.update(error.headers)
        return response
    if request.values.get("expire_sessions"):
        session.pop(SESSION_USER, None)
    return as_json({})
