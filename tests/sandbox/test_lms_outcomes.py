"""Outcomes, their folders, results and rollups."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from lms_school import MONDAY, School

from sandbox.world import mastery, people
from sandbox.world.model import Assignment, Enrollment, Outcome, OutcomeResult, Submission


def result(
    school: School, outcome: Outcome, login: str, score: float | None, day: int, **more: Any
) -> OutcomeResult:
    return school.world.add(
        OutcomeResult(
            course_id=school.course.id, outcome_id=outcome.id, user_id=school.id_of(login), score=score,
            possible=4.0, submitted_at=MONDAY + timedelta(days=day), **more,
        )
    )  # fmt: skip


@pytest.fixture
def outcome(school: School) -> Outcome:
    """An outcome on which Ana has two results and Ben none."""
    made = school.world.add(Outcome(context_type="Course", context_id=school.course.id, title="Main idea"))
    result(school, made, "ana", 3.0, 1)
    result(school, made, "ana", 2.0, 2)
    return made


def row_of(school: School, login: str, query: str = "") -> dict[str, Any]:
    rollups = school.get(f"outcome_rollups{query}")["rollups"]
    found: dict[str, Any] = next(r for r in rollups if r["links"]["user"] == str(school.id_of(login)))
    return found


def score_of(school: School, login: str = "ana") -> float | None:
    scores = row_of(school, login)["scores"]
    return scores[0]["score"] if scores else None


def check_with_result(school: School, outcome: Outcome, login: str = "ben", **fields: Any) -> int:
    """A check on which the student got 4 of 4."""
    check = school.assignment("Check, part two", **fields)
    assignment = school.world.table(Assignment)[check]
    mastery.record_result(school.world, outcome, assignment, school.id_of(login), 4.0, 4.0)
    return check


# links and folders


def test_links_carry_the_full_outcome_only_when_asked(school: School, outcome: Outcome) -> None:
    assert "mastery_points" not in school.get("outcome_group_links")[0]["outcome"]
    full = school.get("outcome_group_links?outcome_style=full")[0]["outcome"]
    assert (full["title"], full["mastery_points"], full["assessed"]) == ("Main idea", 3.0, True)
    assert school.get(f"/outcomes/{outcome.id}")["points_possible"] == 4.0


def test_an_accounts_outcome_is_the_courses_only_by_a_link(school: School) -> None:
    account = school.course.account_id
    made = school.world.add(Outcome(context_type="Account", context_id=account, title="State standard"))
    assert school.get("outcome_group_links") == []
    root = school.get(school.call("GET", "root_outcome_group").headers["Location"].split("/api/v1")[1])
    school.put(f"outcome_groups/{root['id']}/outcomes/{made.id}", by="tom")
    (link,) = school.get("outcome_group_links")
    assert (link["outcome"]["id"], link["outcome"]["can_edit"], link["can_unlink"]) == (made.id, False, True)
    school.put(f"/outcomes/{made.id}", {"title": "Mine"}, status=403)
    school.delete(f"outcome_groups/{root['id']}/outcomes/{made.id}")
    assert school.get("outcome_group_links") == []


@pytest.mark.parametrize(("body", "status"), [
    ({}, 400), ({"title": "x", "calculation_method": "guess"}, 400),
    ({"title": "x", "calculation_method": "n_mastery", "calculation_int": 11}, 400),
    ({"outcome_id": 999}, 404),
])  # fmt: skip
def test_a_bad_outcome_is_not_made(school: School, body: dict[str, Any], status: int) -> None:
    root = school.get("outcome_groups")[0]["id"]
    school.post(f"outcome_groups/{root}/outcomes", body, status=status)
    school.post(f"outcome_groups/{root}/outcomes", {"title": "x"}, by="ana", status=403)
    assert school.get("outcome_group_links") == []


def test_an_outcome_is_made_in_a_folder_with_canvas_defaults(school: School) -> None:
    root = school.get("outcome_groups")[0]["id"]
    folder = school.post(f"outcome_groups/{root}/subgroups", {"title": "Reading"})
    ratings = [{"description": "Got it", "points": 3}, {"points": 0}]
    link = school.post(f"outcome_groups/{folder['id']}/outcomes", {"title": "Theme", "ratings": ratings})
    made = school.get(f"/outcomes/{link['outcome']['id']}")
    assert (made["calculation_method"], made["calculation_int"]) == ("decaying_average", 65)
    assert (made["points_possible"], made["mastery_points"]) == (3.0, 3.0)
    paths = school.get("outcome_results?include[]=outcome_paths")["linked"]["outcome_paths"]
    assert [part["name"] for part in paths[0]["parts"]] == ["Reading", "Theme"]


def test_an_outcome_that_is_measured_is_not_unlinked(school: School, outcome: Outcome) -> None:
    check_with_result(school, outcome)
    (link,) = school.get("outcome_group_links")
    school.delete(link["url"].removeprefix("/api/v1"), status=400)


# results


def test_results_link_by_text_ids(school: School, outcome: Outcome) -> None:
    rows = school.get("outcome_results")["outcome_results"]
    assert [(r["score"], r["mastery"], r["percent"]) for r in rows] == [(3.0, True, 0.75), (2.0, False, 0.5)]
    assert rows[0]["links"]["user"] == str(school.id_of("ana"))
    assert rows[0]["links"]["learning_outcome"] == str(outcome.id)


def test_results_are_paged_inside_their_wrapping(school: School, outcome: Outcome) -> None:
    answer = school.call("GET", "outcome_results?per_page=1")
    assert len(answer.get_json()["outcome_results"]) == 1
    assert 'rel="next"' in answer.headers["Link"]
    assert "linked" not in answer.get_json()


@pytest.mark.parametrize("query", [
    "user_ids[]=999999", "user_ids[]={rivera}", "user_ids[]=ana", "outcome_ids[]=999999",
    "user_ids[]={ana}&user_ids[]=999999", "section_id=999999", "outcome_group_id=999999",
    "user_ids[]={ana}&section_id={home}", "include[]=everything", "include[]=courses",
])  # fmt: skip
def test_one_unknown_id_refuses_the_whole_call(school: School, outcome: Outcome, query: str) -> None:
    ids = {login: school.id_of(login) for login in ("rivera", "ana")}
    query = query.format(home=school.home.id, **ids)
    for path in ("outcome_results", "outcome_rollups"):
        answer = school.get(f"{path}?{query}", status=400)
        assert answer["status"] == "bad_request"


@pytest.mark.parametrize("query", [
    "aggregate=school", "aggregate=course&aggregate_stat=mode", "aggregate=course&include[]=users",
    "sort_by=luck", "sort_by=outcome", "sort_by=outcome&sort_outcome_id=x", "sort_by=student&sort_order=up",
])  # fmt: skip
def test_rollups_refuse_what_they_cannot_do(school: School, outcome: Outcome, query: str) -> None:
    school.get(f"outcome_rollups?{query}", status=400)


def test_a_student_reads_own_results_only_and_an_observer_the_childs(
    school: School, outcome: Outcome
) -> None:
    own, other = (f"outcome_results?user_ids[]={school.id_of(login)}" for login in ("ana", "ben"))
    parent = people.add_user(school.world, "Pat Doe", "pat")
    people.put_in(
        school.world, school.home, parent, "ObserverEnrollment", associated_user_id=school.id_of("ana")
    )
    for by in ("ana", "pat"):
        school.get("outcome_results", by=by, status=403)
        school.get(other, by=by, status=403)
        assert len(school.get(own, by=by)["outcome_results"]) == 2


def test_hidden_results_come_only_when_asked(school: School, outcome: Outcome) -> None:
    for each in school.world.find(OutcomeResult):
        each.hidden = True
    assert school.get("outcome_results")["outcome_results"] == []
    assert len(school.get("outcome_results?include_hidden=true")["outcome_results"]) == 2
    assert score_of(school) is None


def test_an_unposted_result_is_for_staff_only(school: School, outcome: Outcome) -> None:
    check = check_with_result(school, outcome)
    school.world.table(Assignment)[check].post_manually = True
    own = f"outcome_results?user_ids[]={school.id_of('ben')}"
    assert len(school.get(own)["outcome_results"]) == 1
    assert school.get(own, by="ben")["outcome_results"] == []
    row = next(r for r in school.world.find(Submission, assignment_id=check, user_id=school.id_of("ben")))
    row.posted_at = MONDAY
    assert len(school.get(own, by="ben")["outcome_results"]) == 1


def test_a_result_on_an_assignment_names_it_and_is_an_alignment(school: School, outcome: Outcome) -> None:
    check = check_with_result(school, outcome)
    body = school.get(f"outcome_results?user_ids[]={school.id_of('ben')}&include[]=alignments")
    assert body["outcome_results"][0]["links"]["assignment"] == f"assignment_{check}"
    assert body["linked"]["alignments"][0]["name"] == "Check, part two"
    aligned = school.get(f"outcome_alignments?student_id={school.id_of('ben')}")
    assert [(a["learning_outcome_id"], a["assignment_id"]) for a in aligned] == [(outcome.id, check)]
    school.get("outcome_alignments", status=400)
    school.get(f"outcome_alignments?student_id={school.id_of('ben')}", by="ana", status=403)


@pytest.mark.parametrize(("switch", "left"), [(True, 4.0), (False, None)])
def test_results_of_an_assignment_that_was_lost_count_by_the_switch(
    school: School, outcome: Outcome, switch: bool, left: float | None
) -> None:
    school.world.switches.unassigned_results_count = switch
    check = check_with_result(school, outcome)
    only_ana = [{"student_ids": [school.id_of("ana")], "title": "a"}]
    body = {"only_visible_to_overrides": True, "assignment_overrides": only_ana}
    school.put(f"assignments/{check}", {"assignment": body})
    assert score_of(school, "ben") == left


@pytest.mark.parametrize(("switch", "left"), [(True, 4.0), (False, None)])
def test_results_of_a_deleted_assignment_count_by_the_switch(
    school: School, outcome: Outcome, switch: bool, left: float | None
) -> None:
    school.world.switches.deleted_results_count = switch
    school.delete(f"assignments/{check_with_result(school, outcome)}")
    assert score_of(school, "ben") == left


# rollups


@pytest.mark.parametrize(("method", "number", "score"), [
    ("highest", None, 3.0), ("latest", None, 2.0), ("average", None, 2.5),
    ("n_mastery", 1, 3.0), ("n_mastery", 2, None), ("n_mastery", None, None),
    ("decaying_average", 65, 2.35), ("weighted_average", 75, 2.25), ("standard_decaying_average", None, 2.35),
])  # fmt: skip
def test_a_rollup_is_reckoned_by_the_outcomes_method(
    school: School, outcome: Outcome, method: str, number: int | None, score: float | None
) -> None:
    outcome.calculation_method, outcome.calculation_int = method, number
    (entry,) = row_of(school, "ana")["scores"]
    assert (entry["score"], entry["count"]) == (score, 2)


@pytest.mark.parametrize(("new", "score"), [(False, 3.4), (True, 3.44)])
def test_decaying_average_has_two_formulas(school: School, outcome: Outcome, new: bool, score: float) -> None:
    """2, 3 and 4 points in that order, weight 60: 4 x .6 + 2.5 x .4 or ((2, 3), 4) step by step."""
    for each, points in zip(school.world.find(OutcomeResult), (3.0, 2.0), strict=True):
        each.score, each.submitted_at = points, MONDAY + timedelta(days=points)
    result(school, outcome, "ana", 4.0, 9)
    school.world.switches.new_decaying_average = new
    outcome.calculation_method, outcome.calculation_int = "standard_decaying_average", 60
    assert score_of(school) == score


def test_scores_are_put_on_the_outcomes_scale_and_empty_ones_left_out(
    school: School, outcome: Outcome
) -> None:
    result(school, outcome, "ben", 1.0, 1).possible = 3.0
    result(school, outcome, "ben", None, 2)
    (entry,) = row_of(school, "ben")["scores"]
    assert (entry["score"], entry["count"]) == (1.33, 1)


def test_the_title_of_a_score_is_cut_at_the_first_comma(school: School, outcome: Outcome) -> None:
    check_with_result(school, outcome)
    assert row_of(school, "ben")["scores"][0]["title"] == "Check"
    assert row_of(school, "ana")["scores"][0]["title"] is None


def test_a_student_of_two_sections_has_two_rollups_and_one_without_results_no_score(
    school: School, outcome: Outcome
) -> None:
    section_id = school.section("Otters", "ana")
    rollups = school.get("outcome_rollups")["rollups"]
    sections = [r["links"]["section"] for r in rollups if r["links"]["user"] == str(school.id_of("ana"))]
    assert sections == [str(school.home.id), str(section_id)]
    assert row_of(school, "ben")["scores"] == []
    only = school.get(f"outcome_rollups?section_id={section_id}")["rollups"]
    assert [r["links"]["user"] for r in only] == [str(school.id_of("ana"))]


def test_ended_and_inactive_students_are_there_until_excluded(school: School, outcome: Outcome) -> None:
    for login, state in (("ana", "completed"), ("ben", "inactive")):
        next(school.world.find(Enrollment, user_id=school.id_of(login))).workflow_state = state
    assert row_of(school, "ana")["links"]["status"] == "completed"
    assert row_of(school, "ben")["links"]["status"] == "inactive"
    query = "exclude[]=concluded_enrollments&exclude[]=inactive_enrollments"
    left = school.get(f"outcome_rollups?{query}")["rollups"]
    assert [r["links"]["user"] for r in left] == [str(school.id_of("cleo"))]


def test_people_and_outcomes_without_results_can_be_left_out(school: School, outcome: Outcome) -> None:
    school.world.add(Outcome(context_type="Course", context_id=school.course.id, title="Never measured"))
    query = (
        "exclude[]=missing_user_rollups&exclude[]=missing_outcome_results&include[]=outcomes&include[]=users"
    )
    body = school.get(f"outcome_rollups?{query}")
    assert len(body["rollups"]) == 1
    assert [o["title"] for o in body["linked"]["outcomes"]] == ["Main idea"]
    assert [u["id"] for u in body["linked"]["users"]] == [str(school.id_of("ana"))]
    assert body["meta"]["pagination"]["count"] == 1


@pytest.mark.parametrize(
    ("ignore", "query", "rows"), [(True, "", 3), (False, "", 1), (True, "&sort_by=student", 1)]
)
def test_a_page_carries_everybodys_rows_unless_sorted(
    school: School, outcome: Outcome, ignore: bool, query: str, rows: int
) -> None:
    school.world.switches.rollups_ignore_page = ignore
    body = school.get(f"outcome_rollups?per_page=1&include[]=users{query}")
    assert (len(body["rollups"]), len(body["linked"]["users"])) == (rows, 1)


@pytest.mark.parametrize(
    ("order", "logins"), [("asc", ["ben", "ana", "cleo"]), ("desc", ["ana", "ben", "cleo"])]
)
def test_sorted_by_score_those_without_one_are_last(
    school: School, outcome: Outcome, order: str, logins: list[str]
) -> None:
    result(school, outcome, "ben", 1.0, 1)
    query = f"sort_by=outcome&sort_outcome_id={outcome.id}&sort_order={order}"
    found = [r["links"]["user"] for r in school.get(f"outcome_rollups?{query}")["rollups"]]
    assert found == [str(school.id_of(login)) for login in logins]


@pytest.mark.parametrize(("stat", "score"), [("", 2.33), ("mean", 2.33), ("median", 3.0)])
def test_the_course_has_one_row_of_its_students_mean_or_median(
    school: School, outcome: Outcome, stat: str, score: float
) -> None:
    result(school, outcome, "ben", 1.0, 1)
    result(school, outcome, "cleo", 3.0, 1)
    (row,) = school.get(f"outcome_rollups?aggregate=course&aggregate_stat={stat}")["rollups"]
    assert row["links"] == {"course": str(school.course.id)}
    assert [(s["score"], s["count"]) for s in row["scores"]] == [(score, 3)]


def test_contributing_scores_name_each_assignment(school: School, outcome: Outcome) -> None:
    check = check_with_result(school, outcome)
    body = school.get(f"outcomes/{outcome.id}/contributing_scores")
    assert [a["associated_asset_id"] for a in body["alignments"]] == [str(check)]
    assert [(s["user_id"], s["score"]) for s in body["scores"]] == [(str(school.id_of("ben")), 4.0)]
    school.get(f"outcomes/{outcome.id}/contributing_scores", by="ana", status=403)


# the account's scale


def test_with_account_scales_an_outcomes_own_points_and_method_say_nothing(
    school: School, outcome: Outcome
) -> None:
    outcome.calculation_method = "latest"
    school.world.switches.account_mastery_scales = True
    scale = [
        {"description": "Yes", "points": 10, "mastery": True, "color": "1"},
        {"description": "No", "points": 0, "mastery": False, "color": "2"},
    ]
    path = f"/accounts/{school.course.account_id}/outcome_proficiency"
    school.post(path, {"ratings": scale}, status=403)
    school.post(path, {"ratings": [rating | {"mastery": True} for rating in scale]}, by="admin", status=400)
    school.post(path, {"ratings": scale}, by="admin")
    shown = school.get(f"/outcomes/{outcome.id}")
    assert (shown["points_possible"], shown["calculation_method"]) == (10.0, "highest")
    assert shown["proficiency_context_type"] == "Account"
    assert score_of(school) == 7.5
    school.put(f"/outcomes/{outcome.id}", {"mastery_points": 2}, status=403)
    assert school.get("outcome_proficiency")["ratings"][0]["description"] == "Yes"


# New Quizzes


def quiz_result(school: School, outcome: Outcome, quiz: int, login: str, score: float) -> None:
    assignment = school.world.table(Assignment)[quiz]
    mastery.new_quiz_result(school.world, outcome, assignment, school.id_of(login), score, 4.0)


def test_results_of_a_new_quiz_are_seen_minutes_late(school: School, outcome: Outcome) -> None:
    quiz = school.assignment("Quiz")
    quiz_result(school, outcome, quiz, "ben", 1.0)
    assert score_of(school, "ben") == 1.0
    quiz_result(school, outcome, quiz, "ben", 4.0)
    quiz_result(school, outcome, quiz, "cleo", 4.0)
    school.world.clock.advance(299)
    assert (score_of(school, "ben"), score_of(school, "cleo")) == (1.0, None)
    assert len(school.get("outcome_results", by="ode")["outcome_results"]) == 4
    school.world.clock.advance(2)
    assert (score_of(school, "ben"), score_of(school, "cleo")) == (4.0, 4.0)


def test_a_result_of_a_new_quiz_arrives_by_a_job(school: School, outcome: Outcome) -> None:
    school.world.switches.outcome_service_cache_seconds = 0
    school.world.background.held = True
    quiz_result(school, outcome, school.assignment("Quiz"), "ben", 3.0)
    assert score_of(school, "ben") is None
    school.world.background.release()
    assert score_of(school, "ben") == 3.0


def test_limited_staff_see_other_sections_results_unless_the_feature_is_on(
    school: School, outcome: Outcome
) -> None:
    otters = school.section("Otters", "ben")
    user = people.add_user(school.world, "Lim Doe", "lim")
    section = next(s for s in school.world.find(type(school.home), id=otters))
    people.put_in(school.world, section, user, "TeacherEnrollment", limit_privileges_to_course_section=True)
    everybody = {r["links"]["user"] for r in school.get("outcome_rollups", by="lim")["rollups"]}
    assert str(school.id_of("ana")) in everybody
    school.world.switches.limit_section_visibility_in_lmgb = True
    seen = {r["links"]["user"] for r in school.get("outcome_rollups", by="lim")["rollups"]}
    assert seen == {str(school.id_of("ben"))}
