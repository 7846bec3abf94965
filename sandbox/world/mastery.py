"""Outcomes as the LMS keeps them: folders, links, scales, and one score out of many results.

Source: canvas.md 3.4; Canvas `app/models/rollup_score.rb`, `app/helpers/rollup_score_aggregator_helper.rb`,
`app/models/outcome_proficiency.rb` and `outcome_calculation_method.rb` (read for the formulas and defaults).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean, median
from typing import Any

from sandbox.world.model import (
    Account,
    Assignment,
    Course,
    MasteryScale,
    Outcome,
    OutcomeAlignment,
    OutcomeGroup,
    OutcomeLink,
    OutcomeResult,
)
from sandbox.world.model.work import Rubric
from sandbox.world.store import World

DEFAULT_WEIGHT = 65
DEFAULT_RATINGS: tuple[dict[str, Any], ...] = (
    {"description": "Exceeds Mastery", "points": 4.0, "mastery": False, "color": "0374B5"},
    {"description": "Mastery", "points": 3.0, "mastery": True, "color": "0B874B"},
    {"description": "Near Mastery", "points": 2.0, "mastery": False, "color": "FAB901"},
    {"description": "Below Mastery", "points": 1.0, "mastery": False, "color": "D97900"},
    {"description": "No Evidence", "points": 0.0, "mastery": False, "color": "E0061F"},
)
Context = tuple[str, int]
"""("Course", id) or ("Account", id)."""
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Scale:
    """How results of an outcome are scored: in points, and by which method."""

    points_possible: float
    mastery_points: float
    ratings: list[dict[str, Any]]
    method: str
    calculation_int: int | None
    context: Context | None = None
    """Whose scale it is, when it is an account's or a course's."""


def scale_in(world: World, outcome: Outcome, context: Context) -> Scale:
    """The outcome's own scale; with account_mastery_scales that of the context or the nearest account."""
    if not world.switches.account_mastery_scales:
        return Scale(
            outcome.points_possible,
            outcome.mastery_points,
            outcome.ratings,
            outcome.calculation_method,
            outcome.calculation_int,
        )
    kept = kept_scale(world, context)
    return Scale(
        kept.ratings[0]["points"],
        next(rating["points"] for rating in kept.ratings if rating.get("mastery")),
        kept.ratings,
        kept.calculation_method,
        kept.calculation_int,
        (kept.context_type, kept.context_id),
    )


def kept_scale(world: World, context: Context) -> MasteryScale:
    """The scale set for the context or the nearest account above it; else Canvas's default at the root."""
    above = context
    while True:
        for scale in world.find(MasteryScale, context_type=above[0], context_id=above[1]):
            return scale
        higher = _above(world, above)
        if higher is None:
            return MasteryScale(context_type=above[0], context_id=above[1], ratings=list(DEFAULT_RATINGS))
        above = higher


def _above(world: World, context: Context) -> Context | None:
    kind: type[Course | Account] = Course if context[0] == "Course" else Account
    owner = world.get(kind, context[1])
    parent = owner.account_id if isinstance(owner, Course) else owner.parent_account_id if owner else None
    return None if parent is None else ("Account", parent)


# folders and links


def root_group(world: World, context_type: str, context_id: int) -> OutcomeGroup:
    """The context's root folder, made when there is none, as Canvas does."""
    for group in world.live(OutcomeGroup, context_type=context_type, context_id=context_id, parent_id=None):
        return group
    kind: type[Course | Account] = Course if context_type == "Course" else Account
    owner = world.get(kind, context_id)
    return world.add(
        OutcomeGroup(context_type=context_type, context_id=context_id, title=owner.name if owner else "")
    )


def links_in(world: World, context_type: str, context_id: int) -> list[OutcomeLink]:
    """What lies in the context's folders, oldest first: each linked outcome once for each folder.

    A context's own outcome that was never linked gets its link here, in the folder of its `group_title`.
    """
    for outcome in world.live(Outcome, context_type=context_type, context_id=context_id):
        if not any(world.find(OutcomeLink, outcome_id=outcome.id, context_id=context_id)):
            link(world, outcome, _folder(world, outcome))
    found = world.live(OutcomeLink, context_type=context_type, context_id=context_id)
    alive = {outcome.id for outcome in world.live(Outcome)}
    return [each for each in found if each.outcome_id in alive]


