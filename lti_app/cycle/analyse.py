"""Evidence -> the benchmark state of every student on every skill, saved with the numbers behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from grouping.mastery import estimate
from grouping.model import Evidence, Mastery, SkillCode, StudentId
from lti_app.cycle.class_facts import ClassFacts, class_facts
from lti_app.cycle.rules import benchmark
from lti_app.store.models import cycles
from lti_app.store.models.skills import Source


def analyse(session: Session, cycle: cycles.Cycle, *, now: datetime) -> list[Mastery]:
    """Estimates anew from the evidence of the cycle; the earlier estimates are replaced. Gives every cell."""
    facts = class_facts(session, cycle.context_id)
    mastery = estimate(
        evidence_of(session, cycle, facts),
        students=facts.students,
        skills=facts.skills,
        settings=benchmark(),
    )
    session.execute(delete(cycles.SkillEstimate).where(cycles.SkillEstimate.cycle_id == cycle.id))
    rows = [_row(cycle.id, facts, cell) for cell in mastery]
    if rows:
        session.execute(insert(cycles.SkillEstimate), rows)
    cycle.analysed_at = now
    return mastery


def evidence_of(session: Session, cycle: cycles.Cycle, facts: ClassFacts) -> list[Evidence]:
    """The scored answers of active students; missing, excused and unposted ones are no evidence."""
    codes = facts.codes
    skills: dict[int, tuple[SkillCode, ...]] = {}
    kinds: dict[int, str] = {}
    for source in session.scalars(
        select(Source).where(Source.context_id == cycle.context_id, Source.is_active).order_by(Source.id)
    ):
        skills[source.id] = tuple(sorted(codes[link.skill_id] for link in source.skills))
        kinds[source.id] = source.kind
    students = set(facts.students)
    rows = session.scalars(
        select(cycles.Evidence)
        .where(cycles.Evidence.cycle_id == cycle.id, cycles.Evidence.points.is_not(None))
        .order_by(cycles.Evidence.id)
    )
    return [
        Evidence(
            student=StudentId(str(row.user_id)),
            item=str(row.source_id),
            skills=skills[row.source_id],
            points=row.points or 0.0,
            possible=row.possible or 0.0,
            taken_at=row.taken_at,
            source=kinds[row.source_id],
        )
        for row in rows
        if row.source_id in skills and str(row.user_id) in students
    ]


def _row(cycle_id: int, facts: ClassFacts, cell: Mastery) -> dict[str, Any]:
    return {
        "cycle_id": cycle_id,
        "user_id": int(cell.student),
        "skill_id": facts.skill_ids[cell.skill],
        "state": cell.state.value,
        "points": cell.points,
        "possible": cell.possible,
        "answers": cell.answers,
        "estimate": cell.estimate,
        "low": cell.low,
        "high": cell.high,
        "p_met": cell.p_met,
    }
