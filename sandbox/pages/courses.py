"""My courses, and a course's home."""

from __future__ import annotations

from collections import defaultdict

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from sandbox.pages.guards import OBSERVED, NotAvailable, Place, in_course, logged_in
from sandbox.pages.login import ROLE_NAMES, local_path, role_in
from sandbox.platform.facts import account_chain, root_account, tools_for
from sandbox.world.model import Course, Enrollment, User, WikiPage
from sandbox.world.store import World
from sandbox.world.visibility import sees_content

blueprint = Blueprint("courses", __name__)


@blueprint.get("/courses")
@logged_in
def mine(world: World, user: User) -> str:
    """The courses the person is in; for a district admin all of them, and the district's own tools."""
    roles = roles_by_course(world, user)
    learning = learners_by_course(world)
    rows = [
        (course, roles.get(course.id, "District admin"), learning.get(course.id, 0))
        for course in world.live(Course)
        if course.id in roles
        or user.admin_of_account_ids.intersection(account_chain(world, course.account_id))
    ]
    tools = tools_for(world, None, "account_navigation") if user.admin_of_account_ids else []
    return render_template("pages/courses.html", rows=rows, account=root_account(world), tools=tools)


@blueprint.post("/courses/<int:course_id>/observe")
@in_course
def observe(place: Place) -> Response:
    """An observer of several children turns to one of them, and stays on the page where they were."""
    chosen = request.form.get("student", type=int)
    if chosen not in [child.id for child in place.children]:
        raise NotAvailable("You do not look after this student here.")
    session[OBSERVED] = chosen
    back = local_path(request.form.get("back")) or url_for(".home", course_id=place.course.id)
    return redirect(back, 303)


def roles_by_course(world: World, user: User) -> dict[int, str]:
    """What the person is, by course id, in a word; the first enrolment says it."""
    found: dict[int, str] = {}
    for enrollment in world.find(Enrollment, user_id=user.id, workflow_state="active"):
        found.setdefault(enrollment.course_id, ROLE_NAMES[enrollment.type])
    return found


def learners_by_course(world: World) -> dict[int, int]:
    """How many students each course has now, by course id; one look at the enrolments for all courses."""
    found: dict[int, set[int]] = defaultdict(set)
    for enrollment in world.find(Enrollment, type="StudentEnrollment", workflow_state="active"):
        found[enrollment.course_id].add(enrollment.user_id)
    return {course_id: len(users) for course_id, users in found.items()}


@blueprint.get("/courses/<int:course_id>")
@in_course
def home(place: Place) -> str:
    """The course's front page when it has one that the person may see."""
    front = next(iter(place.world.live(WikiPage, course_id=place.course.id, front_page=True)), None)
    if front is not None and place.learner_id is not None:
        front = front if sees_content(place.world, front, place.learner_id) else None
    return render_template("pages/home.html", **course_frame(place, "home"), front=front)


def course_frame(place: Place, here: str) -> dict[str, object]:
    """What the course's menu and heading need; `here` is the menu entry one stands on."""
    return {
        "place": place,
        "course": place.course,
        "here": here,
        "role": role_in(place.world, place.course, place.user),
        "tools": tools_for(place.world, place.course, "course_navigation"),
        "pickers": tools_for(place.world, place.course, "module_index_menu_modal") if place.is_staff else [],
    }