def _folder(world: World, outcome: Outcome) -> OutcomeGroup:
    root = root_group(world, outcome.context_type, outcome.context_id)
    if not outcome.group_title:
        return root
    for group in world.live(OutcomeGroup, parent_id=root.id, title=outcome.group_title):
        return group
    return world.add(
        OutcomeGroup(
            context_type=outcome.context_type,
            context_id=outcome.context_id,
            title=outcome.group_title,
            parent_id=root.id,
        )
    )


def link(world: World, outcome: Outcome, group: OutcomeGroup) -> OutcomeLink:
    """Put the outcome into the folder; the link that is there already is found, or revived."""
    for found in world.find(OutcomeLink, outcome_id=outcome.id, outcome_group_id=group.id):
        found.workflow_state = "active"
        return found
    return world.add(
        OutcomeLink(
            context_type=group.context_type,
            context_id=group.context_id,
            outcome_id=outcome.id,
            outcome_group_id=group.id,
        )
    )


def outcomes_of(world: World, course: Course) -> list[Outcome]:
    """The outcomes linked to the course, each once, in the order of their links."""
    ids = dict.fromkeys(each.outcome_id for each in links_in(world, "Course", course.id))
    table = world.table(Outcome)
    return [table[outcome_id] for outcome_id in ids]


# alignments and results


def align(
    world: World, outcome: Outcome, assignment: Assignment, *, source: str = "canvas"
) -> OutcomeAlignment:
    """Note that the assignment measures the outcome, e.g. by its rubric. Once for each pair."""
    for found in world.find(OutcomeAlignment, outcome_id=outcome.id, assignment_id=assignment.id):
        found.workflow_state = "active"
        return found
    return world.add(
        OutcomeAlignment(
            course_id=assignment.course_id,
            outcome_id=outcome.id,
            assignment_id=assignment.id,
            source=source,
        )
    )


def alignments_in(world: World, course_id: int) -> list[OutcomeAlignment]:
    """What measures what in the course: by a rubric's criterion, by a result, or noted before."""
    outcomes, assignments = world.table(Outcome), world.table(Assignment)
    noted = {(a.outcome_id, a.assignment_id) for a in world.find(OutcomeAlignment, course_id=course_id)}
    pairs = [
        (int(criterion.get("learning_outcome_id") or 0), assignment.id)
        for assignment in world.live(Assignment, course_id=course_id)
        if (rubric := world.get(Rubric, assignment.rubric_id)) and rubric.workflow_state != "deleted"
        for criterion in rubric.criteria
    ]
    pairs += [(r.outcome_id, r.assignment_id or 0) for r in world.find(OutcomeResult, course_id=course_id)]
    for outcome_id, assignment_id in dict.fromkeys(pairs):
        if outcome_id not in outcomes or assignment_id not in assignments:
            continue
        if (outcome_id, assignment_id) not in noted:
            align(world, outcomes[outcome_id], assignments[assignment_id])
    return world.live(OutcomeAlignment, course_id=course_id)


def record_result(
    world: World,
    outcome: Outcome,
    assignment: Assignment,
    user_id: int,
    score: float | None,
    possible: float,
    *,
    hidden: bool = False,
    hide_points: bool = False,
) -> OutcomeResult:
    """The student's one result for that outcome and assignment, new or changed: what a rubric leaves."""
    align(world, outcome, assignment)
    found = next(
        world.find(OutcomeResult, outcome_id=outcome.id, assignment_id=assignment.id, user_id=user_id),
        None,
    ) or world.add(
        OutcomeResult(
            course_id=assignment.course_id,
            outcome_id=outcome.id,
            assignment_id=assignment.id,
            user_id=user_id,
            score=score,
            possible=possible,
        )
    )
    row = world.submission(assignment.id, user_id)
    found.score, found.possible, found.workflow_state = score, possible, "active"
    found.hidden, found.hide_points = hidden, hide_points
    found.submitted_at = row.submitted_at if row else None
    found.assessed_at = world.clock.now()
    return found


def new_quiz_result(
    world: World, outcome: Outcome, assignment: Assignment, user_id: int, score: float, possible: float
) -> None:
    """A New Quiz was graded: its result reaches the other service by a job, and readers by its cache.

    Source: canvas.md 3.4 (results of New Quizzes are merged in, cached five minutes for each reader).
    """

    align(world, outcome, assignment, source="outcomes_service")

    def arrive() -> None:
        result = record_result(world, outcome, assignment, user_id, score, possible)
        result.source = "outcomes_service"
        result.submitted_at = result.assessed_at

    world.background.later(f"outcome result of assignment {assignment.id}", arrive)


