"""Scores and hand-ins: what counts, what is refused, and how it is read."""

from __future__ import annotations

from typing import Any

import pytest
from lms_school import School

from sandbox.world.model import Assignment, Enrollment

TEXT = {"submission": {"submission_type": "online_text_entry", "body": "7/8"}}


def grade(school: School, assignment_id: int, login: str, posted: object, status: int = 200) -> Any:
    place = f"assignments/{assignment_id}/submissions/{school.id_of(login)}"
    return school.put(place, {"submission": {"posted_grade": posted}}, status=status)


def totals(school: School, login: str) -> tuple[float | None, float | None]:
    rows = school.get("enrollments?per_page=100")
    grades = next(row["grades"] for row in rows if row["user_id"] == school.id_of(login))
    return grades["current_score"], grades["final_score"]


# grading


@pytest.mark.parametrize(("posted", "score"), [
    ("4", 4.0), (4, 4.0), ("80%", 4.0), ("complete", 5.0), ("incomplete", 0.0), ("0", 0.0), ("7", 7.0),
    ("", None), (None, None),
])  # fmt: skip
def test_a_posted_grade_is_read_as_teachers_write_it(
    school: School, posted: object, score: float | None
) -> None:
    row = grade(school, school.assignment(), "ana", posted)
    assert row["score"] == score
    assert row["workflow_state"] == ("graded" if score is not None else "unsubmitted")
    assert (row["posted_at"] is not None) is (score is not None)


@pytest.mark.parametrize("posted", ["lots", "4/5", "--", "nan", "inf"])
@pytest.mark.parametrize("clears", [True, False])
def test_what_is_no_grade_clears_the_score_without_a_word_or_is_refused(
    school: School, posted: str, clears: bool
) -> None:
    school.world.switches.unreadable_grade_clears = clears
    assignment_id = school.assignment()
    grade(school, assignment_id, "ana", "3")
    grade(school, assignment_id, "ana", posted, status=200 if clears else 400)
    row = school.get(f"assignments/{assignment_id}/submissions/{school.id_of('ana')}")
    assert row["score"] == (None if clears else 3.0)


def test_clearing_a_grade_leaves_no_zero(school: School) -> None:
    assignment_id = school.assignment()
    grade(school, assignment_id, "ana", "3")
    row = grade(school, assignment_id, "ana", "")
    assert (row["score"], row["grade"], row["graded_at"]) == (None, None, None)


def test_excused_work_counts_neither_way_and_a_score_ends_it(school: School) -> None:
    assignment_id = school.assignment()
    place = f"assignments/{assignment_id}/submissions/{school.id_of('ana')}"
    row = school.put(place, {"submission": {"excuse": True}})
    assert (row["excused"], row["score"], row["workflow_state"]) == (True, None, "graded")
    assert totals(school, "ana") == (None, None)
    assert grade(school, assignment_id, "ana", "2")["excused"] is False


def test_comments_add_up_with_each_call(school: School) -> None:
    place = f"assignments/{school.assignment()}/submissions/{school.id_of('ana')}"
    for _ in range(2):
        school.put(place, {"comment": {"text_comment": "Well done"}})
    assert len(school.get(f"{place}?include[]=submission_comments")["submission_comments"]) == 2


def test_an_unpublished_assignment_takes_no_grade(school: School) -> None:
    answer = grade(school, school.assignment(published=False), "ana", "3", status=400)
    assert answer == {"error": "This assignment is still unpublished"}


def test_nobody_who_is_no_student_gets_a_grade(school: School) -> None:
    assignment_id = school.assignment()
    grade(school, assignment_id, "rivera", "3", status=404)
    school.put(f"assignments/{assignment_id}/submissions/999999", {"submission": {}}, status=404)


def test_a_grade_for_a_student_who_is_not_assigned_is_refused(school: School) -> None:
    assignment_id = school.assignment(only_visible_to_overrides=True)
    grade(school, assignment_id, "ana", "5", status=403)
    assert school.world.submission(assignment_id, school.id_of("ana")) is None


