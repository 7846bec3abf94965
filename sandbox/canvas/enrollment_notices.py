"""What an enrolment would have sent, and to whom.

Source: instructure/canvas-lms app/models/enrollment.rb (set_broadcast_policy): an invitation to whom was
invited, a notification to whom was enrolled at once, and to the teachers that somebody accepted. REST sends
the first two only with `enrollment[notify]`.
"""

from __future__ import annotations

from sandbox.world.model import Course, Enrollment, Notice
from sandbox.world.store import World

INVITATION = "Enrollment Invitation"
NOTIFICATION = "Enrollment Notification"
ACCEPTED = "Enrollment Accepted"
_TEACHING_TYPES = ("TeacherEnrollment", "TaEnrollment")


def tell_of_enrollment(world: World, course: Course, enrollment: Enrollment, before: str | None) -> None:
    """Keep the notices of an enrolment that was made or changed. `before`: its state then, None when new."""
    state = enrollment.workflow_state
    if enrollment.self_enrolled or before == state:
        return
    if state == "active" and before == "invited":
        teachers = {
            e.user_id
            for e in world.find(Enrollment, course_id=course.id, workflow_state="active")
            if e.type in _TEACHING_TYPES
        }
        for user_id in sorted(teachers - {enrollment.user_id}):
            _keep(world, ACCEPTED, user_id, enrollment)
    elif enrollment.type != "ObserverEnrollment":
        if state == "invited":
            _keep(world, INVITATION, enrollment.user_id, enrollment)
        elif state == "active" and before is None and course.workflow_state != "unpublished":
            _keep(world, NOTIFICATION, enrollment.user_id, enrollment)


def _keep(world: World, kind: str, user_id: int, enrollment: Enrollment) -> None:
    world.add(
        Notice(
            kind=kind,
            user_id=user_id,
            course_id=enrollment.course_id,
            about=f"Enrollment {enrollment.id}",
            at=world.clock.now(),
        )
    )
