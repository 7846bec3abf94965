"""My courses, and a course's home."""

from __future__ import annotations

from flask import Blueprint, render_template

from sandbox.pages.guards import NotAvailable, Place, in_course, logged_in, place_of
from sandbox.pages.login import role_in
from sandbox.platform.facts import root_account, tools_for
from sandbox.world.model import Course, User, WikiPage
from sandbox.world.store import World
from sandbox.world.visibility import sees_content

blueprint = Blueprint("courses", __name__)


@blueprint.get("/courses")
@logged_in
def mine(world: World, user: User) -> str:
    """The courses the person is in; for a district admin all of them, and the district's own tools."""
    rows = []
    for course in world.live(Course):
        try:
            place_of(world, user, course.id)
        except NotAvailable:
            continue
        rows.append((course, role_in(world, course, user)))
    tools = tools_for(world, None, "account_navigation") if user.admin_of_account_ids else []
    return render_template("pages/courses.html", rows=rows, account=root_account(world), tools=tools)


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
    }
