"""Tokens for the LTI services: client_credentials with the tool's signed assertion.

Source: canvas.md sections 6.1 and 1.3; LTI security framework section 4; Canvas jwt_validator.rb. Canvas
does not look whether a `jti` was used before (skip_jti_check); here it is good once, as the framework asks.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
from flask import Response, jsonify

from sandbox.platform.state import platform_state
from sandbox.platform.tool_keys import SKEW_SECONDS, BadSignature, claims_problem, signed_claims
from sandbox.world.model import LtiKey, LtiToken
from sandbox.world.store import World

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_SECONDS = 3600
REQUIRED_CLAIMS = ("iss", "sub", "aud", "iat", "exp", "jti")


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
    try:
        claims = signed_claims(assertion, tool)
    except BadSignature as error:
        raise TokenRefused("invalid_request", str(error)) from error
    now = time.time()
    audiences = (url, *_shared_endpoint(world, url))
    problem = claims_problem(claims, required=REQUIRED_CLAIMS, audiences=audiences, now=now)
    if problem:
        raise TokenRefused("invalid_request", problem)
    _use_once(world, tool.client_id, str(claims["jti"]), float(claims["exp"]), now)
    return tool


def _shared_endpoint(world: World, url: str) -> list[str]:
    """The token endpoint of the shared issuer: an audience that Canvas takes on every school's host too."""
    issuer = world.switches.lti_issuer
    return [f"{issuer}{urlsplit(url).path}"] if issuer else []


def _claimed_tool(world: World, assertion: str) -> LtiKey:
    """The tool an assertion says it comes from: only so can its keys be looked up."""
    try:
        claimed: dict[str, Any] = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise TokenRefused("invalid_request", "client_assertion is not a JWT") from error
    tool = next(world.find(LtiKey, client_id=claimed.get("sub", "")), None)
    if tool is None or not tool.active:
        raise TokenRefused("invalid_client", "unknown client", 401)
    return tool


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