def percent_of(result: OutcomeResult) -> float | None:
    """Score over possible, to four places; None without either."""
    if result.score is None or not result.possible:
        return None
    return rounded(result.score / result.possible, 4)


def time_of(result: OutcomeResult) -> datetime | None:
    return result.submitted_at or result.assessed_at


def counting(world: World, course_id: int) -> Callable[[OutcomeResult], bool]:
    """Tells which results of the course the LMS still looks at: the alignment stands, and (by two switches)
    its assignment exists and the student has not lost it."""
    dropped = {
        (each.outcome_id, each.assignment_id)
        for each in world.find(OutcomeAlignment, course_id=course_id, workflow_state="deleted")
    }
    assignments = world.table(Assignment)

    def stands(result: OutcomeResult) -> bool:
        if result.workflow_state == "deleted" or (result.outcome_id, result.assignment_id) in dropped:
            return False
        if result.assignment_id is None:
            return True
        assignment = assignments.get(result.assignment_id)
        if assignment is None or assignment.workflow_state == "deleted":
            return world.switches.deleted_results_count
        row = world.submission(result.assignment_id, result.user_id)
        lost = row is not None and row.workflow_state == "deleted"
        return world.switches.unassigned_results_count or not lost

    return stands


def counts(world: World, result: OutcomeResult) -> bool:
    """The same for one result; for many take `counting`."""
    return counting(world, result.course_id)(result)


def is_posted(world: World, result: OutcomeResult) -> bool:
    """Whether the student may know it: not while its assignment is posted by hand and was not posted yet."""
    assignment = world.get(Assignment, result.assignment_id)
    if assignment is None or not assignment.post_manually or assignment.grading_type == "not_graded":
        return True
    row = world.submission(assignment.id, result.user_id)
    return row is not None and row.posted_at is not None


# one score out of many


def rounded(value: float, places: int = 2) -> float:
    """Halves go up, as Ruby rounds them (Python's own goes to even)."""
    factor = float(10**places)
    return math.floor(value * factor + 0.5) / factor


def scaled(result: OutcomeResult, scale: Scale) -> float:
    """The result's score on the outcome's scale: its percent of the points possible."""
    percent = percent_of(result)
    if percent is None:
        return result.score or 0.0
    return percent * (scale.points_possible or scale.mastery_points)


def rollup_score(
    results: Sequence[OutcomeResult], scale: Scale, *, new_decaying: bool = False
) -> float | None:
    """One student's score on one outcome, to two places; None where the method asks for more results.

    `results` has at least one, none without a score. decaying_average is what Canvas now calls
    weighted_average (latest x weight + mean of the older x rest) until the feature `new_decaying` is on.
    """
    in_order = sorted(results, key=lambda r: time_of(r) or _EARLIEST)
    scores = [scaled(result, scale) for result in in_order]
    weight = (scale.calculation_int or DEFAULT_WEIGHT) / 100
    match scale.method:
        case "highest":
            return rounded(max(scores))
        case "latest":
            return rounded(scores[-1])
        case "average":
            return rounded(fmean(scores))
        case "n_mastery":
            needed = scale.calculation_int or 5
            over = [score for score in scores if score >= scale.mastery_points]
            return rounded(fmean(over)) if len(over) >= needed else None
        case "weighted_average":
            return _weighted(scores, weight)
        case "decaying_average" | "standard_decaying_average" if not new_decaying:
            return _weighted(scores, weight)
        case "standard_decaying_average":
            return _decaying(scores, weight)
        case "decaying_average":
            return _weighted(scores, weight)
    raise ValueError(f"no calculation method is called {scale.method}")


def _weighted(scores: list[float], weight: float) -> float:
    if len(scores) == 1:
        return rounded(scores[0])
    return rounded(scores[-1] * weight + fmean(scores[:-1]) * (1 - weight))


def _decaying(scores: list[float], weight: float) -> float:
    value = scores[0]
    for score in scores[1:]:
        value = value * (1 - weight) + score * weight
    return rounded(value)


def aggregate_score(scores: Sequence[float | None], stat: str) -> float | None:
    """A course's mean (to two places) or median of its students' scores; None when none has one."""
    present = [score for score in scores if score is not None]
    if not present:
        return None
    return median(present) if stat == "median" else rounded(fmean(present))
