"""Messages that the LMS would have sent because of a call. Nothing is sent; a `Notice` is kept for each.

Source: instructure/canvas-lms app/models/broadcast_policies/{assignment,submission}_policy.rb and
assignment_participants.rb: a course that is not available sends nothing, observers are told what the child
they are linked to is told. How often a message goes out (at once, daily, weekly) is each person's own setting
and is not kept here.
"""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.world.model import Course, Enrollment, Notice
from sandbox.world.store import World

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
