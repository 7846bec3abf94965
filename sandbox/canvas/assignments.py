"""Assignments.

Source: canvas.md 3.2 and 4.5; who is told: canvas-lms app/models/broadcast_policies/assignment_policy.rb.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.assignment_fields import fields_sent, require_name
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import ApiError, bad_request, forbidden, invalid
from sandbox.canvas.lookups import assignment_group_in, assignment_in, course_for
from sandbox.canvas.override_sync import override_json, prepare, sync
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_bool, as_ids, group, includes, params, stamp
from sandbox.canvas.permissions import is_staff, my_rights, need
from sandbox.canvas.rubrics import of_assignment as rubric_part
from sandbox.canvas.submission_json import submission_json
from sandbox.current import base_url
from sandbox.world import late_policy, notices, rows, work
from sandbox.world.model import Assignment, AssignmentOverride, Course, LineItem, Quiz, Submission
from sandbox.world.progress import is_open
from sandbox.world.visibility import (
    assignment_visibility,
    audiences,
    contents_for,
    key_of,
    sees_content,
    visible_to_everyone,
)

MOST_IDS = 100
_AS_THEY_ARE = (
    *("id", "name", "description", "course_id", "assignment_group_id", "points_possible", "grading_type"),
    *("submission_types", "position", "workflow_state", "only_visible_to_overrides", "omit_from_final_grade"),
    *("hide_in_gradebook", "post_to_sis", "post_manually", "allowed_attempts", "lti_context_id"),
    *("suppress_assignment", "important_dates"),
)
_UNPUBLISH_REFUSED = "Can't unpublish if there are student submissions for the assignment"


def assignments_seen(course: Course) -> list[Assignment]:
    """The assignments the caller may see, in the order of the course's list."""
    found = sorted(world().live(Assignment, course_id=course.id), key=lambda a: (a.position, a.id))
    if is_staff(my_rights(course)):
        return found
    seen = contents_for(world(), course.id, me().id, "Assignment")
    return [a for a in found if a.id in seen]


def own_overrides(assignment: Assignment) -> list[AssignmentOverride]:
    return world().live(AssignmentOverride, course_id=assignment.course_id, content=key_of(assignment))


class AssignmentRows:
    """Turns a course's assignments into JSON for the caller; what all rows need is gathered once."""

    def __init__(self, course: Course) -> None:
        self.rights, self.wanted = my_rights(course), includes()
        self.staff = is_staff(self.rights)
        everybody = self.staff and "assignment_visibility" in self.wanted
        only = None if everybody else 0 if self.staff else me().id
        self.facts = audiences(world(), course.id, only_user=only)

    def one(self, a: Assignment) -> dict[str, Any]:
        shown = _plain_part(a) | {
            "due_at": stamp(self._due_at(a)),
            "has_overrides": bool(self.facts.own_overrides.get(key_of(a))),
        }
        if self.staff:
            shown |= self._staff_part(a)
        else:
            shown |= self._student_part(a)
        if "read_sis" in self.rights:
            shown |= {"sis_assignment_id": a.sis_assignment_id, "integration_id": a.integration_id}
            shown["integration_data"] = a.integration_data
        if "submission" in self.wanted:
            row = world().submission(a.id, me().id)
            lives = row is not None and row.workflow_state != "deleted"
            shown["submission"] = submission_json(row, a, hide_unposted=True) if row and lives else None
        return shown

    def _student_part(self, a: Assignment) -> dict[str, Any]:
        dates = rows.student_dates(self.facts, a, me().id)
        shut = dates.is_shut(world().clock.now()) or not is_open(world(), a, me().id, self.facts)
        own = {name: stamp(getattr(dates, name)) for name in ("due_at", "unlock_at", "lock_at")}
        return own | {"locked_for_user": shut}

    def _due_at(self, a: Assignment) -> datetime | None:
        """A student's own date; for staff the most lenient of all, unless the base dates were asked for."""
        if not self.staff:
            return rows.student_due_at(self.facts, a, me().id)
        dates = [o.due_at for o in self.facts.own_overrides.get(key_of(a), []) if o.due_at_set]
        if not dates or not as_bool(params().get("override_assignment_dates", True)):
            return a.due_at
        return reduce(rows.later, dates if a.only_visible_to_overrides else [*dates, a.due_at])

    def _staff_part(self, a: Assignment) -> dict[str, Any]:
        living = [r for r in world().submissions_of(a.id).values() if r.workflow_state != "deleted"]
        everyone = visible_to_everyone(self.facts, a)
        overrides = self.facts.own_overrides.get(key_of(a), [])
        shown: dict[str, Any] = {
            "visible_to_everyone": everyone,
            "unpublishable": not work.has_work(world(), a),
            "has_submitted_submissions": any(r.submitted_at for r in living),
            "graded_submissions_exist": any(r.score is not None for r in living),
            "needs_grading_count": sum(_needs_grading(r) for r in living),
        }
        if "assignment_visibility" in self.wanted:
            shown["assignment_visibility"] = [] if everyone else assignment_visibility(world(), self.facts, a)
        if "overrides" in self.wanted:
            shown["overrides"] = [override_json(o) for o in overrides]
        if "all_dates" in self.wanted:
            shown["all_dates"] = _all_dates(a, overrides, everyone)
            shown["all_dates_count"] = len(overrides) + everyone
        return shown


