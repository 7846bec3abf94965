"""What the pages on skills, groups and playlists read."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from lti_app.store.models.cycles import (
    Evidence,
    GroupSet,
    Placement,
    Playlist,
    SkillEstimate,
    SkillGroup,
)
from lti_app.store.models.skills import Skill, Source, SourceSkill, Unit


def skills_by_id(session: Session, skill_ids: Iterable[int]) -> dict[int, Skill]:
    """Skills by row id."""
    return {row.id: row for row in session.scalars(select(Skill).where(Skill.id.in_(set(skill_ids))))}


def estimates(session: Session, cycle_id: int) -> list[SkillEstimate]:
    """Every cell of the cycle."""
    return list(session.scalars(select(SkillEstimate).where(SkillEstimate.cycle_id == cycle_id)))


def answers_behind(
    session: Session, cycle_id: int, *, user_id: int, skill_id: int
) -> list[tuple[Source, Evidence]]:
    """The results of one student that ask for one skill, in the order of the sources."""
    rows = session.execute(
        select(Source, Evidence)
        .join(Evidence, Evidence.source_id == Source.id)
        .join(SourceSkill, SourceSkill.source_id == Source.id)
        .where(Evidence.cycle_id == cycle_id, Evidence.user_id == user_id, SourceSkill.skill_id == skill_id)
        .order_by(Source.id)
    )
    return [(source, seen) for source, seen in rows]


def group_set(session: Session, cycle_id: int, kind: str) -> GroupSet | None:
    """One way of grouping with its groups and placements; None when there is none of that kind."""
    return session.scalars(
        select(GroupSet)
        .where(GroupSet.cycle_id == cycle_id, GroupSet.kind == kind)
        .options(selectinload(GroupSet.groups).selectinload(SkillGroup.placements))
    ).one_or_none()


def group_names_of(session: Session, cycle_id: int, kind: str) -> dict[int, str]:
    """The group's name of every placed student in that way of grouping."""
    rows = session.execute(
        select(Placement.user_id, SkillGroup.name)
        .join(SkillGroup, SkillGroup.id == Placement.group_id)
        .join(GroupSet, GroupSet.id == SkillGroup.group_set_id)
        .where(GroupSet.cycle_id == cycle_id, GroupSet.kind == kind)
    )
    return dict(rows.all())


def playlists(session: Session, cycle_id: int, *, user_id: int | None = None) -> list[Playlist]:
    """Playlists with their places; of one student when a user is given."""
    query = select(Playlist).where(Playlist.cycle_id == cycle_id).options(selectinload(Playlist.units))
    if user_id is not None:
        query = query.where(Playlist.user_id == user_id)
    return list(session.scalars(query.order_by(Playlist.id)))


def units_by_id(session: Session, context_id: int) -> dict[int, Unit]:
    """The context's units by row id."""
    return {row.id: row for row in session.scalars(select(Unit).where(Unit.context_id == context_id))}
