"""Handing in and grading. Source: canvas.md 3.3 and 4.7."""

from __future__ import annotations

from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.assignments import visible_assignment
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import ApiError, bad_request, forbidden, not_found
from sandbox.canvas.lookups import assignment_in, course_for, member, one
from sandbox.canvas.params import as_bool, group, stamp
from sandbox.canvas.permissions import need
from sandbox.canvas.submission_json import submission_json
from sandbox.world import grading
from sandbox.world.model import Assignment, Course, ProgressJob, Submission


@endpoint("POST", "/courses/<course_id>/assignments/<assignment_id>/submissions", status=201)
def submit(course_id: str, assignment_id: str) -> dict[str, Any]:
    """The caller hands in, as a student of the course."""
    course = course_for(course_id, "submit")
    assignment = visible_assignment(course, assignment_id)
    sent = group("submission")
    kind = str(sent.get("submission_type", ""))
    needed = {"online_text_entry": "body", "online_url": "url"}.get(kind)
    if needed and not sent.get(needed):
        raise bad_request(f"Invalid parameters for submission_type {kind}. Required: submission[{needed}]")
    body, url = sent.get("body"), sent.get("url")
    try:
        row = grading.hand_in(
            world(),
            assignment,
            me().id,
            kind=kind,
            body=str(body) if body else None,
            url=str(url) if url else None,
        )
    except grading.GradeRefused as refusal:
        raise bad_request(str(refusal)) from refusal
    return submission_json(row, assignment, hide_unposted=True)


@endpoint("PUT", "/courses/<course_id>/assignments/<assignment_id>/submissions/<user_id>")
def grade(course_id: str, assignment_id: str, user_id: str) -> dict[str, Any]:
    """posted_grade, excuse, late_policy_status and a comment, in one stroke or not at all."""
    course = course_for(course_id, "manage_grades")
    assignment, user = assignment_in(course, assignment_id), member(course, user_id)
    if not grading.is_student(world(), course.id, user.id):
        raise not_found()
    try:
        row = _grade(assignment, user.id, group("submission"))
    except grading.GradeRefused as refusal:
        raise ApiError(400, {"errors": [{"message": str(refusal)}]}) from refusal
    text = group("comment").get("text_comment")
    if text:
        now = stamp(world().clock.now())
        row.comments.append(
            {"id": len(row.comments) + 1, "author_id": me().id, "comment": text, "created_at": now}
        )
    return submission_json(row, assignment)


def _grade(assignment: Assignment, user_id: int, sent: dict[str, Any]) -> Submission:
    row = grading.row_to_grade(world(), assignment, user_id)
    if as_bool(sent.get("excuse")):
        row = grading.excuse(world(), assignment, user_id, grader_id=me().id)
    elif "posted_grade" in sent:
        score = grading.parse_grade(
            assignment, str(sent["posted_grade"] if sent["posted_grade"] is not None else "")
        )
        row = grading.set_score(world(), assignment, user_id, score, grader_id=me().id)
    if "late_policy_status" in sent:
        row.late_policy_status = str(sent["late_policy_status"]) or None
    return row


@endpoint("POST", "/courses/<course_id>/assignments/<assignment_id>/submissions/update_grades")
def grade_many(course_id: str, assignment_id: str) -> dict[str, Any]:
    """Many students at once. Answers with a Progress, whose message names who could not be graded."""
    course = course_for(course_id, "manage_grades")
    assignment = assignment_in(course, assignment_id)
    if assignment.workflow_state != "published":
        raise forbidden()
    refused = []
    for user_id, sent in group("grade_data").items():
        try:
            if not user_id.isdigit() or not grading.is_student(world(), course.id, int(user_id)):
                raise grading.GradeRefused("not a student of the course")
            _grade(assignment, int(user_id), sent if isinstance(sent, dict) else {})
        except grading.GradeRefused as refusal:
            refused.append(f"{user_id}: {refusal}")
    now = world().clock.now()
    job = ProgressJob(
        context_type="Course",
        context_id=course.id,
        user_id=me().id,
        tag="submissions_update",
        completion=100.0,
        workflow_state="completed",
        message="; ".join(refused) or None,
        created_at=now,
        updated_at=now,
    )
    return progress_json(world().add(job)) | {"workflow_state": "queued", "completion": 0, "message": None}


def progress_json(job: ProgressJob) -> dict[str, Any]:
    return {
        "id": job.id,
        "context_id": job.context_id,
        "context_type": job.context_type,
        "user_id": job.user_id,
        "tag": job.tag,
        "completion": job.completion,
        "workflow_state": job.workflow_state,
        "message": job.message,
        "url": f"/api/v1/progress/{job.id}",
        "created_at": stamp(job.created_at),
        "updated_at": stamp(job.updated_at),
    }


@endpoint("GET", "/progress/<id>")
def show_progress(id: str) -> dict[str, Any]:
    job = one(ProgressJob, id)
    need(one(Course, str(job.context_id)), "manage_grades")
    return progress_json(job)
