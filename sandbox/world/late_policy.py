"""Missing and late work, and what a course's late policy does to it by itself.

Source: instructure/canvas-lms app/models/late_policy.rb, lib/missing_policy_applicator.rb,
lib/late_policy_applicator.rb, app/models/submission.rb (scopes missing and late, module Tardiness).
What it means for a check assignment: only work that Canvas expects to be handed in on line can go missing by
its date. One that a tool opens (`external_tool`), on paper or without a hand-in never does, whatever the
policy; an online text or upload does, from its due date on, also when it is omitted from the final grade.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

from sandbox.world.model import Assignment, Enrollment, LatePolicy, Submission
from sandbox.world.store import World

NEVER_MISSING = {"", "none", "not_graded", "on_paper", "wiki_page", "external_tool"}
POINT_TYPES = ("points", "percent", "letter_grade", "gpa_scale")
QUIZ_GRACE = timedelta(seconds=60)
LOOKS_BACK = timedelta(days=1)


def policy_of(world: World, course_id: int) -> LatePolicy | None:
    """The course's late policy; None when it never made one."""
    return next(world.find(LatePolicy, course_id=course_id), None)


def expects_hand_in(assignment: Assignment) -> bool:
    """True for work that is handed in inside Canvas, and for a New Quiz."""
    return assignment.is_quiz_lti or not set(assignment.submission_types) <= NEVER_MISSING


def is_missing(assignment: Assignment, row: Submission, now: datetime) -> bool:
    """True for work a teacher called missing, or expected work whose date passed with nothing handed in."""
    if row.excused or row.late_policy_status is not None:
        return not row.excused and row.late_policy_status == "missing"
    due = row.cached_due_date
    if due is None or row.submitted_at is not None or row.submission_type is not None:
        return False
    grace = QUIZ_GRACE if assignment.submission_types == ["online_quiz"] else timedelta()
    if now < due + grace or not expects_hand_in(assignment):
        return False
    return row.grader_id is None


def is_late(row: Submission) -> bool:
    """True for work a teacher called late, or that was handed in after its date."""
    if row.excused or row.late_policy_status is not None:
        return not row.excused and row.late_policy_status == "late"
    return row.submitted_at is not None and _past_due(row, row.submitted_at) > timedelta()


def seconds_late(row: Submission, now: datetime) -> int:
    """How late the hand-in was, or (nothing handed in) the row is now; 0 without a date."""
    if row.late_policy_status == "late":
        return row.seconds_late_override or 0
    return max(0, int(_past_due(row, row.submitted_at or now).total_seconds()))


def _past_due(row: Submission, at: datetime) -> timedelta:
    if row.cached_due_date is None:
        return timedelta()
    return at - (QUIZ_GRACE if row.submission_type == "online_quiz" else timedelta()) - row.cached_due_date


def points_for_missing(policy: LatePolicy, assignment: Assignment) -> float:
    """What missing work gets: a deduction of 100 per cent is zero, and pass/fail work gets zero always."""
    if assignment.grading_type == "pass_fail":
        return 0.0
    return assignment.points_possible * (100 - policy.missing_submission_deduction) / 100


def deduction(
    policy: LatePolicy | None, assignment: Assignment, row: Submission, score: float | None
) -> float:
    """Points the policy takes off a score for late work, never below the lowest per cent it allows."""
    possible = assignment.points_possible
    if policy is None or not policy.late_submission_deduction_enabled or score is None or possible <= 0:
        return 0.0
    expected = expects_hand_in(assignment) or row.submitted_at is not None
    at = row.submitted_at or row.cached_due_date
    late_for = seconds_late(row, at) if at else row.seconds_late_override or 0
    if not is_late(row) or late_for <= 0 or not expected or assignment.grading_type not in POINT_TYPES:
        return 0.0
    steps = ceil(late_for / (3600 if policy.late_submission_interval == "hour" else 86400))
    least = policy.late_submission_minimum_percent if policy.late_submission_minimum_percent_enabled else 0.0
    most = max(score * 100 / possible - least, 0.0)
    return possible * min(policy.late_submission_deduction * steps, most) / 100


def apply(world: World, assignment: Assignment, row: Submission, entered: float | None) -> None:
    """Set the row's score to what the late policy leaves of the entered one."""
    taken = deduction(policy_of(world, assignment.course_id), assignment, row, entered)
    row.points_deducted = taken if is_late(row) and taken else None
    row.score = None if entered is None else max(entered - taken, min(entered, 0.0))


def grade_missing(world: World, policy: LatePolicy, assignment: Assignment, row: Submission) -> None:
    """Give missing work its score, as the LMS does it: graded, by nobody, and posted unless grades wait."""
    now = world.clock.now()
    row.score, row.points_deducted = points_for_missing(policy, assignment), None
    row.workflow_state, row.graded_at, row.grader_id = "graded", now, None
    row.graded_attempt = row.attempt
    row.posted_at = None if assignment.post_manually else now


def catch_up(world: World) -> int:
    """What Canvas's job does every five minutes: grade what went missing since it last looked.

    Each look goes back one day only; older work is graded when a policy changes (`apply_to_course`).
    Returns how many rows it graded.
    """
    done = 0
    for policy in list(world.find(LatePolicy, missing_submission_deduction_enabled=True)):
        now = world.clock.now()
        since = (policy.checked_at or now) - LOOKS_BACK
        policy.checked_at = now
        done += _grade_all_missing(world, policy, since, now)
    return done


def apply_to_course(world: World, policy: LatePolicy) -> None:
    """After a policy changed: every missing row without a score, however old, and every late one."""
    now = world.clock.now()
    policy.checked_at = now
    if policy.missing_submission_deduction_enabled:
        _grade_all_missing(world, policy, None, now)
    if not policy.late_submission_deduction_enabled:
        return
    for assignment in world.find(Assignment, course_id=policy.course_id, workflow_state="published"):
        for row in world.submissions_of(assignment.id).values():
            if row.workflow_state != "deleted" and row.score is not None:
                apply(world, assignment, row, row.entered_score)


def _grade_all_missing(world: World, policy: LatePolicy, since: datetime | None, now: datetime) -> int:
    active = {
        e.user_id
        for e in world.find(Enrollment, course_id=policy.course_id)
        if e.type.startswith("Student") and e.workflow_state in ("active", "invited", "creation_pending")
    }
    done = 0
    for assignment in world.find(Assignment, course_id=policy.course_id, workflow_state="published"):
        for row in world.submissions_of(assignment.id).values():
            if row.workflow_state == "deleted" or row.score is not None or row.user_id not in active:
                continue
            due = row.cached_due_date
            in_time = since is None or (due is not None and since <= due <= now)
            if in_time and is_missing(assignment, row, now):
                grade_missing(world, policy, assignment, row)
                done += 1
    return done
