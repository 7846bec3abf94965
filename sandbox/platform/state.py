"""What the platform itself remembers: signing keys, launches under way, what may be used only once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from sandbox.world.store import World

ROOM = "lti_platform"


@dataclass(frozen=True, slots=True)
class SigningKey:
    kid: str
    private_key: RSAPrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A launch the LMS has begun: kept from login initiation until the tool asks for the id_token, once."""

    user_id: int
    lti_key_id: int
    deployment_id: str
    course_id: int | None
    account_id: int | None = None
    domain: str = ""
    placement: str
    assignment_id: int | None
    link_id: int | None = None
    target_link_uri: str
    return_url: str
    message_type: str = "LtiResourceLinkRequest"
    deep_linking: Mapping[str, Any] | None = None
    expires_at: datetime


@dataclass(slots=True)
class PlatformState:
    keys: list[SigningKey] = field(default_factory=list)
    """Newest first; the newest signs, all are published."""
    next_key: SigningKey | None = None
    """Published ahead of its time; signs from the next rotation on."""
    launches: dict[str, Launch] = field(default_factory=dict)
    """By the verifier in lti_message_hint."""
    used_assertions: dict[tuple[str, str], float] = field(default_factory=dict)
    """(client_id, jti) -> the second after which the assertion has expired anyway."""
    used_tickets: set[str] = field(default_factory=set)
    """The jti of every ticket of our own that was good once."""
    secret: str = field(default_factory=lambda: secrets.token_hex(32))
    """Signs what we hand out to get back ourselves."""


def platform_state(world: World) -> PlatformState:
    """The platform's room in the world; made on first use, gone with `World.reset`."""
    with world.lock:
        return cast(PlatformState, world.extras.setdefault(ROOM, PlatformState()))


class BadTicket(Exception):
    """Not a ticket of ours, or one that has run out. The text is Canvas's word for it."""


def ticket(world: World, kind: str, contents: Mapping[str, Any], *, seconds: int | None = None) -> str:
    """A signed text that only we can read back: Canvas hands out JWTs so. Its time is the world's clock."""
    claims: dict[str, Any] = {**contents, "kind": kind, "jti": secrets.token_hex(16)}
    if seconds is not None:
        claims["until"] = (world.clock.now() + timedelta(seconds=seconds)).timestamp()
    return jwt.encode(claims, platform_state(world).secret, algorithm="HS256")


def read_ticket(world: World, kind: str, text: str) -> dict[str, Any]:
    """What is in a ticket of that kind. Raises BadTicket."""
    try:
        found: dict[str, Any] = jwt.decode(text, platform_state(world).secret, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise BadTicket("invalid_or_malformed") from error
    if found.get("kind") != kind:
        raise BadTicket("invalid_or_malformed")
    if found.get("until", float("inf")) <= world.clock.now().timestamp():
        raise BadTicket("expired")
    return found


def use_once(world: World, found: Mapping[str, Any]) -> bool:
    """True the first time a ticket's contents are shown, False ever after."""
    used = platform_state(world).used_tickets
    with world.lock:
        is_new = found["jti"] not in used
        used.add(str(found["jti"]))
    return is_new
