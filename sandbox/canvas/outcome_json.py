"""Outcomes, their folders and links as JSON. Source: canvas.md 3.4; Canvas `lib/api/v1/outcome.rb`."""

from __future__ import annotations

from typing import Any

from sandbox.canvas.auth import me, world
from sandbox.canvas.permissions import is_admin, my_rights
from sandbox.world.mastery import Context, root_group, scale_in
from sandbox.world.model import Course, Outcome, OutcomeGroup, OutcomeLink, OutcomeResult

_WITH_INT = ("decaying_average", "weighted_average", "standard_decaying_average", "n_mastery")


def path_of(context: Context) -> str:
    """/api/v1/courses/7 or /api/v1/accounts/1."""
    return f"/api/v1/{'courses' if context[0] == 'Course' else 'accounts'}/{context[1]}"


def may_edit(context: Context) -> bool:
    """Whether the caller may change the outcomes of that course or account."""
    if context[0] == "Account":
        return is_admin(world(), me(), context[1])
    course = world().get(Course, context[1])
    return course is not None and "manage_outcomes" in my_rights(course)


def outcome_json(outcome: Outcome, *, full: bool = True) -> dict[str, Any]:
    """The outcome, short or full. Points, ratings and method are the account's where these are in force."""
    context = (outcome.context_type, outcome.context_id)
    shown: dict[str, Any] = {
        "id": outcome.id,
        "title": outcome.title,
        "display_name": outcome.display_name,
        "vendor_guid": outcome.vendor_guid,
        "context_type": outcome.context_type,
        "context_id": outcome.context_id,
        "url": f"/api/v1/outcomes/{outcome.id}",
        "can_edit": may_edit(context),
        "has_updateable_rubrics": False,
    }
    if not full:
        return shown
    scale = scale_in(world(), outcome, context)
    shown |= {
        "description": outcome.description,
        "points_possible": scale.points_possible,
        "mastery_points": scale.mastery_points,
        "ratings": scale.ratings,
        "calculation_method": scale.method,
        "assessed": any(True for _ in world().find(OutcomeResult, outcome_id=outcome.id)),
    }
    if scale.method in _WITH_INT or scale.context:
        shown["calculation_int"] = scale.calculation_int
    if scale.context:
        shown["proficiency_context_type"], shown["proficiency_context_id"] = scale.context
    return shown


def group_json(found: OutcomeGroup, *, full: bool = True) -> dict[str, Any]:
    context = (found.context_type, found.context_id)
    here = f"{path_of(context)}/outcome_groups/{found.id}"
    shown: dict[str, Any] = {
        "id": found.id,
        "title": found.title,
        "vendor_guid": found.vendor_guid,
        "url": here,
        "subgroups_url": f"{here}/subgroups",
        "outcomes_url": f"{here}/outcomes",
        "can_edit": may_edit(context),
    }
    if not full:
        return shown
    shown |= {
        "import_url": f"{here}/import",
        "context_id": found.context_id,
        "context_type": found.context_type,
        "description": found.description,
    }
    parent = world().get(OutcomeGroup, found.parent_id)
    if parent is not None:
        shown["parent_outcome_group"] = group_json(parent, full=False)
    return shown


def link_json(each: OutcomeLink, *, full: bool, full_group: bool = False) -> dict[str, Any]:
    """A link; `assessed` tells of results in this very course."""
    found = world().table(OutcomeGroup).get(each.outcome_group_id)
    context = (each.context_type, each.context_id)
    found = found or root_group(world(), *context)
    outcome = world().table(Outcome)[each.outcome_id]
    course_id = each.context_id if each.context_type == "Course" else None
    results = world().find(OutcomeResult, outcome_id=outcome.id, course_id=course_id)
    assessed = any(True for _ in results)
    return {
        "url": f"{path_of(context)}/outcome_groups/{found.id}/outcomes/{outcome.id}",
        "context_id": each.context_id,
        "context_type": each.context_type,
        "outcome_group": group_json(found, full=full_group),
        "outcome": outcome_json(outcome, full=full),
        "can_unlink": may_edit(context) and not assessed,
        "assessed": assessed,
    }
