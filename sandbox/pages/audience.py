"""Who an assignment is for, in words and by name: for the teacher's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.pages.guards import Place
from sandbox.world.model import (
    Assignment,
    AssignmentOverride,
    Group,
    Module,
    Override,
    Section,
    Submission,
    User,
)
from sandbox.world.rows import student_due_at
from sandbox.world.store import World
from sandbox.world.visibility import Audiences, audiences, key_of, matching, open_to_everyone, viewers

MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class Target:
    """One line of "assigned to"."""

    who: str
    through: str
    """"" for the assignment's own override, else the name of the module it is inherited from."""
    size: int
    due_at: datetime | None = None
    unlock_at: datetime | None = None
    lock_at: datetime | None = None
    has_dates: bool = False
    takes_away: bool = False


@dataclass(frozen=True, slots=True)
class Seer:
    """One student of the course and this assignment."""

    student: User
    sees: bool
    due_at: datetime | None
    row: Submission | None
    """None: no row, the gradebook says "not assigned"."""


@dataclass(frozen=True, slots=True)
class Audience:
    is_everyone: bool
    targets: list[Target]
    students: list[Seer]
    seen_by: int


def audience_of(place: Place, assignment: Assignment) -> Audience:
    """Everything that decides who sees the assignment, and every student the viewer may look at."""
    world = place.world
    facts = audiences(world, assignment.course_id)
    key = key_of(assignment)
    targets = [_own(world, facts, override) for override in facts.own_overrides.get(key, [])]
    for module_id in facts.modules_of.get(key, []):
        module = world.table(Module)[module_id]
        targets += [
            Target(who_words(world, override), module.name, len(matching(facts, override)))
            for override in facts.module_overrides.get(module_id, [])
        ]
    seen = viewers(facts, assignment)
    students = [_seer(world, facts, assignment, student, student.id in seen) for student in place.students()]
    is_everyone = open_to_everyone(facts, key, assignment.only_visible_to_overrides)
    return Audience(is_everyone, targets, students, sum(each.sees for each in students))


def _own(world: World, facts: Audiences, override: AssignmentOverride) -> Target:
    return Target(
        who_words(world, override),
        "",
        len(matching(facts, override)),
        override.due_at,
        override.unlock_at,
        override.lock_at,
        override.due_at_set or override.unlock_at_set or override.lock_at_set,
        override.unassign_item,
    )


def _seer(world: World, facts: Audiences, assignment: Assignment, student: User, sees: bool) -> Seer:
    row = world.submission(assignment.id, student.id)
    held = row if row is not None and row.workflow_state != "deleted" else None
    due_at = student_due_at(facts, assignment, student.id) if sees else None
    return Seer(student, sees, due_at, held)


def who_words(world: World, override: Override) -> str:
    """Whom an override names: a section, a group or tag, some students by name, the whole course."""
    if override.student_ids is not None:
        users = [world.get(User, user_id) for user_id in override.student_ids]
        names = sorted(user.name for user in users if user is not None)
        more = len(names) - MOST_NAMES
        listed = ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
        return listed or "No student"
    if override.course_section_id is not None:
        section = world.get(Section, override.course_section_id)
        return f"Section {section.name}" if section else "A section that is gone"
    if override.group_id is not None:
        group = world.get(Group, override.group_id)
        kind = "Tag" if group is not None and group.non_collaborative else "Group"
        return f"{kind} {group.name}" if group else "A group that is gone"
    return "Everyone in the course"
