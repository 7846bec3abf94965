"""Sections and enrolments, and who may do what with them."""

from __future__ import annotations

from typing import Any

import pytest
from lms_school import School

from sandbox.world import people
from sandbox.world.model import Enrollment
from sandbox.world.people import set_enrollment_state


def enrollment_of(school: School, section_id: int, login: str) -> dict[str, Any]:
    rows = school.get(f"/sections/{section_id}/enrollments?state[]=active&state[]=completed&state[]=invited")
    found: dict[str, Any] = next(row for row in rows if row["user_id"] == school.id_of(login))
    return found


# sections


def test_section_names_need_not_be_unique(school: School) -> None:
    assert school.section("Otters") != school.section("Otters")


def test_a_teachers_sis_id_is_silently_ignored_on_create_and_refused_on_update(school: School) -> None:
    body = {"course_section": {"name": "Otters", "sis_section_id": "X1", "integration_id": "I1"}}
    made = school.post("sections", body)
    assert (made["sis_section_id"], made["integration_id"]) == (None, None)
    refused = school.put(f"/sections/{made['id']}", {"course_section": {"sis_section_id": "X1"}}, status=401)
    assert "manage_sis" in refused["errors"][0]["message"]


def test_an_admins_sis_id_is_kept_and_stays_reserved_after_deletion(school: School) -> None:
    body = {"course_section": {"name": "Otters", "sis_section_id": "X1"}}
    made = school.post("sections", body, by="admin")
    assert made["sis_section_id"] == "X1"
    school.delete(f"/sections/{made['id']}", by="admin")
    school.post("sections", body, by="admin", status=400)


@pytest.mark.parametrize("state", ["active", "completed", "inactive", "invited"])
def test_a_section_with_any_enrolment_is_not_deleted(school: School, state: str) -> None:
    section_id = school.section("Otters", "ana")
    row = next(school.world.find(Enrollment, section_id=section_id))
    set_enrollment_state(school.world, row, state)
    answer = school.delete(f"/sections/{section_id}", status=400)
    assert answer == {"message": "You can't delete a section that has enrollments"}


def test_an_emptied_section_is_deleted_and_not_found_after(school: School) -> None:
    section_id = school.section("Otters", "ana")
    school.delete(f"enrollments/{enrollment_of(school, section_id, 'ana')['id']}?task=delete")
    school.delete(f"/sections/{section_id}")
    school.get(f"/sections/{section_id}", status=404)
    school.delete(f"/sections/{section_id}", status=404)


@pytest.mark.parametrize("by", ["tom", "ana"])
def test_tas_and_students_make_no_sections(school: School, by: str) -> None:
    school.post("sections", {"course_section": {"name": "x"}}, by=by, status=403)


def test_a_stranger_cannot_read_the_course(school: School) -> None:
    people.add_user(school.world, "Some One", "stranger")
    for path in ("", "sections", "users", "enrollments", "assignments", "modules", "pages", "files"):
        school.get(path.rstrip("/") or f"/courses/{school.course.id}", by="stranger", status=403)


# enrolments


def test_enrolling_twice_is_one_enrolment(school: School) -> None:
    section_id = school.section()
    assert school.enroll(section_id, "ana")["id"] == school.enroll(section_id, "ana")["id"]
    assert len(school.get(f"/sections/{section_id}/enrollments")) == 1


def test_a_deleted_enrolment_is_revived_with_its_id(school: School) -> None:
    section_id = school.section()
    first = school.enroll(section_id, "ana")
    school.delete(f"enrollments/{first['id']}?task=delete")
    assert school.get(f"/sections/{section_id}/enrollments") == []
    again = school.enroll(section_id, "ana")
    assert (again["id"], again["enrollment_state"]) == (first["id"], "active")


def test_an_active_enrolment_is_not_downgraded_but_its_limits_are_overwritten(school: School) -> None:
    section_id = school.section()
    body = {"user_id": school.id_of("ana"), "type": "StudentEnrollment"}
    limited = {"limit_privileges_to_course_section": True, "enrollment_state": "active"}
    school.post(f"/sections/{section_id}/enrollments", {"enrollment": body | limited})
    again = school.post(f"/sections/{section_id}/enrollments", {"enrollment": body})
    assert again["enrollment_state"] == "active"
    assert again["limit_privileges_to_course_section"] is False


def test_without_a_state_the_student_is_only_invited(school: School) -> None:
    section_id = school.section()
    body = {"enrollment": {"user_id": school.id_of("ana"), "type": "StudentEnrollment"}}
    assert school.post(f"/sections/{section_id}/enrollments", body)["enrollment_state"] == "invited"


