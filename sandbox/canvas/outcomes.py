"""Outcomes, their results and rollups. Source: canvas.md 3.4."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import bad_request, forbidden
from sandbox.canvas.lookups import course_for, one
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_bool, includes, many, params, stamp
from sandbox.canvas.permissions import my_rights
from sandbox.current import base_url
from sandbox.world.model import Course, Enrollment, Outcome, OutcomeResult, Section, User
from sandbox.world.visibility import GONE


def outcome_json(outcome: Outcome, *, full: bool = True) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": outcome.id,
        "title": outcome.title,
        "display_name": outcome.display_name,
        "vendor_guid": outcome.vendor_guid,
        "context_type": outcome.context_type,
        "context_id": outcome.context_id,
        "url": f"/api/v1/outcomes/{outcome.id}",
        "can_edit": False,
    }
    if full:
        shown |= {
            "description": outcome.description,
            "points_possible": outcome.points_possible,
            "mastery_points": outcome.mastery_points,
            "ratings": outcome.ratings,
            "calculation_method": outcome.calculation_method,
            "calculation_int": outcome.calculation_int,
            "assessed": any(True for _ in world().find(OutcomeResult, outcome_id=outcome.id)),
        }
    return shown


def _of_course(course: Course) -> list[Outcome]:
    found = list(world().find(Outcome, context_type="Course", context_id=course.id))
    return [*world().find(Outcome, context_type="Account", context_id=course.account_id), *found]


@endpoint("GET", "/outcomes/<id>")
def show_outcome(id: str) -> dict[str, Any]:
    return outcome_json(one(Outcome, id))


@endpoint("GET", "/courses/<course_id>/outcome_group_links")
def list_outcome_links(course_id: str) -> Page:
    course = course_for(course_id)
    full = params().get("outcome_style") == "full"

    def link(outcome: Outcome) -> dict[str, Any]:
        group = {"id": outcome.context_id, "title": outcome.group_title, "context_type": outcome.context_type}
        return {
            "url": f"/api/v1/courses/{course.id}/outcome_groups/{course.id}/outcomes/{outcome.id}",
            "context_id": course.id,
            "context_type": "Course",
            "outcome_group": group,
            "outcome": outcome_json(outcome, full=full),
        }

    return paged(_of_course(course)).shown(link)


# results


def _asked_users(course: Course) -> dict[int, list[int]]:
    """Student id -> their sections, for the asked students. Raises 400 for strangers, 403."""
    sections: dict[int, list[int]] = {}
    for e in world().find(Enrollment, course_id=course.id, type="StudentEnrollment"):
        if e.workflow_state not in (*GONE, "inactive"):
            sections.setdefault(e.user_id, []).append(e.section_id)
    asked = many("user_ids")
    if asked and any(not text.isdigit() or int(text) not in sections for text in asked):
        raise bad_request("can only include id's of users in the outcome context")
    wanted = {int(text) for text in asked} or set(sections)
    if not my_rights(course) & {"manage_grades", "view_all_grades"} and wanted != {me().id}:
        raise forbidden()
    return {user_id: ids for user_id, ids in sections.items() if user_id in wanted}


def _asked_outcomes(course: Course) -> list[Outcome]:
    found = _of_course(course)
    asked = many("outcome_ids")
    if asked and not set(asked) <= {str(o.id) for o in found}:
        raise bad_request("can only include id's of outcomes in the outcome context")
    return [o for o in found if not asked or str(o.id) in asked]


def _results(course: Course, users: Iterable[int], outcomes: list[Outcome]) -> list[OutcomeResult]:
    people, ids = set(users), {o.id for o in outcomes}
    found = world().find(OutcomeResult, course_id=course.id)
    hidden_too = as_bool(params().get("include_hidden"))
    return [r for r in found if r.user_id in people and r.outcome_id in ids and (hidden_too or not r.hidden)]


@endpoint("GET", "/courses/<course_id>/outcome_results")
def list_results(course_id: str) -> Any:
    """Pages of results under `outcome_results`; what they link to under `linked`, as far as included."""
    course = course_for(course_id)
    users, outcomes = _asked_users(course), _asked_outcomes(course)
    page = paged(_results(course, users, outcomes))
    rows: list[OutcomeResult] = page.rows
    body = {"outcome_results": [_result_json(r) for r in rows], "linked": _linked(rows, outcomes)}
    return page.wrapped(body)


def _result_json(r: OutcomeResult) -> dict[str, Any]:
    outcome = world().table(Outcome)[r.outcome_id]
    assignment = f"assignment_{r.assignment_id}" if r.assignment_id else None
    return {
        "id": r.id,
        "score": r.score,
        "mastery": r.score >= outcome.mastery_points,
        "possible": r.possible,
        "percent": round(r.score / r.possible, 4) if r.possible else None,
        "hide_points": False,
        "hidden": r.hidden,
        "submitted_or_assessed_at": stamp(r.submitted_at),
        "links": {
            "user": str(r.user_id),
            "learning_outcome": str(r.outcome_id),
            "alignment": assignment,
            "assignment": assignment,
        },
    }


def _linked(rows: list[OutcomeResult], outcomes: list[Outcome]) -> dict[str, Any]:
    wanted, linked = includes(), {}
    if "outcomes" in wanted:
        linked["outcomes"] = [outcome_json(o) for o in outcomes]
    if "users" in wanted:
        linked["users"] = [_user_json(user_id) for user_id in dict.fromkeys(r.user_id for r in rows)]
    if "alignments" in wanted:
        ids = dict.fromkeys(r.assignment_id for r in rows if r.assignment_id)
        linked["alignments"] = [
            {"id": f"assignment_{i}", "html_url": f"{base_url()}/assignments/{i}"} for i in ids
        ]
    return linked


def _user_json(user_id: int) -> dict[str, Any]:
    user = world().table(User)[user_id]
    return {"id": str(user.id), "name": user.name, "sortable_name": user.sortable_name}


@endpoint("GET", "/courses/<course_id>/outcome_rollups")
def list_rollups(course_id: str) -> Any:
    """One row for each student AND section, although paging is by student. No result: no score entry."""
    course = course_for(course_id)
    users, outcomes = _asked_users(course), _asked_outcomes(course)
    section = params().get("section_id")
    if section and many("user_ids"):
        raise bad_request("cannot specify both user_ids and section_id")
    if section:
        chosen = one(Section, str(section)).id
        users = {user_id: [chosen] for user_id, ids in users.items() if chosen in ids}
    results: dict[tuple[int, int], list[OutcomeResult]] = {}
    for result in _results(course, users, outcomes):
        results.setdefault((result.user_id, result.outcome_id), []).append(result)
    page = paged(sorted(users))
    rollups = []
    for user_id in page.rows:
        scores = [_rollup_score(o, results[user_id, o.id]) for o in outcomes if (user_id, o.id) in results]
        for section_id in users[user_id]:
            links = {"user": str(user_id), "section": str(section_id), "status": "active"}
            rollups.append({"scores": scores, "links": links})
    linked = {"outcomes": [outcome_json(o) for o in outcomes]} if "outcomes" in includes() else {}
    if "users" in includes():
        linked["users"] = [_user_json(user_id) for user_id in page.rows]
    return page.wrapped({"rollups": rollups, "linked": linked, "meta": page.meta()})


def _rollup_score(outcome: Outcome, results: list[OutcomeResult]) -> dict[str, Any]:
    """The outcome's score by its method: the highest result, or the latest."""
    by_time = sorted(results, key=lambda r: (r.submitted_at is not None, r.submitted_at, r.id))
    chosen = by_time[-1] if outcome.calculation_method == "latest" else max(results, key=lambda r: r.score)
    return {
        "score": chosen.score,
        "title": outcome.title,
        "submitted_at": stamp(by_time[-1].submitted_at),
        "count": len(results),
        "hide_points": False,
        "links": {"outcome": str(outcome.id)},
    }
