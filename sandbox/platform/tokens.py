"""Tokens for the LTI services: client_credentials with the tool's signed assertion.

Source: reference canvas.md sections 6.1 and 1.3; LTI security framework section 4.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import jwt
import requests
from flask import Response, jsonify

from sandbox.platform.state import platform_state
from sandbox.world.model import LtiKey, LtiToken
from sandbox.world.store import World

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_SECONDS = 3600
OLDEST_IAT_SECONDS = 300
SKEW_SECONDS = 30
JWKS_TIMEOUTS = (3.05, 5.0)
JWKS_LARGEST_BYTES = 200_000


class TokenRefused(Exception):
    """Why no token is given, in OAuth's words."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.status = status


def client_credentials_response(world: World, form: Mapping[str, str], url: str) -> Response:
    """The answer to a client_credentials request. `url`: this endpoint as it was called, the audience.

    200 with access_token, token_type, expires_in and scope; 400 or 401 with error and error_description.
    """
    try:
        tool = _verified_tool(world, form, url)
        scopes = _granted_scopes(tool, form.get("scope", ""))
    except TokenRefused as refused:
        answer = jsonify({"error": refused.error, "error_description": str(refused)})
        answer.status_code = refused.status
        return answer
    token = issue_token(world, tool, scopes)
    return jsonify(
        {
            "access_token": token.access_token,
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": " ".join(scopes),
        }
    )


def issue_token(world: World, tool: LtiKey, scopes: list[str]) -> LtiToken:
    """A living token of the tool. What it may do is in its scopes alone."""
    with world.lock:
        return world.add(
            LtiToken(
                lti_key_id=tool.id,
                access_token=secrets.token_urlsafe(32),
                scopes=scopes,
                expires_at=world.clock.now() + timedelta(seconds=TOKEN_SECONDS),
            )
        )


def living_token(world: World, access_token: str) -> LtiToken | None:
    """The token record behind a bearer token; None when unknown or expired."""
    token = next(world.find(LtiToken, access_token=access_token), None)
    return token if token is not None and token.expires_at > world.clock.now() else None


def _verified_tool(world: World, form: Mapping[str, str], url: str) -> LtiKey:
    if form.get("client_assertion_type") != JWT_BEARER:
        raise TokenRefused("invalid_request", f"client_assertion_type must be {JWT_BEARER}")
    assertion = form.get("client_assertion", "")
    tool = _claimed_tool(world, assertion)
    claims = _signed_claims(assertion, tool)
    now = time.time()
    problem = assertion_problem(claims, client_id=tool.client_id, token_url=url, now=now)
    if problem:
        raise TokenRefused("invalid_request", problem)
    _use_once(world, tool.client_id, str(claims["jti"]), float(claims["exp"]), now)
    return tool


def _claimed_tool(world: World, assertion: str) -> LtiKey:
    """The tool an assertion says it comes from: only so can its keys be looked up."""
    try:
        claimed = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise TokenRefused("invalid_request", "client_assertion is not a JWT") from error
    tool = next(world.find(LtiKey, client_id=claimed.get("sub", "")), None)
    if tool is None or not tool.active:
        raise TokenRefused("invalid_client", "unknown client", 401)
    return tool


def _signed_claims(assertion: str, tool: LtiKey) -> dict[str, Any]:
    kid = jwt.get_unverified_header(assertion).get("kid")
    found = next((key for key in _tool_keys(tool) if kid and key.get("kid") == kid), None)
    if found is None:
        raise TokenRefused("invalid_request", "JWS kid is not among the tool's public keys")
    if found.get("alg") != "RS256" or found.get("use") != "sig":
        raise TokenRefused("invalid_request", "the tool's public key must say alg RS256 and use sig")
    only_signature = dict.fromkeys(
        ("verify_exp", "verify_iat", "verify_nbf", "verify_aud", "verify_sub"), False
    )
    try:
        return jwt.decode(assertion, jwt.PyJWK(found).key, algorithms=["RS256"], options=only_signature)  # type: ignore[arg-type]
    except jwt.PyJWTError as error:
        raise TokenRefused("invalid_request", "JWS signature invalid") from error


def assertion_problem(claims: Mapping[str, Any], *, client_id: str, token_url: str, now: float) -> str | None:
    """What is wrong with an assertion's claims, in one line; None when they may be believed."""
    missing = [name for name in ("iss", "sub", "aud", "iat", "exp", "jti") if not claims.get(name)]
    if missing:
        return f"the following assertion claims are missing: {','.join(missing)}"
    if claims["sub"] != client_id:
        return "sub is not the client_id"
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if token_url not in audiences:
        return "aud is not this token endpoint"
    if not all(isinstance(claims[name], int | float) for name in ("iat", "exp")):
        return "iat and exp must be numbers"
    if claims["exp"] < now - SKEW_SECONDS:
        return "exp is in the past"
    if claims["iat"] > now + SKEW_SECONDS:
        return "iat is in the future"
    if claims["iat"] < now - OLDEST_IAT_SECONDS:
        return "iat is too old"
    return None


def _use_once(world: World, client_id: str, jti: str, exp: float, now: float) -> None:
    used = platform_state(world).used_assertions
    with world.lock:
        for old in [key for key, until in used.items() if until < now - SKEW_SECONDS]:
            del used[old]
        if (client_id, jti) in used:
            raise TokenRefused("invalid_request", "jti has already been used")
        used[client_id, jti] = exp


def _granted_scopes(tool: LtiKey, wanted: str) -> list[str]:
    scopes = wanted.split()
    refused = [scope for scope in scopes if scope not in tool.scopes]
    if not scopes or refused:
        told = f"requested, but not granted: {', '.join(refused)}" if refused else "scope is missing"
        raise TokenRefused("invalid_scope", told)
    return list(dict.fromkeys(scopes))


def _tool_keys(tool: LtiKey) -> list[dict[str, Any]]:
    """The tool's published keys, fetched afresh so that a rotated one is known at once."""
    parts = urlsplit(tool.jwks_url)
    address = tool.jwks_url
    if parts.hostname == "localhost" or (parts.hostname or "").endswith(".localhost"):
        # Python's resolver does not know *.localhost, which RFC 6761 gives to loopback
        address = urlunsplit(parts._replace(netloc=f"127.0.0.1:{parts.port or 80}"))
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.get(
                address, headers={"Host": parts.netloc}, timeout=JWKS_TIMEOUTS, allow_redirects=False
            )
            keys = answer.json()["keys"] if answer.ok and len(answer.content) < JWKS_LARGEST_BYTES else None
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise TokenRefused("invalid_request", "the tool's public keys could not be read") from error
    if not isinstance(keys, list):
        raise TokenRefused("invalid_request", "the tool's public keys could not be read")
    return [key for key in keys if isinstance(key, dict)]
