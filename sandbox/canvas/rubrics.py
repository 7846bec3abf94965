"""Rubrics, and which assignment is graded by them.

Source: canvas.md 3.2 (the rubric in an assignment); canvas-lms app/controllers/rubrics_controller.rb and
rubric_associations_controller.rb.
"""

from __future__ import annotations

from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import world
from sandbox.canvas.errors import bad_request
from sandbox.canvas.lookups import assignment_in, course_for, in_course
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_bool, as_list, group
from sandbox.world.model import Assignment, Course, Outcome, Rubric

_RIGHT = "manage_assignments_edit"
"""manage_rubrics is granted to the same roles by default."""


def criterion_json(criterion: dict[str, Any]) -> dict[str, Any]:
    """A row of an assignment's `rubric`: an outcome shows as `outcome_id` and `vendor_guid`."""
    hidden = ("learning_outcome_id", "mastery_points")
    shown = {key: value for key, value in criterion.items() if key not in hidden}
    outcome = world().get(Outcome, criterion.get("learning_outcome_id"))
    if outcome is not None:
        shown |= {"outcome_id": outcome.id, "vendor_guid": outcome.vendor_guid}
    return shown


def rubric_json(rubric: Rubric) -> dict[str, Any]:
    return {
        "id": rubric.id,
        "title": rubric.title,
        "context_id": rubric.course_id,
        "context_type": "Course",
        "points_possible": rubric.points_possible,
        "reusable": False,
        "read_only": False,
        "free_form_criterion_comments": False,
        "hide_score_total": False,
        "criteria": rubric.criteria,
        "data": rubric.criteria,
    }


def of_assignment(assignment: Assignment) -> dict[str, Any]:
    """What an assignment's JSON says of its rubric; nothing without one."""
    rubric = world().get(Rubric, assignment.rubric_id)
    if rubric is None or rubric.workflow_state == "deleted":
        return {}
    return {
        "use_rubric_for_grading": assignment.use_rubric_for_grading,
        "free_form_criterion_comments": False,
        "rubric": [criterion_json(criterion) for criterion in rubric.criteria],
        "rubric_settings": {
            "id": rubric.id,
            "title": rubric.title,
            "points_possible": rubric.points_possible,
            "free_form_criterion_comments": False,
            "hide_score_total": False,
            "hide_points": False,
        },
    }


@endpoint("GET", "/courses/<course_id>/rubrics")
def list_rubrics(course_id: str) -> Page:
    course = course_for(course_id, _RIGHT)
    return paged(world().live(Rubric, course_id=course.id)).shown(rubric_json)


@endpoint("GET", "/courses/<course_id>/rubrics/<id>")
def show_rubric(course_id: str, id: str) -> dict[str, Any]:
    return rubric_json(in_course(Rubric, course_for(course_id, _RIGHT), id))


@endpoint("POST", "/courses/<course_id>/rubrics")
def create_rubric(course_id: str) -> dict[str, Any]:
    """200 with {rubric, rubric_association}. `rubric[criteria]` is an indexed hash, or a list in JSON.

    Names are not unique. With an association for grading the assignment's points become the rubric's.
    """
    course = course_for(course_id, _RIGHT)
    sent, link = group("rubric"), group("rubric_association")
    target = _target(course, link)
    criteria = [_criterion(entry) for entry in as_list(sent.get("criteria")) if isinstance(entry, dict)]
    rubric = world().add(
        Rubric(
            course_id=course.id,
            title=str(sent.get("title") or "Rubric"),
            criteria=criteria,
            points_possible=sum(c["points"] for c in criteria if not c["ignore_for_scoring"]),
        )
    )
    return {"rubric": rubric_json(rubric), "rubric_association": _associate(rubric, target, link)}


@endpoint("POST", "/courses/<course_id>/rubric_associations")
def associate(course_id: str) -> dict[str, Any]:
    """Grade an assignment by a rubric that exists. It replaces the rubric the assignment had."""
    course, link = course_for(course_id, _RIGHT), group("rubric_association")
    rubric = in_course(Rubric, course, str(link.get("rubric_id")))
    return {
        "rubric": rubric_json(rubric),
        "rubric_association": _associate(rubric, _target(course, link), link),
    }


@endpoint("DELETE", "/courses/<course_id>/rubrics/<id>")
def delete_rubric(course_id: str, id: str) -> dict[str, Any]:
    rubric = in_course(Rubric, course_for(course_id, _RIGHT), id)
    rubric.workflow_state = "deleted"
    return rubric_json(rubric)


def _target(course: Course, link: dict[str, Any]) -> Assignment | None:
    if link.get("association_type") != "Assignment":
        return None
    return assignment_in(course, str(link.get("association_id")))


def _associate(rubric: Rubric, target: Assignment | None, link: dict[str, Any]) -> dict[str, Any]:
    graded, hidden = as_bool(link.get("use_for_grading")), as_bool(link.get("hide_outcome_results"))
    if target is not None:
        target.rubric_id, target.use_rubric_for_grading = rubric.id, graded
        target.hide_outcome_results = hidden
        if graded and not as_bool(link.get("skip_updating_points_possible")):
            target.points_possible = rubric.points_possible
    return {
        "id": rubric.id,
        "rubric_id": rubric.id,
        "association_id": target.id if target else rubric.course_id,
        "association_type": "Assignment" if target else "Course",
        "use_for_grading": graded,
        "hide_outcome_results": hidden,
        "purpose": str(link.get("purpose") or ("grading" if target else "bookmark")),
    }


def _criterion(sent: dict[str, Any]) -> dict[str, Any]:
    outcome_id = str(sent.get("learning_outcome_id") or "")
    outcome = world().get(Outcome, int(outcome_id)) if outcome_id.isdigit() else None
    ratings = [_rating(entry) for entry in as_list(sent.get("ratings")) if isinstance(entry, dict)]
    ratings.sort(key=lambda rating: -rating["points"])
    points = sent.get("points")
    criterion: dict[str, Any] = {
        "id": str(sent.get("id") or f"_{world().random.randrange(10000)}"),
        "description": str(sent.get("description") or "No Description"),
        "long_description": str(sent.get("long_description") or ""),
        "points": _number(points) if points is not None else max([r["points"] for r in ratings], default=0.0),
        "criterion_use_range": as_bool(sent.get("criterion_use_range")),
        "ignore_for_scoring": as_bool(sent.get("ignore_for_scoring")),
        "ratings": ratings,
    }
    if outcome is not None:
        criterion |= {"learning_outcome_id": outcome.id, "mastery_points": outcome.mastery_points}
    return criterion


def _rating(sent: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(sent.get("id") or f"blank_{world().random.randrange(10000)}"),
        "description": str(sent.get("description") or "No Description"),
        "long_description": str(sent.get("long_description") or ""),
        "points": _number(sent.get("points") or 0),
    }


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise bad_request("invalid points") from error
