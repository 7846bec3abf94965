"""Enrolments. Source: canvas.md 3.1 and 4.2; instructure/canvas-lms
app/controllers/enrollments_api_controller.rb for order and words of the refusals."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.enrollment_notices import tell_of_enrollment
from sandbox.canvas.errors import ApiError, bad_request, forbidden, not_found
from sandbox.canvas.lookups import course_for, in_course, one, user_named
from sandbox.canvas.paging import Page, bookmarked
from sandbox.canvas.params import as_bool, as_int, as_time, group, includes, many, params, stamp
from sandbox.canvas.permissions import is_admin, is_below, my_rights, need, visible_enrollments
from sandbox.canvas.user_json import user_json
from sandbox.current import base_url
from sandbox.world import grading
from sandbox.world.model import Account, Assignment, Course, Enrollment, Group, GroupMembership, Section, User
from sandbox.world.people import enroll, set_enrollment_state

TYPES = {"Student", "Teacher", "Ta", "Designer", "Observer", "StudentView"}
OBSERVER = "ObserverEnrollment"
DEFAULT_STATES = ("active", "invited")
STATES_FOR_STAFF = ("active", "invited", "creation_pending", "inactive")
ALL_STATES = (*STATES_FOR_STAFF, "completed", "rejected", "deleted")
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
            shown["sis_course_id"] = self.course.sis_course_id
        if "manage_sis" in self.rights:
            shown["sis_import_id"] = e.sis_import_id
        if "read_reports" in self.rights:
            shown["last_activity_at"] = None
        wanted = includes()
        if "can_be_removed" in wanted:
            shown["can_be_removed"] = may_remove(e, self.rights)
        if "locked" in wanted:
            shown["locked"] = e.sis_import_id is not None and "manage_sis" not in self.rights
        if "group_ids" in wanted:
            shown["user"]["group_ids"] = _group_ids(e)
        if "observed_users" in wanted and e.associated_user_id is not None:
            observed = world().get(User, e.associated_user_id)
            shown["observed_user"] = user_json(observed, self.rights) if observed else None
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
            if "current_points" in includes():
                shown["current_points"] = totals.current_points
            if "view_all_grades" in self.rights:
                shown |= {"unposted_current_score": totals.unposted_current, "unposted_current_grade": None}
                shown |= {"unposted_final_score": totals.unposted_final, "unposted_final_grade": None}
        return shown


def _group_ids(e: Enrollment) -> list[int]:
    """The groups of the course the person is in; tags are nobody's group."""
    found = (world().get(Group, m.group_id) for m in world().live(GroupMembership, user_id=e.user_id))
    return [g.id for g in found if g and g.course_id == e.course_id and not g.non_collaborative]


def may_remove(enrollment: Enrollment, rights: frozenset[str], *, task: str = "delete") -> bool:
    """What the school's information system enrolled, only those with manage_sis remove. Nobody removes
    himself without an admin's right; the Test Student goes with the right to use Student View."""
    if enrollment.type == "StudentViewEnrollment":
        return "use_student_view" in rights
    if enrollment.sis_import_id is not None and "manage_sis" not in rights:
        return False
    if task == "conclude":
        is_student = enrollment.type == "StudentEnrollment"
        return (is_student and "manage_students" in rights) or "allow_course_admin_actions" in rights
    if enrollment.user_id == me().id and "allow_course_admin_actions" not in rights:
        return False
    return _right_over("remove", enrollment.type) in rights


def _right_over(verb: str, type_: str) -> str:
    """`add_ta_to_course`, `remove_student_from_course`, and so on."""
    role = type_.removesuffix("Enrollment").lower()
    return f"{verb}_{role}_{'to' if verb == 'add' else 'from'}_course"


@endpoint("GET", "/courses/<course_id>/enrollments")
def list_course_enrollments(course_id: str) -> Page:
    course = one(Course, course_id)
    return _enrollments_page(course, world().find(Enrollment, course_id=course.id))


@endpoint("GET", "/sections/<section_id>/enrollments")
def list_section_enrollments(section_id: str) -> Page:
    section = one(Section, section_id)
    course = one(Course, str(section.course_id))
    return _enrollments_page(course, world().find(Enrollment, section_id=section.id))