def test_a_second_section_is_a_second_row_and_the_home_row_stays(school: School) -> None:
    section_id = school.section("Otters", "ana")
    rows = [e for e in school.get("enrollments?per_page=100") if e["user_id"] == school.id_of("ana")]
    assert {row["course_section_id"] for row in rows} == {school.home.id, section_id}
    users = school.get("users?enrollment_type[]=student&per_page=100")
    assert [u["id"] for u in users].count(school.id_of("ana")) == 1


@pytest.mark.parametrize(("query", "state"), [
    ("", "completed"), ("?task=conclude", "completed"), ("?task=delete", "deleted"),
    ("?task=inactivate", "inactive"), ("?task=deactivate", "inactive"),
])  # fmt: skip
def test_ending_an_enrolment_only_concludes_it_unless_told(school: School, query: str, state: str) -> None:
    made = school.enroll(school.section(), "ana")
    assert school.delete(f"enrollments/{made['id']}{query}")["enrollment_state"] == state


def test_what_the_sis_enrolled_no_teacher_removes(school: School) -> None:
    row = next(school.world.find(Enrollment, user_id=school.id_of("ana"), section_id=school.home.id))
    row.sis_import_id = 9
    school.delete(f"enrollments/{row.id}?task=delete", status=403)
    school.delete(f"enrollments/{row.id}?task=delete", by="admin")


@pytest.mark.parametrize(("body", "status"), [
    ({}, 400),
    ({"enrollment": {"type": "StudentEnrollment"}}, 400),
    ({"enrollment": {"user_id": 999_999, "type": "StudentEnrollment"}}, 404),
    ({"enrollment": {"user_id": "{ana}", "type": "PupilEnrollment"}}, 400),
    ({"enrollment": {"user_id": "{ana}", "enrollment_state": "asleep"}}, 400),
])  # fmt: skip
def test_a_bad_enrolment_is_refused_and_nothing_made(school: School, body: Any, status: int) -> None:
    section_id = school.section()
    if body.get("enrollment", {}).get("user_id") == "{ana}":
        body = {"enrollment": body["enrollment"] | {"user_id": school.id_of("ana")}}
    school.post(f"/sections/{section_id}/enrollments", body, status=status)
    assert school.get(f"/sections/{section_id}/enrollments?state[]=active&state[]=invited") == []


def test_nobody_is_enrolled_into_a_concluded_course(school: School) -> None:
    section_id = school.section()
    school.course.workflow_state = "completed"
    body = {"enrollment": {"user_id": school.id_of("ana"), "type": "StudentEnrollment"}}
    answer = school.post(f"/sections/{section_id}/enrollments", body, status=400)
    assert answer["message"] == "Can't add an enrollment to a concluded course."


def test_the_roster_leaves_the_test_student_out_unless_asked(school: School) -> None:
    names = [u["name"] for u in school.get("users?enrollment_type[]=student&per_page=100")]
    assert names == ["Ana Doe", "Ben Doe", "Cleo Doe"]
    with_tester = school.get("users?enrollment_type[]=student&include[]=test_student&per_page=100")
    assert "Test Student" in [u["name"] for u in with_tester]


def test_students_do_not_read_sis_ids_logins_or_grades_of_others(school: School) -> None:
    rows = school.get("enrollments?per_page=100", by="ana")
    ben = next(row for row in rows if row["user_id"] == school.id_of("ben"))
    assert "sis_user_id" not in ben["user"]
    assert "login_id" not in ben["user"]
    assert "final_score" not in ben["grades"]
    own = next(row for row in rows if row["user_id"] == school.id_of("ana"))
    assert "final_score" in own["grades"]


def test_sis_filters_need_the_right_to_read_sis(school: School) -> None:
    assert len(school.get("enrollments?sis_user_id[]=S-ana")) == 1
    school.get("enrollments?sis_user_id[]=S-ana", by="tom", status=400)


def test_permissions_tell_what_each_role_may(school: School) -> None:
    asked = (
        "permissions?permissions[]=manage_sections_add&permissions[]=manage_grades&permissions[]=manage_sis"
    )
    may = {who: list(school.get(asked, by=who).values()) for who in ("rivera", "tom", "ana", "admin")}
    assert may == {
        "rivera": [True, True, False],
        "tom": [False, True, False],
        "ana": [False, False, False],
        "admin": [True, True, True],
    }