def assignment_json(a: Assignment) -> dict[str, Any]:
    """One assignment for the caller, as things stand now."""
    return AssignmentRows(world().table(Course)[a.course_id]).one(a)


def _plain_part(a: Assignment) -> dict[str, Any]:
    url = f"{base_url()}/courses/{a.course_id}/assignments/{a.id}"
    shown: dict[str, Any] = {name: getattr(a, name) for name in _AS_THEY_ARE}
    shown |= {
        "published": a.workflow_state == "published",
        "unlock_at": stamp(a.unlock_at),
        "lock_at": stamp(a.lock_at),
        "muted": a.post_manually,
        "is_quiz_assignment": False,
        "is_quiz_lti_assignment": a.is_quiz_lti,
        "grading_standard_id": None,
        "group_category_id": None,
        "peer_reviews": False,
        "anonymous_grading": False,
        "in_closed_grading_period": False,
        "html_url": url,
        "submissions_download_url": f"{url}/submissions?zip=1",
        "locked_for_user": a.lock_at is not None and a.lock_at <= world().clock.now(),
        "created_at": stamp(a.created_at),
        "updated_at": stamp(a.updated_at),
    }
    if a.external_tool_tag_attributes is not None:
        api = f"{base_url()}/api/v1/courses/{a.course_id}"
        shown["external_tool_tag_attributes"] = a.external_tool_tag_attributes
        shown["url"] = f"{api}/external_tools/sessionless_launch?assignment_id={a.id}&launch_type=assessment"
    quiz = next(world().find(Quiz, assignment_id=a.id), None)
    if quiz is not None:
        shown |= {"is_quiz_assignment": True, "quiz_id": quiz.id}
    return shown | rubric_part(a)


def _needs_grading(row: Submission) -> bool:
    """Handed in and not graded, or graded before the last hand-in. Source: canvas-lms submission.rb."""
    if row.submission_type is None or row.excused:
        return False
    if row.workflow_state == "pending_review":
        return True
    open_states = row.workflow_state in ("submitted", "graded")
    return open_states and (row.score is None or row.graded_attempt != row.attempt)


def _all_dates(a: Assignment, overrides: list[AssignmentOverride], everyone: bool) -> list[dict[str, Any]]:
    """The base date and each override's; empty from 25 overrides on."""
    if len(overrides) >= 25:
        return []
    base = {
        "base": True,
        "due_at": stamp(a.due_at),
        "unlock_at": stamp(a.unlock_at),
        "lock_at": stamp(a.lock_at),
    }
    others = [
        {
            "id": o.id,
            "title": o.title,
            "due_at": stamp(o.due_at),
            "unlock_at": stamp(o.unlock_at),
            "lock_at": stamp(o.lock_at),
        }
        for o in overrides
    ]
    return [base, *others] if everyone else others


@endpoint("GET", "/courses/<course_id>/assignments")
def list_assignments(course_id: str) -> Page:
    course = course_for(course_id)
    found = assignments_seen(course)
    if params().get("assignment_ids"):
        ids = as_ids(params()["assignment_ids"])
        if len(ids) > MOST_IDS:
            raise bad_request("Too many assignment_ids")
        if set(ids) - {a.id for a in found}:
            raise bad_request("Invalid assignment_ids: " + str(sorted(set(ids) - {a.id for a in found})))
        found = [a for a in found if a.id in ids]
    term = str(params().get("search_term", "")).lower()
    found = [a for a in found if term in a.name.lower()]
    if "post_to_sis" in params():
        found = [a for a in found if a.post_to_sis == as_bool(params()["post_to_sis"])]
    if params().get("bucket"):
        found = [a for a in found if _in_bucket(a, str(params()["bucket"]))]
    if as_bool(params().get("new_quizzes")):
        found = [a for a in found if a.is_quiz_lti]
    if params().get("order_by") == "name":
        found.sort(key=lambda a: a.name.casefold())
    return paged(found).shown(AssignmentRows(course).one)


def _in_bucket(a: Assignment, bucket: str) -> bool:
    """By the base date and the living rows; an unknown bucket is a 400. Source: canvas.md 3.2.

    `upcoming` is the next week, `future` everything not past, `overdue` past without a hand-in by the caller.
    """
    now, own = world().clock.now(), world().submission(a.id, me().id)
    past = a.due_at is not None and a.due_at < now
    handed_in = own is not None and own.submitted_at is not None
    rows_ = [r for r in world().submissions_of(a.id).values() if r.workflow_state != "deleted"]
    answers = {
        "past": past,
        "overdue": past and not handed_in and late_policy.expects_hand_in(a),
        "undated": a.due_at is None,
        "ungraded": any(_needs_grading(r) for r in rows_),
        "unsubmitted": not handed_in and late_policy.expects_hand_in(a),
        "upcoming": a.due_at is not None and now <= a.due_at <= now + timedelta(days=7),
        "future": not past,
    }
    if bucket not in answers:
        raise bad_request(f"Invalid bucket: {bucket}")
    return answers[bucket]