def test_on_an_older_host_a_row_that_was_taken_away_is_not_graded(school: School) -> None:
    school.world.switches.unassigned_grade_refused = False
    assignment_id = school.assignment()
    school.put(f"assignments/{assignment_id}", {"assignment": {"only_visible_to_overrides": True}})
    answer = grade(school, assignment_id, "ana", "5", status=400)
    assert answer == {"error": "This assignment is not applicable to this student"}


def test_on_an_older_host_a_never_assigned_student_gets_a_row_that_does_not_count(school: School) -> None:
    school.world.switches.unassigned_grade_refused = False
    assignment_id = school.assignment(only_visible_to_overrides=True)
    assert grade(school, assignment_id, "ana", "5")["score"] == 5.0
    school.put(f"assignments/{assignment_id}", {"assignment": {"name": "saved again"}})
    assert not school.holds_row("ana", assignment_id)


@pytest.mark.parametrize(("by", "status"), [("ana", 403), ("ben", 403), ("tom", 200), ("admin", 200)])
def test_who_may_grade(school: School, by: str, status: int) -> None:
    place = f"assignments/{school.assignment()}/submissions/{school.id_of('ana')}"
    school.put(place, {"submission": {"posted_grade": "5"}}, by=by, status=status)


def test_many_grades_at_once_answer_with_a_progress_that_names_who_failed(school: School) -> None:
    assignment_id = school.assignment()
    data = {
        str(school.id_of("ana")): {"posted_grade": "4"},
        str(school.id_of("rivera")): {"posted_grade": "1"},
    }
    path = f"assignments/{assignment_id}/submissions/update_grades"
    job = school.post(path, {"grade_data": data})
    assert job["workflow_state"] == "queued"
    done = school.get(f"/progress/{job['id']}")
    assert done["workflow_state"] == "failed", "one was not found; the others are graded all the same"
    assert done["message"] == f"Couldn't find User(s) with API ids '{school.id_of('rivera')}'"
    assert school.get(f"assignments/{assignment_id}/submissions/{school.id_of('ana')}")["score"] == 4.0


# what the total counts


def test_the_total_counts_published_assigned_graded_work_only(school: School) -> None:
    counted, omitted = school.assignment(), school.assignment(omit_from_final_grade=True)
    others = school.assignment(
        only_visible_to_overrides=True,
        assignment_overrides=[{"course_section_id": school.section("B", "ben")}],
    )
    school.assignment(published=False)
    school.assignment("not done yet")
    grade(school, counted, "ana", "4")
    grade(school, omitted, "ana", "0")
    grade(school, others, "ben", "0")
    assert totals(school, "ana") == (80.0, 40.0)


def test_an_unposted_grade_is_the_teachers_secret(school: School) -> None:
    assignment_id = school.assignment()
    school.world.table(Assignment)[assignment_id].post_manually = True
    grade(school, assignment_id, "ana", "4")
    place = f"assignments/{assignment_id}/submissions/{school.id_of('ana')}"
    assert school.get(place)["score"] == 4.0
    assert school.get(place, by="ana")["score"] is None
    assert school.get("students/submissions", by="ana")[0]["grade"] is None
    assert totals(school, "ana")[0] is None


# handing in


def test_each_hand_in_is_one_more_attempt_and_the_score_stays(school: School) -> None:
    assignment_id = school.assignment()
    first = school.post(f"assignments/{assignment_id}/submissions", TEXT, by="ana", status=201)
    assert (first["attempt"], first["workflow_state"]) == (1, "submitted")
    grade(school, assignment_id, "ana", "2")
    school.post(f"assignments/{assignment_id}/submissions", TEXT, by="ana", status=201)
    row = school.get(f"assignments/{assignment_id}/submissions/{school.id_of('ana')}")
    assert (row["attempt"], row["score"], row["workflow_state"]) == (2, 2.0, "submitted")
    assert row["grade_matches_current_submission"] is False


