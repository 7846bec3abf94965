"""The platform's signing keys: made on first use, rotated on demand, published as a JWKS.

Canvas publishes past, present and future keys and rotates monthly (canvas-lms, its key storage).
Here the future key is published only when a test asks for it, because making a key takes time.
"""

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
JWKS_MAX_AGE = 864_000
"""Seconds that Canvas lets its JWKS be kept; a rotated key is unknown to a tool that keeps it so long."""


def signing_key(world: World) -> SigningKey:
    """The key that signs now."""
    state = platform_state(world)
    with world.lock:
        return state.keys[0] if state.keys else rotate(world)


def rotate(world: World, *, keep_old: bool = True) -> SigningKey:
    """The next key signs from now on: the announced one, else a new one.

    The key before it stays published, older ones are forgotten; without `keep_old` that one is too, as after
    a leak: tools that keep keys must fetch anew, and tokens signed a moment ago can no longer be verified.
    """
    state = platform_state(world)
    with world.lock:
        key, state.next_key = state.next_key or _new_key(), None
        state.keys[:] = [key, *state.keys][: PUBLISHED_KEYS if keep_old else 1]
    return key


def announce_next(world: World) -> SigningKey:
    """Publish the key that the next rotation will sign with, as Canvas does a month ahead."""
    state = platform_state(world)
    signing_key(world)
    with world.lock:
        state.next_key = state.next_key or _new_key()
        return state.next_key


def retire(world: World, kid: str) -> None:
    """Stop publishing a key that no longer signs. Raises ValueError for the one that signs."""
    state = platform_state(world)
    with world.lock:
        if state.keys and state.keys[0].kid == kid:
            raise ValueError("the signing key cannot be retired; rotate first")
        state.keys[:] = [key for key in state.keys if key.kid != kid]


def public_jwks(world: World) -> dict[str, list[dict[str, Any]]]:
    """The public half of every published key, as a JSON Web Key Set."""
    signing_key(world)
    state = platform_state(world)
    with world.lock:
        published = [*state.keys, *([state.next_key] if state.next_key else [])]
    return {"keys": [public_jwk(key) for key in published]}


def _new_key() -> SigningKey:
    return SigningKey(secrets.token_hex(8), rsa.generate_private_key(public_exponent=65537, key_size=2048))


def public_jwk(key: SigningKey) -> dict[str, Any]:
    numbers = json.loads(RSAAlgorithm.to_jwk(key.private_key.public_key()))
    return {"kty": "RSA", "e": numbers["e"], "n": numbers["n"], "kid": key.kid, "alg": "RS256", "use": "sig"}


def sign(claims: dict[str, Any], key: SigningKey) -> str:
    """The claims as a signed token. Does not ask whether they are right: tests sign wrong ones with it."""
    return jwt.encode(claims, key.private_key, algorithm="RS256", headers={"kid": key.kid})
