"""Assignment groups. Source: canvas.md 3.2."""

from __future__ import annotations

from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.assignments import AssignmentRows, assignments_seen
from sandbox.canvas.auth import world
from sandbox.canvas.errors import invalid
from sandbox.canvas.lookups import assignment_group_in, course_for
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_ids, as_int, includes, params
from sandbox.world import work
from sandbox.world.model import Assignment, AssignmentGroup, Course


def group_json(group: AssignmentGroup) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": group.name,
        "position": group.position,
        "group_weight": group.group_weight,
        "sis_source_id": None,
        "integration_data": {},
        "rules": _rules(group),
    }


def _rules(group: AssignmentGroup) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if group.drop_lowest:
        shown["drop_lowest"] = group.drop_lowest
    if group.drop_highest:
        shown["drop_highest"] = group.drop_highest
    if group.never_drop:
        shown["never_drop"] = group.never_drop
    return shown


def _set(course: Course, group: AssignmentGroup, sent: dict[str, Any]) -> None:
    """Weight and drop rules, checked before they are set. Raises ApiError 400."""
    weight, rules = group.group_weight, _rules(group)
    if "group_weight" in sent:
        try:
            weight = float(sent["group_weight"] or 0)
        except (TypeError, ValueError) as error:
            raise invalid("group_weight", "is not a number", type_="not_a_number") from error
    if isinstance(sent.get("rules"), dict):
        rules = _checked(course, sent["rules"])
    group.group_weight = weight
    group.drop_lowest, group.drop_highest = rules.get("drop_lowest", 0), rules.get("drop_highest", 0)
    group.never_drop = rules.get("never_drop", [])


def _checked(course: Course, sent: dict[str, Any]) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    for name in ("drop_lowest", "drop_highest"):
        rules[name] = as_int(sent.get(name) or 0, name)
        if rules[name] < 0:
            raise invalid("rules", f"{name} must be a positive number")
    rules["never_drop"] = as_ids(sent.get("never_drop"))
    known = {a.id for a in world().live(Assignment, course_id=course.id)}
    if not set(rules["never_drop"]) <= known:
        raise invalid("rules", "never_drop contains ids of assignments that are not in this course")
    return rules


@endpoint("GET", "/courses/<course_id>/assignment_groups")
def list_groups(course_id: str) -> Page:
    course = course_for(course_id)
    work.default_group(world(), course.id)
    groups = sorted(world().live(AssignmentGroup, course_id=course.id), key=lambda g: (g.position, g.id))
    seen = assignments_seen(course) if "assignments" in includes() else None
    rows = AssignmentRows(course)

    def shown(group: AssignmentGroup) -> dict[str, Any]:
        row = group_json(group)
        if seen is not None:
            row["assignments"] = [rows.one(a) for a in seen if a.assignment_group_id == group.id]
        return row

    return paged(groups).shown(shown)


@endpoint("POST", "/courses/<course_id>/assignment_groups")
def create_group(course_id: str) -> dict[str, Any]:
    """Names need not be unique: a repeated POST makes a second group."""
    course = course_for(course_id, "manage_assignments_add")
    sent = params()
    position = len(world().live(AssignmentGroup, course_id=course.id)) + 1
    group = AssignmentGroup(
        course_id=course.id,
        name=str(sent.get("name") or "Assignments"),
        position=as_int(sent.get("position", position), "position"),
    )
    _set(course, group, sent)
    return group_json(world().add(group))


@endpoint("GET", "/courses/<course_id>/assignment_groups/<id>")
def show_group(course_id: str, id: str) -> dict[str, Any]:
    return group_json(assignment_group_in(course_for(course_id), id))


@endpoint("PUT", "/courses/<course_id>/assignment_groups/<id>")
def update_group(course_id: str, id: str) -> dict[str, Any]:
    course = course_for(course_id, "manage_assignments_edit")
    group, sent = assignment_group_in(course, id), params()
    _set(course, group, sent)
    group.name = str(sent.get("name") or group.name)
    group.position = as_int(sent.get("position", group.position), "position")
    return group_json(group)


@endpoint("DELETE", "/courses/<course_id>/assignment_groups/<id>")
def delete_group(course_id: str, id: str) -> dict[str, Any]:
    """Deletes the assignments in it too, unless `move_assignments_to` names another group."""
    course = course_for(course_id, "manage_assignments_delete")
    group = assignment_group_in(course, id)
    target = params().get("move_assignments_to")
    _empty(course, group, assignment_group_in(course, str(target)) if target else None)
    group.workflow_state = "deleted"
    return group_json(group)


def _empty(course: Course, group: AssignmentGroup, target: AssignmentGroup | None) -> None:
    for assignment in world().live(Assignment, course_id=course.id, assignment_group_id=group.id):
        if target is None:
            work.delete_assignment(world(), assignment)
        else:
            assignment.assignment_group_id = target.id
