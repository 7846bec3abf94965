"""What a tool signed: its public keys, fetched from the tool, and the claims of its JWTs.

Source: Canvas asymmetric_client_credentials_provider.rb, security/jwt_validator.rb (keys are fetched for each
message; `iat` at most 5 minutes old and 30 seconds ahead), canvas.md 6.1 (a key says alg and use).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import jwt
import requests

from sandbox.world.model import LtiKey

OLDEST_IAT_SECONDS = 300
SKEW_SECONDS = 30
JWKS_TIMEOUTS = (3.05, 5.0)
JWKS_LARGEST_BYTES = 200_000
ONLY_SIGNATURE = dict.fromkeys(("verify_exp", "verify_iat", "verify_nbf", "verify_aud", "verify_sub"), False)


class BadSignature(Exception):
    """The JWT is not the tool's; the text says why."""


def signed_claims(text: str, tool: LtiKey) -> dict[str, Any]:
    """The claims of a JWT that the tool signed, not yet believed. Raises BadSignature."""
    try:
        header = jwt.get_unverified_header(text)
    except jwt.InvalidTokenError as error:
        raise BadSignature("JWT format is invalid") from error
    if header.get("alg") != "RS256":
        raise BadSignature("JWT has unexpected alg")
    kid = header.get("kid")
    found = next((key for key in published_keys(tool) if kid and key.get("kid") == kid), None)
    if found is None:
        raise BadSignature("JWS kid is not among the tool's public keys")
    if found.get("alg") != "RS256" or found.get("use") != "sig":
        raise BadSignature("the tool's public key must say alg RS256 and use sig")
    try:
        key = jwt.PyJWK(found).key
        decoded = jwt.decode(text, key, algorithms=["RS256"], options=ONLY_SIGNATURE)  # type: ignore[arg-type]
    except jwt.PyJWTError as error:
        raise BadSignature("JWS signature invalid") from error
    return decoded


def claims_problem(
    claims: Mapping[str, Any], *, required: tuple[str, ...], audiences: tuple[str, ...], now: float
) -> str | None:
    """What is wrong with claims that are well signed, in one line; None when they may be believed."""
    missing = [name for name in required if not claims.get(name)]
    if missing:
        return f"the following assertions are missing: {','.join(missing)}"
    named = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if not set(audiences).intersection(x for x in named if isinstance(x, str)):
        return "the 'aud' is invalid"
    for name in ("exp", "iat"):
        if not isinstance(claims[name], int | float) or isinstance(claims[name], bool):
            return f"the '{name}' must be a number"
    if claims["exp"] < now:
        return "the JWT has expired"
    if claims["iat"] < now - OLDEST_IAT_SECONDS:
        return f"the 'iat' must be less than {OLDEST_IAT_SECONDS} seconds old"
    if claims["iat"] > now + SKEW_SECONDS:
        return "the 'iat' must not be in the future"
    return None


def published_keys(tool: LtiKey) -> list[dict[str, Any]]:
    """The tool's published keys, fetched afresh so a rotated one is known at once. Raises BadSignature."""
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
            raise BadSignature("the tool's public keys could not be read") from error
    if not isinstance(keys, list):
        raise BadSignature("the tool's public keys could not be read")
    return [key for key in keys if isinstance(key, dict)]
