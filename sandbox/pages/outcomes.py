"""The outcomes gradebook: students by outcomes for staff, one's own outcomes for a student or observer."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from flask import Blueprint, render_template

from sandbox.pages.courses import course_frame
from sandbox.pages.guards import Place, in_course
from sandbox.world.mastery import Scale, counts, is_posted, outcomes_of, rollup_score, scale_in
from sandbox.world.model import Outcome, OutcomeResult, User

blueprint = Blueprint("outcomes", __name__)


@dataclass(frozen=True, slots=True)
class Column:
    outcome: Outcome
    scale: Scale


@dataclass(frozen=True, slots=True)
class Reached:
    """One student's place in one column. `score` None: nothing to show yet."""

    score: float | None
    word: str
    is_mastered: bool
    results: int


@dataclass(frozen=True, slots=True)
class Line:
    student: User
    cells: list[Reached]


@blueprint.get("/courses/<int:course_id>/outcomes")
@in_course
def outcomes(place: Place) -> str:
    """Each student's score on each outcome of the course, by the outcome's own method."""
    context = ("Course", place.course.id)
    columns = [
        Column(outcome, scale_in(place.world, outcome, context))
        for outcome in outcomes_of(place.world, place.course)
    ]
    results = _results(place)
    lines = [
        Line(student, [_reached(column, results[student.id, column.outcome.id]) for column in columns])
        for student in place.students()
    ]
    return render_template(
        "pages/outcomes.html", **course_frame(place, "outcomes"), columns=columns, lines=lines
    )


def _results(place: Place) -> dict[tuple[int, int], list[OutcomeResult]]:
    """The results that count, by student and outcome; a student's own only once they are posted."""
    found: dict[tuple[int, int], list[OutcomeResult]] = defaultdict(list)
    for result in place.world.live(OutcomeResult, course_id=place.course.id):
        is_shown = place.is_staff or is_posted(place.world, result)
        if result.score is not None and not result.hidden and is_shown and counts(place.world, result):
            found[result.user_id, result.outcome_id].append(result)
    return found


def _reached(column: Column, results: list[OutcomeResult]) -> Reached:
    score = rollup_score(results, column.scale) if results else None
    if score is None:
        return Reached(None, "", False, len(results))
    reached = [r for r in column.scale.ratings if score >= float(r.get("points", 0))]
    best = max(reached, key=lambda rating: float(rating["points"]), default=None)
    word = str(best["description"]) if best else ""
    return Reached(score, word, score >= column.scale.mastery_points, len(results))
