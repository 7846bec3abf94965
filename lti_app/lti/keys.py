"""Our own signing keys: the public half at /lti/jwks, the private half signs what we send to platforms.

A new key signs at once; the one before stays published for 14 days, because platforms keep our key set for
hours and a message signed just before the change must still verify.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lti_app.store.models.lti import ToolKey

BITS = 2048
KEPT_PUBLIC = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key to sign with: its id and the private key as PEM."""

    kid: str
    private_pem: str


def signing_key(session: Session, now: datetime) -> SigningKey:
    """The newest key that is not retired; makes the first one when there is none."""
    key = session.scalar(_newest())
    if key is None:
        key = _new_key(session, now)
    return SigningKey(key.kid, key.private_pem)


def rotate(session: Session, now: datetime) -> str:
    """Makes a new key, retires the others and forgets those retired over 14 days ago; gives the new kid."""
    session.execute(update(ToolKey).where(ToolKey.retired_at.is_(None)).values(retired_at=now))
    session.execute(delete(ToolKey).where(ToolKey.retired_at < now - KEPT_PUBLIC))
    return _new_key(session, now).kid


def public_key_set(session: Session, now: datetime) -> dict[str, Any]:
    """The JWK set for /lti/jwks: each key with `kid`, `alg` and `use` (Canvas refuses a key without them)."""
    rows = session.scalars(
        select(ToolKey)
        .where(ToolKey.retired_at.is_(None) | (ToolKey.retired_at > now - KEPT_PUBLIC))
        .order_by(ToolKey.created_at.desc(), ToolKey.id.desc())
    )
    return {"keys": [_public_jwk(key) for key in rows]}


def _newest() -> Any:
    return (
        select(ToolKey)
        .where(ToolKey.retired_at.is_(None))
        .order_by(ToolKey.created_at.desc(), ToolKey.id.desc())
        .limit(1)
    )


def _new_key(session: Session, now: datetime) -> ToolKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key = ToolKey(kid=secrets.token_hex(16), private_pem=pem.decode("ascii"), created_at=now)
    session.add(key)
    session.flush()
    return key


def _public_jwk(key: ToolKey) -> dict[str, Any]:
    private = serialization.load_pem_private_key(key.private_pem.encode("ascii"), password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError("a tool key is always RSA")
    jwk = json.loads(RSAAlgorithm.to_jwk(private.public_key()))
    return {"kty": jwk["kty"], "n": jwk["n"], "e": jwk["e"], "kid": key.kid, "alg": "RS256", "use": "sig"}
