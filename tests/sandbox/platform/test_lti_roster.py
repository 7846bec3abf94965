"""Names and roles: who is in it, what is told of them, and how the pages hang together."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
import requests
from lti_class import LMS, NRPS, LtiClass, ServiceCalls

from sandbox.platform.nrps import MEDIA_TYPE
from sandbox.world.model import Course
from sandbox.world.people import put_in

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"


def next_url(answer: Any) -> str | None:
    links = requests.utils.parse_header_links(answer.headers.get("Link", ""))
    return next((link["url"] for link in links if link["rel"] == "next"), None)


def roster(calls: ServiceCalls, query: str = "") -> list[dict[str, Any]]:
    answer = calls.call("GET", f"{calls.roster_path}{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json["members"])


def test_a_small_class_comes_in_one_page_under_the_exact_media_type(home: LtiClass) -> None:
    calls = home.service()
    answer = calls.call("GET", calls.roster_path)
    assert answer.content_type == MEDIA_TYPE
    assert answer.json["id"] == f"{LMS}{calls.roster_path}"
    assert answer.json["context"] == {"id": "course-context", "label": "G4", "title": "Grade 4"}
    assert next_url(answer) is None
    assert [member["user_id"] for member in answer.json["members"]] == [
        home.teacher.lti_1_3_id,
        *(student.lti_1_3_id for student in home.students),
    ]
    assert answer.json["members"][1] == {
        "status": "Active",
        "name": "Student Number0",
        "given_name": "Student",
        "family_name": "Number0",
        "email": "s000@cedar.example",
        "user_id": home.students[0].lti_1_3_id,
        "roles": [f"{MEMBERSHIP}#Learner"],
        "lis_person_sourcedid": "sis-0",
    }


def test_a_big_class_comes_in_fifties_and_each_person_once() -> None:
    home = LtiClass(students=120)
    calls = home.service(NRPS)
    sizes, seen, url = [], [], calls.roster_path
    while url:
        answer = calls.call("GET", url)
        sizes.append(len(answer.json["members"]))
        seen += [member["user_id"] for member in answer.json["members"]]
        url = next_url(answer) or ""
    assert sizes == [50, 50, 21]
    assert len(set(seen)) == 121


def test_the_page_mark_is_case_sensitive() -> None:
    home = LtiClass(students=60)
    calls = home.service(NRPS)
    following = next_url(calls.call("GET", calls.roster_path))
    assert following is not None
    assert following != following.lower()
    assert calls.call("GET", following).status_code == 200
    assert calls.call("GET", following.lower()).status_code == 404


@pytest.mark.parametrize(
    "mark", ["2", "bookmark:", "bookmark:AAAA", "bookmark:ééé", "other:WyJNZW1iZXIiLCAxXQ"]
)
def test_a_made_up_page_mark_is_not_found(home: LtiClass, mark: str) -> None:
    calls = home.service(NRPS)
    assert calls.call("GET", f"{calls.roster_path}?page={quote(mark)}").status_code == 404


@pytest.mark.parametrize(("limit", "size"), [("2", 2), ("500", 50), ("0", 1), ("-3", 50), ("many", 50)])
def test_the_limit_is_cut_silently(limit: str, size: int) -> None:
    home = LtiClass(students=60)
    assert len(roster(home.service(NRPS), f"?limit={limit}")) == size


def test_later_pages_keep_the_filters() -> None:
    home = LtiClass(students=60)
    calls = home.service(NRPS)
    role = quote(f"{MEMBERSHIP}#Learner", safe="")
    following = next_url(calls.call("GET", f"{calls.roster_path}?role={role}&limit=20"))
    assert following is not None
    assert f"role={role}" in following
    assert len(calls.call("GET", following).json["members"]) == 20


@pytest.mark.parametrize("state", ["invited", "inactive", "completed", "deleted", "rejected"])
def test_only_active_people_are_members(home: LtiClass, state: str) -> None:
    gone = home.person("Kim Gone", "kim", "StudentEnrollment", state)
    assert gone.lti_1_3_id not in [member["user_id"] for member in roster(home.service())]


def test_two_sections_make_one_member(home: LtiClass) -> None:
    put_in(home.world, home.section_of("Otters"), home.students[0], "StudentEnrollment")
    rows = [m for m in roster(home.service()) if m["user_id"] == home.students[0].lti_1_3_id]
    assert len(rows) == 1
    assert rows[0]["roles"] == [f"{MEMBERSHIP}#Learner"]


@pytest.mark.parametrize(
    ("kind", "roles"),
    [
        ("ObserverEnrollment", [f"{MEMBERSHIP}#Mentor"]),
        ("TaEnrollment", [f"{MEMBERSHIP}/Instructor#TeachingAssistant", f"{MEMBERSHIP}#Instructor"]),
        (
            "StudentViewEnrollment",
            [f"{MEMBERSHIP}#Learner", "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"],
        ),
    ],
)
def test_roles_of_members(home: LtiClass, kind: str, roles: list[str]) -> None:
    user = home.person("Pat Doe", "pat", kind)
    found = {member["user_id"]: member["roles"] for member in roster(home.service())}
    assert found[user.lti_1_3_id] == roles


@pytest.mark.parametrize(
    ("role", "count"),
    [
        (f"{MEMBERSHIP}#Learner", 3),
        (f"{MEMBERSHIP}#Instructor", 1),
        ("Instructor", 0),
        (f"{MEMBERSHIP}#Mentor", 0),
        ("urn:no:such:role", 0),
        ("", 4),
    ],
)
def test_the_role_filter(home: LtiClass, role: str, count: int) -> None:
    assert len(roster(home.service(), f"?role={quote(role, safe='')}")) == count


def test_members_carry_their_own_custom_values_only_with_the_courses_rlid(home: LtiClass) -> None:
    assert all("message" not in member for member in roster(home.service()))
    found = {m["user_id"]: m["message"][0] for m in roster(home.service(), "?rlid=course-context")}
    message = found[home.students[1].lti_1_3_id]
    custom = message["https://purl.imsglobal.org/spec/lti/claim/custom"]
    assert custom["canvas_user_id"] == str(home.students[1].id)
    assert custom["sis_user_id"] == "sis-1"
    assert message["https://www.instructure.com/canvas_user_id"] == home.students[1].id


def test_an_assignments_rlid_leaves_out_students_without_it(home: LtiClass) -> None:
    task = home.assignment(
        submission_types=["external_tool"],
        external_tool_tag_attributes={"url": "http://tool.localhost:8000/lti/launch"},
    )
    home.row(task.id, home.students[0]).workflow_state = "deleted"
    members = roster(home.service(), f"?rlid={task.lti_context_id}")
    assert len(members) == 3
    assert home.students[0].lti_1_3_id not in [member["user_id"] for member in members]


def test_an_rlid_of_nothing_of_ours_is_refused(home: LtiClass) -> None:
    plain = home.assignment()
    calls = home.service()
    for rlid in ("unknown", plain.lti_context_id):
        assert calls.call("GET", f"{calls.roster_path}?rlid={rlid}").status_code == 400


def test_an_anonymous_tool_reads_no_names(home: LtiClass) -> None:
    home.tool.privacy_level = "anonymous"
    assert set(roster(home.service())[1]) == {"status", "user_id", "roles"}


def test_no_token_a_wrong_token_and_a_foreign_course_are_refused(home: LtiClass) -> None:
    calls = home.service()
    assert ServiceCalls(home, "nonsense").call("GET", calls.roster_path).status_code == 401
    plain = home.app.test_client().get(calls.roster_path, base_url=LMS)
    assert (plain.status_code, plain.json["errors"]["message"]) == (401, "Missing access token")
    assert calls.call("GET", "/api/lti/courses/999999/names_and_roles").status_code == 404
    elsewhere = home.world.add(
        Course(account_id=home.account.id + 5000, name="Far", course_code="F", lti_context_id="far")
    )
    assert calls.call("GET", f"/api/lti/courses/{elsewhere.id}/names_and_roles").status_code == 401
