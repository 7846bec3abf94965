"""Scores and hand-ins: the one way a submission row is written, used by REST, AGS and the pages alike.

Source: canvas.md 3.3 and 4.7; instructure/canvas-lms app/models/submission.rb and abstract_assignment.rb.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sandbox.world import late_policy, notices
from sandbox.world.final_grades import Totals, counting_assignments, totals
from sandbox.world.model import Assignment, Course, Enrollment, QuizQuestion, Submission
from sandbox.world.progress import is_open
from sandbox.world.rows import student_dates
from sandbox.world.store import World
from sandbox.world.visibility import LEARNER_TYPES, SEES_NOTHING, audiences, sees_content

__all__ = ["Totals", "counting_assignments", "totals"]


class GradeRefused(Exception):
    """The LMS does not take this score or hand-in; the text is what it answers."""


class UnreadableGrade(GradeRefused):
    """What was sent as a grade is none."""


NOT_APPLICABLE = "This assignment is not applicable to this student"
UNPUBLISHED = "This assignment is still unpublished"
TOOL_GRADER_ID = -1
RECENTLY = timedelta(hours=1)


def is_student(world: World, course_id: int, user_id: int) -> bool:
    """True when the person learns in the course now (the Test Student counts, concluded ones do not)."""
    return any(
        e.type in LEARNER_TYPES and e.workflow_state not in (*SEES_NOTHING, "completed")
        for e in world.find(Enrollment, course_id=course_id, user_id=user_id)
    )


def is_assigned(world: World, assignment: Assignment, user_id: int) -> bool:
    """True when the student holds a living row, or sees the assignment."""
    row = world.submission(assignment.id, user_id)
    return (row is not None and row.workflow_state != "deleted") or sees_content(world, assignment, user_id)


def row_to_grade(world: World, assignment: Assignment, user_id: int) -> Submission:
    """The row a score goes to. A student who never had one gets one that no total counts.

    Raises GradeRefused when the row was taken away, or the assignment is not published.
    """
    row = world.submission(assignment.id, user_id)
    if row is not None and row.workflow_state == "deleted":
        raise GradeRefused(NOT_APPLICABLE)
    if assignment.workflow_state != "published":
        raise GradeRefused(UNPUBLISHED)
    if row is None:
        row = world.add(
            Submission(
                course_id=assignment.course_id,
                assignment_id=assignment.id,
                user_id=user_id,
                is_assigned=False,
            )
        )
    return row


def set_score(
    world: World,
    assignment: Assignment,
    user_id: int,
    score: float | None,
    *,
    grader_id: int,
    tell: bool = False,
) -> Submission:
    """Give, change or (None) clear a student's score, in points. A score ends being excused.

    The late policy takes its part off late work. `tell` keeps the notices of it (see `tell_graded`).
    """
    row = row_to_grade(world, assignment, user_id)
    now, before, was_graded_at = world.clock.now(), row.score, row.graded_at
    row.excused = False
    late_policy.apply(world, assignment, row, score)
    row.grader_id = grader_id if score is not None else None
    row.graded_at = now if score is not None else None
    row.posted_at = None if score is None or assignment.post_manually else now
    row.graded_attempt = row.attempt if score is not None else None
    row.workflow_state = (
        "graded" if score is not None else ("submitted" if row.submitted_at else "unsubmitted")
    )
    if row.attempts:
        row.attempts[-1]["score"] = row.score
    if tell and row.score != before and row.posted_at is not None:
        long_ago = was_graded_at is not None and now - was_graded_at > RECENTLY
        kind = notices.GRADE_CHANGED if long_ago else notices.SUBMISSION_GRADED
        tell_graded(world, assignment, [user_id], kind)
    return row


def tell_graded(
    world: World, assignment: Assignment, user_ids: list[int], kind: str = notices.SUBMISSION_GRADED
) -> None:
    """Notices of a posted grade to the students who see the assignment and their observers.

    Source: canvas-lms app/models/broadcast_policies/submission_policy.rb. A first grade, or one changed in
    the hour, is "Submission Graded", later "Submission Grade Changed"; a grade not posted is told to nobody.
    """
    course = world.get(Course, assignment.course_id)
    seeing = [user_id for user_id in user_ids if sees_content(world, assignment, user_id)]
    if course is not None and seeing:
        notices.notify(world, kind, course, seeing, f"Assignment {assignment.id}")


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
    facts = audiences(world, assignment.course_id, only_user=user_id)
    is_shut = student_dates(facts, assignment, user_id).is_shut(world.clock.now())
    if is_shut or not is_open(world, assignment, user_id, facts):
        raise GradeRefused("This assignment is locked")
    row = row_to_grade(world, assignment, user_id)
    row.attempt = (row.attempt or 0) + 1
    row.submission_type, row.body, row.url = kind, body, url
    row.submitted_at = world.clock.now()
    row.workflow_state = "graded" if row.excused else "submitted"
    row.attempts.append(
        {
            "attempt": row.attempt,
            "submitted_at": row.submitted_at,
            "submission_type": kind,
            "body": body,
            "url": url,
            "score": None,
        }
    )
    return row


def take_quiz(
    world: World, assignment: Assignment, questions: list[QuizQuestion], user_id: int, chosen: dict[int, int]
) -> Submission:
    """A student takes a classic quiz: `chosen` is question id -> answer id. It is graded at once.

    The best attempt's score counts. Raises GradeRefused as `hand_in` does.
    """
    row = hand_in(world, assignment, user_id, kind="online_quiz", body=None)
    data: list[dict[str, Any]] = []
    for question in questions:
        answer = next((a for a in question.answers if a["id"] == chosen.get(question.id)), None)
        is_right = answer is not None and answer.get("weight") == 100
        data.append(
            {
                "question_id": question.id,
                "answer_id": answer["id"] if answer else None,
                "text": answer["text"] if answer else "",
                "correct": is_right if answer else "undefined",
                "points": question.points_possible if is_right else 0.0,
            }
        )
    points = float(sum(entry["points"] for entry in data))
    earlier = [a["score"] for a in row.attempts[:-1] if a.get("score") is not None]
    row.attempts[-1]["submission_data"] = data
    set_score(world, assignment, user_id, max([points, *earlier]), grader_id=TOOL_GRADER_ID)
    row.attempts[-1]["score"] = points
    return row


def parse_grade(assignment: Assignment, text: str) -> float | None:
    """Points from what a teacher types: "8", "80%", "complete", "pass", or "" to clear.

    Raises UnreadableGrade for anything else.
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
        raise UnreadableGrade(f'"{text}" is not a grade') from error
    if value != value or value in (float("inf"), float("-inf")):
        raise UnreadableGrade(f'"{text}" is not a grade')
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
