"""How a host says no: today's statuses and those of older hosts, and which carry a challenge."""

from __future__ import annotations

from typing import Any

import pytest
from lms_school import API, School
from werkzeug.test import TestResponse

from sandbox.platform.install import install_tool
from sandbox.platform.tokens import issue_token
from sandbox.world.model import LtiKey, User

LMS = "http://lms.localhost:8100"
CHALLENGE = 'Bearer realm="canvas-lms"'
NO_RIGHT = {
    "status": "unauthorized",
    "errors": [{"message": "user not authorized to perform that action"}],
}
NOT_THERE = {"errors": [{"message": "The specified resource does not exist."}]}


def challenged(answer: TestResponse) -> bool:
    return answer.headers.get("WWW-Authenticate") == CHALLENGE


@pytest.mark.parametrize(
    ("generation", "no_right", "throttled"), [("current", 403, 429), ("older", 401, 403)]
)
def test_each_generation_has_its_own_statuses_and_the_same_bodies(
    school: School, generation: str, no_right: int, throttled: int
) -> None:
    school.world.switches.status_generation = generation
    refused = school.call("POST", "modules", by="ana", json={"module": {"name": "x"}})
    assert (refused.status_code, refused.get_json(), challenged(refused)) == (no_right, NO_RIGHT, False)
    school.app.extensions["sandbox.throttle"].fill(
        f"token:{school.token('rivera')}", school.world.clock.now(), 590
    )
    full = school.call("GET", "/users/self")
    assert (full.status_code, full.mimetype, challenged(full)) == (throttled, "text/plain", False)
    assert full.text == f"{throttled} Forbidden (Rate Limit Exceeded)\n"


@pytest.mark.parametrize("generation", ["current", "older"])
def test_who_is_not_known_gets_401_with_a_challenge_on_every_host(school: School, generation: str) -> None:
    school.world.switches.status_generation = generation
    client = school.app.test_client()
    for headers in ({}, {"Authorization": "Bearer made-up"}, {"Authorization": "Basic abc"}):
        answer = client.get(f"{API}/users/self", headers=headers, base_url=LMS)
        assert (answer.status_code, challenged(answer)) == (401, True)


@pytest.mark.parametrize("locale", ["es", "ar"])
def test_the_lack_of_a_right_is_said_in_the_callers_language(school: School, locale: str) -> None:
    school.world.table(User)[school.id_of("ana")].locale = locale
    refused = school.post("modules", {"module": {"name": "x"}}, by="ana", status=403)
    assert refused["status"] == "unauthorized"
    assert refused["errors"] != NO_RIGHT["errors"]
    unknown = school.get("/courses/999999", by="ana", status=404)
    assert unknown == NOT_THERE


def test_a_tools_lti_token_opens_nothing_of_rest(school: School) -> None:
    installed = install_tool(school.world, "http://tool.localhost:8200")
    tool = next(school.world.find(LtiKey, client_id=installed.client_id))
    headers = {"Authorization": f"Bearer {issue_token(school.world, tool, []).access_token}"}
    answer = school.app.test_client().get(f"{API}/users/self", headers=headers, base_url=LMS)
    assert (answer.status_code, challenged(answer)) == (401, True)


@pytest.mark.parametrize("generation", ["current", "older"])
def test_a_refusal_of_an_actions_own_is_403_on_every_host(school: School, generation: str) -> None:
    school.world.switches.status_generation = generation
    limited = {"type": "TeacherEnrollment", "limit_privileges_to_course_section": True}
    body = {"enrollment": {"user_id": school.id_of("ode"), "enrollment_state": "active"} | limited}
    school.post("enrollments", body)
    other = school.section("Otters")
    answer = school.call("GET", f"/sections/{other}/users", by="ode")
    assert (answer.status_code, answer.get_json()) == (
        403, {"error": "section is not visible to the current user"},
    )  # fmt: skip


@pytest.mark.parametrize(("method", "path"), [
    ("GET", "/nothing"), ("POST", "/courses/1/nothing"), ("DELETE", "/users/self"),
    ("PUT", "/courses/1/a/b/c"), ("PATCH", "/users/self"),
])  # fmt: skip
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer made-up"}])
def test_a_path_that_is_none_is_a_json_404(
    school: School, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = school.app.test_client().open(f"{API}{path}", method=method, headers=headers, base_url=LMS)
    assert (answer.status_code, answer.get_json()) == (404, NOT_THERE)


@pytest.mark.parametrize(("path", "status"), [
    ("/courses/999999", 404), ("/courses/999999/sections", 404), ("/sections/999999", 404),
    ("/accounts/999999", 404), ("/users/999999/enrollments", 404),
])  # fmt: skip
def test_what_is_not_there_is_the_same_404_everywhere(school: School, path: str, status: int) -> None:
    assert school.get(path, status=status) == NOT_THERE


def test_ids_stay_numbers_on_a_host_without_string_ids(school: School) -> None:
    school.world.switches.string_ids = False
    row = school.get("/users/self", accept="application/json+canvas-string-ids")
    assert row["id"] == school.id_of("rivera")


@pytest.mark.parametrize(("by", "as_user", "status"), [
    ("admin", "{ana}", 200), ("admin", "sis_user_id:S-ana", 200), ("rivera", "self", 401),
    ("rivera", "{rivera}", 200), ("rivera", "{ana}", 401), ("ana", "{rivera}", 401),
    ("admin", "999999", 401), ("admin", "nonsense", 401), ("tom", "{admin}", 401),
])  # fmt: skip
def test_who_may_act_as_whom(school: School, by: str, as_user: str, status: int) -> None:
    ids = {login: school.id_of(login) for login in ("ana", "rivera", "admin")}
    answer = school.call("GET", f"/users/self?as_user_id={as_user.format(**ids)}", by=by)
    assert answer.status_code == status
    if status == 401:
        assert (answer.get_json(), challenged(answer)) == ({"errors": "Invalid as_user_id"}, False)


def test_acting_as_a_student_has_the_students_rights_and_work(school: School) -> None:
    as_ana = f"as_user_id={school.id_of('ana')}"
    assert school.get(f"/users/self?{as_ana}", by="admin")["id"] == school.id_of("ana")
    answer = school.call("POST", f"modules?{as_ana}", by="admin", json={"module": {"name": "x"}})
    assert answer.status_code == 403


def test_an_admin_whose_account_keeps_back_become_user_acts_as_nobody(school: School) -> None:
    school.made.account.role_overrides = {"AccountAdmin": {"become_user": False}}
    school.get(f"/users/self?as_user_id={school.id_of('ana')}", by="admin", status=401)


def test_a_bad_body_is_400(school: School) -> None:
    answer: Any = school.call("POST", "sections", data="{not json", content_type="application/json")
    assert answer.status_code == 400
