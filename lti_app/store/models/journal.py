"""What was planned, written and sent to an LMS: the memory that makes a write safe to repeat."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_app.store.models.base import Base, Tenant
from lti_app.store.types import EncryptedText, JsonDict, JsonList, UtcDateTime


class Run(Tenant, Base):
    """A plan an adult has seen, and what became of it. State: previewed, approved, done, stopped, stale."""

    __tablename__ = "runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("contexts.id"), index=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycles.id"))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    planned_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    planned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Applied without a click, under the standing approval that the cycle holds.
    is_by_rule: Mapped[bool] = mapped_column(default=False)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"), unique=True)
    problem: Mapped[str | None] = mapped_column(Text)
    # Times in a row that the LMS did not answer; any success sets it back to 0.
    stumbles: Mapped[int] = mapped_column(default=0)
    left_alone: Mapped[list[dict[str, Any]]] = mapped_column(JsonList, default=list)
    calls_planned: Mapped[int] = mapped_column(default=0)
    calls_made: Mapped[int] = mapped_column(default=0)


class PlannedChange(Tenant, Base):
    """One change of a run. State: new, begun (the call may have reached the LMS), finished."""

    __tablename__ = "planned_changes"
    __table_args__ = (UniqueConstraint("run_id", "position"), UniqueConstraint("run_id", "change_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), index=True)
    position: Mapped[int]
    change_id: Mapped[str] = mapped_column(String(300))
    action: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200))
    label: Mapped[str] = mapped_column(Text)
    arguments: Mapped[dict[str, Any]] = mapped_column(JsonDict, default=dict)
    depends_on: Mapped[list[str]] = mapped_column(JsonList, default=list)
    wrote: Mapped[dict[str, Any]] = mapped_column(JsonDict, default=dict)
    calls: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(20), default="new")
    lms_id: Mapped[str | None] = mapped_column(String(300))
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Link(Tenant, Base):
    """An object we made in the LMS and what we last wrote to it: the third leg of a three-way plan."""

    __tablename__ = "links"
    __table_args__ = (UniqueConstraint("context_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("contexts.id"), index=True)
    key: Mapped[str] = mapped_column(String(200))
    lms_id: Mapped[str] = mapped_column(String(300))
    wrote: Mapped[dict[str, Any]] = mapped_column(JsonDict, default=dict)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LmsConsent(Tenant, Base):
    """One adult's consent to act in the LMS as them; both tokens are encrypted at rest."""

    __tablename__ = "lms_consents"
    __table_args__ = (UniqueConstraint("registration_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    access_token: Mapped[str] = mapped_column(EncryptedText)
    refresh_token: Mapped[str] = mapped_column(EncryptedText)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Somebody is exchanging the refresh token until then; the others wait and read again.
    refreshing_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ConsentAttempt(Tenant, Base):
    """A consent under way: the state we sent to the LMS, usable once within ten minutes."""

    __tablename__ = "consent_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    context_id: Mapped[int] = mapped_column(ForeignKey("contexts.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
