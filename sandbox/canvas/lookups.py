"""Path ids to records: numbers, `self`, and the sis and lti forms. Source: canvas.md section 2.3."""

from __future__ import annotations

from typing import TypeVar

from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import ApiError, not_found
from sandbox.canvas.permissions import need
from sandbox.world.model import (
    Assignment,
    AssignmentGroup,
    Course,
    Enrollment,
    Group,
    Module,
    ModuleItem,
    Record,
    Section,
    User,
    WikiPage,
)

R = TypeVar("R", bound=Record)

SHARD = 10_000_000_000_000
"""A global id is this much above the local one: each of Canvas's databases has its own stretch of numbers."""

_FIELDS: dict[type[Record], dict[str, str]] = {
    User: {
        "sis_user_id": "sis_user_id",
        "sis_login_id": "login_id",
        "lti_1_3_id": "lti_1_3_id",
        "lti_user_id": "lti_1_3_id",
        "lti_1_1_id": "lti_1_3_id",
        "uuid": "lti_1_3_id",
    },
    Course: {"lti_context_id": "lti_context_id", "sis_course_id": "sis_course_id", "uuid": "uuid"},
    Group: {"sis_group_id": "sis_group_id"},
    Section: {"sis_section_id": "sis_section_id", "sis_integration_id": "integration_id"},
    Assignment: {"lti_context_id": "lti_context_id", "sis_assignment_id": "sis_assignment_id"},
}


def one(kind: type[R], text: str) -> R:
    """The living record that a path id names. Raises 404."""
    prefix, colon, value = text.partition(":")
    if prefix == "hex" and colon:
        return one(kind, _unhexed(value))
    if colon:
        field = _FIELDS.get(kind, {}).get(prefix)
        found = next(iter(world().find(kind, **{field: value})), None) if field and value else None
    else:
        found = world().get(kind, _local(int(text))) if text.isdecimal() and text.isascii() else None
    if found is None or getattr(found, "workflow_state", "") == "deleted":
        raise not_found()
    return found


def _local(number: int) -> int:
    """The id here of a global id such as 10000000001041; any other number as it is."""
    return number - SHARD if number > SHARD else number


def user_with_id(text: str) -> User | None:
    """The user that a path id names, `self` not among them; None when there is none."""
    try:
        return one(User, text)
    except ApiError:
        return None


def _unhexed(value: str) -> str:
    prefix, _, digits = value.partition(":")
    try:
        return f"{prefix}:{bytes.fromhex(digits).decode()}"
    except ValueError as error:
        raise not_found() from error


def course_for(text: str, *rights: str) -> Course:
    """The course, if the caller may read it and holds one of the named rights, if any. Raises 404, 403."""
    course = one(Course, text)
    need(course, "read")
    if rights:
        need(course, *rights)
    return course


def user_named(text: str) -> User:
    """The user; `self` is the caller. Raises 404."""
    return me() if text == "self" else one(User, text)


def member(course: Course, text: str) -> User:
    """A person with a living enrolment in the course. Raises 404."""
    user = user_named(text)
    if not world().live(Enrollment, course_id=course.id, user_id=user.id):
        raise not_found()
    return user


def in_course(kind: type[R], course: Course, text: str) -> R:
    """The record, if it belongs to the course. Raises 404."""
    found = one(kind, text)
    if getattr(found, "course_id", None) != course.id:
        raise not_found()
    return found


def section_in(course: Course, text: str) -> Section:
    return in_course(Section, course, text)


def assignment_in(course: Course, text: str) -> Assignment:
    return in_course(Assignment, course, text)


def assignment_group_in(course: Course, text: str) -> AssignmentGroup:
    return in_course(AssignmentGroup, course, text)


def module_in(course: Course, text: str) -> Module:
    return in_course(Module, course, text)


def item_in(module: Module, text: str) -> ModuleItem:
    """An item of that module. Raises 404."""
    item = one(ModuleItem, text)
    if item.module_id != module.id:
        raise not_found()
    return item


def page_in(course: Course, text: str) -> WikiPage:
    """A page by its slug, `page_id:7`, or its number. Raises 404."""
    for page in world().live(WikiPage, course_id=course.id):
        if text in (page.url, f"page_id:{page.id}", str(page.id)):
            return page
    raise not_found()
