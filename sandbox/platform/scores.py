"""What a posted score does to the gradebook, and what a tool reads back.

Source: canvas.md section 6.4; Canvas lti/ims/scores_controller.rb (order of checks, what each flag does) and
doc/api/assignment_tools.md (the table of statuses). Two flags do more than their names say: `preserve_score`
leaves the gradebook alone even when a score comes with it; and in Canvas's code `prioritize_non_tool_grade`
keeps any score that is there, the tool's own earlier one too (switch `prioritize_keeps_any_grade`). Files
(`content_items`) are noted as handed in; their contents are never fetched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
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
FUTURE = timedelta(minutes=1)


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
    files: list[dict[str, Any]]
    """The content items of type file: url, title, media_type."""
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


def read_score(world: World, item: LineItem, sent: dict[str, Any]) -> PostedScore:
    """A score as it was posted.

    Raises ServiceError: 412 for another link's line item, 422 for a person who is no student (also for
    nobody) and for an impossible score, 400 for anything else missing or malformed.
    """
    if sent.get("resourceLinkId") and sent["resourceLinkId"] != item.resource_link_id:
        raise ServiceError(412, "The specified LTI link ID is not associated with the line item.")
    user = student(world, item.course_id, str(sent.get("userId") or ""))
    if user is None:
        raise ServiceError(422, NOT_A_STUDENT)
    for name in REQUIRED:
        if sent.get(name) in (None, ""):
            raise ServiceError(400, f"param is missing or the value is empty: {name}")
    _check_words(sent)
    timestamp = parse_time(sent["timestamp"])
    if timestamp is None:
        raise ServiceError(400, f"Provided timestamp of {sent['timestamp']} not a valid timestamp")
    extension = sent.get(SUBMISSION) or {}
    if not isinstance(extension, dict):
        raise ServiceError(400, f"{SUBMISSION} must be an object")
    given, maximum = _given(sent, item)
    files = _files(extension)
    kind = "online_upload" if files else str(extension.get("submission_type") or "external_tool")
    if kind == "online_upload" and not files:
        raise ServiceError(422, "Content items must be provided with submission type 'online_upload'")
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
        submitted_at=_submitted_at(world, sent, extension),
        files=files,
    )


def _files(extension: dict[str, Any]) -> list[dict[str, Any]]:
    items = extension.get("content_items")
    listed = items if isinstance(items, list) else []
    return [item for item in listed if isinstance(item, dict) and item.get("type") == "file"]


def _check_words(sent: dict[str, Any]) -> None:
    for name, words in (("activityProgress", ACTIVITY_PROGRESS), ("gradingProgress", GRADING_PROGRESS)):
        if sent[name] not in words:
            raise ServiceError(400, f"{name} must be one of {', '.join(words)}")


def _given(sent: dict[str, Any], item: LineItem) -> tuple[float | None, float | None]:
    if sent["gradingProgress"] not in TAKEN_PROGRESS or sent.get("scoreGiven") is None:
        return None, None
    if sent.get("scoreMaximum") is None:
        raise ServiceError(422, "ScoreMaximum not supplied when ScoreGiven present.")
    given, maximum = sent["scoreGiven"], sent["scoreMaximum"]
    if not all(isinstance(n, int | float) and not isinstance(n, bool) for n in (given, maximum)):
        raise ServiceError(400, "ScoreGiven and ScoreMaximum must be numbers")
    if not 0 <= maximum < float("inf"):
        raise ServiceError(422, "ScoreMaximum must be greater than or equal to 0")
    if maximum == 0 and item.score_maximum != 0:
        raise ServiceError(422, "cannot be zero if line item's maximum is not zero")
    if given < 0:
        raise ServiceError(422, "ScoreGiven must be greater than or equal to 0")
    return float(given), float(maximum)


def _submitted_at(world: World, sent: dict[str, Any], extension: dict[str, Any]) -> datetime | None:
    """The standard field counts first, then the same at the top, then Canvas's own."""
    standard = sent.get("submission")
    inner = standard.get("submittedAt") if isinstance(standard, dict) else None
    text = inner or sent.get("submittedAt") or extension.get("submitted_at")
    if text is None:
        return None
    moment = parse_time(text)
    if moment is None:
        raise ServiceError(400, f"Provided submitted_at timestamp of {text} not a valid timestamp")
    if moment > world.clock.now() + FUTURE:
        raise ServiceError(400, f"Provided submitted_at timestamp of {text} in the future")
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
    if not score.preserve_score:
        result.score_given, result.score_maximum = score.given, score.maximum
    result.comment, result.timestamp = score.comment, score.timestamp
    result.activity_progress, result.grading_progress = score.activity_progress, score.grading_progress
    return result


def _write(world: World, assignment: Assignment, score: PostedScore) -> None:
    row = grading.row_to_grade(world, assignment, score.user.id)
    if score.new_submission:
        _submit(world, row, assignment, score)
    is_kept = score.prioritize_non_tool_grade and score.given is not None and _yields_to(world, row)
    if not score.preserve_score and not is_kept:
        _give(world, assignment, row, score)
    if score.comment:
        row.comments.append({"comment": score.comment, "author_id": None, "created_at": world.clock.now()})


def _yields_to(world: World, row: Submission) -> bool:
    """True when the score that is there stays, for a tool that yields to others' grades."""
    if world.switches.prioritize_keeps_any_grade:
        return row.score is not None
    return row.score is not None and (row.grader_id or 0) > 0


def _give(world: World, assignment: Assignment, row: Submission, score: PostedScore) -> None:
    """Puts the score into the gradebook, or clears what is there when none is to be taken."""
    points = None
    if score.given is not None:
        points = scaled(score.given, score.maximum, assignment.points_possible)
        if assignment.grading_type == "pass_fail":
            points = assignment.points_possible if score.given > 0 else 0.0
    grader = grading.TOOL_GRADER_ID
    grading.set_score(world, assignment, score.user.id, points, grader_id=grader, tell=True)
    if points is not None and score.grading_progress == "PendingManual":
        row.workflow_state = "pending_review"


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
