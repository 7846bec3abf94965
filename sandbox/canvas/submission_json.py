"""A submission row as JSON. Source: canvas.md 3.3."""

from __future__ import annotations

from typing import Any

from sandbox.canvas.params import stamp
from sandbox.current import base_url
from sandbox.world.grading import grade_text
from sandbox.world.model import Assignment, Submission


def submission_json(
    row: Submission, assignment: Assignment, *, hide_unposted: bool = False
) -> dict[str, Any]:
    """The row; with `hide_unposted` (students) a grade that is not posted yet is not there."""
    score = None if hide_unposted and row.posted_at is None else row.score
    grade = grade_text(assignment, score)
    return {
        "id": row.id,
        "user_id": row.user_id,
        "assignment_id": row.assignment_id,
        "score": score,
        "grade": grade,
        "entered_score": score,
        "entered_grade": grade,
        "excused": row.excused,
        "missing": row.late_policy_status == "missing",
        "late": row.late_policy_status == "late",
        "late_policy_status": row.late_policy_status,
        "seconds_late": 0,
        "points_deducted": None,
        "workflow_state": row.workflow_state,
        "submitted_at": stamp(row.submitted_at),
        "graded_at": stamp(row.graded_at),
        "posted_at": stamp(row.posted_at),
        "attempt": row.attempt,
        "grade_matches_current_submission": row.score is None or row.graded_attempt == row.attempt,
        "grader_id": row.grader_id,
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
