"""Who may do what, and whom each may see: profiles, section limits, switched-off rights, ended courses."""

from __future__ import annotations

from typing import Any

import pytest
from lms_school import School

from sandbox.canvas.permissions import visible_student_ids
from sandbox.world import people
from sandbox.world.model import Account, Enrollment, Section, User
from sandbox.world.people import set_enrollment_state


def user(school: School, login: str) -> User:
    return school.world.table(User)[school.id_of(login)]


def limited_teacher(school: School, section_id: int, login: str = "sam") -> User:
    """A teacher whose only enrolment is limited to that section."""
    found = people.add_user(school.world, f"{login.title()} Doe", login)
    section = school.world.table(Section)[section_id]
    people.put_in(school.world, section, found, "TeacherEnrollment", limit_privileges_to_course_section=True)
    return found


def parent_of(school: School, *children: str) -> User:
    parent = people.add_user(school.world, "Pat Doe", "pat")
    for child in children:
        people.link_observer(school.world, parent, user(school, child))
    return parent


def seen_by(school: School, login: str) -> set[str]:
    ids = visible_student_ids(school.world, user(school, login), school.course)
    return {school.world.table(User)[each].login_id for each in ids}


def names(rows: list[dict[str, Any]]) -> set[str]:
    return {row["name"].split()[0].lower() for row in rows}


# rights by role


@pytest.mark.parametrize(("right", "who"), [
    ("manage_sections_add", {"rivera", "admin", "dee"}),
    ("manage_grades", {"rivera", "tom", "admin"}),
    ("view_all_grades", {"rivera", "tom", "admin"}),
    ("read_sis", {"rivera", "admin"}),
    ("manage_sis", {"admin"}),
    ("become_user", {"admin"}),
    ("manage_tags_add", {"rivera", "admin"}),
    ("add_student_to_course", {"rivera", "tom", "admin", "dee"}),
    ("add_teacher_to_course", {"rivera", "admin"}),
    ("manage_course_content_add", {"rivera", "tom", "admin", "dee"}),
    ("read_roster", {"rivera", "tom", "admin", "dee", "ana"}),
    ("read_as_admin", {"rivera", "tom", "admin", "dee"}),
])  # fmt: skip
def test_what_each_role_may_by_default(school: School, right: str, who: set[str]) -> None:
    school.join("dee", "DesignerEnrollment")
    school.join("pat", "ObserverEnrollment")
    asked = f"permissions?permissions[]={right}"
    everybody = ("rivera", "tom", "ana", "admin", "dee", "pat")
    assert {login for login in everybody if school.get(asked, by=login)[right]} == who


def test_tags_rights_go_with_the_feature(school: School) -> None:
    school.world.switches.tags_feature = False
    assert school.get("permissions?permissions[]=manage_tags_add") == {"manage_tags_add": False}


def test_an_account_switches_a_right_off_for_a_role(school: School) -> None:
    school.made.account.role_overrides = {"TeacherEnrollment": {"manage_sections_add": False}}
    school.post("sections", {"course_section": {"name": "x"}}, status=403)
    school.post("sections", {"course_section": {"name": "x"}}, by="admin")
    assert school.get("permissions?permissions[]=manage_sections_add") == {"manage_sections_add": False}


def test_the_nearest_account_has_the_last_word(school: School) -> None:
    district = school.made.account
    district.role_overrides = {"TeacherEnrollment": {"manage_sections_add": False}}
    own = Account(name="Oak School", parent_account_id=district.id)
    own.role_overrides = {"TeacherEnrollment": {"manage_sections_add": True}}
    school.course.account_id = school.world.add(own).id
    school.post("sections", {"course_section": {"name": "x"}})
    assert school.get(f"/accounts/{own.id}", by="admin")["root_account_id"] == district.id


