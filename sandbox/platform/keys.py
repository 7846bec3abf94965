"""The platform's signing keys: made on first use, rotated on demand, published as a JWKS."""

from __future__ import annotations

import json
import secrets
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from sandbox.platform.state import SigningKey, platform_state
from sandbox.world.store import World

PUBLISHED_KEYS = 2


def signing_key(world: World) -> SigningKey:
    """The key that signs now."""
    state = platform_state(world)
    with world.lock:
        return state.keys[0] if state.keys else rotate(world)


def rotate(world: World) -> SigningKey:
    """Make a new signing key. The one before it stays published, older ones are forgotten."""
    key = SigningKey(secrets.token_hex(8), rsa.generate_private_key(public_exponent=65537, key_size=2048))
    state = platform_state(world)
    with world.lock:
        state.keys[:] = [key, *state.keys][:PUBLISHED_KEYS]
    return key


def public_jwks(world: World) -> dict[str, list[dict[str, Any]]]:
    """The public half of every published key, as a JSON Web Key Set."""
    signing_key(world)
    return {"keys": [_public_jwk(key) for key in platform_state(world).keys]}


def _public_jwk(key: SigningKey) -> dict[str, Any]:
    numbers = json.loads(RSAAlgorithm.to_jwk(key.private_key.public_key()))
    return {"kty": "RSA", "e": numbers["e"], "n": numbers["n"], "kid": key.kid, "alg": "RS256", "use": "sig"}


def sign(claims: dict[str, Any], key: SigningKey) -> str:
    """The claims as a signed token. Does not ask whether they are right: tests sign wrong ones with it."""
    return jwt.encode(claims, key.private_key, algorithm="RS256", headers={"kid": key.kid})
