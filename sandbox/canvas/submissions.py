"""Submissions, read. Source: canvas.md 3.3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.assignments import visible_assignment
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import ApiError, bad_request, forbidden, not_found
from sandbox.canvas.lookups import assignment_in, course_for, one, user_named
from sandbox.canvas.paging import Page, bookmarked, paged
from sandbox.canvas.params import as_bool, as_time, includes, many, params
from sandbox.canvas.permissions import my_rights
from sandbox.canvas.submission_json import submission_json
from sandbox.world import grading
from sandbox.world.model import Assignment, Course, Enrollment, Section, Submission, User
from sandbox.world.visibility import GONE

MOST_STUDENTS = 100


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
    student_ids = _wanted_students(home, rights)
    assignments = _wanted_assignments(course)
    hide = "view_all_grades" not in rights
    show = _shower(assignments, hide)
    if not as_bool(params().get("grouped")):
        return bookmarked(_rows(assignments.values(), student_ids)).shown(show)
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
        return line

    return paged(sorted(student_ids)).shown(shown)


def _students(enrollments: list[Enrollment]) -> dict[int, int]:
    """Student id -> one section of theirs. Concluded and inactive ones are in unless filtered out."""
    state = params().get("enrollment_state")
    living = {"active": ("active",), "concluded": ("completed",)}.get(str(state))
    found: dict[int, int] = {}
    for e in enrollments:
        wanted = e.workflow_state in living if living else e.workflow_state not in GONE
        if e.type in ("StudentEnrollment", "StudentViewEnrollment") and wanted:
            found.setdefault(e.user_id, e.section_id)
    return found


def _wanted_students(home: dict[int, int], rights: frozenset[str]) -> set[int]:
    asked = many("student_ids")
    if not rights & {"manage_grades", "view_all_grades"}:
        if asked not in ([], [str(me().id)], ["self"]):
            raise forbidden()
        return {me().id} & set(home)
    if asked == ["all"]:
        return set(home)
    if len(asked) > MOST_STUDENTS:
        raise bad_request("too many students")
    return {user_named(text).id for text in asked or ["self"]} & set(home)


def _wanted_assignments(course: Course) -> dict[int, Assignment]:
    published = {a.id: a for a in world().find(Assignment, course_id=course.id, workflow_state="published")}
    asked = many("assignment_ids")
    if not asked:
        return published
    if any(not text.isdigit() or int(text) not in published for text in asked):
        raise forbidden("invalid assignment ids requested")
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
            if graded_since and (row.graded_at is None or row.graded_at < graded_since):
                continue
            if submitted_since and (row.submitted_at is None or row.submitted_at < submitted_since):
                continue
            yield row


def _since(name: str) -> datetime | None:
    value = params().get(name)
    try:
        return as_time(value, name)
    except ApiError as error:
        raise bad_request(f"Invalid datetime for {name}") from error


def _shower(assignments: dict[int, Assignment], hide: bool) -> Any:
    wanted = includes()
    only, without = set(many("response_fields")), set(many("exclude_response_fields"))

    def show(row: Submission) -> dict[str, Any]:
        assignment = assignments[row.assignment_id]
        shown = submission_json(row, assignment, hide_unposted=hide)
        if only or without:
            shown = {k: v for k, v in shown.items() if (not only or k in only) and k not in without}
        if "user" in wanted:
            user = world().table(User)[row.user_id]
            shown["user"] = {"id": user.id, "name": user.name, "sortable_name": user.sortable_name}
        if "assignment" in wanted:
            shown["assignment"] = {"id": assignment.id, "name": assignment.name}
        if "submission_comments" in wanted:
            shown["submission_comments"] = row.comments
        if "visibility" in wanted:
            shown["assignment_visible"] = True
        return shown

    return show


@endpoint("GET", "/courses/<course_id>/assignments/<assignment_id>/submissions")
def list_submissions(course_id: str, assignment_id: str) -> Page:
    course = course_for(course_id, "manage_grades", "view_all_grades")
    assignment = assignment_in(course, assignment_id)
    home = _students(list(world().find(Enrollment, course_id=course.id)))
    rows = _rows([assignment], set(home))
    return paged(sorted(rows, key=lambda r: r.id)).shown(_shower({assignment.id: assignment}, hide=False))


@endpoint("GET", "/courses/<course_id>/assignments/<assignment_id>/submissions/<user_id>")
def show_submission(course_id: str, assignment_id: str, user_id: str) -> dict[str, Any]:
    course = course_for(course_id)
    user = user_named(user_id)
    staff = bool(my_rights(course) & {"manage_grades", "view_all_grades"})
    if not staff and user.id != me().id:
        raise forbidden()
    assignment = assignment_in(course, assignment_id) if staff else visible_assignment(course, assignment_id)
    row = world().submission(assignment.id, user.id)
    if row is None or row.workflow_state == "deleted":
        raise not_found()
    shown: dict[str, Any] = _shower({assignment.id: assignment}, hide=not staff)(row)
    return shown