@endpoint("GET", "/courses/<course_id>/assignments/<id>")
def show_assignment(course_id: str, id: str) -> dict[str, Any]:
    course = course_for(course_id)
    return assignment_json(visible_assignment(course, id))


def visible_assignment(course: Course, id: str) -> Assignment:
    """The assignment, if the caller may see it. Raises 404, 403."""
    assignment = assignment_in(course, id)
    if not is_staff(my_rights(course)) and not sees_content(world(), assignment, me().id):
        raise forbidden()
    return assignment


@endpoint("POST", "/courses/<course_id>/assignments", status=201)
def create_assignment(course_id: str) -> dict[str, Any]:
    """201. Unpublished unless `published` is true; overrides are made in the same stroke, or nothing is."""
    course = course_for(course_id, "manage_assignments_add")
    sent, rights = group("assignment"), my_rights(course)
    fields = fields_sent(sent, rights, new=True)
    _refuse_taken_sis_id(fields.get("sis_assignment_id"))
    name = require_name(fields.pop("name", None))
    target = sent.get("assignment_group_id")
    group_ = assignment_group_in(course, str(target)) if target else None
    changes = prepare(course, [], sent.get("assignment_overrides"))
    points = fields.pop("points_possible", 0.0)
    position = fields.pop("position", None)
    assignment = work.add_assignment(world(), course, name, points=points, group=group_, **fields)
    assignment.position = position or assignment.position
    sync(course, key_of(assignment), changes)
    if as_bool(sent.get("published")):
        work.set_published(world(), assignment, True)
    rows.recompute(world(), [assignment])
    notices.tell_created(world(), [assignment])
    return assignment_json(assignment)


def _refuse_taken_sis_id(sis_id: str | None) -> None:
    # Only on create, as a bare message. Source: assignments_api_controller.rb#create (RecordNotUnique).
    if sis_id and world().live(Assignment, sis_assignment_id=sis_id):
        raise ApiError(409, {"message": "Assignment with the given sis_source_id already exists"})


@endpoint("PUT", "/courses/<course_id>/assignments/<id>")
def update_assignment(course_id: str, id: str) -> dict[str, Any]:
    """What is absent stays. `assignment_overrides`, when present, is the full new list, matched by id."""
    course = course_for(course_id)
    rights = need(course, "manage_assignments_edit")
    assignment, sent = assignment_in(course, id), group("assignment")
    fields = fields_sent(sent, rights, new=False)
    if "name" in fields:
        require_name(fields["name"])
    _need_grade_right(assignment, fields, rights)
    if sent.get("assignment_group_id"):
        fields["assignment_group_id"] = assignment_group_in(course, str(sent["assignment_group_id"])).id
    _fall_into_due_date_trap(assignment, sent, fields)
    changes = None
    if "assignment_overrides" in sent:
        changes = prepare(course, own_overrides(assignment), sent["assignment_overrides"])
    before = notices.Before(assignment, world())
    _publish(assignment, sent)
    for name, value in fields.items():
        setattr(assignment, name, value)
    if changes is not None:
        sync(course, key_of(assignment), changes)
    assignment.updated_at = world().clock.now()
    work.couple_line_item(world(), assignment)
    for item in world().live(LineItem, assignment_id=assignment.id):
        item.label = assignment.name
    rows.recompute(world(), [assignment])
    notices.tell_changed(world(), assignment, before, asked=as_bool(sent.get("notify_of_update")))
    return assignment_json(assignment)


def _need_grade_right(assignment: Assignment, fields: dict[str, Any], rights: frozenset[str]) -> None:
    """Points and grading type of graded work are changed only by those who grade. Raises 403."""
    touched = any(
        name in fields and fields[name] != getattr(assignment, name)
        for name in ("points_possible", "grading_type")
    )
    graded = any(row.score is not None for row in world().submissions_of(assignment.id).values())
    if touched and graded and "manage_grades" not in rights:
        raise forbidden()


def _fall_into_due_date_trap(assignment: Assignment, sent: dict[str, Any], fields: dict[str, Any]) -> None:
    """A changed due date opens a restricted assignment, unless the JSON boolean true comes again."""
    changed = "due_at" in fields and fields["due_at"] != assignment.due_at
    if assignment.only_visible_to_overrides and changed and sent.get("only_visible_to_overrides") is not True:
        fields["only_visible_to_overrides"] = False


def _publish(assignment: Assignment, sent: dict[str, Any]) -> None:
    if "published" not in sent:
        return
    wanted = as_bool(sent["published"])
    if wanted != (assignment.workflow_state == "published") and not work.set_published(
        world(), assignment, wanted
    ):
        raise invalid("published", _UNPUBLISH_REFUSED)


@endpoint("DELETE", "/courses/<course_id>/assignments/<id>")
def delete_assignment(course_id: str, id: str) -> dict[str, Any]:
    course = course_for(course_id, "manage_assignments_delete")
    assignment = assignment_in(course, id)
    work.delete_assignment(world(), assignment)
    return assignment_json(assignment)