@pytest.mark.parametrize("sent", [
    {}, {"submission": {}}, {"submission": {"submission_type": "online_text_entry"}},
    {"submission": {"submission_type": "online_url", "url": "https://e.example"}},
    {"submission": {"submission_type": "song", "body": "la"}},
])  # fmt: skip
def test_a_hand_in_that_does_not_fit_is_refused(school: School, sent: dict[str, Any]) -> None:
    school.post(f"assignments/{school.assignment()}/submissions", sent, by="ana", status=400)


def test_a_locked_hidden_or_foreign_assignment_takes_no_work(school: School) -> None:
    locked = school.assignment(lock_at="2026-09-01T00:00:00Z")
    school.post(f"assignments/{locked}/submissions", TEXT, by="ana", status=400)
    hidden = school.assignment(only_visible_to_overrides=True)
    school.post(f"assignments/{hidden}/submissions", TEXT, by="ana", status=403)
    school.post(f"assignments/{locked}/submissions", TEXT, by="rivera", status=403)
    assert school.get("students/submissions?student_ids[]=all&submitted_since=2000-01-01T00:00:00Z") == []


# reading


def test_flat_rows_are_there_for_assigned_students_even_without_work(school: School) -> None:
    assignment_id = school.assignment()
    rows = school.get("students/submissions?student_ids[]=all&per_page=100")
    assert {r["user_id"] for r in rows} >= {school.id_of(who) for who in ("ana", "ben", "cleo")}
    assert all((r["score"], r["workflow_state"]) == (None, "unsubmitted") for r in rows)
    assert {r["assignment_id"] for r in rows} == {assignment_id}


def test_grouped_rows_come_by_student_once_even_in_two_sections(school: School) -> None:
    school.section("Otters", "ana")
    school.assignment("One")
    school.assignment("Two")
    groups = school.get("students/submissions?student_ids[]=all&grouped=1&per_page=100")
    ana = [g for g in groups if g["user_id"] == school.id_of("ana")]
    assert len(ana) == 1
    assert len(ana[0]["submissions"]) == 2
    assert ana[0]["section_id"] == school.home.id


def test_filters_narrow_the_rows(school: School) -> None:
    first, second = school.assignment("One"), school.assignment("Two")
    grade(school, first, "ana", "4")
    school.world.clock.advance(60)
    grade(school, second, "ben", "1")
    base = "students/submissions?student_ids[]=all"
    assert len(school.get(f"{base}&workflow_state=graded")) == 2
    late = school.get(f"{base}&graded_since=2026-09-07T08:00:30Z")
    assert [r["user_id"] for r in late] == [school.id_of("ben")]
    only = school.get(f"{base}&assignment_ids[]={first}&workflow_state=graded")
    assert [r["assignment_id"] for r in only] == [first]


def test_without_a_state_filter_concluded_students_are_in_too(school: School) -> None:
    school.assignment()
    row = next(e for e in school.get("enrollments?per_page=100") if e["user_id"] == school.id_of("ana"))
    school.delete(f"enrollments/{row['id']}")
    base = "students/submissions?student_ids[]=all&per_page=100"
    assert school.id_of("ana") in {r["user_id"] for r in school.get(base)}
    assert school.id_of("ana") not in {r["user_id"] for r in school.get(f"{base}&enrollment_state=active")}


@pytest.mark.parametrize(("query", "status"), [
    ("student_ids[]=all&assignment_ids[]=999999", 403),
    ("student_ids[]=all&assignment_ids[]={unpublished}", 403),
    ("student_ids[]=all&graded_since=yesterday", 400),
    ("&".join(["student_ids[]={ana}"] * 101), 400),
    ("student_ids[]=all&enrollment_state=gone", 400),
    ("student_ids[]=all&graded_since=2026-09-07T08:00:30%2B02:00", 400),
    ("student_ids[]=999999", 403),
])  # fmt: skip
def test_a_bad_question_is_refused(school: School, query: str, status: int) -> None:
    unpublished = school.assignment(published=False)
    school.get(
        f"students/submissions?{query.format(unpublished=unpublished, ana=school.id_of('ana'))}",
        status=status,
    )


