"""People: sections and their members for staff; for a student the adults and oneself."""

from __future__ import annotations

from flask import Blueprint, render_template

from sandbox.pages.courses import course_frame
from sandbox.pages.guards import Place, in_course
from sandbox.pages.login import ROLE_NAMES
from sandbox.world.model import Enrollment, Section, User

blueprint = Blueprint("people", __name__)

ADULT_TYPES = ("TeacherEnrollment", "TaEnrollment", "DesignerEnrollment")


@blueprint.get("/courses/<int:course_id>/people")
@blueprint.get("/courses/<int:course_id>/users")  # where Canvas has it
@in_course
def people(place: Place) -> str:
    """Each section with its members. A student sees no classmates."""
    sections = [
        (section, members)
        for section in place.world.live(Section, course_id=place.course.id)
        if (members := _members(place, section)) or place.is_staff
    ]
    return render_template("pages/people.html", **course_frame(place, "people"), sections=sections)


def _members(place: Place, section: Section) -> list[tuple[User, str]]:
    found = []
    for enrollment in place.world.find(Enrollment, section_id=section.id, workflow_state="active"):
        user = place.world.get(User, enrollment.user_id)
        if user is not None and _may_see(place, enrollment):
            found.append((user, ROLE_NAMES[enrollment.type]))
    return sorted(found, key=lambda entry: (entry[1] in ("Student", "Test Student"), entry[0].sortable_name))


def _may_see(place: Place, enrollment: Enrollment) -> bool:
    is_own = enrollment.user_id in (place.user.id, place.learner_id)
    return place.is_staff or is_own or enrollment.type in ADULT_TYPES
