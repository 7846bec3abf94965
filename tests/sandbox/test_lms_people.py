"""Sections and enrolments, and who may do what with them."""

from __future__ import annotations

from typing import Any

import pytest
from lms_school import School

from sandbox.classes.school import open_course
from sandbox.world import people
from sandbox.world.model import Enrollment, Notice, User
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
    assert "manage_sis" in refused["message"]


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


@pytest.mark.parametrize("name", ["", "   ", None])
def test_a_section_without_a_name_is_called_after_course_and_day(school: School, name: str | None) -> None:
    assert school.post("sections", {"course_section": {"name": name}})["name"] == "Grade 4 2026-09-07"


def test_sections_are_listed_by_name(school: School) -> None:
    for name in ("otters", "Badgers"):
        school.section(name)
    assert [row["name"] for row in school.get("sections")] == ["Badgers", "Home", "otters"]


def test_a_section_does_not_end_before_it_begins(school: School) -> None:
    section_id = school.section()
    body = {"course_section": {"start_at": "2026-09-02T00:00:00Z", "end_at": "2026-09-01T00:00:00Z"}}
    school.post("sections", body, status=400)
    school.put(f"/sections/{section_id}", body, status=400)
    assert school.get(f"/sections/{section_id}")["start_at"] is None


def test_a_deleted_sections_sis_id_is_free_only_for_its_own_revival(school: School) -> None:
    body = {"course_section": {"name": "Otters", "sis_section_id": "X1"}}
    made = school.post("sections", body, by="admin")
    school.delete(f"/sections/{made['id']}", by="admin")
    again = school.post("sections", body | {"enable_sis_reactivation": True}, by="admin")
    assert again["id"] == made["id"]


def test_a_sections_sis_id_is_changed_and_cleared_by_an_admin_only(school: School) -> None:
    section_id = school.section()
    changed = school.put(f"/sections/{section_id}", {"course_section": {"sis_section_id": "X9"}}, by="admin")
    assert changed["sis_section_id"] == "X9"
    other = school.section("Badgers")
    refused = school.put(
        f"/sections/{other}", {"course_section": {"sis_section_id": "X9"}}, by="admin", status=400
    )
    assert refused["errors"]["sis_source_id"][0]["message"] == 'SIS ID "X9" is already in use'
    cleared = school.put(f"/sections/{section_id}", {"course_section": {"sis_section_id": ""}}, by="admin")
    assert cleared["sis_section_id"] is None


def test_cross_listing_moves_people_and_destroys_overrides(school: School) -> None:
    other = open_course(school.world, "Grade 5", "G5", "Home 5").course
    section_id = school.section("Otters", "ana")
    module_id = school.module("Unit", published=True)
    school.assign_module(module_id, {"course_section_id": section_id})
    assert school.modules_of("ben") == []
    moved = school.post(f"/sections/{section_id}/crosslist/{other.id}")
    assert (moved["course_id"], moved["nonxlist_course_id"]) == (other.id, school.course.id)
    assert school.modules_of("ben") == ["Unit"]
    assert len(school.get(f"/courses/{other.id}/enrollments?type[]=StudentEnrollment")) == 1
    back = school.delete(f"/sections/{section_id}/crosslist")
    assert (back["course_id"], back["nonxlist_course_id"]) == (school.course.id, None)
    school.delete(f"/sections/{section_id}/crosslist", status=400)


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


@pytest.mark.parametrize("state", ["completed", "inactive", "rejected", "deleted"])
def test_an_ended_enrolment_comes_back_in_the_wanted_state_with_its_id(school: School, state: str) -> None:
    section_id = school.section()
    first = school.enroll(section_id, "ana")
    set_enrollment_state(school.world, school.world.table(Enrollment)[first["id"]], state)
    again = school.enroll(section_id, "ana")
    assert (again["id"], again["enrollment_state"]) == (first["id"], "active")


def test_each_post_overwrites_dates_and_self_enrolled(school: School) -> None:
    section_id = school.section()
    body = {"user_id": school.id_of("ana"), "enrollment_state": "active"}
    dated = {"start_at": "2026-09-01T00:00:00Z", "self_enrolled": True}
    first = school.post(f"/sections/{section_id}/enrollments", {"enrollment": body | dated})
    assert first["start_at"] == "2026-09-01T00:00:00Z"
    again = school.post(f"/sections/{section_id}/enrollments", {"enrollment": body})
    assert again["start_at"] is None
    assert not school.world.table(Enrollment)[first["id"]].self_enrolled


def test_another_role_in_the_same_section_is_another_row(school: School) -> None:
    section_id = school.section("Otters", "ana")
    body = {
        "enrollment": {"user_id": school.id_of("ana"), "type": "TaEnrollment", "enrollment_state": "active"}
    }
    school.post(f"/sections/{section_id}/enrollments", body)
    kinds = [row["type"] for row in school.get(f"/sections/{section_id}/enrollments")]
    assert sorted(kinds) == ["StudentEnrollment", "TaEnrollment"]