def _enrollments_page(course: Course, enrollments: Iterable[Enrollment]) -> Page:
    """Always bookmark pages, by name: one row for each section a person is in.

    Without `state[]` those who hold read_as_admin see inactive and pending ones too, learners active and
    invited ones. One's own rows can be asked for by `user_id` without the right to read the roster.
    """
    user = user_named(str(params()["user_id"])) if params().get("user_id") else None
    rights = my_rights(course)
    if user is None or user.id != me().id:
        observes = any(world().live(Enrollment, course_id=course.id, user_id=me().id, type=OBSERVER))
        if not observes and not rights & {"read_roster", "view_all_grades", "manage_grades"}:
            raise forbidden()
    states: Container[str] = many("state") or (
        STATES_FOR_STAFF if "read_as_admin" in rights else DEFAULT_STATES
    )
    roles, types = many("role"), many("type")
    if not set(roles) <= {f"{t}Enrollment" for t in TYPES}:
        raise bad_request("role not found")
    types = roles or types
    sis_users, sis_sections = many("sis_user_id"), many("sis_section_id")
    if (sis_users or sis_sections) and not rights & {"read_sis", "manage_sis"}:
        raise bad_request("Insufficient permissions to filter by SIS fields")
    users, sections = world().table(User), world().table(Section)
    found = [
        e
        for e in enrollments
        if e.workflow_state in states
        and (not types or e.type in types)
        and (user is None or e.user_id == user.id)
        and (not sis_users or users[e.user_id].sis_user_id in sis_users)
        and (not sis_sections or sections[e.section_id].sis_section_id in sis_sections)
    ]
    seen = visible_enrollments(world(), me(), course, found)
    page = bookmarked(seen, name=lambda e: users[e.user_id].sortable_name)
    return page.shown(EnrollmentRows(course, rights).one)


@endpoint("GET", "/users/<user_id>/enrollments")
def list_user_enrollments(user_id: str) -> Page:
    """All enrolments of the caller, of their observee, or of anybody for an admin of the account."""
    user, asked = user_named(user_id), many("state") or list(DEFAULT_STATES)
    unknown = [state for state in asked if state not in ALL_STATES]
    if unknown and user.id == me().id:
        raise ApiError(400, {"error": f"Invalid state {unknown[0]}"})
    types, courses = many("type") or many("role"), world().table(Course)
    mine = user.id == me().id or user.id in me().observee_ids
    found = [
        e
        for e in world().find(Enrollment, user_id=user.id)
        if e.workflow_state in asked
        and (not types or e.type in types)
        and courses[e.course_id].workflow_state != "deleted"
        and (mine or is_admin(world(), me(), courses[e.course_id].account_id))
    ]
    if not mine and not me().admin_of_account_ids:
        raise forbidden()

    def shown(e: Enrollment) -> dict[str, Any]:
        course = courses[e.course_id]
        return EnrollmentRows(course, my_rights(course)).one(e)

    return bookmarked(found, name=lambda _: user.sortable_name).shown(shown)


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
    if sent.get("self_enrollment_code"):
        raise bad_request("enrollment[self_enrollment_code] is invalid")
    type_ = _type_asked_for(sent)
    if not sent.get("user_id"):
        raise bad_request(
            "Can't create an enrollment without a user. Include enrollment[user_id] to create an enrollment"
        )
    rights = need(course, _right_over("add", type_))
    user = user_named(str(sent["user_id"]))
    if course.workflow_state == "completed":
        raise bad_request("Can't add an enrollment to a concluded course.")
    state = str(sent.get("enrollment_state") or _state_by_default(course))
    if state not in ("active", "invited", "creation_pending", "inactive"):
        raise bad_request("Invalid enrollment_state")
    times = [as_time(sent.get(name), name) for name in ("start_at", "end_at")]
    observed = sent.get("associated_user_id")
    associated = as_int(observed, "associated_user_id") if observed else None
    known = {e.id: e.workflow_state for e in world().find(Enrollment, section_id=section.id, user_id=user.id)}
    e = enroll(world(), section, user, type_, state, associated=associated)
    e.limit_privileges_to_course_section = as_bool(sent.get("limit_privileges_to_course_section"))
    e.self_enrolled = as_bool(sent.get("self_enrolled"))
    e.start_at, e.end_at = times
    if as_bool(sent.get("notify")):
        tell_of_enrollment(world(), course, e, known.get(e.id))
    return EnrollmentRows(course, rights).one(e)


