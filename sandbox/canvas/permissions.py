"""Which rights a person has in a course, by role, and whom they may see there.

Source: canvas.md section 4 (default grants) and 4.1; Canvas's permissions registry and app/models/course.rb
(section_visibilities_for, enrollment_visibility_level_for, enrollments_visible_to, sections_visible_to).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import forbidden
from sandbox.world.model import Account, Course, Enrollment, Section, User
from sandbox.world.store import World
from sandbox.world.visibility import GONE, LEARNER_TYPES

_READ = {"read", "read_roster", "view_unpublished_items", "read_as_admin"}
_CONTENT = {"manage_course_content_add", "manage_course_content_edit", "manage_course_content_delete"}
_PAGES = {"manage_wiki_create", "manage_wiki_update", "manage_wiki_delete", "manage_files_add"}
_WORK = {"manage_assignments_add", "manage_assignments_edit", "manage_assignments_delete", "manage_assign_to"}
_SECTIONS = {"manage_sections_add", "manage_sections_edit", "manage_sections_delete"}
_GRADES = {"manage_grades", "view_all_grades"}
_TAGS = {"manage_tags_add", "manage_tags_manage", "manage_tags_delete"}
_STUDENTS = {"add_student_to_course", "remove_student_from_course", "manage_students"}
_OBSERVERS = {"add_observer_to_course", "remove_observer_from_course"}
_COLLEAGUES = {f"{verb}_to_course" for verb in ("add_teacher", "add_ta", "add_designer")} | {
    f"{verb}_from_course" for verb in ("remove_teacher", "remove_ta", "remove_designer")
}
_GROUPS = {"manage_groups_add", "manage_groups_manage", "manage_groups_delete"}
_STAFF = (
    _GROUPS
    | _READ
    | _CONTENT
    | _PAGES
    | _WORK
    | _STUDENTS
    | _OBSERVERS
    | {"view_user_logins", "manage_outcomes"}
)
_TEACHER = (
    _STAFF | _SECTIONS | _GRADES | _TAGS | _COLLEAGUES | {"read_sis", "read_reports", "use_student_view"}
)

RIGHTS: dict[str, frozenset[str]] = {
    "StudentEnrollment": frozenset({"read", "read_roster", "submit"}),
    "StudentViewEnrollment": frozenset({"read", "submit"}),
    "ObserverEnrollment": frozenset({"read"}),
    "TaEnrollment": frozenset(_STAFF | _GRADES),
    "DesignerEnrollment": frozenset(_STAFF | _SECTIONS | {"use_student_view"}),
    "TeacherEnrollment": frozenset(_TEACHER),
}
ADMIN = "AccountAdmin"
ADMIN_RIGHTS = frozenset(
    _TEACHER | {"manage_sis", "manage_account", "become_user", "allow_course_admin_actions"}
)
EVERY_RIGHT = sorted(ADMIN_RIGHTS | {"submit"})
APPLIES_TO_CONCLUDED = _READ | {"view_all_grades", "read_sis", "read_reports", "view_user_logins"}
"""What is left to an enrolment, or in a course, that has ended: looking, not changing."""

Level = Literal["full", "limited", "sections", "restricted"]
_SEEING = {"manage_grades", "manage_students", "allow_course_admin_actions", "read_roster", "view_all_grades"}
_TEACHING_TYPES = ("TeacherEnrollment", "TaEnrollment", "DesignerEnrollment")


def rights_in(world: World, user: User, course: Course) -> frozenset[str]:
    """All rights of the person in the course: of each role they hold there, and of account admins."""
    found: set[str] = set()
    if is_admin(world, user, course.account_id):
        found |= _granted(world, ADMIN, course.account_id)
    for enrollment in world.find(Enrollment, course_id=course.id, user_id=user.id):
        found |= _rights_of(world, enrollment, course)
    if not world.switches.tags_feature:
        found -= _TAGS
    return frozenset(found)


def _rights_of(world: World, enrollment: Enrollment, course: Course) -> set[str]:
    """What one enrolment gives. Over: only looking. Before a course is published: nothing for learners."""
    if enrollment.workflow_state not in ("active", "completed"):
        return set()
    if course.workflow_state == "unpublished" and enrollment.type not in _TEACHING_TYPES:
        return set()
    found = _granted(world, enrollment.type, course.account_id)
    if enrollment.workflow_state == "completed" or course.workflow_state == "completed":
        found &= APPLIES_TO_CONCLUDED
        if enrollment.type not in _TEACHING_TYPES:
            found.discard("read_roster")
    return found


def _granted(world: World, role: str, account_id: int) -> set[str]:
    """A role's rights after what the accounts switch on and off, the nearest one having the last word."""
    found = set(ADMIN_RIGHTS if role == ADMIN else RIGHTS.get(role, ()))
    for account in reversed(_account_chain(world, account_id)):
        for right, is_on in account.role_overrides.get(role, {}).items():
            (found.add if is_on else found.discard)(right)
    return found


