"""Long work and who does it. What the engine keeps beside these rows is its own (schema `dbos`)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_app.store.models.base import Base, Tenant
from lti_app.store.types import JsonDict, UtcDateTime


class JobState(StrEnum):
    """Where a job stands. Waiting: parked until `resume_at`, then it goes on by itself."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Whether the job has ended, well or not."""
        return self not in UNFINISHED


UNFINISHED = (JobState.QUEUED, JobState.RUNNING, JobState.WAITING)
_IS_UNFINISHED = text("state IN ('queued', 'running', 'waiting')")


class Job(Tenant, Base):
    """One piece of long work in one course. Arguments and findings are ids, counts and flags; never a
    person.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index(
            "uq_jobs_unfinished",
            "registration_id",
            "context_lms_id",
            "kind",
            unique=True,
            sqlite_where=_IS_UNFINISHED,
            postgresql_where=_IS_UNFINISHED,
        ),
        Index("ix_jobs_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    arguments: Mapped[dict[str, Any]] = mapped_column(JsonDict, default=dict)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    context_lms_id: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(20), default=JobState.QUEUED)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    message: Mapped[str | None] = mapped_column(Text)
    found: Mapped[dict[str, Any]] = mapped_column(JsonDict, default=dict)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    attempt: Mapped[int] = mapped_column(default=0)
    # The token of the one execution that may write for this job; see store/holder.py.
    holder: Mapped[str | None] = mapped_column(String(36))
    # The engine's workflow that carries the job now; a parked job gets a new one.
    workflow_id: Mapped[str] = mapped_column(String(80), unique=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resume_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Worker(Base):
    """A worker process and when, by the database's clock, it last said that it is alive."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)