def _type_asked_for(sent: dict[str, Any]) -> str:
    """The type, or that of the built-in role named by id or name. Raises 400 for none and for a mismatch."""
    type_, role = str(sent.get("type") or ""), str(sent.get("role") or "")
    if sent.get("role_id"):
        role = (
            next((t for t, n in _ROLE_IDS.items() if str(n) == str(sent["role_id"])), "none") + "Enrollment"
        )
    if role and role.removesuffix("Enrollment") not in TYPES - {"StudentView"}:
        raise bad_request("Invalid role")
    if role and type_ and role != type_:
        raise bad_request("The specified type must match the base type for the role")
    found = role or type_ or "StudentEnrollment"
    if not found.endswith("Enrollment") or found.removesuffix("Enrollment") not in TYPES - {"StudentView"}:
        raise bad_request("Invalid type")
    return found


def _state_by_default(course: Course) -> str:
    return "invited" if course.workflow_state == "available" else "creation_pending"


@endpoint("DELETE", "/courses/<course_id>/enrollments/<id>")
def end_enrollment(course_id: str, id: str) -> dict[str, Any]:
    """`task=delete` takes the student out; without it the enrolment is only concluded."""
    course = course_for(course_id)
    rights = my_rights(course)
    e = in_course(Enrollment, course, id)
    task = str(params().get("task", "conclude"))
    if task not in _STATE_AFTER:
        task = "conclude"  # Canvas concludes for any word it does not know
    if not may_remove(e, rights, task=task):
        raise forbidden()
    set_enrollment_state(world(), e, _STATE_AFTER[task])
    return EnrollmentRows(course, rights).one(e)


@endpoint("PUT", "/courses/<course_id>/enrollments/<id>/reactivate")
def reactivate_enrollment(course_id: str, id: str) -> dict[str, Any]:
    """Only an inactive one; a concluded one comes back by enrolling again."""
    course = course_for(course_id)
    rights = my_rights(course)
    e = in_course(Enrollment, course, id)
    if not may_remove(e, rights):
        raise forbidden()
    if e.workflow_state != "inactive":
        raise ApiError(400, {"error": "enrollment not inactive"})
    set_enrollment_state(world(), e, "active")
    return EnrollmentRows(course, rights).one(e)


@endpoint("POST", "/courses/<course_id>/enrollments/<id>/accept")
def accept_invitation(course_id: str, id: str) -> dict[str, Any]:
    """The invited person says yes; the course's teachers would be told."""
    course, e = _invitation(course_id, id)
    if e.workflow_state == "active":
        return {"success": True}
    if e.workflow_state not in ("invited", "rejected"):
        raise ApiError(400, {"error": _why_no_answer(e)})
    set_enrollment_state(world(), e, "active")
    tell_of_enrollment(world(), course, e, "invited")
    return {"success": True}


@endpoint("POST", "/courses/<course_id>/enrollments/<id>/reject")
def reject_invitation(course_id: str, id: str) -> dict[str, Any]:
    _, e = _invitation(course_id, id)
    if e.workflow_state == "rejected":
        return {"success": True}
    if e.workflow_state != "invited":
        raise ApiError(400, {"error": _why_no_answer(e)})
    set_enrollment_state(world(), e, "rejected")
    return {"success": True}


def _invitation(course_id: str, id: str) -> tuple[Course, Enrollment]:
    """An enrolment of the caller; who is only invited cannot read the course yet. Raises 404, 403."""
    course = one(Course, course_id)
    e = in_course(Enrollment, course, id)
    if e.user_id != me().id:
        raise forbidden()
    return course, e


def _why_no_answer(e: Enrollment) -> str:
    return "membership not activated" if e.workflow_state == "inactive" else "no current invitation"


@endpoint("GET", "/accounts/<account_id>/enrollments/<id>")
def show_enrollment(account_id: str, id: str) -> dict[str, Any]:
    """One's own, or anybody's for an admin of the account."""
    e = one(Enrollment, id)
    course, account = one(Course, str(e.course_id)), one(Account, account_id)
    if not is_below(world(), course.account_id, account):
        raise not_found()
    if e.user_id != me().id and not is_admin(world(), me(), course.account_id):
        raise forbidden()
    return EnrollmentRows(course, my_rights(course)).one(e)
