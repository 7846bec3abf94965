"""Who looks at a page, and through whose eyes. A view behind a guard runs under the world's lock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import redirect, render_template, request, session, url_for

from sandbox.current import current_world, note_caller, web_user
from sandbox.platform.facts import account_chain, active_enrollments
from sandbox.world.model import Course, Enrollment, User
from sandbox.world.store import World
from sandbox.world.visibility import LEARNER_TYPES

STAFF_TYPES = ("TeacherEnrollment", "TaEnrollment", "DesignerEnrollment")
GRADER_TYPES = ("TeacherEnrollment", "TaEnrollment")

OBSERVED = "observed_student"
"""Where the session keeps which of several children an observer looks at."""

View = Callable[..., Any]


class NotAvailable(Exception):
    """The page is not there for this person, whether it exists or not; the text is for the page."""


@dataclass(frozen=True, slots=True)
class Place:
    """A person in a course."""

    world: World
    user: User
    course: Course
    is_staff: bool
    may_grade: bool
    learner_id: int | None
    """The student through whose eyes the course is seen (an observer: the observed one); None for staff."""
    children: tuple[User, ...] = ()
    """Those an observer may look after here; one of them is `learner_id`."""
    section_ids: frozenset[int] | None = None
    """The only sections a section-limited member of staff sees; None: all."""

    def students(self) -> list[User]:
        """The active students whom the person may look at, by name, each once; no Test Student."""
        found = self.world.find(
            Enrollment, course_id=self.course.id, type="StudentEnrollment", workflow_state="active"
        )
        ids = dict.fromkeys(e.user_id for e in found if self.sees_section(e.section_id))
        if self.learner_id is not None:
            ids = dict.fromkeys(i for i in ids if i == self.learner_id)
        users = [user for user in (self.world.get(User, i) for i in ids) if user is not None]
        return sorted(users, key=lambda user: (user.sortable_name, user.id))

    def sees_section(self, section_id: int) -> bool:
        return self.section_ids is None or section_id in self.section_ids


def logged_in(view: View) -> View:
    """The view gets the world and the person; without a person it is the page that asks who to be."""

    @wraps(view)
    def guarded(**arguments: Any) -> Any:
        user = web_user()
        if user is None:
            wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
            return redirect(url_for("pages.login.who", next=wanted or None), 303)
        note_caller("web", user.id)
        world = current_world()
        with world.lock:
            return view(world, user, **arguments)

    return guarded


def in_course(view: View) -> View:
    """The view gets the person's Place in the course; a course that is not theirs is not available."""

    @wraps(view)
    @logged_in
    def guarded(world: World, user: User, course_id: int, **arguments: Any) -> Any:
        return view(place_of(world, user, course_id), **arguments)

    return guarded


def place_of(world: World, user: User, course_id: int) -> Place:
    """The person's place in the course. Raises NotAvailable for a course they are not in."""
    course = world.get(Course, course_id)
    if course is None or course.workflow_state == "deleted":
        raise NotAvailable("There is no such course.")
    enrollments = active_enrollments(world, course.id, user.id)
    types = {enrollment.type for enrollment in enrollments}
    is_admin = bool(user.admin_of_account_ids.intersection(account_chain(world, course.account_id)))
    is_staff = is_admin or bool(types.intersection(STAFF_TYPES))
    may_grade = is_admin or bool(types.intersection(GRADER_TYPES))
    children = () if is_staff else _children(world, enrollments)
    learner_id = None if is_staff else _learner(user, enrollments, children)
    if not is_staff and learner_id is None:
        raise NotAvailable("You are not in this course.")
    limits = None if is_admin else _own_sections(enrollments)
    return Place(world, user, course, is_staff, may_grade, learner_id, children, limits)


def _learner(user: User, enrollments: tuple[Enrollment, ...], children: tuple[User, ...]) -> int | None:
    if any(enrollment.type in LEARNER_TYPES for enrollment in enrollments):
        return user.id
    ids = [child.id for child in children]
    chosen = session.get(OBSERVED)
    if chosen in ids:
        return int(chosen)
    is_observer = any(enrollment.type == "ObserverEnrollment" for enrollment in enrollments)
    return next(iter(ids), user.id if is_observer else None)


def _children(world: World, enrollments: tuple[Enrollment, ...]) -> tuple[User, ...]:
    """Those whom an observer is linked to here, each once, in the order of the links."""
    ids = dict.fromkeys(e.associated_user_id for e in enrollments if e.type == "ObserverEnrollment")
    return tuple(user for user in (world.get(User, i) for i in ids) if user is not None)


def _own_sections(enrollments: tuple[Enrollment, ...]) -> frozenset[int] | None:
    """The sections to which every enrolment of the person is limited; None when one is not limited."""
    own = [e for e in enrollments if e.type in STAFF_TYPES]
    is_limited = bool(own) and all(e.limit_privileges_to_course_section for e in own)
    return frozenset(e.section_id for e in own) if is_limited else None


def not_available(error: NotAvailable) -> tuple[str, int]:
    return render_template("pages/not_available.html", reason=str(error)), 404