def _account_chain(world: World, account_id: int | None) -> list[Account]:
    """The account and those above it, nearest first."""
    chain: list[Account] = []
    while (account := world.get(Account, account_id)) is not None:
        chain.append(account)
        account_id = account.parent_account_id
    return chain


def is_admin(world: World, user: User, account_id: int) -> bool:
    """True for an admin of the account or of one above it."""
    return any(account.id in user.admin_of_account_ids for account in _account_chain(world, account_id))


def is_below(world: World, account_id: int, account: Account) -> bool:
    """True when the account with that id is the other one or lies below it."""
    return account in _account_chain(world, account_id)


def account_rights(world: World, user: User, account_id: int) -> frozenset[str]:
    """What an admin may do in an account, e.g. `become_user`; empty for everybody else."""
    admin = is_admin(world, user, account_id)
    return frozenset(_granted(world, ADMIN, account_id)) if admin else frozenset()


def my_rights(course: Course) -> frozenset[str]:
    """The caller's rights in the course."""
    return rights_in(world(), me(), course)


def need(course: Course, *rights: str) -> frozenset[str]:
    """The caller's rights in the course. Raises 403 unless they hold one of the named."""
    held = my_rights(course)
    if not held.intersection(rights):
        raise forbidden()
    return held


def is_staff(rights: frozenset[str]) -> bool:
    """True for those who see everything in the course, published or not."""
    return "view_unpublished_items" in rights


# whom a person sees


def visibility_level(world: World, user: User, course: Course) -> Level:
    """full: everybody; limited: everybody, but students' own sections only; sections: the people of the own
    sections, when every own enrolment is limited to its section; restricted: oneself and one's observees."""
    held = rights_in(world, user, course) & _SEEING
    if not held:
        return "restricted"
    own = _own(world, user, course)
    if own and all(e.limit_privileges_to_course_section for e in own):
        return "sections"
    return "limited" if held == {"read_roster"} else "full"


def visible_enrollments(
    world: World, user: User, course: Course, enrollments: Iterable[Enrollment]
) -> list[Enrollment]:
    """Those of the enrolments that the person may see. Test Students are for staff and themselves only.

    Section-limited people see their sections, and colleagues who are not limited themselves.
    """
    own, level = _own(world, user, course), visibility_level(world, user, course)
    sections = {e.section_id for e in own}
    sees_fake = any(e.type in (*_TEACHING_TYPES, "StudentViewEnrollment") for e in own) or not own
    watched = {e.associated_user_id for e in own} | {user.id}

    def visible(e: Enrollment) -> bool:
        if e.type == "StudentViewEnrollment" and not sees_fake:
            return False
        if level == "sections":
            colleague = e.type in _TEACHING_TYPES and not e.limit_privileges_to_course_section
            return e.section_id in sections or colleague
        return level != "restricted" or e.user_id in watched

    return [e for e in enrollments if visible(e)]


def visible_student_ids(world: World, user: User, course: Course) -> frozenset[int]:
    """The students (ended and inactive ones and the Test Student too) whom the person may see in the course.

    For a section-limited teacher those of his sections, for an observer his observees. It says whom, not
    what: whether he may see their grades, too, is a matter of rights.
    """
    students = (
        e
        for e in world.find(Enrollment, course_id=course.id)
        if e.type in LEARNER_TYPES and e.workflow_state not in GONE
    )
    return frozenset(e.user_id for e in visible_enrollments(world, user, course, students))


def visible_sections(world: World, user: User, course: Course) -> list[Section]:
    """The living sections the person may look into: all for staff, the own ones for learners and limited
    staff, none for an observer."""
    level, own = visibility_level(world, user, course), _own(world, user, course)
    sections = world.live(Section, course_id=course.id)
    if level == "restricted":
        return []
    learner = bool(own) and all(e.type not in _TEACHING_TYPES for e in own) and level == "limited"
    if level == "sections" or learner:
        ids = {e.section_id for e in own}
        return [s for s in sections if s.id in ids]
    return sections


def _own(world: World, user: User, course: Course) -> list[Enrollment]:
    rows = world.find(Enrollment, course_id=course.id, user_id=user.id)
    return [e for e in rows if e.workflow_state not in GONE]
