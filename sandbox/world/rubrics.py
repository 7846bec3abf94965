"""Assessing work by a rubric, and the outcome results that follow.

Source: instructure/canvas-lms app/models/rubric_association.rb (assess) and rubric_assessment.rb.
"""

from __future__ import annotations

from typing import Any

from sandbox.world import grading
from sandbox.world.model import Assignment, OutcomeResult, Rubric, Submission
from sandbox.world.store import World


def rubric_of(world: World, assignment: Assignment) -> Rubric | None:
    """The rubric the assignment is graded by; None without one."""
    rubric = world.get(Rubric, assignment.rubric_id)
    return None if rubric is None or rubric.workflow_state == "deleted" else rubric


def assess(
    world: World,
    assignment: Assignment,
    row: Submission,
    sent: dict[str, dict[str, Any]],
    *,
    grader_id: int,
    tell: bool = False,
) -> Submission:
    """Keep what was sent by criterion id: {points, rating_id, comments}. Unknown criteria are left out.

    Points of an outcome's criterion stop at its maximum. With `use_rubric_for_grading` their sum becomes the
    score. The outcome results follow in a background job, one for each student, outcome and assignment.
    """
    rubric = rubric_of(world, assignment)
    if rubric is None:
        return row
    ratings: dict[str, dict[str, Any]] = {}
    score: float | None = None
    for criterion in rubric.criteria:
        given = sent.get(criterion["id"])
        if given is None:
            continue
        points = _points(criterion, given)
        ratings[criterion["id"]] = {
            "rating_id": given.get("rating_id") or _rating_with(criterion, points),
            "comments": given.get("comments"),
        } | ({} if points is None else {"points": points})
        if points is not None and not criterion["ignore_for_scoring"]:
            score = (score or 0.0) + points
    row.rubric_ratings = ratings
    if assignment.use_rubric_for_grading and row.score != score:
        row = grading.set_score(world, assignment, row.user_id, score, grader_id=grader_id, tell=tell)
    name = f"outcome results of assignment {assignment.id} for user {row.user_id}"
    world.background.later(name, lambda: _track(world, assignment, rubric, row))
    return row


def _points(criterion: dict[str, Any], given: dict[str, Any]) -> float | None:
    if given.get("points") in (None, ""):
        return None
    try:
        points = float(given["points"])
    except (TypeError, ValueError):
        points = 0.0
    return min(criterion["points"], points) if criterion.get("learning_outcome_id") else points


def _rating_with(criterion: dict[str, Any], points: float | None) -> str | None:
    return next((r["id"] for r in criterion["ratings"] if r["points"] == points), None)


def _track(world: World, assignment: Assignment, rubric: Rubric, row: Submission) -> None:
    """Bring the outcome results of one row up to date."""
    for criterion in rubric.criteria:
        outcome_id = criterion.get("learning_outcome_id")
        rating = (row.rubric_ratings or {}).get(criterion["id"])
        if not outcome_id or rating is None or "points" not in rating:
            continue
        result = next(
            world.find(
                OutcomeResult, outcome_id=outcome_id, user_id=row.user_id, assignment_id=assignment.id
            ),
            None,
        ) or world.add(
            OutcomeResult(
                course_id=assignment.course_id,
                outcome_id=outcome_id,
                user_id=row.user_id,
                assignment_id=assignment.id,
                score=0.0,
                possible=0.0,
            )
        )
        result.score, result.possible = rating["points"], criterion["points"]
        result.hidden = assignment.hide_outcome_results
        result.submitted_at = row.submitted_at or world.clock.now()
