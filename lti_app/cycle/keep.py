"""Saves one whole reading of a course, in the caller's transaction. Saved again, nothing changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from grouping.model import SkillCode
from lti_app.cycle.pull import ITEMS, OUTCOMES, PREREQUISITES, UNITS, Pulled
from lti_app.cycle.rules import district_rules
from lti_app.lti.sign_in import end_sign_ins_of
from lti_app.store.models.cycles import Cycle, Evidence
from lti_app.store.models.lti import Context, Membership, User
from lti_app.store.models.skills import Skill, SkillPrerequisite, Source, SourceSkill, Unit
from lti_app.store.queries.overview import cycle_now
from sync.records import Membership as Person
from sync.records import Role, SubmissionState

TEACHING = frozenset({Role.TEACHER, Role.ASSISTANT})


def keep(session: Session, context: Context, pulled: Pulled) -> Cycle:
    """Writes people, skills, sources, units and evidence; gives the context's cycle, a new one if need be."""
    users = keep_people(session, context, pulled.people, pulled.at)
    skills = _keep_skills(session, pulled)
    sources = _keep_sources(session, context, pulled, skills)
    _keep_units(session, context, pulled, skills)
    cycle = cycle_now(session, context.id) or _new_cycle(session, context, pulled.at)
    scored = _keep_evidence(session, cycle, pulled, sources, users)
    cycle.pulled_at = pulled.at
    cycle.pull_report = _report(pulled, users, scored)
    return cycle


def _new_cycle(session: Session, context: Context, now: datetime) -> Cycle:
    cycle = Cycle(
        context_id=context.id,
        title="Benchmark cycle",
        starts_on=now.date(),
        ends_on=now.date() + timedelta(weeks=district_rules().playlists.weeks),
        created_at=now,
    )
    session.add(cycle)
    session.flush()
    return cycle


# people


def keep_people(
    session: Session, context: Context, people: Iterable[Person], now: datetime
) -> dict[str, User]:
    """Upserts the roster; who is not in it is marked inactive, never deleted. Gives users by LMS id.

    The roster must be whole: half of one would mark a class inactive.
    """
    registration_id = context.deployment.registration_id
    known = {
        user.sub: user
        for user in session.scalars(select(User).where(User.registration_id == registration_id))
    }
    by_lms_id = {user.lms_id: user for user in known.values() if user.lms_id}
    memberships = {
        row.user_id: row
        for row in session.scalars(select(Membership).where(Membership.context_id == context.id))
    }
    users: dict[str, User] = {}
    for person in people:
        user = known.get(person.sub) if person.sub else by_lms_id.get(person.lms_id)
        if user is None:
            if person.sub is None:
                continue  # left before they were ever known here by their LTI id: nothing to keep
            user = User(registration_id=registration_id, sub=person.sub)
            session.add(user)
        user.lms_id, user.name, user.sortable_name = person.lms_id, person.name, person.sortable_name
        users[person.lms_id] = user
    session.flush()
    _keep_memberships(session, context, people, users, memberships, now)
    return users


def _keep_memberships(
    session: Session,
    context: Context,
    people: Iterable[Person],
    users: Mapping[str, User],
    memberships: dict[int, Membership],
    now: datetime,
) -> None:
    gone: list[int] = []
    for person in people:
        user = users.get(person.lms_id)
        if user is None:
            continue
        row = memberships.pop(user.id, None)
        if row is None:
            row = Membership(context_id=context.id, user_id=user.id)
            session.add(row)
        roles = sorted(role.value for role in person.roles)
        if row.roles and (row.roles != roles or not person.is_active):
            gone.append(user.id)  # what they may see has changed: they come in anew, as what they are now
        row.roles, row.is_active, row.seen_at = roles, person.is_active, now
    for absent in memberships.values():
        absent.is_active = False
    gone += [row.user_id for row in memberships.values()]
    if gone:
        end_sign_ins_of(session, user_ids=gone, context_id=context.id, now=now)
    session.flush()


# skills, sources, units


