"""Who a module is assigned to. Source: canvas.md 4.4, canvas-visibility.md 3.

Checks and their order as in instructure/canvas-lms app/controllers/module_assignment_overrides_controller.rb.
"""

from __future__ import annotations

from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import world
from sandbox.canvas.errors import ApiError, not_found
from sandbox.canvas.lookups import course_for, module_in
from sandbox.canvas.override_sync import students_seen
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_ids, as_int, params
from sandbox.world import rows
from sandbox.world.model import Course, Group, Module, ModuleOverride, Section, User
from sandbox.world.visibility import audiences

_RIGHT = "manage_course_content_edit"
_Change = tuple[ModuleOverride | None, dict[str, Any]]


def _overrides(module: Module) -> list[ModuleOverride]:
    return world().live(ModuleOverride, module_id=module.id)


def _override_json(o: ModuleOverride) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": o.id, "context_module_id": o.module_id, "title": o.title}
    if o.student_ids is not None:
        users = world().table(User)
        shown["students"] = [{"id": i, "name": users[i].name} for i in students_seen(o)]
    section, group = world().get(Section, o.course_section_id), world().get(Group, o.group_id)
    if section is not None:
        shown["course_section"] = {"id": section.id, "name": section.name}
    if group is not None:
        shown["group"] = {"id": group.id, "name": group.name, "non_collaborative": group.non_collaborative}
    return shown


@endpoint("GET", "/courses/<course_id>/modules/<module_id>/assignment_overrides")
def list_module_overrides(course_id: str, module_id: str) -> Page:
    course = course_for(course_id, _RIGHT)
    return paged(_overrides(module_in(course, module_id))).shown(_override_json)


@endpoint("PUT", "/courses/<course_id>/modules/<module_id>/assignment_overrides")
def put_module_overrides(course_id: str, module_id: str) -> None:
    """204. Full replacement: what is not listed by id goes, and a missing `overrides` is an empty list.

    A section-limited teacher reads only his own students here, but replaces the list for all of them.
    Unknown students are dropped without a word; `student_ids: []` beside an id leaves the old students. Rows
    follow by a job. Progressions do not follow: who is added may keep a stale "completed".
    """
    course = course_for(course_id, _RIGHT)
    module = module_in(course, module_id)
    sent = params().get("overrides") or []
    if isinstance(sent, dict) and all(str(key).isdigit() for key in sent):
        sent = [sent[key] for key in sorted(sent, key=int)]
    if not isinstance(sent, list) or not all(isinstance(entry, dict) for entry in sent):
        raise _refused("List of overrides required")
    for entry in sent:
        _check(entry)
    existing = {o.id: o for o in _overrides(module)}
    planned = [_planned(course, entry, existing) for entry in sent]
    kept = {own.id for own, _ in planned if own is not None}
    for override in existing.values():
        if override.id not in kept:
            override.workflow_state = "deleted"
    for own, fields in planned:
        override = own or world().add(ModuleOverride(course_id=course.id, module_id=module.id))
        for name, value in fields.items():
            setattr(override, name, value)
    rows.recompute_module(world(), module)


def _refused(message: str) -> ApiError:
    return ApiError(400, {"error": message})


def _check(entry: dict[str, Any]) -> None:
    """Raises ApiError 400 for an entry with two targets, or none and no id, or a tag without the feature."""
    has = {name for name in ("student_ids", "course_section_id", "group_id") if entry.get(name)}
    if "group_id" in has and not world().switches.tags_feature:
        raise _refused("group_id is not allowed as an override")
    if len(has) > 1:
        order = [n for n in ("group_id", "course_section_id", "student_ids") if n in has]
        named = " and ".join(order) if len(order) == 2 else f"{order[0]}, {order[1]}, and {order[2]}"
        raise _refused(f"cannot provide {named} on the same override")
    if not has and not entry.get("id"):
        known = ["id", "student_ids", "course_section_id"]
        known += ["group_id"] if world().switches.tags_feature else []
        raise _refused(f"{', '.join(known[:-1])}, or {known[-1]} required with each override")


def _planned(course: Course, entry: dict[str, Any], existing: dict[int, ModuleOverride]) -> _Change:
    own = existing.get(int(entry["id"])) if str(entry.get("id", "")).isdigit() else None
    if entry.get("id") and own is None:
        raise not_found()
    fields: dict[str, Any] = {"title": str(entry["title"])} if entry.get("title") else {}
    nobody = {"student_ids": None, "course_section_id": None, "group_id": None}
    if entry.get("course_section_id"):
        section = _section(course, entry["course_section_id"])
        return own, nobody | {"course_section_id": section.id, "title": section.name}
    if entry.get("group_id"):
        return own, nobody | fields | _tag_fields(course, entry["group_id"])
    if entry.get("student_ids"):
        students = _known_students(course, entry["student_ids"], own)
        fields = fields if fields or own else {"title": f"{len(students)} students"}
        return own, nobody | fields | {"student_ids": students}
    return own, fields


def _section(course: Course, value: Any) -> Section:
    section = world().get(Section, as_int(value, "course_section_id"))
    if section is None or section.course_id != course.id or section.workflow_state == "deleted":
        raise not_found()
    return section


def _tag_fields(course: Course, value: Any) -> dict[str, Any]:
    """The fields of a tag's override. What is no tag of this course breaks Canvas: it uses nil as a group."""
    group = world().get(Group, as_int(value, "group_id"))
    if group is None or group.course_id != course.id or not group.non_collaborative:
        body = {"message": "An error occurred.", "error_code": "internal_server_error"}
        raise ApiError(500, {"errors": [body]})
    return {"group_id": group.id, "title": group.name}


def _known_students(course: Course, value: Any, own: ModuleOverride | None) -> list[int]:
    """The named who study here now, and those whom the override has already, gone or not."""
    facts = audiences(world(), course.id)
    known = (facts.learners - facts.finished).union((own.student_ids if own else None) or ())
    return [i for i in dict.fromkeys(as_ids(value)) if i in known]
