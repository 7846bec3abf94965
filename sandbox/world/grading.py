"""Scores and hand-ins: the one way a submission row is written, used by REST, AGS and the pages alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.world.model import Assignment, Enrollment, Submission
from sandbox.world.progress import is_open
from sandbox.world.store import World
from sandbox.world.visibility import LEARNER_TYPES, SEES_NOTHING, sees_content


class GradeRefused(Exception):
    """The LMS does not take this score or hand-in; the text is what it answers."""


NOT_APPLICABLE = "This assignment is not applicable to this student"
TOOL_GRADER_ID = -1


def is_student(world: World, course_id: int, user_id: int) -> bool:
    """True when the person learns in the course now (the Test Student counts, concluded ones do not)."""
    return any(
        e.type in LEARNER_TYPES and e.workflow_state not in (*SEES_NOTHING, "completed")
        for e in world.find(Enrollment, course_id=course_id, user_id=user_id)
    )


def row_to_grade(world: World, assignment: Assignment, user_id: int) -> Submission:
    """The row a score goes to. A student who never had one gets one that no total counts.

    Raises GradeRefused when the row was taken away, or the assignment is not published.
    """
    if assignment.workflow_state != "published":
        raise GradeRefused(NOT_APPLICABLE)
    row = world.submission(assignment.id, user_id)
    if row is not None and row.workflow_state == "deleted":
        raise GradeRefused(NOT_APPLICABLE)
    if row is None:
        row = world.add(
            Submission(course_id=assignment.course_id, assignment_id=assignment.id, user_id=user_id)
        )
    return row


def set_score(
    world: World, assignment: Assignment, user_id: int, score: float | None, *, grader_id: int
) -> Submission:
    """Give, change or (None) clear a student's score, in points. A score ends being excused."""
    row = row_to_grade(world, assignment, user_id)
    now = world.clock.now()
    row.score, row.excused = score, False
    row.grader_id = grader_id if score is not None else None
    row.graded_at = now if score is not None else None
    row.posted_at = None if score is None or assignment.post_manually else now
    row.graded_attempt = row.attempt if score is not None else None
    row.workflow_state = (
        "graded" if score is not None else ("submitted" if row.submitted_at else "unsubmitted")
    )
    return row


def excuse(world: World, assignment: Assignment, user_id: int, *, grader_id: int) -> Submission:
    """Excuse a student: no score, and the assignment counts neither for nor against."""
    row = set_score(world, assignment, user_id, None, grader_id=grader_id)
    row.excused, row.workflow_state = True, "graded"
    row.grader_id, row.graded_at, row.posted_at = grader_id, world.clock.now(), world.clock.now()
    return row


def hand_in(
    world: World, assignment: Assignment, user_id: int, *, kind: str, body: str | None, url: str | None = None
) -> Submission:
    """A student hands work in: one more attempt. Raises GradeRefused when they may not."""
    if not sees_content(world, assignment, user_id):
        raise GradeRefused(NOT_APPLICABLE)
    if kind not in assignment.submission_types:
        raise GradeRefused("Invalid submission[submission_type] given")
    is_over = assignment.lock_at is not None and assignment.lock_at <= world.clock.now()
    if is_over or not is_open(world, assignment, user_id):
        raise GradeRefused("This assignment is locked")
    row = row_to_grade(world, assignment, user_id)
    row.attempt = (row.attempt or 0) + 1
    row.submission_type, row.body, row.url = kind, body, url
    row.submitted_at = world.clock.now()
    row.workflow_state = "graded" if row.excused else "submitted"
    return row


def parse_grade(assignment: Assignment, text: str) -> float | None:
    """Points from what a teacher types: "8", "80%", "complete", "pass", or "" to clear.

    Raises GradeRefused for anything else.
    """
    text = text.strip().lower()
    words = {"complete": 1.0, "pass": 1.0, "incomplete": 0.0, "fail": 0.0}
    if text == "":
        return None
    if text in words:
        return words[text] * assignment.points_possible
    try:
        value = float(text.rstrip("%"))
    except ValueError as error:
        raise GradeRefused(f'"{text}" is not a grade') from error
    if value != value or value in (float("inf"), float("-inf")):
        raise GradeRefused(f'"{text}" is not a grade')
    return value / 100 * assignment.points_possible if text.endswith("%") else value


def grade_text(assignment: Assignment, score: float | None) -> str | None:
    """The grade as Canvas words it for the assignment's grading type; None without a score."""
    if score is None:
        return None
    if assignment.grading_type == "pass_fail":
        return "complete" if score else "incomplete"
    if assignment.grading_type == "percent" and assignment.points_possible:
        return f"{score / assignment.points_possible * 100:g}%"
    return f"{score:g}"


@dataclass(frozen=True, slots=True)
class Totals:
    """A student's course total in per cent: of graded work; with the ungraded as zero. None: no work."""

    current: float | None
    final: float | None


def counting_assignments(world: World, course_id: int) -> list[Assignment]:
    """The assignments that can count in a final grade: published, and not left out of it."""
    found = world.find(Assignment, course_id=course_id, workflow_state="published")
    return [a for a in found if not a.omit_from_final_grade and a.grading_type != "not_graded"]


def totals(world: World, assignments: Iterable[Assignment], user_id: int) -> Totals:
    """Course total over `counting_assignments` and the rows the student holds, without excused work."""
    earned = graded = possible = 0.0
    for assignment in assignments:
        row = world.submission(assignment.id, user_id)
        if row is None or row.workflow_state == "deleted" or row.excused:
            continue
        possible += assignment.points_possible
        if row.score is not None and row.posted_at is not None:
            earned += row.score
            graded += assignment.points_possible
    return Totals(_per_cent(earned, graded), _per_cent(earned, possible))


def _per_cent(earned: float, possible: float) -> float | None:
    return round(earned / possible * 100, 2) if possible else None