def _keep_skills(session: Session, pulled: Pulled) -> dict[SkillCode, Skill]:
    """Skills are the district's: only a table that lists one changes it; one merely named is only added."""
    rows = {SkillCode(row.code): row for row in session.scalars(select(Skill))}
    for skill in pulled.tables.skills:
        row = rows.get(skill.code)
        if row is None:
            row = rows[skill.code] = Skill(code=skill.code)
            session.add(row)
        row.title, row.content_area, row.grade = skill.title, skill.content_area, skill.grade
        row.is_priority = skill.is_priority
    for skill in pulled.tables.unlisted:
        if skill.code not in rows:
            rows[skill.code] = Skill(code=skill.code, title=skill.title, content_area=skill.content_area)
            session.add(rows[skill.code])
    session.flush()
    if PREREQUISITES in pulled.tables.readable:
        _keep_prerequisites(session, pulled, rows)
    return rows


def _keep_prerequisites(session: Session, pulled: Pulled, skills: Mapping[SkillCode, Skill]) -> None:
    """The edges of this table; of the skills it lists before nothing, or after others now, old edges go."""
    wanted = {
        (skills[edge.skill].id, skills[edge.prerequisite].id): edge.note
        for edge in pulled.tables.prerequisites
    }
    ours = {skills[skill.code].id for skill in pulled.tables.skills}
    for row in session.scalars(select(SkillPrerequisite)):
        pair = (row.skill_id, row.prerequisite_id)
        if pair in wanted:
            row.note = wanted.pop(pair)
        elif row.skill_id in ours and row.prerequisite_id in ours:
            session.delete(row)
    session.add_all(
        SkillPrerequisite(skill_id=skill, prerequisite_id=before, note=note)
        for (skill, before), note in wanted.items()
    )


def _keep_sources(
    session: Session, context: Context, pulled: Pulled, skills: Mapping[SkillCode, Skill]
) -> dict[tuple[str, str], Source]:
    rows = {
        (row.kind, row.lms_id): row
        for row in session.scalars(select(Source).where(Source.context_id == context.id))
    }
    tables = {"assignment": ITEMS, "outcome": OUTCOMES}
    for row in rows.values():
        row.is_active = row.is_active and _keeps_what_was(pulled, tables[row.kind])
    for name, item in pulled.items.items():
        _keep_source(
            session,
            rows,
            context.id,
            ("assignment", item.lms_id),
            name,
            item.points_possible,
            {skills[code].id for code in pulled.tables.items[name]},
        )
    for title, outcome in pulled.outcomes.items():
        _keep_source(
            session,
            rows,
            context.id,
            ("outcome", outcome.lms_id),
            title,
            None,
            {skills[code].id for code in pulled.tables.outcomes[title]},
        )
    session.flush()
    return rows


def _keeps_what_was(pulled: Pulled, table: str) -> bool:
    """A table that is there and cannot be read says nothing: what it said before stays."""
    return table not in pulled.tables.readable and table not in pulled.tables.missing


def _keep_source(
    session: Session,
    rows: dict[tuple[str, str], Source],
    context_id: int,
    key: tuple[str, str],
    title: str,
    possible: float | None,
    skill_ids: set[int],
) -> None:
    row = rows.get(key)
    if row is None:
        row = rows[key] = Source(context_id=context_id, kind=key[0], lms_id=key[1], skills=[])
        session.add(row)
    row.title, row.possible, row.is_active = title, possible, True
    row.skills = [link for link in row.skills if link.skill_id in skill_ids]
    there = {link.skill_id for link in row.skills}
    row.skills += [SourceSkill(skill_id=skill_id) for skill_id in sorted(skill_ids - there)]


