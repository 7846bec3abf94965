"""Users, and who is in a course or section. Source: canvas.md 3.1; instructure/canvas-lms
app/controllers/sections_controller.rb (users) and courses_controller.rb (users, user)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.enrollments import DEFAULT_STATES, TYPES, EnrollmentRows
from sandbox.canvas.errors import ApiError, bad_request, forbidden, not_found
from sandbox.canvas.lookups import course_for, one, user_named
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_bool, includes, many, params
from sandbox.canvas.permissions import (
    account_rights,
    is_admin,
    is_staff,
    my_rights,
    rights_in,
    visible_enrollments,
    visible_sections,
)
from sandbox.canvas.user_json import user_json
from sandbox.current import base_url
from sandbox.world.model import Account, Course, Enrollment, Section, User

TEST_STUDENT = "StudentViewEnrollment"
_ALL_TYPES = {f"{t}Enrollment" for t in TYPES}
_SEE_ROSTER = ("view_all_grades", "manage_grades")


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


@endpoint("GET", "/users/<id>/observees")
def list_observees(id: str) -> Page:
    """The children an observer is linked to; of others for an admin only."""
    user = user_named(id)
    if user.id != me().id and not me().admin_of_account_ids:
        raise forbidden()
    children = [world().table(User)[child] for child in user.observee_ids]
    return paged(children).shown(lambda child: user_json(child, _rights_over(child)))


@endpoint("GET", "/users/<id>/observees/<observee_id>")
def show_observee(id: str, observee_id: str) -> dict[str, Any]:
    user, child = user_named(id), one(User, observee_id)
    if (user.id != me().id and not me().admin_of_account_ids) or child.id not in user.observee_ids:
        raise not_found()
    return user_json(child, _rights_over(child))


# who is in a course


@endpoint("GET", "/courses/<course_id>/search_users")
@endpoint("GET", "/courses/<course_id>/users")
def list_course_users(course_id: str) -> Page:
    course = course_for(course_id, "read_roster", *_SEE_ROSTER)
    asked = many("enrollment_state") or list(DEFAULT_STATES)
    return _users_page(course, world().find(Enrollment, course_id=course.id), asked)


@endpoint("GET", "/courses/<course_id>/users/<id>")
def show_course_user(course_id: str, id: str) -> dict[str, Any]:
    """One person of the course whom the caller sees. Raises 404 for anybody else."""
    course = course_for(course_id, "read_roster", *_SEE_ROSTER)
    user = user_named(id)
    rows = world().live(Enrollment, course_id=course.id, user_id=user.id)
    seen = visible_enrollments(world(), me(), course, rows)
    if not seen:
        raise not_found()
    return _row(EnrollmentRows(course, my_rights(course)), user, seen)


@endpoint("GET", "/sections/<section_id>/users")
def list_section_users(section_id: str) -> Page:
    """The people of one section, inactive ones too unless `exclude_inactive`."""
    section = one(Section, section_id)
    course = course_for(str(section.course_id), "read_roster")
    if section not in visible_sections(world(), me(), course):
        raise ApiError(403, {"error": "section is not visible to the current user"})
    with_inactive = not as_bool(params().get("exclude_inactive"))
    asked = [*DEFAULT_STATES, "creation_pending", *(["inactive"] if with_inactive else [])]
    return _users_page(course, world().find(Enrollment, section_id=section.id), asked)


def _users_page(course: Course, enrollments: Iterable[Enrollment], states: list[str]) -> Page:
    wanted = includes()
    types = {_type_of_word(word) for word in many("enrollment_type")}
    types |= {role for role in many("enrollment_role") if role in _ALL_TYPES}
    if not types:
        types = {t for t in _ALL_TYPES if t != TEST_STUDENT or "test_student" in wanted}
    elif "StudentEnrollment" in types and "test_student" in wanted:
        types.add(TEST_STUDENT)
    ids = {user_named(text).id for text in many("user_ids")}
    of_user: dict[int, list[Enrollment]] = {}
    for enrollment in visible_enrollments(world(), me(), course, enrollments):
        if enrollment.type in types and enrollment.workflow_state in states:
            of_user.setdefault(enrollment.user_id, []).append(enrollment)
    users = [world().table(User)[user_id] for user_id in of_user if not ids or user_id in ids]
    term = str(params().get("search_term", ""))
    if term:
        users = _matching(users, term, my_rights(course))
    users.sort(key=lambda u: (u.sortable_name.casefold(), u.id))
    rows = EnrollmentRows(course, my_rights(course))
    return paged(users).shown(lambda user: _row(rows, user, of_user[user.id]))


def _matching(users: list[User], term: str, rights: frozenset[str]) -> list[User]:
    """Part of a name, or a whole id; part of a login or SIS id for those who may read these. 400 for one
    character. Source: instructure/canvas-lms lib/user_search.rb and lib/api.rb (search_term of 2 or more)."""
    if len(term) < 2 and not term.isdigit():
        raise ApiError(400, {"errors": [{"message": "search_term of 2 or more characters is required"}]})
    word = term.casefold()

    def fits(user: User) -> bool:
        if word in user.name.casefold() or word == str(user.id):
            return True
        if "view_user_logins" in rights and word in user.login_id.casefold():
            return True
        return "read_sis" in rights and word in (user.sis_user_id or "").casefold()

    return [user for user in users if fits(user)]


def _row(rows: EnrollmentRows, user: User, enrollments: list[Enrollment]) -> dict[str, Any]:
    wanted = includes()
    row = user_json(user, rows.rights, with_email="email" in wanted)
    if "enrollments" in wanted:
        row["enrollments"] = rows.of(enrollments)
    if "test_student" in wanted and user.fake_student:
        row["test_student"] = True
    return row


@endpoint("GET", "/accounts/<account_id>/users")
def list_account_users(account_id: str) -> Page:
    """Everybody in the account, for its admins; Test Students are nobody. Raises 403, 404."""
    account = one(Account, account_id)
    rights = account_rights(world(), me(), account.id)
    if "read_roster" not in rights:
        raise forbidden()
    users = [user for user in world().table(User).values() if not user.fake_student]
    term = str(params().get("search_term", ""))
    if term:
        users = _matching(users, term, rights)
    users.sort(key=lambda u: (u.sortable_name.casefold(), u.id))
    return paged(users).shown(lambda user: user_json(user, rights, with_email="email" in includes()))


def _type_of_word(word: str) -> str:
    stem = {"student_view": "StudentView"}.get(word, word.capitalize())
    if stem not in TYPES:
        raise bad_request(f"invalid enrollment_type {word}")
    return f"{stem}Enrollment"
