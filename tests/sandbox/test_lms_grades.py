"""Bulk grades and their Progress, late and missing work, and who is told of a grade."""

from __future__ import annotations

from typing import Any

import pytest
from lms_school import School

from sandbox.world.model import Assignment, Enrollment, Notice, ProgressJob

DUE = "2026-09-08T08:00:00Z"
"""A day after the school's clock starts."""
DAY = 86_400
TEXT = {"submission": {"submission_type": "online_text_entry", "body": "7/8"}}


def row(school: School, assignment_id: int, login: str, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = school.get(
        f"assignments/{assignment_id}/submissions/{school.id_of(login)}", **more
    )
    return found


def grade(school: School, assignment_id: int, login: str, posted: str) -> dict[str, Any]:
    place = f"assignments/{assignment_id}/submissions/{school.id_of(login)}"
    done: dict[str, Any] = school.put(place, {"submission": {"posted_grade": posted}})
    return done


def data(school: School, **posted: str) -> dict[str, Any]:
    return {str(school.id_of(login)): {"posted_grade": text} for login, text in posted.items()}


def later(school: School, seconds: float) -> None:
    """Time passes, and everybody signs in again: tokens live an hour."""
    school.world.clock.advance(seconds)
    school._tokens.clear()


# many at once


@pytest.mark.parametrize(("by", "change", "status"), [
    ("rivera", {"grade_data": {}}, 400),
    ("rivera", {"grade_data": {"999999": {"1": {"posted_grade": "1"}}}}, 400),
    ("ana", None, 403),
])  # fmt: skip
def test_bulk_grades_are_refused_whole(school: School, by: str, change: Any, status: int) -> None:
    assignment_id = school.assignment()
    body = change or {"grade_data": {str(assignment_id): data(school, ana="4")}}
    school.post("submissions/update_grades", body, by=by, status=status)
    assert row(school, assignment_id, "ana")["score"] is None
    assert not school.world.table(ProgressJob)


def test_one_unpublished_assignment_refuses_the_bulk(school: School) -> None:
    published, not_yet = school.assignment(), school.assignment(published=False)
    body = {"grade_data": {str(i): data(school, ana="4") for i in (published, not_yet)}}
    school.post("submissions/update_grades", body, status=403)
    assert row(school, published, "ana")["score"] is None


def test_bulk_grades_of_a_course_come_late_and_in_steps(school: School) -> None:
    school.world.background.held = True
    first, second = school.assignment("One"), school.assignment("Two")
    body = {"grade_data": {str(first): data(school, ana="4", ben="80%"), str(second): data(school, ana="5")}}
    school.world.background.step(100)
    job = school.post("submissions/update_grades", body)
    assert (job["workflow_state"], job["completion"], job["tag"]) == ("queued", 0, "submissions_update")
    seen = []
    for _ in range(2):
        school.world.background.step()
        seen.append(school.get(f"/progress/{job['id']}")["workflow_state"])
    assert seen == ["running", "completed"]
    scores = [row(school, *cell)["score"] for cell in ((first, "ana"), (first, "ben"), (second, "ana"))]
    assert scores == [4.0, 4.0, 5.0]


def test_bulk_grades_name_whom_they_did_not_find_and_grade_the_rest(school: School) -> None:
    override = {"course_section_id": school.section("Otters", "ana")}
    assignment_id = school.assignment(only_visible_to_overrides=True, assignment_overrides=[override])
    grades = data(school, ana="4", ben="3") | {"sis_user_id:S-cleo": {"posted_grade": "2"}}
    job = school.post(f"assignments/{assignment_id}/submissions/update_grades", {"grade_data": grades})
    done = school.get(f"/progress/{job['id']}")
    wanted = f"Couldn't find User(s) with API ids '{school.id_of('ben')}', 'sis_user_id:S-cleo'"
    assert (done["workflow_state"], done["message"], done["completion"]) == ("failed", wanted, 0)
    assert row(school, assignment_id, "ana")["score"] == 4.0
    assert not school.holds_row("ben", assignment_id)


def test_bulk_grades_of_a_section_find_its_students_only(school: School) -> None:
    section_id, assignment_id = school.section("Otters", "ana"), school.assignment()
    path = f"/sections/{section_id}/assignments/{assignment_id}/submissions/update_grades"
    job = school.post(path, {"grade_data": data(school, ana="4", ben="3")})
    assert f"'{school.id_of('ben')}'" in school.get(f"/progress/{job['id']}")["message"]
    assert [row(school, assignment_id, who)["score"] for who in ("ana", "ben")] == [4.0, None]


def test_a_single_grade_by_section_is_for_its_students(school: School) -> None:
    section_id, assignment_id = school.section("Otters", "ana"), school.assignment()
    body = {"submission": {"posted_grade": "4"}}
    for login, status in (("ana", 200), ("ben", 404)):
        path = f"/sections/{section_id}/assignments/{assignment_id}/submissions/{school.id_of(login)}"
        school.put(path, body, status=status)
    assert [row(school, assignment_id, who)["score"] for who in ("ana", "ben")] == [4.0, None]


def test_an_assignment_unpublished_before_the_job_runs_fails_it(school: School) -> None:
    assignment_id = school.assignment()
    school.world.background.held = True
    job = school.post(
        f"assignments/{assignment_id}/submissions/update_grades", {"grade_data": data(school, ana="4")}
    )
    school.world.table(Assignment)[assignment_id].workflow_state = "unpublished"
    school.world.background.release()
    done = school.get(f"/progress/{job['id']}")
    assert (done["workflow_state"], "not published" in done["message"]) == ("failed", True)


@pytest.mark.parametrize(("owner", "status"), [("rivera", 200), (None, 403), ("ode", 403)])
def test_only_its_owner_cancels_a_job(school: School, owner: str | None, status: int) -> None:
    owner_id = school.id_of(owner) if owner else 0
    job = school.world.add(
        ProgressJob(context_type="Course", context_id=school.course.id, user_id=owner_id, tag="x")
    )
    school.post(f"/progress/{job.id}/cancel", {"message": "enough"}, status=status)
    shown = school.get(f"/progress/{job.id}", by="ana")
    assert (shown["workflow_state"], shown["message"]) == (
        ("failed", "enough") if status == 200 else ("queued", None)
    )


# missing and late work


def zeros(school: School, **more: Any) -> None:
    policy = {"missing_submission_deduction_enabled": True, "missing_submission_deduction": 100} | more
    school.post("late_policy", {"late_policy": policy}, status=201)


@pytest.mark.parametrize("sent", [
    {"missing_submission_deduction": 101}, {"late_submission_deduction": -1},
    {"late_submission_minimum_percent": "half"}, {"late_submission_interval": "week"},
])  # fmt: skip
def test_a_late_policy_with_wrong_values_is_refused(school: School, sent: dict[str, Any]) -> None:
    school.post("late_policy", {"late_policy": sent}, status=422)
    school.get("late_policy", status=404)


def test_a_course_has_one_late_policy_and_graders_change_it(school: School) -> None:
    zeros(school)
    assert "only one" in school.post("late_policy", {"late_policy": {}}, status=400)["errors"][0]["message"]
    school.call("PATCH", "late_policy", json={"late_policy": {"missing_submission_deduction": 50}})
    shown = school.get("late_policy")["late_policy"]
    assert (shown["missing_submission_deduction"], shown["late_submission_interval"]) == (50, "day")
    school.get("late_policy", by="ana", status=403)


@pytest.mark.parametrize(("fields", "zero", "missing"), [
    ({}, True, True),
    ({"omit_from_final_grade": True}, True, True),
    ({"submission_types": ["online_upload", "online_url"]}, True, True),
    ({"submission_types": ["external_tool"]}, False, False),
    ({"submission_types": ["none"]}, False, False),
    ({"submission_types": ["on_paper"]}, False, False),
    ({"due_at": None}, False, False),
    ({"published": False}, False, True),
])  # fmt: skip
def test_what_is_never_handed_in_becomes_a_zero_only_where_canvas_waits_for_it(
    school: School, fields: dict[str, Any], zero: bool, missing: bool
) -> None:
    zeros(school)
    assignment_id = school.assignment(**{"due_at": DUE} | fields)
    assert row(school, assignment_id, "ana")["score"] is None
    later(school, DAY + 300)
    found = row(school, assignment_id, "ana")
    assert (found["score"], found["missing"]) == (0.0 if zero else None, missing)
    assert found["workflow_state"] == ("graded" if zero else "unsubmitted")
    assert found["grader_id"] is None


def test_a_hand_in_a_grade_and_an_excuse_keep_the_zero_away(school: School) -> None:
    zeros(school)
    assignment_id = school.assignment(due_at=DUE)
    school.post(f"assignments/{assignment_id}/submissions", TEXT, by="ana", status=201)
    grade(school, assignment_id, "ben", "3")
    place = f"assignments/{assignment_id}/submissions/{school.id_of('cleo')}"
    school.put(place, {"submission": {"excuse": True}})
    later(school, 7 * DAY)
    assert [row(school, assignment_id, who)["score"] for who in ("ana", "ben", "cleo")] == [None, 3.0, None]


def test_without_the_policy_missing_is_a_mark_and_no_zero(school: School) -> None:
    assignment_id = school.assignment(due_at=DUE)
    later(school, DAY + 60)
    found = row(school, assignment_id, "ana")
    assert (found["missing"], found["score"], found["seconds_late"]) == (True, None, 60)


def test_a_policy_that_comes_later_grades_what_is_missing_already(school: School) -> None:
    assignment_id = school.assignment(due_at=DUE)
    later(school, 30 * DAY)
    zeros(school, missing_submission_deduction=60)
    assert row(school, assignment_id, "ana")["score"] == 2.0


def test_a_teacher_who_says_missing_makes_the_zero_for_any_kind_of_work(school: School) -> None:
    zeros(school)
    assignment_id = school.assignment(submission_types=["external_tool"])
    place = f"assignments/{assignment_id}/submissions/{school.id_of('ana')}"
    school.put(place, {"submission": {"late_policy_status": "misplaced"}}, status=400)
    done = school.put(place, {"submission": {"late_policy_status": "missing"}})
    assert (done["missing"], done["score"]) == (True, 0.0)


@pytest.mark.parametrize(("late_by", "least", "score"), [
    (-60, 0, 5.0), (3600, 0, 4.5), (25 * 3600, 0, 4.0), (40 * DAY, 0, 0.0), (40 * DAY, 30, 1.5),
])  # fmt: skip
def test_late_work_loses_points_for_each_day(
    school: School, late_by: int, least: float, score: float
) -> None:
    policy = {"late_submission_deduction_enabled": True, "late_submission_deduction": 10}
    low = {
        "late_submission_minimum_percent_enabled": bool(least),
        "late_submission_minimum_percent": least,
    }
    school.post("late_policy", {"late_policy": policy | low}, status=201)
    assignment_id = school.assignment(due_at=DUE)
    later(school, DAY + late_by)
    school.post(f"assignments/{assignment_id}/submissions", TEXT, by="ana", status=201)
    found = grade(school, assignment_id, "ana", "5")
    assert (found["score"], found["entered_score"], found["late"]) == (score, 5.0, late_by > 0)


# who is told


def told(school: School, kind: str) -> list[tuple[int, int | None]]:
    return [(n.user_id, n.observed_user_id) for n in school.world.find(Notice, kind=kind)]


def parent(school: School) -> int:
    dad = school.join("dad", "ObserverEnrollment")
    next(iter(school.world.live(Enrollment, user_id=dad.id))).associated_user_id = school.id_of("ana")
    return dad.id


@pytest.mark.parametrize("change", ["manual posting", "unpublished course"])
def test_a_grade_that_is_not_posted_or_in_a_hidden_course_is_told_to_nobody(
    school: School, change: str
) -> None:
    assignment_id = school.assignment()
    if change == "manual posting":
        school.world.table(Assignment)[assignment_id].post_manually = True
    else:
        school.course.workflow_state = "unpublished"
    grade(school, assignment_id, "ana", "4")
    assert told(school, "Submission Graded") == []


def test_a_grade_is_told_to_the_student_and_those_who_watch(school: School) -> None:
    dad, ana = parent(school), school.id_of("ana")
    assignment_id = school.assignment()
    grade(school, assignment_id, "ana", "4")
    grade(school, assignment_id, "ana", "4")
    grade(school, assignment_id, "ben", "4")
    assert told(school, "Submission Graded") == [(ana, None), (dad, ana), (school.id_of("ben"), None)]
    later(school, 2 * 3600)
    grade(school, assignment_id, "ana", "5")
    assert told(school, "Submission Grade Changed") == [(ana, None), (dad, ana)]


def test_bulk_grades_tell_as_single_ones_do(school: School) -> None:
    assignment_id = school.assignment()
    school.post(
        f"assignments/{assignment_id}/submissions/update_grades", {"grade_data": data(school, ana="4")}
    )
    assert told(school, "Submission Graded") == [(school.id_of("ana"), None)]


@pytest.mark.parametrize("how", ["module", "modules", "item"])
def test_work_that_is_published_with_its_module_is_told_too(school: School, how: str) -> None:
    assignment_id = school.assignment(published=False)
    module_id = school.module()
    item = school.item(module_id, type="Assignment", content_id=assignment_id)
    if how == "module":
        school.put(f"modules/{module_id}", {"module": {"published": True}})
    elif how == "modules":
        school.put("modules", {"event": "publish", "module_ids": [module_id]})
    else:
        school.put(f"modules/{module_id}/items/{item['id']}", {"module_item": {"published": True}})
    assert len(told(school, "Assignment Created")) == 3


# whom a section-limited grader reaches


def test_a_section_limited_teacher_grades_and_reads_his_section_only(school: School) -> None:
    section_id, assignment_id = school.section("Otters", "ana"), school.assignment()
    school.join("sam", "TeacherEnrollment")
    own = next(iter(school.world.live(Enrollment, user_id=school.id_of("sam"))))
    own.section_id, own.limit_privileges_to_course_section = section_id, True
    rows = school.get("students/submissions?student_ids[]=all", by="sam")
    assert {r["user_id"] for r in rows} == {school.id_of("ana")}
    place = f"assignments/{assignment_id}/submissions"
    body = {"submission": {"posted_grade": "3"}}
    school.put(f"{place}/{school.id_of('ben')}", body, by="sam", status=404)
    school.get(f"{place}/{school.id_of('ben')}", by="sam", status=403)
    job = school.post(f"{place}/update_grades", {"grade_data": data(school, ana="4", ben="3")}, by="sam")
    assert f"'{school.id_of('ben')}'" in school.get(f"/progress/{job['id']}")["message"]
    assert [row(school, assignment_id, who)["score"] for who in ("ana", "ben")] == [4.0, None]


def test_enrolments_tell_staff_the_totals_with_what_is_not_posted(school: School) -> None:
    assignment_id = school.assignment()
    school.world.table(Assignment)[assignment_id].post_manually = True
    grade(school, assignment_id, "ana", "4")
    ana = school.id_of("ana")
    for by, unposted in (("rivera", 80.0), ("ana", None)):
        rows = school.get(f"enrollments?user_id={ana}&include[]=current_points", by=by)
        assert rows[0]["grades"].get("unposted_current_score") == unposted
        assert (rows[0]["grades"]["current_score"], rows[0]["grades"]["current_points"]) == (None, 0)
