"""One round of 6-8 weeks: what was seen in the benchmark and what the engine made of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_app.store.models.base import Base, Tenant
from lti_app.store.types import JsonDict, JsonList, UtcDateTime


class Cycle(Tenant, Base):
    """A cycle of one context; the newest one without `closed_at` is the current one."""

    __tablename__ = "cycles"

    id: Mapped[int] = mapped_column(primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("contexts.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    rules: Mapped[dict[str, Any]] = mapped_column(JsonDict, default=dict)
    notes: Mapped[list[str]] = mapped_column(JsonList, default=list)
    pull_report: Mapped[dict[str, Any]] = mapped_column(JsonDict, default=dict)
    approvals: Mapped[list[str]] = mapped_column(JsonList, default=list)
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    pulled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    analysed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    grouped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    playlists_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    results_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    scores_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Evidence(Tenant, Base):
    """What one student's result in one source is; points are None unless the state is 'scored'."""

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("cycle_id", "source_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycles.id"), index=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str] = mapped_column(String(20))
    points: Mapped[float | None]
    possible: Mapped[float | None]
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SkillEstimate(Tenant, Base):
    """The benchmark state of one student on one skill, with the numbers behind it."""

    __tablename__ = "skill_estimates"
    __table_args__ = (UniqueConstraint("cycle_id", "user_id", "skill_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycles.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id"))
    state: Mapped[str] = mapped_column(String(20))
    points: Mapped[float]
    possible: Mapped[float]
    answers: Mapped[int]
    estimate: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    p_met: Mapped[float | None]


class GroupSet(Tenant, Base):
    """One way of grouping a cycle's students: kind 'skill' or 'mixed'."""

    __tablename__ = "group_sets"
    __table_args__ = (UniqueConstraint("cycle_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycles.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    notes: Mapped[list[str]] = mapped_column(JsonList, default=list)
    value: Mapped[float]
    bound: Mapped[float | None]
    groups: Mapped[list[SkillGroup]] = relationship(
        cascade="all, delete-orphan", order_by="SkillGroup.number", back_populates="group_set"
    )


class SkillGroup(Tenant, Base):
    """Learners who work together; its name is all that students see of it."""

    __tablename__ = "skill_groups"
    __table_args__ = (UniqueConstraint("group_set_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    group_set_id: Mapped[int] = mapped_column(ForeignKey("group_sets.id"), index=True)
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(80))
    content_area: Mapped[str | None] = mapped_column(String(60))
    focus: Mapped[list[int]] = mapped_column(JsonList, default=list)
    group_set: Mapped[GroupSet] = relationship(back_populates="groups")
    placements: Mapped[list[Placement]] = relationship(cascade="all, delete-orphan", back_populates="group")


class Placement(Tenant, Base):
    """One learner in one group, and why."""

    __tablename__ = "placements"
    __table_args__ = (UniqueConstraint("group_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("skill_groups.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(Text)
    is_provisional: Mapped[bool] = mapped_column(default=False)
    group: Mapped[SkillGroup] = relationship(back_populates="placements")


class Playlist(Tenant, Base):
    """A student's ordered units in one content area of one cycle."""

    __tablename__ = "playlists"
    __table_args__ = (UniqueConstraint("cycle_id", "user_id", "content_area"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycles.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    content_area: Mapped[str] = mapped_column(String(60))
    units: Mapped[list[PlaylistUnit]] = relationship(
        cascade="all, delete-orphan", order_by="PlaylistUnit.position", back_populates="playlist"
    )


class PlaylistUnit(Tenant, Base):
    """A place in a playlist; without a unit it is a teacher task ('with me, 10 min')."""

    __tablename__ = "playlist_units"
    __table_args__ = (UniqueConstraint("playlist_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    playlist_id: Mapped[int] = mapped_column(ForeignKey("playlists.id"), index=True)
    position: Mapped[int]
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    minutes: Mapped[int]
    week: Mapped[int]
    is_grade_level: Mapped[bool] = mapped_column(default=False)
    is_open: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(Text)
    playlist: Mapped[Playlist] = relationship(back_populates="units")


class Attempt(Tenant, Base):
    """One try at a unit's check, as the LMS has it."""

    __tablename__ = "attempts"
    __table_args__ = (UniqueConstraint("cycle_id", "unit_id", "user_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycles.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    number: Mapped[int]
    points: Mapped[float]
    possible: Mapped[float]
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
