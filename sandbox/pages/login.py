"""Who to be: the sandbox has no passwords."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from sandbox.current import SESSION_USER, current_world
from sandbox.platform.facts import active_enrollments
from sandbox.world.model import Account, Course, Enrollment, User
from sandbox.world.store import World

MOST_ADULTS_SHOWN = 60
MOST_STUDENTS_SHOWN = 40
ROLE_NAMES = {
    "TeacherEnrollment": "Teacher",
    "TaEnrollment": "Teaching assistant",
    "DesignerEnrollment": "Designer",
    "StudentEnrollment": "Student",
    "ObserverEnrollment": "Observer",
    "StudentViewEnrollment": "Test Student",
}

blueprint = Blueprint("login", __name__)


@blueprint.get("/")
def who() -> str:
    """Everybody one can be, adults first; a long list is cut and the rest reached by login name."""
    world = current_world()
    with world.lock:
        adults, students = people_to_be(world)
        accounts = world.live(Account)
    return render_template(
        "pages/login.html",
        accounts=accounts,
        cast=cast_of(world),
        adults=adults[:MOST_ADULTS_SHOWN],
        students=students[:MOST_STUDENTS_SHOWN],
        hidden=max(0, len(adults) - MOST_ADULTS_SHOWN) + max(0, len(students) - MOST_STUDENTS_SHOWN),
        next=local_path(request.args.get("next")),
        unknown=request.args.get("unknown", ""),
    )


@blueprint.post("/web/login")
def log_in() -> Response:
    """Become the person with that login name, then go where one wanted to."""
    wanted = request.form.get("login", "").strip()
    following = local_path(request.form.get("next"))
    user = next(current_world().find(User, login_id=wanted), None)
    if user is None or user.suspended:
        return redirect(url_for("pages.login.who", unknown=wanted, next=following or None), 303)
    session.clear()
    session[SESSION_USER] = user.id
    return redirect(following or url_for("pages.courses.mine"), 303)


@blueprint.post("/web/logout")
def log_out() -> Response:
    """Be nobody again."""
    session.clear()
    return redirect(url_for("pages.login.who"), 303)


def local_path(path: str | None) -> str:
    """The path when it stays on this LMS, else "": nobody is sent elsewhere by a link to the login page."""
    is_local = bool(path) and path is not None and path.startswith("/")
    return path if path and is_local and not path.startswith(("//", "/\\")) else ""


def people_to_be(world: World) -> tuple[list[tuple[User, str]], list[User]]:
    """The adults with their role, district admins first; the students by name, the oldest course's first."""
    roles: dict[int, str] = {}
    courses = [course.id for course in world.live(Course)]
    known = set(courses)
    for enrollment in world.find(Enrollment, workflow_state="active"):
        if enrollment.course_id in known:
            roles.setdefault(enrollment.user_id, ROLE_NAMES[enrollment.type])
    users = [user for user in world.find(User, suspended=False) if not user.fake_student]
    admins = [(user, "District admin") for user in users if user.admin_of_account_ids]
    others = [(u, roles[u.id]) for u in users if u.id in roles and not u.admin_of_account_ids]
    adults = [entry for entry in others if entry[1] != "Student"]
    students = [user for user, role in others if role == "Student"]
    oldest = next(iter(courses), None)
    first = {e.user_id for e in world.find(Enrollment, course_id=oldest)}
    return [*admins, *adults], sorted(students, key=lambda user: (user.id not in first, user.sortable_name))


def cast_of(world: World) -> list[tuple[User, str]]:
    """Who of a seeded school shows something special, and what; empty in a world without such people."""
    sheet = world.extras.get("seeded", {})
    why = {row["role"]: row["why"] for row in sheet.get("who", ())}
    users = ((world.get(User, entry["id"]), role) for role, entry in sheet.get("people", {}).items())
    return [(user, why[role]) for user, role in users if user is not None and role in why]


def role_in(world: World, course: Course, user: User) -> str:
    """What the person is in the course, in a word; "District admin" for one who only oversees it."""
    types = [e.type for e in active_enrollments(world, course.id, user.id)]
    return ROLE_NAMES[types[0]] if types else "District admin"
