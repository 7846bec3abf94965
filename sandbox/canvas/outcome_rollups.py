"""One score for each student and outcome, one row for each student and section.

Source: canvas.md 3.4; Canvas `outcome_results_controller.rb` (rollups, contributing_scores),
`lib/api/v1/outcome_results.rb`, `app/models/rollup_score.rb`. Read there and kept here on purpose: paging
goes by student, but without `sort_by` every page carries everybody's rows (switch rollups_ignore_page); the
entry's `title` is what stands after the first comma of "student, assignment"; a method that asks for more
results leaves an entry with score null. Not modelled: CSV, stored rollups (feature outcomes_rollup_read),
ratings' percents.
"""

from __future__ import annotations

from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import world
from sandbox.canvas.errors import ApiError
from sandbox.canvas.lookups import course_for
from sandbox.canvas.outcome_results import (
    Asked,
    asked,
    check_sorting,
    linked,
    readable,
    reject,
    results_of,
    split,
)
from sandbox.canvas.paging import paged
from sandbox.canvas.params import includes, params, stamp
from sandbox.current import base_url
from sandbox.world import mastery
from sandbox.world.model import Assignment, Outcome, OutcomeResult, User

ByOutcome = dict[int, list[OutcomeResult]]


@endpoint("GET", "/courses/<course_id>/outcome_rollups")
def list_rollups(course_id: str) -> Any:
    """Raises 400 for a wrong filter, sorting or aggregate, 403."""
    aggregate, stat = params().get("aggregate"), params().get("aggregate_stat")
    if aggregate and aggregate != "course":
        raise reject("invalid aggregate parameter value")
    if stat and stat not in ("mean", "median"):
        raise reject("invalid aggregate_stat parameter value")
    check_sorting()
    call = asked(course_id, aggregate=str(aggregate) if aggregate else None)
    results = [r for r in results_of(call) if r.score is not None]
    by_user: dict[int, ByOutcome] = {}
    for r in results:
        by_user.setdefault(r.user_id, {}).setdefault(r.outcome_id, []).append(r)
    _drop_missing(call, results)
    if aggregate:
        body: dict[str, Any] = {"rollups": [_aggregate(call, by_user, str(stat or "mean"))]}
        return body | ({"linked": linked(call, results, call.users)} if includes() else {})
    return _rows(call, by_user, results)


def _drop_missing(call: Asked, results: list[OutcomeResult]) -> None:
    """exclude[]: people without any result, outcomes without any."""
    excluded = split("exclude")
    if "missing_user_rollups" in excluded:
        held = {r.user_id for r in results}
        call.users = [user for user in call.users if user.id in held]
    if "missing_outcome_results" in excluded:
        used = {r.outcome_id for r in results}
        call.outcomes = [outcome for outcome in call.outcomes if outcome.id in used]
        call.links = [each for each in call.links if each.outcome_id in used]


def _rows(call: Asked, by_user: dict[int, ByOutcome], results: list[OutcomeResult]) -> Any:
    scores = {user.id: _scores(call, by_user.get(user.id, {})) for user in call.users}
    sort_by = params().get("sort_by")
    if sort_by == "outcome":
        _sort_by_score(call, scores)
    page = paged(call.users)
    users: list[User] = page.rows
    everybody = world().switches.rollups_ignore_page and not sort_by
    rows = [
        {
            "scores": scores[user.id],
            "links": {"user": str(user.id), "section": str(e.section_id), "status": e.workflow_state},
        }
        for user in (_with_results_first(call, by_user) if everybody else users)
        for e in call.enrollments[user.id]
    ]
    body: dict[str, Any] = {"rollups": rows, "meta": page.meta()}
    if includes():
        body["linked"] = linked(call, results, users)
    return page.wrapped(body)


def _with_results_first(call: Asked, by_user: dict[int, ByOutcome]) -> list[User]:
    """People with results by name, then those without."""
    held = [user for user in call.users if user.id in by_user]
    held.sort(key=lambda user: (user.sortable_name.casefold(), user.id))
    return [*held, *(user for user in call.users if user.id not in by_user)]