def _keep_units(
    session: Session, context: Context, pulled: Pulled, skills: Mapping[SkillCode, Skill]
) -> None:
    if _keeps_what_was(pulled, UNITS):
        return
    known = {unit.key: unit for unit in session.scalars(select(Unit).where(Unit.context_id == context.id))}
    by_title = {(unit.skill_id, unit.title): unit for unit in known.values() if unit.is_active}
    for unit in known.values():
        unit.is_active = False
    for material in pulled.tables.units:
        if material.unit is None:
            continue
        skill_id = skills[material.skill].id
        page, check = pulled.pages.get(material.page or ""), pulled.checks.get(material.check or "")
        if check is None or (material.page and page is None):
            # not whole, or nobody could meet it: a task with the teacher. But one that was found before
            # stays: its page or check was renamed in the LMS, and what students have is a copy of ours
            before = by_title.get((skill_id, material.unit.title))
            if before is not None and material.check:
                before.is_active = True
            continue
        key = f"{material.skill}-{check.lms_id}"
        unit = known.get(key) or Unit(context_id=context.id, key=key)
        known[key] = unit
        session.add(unit)
        unit.skill_id, unit.title, unit.minutes = skill_id, material.unit.title, material.minutes
        unit.page_lms_id, unit.check_lms_id = (page.slug if page else None), check.lms_id
        unit.is_active = True
    session.flush()


# evidence


def _keep_evidence(
    session: Session,
    cycle: Cycle,
    pulled: Pulled,
    sources: Mapping[tuple[str, str], Source],
    users: Mapping[str, User],
) -> set[int]:
    """Upserts the answers and gives the ids of users who have a scored one."""
    seen: dict[tuple[int, int], dict[str, Any]] = {}
    for cell in pulled.submissions:
        source, user = sources.get(("assignment", cell.assignment)), users.get(cell.user)
        if source is None or user is None:
            continue
        is_scored = cell.state is SubmissionState.SCORED and cell.points is not None
        seen[source.id, user.id] = {
            "state": cell.state.value,
            "points": cell.points if is_scored else None,
            "possible": cell.possible,
            "taken_at": cell.submitted_at or cell.graded_at,
        }
    for result in pulled.outcome_results:
        source, user = sources.get(("outcome", result.outcome)), users.get(result.user)
        if source is None or user is None or result.score is None:
            continue
        before = seen.get((source.id, user.id))
        if before is None or (before["taken_at"] or pulled.at) <= (result.at or pulled.at):
            seen[source.id, user.id] = {
                "state": SubmissionState.SCORED.value,
                "points": result.score,
                "possible": result.possible,
                "taken_at": result.at,
            }
    _write_evidence(session, cycle.id, seen)
    return {user_id for (_, user_id), cell in seen.items() if cell["points"] is not None}


def _write_evidence(session: Session, cycle_id: int, seen: Mapping[tuple[int, int], dict[str, Any]]) -> None:
    rows = {
        (row.source_id, row.user_id): row
        for row in session.scalars(select(Evidence).where(Evidence.cycle_id == cycle_id))
    }
    for key, cell in seen.items():
        row = rows.pop(key, None)
        if row is None:
            row = Evidence(cycle_id=cycle_id, source_id=key[0], user_id=key[1])
            session.add(row)
        row.state, row.points, row.possible, row.taken_at = (
            cell["state"],
            cell["points"],
            cell["possible"],
            cell["taken_at"],
        )
    # what this reading did not cover stays: its source or student may only be out of sight, and the engine
    # asks for active ones alone
    session.flush()


def _report(pulled: Pulled, users: Mapping[str, User], scored: set[int]) -> dict[str, Any]:
    learners = {person.lms_id for person in pulled.people if person.is_learner and person.is_active}
    return {
        "as_of": pulled.at.isoformat(),
        "students": len(learners),
        "students_with_results": sum(
            1 for lms_id in learners if lms_id in users and users[lms_id].id in scored
        ),
        "teachers": sum(1 for person in pulled.people if person.is_active and person.roles & TEACHING),
        "files": [asdict(file) for file in pulled.tables.files],
        "items_matched": len(pulled.items),
        "items_total": len(pulled.tables.items),
        "outcomes_matched": len(pulled.outcomes),
        "outcomes_total": len(pulled.tables.outcomes),
        "unmatched": list(pulled.unmatched),
        "problems": list(pulled.problems),
    }
