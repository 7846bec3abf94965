"""What can be taught, and what in the LMS shows whether it is known."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_app.store.models.base import Base, Tenant


class Skill(Tenant, Base):
    """A teachable unit, kept once for a district and shared by its classes."""

    __tablename__ = "skills"
    __table_args__ = (UniqueConstraint("district_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(300))
    content_area: Mapped[str] = mapped_column(String(60))
    grade: Mapped[str | None] = mapped_column(String(10))
    is_priority: Mapped[bool] = mapped_column(default=False)


class SkillPrerequisite(Tenant, Base):
    """One edge of the skill map: `prerequisite` comes before `skill`."""

    __tablename__ = "skill_prerequisites"
    __table_args__ = (UniqueConstraint("skill_id", "prerequisite_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id"))
    prerequisite_id: Mapped[int] = mapped_column(ForeignKey("skills.id"))
    note: Mapped[str] = mapped_column(Text, default="")


class Source(Tenant, Base):
    """One thing in the LMS whose scores are evidence: an assignment (one item) or an outcome."""

    __tablename__ = "sources"
    __table_args__ = (UniqueConstraint("context_id", "kind", "lms_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("contexts.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    lms_id: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(300))
    possible: Mapped[float | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    skills: Mapped[list[SourceSkill]] = relationship(cascade="all, delete-orphan")


class SourceSkill(Tenant, Base):
    """A skill that a source asks for; an item may ask for several."""

    __tablename__ = "source_skills"
    __table_args__ = (UniqueConstraint("source_id", "skill_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id"))


class Unit(Tenant, Base):
    """About ten minutes of work on one skill, made from a teacher's page and check in the course."""

    __tablename__ = "units"
    __table_args__ = (UniqueConstraint("context_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("contexts.id"), index=True)
    key: Mapped[str] = mapped_column(String(150))
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id"))
    title: Mapped[str] = mapped_column(String(300))
    minutes: Mapped[int]
    page_lms_id: Mapped[str | None] = mapped_column(String(200))
    check_lms_id: Mapped[str | None] = mapped_column(String(120))
    # Units no longer listed keep their row: playlists and attempts of earlier weeks point to it.
    is_active: Mapped[bool] = mapped_column(default=True)
