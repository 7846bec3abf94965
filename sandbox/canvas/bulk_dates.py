"""Dates of many assignments in one job.

Unlike a changed date in a PUT of the assignment it never opens a restricted one, and it makes and deletes no
override. Source: canvas.md 4.6; canvas-lms app/models/assignment/bulk_update.rb.
"""

from __future__ import annotations

from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import world
from sandbox.canvas.errors import bad_request, not_found
from sandbox.canvas.lookups import course_for
from sandbox.canvas.params import as_bool, as_time, params
from sandbox.canvas.progress_jobs import JobFailed, begin
from sandbox.world import notices, rows
from sandbox.world.model import Assignment, AssignmentOverride
from sandbox.world.store import World
from sandbox.world.visibility import key_of

_DATES = ("due_at", "unlock_at", "lock_at")
Dates = list[dict[str, Any]]


@endpoint("PUT", "/courses/<course_id>/assignments/bulk_update")
def update_dates(course_id: str) -> dict[str, Any]:
    """The body is a JSON list: [{id, all_dates: [{base: true, due_at, ...}, {id: override, ...}]}].

    Of the base a date that is not sent stays; of an override it is no longer overridden. null clears. An
    override that is not the assignment's fails the whole job.
    """
    course = course_for(course_id, "manage_assignments_edit")
    sent = params().get("_json")
    if not isinstance(sent, list):
        raise bad_request("expected array")
    if not all(isinstance(entry, dict) and "id" in entry for entry in sent):
        raise bad_request("missing assignment id")
    known = {str(a.id): a for a in world().live(Assignment, course_id=course.id)}
    if any(str(entry["id"]) not in known for entry in sent):
        raise not_found()
    plan = [(known[str(entry["id"])], _read(entry.get("all_dates"))) for entry in sent]
    lms = world()
    return begin(course, "assignment_bulk_update", lambda: _run(lms, plan))


def _read(sent: Any) -> Dates:
    entries = [entry for entry in sent if isinstance(entry, dict)] if isinstance(sent, list) else []
    return [
        entry | {name: as_time(entry[name], name) for name in _DATES if name in entry} for entry in entries
    ]


def _run(lms: World, plan: list[tuple[Assignment, Dates]]) -> dict[str, Any]:
    """All or nothing: every override is found before any date is set."""
    found: list[tuple[Assignment, Dates, list[tuple[AssignmentOverride, dict[str, Any]]]]] = []
    for assignment, dates in plan:
        base = [entry for entry in dates if as_bool(entry.get("base"))]
        own = lms.live(AssignmentOverride, course_id=assignment.course_id, content=key_of(assignment))
        by_id = {str(o.id): o for o in own}
        others = []
        for entry in (entry for entry in dates if not as_bool(entry.get("base"))):
            override = by_id.get(str(entry.get("id")))
            if override is None:
                told = f"invalid assignment override id {entry.get('id')} for assignment {assignment.id}"
                raise JobFailed(results={"message": told})
            others.append((override, entry))
        found.append((assignment, base[:1], others))
    changed = [assignment for assignment, base, others in found if _set(lms, assignment, base, others)]
    rows.recompute(lms, changed)
    return {"updated_count": len(changed)}


def _set(
    lms: World,
    assignment: Assignment,
    base: Dates,
    others: list[tuple[AssignmentOverride, dict[str, Any]]],
) -> bool:
    before, changed = notices.Before(assignment, lms), False
    for entry in base:
        for name in (name for name in _DATES if name in entry):
            changed |= getattr(assignment, name) != entry[name]
            setattr(assignment, name, entry[name])
    for override, entry in others:
        for name in _DATES:
            new = (entry.get(name), name in entry)
            changed |= (getattr(override, name), getattr(override, f"{name}_set")) != new
            setattr(override, name, new[0])
            setattr(override, f"{name}_set", new[1])
    if changed:
        assignment.updated_at = lms.clock.now()
        notices.tell_changed(lms, assignment, before)
    return changed
