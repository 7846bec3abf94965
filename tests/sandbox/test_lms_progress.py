"""Prerequisites, requirements and order: what unlocks, what stays open, what goes stale."""

from __future__ import annotations

from typing import Any

import pytest
from lms_audience import grade
from lms_school import School

from sandbox.world.grading import excuse
from sandbox.world.model import Assignment, Module


def asks(kind: str, **more: Any) -> dict[str, Any]:
    return {"completion_requirement": {"type": kind, **more}}


def unit(school: School, name: str, *, after: int | None = None, **module: Any) -> int:
    made = school.module(name, published=True)
    fields = module | ({"prerequisite_module_ids": [after]} if after else {})
    school.put(f"modules/{made}", {"module": fields})
    return made


def check(school: School, module_id: int, requirement: dict[str, Any], **fields: Any) -> int:
    """An assignment in the module, with a requirement."""
    assignment_id = school.assignment(**fields)
    school.item(module_id, type="Assignment", content_id=assignment_id, **requirement)
    return assignment_id


def link(school: School, module_id: int, **requirement: Any) -> None:
    item = school.item(module_id, type="ExternalUrl", external_url="https://e.example/", **requirement)
    school.put(f"modules/{module_id}/items/{item['id']}", {"module_item": {"published": True}})


def state(school: School, module_id: int, login: str = "ana") -> str:
    """As the teacher sees it for the student; a hidden module has a state too, in the modules after it."""
    shown: str = school.get(f"modules/{module_id}?student_id={school.id_of(login)}")["state"]
    return shown


def hand_in(school: School, assignment_id: int, *, status: int = 201) -> None:
    body = {"submission": {"submission_type": "online_text_entry", "body": "x"}}
    school.post(f"assignments/{assignment_id}/submissions", body, by="ana", status=status)


# requirements


def test_a_score_that_is_not_posted_only_starts_the_unit(school: School) -> None:
    module_id = unit(school, "A")
    assignment_id = check(school, module_id, asks("min_percentage", min_percentage=80))
    school.world.table(Assignment)[assignment_id].post_manually = True
    grade(school, assignment_id, "ana", "5")
    assert state(school, module_id) == "started"


@pytest.mark.parametrize("points", [0, 5])
def test_a_percentage_needs_points(school: School, points: int) -> None:
    module_id = unit(school, "A")
    assignment_id = check(
        school, module_id, asks("min_percentage", min_percentage=80), points_possible=points
    )
    grade(school, assignment_id, "ana", "5")
    assert (state(school, module_id) == "completed") is (points > 0)


def test_a_grade_is_no_hand_in(school: School) -> None:
    module_id = unit(school, "A")
    assignment_id = check(school, module_id, asks("must_submit"))
    grade(school, assignment_id, "ana", "5")
    assert state(school, module_id) == "unlocked"
    hand_in(school, assignment_id)
    assert state(school, module_id) == "completed"


@pytest.mark.parametrize("requirement", [asks("must_submit"), asks("min_score", min_score=4)])
def test_who_is_excused_has_met_every_requirement(school: School, requirement: dict[str, Any]) -> None:
    module_id = unit(school, "A")
    assignment_id = check(school, module_id, requirement)
    excuse(school.world, school.world.table(Assignment)[assignment_id], school.id_of("ana"), grader_id=1)
    assert state(school, module_id) == "completed"


def test_a_lowered_score_takes_completion_back_but_a_hand_in_stays(school: School) -> None:
    module_id, other = unit(school, "A"), unit(school, "B")
    scored = check(school, module_id, asks("min_score", min_score=4))
    handed = check(school, other, asks("must_submit"))
    grade(school, scored, "ana", "4")
    hand_in(school, handed)
    assert [state(school, m) for m in (module_id, other)] == ["completed", "completed"]
    grade(school, scored, "ana", "3")
    grade(school, handed, "ana", "0")
    assert [state(school, m) for m in (module_id, other)] == ["started", "completed"]


def test_one_of_several_is_enough_where_the_module_says_so(school: School) -> None:
    module_id = unit(school, "A")
    one = check(school, module_id, asks("min_score", min_score=4))
    check(school, module_id, asks("min_score", min_score=4))
    school.world.table(Module)[module_id].requirement_count = 1
    grade(school, one, "ana", "4")
    assert state(school, module_id) == "completed"


def test_what_is_marked_done_can_be_taken_back(school: School) -> None:
    module_id, assignment_id = unit(school, "A"), school.assignment()
    item = school.item(module_id, type="Assignment", content_id=assignment_id, **asks("must_mark_done"))
    place = f"modules/{module_id}/items/{item['id']}/done"
    school.put(place, by="ana")
    assert state(school, module_id) == "completed"
    school.delete(place, by="ana")
    assert state(school, module_id) == "unlocked"


def test_nothing_locked_can_be_marked_as_read(school: School) -> None:
    first, second = unit(school, "A"), school.module("B", published=True)
    check(school, first, asks("must_submit"))
    school.put(f"modules/{second}", {"module": {"prerequisite_module_ids": [first]}})
    item = school.item(second, type="Assignment", content_id=school.assignment(), **asks("must_view"))
    answer = school.post(f"modules/{second}/items/{item['id']}/mark_read", by="ana", status=403)
    assert answer == {"message": "The module item is locked."}


# prerequisites


@pytest.mark.parametrize("change", ["unpublish", "delete"])
def test_a_prerequisite_that_is_unpublished_or_deleted_counts_no_more(school: School, change: str) -> None:
    first = unit(school, "A")
    check(school, first, asks("must_submit"))
    second = unit(school, "B", after=first)
    assert state(school, second) == "locked"
    if change == "delete":
        school.delete(f"modules/{first}")
    else:
        school.put(f"modules/{first}", {"module": {"published": False}})
    school.put(f"modules/{second}", {"module": {"name": "B"}})
    assert state(school, second) == "unlocked" or state(school, second) == "completed"


