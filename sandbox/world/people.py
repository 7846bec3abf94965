"""People in courses: making users, enrolling them, changing enrolments, with all that follows."""

from __future__ import annotations

from typing import Any

from sandbox.world import groups, rows, work
from sandbox.world.model import AssignmentOverride, Course, Enrollment, Section, User
from sandbox.world.store import World
from sandbox.world.visibility import LEARNER_TYPES


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
    _bring_observers(world, enrollment)
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
    _bring_observers(world, enrollment)
    rows.recompute_student(world, enrollment.course_id, enrollment.user_id)


def link_observer(world: World, observer: User, student: User) -> None:
    """Make a parent's account the observer of a child, in all the child's courses, now and later."""
    if student.id not in observer.observee_ids:
        observer.observee_ids.append(student.id)
    for enrollment in world.live(Enrollment, user_id=student.id, type="StudentEnrollment"):
        _bring_observers(world, enrollment)


def _bring_observers(world: World, enrollment: Enrollment) -> None:
    """Linked observers follow each enrolment of their child, section by section and state by state.

    An invited child's observer is active at once. Source: instructure/canvas-lms app/models/enrollment.rb
    (update_linked_enrollments, update_from).
    """
    if enrollment.type != "StudentEnrollment":
        return
    state = "active" if enrollment.workflow_state == "invited" else enrollment.workflow_state
    for observer in [u for u in world.table(User).values() if enrollment.user_id in u.observee_ids]:
        linked = next(
            world.find(
                Enrollment,
                section_id=enrollment.section_id,
                user_id=observer.id,
                type="ObserverEnrollment",
                associated_user_id=enrollment.user_id,
            ),
            None,
        )
        if linked is None and state not in ("deleted", "completed", "rejected", "inactive"):
            section = world.table(Section)[enrollment.section_id]
            put_in(
                world,
                section,
                observer,
                "ObserverEnrollment",
                workflow_state=state,
                associated_user_id=enrollment.user_id,
            )
        elif linked is not None and linked.workflow_state != state:
            linked.workflow_state, linked.updated_at = state, enrollment.updated_at


def move_section(world: World, section: Section, course: Course) -> None:
    """Cross-list a section into another course, or bring it back: its people move, its overrides are
    destroyed. Source: canvas.md 4.1; instructure/canvas-lms app/models/course_section.rb (move_to_course)."""
    old_course_id = section.course_id
    if old_course_id == course.id:
        return
    work.destroy_overrides(world, old_course_id, course_section_id=section.id)
    section.course_id = course.id
    section.default_section = not [s for s in world.live(Section, course_id=course.id) if s.id != section.id]
    for enrollment in list(world.find(Enrollment, section_id=section.id)):
        enrollment.course_id, enrollment.updated_at = course.id, world.clock.now()
        if enrollment.type in LEARNER_TYPES:
            for course_id in (old_course_id, course.id):
                rows.recompute_student(world, course_id, enrollment.user_id)


def _leave_overrides(world: World, course_id: int, user_id: int) -> None:
    for override in world.live(AssignmentOverride, course_id=course_id):
        if override.student_ids and user_id in override.student_ids:
            override.student_ids = [other for other in override.student_ids if other != user_id]
            if not override.student_ids:
                override.workflow_state = "deleted"
