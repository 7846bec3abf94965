"""Users, and who is in a course or section. Source: canvas.md 3.1."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.enrollments import DEFAULT_STATES, TYPES, EnrollmentRows
from sandbox.canvas.errors import bad_request, not_found
from sandbox.canvas.lookups import course_for, one, user_named
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import includes, many, params
from sandbox.canvas.permissions import is_admin, is_staff, my_rights, rights_in
from sandbox.canvas.user_json import user_json
from sandbox.current import base_url
from sandbox.world.model import Course, Enrollment, Section, User


@endpoint("GET", "/users/<id>")
def show_user(id: str) -> dict[str, Any]:
    """A user the caller shares a course with as staff, administers, or is."""
    user = user_named(id)
    rights = _rights_over(user)
    if user.id == me().id:
        return user_json(user, rights, with_email=True) | {
            "locale": user.locale,
            "effective_locale": user.locale,
            "avatar_url": f"{base_url()}/images/messages/avatar-50.png",
            "permissions": {"can_update_name": False, "can_update_avatar": False},
        }
    if not is_staff(rights):
        raise not_found()
    return user_json(user, rights)


def _rights_over(user: User) -> frozenset[str]:
    course_ids = {e.course_id for e in world().live(Enrollment, user_id=user.id)}
    found: frozenset[str] = frozenset()
    for course in world().live(Course):
        if course.id in course_ids or is_admin(world(), me(), course.account_id):
            found |= rights_in(world(), me(), course)
    return found


# who is in a course


@endpoint("GET", "/courses/<course_id>/search_users")
@endpoint("GET", "/courses/<course_id>/users")
def list_course_users(course_id: str) -> Page:
    course = course_for(course_id, "read_roster")
    return _users_page(course, world().find(Enrollment, course_id=course.id))


@endpoint("GET", "/sections/<section_id>/users")
def list_section_users(section_id: str) -> Page:
    section = one(Section, section_id)
    course = course_for(str(section.course_id), "read_roster")
    return _users_page(course, world().find(Enrollment, section_id=section.id))


def _users_page(course: Course, enrollments: Iterable[Enrollment]) -> Page:
    rights, wanted = my_rights(course), includes()
    types = {_type_of_word(word) for word in many("enrollment_type")}
    if not types:
        types = {f"{t}Enrollment" for t in TYPES if t != "StudentView" or "test_student" in wanted}
    elif "StudentEnrollment" in types and "test_student" in wanted:
        types.add("StudentViewEnrollment")
    states = many("enrollment_state") or list(DEFAULT_STATES)
    of_user: dict[int, list[Enrollment]] = {}
    for enrollment in enrollments:
        if enrollment.type in types and enrollment.workflow_state in states:
            of_user.setdefault(enrollment.user_id, []).append(enrollment)
    users = [world().table(User)[user_id] for user_id in of_user]
    term = str(params().get("search_term", "")).lower()
    if len(term) >= 2:
        users = [u for u in users if term in u.name.lower() or term in (u.login_id.lower(), str(u.id))]
    users.sort(key=lambda u: (u.sortable_name.casefold(), u.id))

    def shown(user: User) -> dict[str, Any]:
        row = user_json(user, rights, with_email="email" in wanted)
        if "enrollments" in wanted:
            row["enrollments"] = EnrollmentRows(course, rights).of(of_user[user.id])
        return row

    return paged(users).shown(shown)


def _type_of_word(word: str) -> str:
    stem = {"student_view": "StudentView"}.get(word, word.capitalize())
    if stem not in TYPES:
        raise bad_request(f"invalid enrollment_type {word}")
    return f"{stem}Enrollment"