def test_an_observer_has_a_row_for_each_child(school: School) -> None:
    parent = school.join("pat", "ObserverEnrollment")
    for child in ("ana", "ben"):
        school.post("enrollments", {"enrollment": {
            "user_id": parent.id, "type": "ObserverEnrollment", "enrollment_state": "active",
            "associated_user_id": school.id_of(child),
        }})  # fmt: skip
    rows = school.get(f"enrollments?user_id={parent.id}")
    assert {row["associated_user_id"] for row in rows} == {None, school.id_of("ana"), school.id_of("ben")}


@pytest.mark.parametrize(("state", "status"), [("inactive", 200), ("completed", 400), ("active", 400)])
def test_only_an_inactive_enrolment_is_reactivated(school: School, state: str, status: int) -> None:
    made = school.enroll(school.section(), "ana")
    set_enrollment_state(school.world, school.world.table(Enrollment)[made["id"]], state)
    answer = school.put(f"enrollments/{made['id']}/reactivate", status=status)
    assert answer.get("enrollment_state", answer.get("error")) in ("active", "enrollment not inactive")


def test_an_invited_student_accepts_or_rejects_himself(school: School) -> None:
    section_id = school.section()
    body = {"enrollment": {"user_id": school.id_of("ana"), "type": "StudentEnrollment"}}
    made = school.post(f"/sections/{section_id}/enrollments", body)
    school.post(f"enrollments/{made['id']}/accept", by="ben", status=403)
    assert school.post(f"enrollments/{made['id']}/reject", by="ana") == {"success": True}
    assert school.post(f"enrollments/{made['id']}/accept", by="ana") == {"success": True}
    assert school.world.table(Enrollment)[made["id"]].workflow_state == "active"
    told = {notice.user_id for notice in school.world.find(Notice, kind="Enrollment Accepted")}
    assert school.id_of("rivera") in told


@pytest.mark.parametrize(("fields", "kinds"), [
    ({}, []),
    ({"notify": True}, ["Enrollment Invitation"]),
    ({"notify": True, "enrollment_state": "active"}, ["Enrollment Notification"]),
    ({"enrollment_state": "active"}, []),
])  # fmt: skip
def test_nobody_is_written_to_unless_notify_is_sent(
    school: School, fields: dict[str, Any], kinds: list[str]
) -> None:
    body = {"enrollment": {"user_id": school.id_of("ana"), "type": "StudentEnrollment"} | fields}
    school.post(f"/sections/{school.section()}/enrollments", body)
    assert [notice.kind for notice in school.world.table(Notice).values()] == kinds


@pytest.mark.parametrize(("by", "asked", "states"), [
    ("rivera", "", {"active", "inactive"}),
    ("ben", "", {"active"}),
    ("rivera", "state[]=completed", {"completed"}),
    ("rivera", "state[]=inactive", {"inactive"}),
    ("rivera", "state[]=deleted", {"deleted"}),
])  # fmt: skip
def test_which_states_come_without_and_with_asking(
    school: School, by: str, asked: str, states: set[str]
) -> None:
    for state in ("completed", "inactive", "deleted"):
        made = school.enroll(school.section(), "ana")
        set_enrollment_state(school.world, school.world.table(Enrollment)[made["id"]], state)
    rows = school.get(f"enrollments?per_page=100&{asked}", by=by)
    assert {row["enrollment_state"] for row in rows} == states


def test_a_child_brings_the_observer_into_each_new_section(school: School) -> None:
    parent = school.join("pat", "ObserverEnrollment")
    people.link_observer(school.world, parent, school.world.table(User)[school.id_of("ana")])
    section_id = school.section("Otters", "ana")
    rows = school.get(f"/sections/{section_id}/enrollments")
    assert {(r["type"], r["associated_user_id"]) for r in rows} == {
        ("StudentEnrollment", None), ("ObserverEnrollment", school.id_of("ana")),
    }  # fmt: skip
    school.delete(f"enrollments/{enrollment_of(school, section_id, 'ana')['id']}?task=delete")
    assert school.get(f"/sections/{section_id}/enrollments") == []
    school.delete(f"/sections/{section_id}")


@pytest.mark.parametrize(("query", "state"), [
    ("", "completed"), ("?task=expel", "completed"), ("?task=conclude", "completed"),
    ("?task=delete", "deleted"),
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
    ({"enrollment": {"user_id": "{ana}", "type": "Student"}}, 400),
    ({"enrollment": {"user_id": "{ana}", "type": "StudentViewEnrollment"}}, 400),
    ({"enrollment": {"user_id": "{ana}", "role": "PupilEnrollment"}}, 400),
    ({"enrollment": {"user_id": "{ana}", "type": "StudentEnrollment", "role": "TaEnrollment"}}, 400),
    ({"enrollment": {"user_id": "{ana}", "role_id": 999}}, 400),
    ({"enrollment": {"user_id": "self", "self_enrollment_code": "LETMEIN"}}, 400),
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
    school.post(f"/sections/{section_id}/enrollments", body, status=403)
    answer = school.post(f"/sections/{section_id}/enrollments", body, by="admin", status=400)
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
