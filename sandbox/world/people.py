"""People in courses: making users, enrolling them, changing enrolments, with all that follows."""

from __future__ import annotations

from typing import Any

from sandbox.world import groups, rows
from sandbox.world.model import AssignmentOverride, Course, Enrollment, Section, User
from sandbox.world.store import World


def add_user(world: World, name: str, login: str, **fields: Any) -> User:
    """A new user of the LMS; "Ana Ruiz" sorts as "Ruiz, Ana"."""
    first, _, last = name.rpartition(" ")
    return world.add(
        User(
            name=name,
            sortable_name=f"{last}, {first}" if first else name,
            short_name=name,
            login_id=login,
            lti_1_3_id=world.new_uuid(),
            created_at=world.clock.now(),
            **fields,
        )
    )


def add_section(world: World, course: Course, name: str, **fields: Any) -> Section:
    """A new, empty section of a course."""
    return world.add(Section(course_id=course.id, name=name, created_at=world.clock.now(), **fields))


def put_in(world: World, section: Section, user: User, type_: str, **fields: Any) -> Enrollment:
    """A new enrolment row without any upkeep of submission rows: for building a course, before its work."""
    now = world.clock.now()
    return world.add(
        Enrollment(
            course_id=section.course_id,
            section_id=section.id,
            user_id=user.id,
            type=type_,
            created_at=now,
            updated_at=now,
            **fields,
        )
    )


def enroll(
    world: World, section: Section, user: User, type_: str, state: str, *, associated: int | None = None
) -> Enrollment:
    """The person's enrolment in that section: found, revived or new, as Canvas's own upsert does it.

    An active row is never downgraded to invited; a deleted or concluded one comes back with the same id.
    """
    rows_of_user = world.find(Enrollment, section_id=section.id, user_id=user.id, type=type_)
    for enrollment in rows_of_user:
        if enrollment.associated_user_id == associated:
            if enrollment.workflow_state != "active":
                set_enrollment_state(world, enrollment, state)
            return enrollment
    enrollment = put_in(world, section, user, type_, workflow_state=state, associated_user_id=associated)
    rows.recompute_student(world, section.course_id, user.id)
    return enrollment


def set_enrollment_state(world: World, enrollment: Enrollment, state: str) -> None:
    """Change an enrolment's state and everything that follows from it for that student.

    A student whose last enrolment goes leaves the assignments' ad-hoc overrides, and an emptied one is
    destroyed; names in modules' overrides stay, as in Canvas.
    """
    enrollment.workflow_state = state
    enrollment.updated_at = world.clock.now()
    if state == "deleted" and not world.live(
        Enrollment, course_id=enrollment.course_id, user_id=enrollment.user_id, type=enrollment.type
    ):
        _leave_overrides(world, enrollment.course_id, enrollment.user_id)
        groups.leave_all(world, enrollment.course_id, enrollment.user_id)
    rows.recompute_student(world, enrollment.course_id, enrollment.user_id)


def _leave_overrides(world: World, course_id: int, user_id: int) -> None:
    for override in world.live(AssignmentOverride, course_id=course_id):
        if override.student_ids and user_id in override.student_ids:
            override.student_ids = [other for other in override.student_ids if other != user_id]
            if not override.student_ids:
                override.workflow_state = "deleted"
