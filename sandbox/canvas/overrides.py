"""Assignment overrides one by one, and the date details of assignments and pages. Source: canvas.md 4.6."""

from __future__ import annotations

from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import world
from sandbox.canvas.errors import not_found
from sandbox.canvas.lookups import assignment_in, course_for, page_in, section_in
from sandbox.canvas.override_sync import check_targets, checked, living, override_json, prepare, put, sync
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_bool, as_time, group, params, stamp
from sandbox.world import rows
from sandbox.world.model import Assignment, AssignmentOverride, Course, WikiPage
from sandbox.world.visibility import audiences, key_of, visible_to_everyone

_TARGETS = ("student_ids", "course_section_id", "title")


def _overrides_of(content: Assignment | WikiPage) -> list[AssignmentOverride]:
    return world().live(AssignmentOverride, course_id=content.course_id, content=key_of(content))


def _target_of(o: AssignmentOverride) -> dict[str, Any]:
    return {name: getattr(o, name) for name in _TARGETS}


@endpoint("GET", "/courses/<course_id>/assignments/<assignment_id>/overrides")
def list_overrides(course_id: str, assignment_id: str) -> Page:
    course = course_for(course_id, "manage_assignments_edit")
    return paged(_overrides_of(assignment_in(course, assignment_id))).shown(override_json)


@endpoint("POST", "/courses/<course_id>/assignments/<assignment_id>/overrides", status=201)
def create_override(course_id: str, assignment_id: str) -> dict[str, Any]:
    course = course_for(course_id, "manage_assignments_edit")
    assignment = assignment_in(course, assignment_id)
    fields = checked(course, group("assignment_override"), None)
    check_targets([*(_target_of(o) for o in _overrides_of(assignment)), fields])
    override = put(course, key_of(assignment), None, fields)
    rows.recompute(world(), [assignment])
    return override_json(override)


@endpoint("GET", "/courses/<course_id>/assignments/<assignment_id>/overrides/<id>")
def show_override(course_id: str, assignment_id: str, id: str) -> dict[str, Any]:
    course = course_for(course_id, "manage_assignments_edit")
    return override_json(living(course, key_of(assignment_in(course, assignment_id)), id))


@endpoint("PUT", "/courses/<course_id>/assignments/<assignment_id>/overrides/<id>")
def update_override(course_id: str, assignment_id: str, id: str) -> dict[str, Any]:
    """Dates that are not sent again are cleared; sent `student_ids` are the new whole list."""
    course = course_for(course_id, "manage_assignments_edit")
    assignment = assignment_in(course, assignment_id)
    override = living(course, key_of(assignment), id)
    fields = checked(course, group("assignment_override"), override)
    others = [_target_of(o) for o in _overrides_of(assignment) if o.id != override.id]
    check_targets([*others, fields])
    put(course, key_of(assignment), override, fields)
    rows.recompute(world(), [assignment])
    return override_json(override)


@endpoint("DELETE", "/courses/<course_id>/assignments/<assignment_id>/overrides/<id>")
def delete_override(course_id: str, assignment_id: str, id: str) -> dict[str, Any]:
    course = course_for(course_id, "manage_assignments_edit")
    assignment = assignment_in(course, assignment_id)
    override = living(course, key_of(assignment), id)
    override.workflow_state = "deleted"
    rows.recompute(world(), [assignment])
    return override_json(override)


@endpoint("GET", "/sections/<section_id>/assignments/<assignment_id>/override")
def override_of_section(section_id: str, assignment_id: str) -> dict[str, Any]:
    """The override a section has on an assignment. Canvas redirects to it; the answer is the same."""
    assignment = world().get(Assignment, int(assignment_id)) if assignment_id.isdigit() else None
    if assignment is None:
        raise not_found()
    course = course_for(str(assignment.course_id), "manage_assignments_edit")
    section = section_in(course, section_id)
    for override in _overrides_of(assignment):
        if override.course_section_id == section.id:
            return override_json(override)
    raise not_found()


# date details: one address for what is assigned to whom


@endpoint("GET", "/courses/<course_id>/pages/<url_or_id>/date_details")
def show_page_dates(course_id: str, url_or_id: str) -> dict[str, Any]:
    course = course_for(course_id, "manage_assign_to")
    return _details(page_in(course, url_or_id))


@endpoint("PUT", "/courses/<course_id>/pages/<url_or_id>/date_details")
def put_page_dates(course_id: str, url_or_id: str) -> None:
    """204. `only_visible_to_overrides` sets it; `assignment_overrides`, when sent, is the full new list."""
    course = course_for(course_id, "manage_assign_to")
    _put_details(course, page_in(course, url_or_id))


@endpoint("GET", "/courses/<course_id>/assignments/<assignment_id>/date_details")
def show_assignment_dates(course_id: str, assignment_id: str) -> dict[str, Any]:
    course = course_for(course_id, "manage_assign_to")
    return _details(assignment_in(course, assignment_id))


@endpoint("PUT", "/courses/<course_id>/assignments/<assignment_id>/date_details")
def put_assignment_dates(course_id: str, assignment_id: str) -> None:
    course = course_for(course_id, "manage_assign_to")
    _put_details(course, assignment_in(course, assignment_id))


def _details(content: Assignment | WikiPage) -> dict[str, Any]:
    facts = audiences(world(), content.course_id, only_user=0)
    shown: dict[str, Any] = {
        "id": content.id,
        "only_visible_to_overrides": content.only_visible_to_overrides,
        "visible_to_everyone": visible_to_everyone(facts, content),
        "overrides": [override_json(o) for o in _overrides_of(content)],
    }
    if isinstance(content, Assignment):
        shown |= {name: stamp(getattr(content, name)) for name in ("due_at", "unlock_at", "lock_at")}
    return shown


def _put_details(course: Course, content: Assignment | WikiPage) -> None:
    sent = params()
    changes = None
    if "assignment_overrides" in sent:
        changes = prepare(course, _overrides_of(content), sent["assignment_overrides"])
    times = {name: as_time(sent[name], name) for name in ("due_at", "unlock_at", "lock_at") if name in sent}
    if "only_visible_to_overrides" in sent:
        content.only_visible_to_overrides = as_bool(sent["only_visible_to_overrides"])
    if isinstance(content, Assignment):
        for name, at in times.items():
            setattr(content, name, at)
    if changes is not None:
        sync(course, key_of(content), changes)
    if isinstance(content, Assignment):
        rows.recompute(world(), [content])
