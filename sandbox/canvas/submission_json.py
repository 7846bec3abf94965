"""A submission row as JSON. Source: canvas.md 3.3; canvas-lms lib/api/v1/submission.rb."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.canvas.auth import world
from sandbox.canvas.params import stamp
from sandbox.current import base_url
from sandbox.world import late_policy
from sandbox.world.grading import grade_text
from sandbox.world.model import Assignment, Submission, User


def submission_json(
    row: Submission, assignment: Assignment, *, hide_unposted: bool = False
) -> dict[str, Any]:
    """The row; with `hide_unposted` (students) a grade that is not posted yet is not there.

    `score` is what the late policy left, `entered_score` what was given; `missing`, `late` and `seconds_late`
    go by the row's own due date as the clock stands, unless a teacher said otherwise.
    """
    hidden, now = hide_unposted and row.posted_at is None, world().clock.now()
    score = None if hidden else row.score
    entered = None if hidden else row.entered_score
    return {
        "id": row.id,
        "user_id": row.user_id,
        "assignment_id": row.assignment_id,
        "score": score,
        "grade": grade_text(assignment, score),
        "entered_score": entered,
        "entered_grade": grade_text(assignment, entered),
        "excused": row.excused and not hidden,
        "missing": late_policy.is_missing(assignment, row, now),
        "late": late_policy.is_late(row),
        "late_policy_status": row.late_policy_status,
        "seconds_late": late_policy.seconds_late(row, now),
        "points_deducted": None if hidden else row.points_deducted,
        "workflow_state": row.workflow_state,
        "submitted_at": stamp(row.submitted_at),
        "graded_at": None if hidden else stamp(row.graded_at),
        "posted_at": stamp(row.posted_at),
        "attempt": row.attempt,
        "grade_matches_current_submission": row.score is None or row.graded_attempt == row.attempt,
        "grader_id": None if hidden else row.grader_id,
        "cached_due_date": stamp(row.cached_due_date),
        "submission_type": row.submission_type,
        "body": row.body,
        "url": row.url,
        "redo_request": False,
        "custom_grade_status_id": None,
        "preview_url": (
            f"{base_url()}/courses/{row.course_id}/assignments/{row.assignment_id}"
            f"/submissions/{row.user_id}?preview=1"
        ),
    }


def history_json(row: Submission, assignment: Assignment, *, hide_unposted: bool) -> list[dict[str, Any]]:
    """One entry for each attempt; the row itself when there was none.

    Only a classic quiz has `submission_data`: what was chosen for each question, whether it was right, and
    its points. A New Quiz and a tool's work have totals only.
    """
    now = submission_json(row, assignment, hide_unposted=hide_unposted)
    if not row.attempts:
        return [now]
    hidden = hide_unposted and row.posted_at is None
    return [_attempt_json(now, attempt, assignment, hidden) for attempt in row.attempts]


def _attempt_json(
    now: dict[str, Any], attempt: dict[str, Any], assignment: Assignment, hidden: bool
) -> dict[str, Any]:
    score = None if hidden else attempt.get("score")
    shown = now | {
        "attempt": attempt["attempt"],
        "submitted_at": stamp(attempt["submitted_at"]),
        "submission_type": attempt["submission_type"],
        "body": attempt.get("body"),
        "url": attempt.get("url"),
        "score": score,
        "entered_score": score,
        "grade": grade_text(assignment, score),
        "entered_grade": grade_text(assignment, score),
    }
    if "submission_data" in attempt and not hidden:
        shown["submission_data"] = attempt["submission_data"]
    return shown


def comments_json(row: Submission, *, for_student: bool = False) -> list[dict[str, Any]]:
    """The comments, oldest first. Those written while grades wait are hidden from students until posted."""
    shown = []
    for number, comment in enumerate(row.comments, 1):
        if for_student and comment.get("hidden") and row.posted_at is None:
            continue
        at = comment.get("created_at")
        author = world().get(User, comment.get("author_id"))
        shown.append(
            {
                "id": comment.get("id", number),
                "author_id": comment.get("author_id"),
                "author_name": author.name if author else "",
                "comment": comment["comment"],
                "created_at": stamp(at) if isinstance(at, datetime) else at,
                "edited_at": None,
                "attempt": comment.get("attempt"),
            }
        )
    return shown
