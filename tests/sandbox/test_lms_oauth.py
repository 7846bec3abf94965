"""OAuth2 as Canvas does it: one living access token, single-use codes, 401s that say which kind they are."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask.testing import FlaskClient
from lms_school import API, School
from werkzeug.test import TestResponse

from sandbox.current import SESSION_USER
from sandbox.world.model import ApiKey, Grant

BACK = "http://tool.localhost:8200/oauth/canvas/callback"
LMS = "http://lms.localhost:8100"
CHALLENGE = 'Bearer realm="canvas-lms"'


class Browser:
    """Ms. Rivera's browser at the LMS, and the tool's server, with one developer key."""

    def __init__(self, school: School, *, logged_in: str | None = "rivera", **key: Any) -> None:
        self.school = school
        self.key = school.world.add(
            ApiKey(
                account_id=school.made.account.id,
                client_id="k1",
                secret="s3cret",
                name="Regroup",
                redirect_uris=[BACK],
                **key,
            )
        )
        self.client: FlaskClient = school.app.test_client()
        if logged_in:
            with self.client.session_transaction(base_url=LMS) as session:
                session[SESSION_USER] = school.id_of(logged_in)

    def ask(self, **changes: Any) -> TestResponse:
        query = {"client_id": "k1", "response_type": "code", "redirect_uri": BACK, "state": "xyz"} | changes
        kept = {name: value for name, value in query.items() if value is not None}
        return self.client.get("/login/oauth2/auth", query_string=kept, base_url=LMS)

    def answer(self, page: TestResponse, answer: str = "authorize") -> TestResponse:
        found = re.search(r'name="ticket" value="([^"]+)"', page.text)
        form = {"ticket": found.group(1) if found else "", "answer": answer}
        return self.client.post("/login/oauth2/accept", data=form, base_url=LMS)

    def code(self, **changes: Any) -> str:
        return query_of(self.answer(self.ask(**changes)))["code"]

    def token(self, **changes: Any) -> TestResponse:
        form = {"client_id": "k1", "client_secret": "s3cret", "redirect_uri": BACK} | changes
        return self.school.app.test_client().post("/login/oauth2/token", data=form, base_url=LMS)

    def signed_in(self, **changes: Any) -> dict[str, Any]:
        return body_of(self.token(grant_type="authorization_code", code=self.code(**changes)))

    def refresh(self, refresh_token: str, **changes: Any) -> TestResponse:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token, **changes)

    def api(self, access_token: str, path: str = "/users/self", method: str = "GET") -> TestResponse:
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.school.app.test_client().open(
            f"{API}{path}", method=method, headers=headers, base_url=LMS
        )


def query_of(answer: TestResponse) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    assert answer.location.startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}


def body_of(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def test_consent_leads_to_a_token_that_acts_as_the_user(school: School) -> None:
    browser = Browser(school)
    page = browser.ask()
    assert "Regroup" in page.text
    sent_back = query_of(browser.answer(page))
    assert sent_back["state"] == "xyz"
    token = body_of(browser.token(grant_type="authorization_code", code=sent_back["code"]))
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 3600)
    assert token["user"]["id"] == school.id_of("rivera")
    assert browser.api(token["access_token"]).get_json()["login_id"] == "rivera"


def test_a_refresh_kills_the_old_access_token_at_once(school: School) -> None:
    browser = Browser(school)
    first = browser.signed_in()
    second = body_of(browser.refresh(first["refresh_token"]))
    assert "refresh_token" not in second
    assert browser.api(second["access_token"]).status_code == 200
    dead = browser.api(first["access_token"])
    assert (dead.status_code, dead.headers["WWW-Authenticate"]) == (401, CHALLENGE)


def test_of_two_refreshes_only_the_last_one_lives(school: School) -> None:
    browser = Browser(school)
    refresh_token = browser.signed_in()["refresh_token"]
    one = body_of(browser.refresh(refresh_token))["access_token"]
    two = body_of(browser.refresh(refresh_token))["access_token"]
    assert [browser.api(token).status_code for token in (one, two)] == [401, 200]


def test_an_access_token_lives_an_hour_and_the_refresh_token_on(school: School) -> None:
    browser = Browser(school)
    token = browser.signed_in()
    school.world.clock.advance(3599)
    assert browser.api(token["access_token"]).status_code == 200
    school.world.clock.advance(1)
    expired = browser.api(token["access_token"])
    assert (expired.status_code, expired.headers["WWW-Authenticate"]) == (401, CHALLENGE)
    assert expired.get_json() == {"errors": [{"message": "Invalid access token."}]}
    assert browser.refresh(token["refresh_token"]).status_code == 200


def test_the_secret_may_come_as_http_basic(school: School) -> None:
    browser = Browser(school)
    form = {"grant_type": "authorization_code", "code": browser.code()}
    answer = school.app.test_client().post("/login/oauth2/token", data=form, auth=("k1", "s3cret"))
    assert answer.status_code == 200


def test_a_revoked_token_says_so(school: School) -> None:
    browser = Browser(school)
    token = browser.signed_in()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert school.app.test_client().delete("/login/oauth2/token", headers=headers).status_code == 200
    assert browser.api(token["access_token"]).get_json()["errors"][0]["message"] == "Revoked access token."
    assert browser.refresh(token["refresh_token"]).status_code == 400


def test_revoking_needs_a_token_and_may_end_the_browsers_login(school: School) -> None:
    browser = Browser(school)
    nobody = school.app.test_client().delete("/login/oauth2/token", base_url=LMS)
    assert (nobody.status_code, nobody.headers["WWW-Authenticate"]) == (401, CHALLENGE)
    unknown = school.app.test_client().delete("/login/oauth2/token", headers={"Authorization": "Bearer x"})
    assert (unknown.status_code, unknown.headers["WWW-Authenticate"]) == (401, CHALLENGE)
    by_session = browser.client.delete("/login/oauth2/token?expire_sessions=1", base_url=LMS)
    assert by_session.status_code == 400
    assert browser.ask().status_code == 302


def test_a_token_with_few_scopes_may_still_end_itself(school: School) -> None:
    browser = Browser(school, require_scopes=True, scopes=[SECTIONS])
    headers = {"Authorization": f"Bearer {browser.signed_in(scope=SECTIONS)['access_token']}"}
    assert school.app.test_client().delete("/login/oauth2/token", headers=headers).status_code == 200


def test_replace_tokens_ends_the_users_other_sessions(school: School) -> None:
    browser = Browser(school)
    first = browser.signed_in()
    form = {"grant_type": "authorization_code", "code": browser.code(), "replace_tokens": "1"}
    second = body_of(browser.token(**form))
    assert browser.api(first["access_token"]).status_code == 401
    assert browser.api(second["access_token"]).status_code == 200


# refusals at the door


@pytest.mark.parametrize(("changes", "status", "error"), [
    ({"client_id": "nobody"}, 401, "invalid_client"),
    ({"client_id": None}, 401, "invalid_client"),
    ({"redirect_uri": "http://evil.example/cb"}, 400, "invalid_request"),
    ({"redirect_uri": "http://eviltool.localhost/cb"}, 400, "invalid_request"),
    ({"redirect_uri": None}, 400, "invalid_request"),
])  # fmt: skip
def test_a_wrong_client_or_address_is_never_redirected(
    school: School, changes: dict[str, Any], status: int, error: str
) -> None:
    answer = Browser(school).ask(**changes)
    assert (answer.status_code, answer.get_json()["error"]) == (status, error)
    assert "Location" not in answer.headers


def test_a_key_that_is_off_is_an_unknown_client(school: School) -> None:
    browser = Browser(school)
    browser.key.active = False
    assert browser.ask().status_code == 401


@pytest.mark.parametrize(("changes", "error"), [
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": None}, "unsupported_response_type"),
    ({"prompt": "none"}, "interaction_required"),
    ({"prompt": "sometimes"}, "unsupported_prompt_type"),
])  # fmt: skip
def test_other_refusals_go_back_to_the_client_with_the_state(
    school: School, changes: dict[str, Any], error: str
) -> None:
    sent_back = query_of(Browser(school).ask(**changes))
    assert (sent_back["error"], sent_back["state"]) == (error, "xyz")


def test_cancel_goes_back_as_access_denied(school: School) -> None:
    browser = Browser(school)
    assert query_of(browser.answer(browser.ask(), "deny")) == {"error": "access_denied", "state": "xyz"}


def test_a_key_that_is_off_in_the_account_is_an_unauthorized_client(school: School) -> None:
    browser = Browser(school)
    token = browser.signed_in()["access_token"]
    browser.key.on_in_account = False
    assert query_of(browser.ask())["error"] == "unauthorized_client"
    dead = browser.api(token)
    assert (dead.status_code, dead.headers["WWW-Authenticate"]) == (401, CHALLENGE)


@pytest.mark.parametrize("forcing", [{"force_login": "1"}, {"prompt": "login"}])
def test_a_login_can_be_asked_for_again_and_then_leads_to_the_consent(
    school: School, forcing: dict[str, str]
) -> None:
    browser = Browser(school)
    following = parse_qs(urlsplit(browser.ask(**forcing).location).query)["next"][0]
    assert "Regroup" in browser.client.get(following, base_url=LMS).text


def test_of_two_scope_parameters_the_last_counts(school: School) -> None:
    browser = Browser(school, require_scopes=True, scopes=[SECTIONS])
    query = f"client_id=k1&response_type=code&redirect_uri={BACK}&scope=wrong&scope={quote(SECTIONS)}"
    assert browser.client.get(f"/login/oauth2/auth?{query}", base_url=LMS).status_code == 200


def test_who_is_not_logged_in_is_sent_to_log_in_and_comes_back(school: School) -> None:
    answer = Browser(school, logged_in=None).ask()
    assert answer.status_code == 302
    following = parse_qs(urlsplit(answer.location).query)["next"][0]
    assert following.startswith("/login/oauth2/auth?")
    assert parse_qs(urlsplit(following).query)["state"] == ["xyz"]


def test_prompt_none_without_a_session_is_login_required(school: School) -> None:
    assert query_of(Browser(school, logged_in=None).ask(prompt="none"))["error"] == "login_required"


def test_a_consent_ticket_works_once_and_for_its_own_user_only(school: School) -> None:
    browser = Browser(school)
    page = browser.ask()
    with browser.client.session_transaction(base_url=LMS) as session:
        session[SESSION_USER] = school.id_of("ana")
    assert browser.answer(page).status_code == 400
    again = Browser(school)
    page = again.ask()
    assert again.answer(page).status_code == 302
    assert again.answer(page).status_code == 400


# refusals at the token endpoint


def test_a_code_works_once(school: School) -> None:
    browser = Browser(school)
    code = browser.code()
    assert browser.token(grant_type="authorization_code", code=code).status_code == 200
    answer = browser.token(grant_type="authorization_code", code=code)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_grant")


def test_a_code_lives_ten_minutes(school: School) -> None:
    browser = Browser(school)
    code = browser.code()
    school.world.clock.advance(600)
    assert browser.token(grant_type="authorization_code", code=code).status_code == 400


def test_a_code_is_good_for_its_own_client_only(school: School) -> None:
    browser = Browser(school)
    school.world.add(
        ApiKey(
            account_id=school.made.account.id,
            client_id="k2",
            secret="other",
            name="Other",
            redirect_uris=[BACK],
        )
    )
    answer = browser.token(
        grant_type="authorization_code", code=browser.code(), client_id="k2", client_secret="other"
    )
    assert (answer.status_code, answer.get_json()["error_description"]) == (400, "incorrect client")


def test_a_refresh_token_is_good_for_its_own_client_only(school: School) -> None:
    browser = Browser(school)
    mine = browser.signed_in()["refresh_token"]
    other = ApiKey(account_id=school.made.account.id, client_id="k2", secret="other", name="Other")
    school.world.add(other)
    answer = browser.refresh(mine, client_id="k2", client_secret="other")
    assert (answer.status_code, answer.get_json()["error_description"]) == (400, "incorrect client")


@pytest.mark.parametrize(("form", "status", "error"), [
    ({"grant_type": "authorization_code", "code": "made up"}, 400, "invalid_grant"),
    ({"grant_type": "authorization_code"}, 400, "invalid_request"),
    ({"code": "made up"}, 400, "invalid_grant"),
    ({"grant_type": "refresh_token", "refresh_token": "made up"}, 400, "invalid_request"),
    ({"grant_type": "refresh_token"}, 400, "invalid_request"),
    ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ({}, 400, "unsupported_grant_type"),
    ({"grant_type": "refresh_token", "client_secret": "wrong"}, 401, "invalid_client"),
    ({"grant_type": "refresh_token", "client_id": "nobody"}, 401, "invalid_client"),
])  # fmt: skip
def test_a_bad_token_request_says_what_is_wrong(
    school: School, form: dict[str, str], status: int, error: str
) -> None:
    answer = Browser(school).token(**form)
    assert (answer.status_code, answer.get_json()["error"]) == (status, error)


def test_a_permanent_expiry_date_refuses_the_refresh_too(school: School) -> None:
    browser = Browser(school)
    token = browser.signed_in()
    next(
        school.world.find(Grant, access_token=token["access_token"])
    ).permanent_expires_at = school.world.clock.now()
    entry = browser.api(token["access_token"]).get_json()["errors"][0]
    assert entry == {"message": "Expired access token.", "expired_at": "2026-09-07T08:00:00Z"}
    assert browser.refresh(token["refresh_token"]).status_code == 400


# the kinds of 401 and 403


def test_no_token_asks_for_one(school: School) -> None:
    answer = school.app.test_client().get(f"{API}/users/self")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, CHALLENGE)
    assert answer.get_json()["status"] == "unauthenticated"


def test_a_missing_right_is_403_without_a_challenge(school: School) -> None:
    answer = school.call("POST", "modules", by="ana", json={"module": {"name": "x"}})
    assert answer.status_code == 403
    assert "WWW-Authenticate" not in answer.headers
    assert answer.get_json()["status"] == "unauthorized"


SECTIONS = "url:GET|/api/v1/courses/:course_id/sections"
COURSE = "url:GET|/api/v1/courses/:id"


def test_enforced_scopes_open_only_what_they_name(school: School) -> None:
    browser = Browser(school, require_scopes=True, scopes=[SECTIONS, COURSE])
    token = browser.signed_in(scope=SECTIONS)["access_token"]
    course = f"/courses/{school.course.id}"
    assert browser.api(token, f"{course}/sections").status_code == 200
    refused = browser.api(token, course)
    assert (refused.status_code, "WWW-Authenticate" in refused.headers) == (401, False)
    assert refused.get_json()["errors"][0]["message"] == "Insufficient scopes on access token."
    assert browser.api(token, f"{course}/sections", "POST").status_code == 401


def test_includes_vanish_for_a_scoped_key_that_does_not_allow_them(school: School) -> None:
    path = f"/courses/{school.course.id}/sections?include[]=total_students"
    for allowed in (False, True):
        browser = Browser(school, require_scopes=True, scopes=[SECTIONS], allow_includes=allowed)
        row = browser.api(browser.signed_in(scope=SECTIONS)["access_token"], path).get_json()[0]
        assert ("total_students" in row) is allowed
        browser.key.active = False


def test_a_host_that_keeps_includes_for_every_key_is_a_switch(school: School) -> None:
    school.world.switches.strict_include_stripping = False
    browser = Browser(school, require_scopes=True, scopes=[SECTIONS])
    token = browser.signed_in(scope=SECTIONS)["access_token"]
    path = f"/courses/{school.course.id}/sections?include[]=total_students"
    assert "total_students" in browser.api(token, path).get_json()[0]


@pytest.mark.parametrize(("path", "status"), [
    ("/courses/{c}", 200), ("/courses/sis_course_id:C-G4", 200), ("/courses/{c}/sections", 401),
    ("/courses", 401),
])  # fmt: skip
def test_a_placeholder_in_a_scope_is_one_segment_of_any_form(school: School, path: str, status: int) -> None:
    browser = Browser(school, require_scopes=True, scopes=[COURSE])
    token = browser.signed_in(scope=COURSE)["access_token"]
    assert browser.api(token, path.format(c=school.course.id)).status_code == status


@pytest.mark.parametrize(("scope", "error"), [
    ("url:PUT|/api/v1/courses/:course_id/modules/:context_module_id/assignment_overrides", None),
    ("url:PUT|/api/v1/courses/:course_id/modules/:module_id/assignment_overrides", "invalid_scope"),
    ("url:GET|/api/v1/courses/:id", None),
    ("url:GET|/api/v1/courses/:course_id", "invalid_scope"),
    ("url:DELETE|/api/v1/sections/:id", None),
    ("url:DELETE|/api/v1/sections/:section_id", "invalid_scope"),
    ("url:GET|/api/v1/sections/:id/users", None),
    ("url:GET|/api/v1/courses/:course_id/tabs", None),
    ("/auth/userinfo", "invalid_scope"),
])  # fmt: skip
def test_a_scope_is_spelt_as_canvas_spells_it_even_when_the_keys_maker_did_not(
    school: School, scope: str, error: str | None
) -> None:
    answer = Browser(school, require_scopes=True, scopes=[scope]).ask(scope=scope)
    assert (answer.status_code == 200) is (error is None)
    if error:
        assert query_of(answer)["error"] == error


def test_head_counts_as_get_for_scopes(school: School) -> None:
    browser = Browser(school, require_scopes=True, scopes=[COURSE])
    token = browser.signed_in(scope=COURSE)["access_token"]
    assert browser.api(token, f"/courses/{school.course.id}", "HEAD").status_code == 200


@pytest.mark.parametrize("scope", [None, "url:GET|/api/v1/courses/:course/sections", f"{SECTIONS} {COURSE}"])
def test_a_scope_the_key_does_not_have_is_named(school: School, scope: str | None) -> None:
    sent_back = query_of(Browser(school, require_scopes=True, scopes=[SECTIONS]).ask(scope=scope))
    assert sent_back["error"] == "invalid_scope"
