"""Grades: the gradebook table for graders, one's own grades for a student."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sandbox.pages.courses import course_frame
from sandbox.pages.guards import NotAvailable, Place, in_course
from sandbox.world import grading
from sandbox.world.model import Assignment, Submission, User
from sandbox.world.store import World
from sandbox.world.visibility import contents_for

STUDENTS_ON_A_PAGE = 50

blueprint = Blueprint("gradebook", __name__)


@dataclass(frozen=True, slots=True)
class Cell:
    """One student's place in one column. `row` None: not assigned to this student."""

    assignment: Assignment
    row: Submission | None


@dataclass(frozen=True, slots=True)
class Line:
    student: User
    cells: list[Cell]
    totals: grading.Totals


@blueprint.get("/courses/<int:course_id>/grades")
@in_course
def grades(place: Place) -> str:
    """The gradebook, or a student's own grades."""
    if place.learner_id is not None:
        return _own_grades(place, place.learner_id)
    return _gradebook(place)


@blueprint.post("/courses/<int:course_id>/grades/<int:assignment_id>/<int:user_id>")
@in_course
def score(place: Place, assignment_id: int, user_id: int) -> Response | tuple[str, int]:
    """Set one student's score: a number, a percentage, or empty to clear it."""
    assignment = place.world.get(Assignment, assignment_id)
    if not place.may_grade:
        raise NotAvailable("Only teachers give grades.")
    if (
        assignment is None
        or assignment.course_id != place.course.id
        or assignment.workflow_state == "deleted"
    ):
        raise NotAvailable("There is no such assignment.")
    is_theirs = place.section_ids is None or user_id in [student.id for student in place.students()]
    if not is_theirs or not grading.is_student(place.world, place.course.id, user_id):
        raise NotAvailable("There is no such student in this course.")
    if living_row(place.world, assignment, user_id) is None:
        return _gradebook(place, column=assignment.id, problem=grading.NOT_APPLICABLE), 422
    try:
        points = grading.parse_grade(assignment, request.form.get("score", ""))
        grading.set_score(place.world, assignment, user_id, points, grader_id=place.user.id, tell=True)
    except grading.GradeRefused as refused:
        return _gradebook(place, column=assignment.id, problem=str(refused)), 422
    here = url_for(
        ".grades",
        course_id=place.course.id,
        column=assignment.id,
        page=request.args.get("page"),
        _anchor=f"s{user_id}",
    )
    return redirect(here, 303)


def _gradebook(place: Place, *, column: int | None = None, problem: str = "") -> str:
    students = place.students()
    page = max(1, request.args.get("page", 1, type=int))
    last = max(1, -(-len(students) // STUDENTS_ON_A_PAGE))
    shown = students[(page - 1) * STUDENTS_ON_A_PAGE : page * STUDENTS_ON_A_PAGE]
    columns = columns_of(place.world, place.course.id)
    counting = grading.counting_assignments(place.world, place.course.id)
    lines = [
        Line(
            student,
            [Cell(assignment, living_row(place.world, assignment, student.id)) for assignment in columns],
            grading.totals(place.world, counting, student.id),
        )
        for student in shown
    ]
    return render_template(
        "pages/gradebook.html",
        **course_frame(place, "grades"),
        columns=columns,
        lines=lines,
        number=page,
        last=last,
        editing=column or request.args.get("column", type=int),
        problem=problem,
    )


def _own_grades(place: Place, learner_id: int) -> str:
    seen = contents_for(place.world, place.course.id, learner_id, "Assignment")
    cells = [
        Cell(assignment, living_row(place.world, assignment, learner_id))
        for assignment in columns_of(place.world, place.course.id)
        if assignment.id in seen
    ]
    counting = grading.counting_assignments(place.world, place.course.id)
    totals = grading.totals(place.world, counting, learner_id)
    return render_template("pages/grades.html", **course_frame(place, "grades"), cells=cells, totals=totals)


def columns_of(world: World, course_id: int) -> list[Assignment]:
    """The gradebook's columns: published assignments that are not hidden from it, by group and position."""
    found = world.find(Assignment, course_id=course_id, workflow_state="published")
    shown = [a for a in found if not a.hide_in_gradebook]
    return sorted(shown, key=lambda a: (a.assignment_group_id, a.position, a.id))


def living_row(world: World, assignment: Assignment, user_id: int) -> Submission | None:
    """The student's row; None when the assignment is not assigned to them."""
    row = world.submission(assignment.id, user_id)
    return row if row is not None and row.workflow_state != "deleted" else None
