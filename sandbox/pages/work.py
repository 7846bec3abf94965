"""Assignments, pages and files of a course, and the student's hand-in."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from sandbox.pages.audience import audience_of
from sandbox.pages.courses import course_frame
from sandbox.pages.guards import NotAvailable, Place, in_course
from sandbox.pages.progress import mark_viewed
from sandbox.world import grading
from sandbox.world.model import Assignment, CourseFile, WikiPage
from sandbox.world.progress import is_open
from sandbox.world.rows import student_dates
from sandbox.world.visibility import audiences, contents_for, sees_content

HAND_IN_KINDS = ("online_text_entry", "online_url")

blueprint = Blueprint("work", __name__)


@blueprint.get("/courses/<int:course_id>/assignments")
@in_course
def assignments(place: Place) -> str:
    """The assignments the person sees, with the student's own score."""
    found = place.world.live(Assignment, course_id=place.course.id)
    learner_id = place.learner_id
    rows = {}
    if learner_id is not None:
        seen = contents_for(place.world, place.course.id, learner_id, "Assignment")
        found = [assignment for assignment in found if assignment.id in seen]
        rows = {a.id: place.world.submission(a.id, learner_id) for a in found}
    return render_template(
        "pages/assignments.html", **course_frame(place, "assignments"), assignments=found, rows=rows
    )


@blueprint.get("/courses/<int:course_id>/assignments/<int:assignment_id>")
@in_course
def assignment(place: Place, assignment_id: int) -> str:
    """The task; for a student also what was handed in, the score, and the box to hand in."""
    found = assignment_seen(place, assignment_id)
    return _assignment_page(place, found)


@blueprint.post("/courses/<int:course_id>/assignments/<int:assignment_id>/hand_in")
@in_course
def hand_in(place: Place, assignment_id: int) -> AnyResponse | tuple[str, int]:
    """Hand work in as oneself."""
    found = assignment_seen(place, assignment_id)
    if place.learner_id != place.user.id:
        raise NotAvailable("Only students hand work in.")
    kind, text = request.form.get("kind", ""), request.form.get("text", "").strip()
    if not text:
        return _assignment_page(place, found, problem="Write something first."), 422
    if kind not in HAND_IN_KINDS:
        return _assignment_page(place, found, problem="This cannot be handed in here."), 422
    is_url = kind == "online_url"
    try:
        grading.hand_in(
            place.world,
            found,
            place.user.id,
            kind=kind,
            body=None if is_url else text,
            url=text if is_url else None,
        )
    except grading.GradeRefused as refused:
        return _assignment_page(place, found, problem=str(refused)), 422
    return redirect(url_for(".assignment", course_id=place.course.id, assignment_id=found.id), 303)


@blueprint.get("/courses/<int:course_id>/pages")
@in_course
def pages(place: Place) -> str:
    """The wiki pages the person sees."""
    found = place.world.live(WikiPage, course_id=place.course.id)
    if place.learner_id is not None:
        seen = contents_for(place.world, place.course.id, place.learner_id, "WikiPage")
        found = [page for page in found if page.id in seen]
    return render_template("pages/pages.html", **course_frame(place, "pages"), pages=found)


@blueprint.get("/courses/<int:course_id>/pages/<slug>")
@in_course
def page(place: Place, slug: str) -> str:
    """One wiki page. A student who opens it has viewed it."""
    found = next(iter(place.world.live(WikiPage, course_id=place.course.id, url=slug)), None)
    if found is None or (
        place.learner_id is not None and not sees_content(place.world, found, place.learner_id)
    ):
        raise NotAvailable("This page is not available.")
    if place.learner_id == place.user.id:
        mark_viewed(place.world, ("Page", found.id), place.user.id)
    return render_template("pages/page.html", **course_frame(place, "pages"), page=found)


@blueprint.get("/courses/<int:course_id>/files/<int:file_id>")
@in_course
def file(place: Place, file_id: int) -> Response:
    """A course file, as a download; hidden ones are for staff."""
    found = place.world.get(CourseFile, file_id)
    if found is None or found.course_id != place.course.id or (found.hidden and not place.is_staff):
        raise NotAvailable("This file is not available.")
    answer = Response(found.body, content_type=found.content_type)
    answer.headers.set("Content-Disposition", "attachment", filename=found.display_name)
    return answer


def assignment_seen(place: Place, assignment_id: int) -> Assignment:
    """The assignment when this person may see it. Raises NotAvailable otherwise."""
    found = place.world.get(Assignment, assignment_id)
    if found is None or found.course_id != place.course.id or found.workflow_state == "deleted":
        raise NotAvailable("This assignment is not available.")
    if place.learner_id is not None and not sees_content(place.world, found, place.learner_id):
        raise NotAvailable("This assignment is not available.")
    return found


def _is_locked(place: Place, found: Assignment) -> bool:
    """Whether nothing can be handed in: by the student's own dates, or by every module that holds it."""
    if place.learner_id is None:
        return False
    facts = audiences(place.world, place.course.id, only_user=place.learner_id)
    dates = student_dates(facts, found, place.learner_id)
    is_shut = dates.is_shut(place.world.clock.now())
    return is_shut or not is_open(place.world, found, place.learner_id, facts)


def _assignment_page(place: Place, found: Assignment, problem: str = "") -> str:
    row = place.world.submission(found.id, place.learner_id) if place.learner_id is not None else None
    is_locked = _is_locked(place, found)
    kind = next((kind for kind in HAND_IN_KINDS if kind in found.submission_types), None)
    if place.learner_id == place.user.id:
        mark_viewed(place.world, ("Assignment", found.id), place.user.id)
    return render_template(
        "pages/assignment.html",
        **course_frame(place, "assignments"),
        assignment=found,
        row=row if row is None or row.workflow_state != "deleted" else None,
        kind=kind if place.learner_id == place.user.id and not is_locked else None,
        audience=audience_of(place, found) if place.is_staff else None,
        opens_tool="external_tool" in found.submission_types,
        problem=problem,
    )
