"""Rubrics, assessments by them, and the outcome results that follow."""

from __future__ import annotations

from typing import Any

import pytest
from lms_school import School

from sandbox.world.model import Outcome, OutcomeResult

RATINGS = [{"description": "Got it", "points": 4}, {"description": "Not yet", "points": 0}]


def outcome(school: School) -> int:
    return school.world.add(
        Outcome(context_type="Course", context_id=school.course.id, title="4.NF.1", vendor_guid="G1")
    ).id


def rubric(school: School, assignment_id: int, outcome_id: int | None = None, **link: Any) -> list[str]:
    """A rubric of two criteria, the first aligned with the outcome; returns their ids."""
    first = {"description": "Equal", "points": 4, "ratings": RATINGS}
    if outcome_id:
        first["learning_outcome_id"] = outcome_id
    body = {
        "rubric": {"title": "Check", "criteria": {"0": first, "1": {"description": "Neat", "points": 2}}},
        "rubric_association": {
            "association_id": assignment_id,
            "association_type": "Assignment",
            "use_for_grading": True,
        }
        | link,
    }
    made = school.post("rubrics", body)
    return [criterion["id"] for criterion in made["rubric"]["criteria"]]


def assess(school: School, assignment_id: int, status: int = 200, **by_criterion: Any) -> dict[str, Any]:
    place = f"assignments/{assignment_id}/submissions/{school.id_of('ana')}"
    done: dict[str, Any] = school.put(place, {"rubric_assessment": by_criterion}, status=status)
    return done


def test_an_assignment_shows_its_rubric_and_takes_its_points(school: School) -> None:
    assignment_id, outcome_id = school.assignment(points_possible=10), outcome(school)
    rubric(school, assignment_id, outcome_id)
    shown = school.get(f"assignments/{assignment_id}")
    assert (shown["points_possible"], shown["use_rubric_for_grading"]) == (6.0, True)
    aligned, plain = shown["rubric"]
    assert (aligned["outcome_id"], aligned["vendor_guid"]) == (outcome_id, "G1")
    assert "outcome_id" not in plain
    assert [r["points"] for r in aligned["ratings"]] == [4, 0]


def test_a_rubric_that_is_not_for_grading_changes_no_points(school: School) -> None:
    assignment_id = school.assignment(points_possible=10)
    ids = rubric(school, assignment_id, use_for_grading=False)
    assert school.get(f"assignments/{assignment_id}")["points_possible"] == 10
    assert assess(school, assignment_id, **{ids[0]: {"points": 3}})["score"] is None


def test_an_assessment_gives_the_score_and_is_read_back(school: School) -> None:
    assignment_id = school.assignment()
    one, two = rubric(school, assignment_id)
    done = assess(school, assignment_id, **{one: {"points": 4, "comments": "Yes"}, two: {"points": 1.5}})
    assert done["score"] == 5.5
    place = f"assignments/{assignment_id}/submissions/{school.id_of('ana')}?include[]=rubric_assessment"
    for by in ("rivera", "ana"):
        shown = school.get(place, by=by)["rubric_assessment"]
        assert (shown[one]["points"], shown[one]["comments"], shown[two]["points"]) == (4.0, "Yes", 1.5)
    rating = next(r for r in school.get(f"assignments/{assignment_id}")["rubric"][0]["ratings"])
    assert shown[one]["rating_id"] == rating["id"]


def test_an_assessment_of_unknown_criteria_is_refused(school: School) -> None:
    assignment_id = school.assignment()
    rubric(school, assignment_id)
    answer = assess(school, assignment_id, status=400, nobody={"points": 1})
    assert answer == {"message": "invalid rubric_assessment"}


def test_without_a_rubric_an_assessment_is_passed_over(school: School) -> None:
    assert assess(school, school.assignment(), crit={"points": 1})["score"] is None


@pytest.mark.parametrize(("points", "kept"), [(3, 3.0), (9, 4.0)])
def test_an_aligned_criterion_makes_one_outcome_result(school: School, points: int, kept: float) -> None:
    assignment_id, outcome_id = school.assignment(), outcome(school)
    ids = rubric(school, assignment_id, outcome_id)
    for value in (1, points):
        assess(school, assignment_id, **{ids[0]: {"points": value}, ids[1]: {"points": 0}})
    results = list(school.world.find(OutcomeResult, outcome_id=outcome_id))
    assert [(r.user_id, r.score, r.possible, r.assignment_id) for r in results] == [
        (school.id_of("ana"), kept, 4.0, assignment_id)
    ]


def test_outcome_results_come_by_a_background_job(school: School) -> None:
    assignment_id, outcome_id = school.assignment(), outcome(school)
    ids = rubric(school, assignment_id, outcome_id, hide_outcome_results=True)
    school.world.background.held = True
    assess(school, assignment_id, **{ids[0]: {"points": 3}})
    assert not list(school.world.find(OutcomeResult))
    school.world.background.release()
    assert [r.hidden for r in school.world.find(OutcomeResult)] == [True]


def test_a_bulk_assessment_does_the_same(school: School) -> None:
    assignment_id = school.assignment()
    ids = rubric(school, assignment_id)
    data = {str(school.id_of("ana")): {"rubric_assessment": {ids[0]: {"points": 2}}}}
    school.post(f"assignments/{assignment_id}/submissions/update_grades", {"grade_data": data})
    assert school.get(f"assignments/{assignment_id}/submissions/{school.id_of('ana')}")["score"] == 2.0


def test_students_make_no_rubrics(school: School) -> None:
    school.post("rubrics", {"rubric": {"title": "Mine"}}, by="ana", status=403)
