"""The calendar as a list: what is due when, for the person who looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template

from sandbox.pages.audience import who_words
from sandbox.pages.courses import course_frame
from sandbox.pages.guards import Place, in_course
from sandbox.world.model import Assignment
from sandbox.world.rows import student_due_at
from sandbox.world.visibility import Audiences, audiences, key_of, viewers

blueprint = Blueprint("dates", __name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """One date of one assignment."""

    assignment: Assignment
    due_at: datetime
    who: str
    """For staff: whose date it is. Empty for a student."""
    is_past: bool


@dataclass(frozen=True, slots=True)
class Day:
    day: datetime
    entries: list[Entry]


@blueprint.get("/courses/<int:course_id>/calendar")
@in_course
def calendar(place: Place) -> str:
    """Dated assignments by day, and how many have no date. A student finds their own dates only."""
    only = None if place.learner_id is None else place.learner_id
    facts = audiences(place.world, place.course.id, only_user=only)
    found: list[Entry] = []
    undated = 0
    for assignment in place.world.live(Assignment, course_id=place.course.id):
        if only is not None and only not in viewers(facts, assignment):
            continue
        dates = _dates(place, facts, assignment)
        undated += not dates
        now = place.world.clock.now()
        found += [Entry(assignment, due_at, who, due_at < now) for due_at, who in dates]
    return render_template(
        "pages/calendar.html", **course_frame(place, "calendar"), days=_by_day(found), undated=undated
    )


def _dates(place: Place, facts: Audiences, assignment: Assignment) -> list[tuple[datetime, str]]:
    if place.learner_id is not None:
        due_at = student_due_at(facts, assignment, place.learner_id)
        return [] if due_at is None else [(due_at, "")]
    overrides = [o for o in facts.own_overrides.get(key_of(assignment), []) if o.due_at_set and o.due_at]
    own = [(o.due_at, who_words(place.world, o)) for o in overrides if o.due_at is not None]
    if assignment.due_at is None:
        return own
    return [(assignment.due_at, "everyone else" if own else ""), *own]


def _by_day(entries: list[Entry]) -> list[Day]:
    days: dict[str, Day] = {}
    for entry in sorted(entries, key=lambda e: (e.due_at, e.assignment.name, e.assignment.id)):
        days.setdefault(entry.due_at.date().isoformat(), Day(entry.due_at, [])).entries.append(entry)
    return list(days.values())
