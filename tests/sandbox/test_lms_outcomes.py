"""Outcomes, results and rollups."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lms_school import MONDAY, School

from sandbox.world.model import Outcome, OutcomeResult


@pytest.fixture
def outcome(school: School) -> Outcome:
    """An outcome on which Ana has two results and Ben none."""
    made = school.world.add(Outcome(context_type="Course", context_id=school.course.id, title="Main idea"))
    for days, score in ((1, 3.0), (2, 2.0)):
        school.world.add(
            OutcomeResult(
                course_id=school.course.id, outcome_id=made.id, user_id=school.id_of("ana"), score=score,
                possible=4.0, submitted_at=MONDAY + timedelta(days=days),
            )
        )  # fmt: skip
    return made


def test_links_carry_the_full_outcome_only_when_asked(school: School, outcome: Outcome) -> None:
    assert "mastery_points" not in school.get("outcome_group_links")[0]["outcome"]
    full = school.get("outcome_group_links?outcome_style=full")[0]["outcome"]
    assert (full["title"], full["mastery_points"], full["assessed"]) == ("Main idea", 3.0, True)
    assert school.get(f"/outcomes/{outcome.id}")["points_possible"] == 4.0


def test_results_link_by_text_ids(school: School, outcome: Outcome) -> None:
    rows = school.get("outcome_results")["outcome_results"]
    assert [(r["score"], r["mastery"], r["percent"]) for r in rows] == [(3.0, True, 0.75), (2.0, False, 0.5)]
    assert rows[0]["links"]["user"] == str(school.id_of("ana"))
    assert rows[0]["links"]["learning_outcome"] == str(outcome.id)


@pytest.mark.parametrize(("method", "score"), [("highest", 3.0), ("latest", 2.0)])
def test_a_rollup_takes_the_highest_or_the_latest(
    school: School, outcome: Outcome, method: str, score: float
) -> None:
    outcome.calculation_method = method
    rollups = school.get("outcome_rollups")["rollups"]
    of_ana = next(r for r in rollups if r["links"]["user"] == str(school.id_of("ana")))
    assert [(s["score"], s["count"]) for s in of_ana["scores"]] == [(score, 2)]


def test_a_student_of_two_sections_has_two_rollups_and_one_without_results_no_score(
    school: School, outcome: Outcome
) -> None:
    section_id = school.section("Otters", "ana")
    rollups = school.get("outcome_rollups")["rollups"]
    sections = [r["links"]["section"] for r in rollups if r["links"]["user"] == str(school.id_of("ana"))]
    assert sections == [str(school.home.id), str(section_id)]
    ben = next(r for r in rollups if r["links"]["user"] == str(school.id_of("ben")))
    assert ben["scores"] == []
    only = school.get(f"outcome_rollups?section_id={section_id}")["rollups"]
    assert [r["links"]["user"] for r in only] == [str(school.id_of("ana"))]


@pytest.mark.parametrize("query", [
    "user_ids[]=999999", "user_ids[]={rivera}", "user_ids[]=ana", "outcome_ids[]=999999",
])  # fmt: skip
def test_one_unknown_id_refuses_the_whole_call(school: School, outcome: Outcome, query: str) -> None:
    query = query.format(rivera=school.id_of("rivera"))
    for path in ("outcome_results", "outcome_rollups"):
        school.get(f"{path}?{query}", status=400)


def test_a_student_reads_own_results_only(school: School, outcome: Outcome) -> None:
    school.get("outcome_results", by="ana", status=403)
    school.get(f"outcome_results?user_ids[]={school.id_of('ben')}", by="ana", status=403)
    own = school.get(f"outcome_results?user_ids[]={school.id_of('ana')}", by="ana")
    assert len(own["outcome_results"]) == 2


def test_hidden_results_come_only_when_asked(school: School, outcome: Outcome) -> None:
    for result in school.world.find(OutcomeResult):
        result.hidden = True
    assert school.get("outcome_results")["outcome_results"] == []
    assert len(school.get("outcome_results?include_hidden=true")["outcome_results"]) == 2
