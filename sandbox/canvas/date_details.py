"""Date details: one address for what an assignment or a page is assigned to. Source: canvas.md 4.4.

Shapes and rules as in instructure/canvas-lms app/controllers/learning_object_dates_controller.rb and
lib/api/v1/learning_object_dates.rb. The overrides in the answer are a page of their own (10 unless asked).
A page knows no due date; Canvas drops one without a word. Quizzes, discussions and files are not modelled.
"""

from __future__ import annotations

from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import world
from sandbox.canvas.lookups import assignment_in, course_for, page_in
from sandbox.canvas.override_sync import override_json, overrides_of, overrides_seen, prepare, sync
from sandbox.canvas.paging import Wrapped, paged
from sandbox.canvas.params import as_bool, as_time, params, stamp
from sandbox.world import notices, rows
from sandbox.world.model import Assignment, Course, WikiPage
from sandbox.world.visibility import audiences, key_of, visible_to_everyone

_RIGHT = "manage_assign_to"
_DATES = ("due_at", "unlock_at", "lock_at")


@endpoint("GET", "/courses/<course_id>/pages/<url_or_id>/date_details")
def show_page_dates(course_id: str, url_or_id: str) -> Wrapped:
    return _details(page_in(course_for(course_id, _RIGHT), url_or_id))


@endpoint("PUT", "/courses/<course_id>/pages/<url_or_id>/date_details")
def put_page_dates(course_id: str, url_or_id: str) -> None:
    """204. `only_visible_to_overrides` sets it; `assignment_overrides`, when sent, is the full new list."""
    course = course_for(course_id, _RIGHT)
    _put_details(course, page_in(course, url_or_id))


@endpoint("GET", "/courses/<course_id>/assignments/<assignment_id>/date_details")
def show_assignment_dates(course_id: str, assignment_id: str) -> Wrapped:
    return _details(assignment_in(course_for(course_id, _RIGHT), assignment_id))


@endpoint("PUT", "/courses/<course_id>/assignments/<assignment_id>/date_details")
def put_assignment_dates(course_id: str, assignment_id: str) -> None:
    """204. What is absent stays. As with the assignment itself, a changed due date opens a restricted one."""
    course = course_for(course_id, _RIGHT)
    _put_details(course, assignment_in(course, assignment_id))


def _details(content: Assignment | WikiPage) -> Wrapped:
    facts = audiences(world(), content.course_id, only_user=0)
    page = paged(overrides_seen(content)).shown(lambda o: override_json(o, with_names=True))
    shown: dict[str, Any] = {
        "id": content.id,
        "only_visible_to_overrides": content.only_visible_to_overrides,
        "visible_to_everyone": visible_to_everyone(facts, content),
        "graded": isinstance(content, Assignment),
    }
    if isinstance(content, Assignment):
        shown |= {name: stamp(getattr(content, name)) for name in _DATES} | {"group_category_id": None}
    return page.wrapped(shown | {"overrides": page.rows})


def _put_details(course: Course, content: Assignment | WikiPage) -> None:
    sent = params()
    changes = None
    if "assignment_overrides" in sent:
        changes = prepare(course, overrides_of(content), sent["assignment_overrides"])
    times = {name: as_time(sent[name], name) for name in _DATES if name in sent}
    restricted = content.only_visible_to_overrides
    if "only_visible_to_overrides" in sent:
        restricted = as_bool(sent["only_visible_to_overrides"])
    with notices.telling_of_changes(world(), [content] if isinstance(content, Assignment) else []):
        if isinstance(content, Assignment):
            # Canvas answers this with the code of PUT assignment, and so with its trap
            changed = "due_at" in times and times["due_at"] != content.due_at
            is_trapped = content.only_visible_to_overrides and changed
            if is_trapped and sent.get("only_visible_to_overrides") is not True:
                restricted = False
            for name, at in times.items():
                setattr(content, name, at)
        content.only_visible_to_overrides = restricted
        if changes is not None:
            sync(course, key_of(content), changes)
    if isinstance(content, Assignment):
        rows.recompute(world(), [content])
