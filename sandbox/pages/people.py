"""People and sections: who is in the course and where, for staff; for a student the adults and oneself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from flask import Blueprint, render_template

from sandbox.pages.courses import course_frame
from sandbox.pages.guards import NotAvailable, Place, in_course
from sandbox.pages.login import ROLE_NAMES
from sandbox.world.model import Enrollment, Section, User

blueprint = Blueprint("people", __name__)

ADULT_TYPES = ("TeacherEnrollment", "TaEnrollment", "DesignerEnrollment")
HERE = ("active", "invited", "creation_pending", "inactive", "completed")


@dataclass(slots=True)
class Member:
    """One person in one role, with everything a list says about them."""

    user: User
    role: str
    sections: list[str] = field(default_factory=list)
    states: set[str] = field(default_factory=set)
    observes: list[str] = field(default_factory=list)
    is_limited: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One section with its members by role."""

    section: Section
    adults: list[Member]
    students: list[Member]
    observers: list[Member]


@blueprint.get("/courses/<int:course_id>/people")
@blueprint.get("/courses/<int:course_id>/users")  # where Canvas has it
@in_course
def people(place: Place) -> str:
    """Everybody in the course, each once for each role. A student sees no classmates."""
    members = _members(place, place.world.find(Enrollment, course_id=place.course.id))
    return render_template("pages/people.html", **course_frame(place, "people"), members=members)


@blueprint.get("/courses/<int:course_id>/sections")
@in_course
def sections(place: Place) -> str:
    """Each section, where it came from and who is in it; section-limited staff see their own."""
    if not place.is_staff:
        raise NotAvailable("Sections are for teachers.")
    shown = []
    for section in place.world.live(Section, course_id=place.course.id):
        if place.sees_section(section.id):
            members = _members(place, place.world.find(Enrollment, section_id=section.id))
            students = [m for m in members if m.role in ("Student", "Test Student")]
            observers = [m for m in members if m.role == "Observer"]
            adults = [m for m in members if m not in students and m not in observers]
            shown.append(Part(section, adults, students, observers))
    return render_template("pages/sections.html", **course_frame(place, "sections"), parts=shown)


def _members(place: Place, enrollments: Iterable[Enrollment]) -> list[Member]:
    """The people of these enrolments that the viewer may see: adults, then students, then observers."""
    names = {section.id: section.name for section in place.world.live(Section, course_id=place.course.id)}
    found: dict[tuple[int, str], Member] = {}
    for enrollment in enrollments:
        user = place.world.get(User, enrollment.user_id)
        if user is None or enrollment.workflow_state not in HERE or not _may_see(place, enrollment):
            continue
        role = ROLE_NAMES[enrollment.type]
        member = found.setdefault((user.id, role), Member(user, role))
        if names.get(enrollment.section_id) not in (None, *member.sections):
            member.sections.append(names[enrollment.section_id])
        member.states.add(enrollment.workflow_state)
        member.is_limited |= enrollment.limit_privileges_to_course_section
        child = place.world.get(User, enrollment.associated_user_id)
        if child is not None and child.name not in member.observes:
            member.observes.append(child.name)
    order = {"Student": 1, "Test Student": 2, "Observer": 3}
    return sorted(found.values(), key=lambda m: (order.get(m.role, 0), m.user.sortable_name, m.user.id))


def _may_see(place: Place, enrollment: Enrollment) -> bool:
    if place.is_staff:
        is_colleague = enrollment.type in ADULT_TYPES and not enrollment.limit_privileges_to_course_section
        return is_colleague or place.sees_section(enrollment.section_id)
    if enrollment.workflow_state != "active":
        return False
    return enrollment.user_id in (place.user.id, place.learner_id) or enrollment.type in ADULT_TYPES
