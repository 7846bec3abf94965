"""What the platform itself remembers: signing keys, launches under way, client assertions already used."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

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
    placement: str
    assignment_id: int | None
    target_link_uri: str
    return_url: str
    expires_at: datetime


@dataclass(slots=True)
class PlatformState:
    keys: list[SigningKey] = field(default_factory=list)
    """Newest first; the newest signs, all are published."""
    launches: dict[str, Launch] = field(default_factory=dict)
    """By lti_message_hint."""
    used_assertions: dict[tuple[str, str], float] = field(default_factory=dict)
    """(client_id, jti) -> the second after which the assertion has expired anyway."""


def platform_state(world: World) -> PlatformState:
    """The platform's room in the world; made on first use, gone with `World.reset`."""
    with world.lock:
        return cast(PlatformState, world.extras.setdefault(ROOM, PlatformState()))
