"""What the engine is asked about: one context's active learners and skills, as `grouping` names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from grouping.model import BenchmarkState, Mastery, Prerequisite, Skill, SkillCode, StudentId
from grouping.skill_map import SkillMap
from lti_app.store.models import skills as skill_rows
from lti_app.store.models.cycles import Cycle, SkillEstimate
from lti_app.store.models.lti import Membership, User
from sync.records import Role


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """Learners by our user id (as text, the engine's student id), skills by code, the way back to rows."""

    students: tuple[StudentId, ...]
    skills: tuple[Skill, ...]
    edges: tuple[Prerequisite, ...]
    skill_ids: Mapping[SkillCode, int]

    @property
    def codes(self) -> dict[int, SkillCode]:
        """Skill codes by row id."""
        return {row_id: code for code, row_id in self.skill_ids.items()}

    def skill_map(self) -> SkillMap:
        """The map of these skills; without prerequisites it orders by difficulty alone."""
        return SkillMap.build(self.skills, self.edges)

    def class_grade(self) -> str | None:
        """The highest grade the skills name: the grade that this class is in. None where they name none."""
        grades = {skill.grade for skill in self.skills if skill.grade}
        return max(grades, key=grade_rank) if grades else None


def grade_rank(grade: str) -> tuple[int, str]:
    """Grades in school order: PK, K, 1 .. 12; anything else comes first, by its text."""
    early = {"PK": -1, "K": 0, "KG": 0}
    if grade.upper() in early:
        return early[grade.upper()], ""
    return (int(grade), "") if grade.isdecimal() else (-2, grade)


def class_facts(session: Session, context_id: int) -> ClassFacts:
    """The context's active learners, the skills its sources and units ask for, the edges between them."""
    skills = _skills_of(session, context_id)
    ids = {row.id for row in skills}
    codes = {row.id: SkillCode(row.code) for row in skills}
    edges = session.scalars(select(skill_rows.SkillPrerequisite)).all()
    return ClassFacts(
        students=tuple(StudentId(str(user.id)) for user in learners(session, context_id)),
        skills=tuple(
            Skill(SkillCode(row.code), row.title, row.content_area, row.grade, row.is_priority)
            for row in skills
        ),
        edges=tuple(
            Prerequisite(codes[edge.skill_id], codes[edge.prerequisite_id], edge.note)
            for edge in edges
            if edge.skill_id in ids and edge.prerequisite_id in ids
        ),
        skill_ids={code: row_id for row_id, code in codes.items()},
    )


def learners(session: Session, context_id: int) -> list[User]:
    """Active students of the context, in the order of the roster (by family name)."""
    rows = session.execute(
        select(User, Membership.roles)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.context_id == context_id, Membership.is_active)
        .order_by(User.sortable_name, User.id)
    )
    return [user for user, roles in rows if roles == [Role.LEARNER.value]]


def _skills_of(session: Session, context_id: int) -> list[skill_rows.Skill]:
    from_sources = (
        select(skill_rows.SourceSkill.skill_id)
        .join(skill_rows.Source, skill_rows.Source.id == skill_rows.SourceSkill.source_id)
        .where(skill_rows.Source.context_id == context_id, skill_rows.Source.is_active)
    )
    from_units = select(skill_rows.Unit.skill_id).where(
        skill_rows.Unit.context_id == context_id, skill_rows.Unit.is_active
    )
    return list(
        session.scalars(
            select(skill_rows.Skill)
            .where(skill_rows.Skill.id.in_(from_sources) | skill_rows.Skill.id.in_(from_units))
            .order_by(skill_rows.Skill.code)
        )
    )


def mastery_of(session: Session, cycle: Cycle, facts: ClassFacts) -> list[Mastery]:
    """The saved states of the cycle's active students, as the engine gave them."""
    codes, students = facts.codes, set(facts.students)
    rows: Iterable[SkillEstimate] = session.scalars(
        select(SkillEstimate).where(SkillEstimate.cycle_id == cycle.id).order_by(SkillEstimate.id)
    )
    return [
        Mastery(
            student=StudentId(str(row.user_id)),
            skill=codes[row.skill_id],
            points=row.points,
            possible=row.possible,
            answers=row.answers,
            estimate=row.estimate,
            low=row.low,
            high=row.high,
            p_met=row.p_met,
            state=BenchmarkState(row.state),
        )
        for row in rows
        if row.skill_id in codes and str(row.user_id) in students
    ]
