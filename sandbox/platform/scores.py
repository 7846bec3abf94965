"""What a posted score does to the gradebook, and what a tool reads back. Source: canvas.md section 6.4."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.platform.line_items import assignment_of, parse_time, writes_to_gradebook
from sandbox.platform.services import ServiceError
from sandbox.world import grading
from sandbox.world.model import Assignment, Enrollment, LineItem, Result, Submission, User
from sandbox.world.store import World

SUBMISSION = "https://canvas.instructure.com/lti/submission"
REQUIRED = ("userId", "activityProgress", "gradingProgress", "timestamp")
ACTIVITY_PROGRESS = ("Initialized", "Started", "InProgress", "Submitted", "Completed")
GRADING_PROGRESS = ("NotReady", "Failed", "Pending", "PendingManual", "FullyGraded")
TAKEN_PROGRESS = ("PendingManual", "FullyGraded")
NOT_A_STUDENT = "User not found in course or is not a student"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedScore:
    user: User
    activity_progress: str
    grading_progress: str
    timestamp: datetime
    given: float | None
    """None when no score was sent, or when the grading progress says to ignore it."""
    maximum: float | None
    comment: str | None
    new_submission: bool
    preserve_score: bool
    prioritize_non_tool_grade: bool
    submission_type: str
    submission_data: str | None
    submitted_at: datetime | None


def student(world: World, course_id: int, user_key: str) -> User | None:
    """The active student whom a `userId` names, by LTI sub or Canvas id; not the Test Student, no adult."""
    user = next(world.find(User, lti_1_3_id=user_key), None)
    if user is None and user_key.isdigit():
        user = world.get(User, int(user_key))
    if user is None or user.fake_student:
        return None
    states = {
        e.workflow_state
        for e in world.find(Enrollment, course_id=course_id, user_id=user.id, type="StudentEnrollment")
    }
    return user if states & {"active", "invited"} else None


def read_score(world: World, course_id: int, sent: dict[str, Any]) -> PostedScore:
    """A score as it was posted.

    Raises ServiceError: 422 for a person who is no student and for a score without its maximum, 400 for
    anything missing or malformed.
    """
    user = student(world, course_id, str(sent.get("userId") or ""))
    if user is None and sent.get("userId"):
        raise ServiceError(422, NOT_A_STUDENT)
    for name in REQUIRED:
        if sent.get(name) in (None, ""):
            raise ServiceError(400, f"param is missing or the value is empty: {name}")
    assert user is not None
    _check_words(sent)
    timestamp = parse_time(sent["timestamp"])
    if timestamp is None:
        raise ServiceError(400, f"Provided timestamp of {sent['timestamp']} not a valid timestamp")
    extension = sent.get(SUBMISSION) or {}
    if not isinstance(extension, dict):
        raise ServiceError(400, f"{SUBMISSION} must be an object")
    given, maximum = _given(sent)
    kind = str(extension.get("submission_type") or "external_tool")
    return PostedScore(
        user=user,
        activity_progress=sent["activityProgress"],
        grading_progress=sent["gradingProgress"],
        timestamp=timestamp,
        given=given,
        maximum=maximum,
        comment=str(sent["comment"]) if sent.get("comment") else None,
        new_submission=bool(extension.get("new_submission", True)) and kind != "none",
        preserve_score=bool(extension.get("preserve_score", False)),
        prioritize_non_tool_grade=bool(extension.get("prioritize_non_tool_grade", False)),
        submission_type=kind,
        submission_data=str(extension["submission_data"]) if extension.get("submission_data") else None,
        submitted_at=_submitted_at(sent, extension),
    )


def _check_words(sent: dict[str, Any]) -> None:
    for name, words in (("activityProgress", ACTIVITY_PROGRESS), ("gradingProgress", GRADING_PROGRESS)):
        if sent[name] not in words:
            raise ServiceError(400, f"{name} must be one of {', '.join(words)}")


def _given(sent: dict[str, Any]) -> tuple[float | None, float | None]:
    if sent["gradingProgress"] not in TAKEN_PROGRESS or sent.get("scoreGiven") is None:
        return None, None
    if sent.get("scoreMaximum") is None:
        raise ServiceError(422, "ScoreMaximum not supplied when ScoreGiven present.")
    given, maximum = sent["scoreGiven"], sent["scoreMaximum"]
    if not all(isinstance(n, int | float) and not isinstance(n, bool) for n in (given, maximum)):
        raise ServiceError(400, "ScoreGiven and ScoreMaximum must be numbers")
    if not 0 <= maximum < float("inf"):
        raise ServiceError(422, "ScoreMaximum must be greater than or equal to 0")
    return float(given), float(maximum)


def _submitted_at(sent: dict[str, Any], extension: dict[str, Any]) -> datetime | None:
    standard = sent.get("submission")
    text = extension.get("submitted_at") or (
        standard.get("submittedAt") if isinstance(standard, dict) else None
    )
    if text is None:
        return None
    moment = parse_time(text)
    if moment is None:
        raise ServiceError(400, f"Provided submitted_at timestamp of {text} not a valid timestamp")
    return moment


def keep_score(world: World, item: LineItem, score: PostedScore) -> Result:
    """Put the score where it belongs: the line item's result, and the gradebook when the item writes there.

    Raises ServiceError 400 when an earlier score was newer, 422 when the gradebook refuses.
    """
    result = result_of(world, item, score.user.id)
    if result is not None and result.timestamp is not None and score.timestamp < result.timestamp:
        told = f"Provided timestamp of {score.timestamp.isoformat()} before last updated timestamp"
        raise ServiceError(400, f"{told} of {result.timestamp.isoformat()}")
    if writes_to_gradebook(world, item):
        try:
            _write(world, assignment_of(world, item), score)
        except grading.GradeRefused as refused:
            raise ServiceError(422, str(refused)) from refused
    result = result or world.add(Result(line_item_id=item.id, user_id=score.user.id))
    if score.given is not None or not score.preserve_score:
        result.score_given, result.score_maximum = score.given, score.maximum
    result.comment, result.timestamp = score.comment, score.timestamp
    result.activity_progress, result.grading_progress = score.activity_progress, score.grading_progress
    return result


def _write(world: World, assignment: Assignment, score: PostedScore) -> None:
    row = grading.row_to_grade(world, assignment, score.user.id)
    if score.new_submission:
        _submit(world, row, assignment, score)
    has_teacher_grade = row.score is not None and (row.grader_id or 0) > 0
    if score.prioritize_non_tool_grade and has_teacher_grade:
        return
    if score.given is not None:
        points = scaled(score.given, score.maximum, assignment.points_possible)
        grading.set_score(world, assignment, score.user.id, points, grader_id=grading.TOOL_GRADER_ID)
        if score.grading_progress == "PendingManual":
            row.workflow_state = "pending_review"
    elif not score.preserve_score:
        grading.set_score(world, assignment, score.user.id, None, grader_id=grading.TOOL_GRADER_ID)
    if score.comment:
        row.comments.append({"comment": score.comment, "author_id": None, "created_at": world.clock.now()})


def _submit(world: World, row: Submission, assignment: Assignment, score: PostedScore) -> None:
    """One more attempt, dated now unless the tool says when: this is what makes old work look late."""
    if 0 <= assignment.allowed_attempts <= (row.attempt or 0):
        raise ServiceError(422, "The maximum number of allowed attempts has been reached for this submission")
    row.attempt = (row.attempt or 0) + 1
    row.submission_type = score.submission_type
    row.body = score.submission_data if score.submission_type == "online_text_entry" else row.body
    row.url = (
        score.submission_data if score.submission_type in ("online_url", "basic_lti_launch") else row.url
    )
    row.submitted_at = score.submitted_at or world.clock.now()
    row.workflow_state = "graded" if row.score is not None else "submitted"


def scaled(given: float, maximum: float | None, points_possible: float) -> float:
    """Points of the gradebook column. A maximum of 0 is taken as extra points, unscaled."""
    return given * points_possible / maximum if maximum else given


def result_of(world: World, item: LineItem, user_id: int) -> Result | None:
    return next(world.find(Result, line_item_id=item.id, user_id=user_id), None)


def results(world: World, item: LineItem, only: User | None = None) -> list[Result]:
    """The line item's results, oldest first: what tools posted, and what teachers graded in its column."""
    if writes_to_gradebook(world, item):
        known = {result.user_id for result in world.find(Result, line_item_id=item.id)}
        for user_id, row in list(world.submissions_of(item.assignment_id).items()):
            if user_id not in known and row.score is not None and row.workflow_state != "deleted":
                world.add(Result(line_item_id=item.id, user_id=user_id))
    found = world.find(Result, line_item_id=item.id)
    return [result for result in found if only is None or result.user_id == only.id]


def shown_result(world: World, item: LineItem, result: Result, item_url: str) -> dict[str, Any]:
    """A result as JSON: what the gradebook holds now, in the tool's scale while it is the tool's score."""
    user = world.get(User, result.user_id)
    score, maximum = result.score_given, result.score_maximum
    if writes_to_gradebook(world, item):
        assignment = assignment_of(world, item)
        row = world.submission(assignment.id, result.user_id)
        held = row.score if row is not None and row.workflow_state != "deleted" else None
        is_ours = score is not None and held == scaled(score, maximum, assignment.points_possible)
        if not is_ours:
            score, maximum = held, assignment.points_possible if held is not None else None
    fields = {
        "id": f"{item_url}/results/{result.id}",
        "scoreOf": item_url,
        "userId": user.lti_1_3_id if user else "",
        "resultScore": score,
        "resultMaximum": maximum,
        "comment": result.comment,
    }
    return {name: value for name, value in fields.items() if value is not None}
