"""The late policy of a course. Source: canvas-lms app/controllers/late_policy_controller.rb."""

from __future__ import annotations

from typing import Any

from sandbox.canvas.api import blueprint, endpoint
from sandbox.canvas.auth import world
from sandbox.canvas.errors import ApiError, not_found
from sandbox.canvas.lookups import course_for
from sandbox.canvas.params import as_bool, group, stamp
from sandbox.current import current_world
from sandbox.world import late_policy
from sandbox.world.model import Course, LatePolicy

_FLAGS = (
    "missing_submission_deduction_enabled",
    "late_submission_deduction_enabled",
    "late_submission_minimum_percent_enabled",
)
_PER_CENTS = (
    "missing_submission_deduction",
    "late_submission_deduction",
    "late_submission_minimum_percent",
)
_INTERVALS = ("day", "hour")
_APPLIES_AGAIN = {*_FLAGS, "late_submission_deduction", "late_submission_interval", _PER_CENTS[2]}
"""A changed missing_submission_deduction alone regrades nothing, as in Canvas."""


@blueprint.before_app_request
def grade_what_went_missing() -> None:
    """Canvas's own job runs every five minutes; here whoever looks finds what it would have done by then."""
    lms = current_world()
    with lms.lock:
        late_policy.catch_up(lms)


def policy_json(policy: LatePolicy) -> dict[str, Any]:
    names = (*_FLAGS, *_PER_CENTS, "late_submission_interval")
    shown: dict[str, Any] = {"id": policy.id, "course_id": policy.course_id}
    shown |= {name: getattr(policy, name) for name in names}
    shown |= {"created_at": stamp(policy.created_at), "updated_at": stamp(policy.updated_at)}
    return {"late_policy": shown}


def _policy(course: Course) -> LatePolicy:
    policy = late_policy.policy_of(world(), course.id)
    if policy is None:
        raise not_found()
    return policy


@endpoint("GET", "/courses/<course_id>/late_policy")
def show_policy(course_id: str) -> dict[str, Any]:
    """404 when the course has none."""
    return policy_json(_policy(course_for(course_id, "manage_grades")))


@endpoint("POST", "/courses/<course_id>/late_policy", status=201)
def create_policy(course_id: str) -> dict[str, Any]:
    """201; 400 when the course has one already, 422 for what is no per cent."""
    course = course_for(course_id, "manage_grades")
    if late_policy.policy_of(world(), course.id) is not None:
        message = "only one late policy per course is allowed"
        raise ApiError(400, {"status": "bad_request", "errors": [{"message": message}]})
    fields, now = _fields(), world().clock.now()
    policy = world().add(LatePolicy(course_id=course.id, created_at=now, updated_at=now))
    _change(policy, fields)
    return policy_json(policy)


@endpoint("PATCH", "/courses/<course_id>/late_policy")
def update_policy(course_id: str) -> None:
    """204. What it changes is applied to the whole course by a job."""
    _change(_policy(course_for(course_id, "manage_grades")), _fields())


def _fields() -> dict[str, Any]:
    sent = group("late_policy")
    fields: dict[str, Any] = {name: as_bool(sent[name]) for name in _FLAGS if name in sent}
    for name in (name for name in _PER_CENTS if name in sent):
        try:
            fields[name] = float(sent[name])
        except (TypeError, ValueError) as error:
            raise ApiError(422, {name: ["is not a number"]}) from error
        if not 0 <= fields[name] <= 100:
            raise ApiError(422, {name: ["must be between 0 and 100"]})
    if "late_submission_interval" in sent:
        fields["late_submission_interval"] = sent["late_submission_interval"]
        if sent["late_submission_interval"] not in _INTERVALS:
            raise ApiError(422, {"late_submission_interval": ["is not included in the list"]})
    return fields


def _change(policy: LatePolicy, fields: dict[str, Any]) -> None:
    changed = {name for name, value in fields.items() if getattr(policy, name) != value}
    for name, value in fields.items():
        setattr(policy, name, value)
    lms = world()
    policy.updated_at = lms.clock.now()
    policy.checked_at = policy.checked_at or lms.clock.now()
    if changed & _APPLIES_AGAIN:
        name = f"late policy of course {policy.course_id}"
        lms.background.later(name, lambda: late_policy.apply_to_course(lms, policy))