@pytest.mark.parametrize(("by", "type_", "status"), [
    ("rivera", "TeacherEnrollment", 200), ("rivera", "ObserverEnrollment", 200),
    ("tom", "StudentEnrollment", 200), ("tom", "ObserverEnrollment", 200), ("tom", "TeacherEnrollment", 403),
    ("tom", "TaEnrollment", 403), ("ana", "StudentEnrollment", 403), ("admin", "DesignerEnrollment", 200),
])  # fmt: skip
def test_who_may_enrol_whom(school: School, by: str, type_: str, status: int) -> None:
    new = people.add_user(school.world, "New Body", "newbody")
    body = {"enrollment": {"user_id": new.id, "type": type_, "enrollment_state": "active"}}
    school.post("enrollments", body, by=by, status=status)


@pytest.mark.parametrize(("by", "whose", "task", "status"), [
    ("rivera", "ana", "delete", 200), ("tom", "ana", "delete", 200), ("ana", "ana", "delete", 403),
    ("ana", "ben", "delete", 403), ("tom", "tom", "delete", 403), ("tom", "tom", "conclude", 403),
    ("rivera", "tom", "delete", 200), ("rivera", "tom", "conclude", 403), ("admin", "tom", "conclude", 200),
    ("rivera", "ana", "inactivate", 200), ("tom", "ana", "conclude", 200),
])  # fmt: skip
def test_who_may_end_whose_enrolment(school: School, by: str, whose: str, task: str, status: int) -> None:
    row = next(school.world.find(Enrollment, user_id=school.id_of(whose)))
    school.delete(f"enrollments/{row.id}?task={task}", by=by, status=status)


def test_removable_and_locked_say_who_may_remove_what_the_sis_enrolled(school: School) -> None:
    row = next(school.world.find(Enrollment, user_id=school.id_of("ana")))
    row.sis_import_id = 9
    path = f"enrollments?user_id={school.id_of('ana')}&include[]=can_be_removed&include[]=locked"
    told = {by: school.get(path, by=by)[0] for by in ("rivera", "admin")}
    assert {by: (r["can_be_removed"], r["locked"]) for by, r in told.items()} == {
        "rivera": (False, True), "admin": (True, False),
    }  # fmt: skip


# teachers limited to their section


def test_a_limited_teacher_sees_his_sections_people_and_colleagues_only(school: School) -> None:
    section_id = school.section("Otters", "ana")
    limited_teacher(school, section_id)
    users = names(school.get("users?per_page=100", by="sam"))
    assert users == {"ana", "elena", "marcus", "tom", "sam"}
    rows = school.get("enrollments?per_page=100&type[]=StudentEnrollment", by="sam")
    assert [(r["user_id"], r["course_section_id"]) for r in rows] == [(school.id_of("ana"), section_id)]
    assert seen_by(school, "sam") == {"ana"}
    school.get(f"users/{school.id_of('ana')}", by="sam")
    school.get(f"users/{school.id_of('ben')}", by="sam", status=404)


def test_a_limited_teacher_lists_all_sections_and_looks_into_his_own(school: School) -> None:
    section_id = school.section("Otters", "ana")
    limited_teacher(school, section_id)
    rows = school.get("sections?include[]=students", by="sam")
    assert {r["name"]: names(r["students"] or []) for r in rows} == {"Home": set(), "Otters": {"ana"}}
    assert names(school.get(f"/sections/{section_id}/users", by="sam")) == {"ana", "sam"}
    school.get(f"/sections/{school.home.id}/users", by="sam", status=403)


def test_one_enrolment_without_the_limit_lifts_it(school: School) -> None:
    sam = limited_teacher(school, school.section("Otters", "ana"))
    people.put_in(school.world, school.home, sam, "TeacherEnrollment")
    assert seen_by(school, "sam") == {"ana", "ben", "cleo", f"test-student-{school.course.id}"}


