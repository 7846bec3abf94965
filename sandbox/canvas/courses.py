"""Courses and what the caller may do in them. Source: canvas.md 3.1 and 4."""

from __future__ import annotations

from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import forbidden, not_found
from sandbox.canvas.lookups import course_for, one
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import includes, many, params, stamp
from sandbox.canvas.permissions import EVERY_RIGHT, is_admin, is_below, my_rights, rights_in
from sandbox.canvas.sections import section_json
from sandbox.current import base_url
from sandbox.world.model import Account, Course, Enrollment, Section
from sandbox.world.visibility import GONE


@endpoint("GET", "/courses")
def list_my_courses() -> Page:
    """The courses the caller is enrolled in; `enrollment_type`, `enrollment_state` and `state[]` narrow them.

    An admin's other courses are under /accounts/:id/courses.
    """
    type_, state = str(params().get("enrollment_type") or ""), str(params().get("enrollment_state") or "")
    in_states = (state,) if state else ("active", "completed")
    ids = {
        e.course_id
        for e in world().find(Enrollment, user_id=me().id)
        if e.workflow_state in in_states and (not type_ or e.type == f"{type_.capitalize()}Enrollment")
    }
    mine = [c for c in world().live(Course) if c.id in ids and "read" in rights_in(world(), me(), c)]
    return paged(_in_states(mine)).shown(course_json)


@endpoint("GET", "/accounts/<account_id>/courses")
def list_account_courses(account_id: str) -> Page:
    """All courses of the account and those below it, for its admins. Raises 403, 404."""
    account = one(Account, account_id)
    if not is_admin(world(), me(), account.id):
        raise forbidden()
    below = [c for c in world().live(Course) if is_below(world(), c.account_id, account)]
    return paged(_in_states(below)).shown(course_json)


def _in_states(courses: list[Course]) -> list[Course]:
    wanted = many("state")
    return [c for c in courses if not wanted or c.workflow_state in wanted]


@endpoint("GET", "/courses/<course_id>")
def show_course(course_id: str) -> dict[str, Any]:
    course = course_for(course_id)
    return course_json(course)


@endpoint("GET", "/courses/<course_id>/permissions")
def show_permissions(course_id: str) -> dict[str, bool]:
    """A truth value for each asked right; all rights when none is asked."""
    rights = my_rights(course_for(course_id))
    return {name: name in rights for name in many("permissions") or EVERY_RIGHT}


@endpoint("GET", "/accounts")
def list_accounts() -> Page:
    """The accounts the caller administers; empty for everybody else."""
    mine = [a for a in world().table(Account).values() if is_admin(world(), me(), a.id)]
    return paged(mine).shown(account_json)


@endpoint("GET", "/accounts/<account_id>")
def show_account(account_id: str) -> dict[str, Any]:
    account = one(Account, account_id)
    if not is_admin(world(), me(), account.id):
        raise not_found()
    return account_json(account)


def account_json(account: Account) -> dict[str, Any]:
    """An account; `root_account_id` is null for a root account itself."""
    root = account
    while (above := world().get(Account, root.parent_account_id)) is not None:
        root = above
    return {
        "id": account.id,
        "name": account.name,
        "workflow_state": "active",
        "parent_account_id": account.parent_account_id,
        "root_account_id": None if root is account else root.id,
        "default_time_zone": account.default_time_zone,
    }


def course_json(course: Course) -> dict[str, Any]:
    rights, wanted = my_rights(course), includes()
    shown: dict[str, Any] = {
        "id": course.id,
        "name": course.name,
        "course_code": course.course_code,
        "account_id": course.account_id,
        "root_account_id": course.account_id,
        "uuid": course.uuid,
        "workflow_state": course.workflow_state,
        "start_at": stamp(course.start_at),
        "end_at": stamp(course.end_at),
        "created_at": stamp(course.created_at),
        "default_view": "modules",
        "apply_assignment_group_weights": course.apply_assignment_group_weights,
        "time_zone": "America/New_York",
        "calendar": {"ics": f"{base_url()}/feeds/calendars/course_{course.uuid}.ics"},
        "enrollments": [
            {"type": e.type.removesuffix("Enrollment").lower(), "role": e.type, "user_id": e.user_id}
            for e in world().live(Enrollment, course_id=course.id, user_id=me().id)
        ],
    }
    if "read_sis" in rights:
        shown["sis_course_id"] = course.sis_course_id
    if "total_students" in wanted:
        shown["total_students"] = len(_students(course))
    if "sections" in wanted:
        shown["sections"] = [section_json(s, rights) for s in world().live(Section, course_id=course.id)]
    if "term" in wanted:
        shown["term"] = {"id": 1, "name": "Default Term", "start_at": None, "end_at": None}
    if "concluded" in wanted:
        shown["concluded"] = course.workflow_state == "completed"
    if "permissions" in wanted:
        shown["permissions"] = {"create_discussion_topic": "manage_course_content_add" in rights}
    return shown


def _students(course: Course) -> set[int]:
    rows = world().find(Enrollment, course_id=course.id, type="StudentEnrollment")
    return {e.user_id for e in rows if e.workflow_state not in GONE}
