"""Enrolments. Source: canvas.md 3.1 and 4.2."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import bad_request, forbidden
from sandbox.canvas.lookups import course_for, in_course, one, user_named
from sandbox.canvas.paging import Page, bookmarked
from sandbox.canvas.params import as_bool, as_int, as_time, group, includes, many, params, stamp
from sandbox.canvas.permissions import my_rights, need
from sandbox.canvas.user_json import user_json
from sandbox.current import base_url
from sandbox.world import grading
from sandbox.world.model import Assignment, Course, Enrollment, Section, User
from sandbox.world.people import enroll, set_enrollment_state

TYPES = {"Student", "Teacher", "Ta", "Designer", "Observer", "StudentView"}
DEFAULT_STATES = ("active", "invited")
_ROLE_IDS = {"Student": 3, "Teacher": 4, "Ta": 5, "Designer": 6, "Observer": 7, "StudentView": 3}
_STATE_AFTER = {
    "conclude": "completed",
    "delete": "deleted",
    "inactivate": "inactive",
    "deactivate": "inactive",
}


class EnrollmentRows:
    """Turns enrolments into JSON, with the course's counting assignments looked up once."""

    def __init__(self, course: Course, rights: frozenset[str]) -> None:
        self.course, self.rights = course, rights
        self.counting: list[Assignment] | None = None

    def of(self, enrollments: Iterable[Enrollment]) -> list[dict[str, Any]]:
        return [self.one(enrollment) for enrollment in enrollments]

    def one(self, e: Enrollment) -> dict[str, Any]:
        user, section = world().table(User)[e.user_id], world().table(Section)[e.section_id]
        url = f"{base_url()}/courses/{e.course_id}/users/{e.user_id}"
        shown: dict[str, Any] = {
            "id": e.id,
            "user_id": e.user_id,
            "course_id": e.course_id,
            "course_section_id": e.section_id,
            "type": e.type,
            "role": "StudentEnrollment" if e.type == "StudentViewEnrollment" else e.type,
            "role_id": _ROLE_IDS[e.type.removesuffix("Enrollment")],
            "enrollment_state": e.workflow_state,
            "limit_privileges_to_course_section": e.limit_privileges_to_course_section,
            "associated_user_id": e.associated_user_id,
            "root_account_id": self.course.account_id,
            "start_at": stamp(e.start_at),
            "end_at": stamp(e.end_at),
            "created_at": stamp(e.created_at),
            "updated_at": stamp(e.updated_at),
            "html_url": url,
            "user": user_json(user, self.rights),
        }
        if "read_sis" in self.rights:
            shown["sis_user_id"] = user.sis_user_id
            shown["sis_section_id"] = section.sis_section_id
            shown["section_integration_id"] = section.integration_id
        if "can_be_removed" in includes():
            shown["can_be_removed"] = may_remove(e, self.rights)
        if e.type.startswith("Student"):
            shown["grades"] = self._grades(e)
        return shown

    def _grades(self, e: Enrollment) -> dict[str, Any]:
        shown: dict[str, Any] = {"html_url": f"{base_url()}/courses/{e.course_id}/grades/{e.user_id}"}
        if "view_all_grades" in self.rights or e.user_id == me().id:
            if self.counting is None:
                self.counting = grading.counting_assignments(world(), e.course_id)
            totals = grading.totals(world(), self.counting, e.user_id)
            shown |= {"current_score": totals.current, "current_grade": None}
            shown |= {"final_score": totals.final, "final_grade": None}
        return shown


def may_remove(enrollment: Enrollment, rights: frozenset[str]) -> bool:
    """What the school's information system enrolled, only those with manage_sis remove."""
    if "remove_student_from_course" not in rights:
        return False
    return enrollment.sis_import_id is None or "manage_sis" in rights


@endpoint("GET", "/courses/<course_id>/enrollments")
def list_course_enrollments(course_id: str) -> Page:
    course = course_for(course_id, "read_roster")
    return _enrollments_page(course, world().find(Enrollment, course_id=course.id))


@endpoint("GET", "/sections/<section_id>/enrollments")
def list_section_enrollments(section_id: str) -> Page:
    section = one(Section, section_id)
    course = course_for(str(section.course_id), "read_roster")
    return _enrollments_page(course, world().find(Enrollment, section_id=section.id))


