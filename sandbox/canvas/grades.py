"""Handing in and grading.

Source: canvas.md 3.3 and 4.7; canvas-lms app/controllers/submissions_api_controller.rb.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.assignments import visible_assignment
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import ApiError, bad_request, forbidden, invalid, not_found
from sandbox.canvas.lookups import assignment_in, course_for, member, one
from sandbox.canvas.params import as_bool, group, params, stamp
from sandbox.canvas.permissions import visible_student_ids
from sandbox.canvas.progress_jobs import JobFailed, begin
from sandbox.canvas.submission_json import comments_json, submission_json
from sandbox.world import grading, late_policy, rubrics
from sandbox.world.model import Assignment, Course, Enrollment, Section, Submission, User
from sandbox.world.store import World
from sandbox.world.visibility import GONE

_STATUSES = ("late", "missing", "extended", "none")


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
    """posted_grade, excuse, late_policy_status, a rubric assessment and a comment, or none of it.

    404 for who is no student. A student who is not assigned: 403 and no row, or (older hosts, switch
    `unassigned_grade_refused`) 400 where the row was taken away and a new row where there never was one.
    What cannot be read as a grade clears the score without a word (switch `unreadable_grade_clears`).
    """
    course = course_for(course_id, "manage_grades")
    assignment, user = assignment_in(course, assignment_id), member(course, user_id)
    if not grading.is_student(world(), course.id, user.id):
        raise not_found()
    if user.id not in visible_student_ids(world(), me(), course):
        raise not_found()
    if world().switches.unassigned_grade_refused and not grading.is_assigned(world(), assignment, user.id):
        raise forbidden()
    sent, assessed = group("submission"), _ratings(params().get("rubric_assessment"))
    _check(assignment, sent, assessed)
    try:
        row = _grade(world(), assignment, user.id, sent, me().id)
    except grading.GradeRefused as refusal:
        raise ApiError(400, {"error": str(refusal)}) from refusal
    if assessed:
        row = rubrics.assess(world(), assignment, row, assessed, grader_id=me().id, tell=True)
    _comment(world(), assignment, row, group("comment").get("text_comment"), me().id)
    shown = submission_json(row, assignment)
    return shown | {"submission_comments": comments_json(row), "all_submissions": [shown]}


@endpoint("PUT", "/sections/<section_id>/assignments/<assignment_id>/submissions/<user_id>")
def grade_in_section(section_id: str, assignment_id: str, user_id: str) -> dict[str, Any]:
    """As by the course; 404 for a student of another section."""
    section = one(Section, section_id)
    course = course_for(str(section.course_id), "manage_grades")
    user = member(course, user_id)
    if not world().live(Enrollment, section_id=section.id, user_id=user.id):
        raise not_found()
    return grade(str(course.id), assignment_id, str(user.id))


def _check(assignment: Assignment, sent: dict[str, Any], assessed: dict[str, Any]) -> None:
    """Raises ApiError 400 before anything is done."""
    status = sent.get("late_policy_status")
    if status and status not in _STATUSES:
        raise invalid("late_policy_status", "is not included in the list", type_="inclusion")
    rubric = rubrics.rubric_of(world(), assignment)
    if assessed and rubric is not None and not {c["id"] for c in rubric.criteria} & set(assessed):
        raise bad_request("invalid rubric_assessment")


def _ratings(sent: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(sent, dict):
        return {}
    return {str(key): value for key, value in sent.items() if isinstance(value, dict)}


def _grade(
    lms: World, assignment: Assignment, user_id: int, sent: dict[str, Any], grader_id: int
) -> Submission:
    """Do what was sent for one student. Runs in jobs too: nothing here may ask for the caller."""
    row = grading.row_to_grade(lms, assignment, user_id)
    if as_bool(sent.get("excuse")):
        row = grading.excuse(lms, assignment, user_id, grader_id=grader_id)
    elif sent.get("posted_grade") is not None:
        try:
            score = grading.parse_grade(assignment, str(sent["posted_grade"]))
        except grading.UnreadableGrade:
            if not lms.switches.unreadable_grade_clears:
                raise
            score = None
        row = grading.set_score(lms, assignment, user_id, score, grader_id=grader_id, tell=True)
    elif "excuse" in sent and row.excused:
        row = grading.set_score(lms, assignment, user_id, None, grader_id=grader_id)
    if "late_policy_status" in sent:
        _set_status(lms, assignment, row, sent, grader_id)
    return row


def _set_status(
    lms: World, assignment: Assignment, row: Submission, sent: dict[str, Any], grader_id: int
) -> None:
    """A teacher says late or missing: the late policy acts on it at once."""
    entered = row.entered_score
    row.late_policy_status = str(sent["late_policy_status"] or "") or None
    late_by = str(sent.get("seconds_late_override") or "")
    row.seconds_late_override = int(late_by) if late_by.isdigit() else None
    policy = late_policy.policy_of(lms, assignment.course_id)
    if late_policy.is_missing(assignment, row, lms.clock.now()):
        if policy is not None and policy.missing_submission_deduction_enabled and row.score is None:
            late_policy.grade_missing(lms, policy, assignment, row)
    else:
        late_policy.apply(lms, assignment, row, entered)
    row.grader_id = grader_id


def _comment(lms: World, assignment: Assignment, row: Submission, text: Any, author_id: int) -> None:
    if not text:
        return
    row.comments.append(
        {
            "id": len(row.comments) + 1,
            "author_id": author_id,
            "comment": text,
            "attempt": row.attempt,
            "hidden": assignment.post_manually and row.posted_at is None,
            "created_at": stamp(lms.clock.now()),
        }
    )


# many at once


@endpoint("POST", "/courses/<course_id>/submissions/update_grades")
def grade_course(course_id: str) -> dict[str, Any]:
    """`grade_data[assignment][user]`: a Progress. See `_grade_all`."""
    return _queue(course_for(course_id), group("grade_data"))


@endpoint("POST", "/courses/<course_id>/assignments/<assignment_id>/submissions/update_grades")
def grade_assignment(course_id: str, assignment_id: str) -> dict[str, Any]:
    """`grade_data[user]`: a Progress. See `_grade_all`."""
    return _queue(course_for(course_id), _of_one(assignment_id))


@endpoint("POST", "/sections/<section_id>/submissions/update_grades")
def grade_section(section_id: str) -> dict[str, Any]:
    """As for the course; students of other sections are not found."""
    section = one(Section, section_id)
    return _queue(course_for(str(section.course_id)), group("grade_data"), section.id)


@endpoint("POST", "/sections/<section_id>/assignments/<assignment_id>/submissions/update_grades")
def grade_section_assignment(section_id: str, assignment_id: str) -> dict[str, Any]:
    section = one(Section, section_id)
    return _queue(course_for(str(section.course_id)), _of_one(assignment_id), section.id)


def _of_one(assignment_id: str) -> dict[str, Any]:
    sent = group("grade_data")
    return {assignment_id: sent} if sent else {}


def _queue(course: Course, grade_data: dict[str, Any], section_id: int | None = None) -> dict[str, Any]:
    """Raises ApiError 400 without data or for unknown assignments, 403 when one is not published."""
    if not grade_data:
        raise ApiError(400, {"error": "'grade_data' parameter required"})
    found: dict[str, Assignment] = {}
    for text in grade_data:
        try:
            found[text] = assignment_in(course, text)
        except ApiError:
            continue
    course_for(str(course.id), "manage_grades")
    if any(assignment.workflow_state != "published" for assignment in found.values()):
        raise forbidden()
    unknown = [text for text in grade_data if text not in found]
    if unknown:
        raise ApiError(400, {"error": f"Some assignments could not be found: ( {', '.join(unknown)} )"})
    lms, grader_id = world(), me().id
    seen = visible_student_ids(lms, me(), course)
    plan = [(a, grade_data[text]) for text, a in found.items() if isinstance(grade_data[text], dict)]
    return begin(course, "submissions_update", lambda: _grade_all(lms, plan, seen, section_id, grader_id))


def _grade_all(
    lms: World,
    plan: list[tuple[Assignment, dict[str, Any]]],
    seen: frozenset[int],
    section_id: int | None,
    grader_id: int,
) -> None:
    """Grade whom the assignments are for, among those `seen` by the grader.

    All that can be done is done, and the job fails at its end. The message then names those who were not
    found: strangers, the unassigned, students of other sections.
    Source: canvas-lms app/models/submission.rb, process_bulk_update.
    """
    missing: list[str] = []
    unpublished: list[int] = []
    for assignment, by_user in plan:
        if assignment.workflow_state != "published":
            unpublished.append(assignment.id)
            continue
        for name, sent in by_user.items():
            user_id = _student(lms, assignment, str(name), section_id)
            if user_id is None or user_id not in seen:
                missing.append(str(name))
            elif isinstance(sent, dict):
                _grade_one(lms, assignment, user_id, sent, grader_id)
    if missing:
        raise JobFailed(f"Couldn't find User(s) with API ids {_quoted(missing)}")
    if unpublished:
        told = "Some assignments are either not published or deleted and can not be graded"
        raise JobFailed(f"{told} {_quoted(unpublished)}")


def _grade_one(
    lms: World, assignment: Assignment, user_id: int, sent: dict[str, Any], grader_id: int
) -> None:
    known: dict[str, Any] = {key: sent[key] for key in ("posted_grade", "excuse") if key in sent}
    row = _grade(lms, assignment, user_id, known, grader_id)
    assessed = _ratings(sent.get("rubric_assessment"))
    if assessed:
        row = rubrics.assess(lms, assignment, row, assessed, grader_id=grader_id, tell=True)
    _comment(lms, assignment, row, sent.get("text_comment"), grader_id)


def _quoted(names: Iterable[object]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _student(lms: World, assignment: Assignment, name: str, section_id: int | None) -> int | None:
    """The student behind an id or a sis_user_id, if assigned (and in the section)."""
    prefix, colon, value = name.partition(":")
    if colon:
        fields = {"sis_user_id": "sis_user_id", "sis_login_id": "login_id"}
        field = fields.get(prefix)
        user = next(iter(lms.find(User, **{field: value})), None) if field else None
    else:
        user = lms.get(User, int(name)) if name.isdigit() else None
    if user is None or not grading.is_assigned(lms, assignment, user.id):
        return None
    places = [
        e
        for e in lms.find(Enrollment, course_id=assignment.course_id, user_id=user.id)
        if e.type.startswith("Student") and e.workflow_state not in (*GONE, "completed")
    ]
    wanted = [e for e in places if section_id is None or e.section_id == section_id]
    return user.id if wanted else None
