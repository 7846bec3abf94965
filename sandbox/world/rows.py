"""Upkeep of submission rows: who holds one for which assignment. Source: canvas-visibility.md 1, 6, 8.

As in Canvas a background job does it, so that rows lag behind audiences where the world's jobs are late. A
job looks at the world when it runs; one that already waits for the same rows is not left twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sandbox.world.model import (
    Assignment,
    ContentKey,
    Module,
    ModuleItem,
    Override,
    Submission,
)
from sandbox.world.store import World
from sandbox.world.visibility import Audiences, audiences, key_of, matching, open_to_everyone


def recompute(world: World, assignments: Iterable[Assignment]) -> None:
    """Leave a job that brings the rows of these assignments (of one course) up to date for everybody."""
    touched = {assignment.id: assignment.course_id for assignment in assignments}
    if touched:
        course_id = next(iter(touched.values()))
        names = ", ".join(map(str, sorted(touched)))
        name = f"rows of assignments {names} in course {course_id}"
        world.background.later(name, lambda: _of_assignments(world, course_id, set(touched)), once=True)


def recompute_student(world: World, course_id: int, user_id: int) -> None:
    """Leave a job for one student's rows in every assignment of the course: after an enrolment changed."""
    name = f"rows of user {user_id} in course {course_id}"
    world.background.later(name, lambda: _of_student(world, course_id, user_id), once=True)


def recompute_module(world: World, module: Module, *, also: Iterable[ModuleItem] = ()) -> None:
    """Leave a job for all assignments in a module: after its audience or its items changed."""
    items = [*world.live(ModuleItem, module_id=module.id), *also]
    ids = {item.content_id for item in items if item.type == "Assignment"}
    recompute(world, [a for a in world.live(Assignment, course_id=module.course_id) if a.id in ids])


def _of_assignments(world: World, course_id: int, ids: set[int]) -> None:
    facts = audiences(world, course_id)
    for assignment in world.live(Assignment, course_id=course_id):
        if assignment.id in ids:
            _update(world, facts, assignment)


def _of_student(world: World, course_id: int, user_id: int) -> None:
    facts = audiences(world, course_id, only_user=user_id)
    for assignment in world.live(Assignment, course_id=course_id):
        _update(world, facts, assignment, only_user=user_id)


def _update(world: World, facts: Audiences, assignment: Assignment, *, only_user: int | None = None) -> None:
    targets = row_holders(facts, assignment)
    held = world.submissions_of(assignment.id)
    dates = due_dates(facts, assignment, targets)
    for user_id in sorted(targets):
        row = held.get(user_id)
        if row is None:
            row = world.add(
                Submission(course_id=assignment.course_id, assignment_id=assignment.id, user_id=user_id)
            )
        elif row.workflow_state == "deleted":
            row.workflow_state = state_from_values(row)
        row.is_assigned = True
        row.cached_due_date = dates.get(user_id, assignment.due_at)
    others = held if only_user is None else {only_user: held[only_user]} if only_user in held else {}
    for user_id, row in others.items():
        if user_id not in targets and user_id not in facts.finished:
            row.workflow_state = "deleted"


def row_holders(facts: Audiences, assignment: Assignment) -> set[int]:
    """Who holds a row: every target of an own or inherited override, restricted or not; everyone if open.

    Publication plays no part, nor does the tags feature. A student named in an ad-hoc override holds a row
    only while enrolled: Canvas drops the name from the override when the enrolment goes. Only rows of these
    students count in totals.
    """
    key = key_of(assignment)
    holders = (
        set(facts.assigned) if open_to_everyone(facts, key, assignment.only_visible_to_overrides) else set()
    )
    own = [o for o in facts.own_overrides.get(key, []) if not o.unassign_item]
    inherited = [o for m in facts.modules_of.get(key, []) for o in facts.module_overrides.get(m, [])]
    return holders.union(*(_targets(facts, override) for override in [*own, *inherited]))


def _targets(facts: Audiences, override: Override) -> set[int]:
    if override.student_ids is not None:
        return facts.assigned.intersection(override.student_ids)
    if override.course_section_id is not None:
        return facts.assigned_sections.get(override.course_section_id, set())
    if override.group_id is not None:
        return facts.assigned_groups.get(override.group_id, set())
    return set(facts.assigned) if override.whole_course else set()


def due_dates(facts: Audiences, assignment: Assignment, users: set[int]) -> dict[int, datetime | None]:
    """The due date of each user whom an override of the assignment gives one; others have the base date.

    An ad-hoc override wins over all others; among those the latest date, and "no date" is latest. Overrides
    on modules have no dates, so a tag gives one only where the assignment itself names it.
    """
    overrides = facts.own_overrides.get(key_of(assignment), [])
    dates: dict[int, datetime | None] = {}
    for override in (o for o in overrides if o.due_at_set and o.student_ids is None):
        for user_id in users & _targets(facts, override):
            dates[user_id] = later(dates[user_id], override.due_at) if user_id in dates else override.due_at
    for override in (o for o in overrides if o.due_at_set and o.student_ids is not None):
        for user_id in users.intersection(override.student_ids or ()):
            dates[user_id] = override.due_at
    return dates


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The more lenient of two dates: no date is the most lenient."""
    return None if one is None or other is None else max(one, other)


def state_from_values(row: Submission) -> str:
    """The state a restored row has: what it held when it was taken away."""
    if row.excused or row.score is not None:
        return "graded"
    return "submitted" if row.submitted_at else "unsubmitted"


def assignments_with(world: World, course_id: int, keys: Iterable[ContentKey]) -> list[Assignment]:
    """The living assignments among the given contents."""
    ids = {key[1] for key in keys if key[0] == "Assignment"}
    return [a for a in world.live(Assignment, course_id=course_id) if a.id in ids]


@dataclass(frozen=True, slots=True)
class StudentDates:
    """One student's own dates for an assignment; None is "no date"."""

    due_at: datetime | None
    unlock_at: datetime | None
    lock_at: datetime | None

    def is_shut(self, now: datetime) -> bool:
        """True before the unlock date and from the lock date on: to be looked at, not handed in."""
        is_early = self.unlock_at is not None and self.unlock_at > now
        return is_early or (self.lock_at is not None and self.lock_at <= now)


def student_dates(facts: Audiences, assignment: Assignment, user_id: int) -> StudentDates:
    """The dates the student is shown and held to (canvas-visibility.md 1.2).

    For each date: of the own ad-hoc override, else the most lenient of the other overrides that set it, else
    the assignment's. Who is assigned through a module only has none, though his row keeps the base date.
    """
    own = [o for o in facts.own_overrides.get(key_of(assignment), []) if not o.unassign_item]
    own = [o for o in own if user_id in matching(facts, o)]
    modules = facts.modules_of.get(key_of(assignment), [])
    inherited = [o for m in modules for o in facts.module_overrides.get(m, [])]
    by_module_only = not own and any(user_id in matching(facts, o) for o in inherited)

    def chosen(name: str, pick: Callable[[Iterable[datetime]], datetime]) -> datetime | None:
        setting = [o for o in own if getattr(o, f"{name}_set")]
        setting = [o for o in setting if o.student_ids is not None] or setting
        if not setting:
            return None if by_module_only else getattr(assignment, name)
        dates = [getattr(o, name) for o in setting]
        return None if None in dates else pick(dates)

    return StudentDates(chosen("due_at", max), chosen("unlock_at", min), chosen("lock_at", max))


def student_due_at(facts: Audiences, assignment: Assignment, user_id: int) -> datetime | None:
    """The due date the student is shown."""
    return student_dates(facts, assignment, user_id).due_at