def _enrollments_page(course: Course, enrollments: Iterable[Enrollment]) -> Page:
    """Always bookmark pages, in order of id: one row for each section a person is in."""
    rights = my_rights(course)
    states = many("state") or list(DEFAULT_STATES)
    if not many("state") and "manage_account" in rights:
        states.append("inactive")
    types = many("type") or many("role")
    if not set(types) <= {f"{t}Enrollment" for t in TYPES}:
        raise bad_request("invalid enrollment type")
    sis_users, sis_sections = many("sis_user_id"), many("sis_section_id")
    if (sis_users or sis_sections) and "read_sis" not in rights:
        raise bad_request("Insufficient permissions to filter by SIS fields")
    user = user_named(str(params()["user_id"])) if params().get("user_id") else None
    users, sections = world().table(User), world().table(Section)
    found = (
        e
        for e in enrollments
        if e.workflow_state in states
        and (not types or e.type in types)
        and (user is None or e.user_id == user.id)
        and (not sis_users or users[e.user_id].sis_user_id in sis_users)
        and (not sis_sections or sections[e.section_id].sis_section_id in sis_sections)
    )
    return bookmarked(found).shown(EnrollmentRows(course, rights).one)


@endpoint("POST", "/courses/<course_id>/enrollments")
def create_course_enrollment(course_id: str) -> dict[str, Any]:
    course = course_for(course_id)
    sent = group("enrollment")
    if sent.get("course_section_id"):
        section = in_course(Section, course, str(sent["course_section_id"]))
    else:
        section = next(s for s in world().live(Section, course_id=course.id) if s.default_section)
    return _create(course, section, sent)


@endpoint("POST", "/sections/<section_id>/enrollments")
def create_section_enrollment(section_id: str) -> dict[str, Any]:
    section = one(Section, section_id)
    return _create(course_for(str(section.course_id)), section, group("enrollment"))


def _create(course: Course, section: Section, sent: dict[str, Any]) -> dict[str, Any]:
    """Found, revived or made, by (user, type, section). Each call also overwrites limits and dates."""
    if not sent:
        raise bad_request("No parameters given")
    if not sent.get("user_id"):
        raise bad_request(
            "Can't create an enrollment without a user. Include enrollment[user_id] to create an enrollment"
        )
    type_ = str(sent.get("type") or "StudentEnrollment")
    if type_.removesuffix("Enrollment") not in TYPES - {"StudentView"}:
        raise bad_request("Invalid type")
    if course.workflow_state == "completed":
        raise bad_request("Can't add an enrollment to a concluded course.")
    rights = need(course, "add_student_to_course" if type_ == "StudentEnrollment" else "manage_sections_add")
    user = user_named(str(sent["user_id"]))
    state = str(sent.get("enrollment_state") or _state_by_default(course))
    if state not in ("active", "invited", "creation_pending", "inactive"):
        raise bad_request("Invalid enrollment_state")
    times = [as_time(sent.get(name), name) for name in ("start_at", "end_at")]
    observed = sent.get("associated_user_id")
    associated = as_int(observed, "associated_user_id") if observed else None
    e = enroll(world(), section, user, type_, state, associated=associated)
    e.limit_privileges_to_course_section = as_bool(sent.get("limit_privileges_to_course_section"))
    e.start_at, e.end_at = times
    return EnrollmentRows(course, rights).one(e)


def _state_by_default(course: Course) -> str:
    return "invited" if course.workflow_state == "available" else "creation_pending"


@endpoint("DELETE", "/courses/<course_id>/enrollments/<id>")
def end_enrollment(course_id: str, id: str) -> dict[str, Any]:
    """`task=delete` takes the student out; without it the enrolment is only concluded."""
    course = course_for(course_id)
    rights = need(course, "remove_student_from_course")
    e = in_course(Enrollment, course, id)
    task = str(params().get("task", "conclude"))
    if task not in _STATE_AFTER:
        raise bad_request("invalid task")
    if not may_remove(e, rights):
        raise forbidden()
    set_enrollment_state(world(), e, _STATE_AFTER[task])
    return EnrollmentRows(course, rights).one(e)


@endpoint("PUT", "/courses/<course_id>/enrollments/<id>/reactivate")
def reactivate_enrollment(course_id: str, id: str) -> dict[str, Any]:
    course = course_for(course_id)
    rights = need(course, "add_student_to_course")
    e = in_course(Enrollment, course, id)
    if e.workflow_state != "inactive":
        raise bad_request("Enrollment is not inactive")
    set_enrollment_state(world(), e, "active")
    return EnrollmentRows(course, rights).one(e)
