"""Overrides of assignments and pages: JSON, checks, the full sync by id. Source: canvas.md 4.5, 4.6.

Kinds of target, their order and their errors as in instructure/canvas-lms lib/api/v1/assignment_override.rb.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import ApiError, invalid, not_found
from sandbox.canvas.params import as_bool, as_list, as_time, stamp
from sandbox.canvas.permissions import visibility_level, visible_sections, visible_student_ids
from sandbox.world.model import (
    Assignment,
    AssignmentOverride,
    ContentKey,
    Course,
    Group,
    Override,
    Section,
    User,
    WikiPage,
)
from sandbox.world.visibility import audiences, key_of

_TARGETS = ("student_ids", "course_section_id", "group_id", "whole_course", "title")
DATES = ("due_at", "unlock_at", "lock_at")
Change = tuple[AssignmentOverride | None, dict[str, Any]]
"""The override to change (None: a new one) and its new fields."""


def override_json(o: AssignmentOverride, *, with_names: bool = False) -> dict[str, Any]:
    """The override; `with_names` adds the students' names, as date details have them."""
    shown: dict[str, Any] = {"id": o.id, "title": o.title, "unassign_item": o.unassign_item}
    shown["assignment_id" if o.content[0] == "Assignment" else "wiki_page_id"] = o.content[1]
    if o.student_ids is not None:
        seen = students_seen(o)
        shown["student_ids"] = seen
        if with_names:
            users = world().table(User)
            shown["students"] = [{"id": i, "name": users[i].name} for i in seen]
    if o.course_section_id is not None:
        shown["course_section_id"] = o.course_section_id
    group = world().get(Group, o.group_id)
    if group is not None:
        shown |= {"group_id": group.id, "group_category_id": group.group_category_id, "title": group.name}
        shown["non_collaborative"] = group.non_collaborative
    if o.whole_course:
        shown["course_id"] = o.course_id
    shown |= {name: stamp(getattr(o, name)) for name in DATES if getattr(o, f"{name}_set")}
    return shown


def students_seen(o: Override) -> list[int]:
    """The students an ad-hoc override names, as far as the caller sees them."""
    course = world().table(Course)[o.course_id]
    if visibility_level(world(), me(), course) != "sections":
        return list(o.student_ids or ())
    seen = visible_student_ids(world(), me(), course)
    return [i for i in o.student_ids or () if i in seen]


def overrides_of(content: Assignment | WikiPage) -> list[AssignmentOverride]:
    """The content's own living overrides."""
    return world().live(AssignmentOverride, course_id=content.course_id, content=key_of(content))


def overrides_seen(content: Assignment | WikiPage) -> list[AssignmentOverride]:
    """Those of the content's overrides that the caller sees: for section-limited staff the ones that touch
    their own sections or students, for others all."""
    course = world().table(Course)[content.course_id]
    found = overrides_of(content)
    if visibility_level(world(), me(), course) != "sections":
        return found
    sections = {s.id for s in visible_sections(world(), me(), course)}
    students = visible_student_ids(world(), me(), course)

    def is_seen(o: AssignmentOverride) -> bool:
        if o.student_ids is not None:
            return bool(students.intersection(o.student_ids))
        return o.course_section_id is None or o.course_section_id in sections

    return [o for o in found if is_seen(o)]


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
    check_targets(target_of(own) | fields if own else fields for own, fields in changes)
    return changes


def sync(course: Course, content: ContentKey, changes: list[Change]) -> None:
    """Make the content's overrides exactly these: what is not among them is deleted.

    What a section-limited caller does not see stays (unlike a module's list, which is replaced whole).
    """
    kept = {own.id for own, _ in changes if own is not None}
    kind, content_id = content
    record = (
        world().get(Assignment, content_id) if kind == "Assignment" else world().get(WikiPage, content_id)
    )
    for override in overrides_seen(record) if record is not None else []:
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
        sent = str(entry.get("title") or "").strip() if own.student_ids is not None else ""
        return {"title": sent or own.title}
    if entry.get("group_id"):
        return {"group_id": (group := _group(course, entry["group_id"])).id, "title": group.name}
    if entry.get("course_id") and not entry.get("course_section_id"):
        return {"whole_course": True, "title": course.name}
    return {"course_section_id": (section := _section(course, entry)).id, "title": section.name}


def _group(course: Course, value: Any) -> Group:
    """A differentiation tag, which needs the account's feature. Group assignments are not modelled, so an
    ordinary group is never the assignment's own."""
    group = world().get(Group, int(value)) if str(value).isdigit() else None
    if group is None or group.course_id != course.id or group.workflow_state == "deleted":
        raise ApiError(400, {"errors": [f"unknown group id {value!r}"]})
    if not (group.non_collaborative and world().switches.tags_feature):
        raise ApiError(400, {"errors": ["group_id is not valid"]})
    return group


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


def target_of(o: AssignmentOverride) -> dict[str, Any]:
    """What an override is for, in the form that `check_targets` reads."""
    return {name: getattr(o, name) for name in _TARGETS}


def check_targets(targets: Iterable[dict[str, Any]]) -> None:
    """Raises ApiError 400 when a section, a tag, or a student in ad-hoc overrides, is assigned twice."""
    seen: set[tuple[str, int]] = set()
    for fields in targets:
        keys = [("student", i) for i in fields.get("student_ids") or ()]
        keys += [(kind, fields[kind]) for kind in ("course_section_id", "group_id") if fields.get(kind)]
        if fields.get("whole_course"):
            keys.append(("course", 0))
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
