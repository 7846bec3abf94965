"""Overrides of assignments and pages: JSON, checks, the full sync by id. Source: canvas.md 4.5, 4.6."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.canvas.auth import world
from sandbox.canvas.errors import ApiError, invalid, not_found
from sandbox.canvas.params import as_bool, as_list, as_time, stamp
from sandbox.world.model import AssignmentOverride, ContentKey, Course, Section
from sandbox.world.visibility import audiences

DATES = ("due_at", "unlock_at", "lock_at")
Change = tuple[AssignmentOverride | None, dict[str, Any]]
"""The override to change (None: a new one) and its new fields."""


def override_json(o: AssignmentOverride) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": o.id, "title": o.title, "unassign_item": o.unassign_item}
    shown["assignment_id" if o.content[0] == "Assignment" else "wiki_page_id"] = o.content[1]
    if o.student_ids is not None:
        shown["student_ids"] = o.student_ids
    if o.course_section_id is not None:
        shown["course_section_id"] = o.course_section_id
    shown |= {name: stamp(getattr(o, name)) for name in DATES if getattr(o, f"{name}_set")}
    return shown


def prepare(course: Course, existing: list[AssignmentOverride], sent: Any) -> list[Change]:
    """The changes that make the list of overrides what was sent, all checked before any is made.

    Raises ApiError 400 for unknown people or sections and for a target named twice.
    """
    by_id = {o.id: o for o in existing}
    changes: list[Change] = []
    for entry in as_list(sent):
        if not isinstance(entry, dict):
            raise invalid("assignment_overrides", "must be a list of objects")
        own = by_id.get(int(entry["id"])) if str(entry.get("id", "")).isdigit() else None
        changes.append((own, checked(course, entry, own)))
    check_targets(fields for _, fields in changes)
    return changes


def sync(course: Course, content: ContentKey, changes: list[Change]) -> None:
    """Make the content's overrides exactly these: what is not among them is deleted."""
    kept = {own.id for own, _ in changes if own is not None}
    for override in world().live(AssignmentOverride, course_id=course.id, content=content):
        if override.id not in kept:
            override.workflow_state = "deleted"
    for own, fields in changes:
        put(course, content, own, fields)


def put(
    course: Course, content: ContentKey, own: AssignmentOverride | None, fields: dict[str, Any]
) -> AssignmentOverride:
    """Change the override, or make a new one."""
    override = own or world().add(AssignmentOverride(course_id=course.id, content=content))
    for name, value in fields.items():
        setattr(override, name, value)
    return override


def checked(course: Course, entry: dict[str, Any], own: AssignmentOverride | None) -> dict[str, Any]:
    """The override's new fields; dates that were not sent are cleared. Raises ApiError 400, 404."""
    fields: dict[str, Any] = _target(course, entry, own)
    for name in DATES:
        fields[name] = as_time(entry.get(name), name)
        fields[f"{name}_set"] = name in entry
    fields["unassign_item"] = as_bool(entry.get("unassign_item"))
    return fields


def _target(course: Course, entry: dict[str, Any], own: AssignmentOverride | None) -> dict[str, Any]:
    if entry.get("student_ids") is not None and (own is None or own.student_ids is not None):
        return _students(course, entry, own)
    if own is not None:
        return {"title": own.title}
    if entry.get("group_id"):
        raise invalid("group_id", "is not valid")
    return {"course_section_id": (section := _section(course, entry)).id, "title": section.name}


def _students(course: Course, entry: dict[str, Any], own: AssignmentOverride | None) -> dict[str, Any]:
    ids = list(dict.fromkeys(_number(v) for v in as_list(entry["student_ids"])))
    unknown = [i for i in ids if i not in audiences(world(), course.id).assigned]
    if unknown:
        raise ApiError(400, {"errors": [f"unknown student ids: {unknown}"]})
    if not ids:
        raise invalid("student_ids", "can't be blank", type_="blank")
    title = str(entry.get("title") or (own.title if own else "")).strip()
    if not title:
        raise invalid("title", "can't be blank", type_="blank")
    return {"student_ids": ids, "title": title}


def _number(value: Any) -> int:
    if not str(value).isdigit():
        raise ApiError(400, {"errors": [f"unknown student ids: [{value!r}]"]})
    return int(value)


def _section(course: Course, entry: dict[str, Any]) -> Section:
    value = entry.get("course_section_id")
    if not value:
        raise ApiError(400, {"errors": ["one of student_ids, group_id, or course_section_id is required"]})
    section = world().get(Section, int(value)) if str(value).isdigit() else None
    if section is None or section.course_id != course.id or section.workflow_state == "deleted":
        raise ApiError(400, {"errors": [f"unknown section id {value!r}"]})
    return section


def check_targets(targets: Iterable[dict[str, Any]]) -> None:
    """Raises ApiError 400 when a section, or a student in ad-hoc overrides, is assigned twice."""
    seen: set[tuple[str, int]] = set()
    for fields in targets:
        keys = [("student", i) for i in fields.get("student_ids") or ()]
        if fields.get("course_section_id"):
            keys.append(("section", fields["course_section_id"]))
        if seen.intersection(keys):
            name = fields.get("title", "")
            raise ApiError(
                400, {"errors": [f'"{name}" is already assigned more than once for this assignment']}
            )
        seen.update(keys)


def living(course: Course, content: ContentKey, text: str) -> AssignmentOverride:
    """The override of that content. Raises 404."""
    override = world().get(AssignmentOverride, int(text)) if text.isdigit() else None
    if override is None or override.workflow_state == "deleted" or override.content != content:
        raise not_found()
    if override.course_id != course.id:
        raise not_found()
    return override
