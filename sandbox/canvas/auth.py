"""Who is calling: the access token, what its key may do, and the caller. Source: canvas.md section 1."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from flask import g, request

from sandbox.canvas.errors import insufficient_scopes, invalid_token, no_token
from sandbox.canvas.params import stamp
from sandbox.current import current_world, note_caller
from sandbox.world.model import ApiKey, Grant, User
from sandbox.world.store import World


@dataclass(frozen=True, slots=True)
class Caller:
    user: User
    grant: Grant
    key: ApiKey
    real_user: User | None = None
    """Who really calls, when they act as `user`."""


def token_of_request() -> str | None:
    """The access token of this request, from the Authorization header or the query."""
    header = request.headers.get("Authorization", "")
    kind, _, token = header.partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return token.strip()
    return request.args.get("access_token") or None


def authenticate(world: World, token: str | None) -> Caller:
    """The person behind the token. Raises the 401 that fits what is wrong with it."""
    if token is None:
        raise no_token()
    grant = world.grant_of(token)
    if grant is None:
        raise invalid_token()
    if grant.revoked:
        raise invalid_token("Revoked access token.")
    now = world.clock.now()
    if grant.permanent_expires_at is not None and grant.permanent_expires_at <= now:
        raise invalid_token("Expired access token.", expired_at=stamp(grant.permanent_expires_at))
    key, user = world.get(ApiKey, grant.api_key_id), world.get(User, grant.user_id)
    if grant.expires_at <= now or key is None or user is None or user.suspended:
        raise invalid_token()
    if not (key.active and key.on_in_account):
        raise invalid_token()
    note_caller("rest", user.id)
    caller = Caller(user, grant, key)
    _check_scopes(caller)
    return caller


def _check_scopes(caller: Caller) -> None:
    if not caller.key.require_scopes:
        return
    strict = current_world().switches.strict_include_stripping
    g.sandbox_strip_includes = strict and not caller.key.allow_includes
    if request.path == "/login/oauth2/token":
        return  # ending a token is always allowed
    method = "GET" if request.method == "HEAD" else request.method
    if not any(scope_allows(scope, method, request.path) for scope in caller.grant.scopes):
        raise insufficient_scopes()


def scope_allows(scope: str, method: str, path: str) -> bool:
    """True when `url:GET|/api/v1/courses/:id` covers the call; a placeholder is one path segment."""
    kind, _, rest = scope.partition(":")
    verb, _, route = rest.partition("|")
    return kind == "url" and verb == method and _route_pattern(route).fullmatch(path) is not None


@lru_cache(maxsize=512)
def _route_pattern(route: str) -> re.Pattern[str]:
    return re.compile(
        "/".join("[^/]+" if part.startswith(":") else re.escape(part) for part in route.split("/"))
    )


def caller() -> Caller:
    """Who makes the request being answered."""
    found: Caller = g.sandbox_caller
    return found


def me() -> User:
    return caller().user


def world() -> World:
    return current_world()
