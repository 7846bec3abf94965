"""Benchmark states -> skill groups and mixed pods, with names, notes and a reason for every placement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from grouping import model
from grouping.mixed_groups import form_mixed_groups
from grouping.skill_groups import form_skill_groups
from lti_app.cycle.class_facts import ClassFacts, class_facts, learners, mastery_of
from lti_app.cycle.group_names import group_names
from lti_app.cycle.rules import groups_of
from lti_app.store.models.cycles import Cycle, GroupSet, Placement, SkillGroup

SKILL, MIXED = "skill", "mixed"
KINDS = (SKILL, MIXED)


def suggest_groups(session: Session, cycle: Cycle, *, now: datetime) -> None:
    """Forms both kinds of groups anew from the saved states and replaces the earlier suggestion."""
    facts = class_facts(session, cycle.context_id)
    mastery = mastery_of(session, cycle, facts)
    rules = groups_of(cycle)
    taken = session.scalars(
        select(SkillGroup.name)
        .join(GroupSet, GroupSet.id == SkillGroup.group_set_id)
        .where(GroupSet.cycle_id == cycle.id)
    ).all()
    people = [person.name for person in learners(session, cycle.context_id)]
    names = group_names(taken, people)
    formed = (
        form_skill_groups(mastery, facts.skills, rules, skill_map=facts.skill_map()),
        form_mixed_groups(mastery, facts.students, rules),
    )
    for group_set in formed:
        keep_group_set(session, cycle, facts, group_set, names)
    cycle.grouped_at = now


def keep_group_set(
    session: Session, cycle: Cycle, facts: ClassFacts, formed: model.GroupSet, names: Iterator[str]
) -> GroupSet:
    """Replaces the cycle's groups of that kind; a name once given to a number stays with it."""
    row = session.scalars(
        select(GroupSet).where(GroupSet.cycle_id == cycle.id, GroupSet.kind == formed.kind)
    ).one_or_none()
    if row is None:
        row = GroupSet(cycle_id=cycle.id, kind=formed.kind, groups=[])
        session.add(row)
    row.notes, row.value, row.bound = list(formed.notes), formed.value, formed.bound
    kept = {group.number: group for group in row.groups}
    row.groups = [
        _group(
            kept.get(group.number) or SkillGroup(number=group.number, name=next(names), placements=[]),
            group,
            facts,
        )
        for group in formed.groups
    ]
    session.flush()
    _place(row.groups, formed.placements)
    session.flush()
    return row


def _group(row: SkillGroup, formed: model.Group, facts: ClassFacts) -> SkillGroup:
    row.content_area = formed.content_area
    row.focus = [facts.skill_ids[code] for code in formed.focus]
    return row


def _place(groups: Iterable[SkillGroup], placements: Iterable[model.Placement]) -> None:
    by_number = {group.number: group for group in groups}
    wanted: dict[int, dict[int, model.Placement]] = {number: {} for number in by_number}
    for placement in placements:
        wanted[placement.group][int(placement.student)] = placement
    for number, group in by_number.items():
        there = {row.user_id: row for row in group.placements}
        group.placements = [
            _placement(there.get(user_id) or Placement(user_id=user_id), placement)
            for user_id, placement in sorted(wanted[number].items())
        ]


def _placement(row: Placement, formed: model.Placement) -> Placement:
    row.reason, row.is_provisional = formed.reason, formed.is_provisional
    return row
