"""Course totals: weights, drop rules, what is not posted, what counts for nothing."""

from __future__ import annotations

from typing import Any

import pytest
from lms_school import School

from sandbox.world import grading
from sandbox.world.final_grades import Piece, Totals, dropped
from sandbox.world.model import Assignment, AssignmentGroup


def group(school: School, name: str, **fields: Any) -> int:
    made: int = school.post("assignment_groups", {"name": name} | fields)["id"]
    return made


def grade(school: School, assignment_id: int, score: float, login: str = "ana") -> None:
    assignment = school.world.table(Assignment)[assignment_id]
    grading.set_score(school.world, assignment, school.id_of(login), score, grader_id=1)


def totals(school: School, login: str = "ana") -> Totals:
    counting = grading.counting_assignments(school.world, school.course.id)
    return grading.totals(school.world, counting, school.id_of(login))


@pytest.mark.parametrize("rules", [
    {"drop_lowest": -1}, {"drop_highest": "many"}, {"never_drop": [999_999]},
])  # fmt: skip
def test_wrong_rules_are_refused(school: School, rules: dict[str, Any]) -> None:
    group_id = group(school, "Checks")
    school.put(f"assignment_groups/{group_id}", {"rules": rules}, status=400)
    assert school.get(f"assignment_groups/{group_id}")["rules"] == {}


def test_groups_keep_weights_and_rules(school: School) -> None:
    kept = school.assignment()
    group_id = group(school, "Checks", group_weight=37.5)
    rules = {"drop_lowest": 1, "never_drop": [kept]}
    school.put(f"assignment_groups/{group_id}", {"rules": rules})
    shown = school.get(f"assignment_groups/{group_id}")
    assert (shown["group_weight"], shown["rules"]) == (37.5, rules)


@pytest.mark.parametrize(("weighted", "weights", "wanted"), [
    (False, (80, 20), (70.0, 46.67)),
    (True, (80, 20), (88.0, 48.0)),
    (True, (40, 10), (88.0, 48.0)),
    (True, (0, 0), (None, None)),
    (True, (100, 0), (100.0, 50.0)),
])  # fmt: skip
def test_weights_count_when_the_course_says_so_and_are_scaled_up_to_100(
    school: School, weighted: bool, weights: tuple[int, int], wanted: tuple[float | None, float | None]
) -> None:
    school.course.apply_assignment_group_weights = weighted
    work, checks = (group(school, str(w), group_weight=w) for w in weights)
    grade(school, school.assignment(assignment_group_id=work), 5)
    school.assignment("not done", assignment_group_id=work)
    grade(school, school.assignment(assignment_group_id=checks), 2)
    got = totals(school)
    assert (got.current, got.final) == wanted


def test_ungraded_is_zero_in_the_final_and_nothing_in_the_current(school: School) -> None:
    grade(school, school.assignment(), 4)
    school.assignment("not done")
    assert (totals(school).current, totals(school).final) == (80.0, 40.0)


def test_what_is_not_posted_is_for_staff(school: School) -> None:
    grade(school, school.assignment(), 5)
    hidden = school.assignment("hidden")
    school.world.table(Assignment)[hidden].post_manually = True
    grade(school, hidden, 0)
    got = totals(school)
    assert (got.current, got.unposted_current) == (100.0, 50.0)
    assert (got.final, got.unposted_final) == (50.0, 50.0)
    assert (got.current_points, got.unposted_current_points) == (5.0, 5.0)


@pytest.mark.parametrize(
    "fields", [{"omit_from_final_grade": True}, {"grading_type": "not_graded"}, {"points_possible": 0}]
)
def test_a_score_that_does_not_count_changes_no_total(school: School, fields: dict[str, Any]) -> None:
    grade(school, school.assignment(), 4)
    grade(school, school.assignment(**fields), 0)
    assert (totals(school).current, totals(school).final) == (80.0, 80.0)


def test_work_that_waits_for_review_is_not_in_the_current_total(school: School) -> None:
    grade(school, school.assignment(), 4)
    waiting = school.assignment()
    grade(school, waiting, 1)
    row = school.world.submission(waiting, school.id_of("ana"))
    assert row is not None
    row.workflow_state = "pending_review"
    assert totals(school).current == 80.0


def test_a_unit_that_is_taken_away_takes_its_score_out_and_brings_it_back(school: School) -> None:
    grade(school, school.assignment(), 4)
    unit = school.assignment()
    grade(school, unit, 0)
    for restricted, wanted in ((True, 80.0), (False, 40.0)):
        school.put(f"assignments/{unit}", {"assignment": {"only_visible_to_overrides": restricted}})
        assert totals(school).current == wanted


def test_a_zero_by_the_late_policy_counts_like_any_other(school: School) -> None:
    policy = {"missing_submission_deduction_enabled": True, "missing_submission_deduction": 100}
    school.post("late_policy", {"late_policy": policy}, status=201)
    grade(school, school.assignment(), 5)
    check = school.assignment(due_at="2026-09-07T09:00:00Z")
    quiet = school.assignment(due_at="2026-09-07T09:00:00Z", submission_types=["external_tool"])
    school.world.clock.advance(1800)
    assert totals(school).current == 100.0
    school.world.clock.advance(1801)
    school.get("assignments", by="ana")
    assert totals(school).current == 50.0
    assert school.world.submission(check, school.id_of("ana")).score == 0.0  # type: ignore[union-attr]
    assert school.world.submission(quiet, school.id_of("ana")).score is None  # type: ignore[union-attr]


def pieces(*pairs: tuple[float, float], fixed: int = -1) -> list[Piece]:
    return [Piece(n, score, total, n == fixed) for n, (score, total) in enumerate(pairs)]


@pytest.mark.parametrize(("given", "lowest", "highest", "kept"), [
    (pieces((1, 10), (9, 10)), 0, 0, {0, 1}),
    (pieces((1, 10), (9, 10)), 1, 0, {1}),
    (pieces((1, 10), (9, 10)), 0, 1, {0}),
    (pieces((1, 10), (9, 10)), 5, 5, {1}),
    (pieces((0, 2), (40, 100), (9, 10)), 1, 0, {0, 2}),
    (pieces((1, 10), (9, 10), (5, 10), fixed=0), 1, 0, {0, 1}),
    (pieces((1, 0), (3, 0), (2, 0)), 1, 1, {2}),
    ([], 1, 1, set()),
])  # fmt: skip
def test_what_helps_the_per_cent_most_is_dropped(
    given: list[Piece], lowest: int, highest: int, kept: set[int]
) -> None:
    assert {p.assignment_id for p in dropped(given, lowest, highest)} == kept


def test_the_lowest_score_of_a_group_is_dropped_from_the_total(school: School) -> None:
    group_id = group(school, "Checks", rules={"drop_lowest": 1})
    for score in (1, 5):
        grade(school, school.assignment(assignment_group_id=group_id), score)
    assert totals(school).current == 100.0
    assert school.world.table(AssignmentGroup)[group_id].drop_lowest == 1
