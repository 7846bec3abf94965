"""A whole cycle on hosts that differ where the references could not say for sure: every switch, both ways."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from cycle_room import Room

from lti_app.jobs import tasks
from sandbox.world import grading
from sandbox.world.model import Assignment
from sandbox.world.switches import Switches
from sandbox.world.visibility import modules_for, sees_content

pytestmark = pytest.mark.xdist_group("other-hosts")
# The other value of each switch that is not simply on or off.
OTHER = {
    "status_generation": "older",
    "visibility_cache_seconds": 300,
    "outcome_service_cache_seconds": 0,
    "lti_issuer": "https://canvas.instructure.com",
}


def other_value(name: str) -> Any:
    """What a host has that differs in that one fact."""
    value = getattr(Switches(), name)
    return (not value) if isinstance(value, bool) else OTHER[name]


def units_seen(room: Room) -> dict[str, list[str]]:
    """The modules in each student's list, by login."""
    course = room.seeded.course.id
    return {
        one.login_id: [module.name for module, _ in modules_for(room.world, course, one.id)]
        for one in room.seeded.students[:9]
    }


def a_whole_cycle(room: Room) -> dict[str, list[str]]:
    """Pulled, grouped, written, one check met and its score sent; what each student sees then."""
    room.keep_small()
    room.write("next_unit", "scores")
    student = room.seeded.students[0]
    ours = [one for one in room.world.live(Assignment) if one.name.endswith("· check")]
    check = next(one for one in ours if sees_content(room.world, one, student.id))
    grading.hand_in(room.world, check, student.id, kind="online_text_entry", body="My work.")
    grading.set_score(room.world, check, student.id, 5.0, grader_id=room.seeded.staff["rivera"].id)
    room.done(tasks.RESULTS)
    room.world.background.release()
    columns = [one for one in room.world.live(Assignment) if one.name.startswith("Playlist mastery")]
    scores = [row.score for one in columns for row in room.world.submissions_of(one.id).values()]
    assert len([score for score in scores if score]) == 1
    found = room.done(tasks.PLAN)
    assert found["changes"] == 0, "a second plan finds nothing to write"
    return units_seen(room)


@pytest.fixture(scope="module")
def usual() -> dict[str, list[str]]:
    """What students see at the end on a host of the usual kind; filled by the first test."""
    return {}


def test_a_cycle_on_the_usual_host(room: Room, usual: dict[str, list[str]]) -> None:
    usual.update(a_whole_cycle(room))
    assert any(usual.values())
    assert len({tuple(units) for units in usual.values()}) > 1, "not all see the same"


@pytest.mark.parametrize("name", [each.name for each in fields(Switches)])
def test_a_cycle_on_a_host_that_differs(room: Room, usual: dict[str, list[str]], name: str) -> None:
    setattr(room.world.switches, name, other_value(name))
    assert a_whole_cycle(room) == usual


def test_a_cycle_on_a_host_whose_jobs_are_late(room: Room, usual: dict[str, list[str]]) -> None:
    room.world.background.late = True
    assert a_whole_cycle(room) == usual