def test_a_chain_opens_link_by_link_and_an_empty_unit_is_done_at_once(school: School) -> None:
    first = unit(school, "A")
    assignment_id = check(school, first, asks("min_score", min_score=4))
    second = unit(school, "B", after=first)
    third = unit(school, "C", after=second)
    assert [state(school, m) for m in (first, second, third)] == ["unlocked", "locked", "locked"]
    grade(school, assignment_id, "ana", "4")
    assert [state(school, m) for m in (first, second, third)] == ["completed"] * 3


def test_the_time_of_a_unit_locks_it_and_passes(school: School) -> None:
    module_id = unit(school, "A", unlock_at="2026-09-07T08:01:00Z")
    assert state(school, module_id) == "locked"
    school.world.clock.advance(61)
    assert state(school, module_id) == "completed"


def test_a_score_earned_while_locked_counts_when_the_unit_unlocks(school: School) -> None:
    first = unit(school, "A")
    gate = check(school, first, asks("min_score", min_score=4))
    second = unit(school, "B", after=first)
    assignment_id = check(school, second, asks("min_score", min_score=4))
    grade(school, assignment_id, "ana", "5")
    assert state(school, second) == "locked"
    grade(school, gate, "ana", "5")
    assert state(school, second) == "completed"


# modules the student does not see


def test_a_hidden_unit_with_hidden_work_stops_nobody(school: School) -> None:
    first = unit(school, "A")
    check(school, first, asks("must_submit"), only_visible_to_overrides=True)
    school.assign_module(first, {"student_ids": [school.id_of("ben")]})
    second = unit(school, "B", after=first)
    assert [state(school, second, who) for who in ("ana", "ben")] == ["completed", "locked"]


def test_a_hidden_unit_with_a_required_link_blocks_for_ever(school: School) -> None:
    first = unit(school, "A")
    link(school, first, **asks("must_view"))
    school.assign_module(first, {"student_ids": [school.id_of("ben")]})
    second = unit(school, "B", after=first)
    assert state(school, second) == "locked"


# order


def test_in_order_the_hidden_are_passed_over_and_the_rest_wait(school: School) -> None:
    module_id = unit(school, "A", require_sequential_progress=True)
    for_ben = [{"student_ids": [school.id_of("ben")], "title": "B"}]
    check(
        school,
        module_id,
        asks("must_submit"),
        only_visible_to_overrides=True,
        assignment_overrides=for_ben,
    )
    first, later = (check(school, module_id, asks("must_submit")) for _ in range(2))
    hand_in(school, later, status=400)
    hand_in(school, first)
    hand_in(school, later)


# stale, and locked again


def test_who_joins_a_unit_late_keeps_an_old_completed_until_the_module_is_saved(school: School) -> None:
    module_id = unit(school, "A")
    check(school, module_id, asks("must_submit"), only_visible_to_overrides=True)
    for_ben = {"student_ids": [school.id_of("ben")]}
    school.assign_module(module_id, for_ben)
    after = unit(school, "B", after=module_id)
    assert state(school, after) == "completed", "A asks nothing of Ana"
    school.assign_module(module_id, {"student_ids": [school.id_of("ana"), school.id_of("ben")]})
    assert [state(school, m) for m in (module_id, after)] == ["completed", "completed"]
    school.put(f"modules/{module_id}", {"module": {"name": "A"}})
    assert [state(school, m) for m in (module_id, after)] == ["unlocked", "completed"]


def test_only_relock_locks_what_was_open(school: School) -> None:
    first, second = unit(school, "A"), unit(school, "B")
    assert [state(school, m) for m in (first, second)] == ["completed", "completed"]
    check(school, first, asks("must_submit"))
    change = school.put(f"modules/{second}", {"module": {"prerequisite_module_ids": [first]}})
    assert change["relock_warning"] is True
    assert [state(school, m) for m in (first, second)] == ["unlocked", "completed"]
    school.put(f"modules/{second}/relock")
    assert [state(school, m) for m in (first, second)] == ["unlocked", "locked"]


def test_relock_reaches_the_units_that_wait_for_it(school: School) -> None:
    first = unit(school, "A")
    second = unit(school, "B", after=first)
    assert [state(school, m) for m in (first, second)] == ["completed", "completed"]
    check(school, first, asks("must_submit"))
    school.put(f"modules/{first}/relock")
    assert [state(school, m) for m in (first, second)] == ["unlocked", "locked"]
    school.put(f"modules/{first}/relock", by="ana", status=403)


def test_completed_at_is_told_to_the_student(school: School) -> None:
    module_id = unit(school, "A")
    assignment_id = check(school, module_id, asks("must_submit"))
    assert school.get(f"modules/{module_id}", by="ana")["completed_at"] is None
    hand_in(school, assignment_id)
    assert school.get(f"modules/{module_id}", by="ana")["completed_at"] == "2026-09-07T08:00:00Z"


def test_the_progress_of_who_has_ended_is_frozen(school: School) -> None:
    first = unit(school, "A")
    assignment_id = check(school, first, asks("min_score", min_score=4))
    grade(school, assignment_id, "ana", "4")
    assert state(school, first) == "completed"
    row = next(e for e in school.get("enrollments?per_page=100") if e["user_id"] == school.id_of("ana"))
    school.delete(f"enrollments/{row['id']}")
    check(school, first, asks("must_submit"))
    assert state(school, first) == "completed"
