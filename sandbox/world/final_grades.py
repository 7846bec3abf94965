"""Course totals as Canvas works them out.

Four figures for each student, all in per cent: `current` counts what is graded, `final` the ungraded too, as
zero; each once with posted grades only (what students see) and once with all (`unposted_`, staff only). An
unposted grade is a zero in the posted final. Not counted at all: what is omitted from the final grade, is not
graded by type, is excused, or is not assigned to the student.
Source: canvas-visibility.md 1.2 and 6; instructure/canvas-lms lib/grade_calculator.rb.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.world.model import Assignment, AssignmentGroup, Course, Submission
from sandbox.world.store import World


@dataclass(frozen=True, slots=True)
class Totals:
    """A student's course totals in per cent, and the points behind the current ones. None: nothing counts."""

    current: float | None
    final: float | None
    unposted_current: float | None = None
    unposted_final: float | None = None
    current_points: float = 0.0
    unposted_current_points: float = 0.0


@dataclass(frozen=True, slots=True)
class Piece:
    """One assignment of one student as far as it counts: points got of points possible."""

    assignment_id: int
    score: float
    total: float
    fixed: bool = False
    """May not be dropped."""


@dataclass(frozen=True, slots=True)
class Sum:
    """An assignment group's points after dropping."""

    group_id: int
    score: float
    possible: float
    weight: float


def counting_assignments(world: World, course_id: int) -> list[Assignment]:
    """The assignments that can count in a final grade: published, and not left out of it."""
    found = world.find(Assignment, course_id=course_id, workflow_state="published")
    return [a for a in found if not a.omit_from_final_grade and a.grading_type != "not_graded"]


def totals(world: World, assignments: Iterable[Assignment], user_id: int) -> Totals:
    """A student's totals over `counting_assignments` of one course and the rows they hold."""
    held = [
        (a, row)
        for a in assignments
        if (row := world.submission(a.id, user_id)) and row.workflow_state != "deleted" and row.is_assigned
    ]
    if not held:
        return Totals(None, None)
    course_id = held[0][0].course_id
    groups = {group.id: group for group in world.live(AssignmentGroup, course_id=course_id)}
    course = world.get(Course, course_id)
    weighted = course is not None and course.apply_assignment_group_weights
    posted, graded = _sums(held, groups, True, True), _sums(held, groups, False, True)
    return Totals(
        current=_total(posted, weighted),
        final=_total(_sums(held, groups, True, False), weighted),
        unposted_current=_total(graded, weighted),
        unposted_final=_total(_sums(held, groups, False, False), weighted),
        current_points=sum(each.score for each in posted),
        unposted_current_points=sum(each.score for each in graded),
    )


def _sums(
    held: list[tuple[Assignment, Submission]],
    groups: dict[int, AssignmentGroup],
    posted_only: bool,
    graded_only: bool,
) -> list[Sum]:
    pieces: dict[int, list[Piece]] = {}
    for assignment, row in held:
        group = groups.get(assignment.assignment_group_id)
        piece = _piece(assignment, row, group, posted_only, graded_only)
        if piece is not None:
            pieces.setdefault(assignment.assignment_group_id, []).append(piece)
    return [_sum(group_id, groups.get(group_id), found) for group_id, found in pieces.items()]


def _piece(
    assignment: Assignment,
    row: Submission,
    group: AssignmentGroup | None,
    posted_only: bool,
    graded_only: bool,
) -> Piece | None:
    unposted = posted_only and row.posted_at is None
    waits = graded_only and row.workflow_state == "pending_review"
    score = None if unposted or waits else row.score
    if row.excused and not unposted:
        return None
    if score is None and graded_only:
        return None
    fixed = group is not None and assignment.id in group.never_drop
    hidden = unposted and assignment.post_manually
    return Piece(assignment.id, score or 0.0, assignment.points_possible, fixed or hidden)


def _sum(group_id: int, group: AssignmentGroup | None, pieces: list[Piece]) -> Sum:
    lowest, highest = (group.drop_lowest, group.drop_highest) if group else (0, 0)
    kept = dropped(pieces, lowest, highest)
    weight = group.group_weight if group else 0.0
    return Sum(group_id, sum(p.score for p in kept), sum(p.total for p in kept), weight)


def dropped(pieces: list[Piece], lowest: int, highest: int) -> list[Piece]:
    """What is left once the group's rules dropped the `lowest` and the `highest` of what may be dropped.

    Dropped is whatever helps (then hurts) the group's per cent most, which need not be the lowest score; one
    piece is always left.
    """
    fixed, free = [p for p in pieces if p.fixed], [p for p in pieces if not p.fixed]
    if not free or not (lowest or highest):
        return pieces
    lowest = min(lowest, len(free) - 1)
    highest = 0 if lowest + highest >= len(free) else highest
    most = len(free) - lowest
    if not any(p.total for p in pieces):
        by_score = sorted(free, key=lambda p: p.score)
        return [*fixed, *by_score[-most:][: most - highest]]
    kept = _keep(free, fixed, most, best=True)
    return [*fixed, *_keep(kept, fixed, most - highest, best=False)]


def _keep(free: list[Piece], fixed: list[Piece], count: int, *, best: bool) -> list[Piece]:
    """The `count` pieces with the best (or worst) per cent together: the ratio moves until it holds still."""
    if len(free) <= count:
        return free
    sign = 1 if best else -1
    kept, ratio = free, _ratio([*free, *fixed])
    for _ in range(100):
        kept = sorted(free, key=lambda p: sign * (p.score - ratio * p.total), reverse=True)[:count]
        found = _ratio([*kept, *fixed])
        if found == ratio:
            break
        ratio = found
    return kept


def _ratio(pieces: list[Piece]) -> float:
    possible = sum(p.total for p in pieces)
    return sum(p.score for p in pieces) / possible if possible else 0.0


def _total(sums: list[Sum], weighted: bool) -> float | None:
    if not weighted:
        return _per_cent(sum(s.score for s in sums), sum(s.possible for s in sums))
    relevant = [s for s in sums if s.possible]
    weight = sum(s.weight for s in relevant)
    if not weight:
        return None
    grade = sum(s.score / s.possible * s.weight for s in relevant)
    return round(grade * 100 / weight if weight < 100 else grade, 2)


def _per_cent(earned: float, possible: float) -> float | None:
    return round(earned / possible * 100, 2) if possible else None