def test_a_student_reads_own_rows_only(school: School) -> None:
    assignment_id = school.assignment()
    own = school.get("students/submissions", by="ana")
    assert [r["user_id"] for r in own] == [school.id_of("ana")]
    assert school.get("students/submissions?student_ids[]=all", by="ana") == own
    school.get(f"students/submissions?student_ids[]={school.id_of('ben')}", by="ana", status=403)
    school.get(f"assignments/{assignment_id}/submissions", by="ana", status=403)
    school.get(f"assignments/{assignment_id}/submissions/{school.id_of('ben')}", by="ana", status=403)
    school.get(f"assignments/{assignment_id}/submissions/self", by="ana")


def test_an_observer_reads_the_rows_of_his_child_only(school: School) -> None:
    school.assignment()
    dad = school.join("dad", "ObserverEnrollment")
    row = next(e for e in school.world.live(Enrollment, user_id=dad.id))
    row.associated_user_id = school.id_of("ana")
    rows = school.get("students/submissions?student_ids[]=all", by="dad")
    assert [r["user_id"] for r in rows] == [school.id_of("ana")]
    school.get(f"students/submissions?student_ids[]={school.id_of('ben')}", by="dad", status=403)


@pytest.mark.parametrize(("direction", "wanted"), [("ascending", [0, 1]), ("descending", [1, 0])])
def test_rows_come_in_order_of_grading(school: School, direction: str, wanted: list[int]) -> None:
    made = [school.assignment("One"), school.assignment("Two")]
    for assignment_id in made:
        grade(school, assignment_id, "ben", "1")
        school.world.clock.advance(60)
    rows = school.get(
        f"students/submissions?student_ids[]=all&order=graded_at&order_direction={direction}&per_page=2"
    )
    assert [made.index(r["assignment_id"]) for r in rows] == wanted


def test_includes_add_the_assignment_the_user_and_the_visibility(school: School) -> None:
    assignment_id = school.assignment()
    query = "include[]=assignment&include[]=user&include[]=visibility&include[]=submission_history"
    row = school.get(f"assignments/{assignment_id}/submissions?{query}")[0]
    assert row["assignment"]["points_possible"] == 5
    assert (row["assignment_visible"], row["user"]["id"]) == (True, row["user_id"])
    assert [r["attempt"] for r in row["submission_history"]] == [None]


def test_the_history_has_one_entry_for_each_hand_in(school: School) -> None:
    assignment_id = school.assignment()
    for _ in range(2):
        school.post(f"assignments/{assignment_id}/submissions", TEXT, by="ana", status=201)
    grade(school, assignment_id, "ana", "4")
    place = f"assignments/{assignment_id}/submissions/{school.id_of('ana')}?include[]=submission_history"
    history = school.get(place)["submission_history"]
    assert [(h["attempt"], h["score"]) for h in history] == [(1, None), (2, 4.0)]


def test_response_fields_trim_the_rows(school: School) -> None:
    school.assignment()
    rows = school.get("students/submissions?student_ids[]=all&response_fields[]=id&response_fields[]=score")
    assert set(rows[0]) == {"id", "score"}


def test_the_summary_counts_who_is_graded_and_who_waits(school: School) -> None:
    assignment_id = school.assignment()
    school.post(f"assignments/{assignment_id}/submissions", TEXT, by="ana", status=201)
    grade(school, assignment_id, "ben", "4")
    shown = school.get(f"assignments/{assignment_id}/submission_summary")
    assert (shown["graded"], shown["ungraded"]) == (1, 1)


def test_a_section_gives_its_own_students_rows(school: School) -> None:
    school.assignment()
    section_id = school.section("Otters", "ben")
    rows = school.get(f"/sections/{section_id}/students/submissions?student_ids[]=all")
    assert [r["user_id"] for r in rows] == [school.id_of("ben")]
