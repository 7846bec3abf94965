"""Messages that the LMS would have sent because of a call. Nothing is sent; a `Notice` is kept for each.

Source: instructure/canvas-lms app/models/broadcast_policies/{assignment,submission}_policy.rb and
assignment_participants.rb: a course that is not available sends nothing, observers are told what the child
they are linked to is told. How often a message goes out (at once, daily, weekly) is each person's own setting
and is not kept here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sandbox.world.model import Assignment, AssignmentOverride, Course, Enrollment, Notice
from sandbox.world.store import World
from sandbox.world.visibility import Audiences, audiences, key_of, matching, viewers

ASSIGNMENT_CREATED = "Assignment Created"
DUE_DATE_CHANGED = "Assignment Due Date Changed"
OVERRIDE_DUE_DATE_CHANGED = "Assignment Due Date Override Changed"
ASSIGNMENT_CHANGED = "Assignment Changed"
SUBMISSION_GRADED = "Submission Graded"
GRADE_CHANGED = "Submission Grade Changed"
ENROLLMENT_INVITATION = "Enrollment Invitation"

_TOLD = ("active", "invited")


def notify(world: World, kind: str, course: Course, user_ids: Iterable[int], about: str) -> list[Notice]:
    """Keep one notice for each person, and one for each observer of a student among them.

    `kind` is Canvas's name of the message, `about` e.g. "Assignment 1041". People with no active or invited
    enrolment in the course are left out, and so is everybody while the course is not available.
    Returns what was kept.
    """
    if course.workflow_state != "available":
        return []
    wanted = set(user_ids)
    if not wanted:
        return []
    told: set[tuple[int, int | None]] = set()
    for each in world.find(Enrollment, course_id=course.id):
        if each.workflow_state not in _TOLD or each.type == "StudentViewEnrollment":
            continue
        if each.user_id in wanted and each.type != "ObserverEnrollment":
            told.add((each.user_id, None))
        if each.type == "ObserverEnrollment" and each.associated_user_id in wanted:
            told.add((each.user_id, each.associated_user_id))
    now = world.clock.now()
    return [
        world.add(
            Notice(
                kind=kind,
                user_id=user_id,
                course_id=course.id,
                about=about,
                at=now,
                observed_user_id=child,
            )
        )
        for user_id, child in sorted(told, key=lambda pair: (pair[0], pair[1] or 0))
    ]


class Before:
    """What an assignment and its overrides were before a change, for `tell_changed`."""

    def __init__(self, assignment: Assignment, world: World) -> None:
        self.published = assignment.workflow_state == "published"
        self.due_at = assignment.due_at
        self.points_possible = assignment.points_possible
        self.override_dates = {o.id: o.due_at for o in _dated(world, assignment)}


def tell_created(world: World, assignments: Iterable[Assignment]) -> None:
    """Tell those who see them of assignments just published; unpublished ones are told to nobody."""
    by_course: dict[int, Audiences] = {}
    for assignment in assignments:
        course = world.get(Course, assignment.course_id)
        if course is not None and assignment.workflow_state == "published":
            facts = by_course.get(course.id) or audiences(world, course.id)
            by_course[course.id] = facts
            notify(
                world, ASSIGNMENT_CREATED, course, viewers(facts, assignment), f"Assignment {assignment.id}"
            )


@contextmanager
def telling_of_new_work(world: World, course_id: int) -> Iterator[None]:
    """Tell of every assignment of the course that gets published inside, e.g. with its module."""
    waiting = list(world.find(Assignment, course_id=course_id, workflow_state="unpublished"))
    yield
    tell_created(world, waiting)


def tell_changed(world: World, assignment: Assignment, before: Before, *, asked: bool = False) -> None:
    """Tell what changed in a published assignment: that it is there, its points, its dates.

    A changed base date is told to those without a date of their own, an override's to those it is for.
    `asked`: the teacher wanted a notice whatever changed.
    """
    course = world.get(Course, assignment.course_id)
    if course is None or assignment.workflow_state != "published":
        return
    if not before.published:
        tell_created(world, [assignment])
        return
    about = f"Assignment {assignment.id}"
    facts = audiences(world, course.id)
    seeing, own_date = viewers(facts, assignment), set[int]()
    for override in _dated(world, assignment):
        people = matching(facts, override) & seeing
        own_date |= people
        if not same_minute(before.override_dates.get(override.id), override.due_at):
            notify(world, OVERRIDE_DUE_DATE_CHANGED, course, people, about)
    if not same_minute(before.due_at, assignment.due_at):
        notify(world, DUE_DATE_CHANGED, course, seeing - own_date, about)
    if asked or before.points_possible != assignment.points_possible:
        notify(world, ASSIGNMENT_CHANGED, course, seeing, about)


@contextmanager
def telling_of_changes(world: World, assignments: Iterable[Assignment]) -> Iterator[None]:
    """Tell of what changes inside in each of these assignments and its overrides."""
    changing = [(each, Before(each, world)) for each in {each.id: each for each in assignments}.values()]
    yield
    for assignment, before in changing:
        tell_changed(world, assignment, before)


def same_minute(one: datetime | None, other: datetime | None) -> bool:
    """Canvas takes dates of one minute for equal."""
    if one is None or other is None:
        return one is other
    return one.replace(second=0, microsecond=0) == other.replace(second=0, microsecond=0)


def _dated(world: World, assignment: Assignment) -> list[AssignmentOverride]:
    own = world.live(AssignmentOverride, course_id=assignment.course_id, content=key_of(assignment))
    return [override for override in own if override.due_at_set]
