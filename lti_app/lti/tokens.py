"""Secrets that a browser carries: made here, kept in the database as hashes only."""

import hashlib
import secrets


def new_secret() -> str:
    """256 random bits in 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What the database keeps of a secret: its SHA-256 in hex. A secret of 256 random bits needs no salt."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def is_match(secret: str, kept: str) -> bool:
    """Whether a secret is the one whose digest was kept; takes the same time either way."""
    return secrets.compare_digest(digest(secret), kept)