def _sort_by_score(call: Asked, scores: dict[int, list[dict[str, Any]]]) -> None:
    """By one outcome's score, then name; those without one are last, whichever way."""
    outcome_id, down = str(params()["sort_outcome_id"]), params().get("sort_order") == "desc"

    def score(user: User) -> float | None:
        found = (s["score"] for s in scores[user.id] if s["links"]["outcome"] == outcome_id)
        return next(found, None)

    call.users.sort(key=lambda user: user.sortable_name.casefold(), reverse=down)
    call.users.sort(key=lambda user: (score(user) or 0.0) * (-1 if down else 1))
    call.users.sort(key=lambda user: score(user) is None)


def _scores(call: Asked, of_user: ByOutcome) -> list[dict[str, Any]]:
    return [_score(call, outcome, of_user[outcome.id]) for outcome in call.outcomes if outcome.id in of_user]


def _value(call: Asked, outcome: Outcome, results: list[OutcomeResult]) -> float | None:
    scale = mastery.scale_in(world(), outcome, ("Course", call.course.id))
    return mastery.rollup_score(results, scale, new_decaying=world().switches.new_decaying_average)


def _score(call: Asked, outcome: Outcome, results: list[OutcomeResult]) -> dict[str, Any]:
    timed = [r for r in results if mastery.time_of(r)] or results
    latest = max(timed, key=lambda r: (str(mastery.time_of(r)), r.id))
    return {
        "score": _value(call, outcome, results),
        "title": _title(latest),
        "submitted_at": stamp(mastery.time_of(latest)),
        "count": len(results),
        "hide_points": all(r.hide_points for r in results),
        "links": {"outcome": str(outcome.id)},
    }


def _title(latest: OutcomeResult) -> str | None:
    assignment = world().get(Assignment, latest.assignment_id)
    if assignment is None or mastery.time_of(latest) is None:
        return None
    return f"{world().table(User)[latest.user_id].name}, {assignment.name}".split(", ")[1]


def _aggregate(call: Asked, by_user: dict[int, ByOutcome], stat: str) -> dict[str, Any]:
    """The course's one row: mean or median of the students' scores; `count` counts students."""
    entries = []
    for outcome in call.outcomes:
        values = [
            _value(call, outcome, found[outcome.id]) for found in by_user.values() if outcome.id in found
        ]
        if values:
            entries.append(
                {
                    "score": mastery.aggregate_score(values, stat),
                    "title": None,
                    "submitted_at": None,
                    "count": len(values),
                    "hide_points": False,
                    "links": {"outcome": str(outcome.id)},
                }
            )
    return {"scores": entries, "links": {"course": str(call.course.id)}}


@endpoint("GET", "/courses/<course_id>/outcomes/<outcome_id>/contributing_scores")
def contributing_scores(course_id: str, outcome_id: str) -> dict[str, Any]:
    """Each student's score on each assignment that measures the outcome. 403 without grade rights."""
    course = course_for(course_id)
    if not readable(course):
        raise ApiError(403, {"status": "forbidden", "message": "insufficient permissions"})
    call = asked(course_id)
    outcome = next((each for each in call.outcomes if str(each.id) == outcome_id), None)
    if outcome is None:
        raise reject("outcome not found in this context")
    kept = [a for a in mastery.alignments_in(world(), course.id) if a.outcome_id == outcome.id]
    names = {each.assignment_id: f"D_{each.id}" for each in kept}
    table = world().table(Assignment)
    return {
        "outcome": {"id": str(outcome.id), "title": outcome.title},
        "alignments": [
            {
                "alignment_id": names[each.assignment_id],
                "associated_asset_id": str(each.assignment_id),
                "associated_asset_name": table[each.assignment_id].name,
                "associated_asset_type": "Assignment",
                "html_url": f"{base_url()}/courses/{course.id}/assignments/{each.assignment_id}",
            }
            for each in kept
        ],
        "scores": [
            {
                "user_id": str(r.user_id),
                "alignment_id": names[r.assignment_id],
                "score": r.score,
                "submitted_or_assessed_at": stamp(mastery.time_of(r)),
            }
            for r in results_of(call)
            if r.outcome_id == outcome.id and r.assignment_id in names
        ],
    }