def test_a_limited_teachers_new_section_shows_him_nobody_until_he_is_in_it(school: School) -> None:
    sam = limited_teacher(school, school.section("Otters", "ana"))
    made = school.post("sections", {"course_section": {"name": "Badgers"}}, by="sam")
    people.enroll(
        school.world,
        school.world.table(Section)[made["id"]],
        user(school, "ben"),
        "StudentEnrollment",
        "active",
    )
    assert "ben" not in seen_by(school, "sam")
    body = {"user_id": sam.id, "type": "TeacherEnrollment", "enrollment_state": "active"}
    limited = {"limit_privileges_to_course_section": True}
    school.post(f"/sections/{made['id']}/enrollments", {"enrollment": body | limited})
    assert seen_by(school, "sam") == {"ana", "ben"}


# learners and observers


def test_students_see_no_test_student_and_no_sis_ids(school: School) -> None:
    rows = school.get("users?include[]=test_student&include[]=email&per_page=100", by="ana")
    assert "test" not in names(rows)
    assert not any({"sis_user_id", "email"} & set(row) for row in rows if row["id"] != school.id_of("ana"))


def test_an_observer_sees_himself_and_his_children(school: School) -> None:
    parent = parent_of(school, "ana", "ben")
    rows = school.get("enrollments?per_page=100", by="pat")
    assert {(r["user_id"], r["associated_user_id"]) for r in rows} == {
        (school.id_of("ana"), None), (school.id_of("ben"), None),
        (parent.id, school.id_of("ana")), (parent.id, school.id_of("ben")),
    }  # fmt: skip
    assert seen_by(school, "pat") == {"ana", "ben"}
    school.get("users", by="pat", status=403)
    assert names(school.get("/users/self/observees", by="pat")) == {"ana", "ben"}
    school.get(f"/users/{parent.id}/observees", by="rivera", status=403)
    assert len(school.get(f"/users/{school.id_of('ana')}/enrollments", by="pat")) == 1


def test_a_child_enrolled_later_and_removed_takes_the_observer_along(school: School) -> None:
    parent_of(school, "ana")
    section_id = school.section("Otters", "ana")
    rows = school.get(f"/sections/{section_id}/enrollments", by="pat")
    assert {r["type"] for r in rows} == {"StudentEnrollment", "ObserverEnrollment"}
    student = next(r for r in rows if r["type"] == "StudentEnrollment")
    school.delete(f"enrollments/{student['id']}?task=delete")
    assert school.get(f"/sections/{section_id}/enrollments") == []


def test_ones_own_enrolments_need_no_right_and_others_do(school: School) -> None:
    assert len(school.get("/users/self/enrollments", by="ana")) == 1
    school.get("/users/self/enrollments?state[]=asleep", by="ana", status=400)
    school.get(f"/users/{school.id_of('ana')}/enrollments", by="rivera", status=403)
    assert len(school.get(f"/users/{school.id_of('ana')}/enrollments", by="admin")) == 1
    row = school.get("/users/self/enrollments", by="ana")[0]
    account = school.made.account.id
    assert school.get(f"/accounts/{account}/enrollments/{row['id']}", by="ana")["id"] == row["id"]
    school.get(f"/accounts/{account}/enrollments/{row['id']}", by="ben", status=403)


# looking people up


@pytest.mark.parametrize(("by", "term", "found"), [
    ("rivera", "an", {"ana"}), ("rivera", "DOE", {"ana", "ben", "cleo", "tom"}), ("rivera", "{ben}", {"ben"}),
    ("rivera", "S-cl", {"cleo"}), ("tom", "S-cl", set()), ("ana", "cleo", {"cleo"}), ("rivera", "zz", set()),
])  # fmt: skip
def test_people_are_searched_by_name_id_and_what_one_may_read(
    school: School, by: str, term: str, found: set[str]
) -> None:
    term = term.format(ben=school.id_of("ben"))
    assert names(school.get(f"users?search_term={term}&per_page=100", by=by)) == found


