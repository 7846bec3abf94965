"""The doors of tests: the journal's counts, notices, background jobs, switches, the clock."""

from __future__ import annotations

from typing import Any

import pytest
from lms_school import School

from sandbox.world.model import Module, Notice


def door(school: School, method: str, name: str, body: object = None, status: int = 200) -> Any:
    answer = school.app.test_client().open(f"/_sandbox/{name}", method=method, json=body)
    assert answer.status_code == status, answer.text
    return answer.get_json()


def late_job(school: School, name: str, seconds: float, done: list[str]) -> None:
    school.world.background.later(name, lambda: done.append(name), seconds=seconds)


# the journal


def test_the_journal_knows_each_call_s_cost(school: School) -> None:
    school.get("modules")
    school.get("sections")
    costs = [row["cost"] for row in door(school, "GET", "journal")]
    assert len(costs) == 2
    assert all(cost and cost > 0 for cost in costs)


def test_equal_calls_have_one_fingerprint(school: School) -> None:
    for name in ("Otters", "Otters", "Herons"):
        school.post("modules", {"module": {"name": name}})
    one, again, other = (row["fingerprint"] for row in door(school, "GET", "journal"))
    assert one == again != other


def test_the_summary_counts_by_kind_and_shows_doubled_posts(school: School) -> None:
    first = school.module("Otters")
    school.module("Otters")
    for _ in range(3):
        school.get(f"modules/{first}")
    school.get("modules/9", status=404)
    found = door(school, "GET", "journal?summary=1")
    assert found["calls"] == 6
    assert found["cost"] > 0
    kinds = [(k["method"], k["pattern"], k["calls"], k["statuses"]) for k in found["kinds"]]
    assert kinds == [
        ("GET", "/api/v1/courses/:id/modules/:id", 4, {"200": 3, "404": 1}),
        ("POST", "/api/v1/courses/:id/modules", 2, {"200": 2}),
    ]
    (double,) = found["duplicates"]
    assert (double["calls"], double["numbers"], double["statuses"]) == (2, [1, 2], {"200": 2})


def test_the_summary_starts_at_a_number_too(school: School) -> None:
    school.module("Otters")
    school.module("Otters")
    assert door(school, "GET", "journal?summary=1&since=1")["duplicates"] == []


# notices


def test_notices_are_read_from_an_id_on(school: School) -> None:
    for about in ("Assignment 1", "Assignment 2"):
        school.world.add(Notice(kind="Assignment Created", user_id=school.id_of("ana"), about=about))
    first, second = door(school, "GET", "notices")
    assert (first["about"], first["kind"]) == ("Assignment 1", "Assignment Created")
    assert door(school, "GET", f"notices?since={first['id']}") == [second]


# background jobs


@pytest.mark.parametrize(
    "order", [{"hold": 1}, {"step": -1}, {"step": "all"}, {"late": "yes"}, {"stop": True}, [1]]
)
def test_an_order_for_jobs_that_cannot_be_is_refused(school: School, order: Any) -> None:
    door(school, "POST", "jobs", order, status=400)
    assert not school.world.background.held


def test_jobs_are_held_stepped_and_released(school: School) -> None:
    done: list[str] = []
    assert door(school, "POST", "jobs", {"hold": True})["held"]
    for name in ("first", "second", "third"):
        late_job(school, name, 1, done)
    school.world.clock.advance(60)
    school.get("modules")
    waiting = door(school, "GET", "jobs")["waiting"]
    assert ([job["name"] for job in waiting], done) == (["first", "second", "third"], [])
    left = door(school, "POST", "jobs", {"step": 1})["waiting"]
    assert ([job["name"] for job in left], done) == (["second", "third"], ["first"])
    found = door(school, "POST", "jobs", {"release": True})
    assert (found["waiting"], found["held"], done) == ([], False, ["first", "second", "third"])


def test_late_jobs_come_when_they_are_due(school: School) -> None:
    done: list[str] = []
    door(school, "POST", "jobs", {"late": True})
    late_job(school, "rows", 1, done)
    school.get("modules")
    assert done == []
    door(school, "POST", "clock", {"advance_seconds": 2})
    school.get("modules")
    assert done == ["rows"]


def test_a_look_through_a_door_finds_what_is_due_done_too(school: School) -> None:
    door(school, "POST", "jobs", {"late": True})
    late_job(school, "rows", 1, [])
    assert len(door(school, "GET", "jobs")["waiting"]) == 1
    school.world.clock.advance(2)
    assert door(school, "GET", "jobs")["waiting"] == []


def test_rows_lag_behind_an_override_while_jobs_are_held(school: School) -> None:
    check = school.assignment()
    module_id = school.holding(check)
    door(school, "POST", "jobs", {"hold": True})
    school.assign_module(module_id, {"student_ids": [school.id_of("ana")]})
    assert not school.sees("ben", check)
    assert school.holds_row("ben", check), "the row is still there"
    door(school, "POST", "jobs", {"release": True})
    assert not school.holds_row("ben", check)


def test_late_work_is_done_when_the_door_steps_it(school: School) -> None:
    fault = {"match": {"method": "POST", "path": "/modules$"}, "do": {"later": 20}}
    door(school, "POST", "faults", [fault])
    school.call("POST", "modules", json={"module": {"name": "Otters"}})
    assert school.world.live(Module) == []
    door(school, "POST", "jobs", {"step": 1})
    assert [module.name for module in school.world.live(Module)] == ["Otters"]


# clock and switches


def test_the_clock_is_set_moved_and_run(school: School) -> None:
    found = door(
        school, "POST", "clock", {"set": "2026-12-01T08:00:00+00:00", "advance_seconds": 60, "speed": 0}
    )
    assert found == {"now": "2026-12-01T08:01:00+00:00", "speed": 0.0}
    assert door(school, "GET", "clock") == found
    door(school, "POST", "clock", {"set": "yesterday"}, status=400)


def test_switches_are_turned_all_or_none(school: School) -> None:
    before = door(school, "GET", "switches")
    door(school, "POST", "switches", {"tags_feature": False, "no_such": True}, status=400)
    assert door(school, "GET", "switches") == before
    assert door(school, "POST", "switches", {"tags_feature": False})["tags_feature"] is False
