"""Assignment overrides, one by one and many in one call. Source: canvas.md 4.6.

Batches: instructure/canvas-lms app/controllers/assignment_overrides_controller.rb, batch_*.
"""

from __future__ import annotations

from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import world
from sandbox.canvas.errors import ApiError, not_found
from sandbox.canvas.lookups import assignment_in, course_for, section_in
from sandbox.canvas.override_sync import (
    Change,
    check_targets,
    checked,
    living,
    override_json,
    overrides_of,
    overrides_seen,
    put,
    target_of,
)
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_list, group, params
from sandbox.world import notices, rows
from sandbox.world.model import Assignment, AssignmentOverride, Course
from sandbox.world.visibility import key_of


@endpoint("GET", "/courses/<course_id>/assignments/<assignment_id>/overrides")
def list_overrides(course_id: str, assignment_id: str) -> Page:
    course = course_for(course_id, "manage_assignments_edit")
    return paged(overrides_seen(assignment_in(course, assignment_id))).shown(override_json)


@endpoint("POST", "/courses/<course_id>/assignments/<assignment_id>/overrides", status=201)
def create_override(course_id: str, assignment_id: str) -> dict[str, Any]:
    course = course_for(course_id, "manage_assignments_edit")
    assignment = assignment_in(course, assignment_id)
    fields = checked(course, group("assignment_override"), None)
    check_targets([*(target_of(o) for o in overrides_of(assignment)), fields])
    with notices.telling_of_changes(world(), [assignment]):
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
    others = [target_of(o) for o in overrides_of(assignment) if o.id != override.id]
    check_targets([*others, target_of(override) | fields])
    with notices.telling_of_changes(world(), [assignment]):
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
    for override in overrides_of(assignment):
        if override.course_section_id == section.id:
            return override_json(override)
    raise not_found()


# many in one call


@endpoint("GET", "/courses/<course_id>/assignments/overrides")
def batch_retrieve(course_id: str) -> list[dict[str, Any] | None]:
    """`assignment_overrides: [{id, assignment_id}]` -> the overrides in that order, null where unknown."""
    course = course_for(course_id)
    entries = as_list(params().get("assignment_overrides"))
    if not entries:
        raise ApiError(400, {"errors": ["no assignment_overrides values present"]})
    if not all(isinstance(entry, dict) and {"id", "assignment_id"} <= set(entry) for entry in entries):
        raise ApiError(400, {"errors": ["must specify an array with entry format { id, assignment_id }"]})
    found = [_found(course, entry) for entry in entries]
    return [override_json(override) if override else None for _, override in found]


@endpoint("POST", "/courses/<course_id>/assignments/overrides")
def batch_create(course_id: str) -> list[dict[str, Any]]:
    """200. All are made or none; `errors` stands in the order of what was sent, null for the good ones."""
    return _batch(course_id, update=False)


@endpoint("PUT", "/courses/<course_id>/assignments/overrides")
def batch_update(course_id: str) -> list[dict[str, Any]]:
    """All are changed or none; dates that are not sent again are cleared."""
    return _batch(course_id, update=True)


def _found(course: Course, entry: dict[str, Any]) -> tuple[Assignment | None, AssignmentOverride | None]:
    wanted = str(entry.get("assignment_id") or "")
    assignment = world().get(Assignment, int(wanted)) if wanted.isdigit() else None
    if assignment is None or assignment.course_id != course.id or assignment.workflow_state == "deleted":
        return None, None
    override_id = str(entry.get("id") or "")
    return assignment, next((o for o in overrides_seen(assignment) if str(o.id) == override_id), None)


def _batch(course_id: str, *, update: bool) -> list[dict[str, Any]]:
    course = course_for(course_id, "manage_assignments_edit")
    sent = params().get("assignment_overrides")
    entries = as_list(sent)
    if not entries:
        raise ApiError(400, {"errors": ["no assignment override data present"]})
    if not isinstance(sent, list | dict) or not all(isinstance(entry, dict) for entry in entries):
        raise ApiError(400, {"errors": ["must specify an array of overrides"]})
    _stop_at([_missing(entry, update=update) for entry in entries])
    places = [_found(course, entry) for entry in entries]
    _stop_at([_not_there(place, update=update) for place in places])
    changes: list[Change] = []
    errors: list[Any] = []
    for entry, (_, override) in zip(entries, places, strict=True):
        try:
            changes.append((override, checked(course, entry, override)))
            errors.append(None)
        except ApiError as error:
            errors.append(error.body["errors"])
    _stop_at(errors)
    assignments = [assignment for assignment, _ in places if assignment is not None]
    for assignment in {a.id: a for a in assignments}.values():
        mine = [c for c, other in zip(changes, assignments, strict=True) if other is assignment]
        changed = {own.id for own, _ in mine if own}
        kept = [target_of(o) for o in overrides_of(assignment) if o.id not in changed]
        check_targets([*kept, *(target_of(own) | fields if own else fields for own, fields in mine)])
    with notices.telling_of_changes(world(), assignments):
        made = [put(course, key_of(a), own, f) for a, (own, f) in zip(assignments, changes, strict=True)]
    rows.recompute(world(), assignments)
    return [override_json(override) for override in made]


def _missing(entry: dict[str, Any], *, update: bool) -> list[str] | None:
    wrong = [] if entry.get("assignment_id") else ["must specify an assignment id"]
    if bool(entry.get("id")) is not update:
        wrong.append("must specify an override id" if update else "may not specify an override id")
    return wrong or None


def _not_there(
    place: tuple[Assignment | None, AssignmentOverride | None], *, update: bool
) -> list[str] | None:
    if place[0] is None:
        return ["assignment not found"]
    return ["override not found"] if update and place[1] is None else None


def _stop_at(errors: list[Any]) -> None:
    if any(errors):
        raise ApiError(400, {"errors": errors})