def test_an_admin_searches_the_whole_account(school: School) -> None:
    account = school.made.account.id
    people.add_user(school.world, "Noa Nowhere", "noa")
    assert names(school.get(f"/accounts/{account}/users?search_term=nowh", by="admin")) == {"noa"}
    school.get(f"/accounts/{account}/users?search_term=nowh", status=403)


def test_one_letter_is_no_search(school: School) -> None:
    school.get("users?search_term=a", status=400)


@pytest.mark.parametrize(("path", "found"), [
    ("users?per_page=100&enrollment_type[]=student", {"ana", "ben"}),
    ("users?per_page=100&enrollment_state[]=inactive", {"cleo"}),
    ("/sections/{home}/users?per_page=100&enrollment_type=student", {"ana", "ben", "cleo"}),
    ("/sections/{home}/users?per_page=100&enrollment_type=student&exclude_inactive=true", {"ana", "ben"}),
])  # fmt: skip
def test_inactive_people_are_in_a_sections_list_and_not_in_the_courses(
    school: School, path: str, found: set[str]
) -> None:
    row = next(school.world.find(Enrollment, user_id=school.id_of("cleo")))
    set_enrollment_state(school.world, row, "inactive")
    assert names(school.get(path.format(home=school.home.id))) == found


# courses that have not begun or have ended


def test_an_unpublished_course_is_for_its_staff_only(school: School) -> None:
    school.course.workflow_state = "unpublished"
    school.get("modules", by="ana", status=403)
    assert school.get("modules") == []
    body = {"enrollment": {"user_id": school.id_of("ana"), "type": "StudentEnrollment"}}
    made = school.post(f"/sections/{school.section()}/enrollments", body)
    assert made["enrollment_state"] == "creation_pending"


@pytest.mark.parametrize(("method", "path", "by", "status"), [
    ("GET", "enrollments", "rivera", 200), ("GET", "modules", "rivera", 200), ("GET", "modules", "ana", 200),
    ("GET", "users", "ana", 403), ("POST", "sections", "rivera", 403), ("POST", "modules", "rivera", 403),
    ("POST", "assignments", "tom", 403), ("POST", "sections", "admin", 200),
])  # fmt: skip
def test_an_ended_course_can_be_looked_at_and_not_changed(
    school: School, method: str, path: str, by: str, status: int
) -> None:
    school.course.workflow_state = "completed"
    assert school.call(method, path, by=by, json={} if method == "POST" else None).status_code == status


def test_a_teacher_whose_enrolment_ended_only_looks(school: School) -> None:
    row = next(school.world.find(Enrollment, user_id=school.id_of("ode")))
    set_enrollment_state(school.world, row, "completed")
    school.get("enrollments", by="ode")
    school.post("modules", {"module": {"name": "x"}}, by="ode", status=403)
    set_enrollment_state(school.world, row, "inactive")
    school.get("enrollments", by="ode", status=403)


def test_an_admins_courses_are_under_the_account(school: School) -> None:
    assert [c["id"] for c in school.get("/courses")] == [school.course.id]
    assert school.get("/courses", by="admin") == []
    account = school.made.account.id
    assert [c["id"] for c in school.get(f"/accounts/{account}/courses", by="admin")] == [school.course.id]
    school.get(f"/accounts/{account}/courses", status=403)
    assert [a["id"] for a in school.get("/accounts", by="admin")] == [account]
    assert school.get("/accounts") == []


# the Test Student


def test_the_test_student_keeps_no_section_from_being_deleted_and_is_removed_by_who_may_use_him(
    school: School,
) -> None:
    section_id = school.section()
    tester = next(school.world.find(User, fake_student=True))
    section = school.world.table(Section)[section_id]
    row = people.put_in(school.world, section, tester, "StudentViewEnrollment")
    school.delete(f"enrollments/{row.id}?task=delete", by="tom", status=403)
    school.delete(f"/sections/{section_id}")
    school.delete(f"enrollments/{row.id}?task=delete")
