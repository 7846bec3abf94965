"""Which rights a person has in a course, by role. Source: canvas.md section 4 (default role grants)."""

from __future__ import annotations

from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import forbidden
from sandbox.world.model import Account, Course, Enrollment, User
from sandbox.world.store import World

_READ = {"read", "read_roster", "view_unpublished_items"}
_CONTENT = {"manage_course_content_add", "manage_course_content_edit", "manage_course_content_delete"}
_PAGES = {"manage_wiki_create", "manage_wiki_update", "manage_wiki_delete", "manage_files_add"}
_WORK = {"manage_assignments_add", "manage_assignments_edit", "manage_assignments_delete", "manage_assign_to"}
_SECTIONS = {"manage_sections_add", "manage_sections_edit", "manage_sections_delete"}
_GRADES = {"manage_grades", "view_all_grades"}
_STUDENTS = {"add_student_to_course", "remove_student_from_course", "manage_students"}
_STAFF = _READ | _CONTENT | _PAGES | _WORK | _STUDENTS | {"view_user_logins", "manage_outcomes"}

RIGHTS: dict[str, frozenset[str]] = {
    "StudentEnrollment": frozenset({"read", "read_roster", "submit"}),
    "StudentViewEnrollment": frozenset({"read", "submit"}),
    "ObserverEnrollment": frozenset({"read"}),
    "TaEnrollment": frozenset(_STAFF | _GRADES),
    "DesignerEnrollment": frozenset(_STAFF | _SECTIONS),
    "TeacherEnrollment": frozenset(_STAFF | _SECTIONS | _GRADES | {"read_sis", "read_reports"}),
}
ADMIN_RIGHTS = frozenset(
    _STAFF | _SECTIONS | _GRADES | {"read_sis", "manage_sis", "read_reports", "manage_account"}
)
EVERY_RIGHT = sorted(ADMIN_RIGHTS | {"submit"})
_COUNTING_STATES = ("active", "completed")


def rights_in(world: World, user: User, course: Course) -> frozenset[str]:
    """All rights of the person in the course: of each role they hold there, and of account admins."""
    found: set[str] = set()
    if is_admin(world, user, course.account_id):
        found |= ADMIN_RIGHTS
    for enrollment in world.find(Enrollment, course_id=course.id, user_id=user.id):
        if enrollment.workflow_state in _COUNTING_STATES:
            found |= RIGHTS.get(enrollment.type, frozenset())
    return frozenset(found)


def is_admin(world: World, user: User, account_id: int) -> bool:
    """True for an admin of the account or of one above it."""
    above: int | None = account_id
    while above is not None:
        if above in user.admin_of_account_ids:
            return True
        account = world.get(Account, above)
        above = account.parent_account_id if account else None
    return False


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
