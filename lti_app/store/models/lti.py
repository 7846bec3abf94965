"""Registrations, deployments, launches on their way, sign-ins, and the people and courses they showed.

The tenant is (issuer, client_id, deployment_id): an issuer alone names nobody, thousands of districts share
one. What a launch needs before its district is known is global; the rest belongs to a district.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_app.store.models.base import Base, Tenant
from lti_app.store.types import EncryptedText, JsonDict, JsonList, UtcDateTime

# 1EdTech bounds an id (sub, context id, deployment id) at 255 characters.
LTI_ID = String(255)
HASH = String(64)


class Family(StrEnum):
    """Which vendor folder of `sync` speaks to a registration's LMS."""

    CANVAS = "canvas"
    SCHOOLOGY = "schoology"
    OTHER = "other"


class DeploymentState(StrEnum):
    """Whether people may launch. Pending: seen in a signed launch, not yet given to a district."""

    ACTIVE = "active"
    PENDING = "pending"
    SUSPENDED = "suspended"


class SignInKind(StrEnum):
    """What a person is in the course they launched from, as `lti_app/lti/roles.py` reads it."""

    TEACHER = "teacher"
    ASSISTANT = "assistant"
    STUDENT = "student"
    OBSERVER = "observer"
    ADMIN = "admin"
    OTHER = "other"


class Registration(Base):
    """One platform's registration of us (issuer + client_id) and its API key; may serve several districts."""

    __tablename__ = "registrations"
    __table_args__ = (UniqueConstraint("issuer", "client_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(LTI_ID)
    client_id: Mapped[str] = mapped_column(LTI_ID)
    auth_login_url: Mapped[str] = mapped_column(Text)
    token_url: Mapped[str] = mapped_column(Text)
    token_audience: Mapped[str | None] = mapped_column(Text)
    jwks_url: Mapped[str] = mapped_column(Text)
    family: Mapped[str] = mapped_column(String(20), default=Family.OTHER)
    api_base_url: Mapped[str | None] = mapped_column(Text)
    api_client_id: Mapped[str | None] = mapped_column(LTI_ID)
    api_client_secret: Mapped[str | None] = mapped_column(EncryptedText)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deployments: Mapped[list[Deployment]] = relationship(back_populates="registration")


class Deployment(Base):
    """One place a registration is installed in; whose district it is, an operator says."""

    __tablename__ = "deployments"
    __table_args__ = (
        UniqueConstraint("registration_id", "deployment_id"),
        CheckConstraint("state != 'active' OR district_id IS NOT NULL", name="active_has_district"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    deployment_id: Mapped[str] = mapped_column(LTI_ID)
    district_id: Mapped[int | None] = mapped_column(ForeignKey("districts.id"), index=True)
    state: Mapped[str] = mapped_column(String(20), default=DeploymentState.PENDING)
    # Where the LMS's pages are served from, learnt from signed launches: it may frame us (vanity domains).
    page_origin: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    launched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    registration: Mapped[Registration] = relationship(back_populates="deployments")


class ToolKey(Base):
    """One of our own signing keys (RSA 2048); a retired one stays in /lti/jwks for 14 days."""

    __tablename__ = "tool_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    kid: Mapped[str] = mapped_column(String(64), unique=True)
    private_pem: Mapped[str] = mapped_column(EncryptedText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class JwksCache(Base):
    """A platform's public keys as last fetched, kept apart for each registration."""

    __tablename__ = "jwks_cache"

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"), unique=True)
    keys: Mapped[dict[str, object]] = mapped_column(JsonDict, default=dict)
    fetched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # A fetch was begun; ended_at behind it means that one is under way (or its process died).
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LoginAttempt(Base):
    """A launch that was begun at /lti/login: the only store of state and nonce. Used once, soon forgotten."""

    __tablename__ = "login_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    state_hash: Mapped[str] = mapped_column(HASH, unique=True)
    nonce_hash: Mapped[str] = mapped_column(HASH)
    binding_hash: Mapped[str] = mapped_column(HASH)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    target_link_uri: Mapped[str] = mapped_column(Text)
    storage_target: Mapped[str | None] = mapped_column(LTI_ID)
    # What the platform sent us, to begin again in a tab of its own; it names a person, so it lies encrypted.
    parameters: Mapped[str] = mapped_column(EncryptedText)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LaunchTicket(Base):
    """A verified launch that waits a minute for Platform Storage's proof that this browser began it."""

    __tablename__ = "launch_tickets"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(HASH, unique=True)
    login_attempt_id: Mapped[int] = mapped_column(ForeignKey("login_attempts.id", ondelete="CASCADE"))
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id"))
    launch: Mapped[str] = mapped_column(EncryptedText)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ServiceToken(Base):
    """An access token for a platform's LTI services, for one registration and one set of scopes."""

    __tablename__ = "service_tokens"
    __table_args__ = (UniqueConstraint("registration_id", "scopes"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    scopes: Mapped[str] = mapped_column(String(1000))
    access_token: Mapped[str] = mapped_column(EncryptedText)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class User(Tenant, Base):
    """A person of a district, once, whatever courses they are in. Observers and test students have no row."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("district_id", "registration_id", "sub"),
        Index("ix_users_registration_id_lms_id", "registration_id", "lms_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    sub: Mapped[str] = mapped_column(LTI_ID)
    lms_id: Mapped[str | None] = mapped_column(LTI_ID)
    name: Mapped[str] = mapped_column(String(300), default="")
    sortable_name: Mapped[str] = mapped_column(String(300), default="")


class Context(Tenant, Base):
    """A course Regroup was opened in. `lms_id` is LTI's context id; `course_lms_id` is the REST API's."""

    __tablename__ = "contexts"
    __table_args__ = (UniqueConstraint("deployment_id", "lms_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id"))
    lms_id: Mapped[str] = mapped_column(LTI_ID)
    course_lms_id: Mapped[str | None] = mapped_column(LTI_ID)
    title: Mapped[str] = mapped_column(String(300), default="")
    nrps_url: Mapped[str | None] = mapped_column(Text)
    line_items_url: Mapped[str | None] = mapped_column(Text)
    ags_scopes: Mapped[list[str]] = mapped_column(JsonList, default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deployment: Mapped[Deployment] = relationship()


class Membership(Tenant, Base):
    """A person in a context. One who left is marked inactive and keeps their history."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("context_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("contexts.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    roles: Mapped[list[str]] = mapped_column(JsonList, default=list)
    is_active: Mapped[bool] = mapped_column(default=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    user: Mapped[User] = relationship()
    context: Mapped[Context] = relationship()


class SignIn(Tenant, Base):
    """A person's session with us, one for each launch. Only the token's hash is kept."""

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(HASH, unique=True)
    # Who it is, also for people of whom we keep no row: a hash of registration and sub.
    person_hash: Mapped[str] = mapped_column(HASH, index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    context_id: Mapped[int | None] = mapped_column(ForeignKey("contexts.id"), index=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id"))
    roles: Mapped[list[str]] = mapped_column(JsonList, default=list)
    kind: Mapped[str] = mapped_column(String(20))
    is_test_student: Mapped[bool] = mapped_column(default=False)
    locale: Mapped[str | None] = mapped_column(String(35))
    timezone: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    user: Mapped[User | None] = relationship()
    context: Mapped[Context | None] = relationship()
    registration: Mapped[Registration] = relationship()
    deployment: Mapped[Deployment] = relationship()
