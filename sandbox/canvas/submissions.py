"""Submissions, read. Source: canvas.md 3.3; canvas-lms app/controllers/submissions_api_controller.rb."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.assignments import AssignmentRows, visible_assignment
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import ApiError, forbidden, not_found
from sandbox.canvas.lookups import assignment_in, course_for, one, user_named
from sandbox.canvas.paging import Page, bookmarked, paged
from sandbox.canvas.params import as_bool, as_time, includes, many, params
from sandbox.canvas.permissions import my_rights, visible_student_ids
from sandbox.canvas.submission_json import comments_json, history_json, submission_json
from sandbox.world import grading
from sandbox.world.model import Assignment, Course, Enrollment, Section, Submission, User
from sandbox.world.visibility import GONE, audiences, viewers

MOST_STUDENTS = 100
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_STATES = {"active": ("active",), "concluded": ("completed",)}
_NOW = ("active", "invited", "creation_pending")
_STAFF = {"manage_grades", "view_all_grades"}


@endpoint("GET", "/courses/<course_id>/students/submissions")
def list_course_submissions(course_id: str) -> Page:
    course = course_for(course_id)
    return _many(course, list(world().find(Enrollment, course_id=course.id)))


@endpoint("GET", "/sections/<section_id>/students/submissions")
def list_section_submissions(section_id: str) -> Page:
    section = one(Section, section_id)
    course = course_for(str(section.course_id))
    return _many(course, list(world().find(Enrollment, section_id=section.id)))


def _many(course: Course, enrollments: list[Enrollment]) -> Page:
    """Flat: bookmark pages of rows in order of id. `grouped`: pages of students, each with their rows."""
    rights = my_rights(course)
    home = _students(enrollments)
    student_ids = _wanted_students(course, enrollments, rights) & set(home)
    assignments = _wanted_assignments(course)
    staff = bool(rights & _STAFF)
    if not staff:
        facts = audiences(world(), course.id)
        assignments = {i: a for i, a in assignments.items() if student_ids & viewers(facts, a)}
    show = _shower(course, assignments, not staff)
    if not as_bool(params().get("grouped")):
        return _flat(list(_rows(assignments.values(), student_ids)), show)
    counting = grading.counting_assignments(world(), course.id) if "total_scores" in includes() else None

    def shown(user_id: int) -> dict[str, Any]:
        rows = _rows(assignments.values(), {user_id})
        line: dict[str, Any] = {"user_id": user_id, "section_id": home[user_id]}
        line["submissions"] = [show(row) for row in sorted(rows, key=lambda r: r.id)]
        if "read_sis" in rights:
            line |= {"sis_user_id": world().table(User)[user_id].sis_user_id, "integration_id": None}
        if counting is not None:
            totals = grading.totals(world(), counting, user_id)
            line |= {"computed_current_score": totals.current, "computed_final_score": totals.final}
            if staff:
                line["unposted_current_score"] = totals.unposted_current
                line["unposted_final_score"] = totals.unposted_final
        return line

    return paged(sorted(student_ids)).shown(shown)


@dataclass(slots=True)
class _Placed:
    """A row by its place in an order that is not of ids."""

    id: int
    row: Submission


def _flat(rows: list[Submission], show: Callable[[Submission], dict[str, Any]]) -> Page:
    """By id or graded_at: ascending in bookmark pages, descending in numbered ones (ungraded rows last)."""
    by_grading = params().get("order") == "graded_at"
    falling = params().get("order_direction") == "descending"
    if not by_grading and not falling:
        return bookmarked(rows).shown(show)
    if not by_grading:
        return paged(sorted(rows, key=lambda r: -r.id)).shown(show)
    graded = sorted((r for r in rows if r.graded_at), key=lambda r: (r.graded_at, r.id), reverse=falling)
    ordered = [*graded, *(r for r in rows if r.graded_at is None)]
    if falling:
        return paged(ordered).shown(show)
    return bookmarked(_Placed(n, row) for n, row in enumerate(ordered, 1)).shown(lambda p: show(p.row))


def _students(enrollments: list[Enrollment]) -> dict[int, int]:
    """Student id -> one section of theirs, an active one before others.

    Concluded and inactive ones are in unless filtered out. Raises ApiError 400.
    """
    state = str(params().get("enrollment_state") or "")
    if state and state not in _STATES:
        raise ApiError(400, {"error": "invalid enrollment_state"})
    living = _STATES.get(state)
    sis_only = as_bool(params().get("post_to_sis"))
    found: dict[int, int] = {}
    for e in sorted(enrollments, key=lambda e: e.workflow_state != "active"):
        wanted = e.workflow_state in living if living else e.workflow_state not in GONE
        if sis_only and e.sis_import_id is None:
            continue
        if e.type in ("StudentEnrollment", "StudentViewEnrollment") and wanted:
            found.setdefault(e.user_id, e.section_id)
    return found


def _wanted_students(course: Course, enrollments: list[Enrollment], rights: frozenset[str]) -> set[int]:
    """Whom the call asks about. One stranger, or one the caller may not look at, is a 403 for all."""
    asked, own = many("student_ids"), me().id
    students = {e.user_id for e in enrollments if e.type.startswith("Student")}
    if rights & _STAFF:
        allowed = students & visible_student_ids(world(), me(), course)
    else:
        watched = world().find(Enrollment, course_id=course.id, user_id=own, type="ObserverEnrollment")
        watched_ids = {e.associated_user_id for e in watched if e.workflow_state == "active"}
        allowed = {own} | {user_id for user_id in watched_ids if user_id is not None}
    if "all" in asked:
        return allowed
    ids = {user_named(t).id if not t.isdigit() else int(t) for t in asked} or {own}
    if ids - allowed:
        raise forbidden()
    if len(asked) > MOST_STUDENTS:
        raise ApiError(400, {"error": "too many students"})
    return ids


def _wanted_assignments(course: Course) -> dict[int, Assignment]:
    published = {a.id: a for a in world().find(Assignment, course_id=course.id, workflow_state="published")}
    if as_bool(params().get("post_to_sis")):
        published = {i: a for i, a in published.items() if a.post_to_sis}
    asked = many("assignment_ids")
    if not asked:
        return published
    if any(not text.isdigit() or int(text) not in published for text in asked):
        raise ApiError(403, {"error": "invalid assignment ids requested"})
    return {int(text): published[int(text)] for text in asked}


def _rows(assignments: Iterable[Assignment], student_ids: set[int]) -> Iterator[Submission]:
    state = params().get("workflow_state")
    graded_since, submitted_since = _since("graded_since"), _since("submitted_since")
    for assignment in assignments:
        held = world().submissions_of(assignment.id)
        for row in (held[user_id] for user_id in student_ids if user_id in held):
            if row.workflow_state == "deleted":
                continue
            if state and row.workflow_state != state:
                continue
            if graded_since and (row.graded_at is None or row.graded_at <= graded_since):
                continue
            if submitted_since and (row.submitted_at is None or row.submitted_at <= submitted_since):
                continue
            yield row


def _since(name: str) -> datetime | None:
    """A moment in UTC ("...Z"); a row of that very moment is not in. Raises ApiError 400."""
    value = params().get(name)
    if not value:
        return None
    if not _ISO.fullmatch(str(value)):
        raise ApiError(400, {"errors": {name: f"Invalid datetime for {name}"}})
    return as_time(value, name)


def _shower(
    course: Course, assignments: dict[int, Assignment], hide: bool
) -> Callable[[Submission], dict[str, Any]]:
    wanted = includes()
    only, without = set(many("response_fields")), set(many("exclude_response_fields"))
    facts = audiences(world(), course.id) if "visibility" in wanted else None
    full = (
        {a.id: AssignmentRows(course).one(a) for a in assignments.values()} if "assignment" in wanted else {}
    )

    def show(row: Submission) -> dict[str, Any]:
        assignment = assignments[row.assignment_id]
        shown = submission_json(row, assignment, hide_unposted=hide)
        if only or without:
            shown = {k: v for k, v in shown.items() if (not only or k in only) and k not in without}
        if "user" in wanted:
            user = world().table(User)[row.user_id]
            shown["user"] = {"id": user.id, "name": user.name, "sortable_name": user.sortable_name}
        if "assignment" in wanted:
            shown["assignment"] = full[assignment.id]
        if "submission_comments" in wanted:
            shown["submission_comments"] = comments_json(row, for_student=hide)
        if "submission_history" in wanted:
            shown["submission_history"] = history_json(row, assignment, hide_unposted=hide)
        seen = row.rubric_ratings is not None and (not hide or row.posted_at is not None)
        if seen and wanted & {"rubric_assessment", "full_rubric_assessment"}:
            shown["rubric_assessment"] = row.rubric_ratings
        if facts is not None:
            shown["assignment_visible"] = row.user_id in viewers(facts, assignment)
        return shown

    return show


@endpoint("GET", "/courses/<course_id>/assignments/<assignment_id>/submissions")
def list_submissions(course_id: str, assignment_id: str) -> Page:
    """The rows of those who learn in the course now, in order of user id."""
    course = course_for(course_id, "manage_grades", "view_all_grades")
    return _of_assignment(course, assignment_id, list(world().find(Enrollment, course_id=course.id)))


@endpoint("GET", "/sections/<section_id>/assignments/<assignment_id>/submissions")
def list_submissions_of_section(section_id: str, assignment_id: str) -> Page:
    section = one(Section, section_id)
    course = course_for(str(section.course_id), "manage_grades", "view_all_grades")
    return _of_assignment(course, assignment_id, list(world().find(Enrollment, section_id=section.id)))


def _of_assignment(course: Course, assignment_id: str, enrollments: list[Enrollment]) -> Page:
    assignment = assignment_in(course, assignment_id)
    home = _students([e for e in enrollments if e.workflow_state in _NOW])
    rows = _rows([assignment], set(home) & visible_student_ids(world(), me(), course))
    show = _shower(course, {assignment.id: assignment}, hide=False)
    return paged(sorted(rows, key=lambda r: r.user_id)).shown(show)


@endpoint("GET", "/courses/<course_id>/assignments/<assignment_id>/submissions/<user_id>")
def show_submission(course_id: str, assignment_id: str, user_id: str) -> dict[str, Any]:
    course = course_for(course_id)
    user = user_named(user_id)
    staff = bool(my_rights(course) & _STAFF)
    if user.id != me().id and user.id not in visible_student_ids(world(), me(), course):
        raise forbidden()
    watching = any(
        e.associated_user_id == user.id and e.workflow_state == "active"
        for e in world().find(Enrollment, course_id=course.id, user_id=me().id, type="ObserverEnrollment")
    )
    if not staff and not watching and user.id != me().id:
        raise forbidden()
    assignment = assignment_in(course, assignment_id) if staff else visible_assignment(course, assignment_id)
    row = world().submission(assignment.id, user.id)
    if row is None or row.workflow_state == "deleted":
        raise not_found()
    return _shower(course, {assignment.id: assignment}, hide=not staff)(row)


@endpoint("GET", "/courses/<course_id>/assignments/<assignment_id>/submission_summary")
def summarize(course_id: str, assignment_id: str) -> dict[str, int]:
    """How many of the assigned students are graded, wait for a grade, have handed in nothing."""
    course = course_for(course_id, "manage_grades", "view_all_grades")
    assignment = assignment_in(course, assignment_id)
    home = _students([e for e in world().find(Enrollment, course_id=course.id) if e.workflow_state in _NOW])
    rows = list(_rows([assignment], set(home) & visible_student_ids(world(), me(), course)))
    graded = sum(r.excused or (r.score is not None and r.workflow_state == "graded") for r in rows)
    ungraded = sum(r.submitted_at is not None and r.score is None and not r.excused for r in rows)
    return {"graded": graded, "ungraded": ungraded, "not_submitted": len(rows) - graded - ungraded}
