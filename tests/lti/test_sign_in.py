"""Walks through a sign-in's life: what it opens, what ends it, and that a cookie never writes."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from lti_platform import INSTITUTION, LTI, MEMBERSHIP, REMOVED, TEST_USER, signed
from lti_tool import Tool, login_parameters, new_registration
from sqlalchemy import select

from lti_app.lti.registrations import add_registration
from lti_app.lti.sign_in import end_sign_in, end_sign_ins_of
from lti_app.store.models.lti import Context, Membership, SignIn, User

LEARNER = {f"{LTI}roles": [f"{MEMBERSHIP}#Learner"]}


def context_of(location: str) -> str:
    """/contexts/1 of /contexts/1/home."""
    return location.rsplit("/", 1)[0]


def arrive(tool: Tool, browser: FlaskClient, **changes: Any) -> tuple[str, str]:
    """A launch and the page it leads to: the context's address and the sign-in's token."""
    response = tool.launch(browser, **changes)
    assert response.status_code == 303, response.text
    base = context_of(response.location)
    return base, browser.get(f"{base}/t/read").text.split()[-1]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("roles", "page"),
    [
        ([f"{MEMBERSHIP}#Instructor"], "home"),
        (["Instructor"], "home"),
        ([f"{MEMBERSHIP}/Instructor#TeachingAssistant", f"{MEMBERSHIP}#Instructor"], "home"),
        ([f"{MEMBERSHIP}#Learner"], "me"),
        (["Learner", f"{INSTITUTION}#Instructor", f"{INSTITUTION}#Administrator"], "me"),
        ([f"{MEMBERSHIP}#Learner", TEST_USER], "me"),
        ([f"{MEMBERSHIP}#Mentor"], "visit"),
        ([f"{MEMBERSHIP}#ContentDeveloper"], "visit"),
        ([], "visit"),
    ],
)
def test_a_launch_lands_where_the_person_belongs(tool: Tool, roles: list[str], page: str) -> None:
    response = tool.launch(**{f"{LTI}roles": roles})
    assert response.status_code == 303
    assert response.location == f"/contexts/1/{page}"


@pytest.mark.parametrize("context", [REMOVED, {"id": "course-uuid-1"}])
def test_an_administrator_lands_on_the_districts_page_and_in_no_class(tool: Tool, context: Any) -> None:
    browser = tool.browser()
    response = tool.launch(
        browser, **{f"{LTI}roles": [f"{INSTITUTION}#Administrator"], f"{LTI}context": context}
    )
    assert response.location == "/district"
    assert browser.get("/t/district").status_code == 200
    tool.launch(tool.browser())
    assert browser.get("/contexts/1/t/teacher").status_code == 401


def test_a_launch_keeps_person_course_and_membership_once(tool: Tool) -> None:
    for _ in range(2):
        tool.launch()
    with tool.database.session(1, write=False) as session:
        user = session.scalars(select(User)).one()
        context = session.scalars(select(Context)).one()
        membership = session.scalars(select(Membership)).one()
    assert (user.sub, user.lms_id, user.name, user.sortable_name) == (
        "teacher-1", "11", "Ms. Rivera", "Rivera, Ana",
    )  # fmt: skip
    assert (context.lms_id, context.course_lms_id, context.title) == (
        "course-uuid-1",
        "7",
        "Grade 4 · Room 12",
    )
    assert (membership.roles, membership.is_active) == (["teacher"], True)


def test_what_a_later_launch_leaves_out_is_kept(tool: Tool) -> None:
    services = {
        "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice": {
            "context_memberships_url": "https://cedar.instructure.com/api/lti/courses/7/names_and_roles"
        },
        "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {
            "lineitems": "https://cedar.instructure.com/api/lti/courses/7/line_items",
            "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score", 3],
        },
    }
    tool.launch(**services)
    tool.launch(name=REMOVED, given_name=REMOVED, family_name=REMOVED, **{f"{LTI}custom": REMOVED})
    with tool.database.session(1, write=False) as session:
        user, context = session.scalars(select(User)).one(), session.scalars(select(Context)).one()
    assert user.name == "Ms. Rivera"
    assert context.nrps_url == "https://cedar.instructure.com/api/lti/courses/7/names_and_roles"
    assert context.ags_scopes == ["https://purl.imsglobal.org/spec/lti-ags/scope/score"]
    assert context.course_lms_id == "7"


@pytest.mark.parametrize("value", ["$Canvas.course.id", "", None, True, ["7"], {"a": 1}])
def test_a_variable_the_lms_did_not_fill_counts_as_missing(tool: Tool, value: Any) -> None:
    tool.launch(**{f"{LTI}custom": {"canvas_course_id": value, "canvas_user_id": value}})
    with tool.database.session(1, write=False) as session:
        assert session.scalars(select(Context)).one().course_lms_id is None
        assert session.scalars(select(User)).one().lms_id is None


def test_a_test_student_sees_the_students_page_and_leaves_nothing(tool: Tool) -> None:
    browser = tool.browser()
    base, _token = arrive(tool, browser, **{f"{LTI}roles": [f"{MEMBERSHIP}#Learner", TEST_USER]})
    assert browser.get(f"{base}/t/student").status_code == 200
    assert tool.users() == 0
    with tool.database.session(1, write=False) as session:
        assert session.scalars(select(Membership)).all() == []
        assert session.scalars(select(SignIn)).one().is_test_student


def test_the_token_is_nowhere_in_the_database_and_in_no_address(tool: Tool) -> None:
    browser = tool.browser()
    response = tool.launch(browser)
    token = browser.get("/contexts/1/t/read").text.split()[-1]
    assert token not in response.location
    assert token not in response.text
    with tool.database.session(1, write=False) as session:
        row = session.scalars(select(SignIn)).one()
    assert token not in repr([getattr(row, column.key) for column in SignIn.__table__.columns])


def test_the_cookie_opens_pages_and_writes_nothing(tool: Tool) -> None:
    browser = tool.browser()
    base, token = arrive(tool, browser)
    assert browser.get(f"{base}/t/teacher").status_code == 200
    assert browser.post(f"{base}/t/teacher").status_code == 401
    assert browser.post(f"{base}/t/read").status_code == 401, "not even a page that a form may open"
    assert browser.post(f"{base}/t/teacher", query_string={"_t": token}).status_code == 401
    assert tool.written == []
    assert browser.post(f"{base}/t/teacher", data={"_t": token}).status_code == 200
    assert browser.post(f"{base}/t/teacher", headers=bearer(token)).status_code == 200
    assert tool.written == ["1", "1"]


def test_header_and_field_open_pages_where_no_cookie_is_kept(tool: Tool) -> None:
    base, token = arrive(tool, tool.browser())
    stranger = tool.app.test_client(use_cookies=False)
    assert stranger.get(f"{base}/t/read").status_code == 401
    assert stranger.get(f"{base}/t/read", headers=bearer(token)).status_code == 200
    assert stranger.post(f"{base}/t/read", data={"_t": token}).status_code == 200


def test_a_page_opened_by_a_form_leaves_the_cookie_for_its_links(tool: Tool) -> None:
    base, token = arrive(tool, tool.browser())
    own_tab = tool.browser()
    response = own_tab.post(f"{base}/t/read", data={"_t": token})
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith(f"__Host-s_1={token};")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "Path=/", "SameSite=None", "Partitioned"))
    assert own_tab.get(f"{base}/t/read").status_code == 200


def test_a_dead_header_does_not_fall_back_to_a_cookie(tool: Tool) -> None:
    browser = tool.browser()
    base, token = arrive(tool, browser)
    assert browser.get(f"{base}/t/read", headers=bearer(f"{token[:-1]}!")).status_code == 401
    assert browser.get(f"{base}/t/read", headers=bearer("")).status_code == 401


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "1-1-short",
        "7-68e2a1c0-" + "a" * 43,
        "ffffffff-1-" + "a" * 43,
        "0-1-" + "a" * 43,
        "1-1-" + "é" * 43,
        "\x00",
    ],
)
def test_a_made_up_token_opens_nothing(tool: Tool, token: str) -> None:
    arrive(tool, tool.browser())
    browser = tool.browser()
    browser.set_cookie("__Host-s_1", token)
    assert browser.get("/contexts/1/t/read").status_code == 401
    assert browser.post("/contexts/1/t/teacher", data={"_t": token}).status_code == 401


@pytest.mark.parametrize(("changes", "idle_minutes"), [({}, 60), (LEARNER, 30)])
def test_idle_time_ends_a_sign_in(tool: Tool, changes: dict[str, Any], idle_minutes: int) -> None:
    browser = tool.browser()
    base, _token = arrive(tool, browser, **changes)
    for _ in range(3):
        tool.clock.forward(minutes=idle_minutes - 1)
        assert browser.get(f"{base}/t/read").status_code == 200
    tool.clock.forward(minutes=idle_minutes)
    refused = browser.get(f"{base}/t/read")
    assert refused.status_code == 401
    assert "Your time here has ended" in refused.text


def test_what_a_page_asks_by_itself_is_no_sign_of_life(tool: Tool) -> None:
    browser = tool.browser()
    base, _token = arrive(tool, browser)
    for _ in range(5):
        tool.clock.forward(minutes=11)
        assert browser.get(f"{base}/t/poll").status_code == 200
    tool.clock.forward(minutes=6)
    assert browser.get(f"{base}/t/poll").status_code == 401


def test_eight_hours_end_a_sign_in_in_use(tool: Tool) -> None:
    browser = tool.browser()
    base, _token = arrive(tool, browser)
    for _ in range(15):
        tool.clock.forward(minutes=31)
        assert browser.get(f"{base}/t/read").status_code == 200
    tool.clock.forward(minutes=15)
    assert browser.get(f"{base}/t/read").status_code == 401


def test_an_ended_sign_in_opens_nothing(tool: Tool) -> None:
    browser = tool.browser()
    base, token = arrive(tool, browser)
    end_sign_in(tool.database, token, tool.clock.at)
    assert browser.get(f"{base}/t/read").status_code == 401
    assert browser.post(f"{base}/t/teacher", headers=bearer(token)).status_code == 401


def test_who_leaves_the_course_is_out_at_once(tool: Tool) -> None:
    teacher, student = tool.browser(), tool.browser()
    base, _token = arrive(tool, teacher)
    arrive(tool, student, sub="student-1", **LEARNER)
    with tool.database.session(1) as session:
        user_id = session.scalars(select(User.id).where(User.sub == "student-1")).one()
        end_sign_ins_of(session, user_ids=[user_id], context_id=1, now=tool.clock.at)
    assert student.get(f"{base}/t/read").status_code == 401
    assert teacher.get(f"{base}/t/read").status_code == 200


def test_a_teacher_who_is_one_no_more_loses_the_teachers_pages_at_the_next_launch(tool: Tool) -> None:
    at_home, at_school = tool.browser(), tool.browser()
    base, token = arrive(tool, at_home)
    arrive(tool, at_school, **LEARNER)
    assert at_home.get(f"{base}/t/teacher").status_code == 401
    assert at_home.post(f"{base}/t/teacher", headers=bearer(token)).status_code == 401
    assert at_school.get(f"{base}/t/teacher").status_code == 403


def test_another_persons_launch_in_the_same_browser_ends_the_earlier_one(tool: Tool) -> None:
    shared = tool.browser()
    base, first = arrive(tool, shared, sub="student-1", **LEARNER)
    other_course = {f"{LTI}context": {"id": "course-uuid-2"}}
    arrive(tool, shared, sub="student-2", **LEARNER, **other_course)
    assert shared.get(f"{base}/t/read").status_code == 401
    assert shared.get(f"{base}/t/read", headers=bearer(first)).status_code == 401, "Back shows nothing either"
    assert shared.get("/contexts/2/t/read").status_code == 200


def test_the_same_person_may_have_two_courses_open(tool: Tool) -> None:
    browser = tool.browser()
    first, _token = arrive(tool, browser)
    second, _token = arrive(tool, browser, **{f"{LTI}context": {"id": "course-uuid-2"}})
    assert browser.get(f"{first}/t/read").status_code == 200
    assert browser.get(f"{second}/t/read").status_code == 200


def test_a_sign_in_opens_its_own_course_only(tool: Tool) -> None:
    browser = tool.browser()
    _first, token = arrive(tool, browser)
    second, _token = arrive(
        tool, tool.browser(), sub="teacher-2", **{f"{LTI}context": {"id": "course-uuid-2"}}
    )
    assert browser.get(f"{second}/t/read").status_code == 401
    assert browser.get(f"{second}/t/read", headers=bearer(token)).status_code == 403
    assert browser.post(f"{second}/t/teacher", data={"_t": token}).status_code == 403
    browser.set_cookie("__Host-s_2", token)
    assert browser.get(f"{second}/t/read").status_code == 403


def test_a_sign_in_of_one_district_is_nothing_in_another(tool: Tool) -> None:
    base, token = arrive(tool, tool.browser())
    with tool.database.operator_session() as session:
        other = new_registration(district="Elsewhere", client_id="2", deployment_id="2:xyz")
        add_registration(session, other, now=tool.clock.at)
    forged = "2" + token.removeprefix("1")
    assert tool.browser().get(f"{base}/t/read", headers=bearer(forged)).status_code == 401


def test_the_newest_ten_courses_keep_their_cookie(tool: Tool) -> None:
    browser = tool.browser()
    for number in range(12):
        tool.clock.forward(seconds=5)
        arrive(tool, browser, **{f"{LTI}context": {"id": f"course-{number}"}})
    kept = [cookie.key for cookie in browser._cookies.values() if cookie.key.startswith("__Host-s_")]
    assert sorted(kept) == sorted(f"__Host-s_{number}" for number in range(3, 13))


def test_a_view_that_breaks_saves_nothing(tool: Tool) -> None:
    browser = tool.browser()
    base, token = arrive(tool, browser)
    broken = browser.post(f"{base}/t/rename", data={"_t": token, "break": "1"})
    assert broken.status_code == 502
    assert "Nothing was changed." in broken.text
    assert title_of_course(tool) == "Grade 4 · Room 12"
    assert browser.post(f"{base}/t/rename", data={"_t": token}).status_code == 200
    assert title_of_course(tool) == "Renamed"


def test_a_page_that_is_read_cannot_write(tool: Tool) -> None:
    browser = tool.browser()
    base, _token = arrive(tool, browser)
    tool.app.config["PROPAGATE_EXCEPTIONS"] = False
    assert browser.get(f"{base}/t/sneak").status_code == 500
    assert title_of_course(tool) == "Grade 4 · Room 12"


def title_of_course(tool: Tool) -> str:
    with tool.database.session(1, write=False) as session:
        return session.scalars(select(Context)).one().title


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_write_that_another_site_began_is_refused(tool: Tool, site: str) -> None:
    base, token = arrive(tool, tool.browser())
    headers = bearer(token) | {"Sec-Fetch-Site": site}
    assert tool.browser().post(f"{base}/t/teacher", headers=headers).status_code == 403
    assert tool.written == []
    assert (
        tool.browser()
        .post(f"{base}/t/teacher", headers=headers | {"Sec-Fetch-Site": "same-origin"})
        .status_code
        == 200
    )


def test_pages_are_locked(tool: Tool) -> None:
    browser = tool.browser()
    base, _token = arrive(tool, browser)
    headers = browser.get(f"{base}/t/read").headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["form-action"] == "'self'"
    assert policy["frame-ancestors"].split() == [
        "https://canvas.instructure.com", "https://cedar.instructure.com", "https://sso.canvaslms.com",
    ]  # fmt: skip
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "X-Frame-Options" not in headers


def test_platform_storage_opens_a_browser_without_cookies(tool: Tool) -> None:
    browser = tool.app.test_client(use_cookies=False)
    page = browser.get("/lti/login", query_string=_with_storage())
    ticket, binding, key = _begin(page.text, browser, tool)
    assert key.startswith("lti_b_")
    arrived = browser.post("/lti/launch/finish", data={"ticket": ticket, "binding": binding})
    assert arrived.status_code == 200
    token = _attribute(arrived.text, 'name="_t" value="')
    assert 'action="/contexts/1/home"' in arrived.text
    assert browser.get("/contexts/1/t/read", headers=bearer(token)).status_code == 200
    again = browser.post("/lti/launch/finish", data={"ticket": ticket, "binding": binding})
    assert again.status_code == 403, "a ticket counts once"


@pytest.mark.parametrize("binding", ["", "another", "\x00"])
def test_what_platform_storage_of_another_browser_holds_opens_nothing(tool: Tool, binding: str) -> None:
    browser = tool.app.test_client(use_cookies=False)
    ticket, right, _key = _begin(browser.get("/lti/login", query_string=_with_storage()).text, browser, tool)
    assert browser.post("/lti/launch/finish", data={"ticket": ticket, "binding": binding}).status_code == 403
    assert browser.post("/lti/launch/finish", data={"ticket": ticket, "binding": right}).status_code == 403
    assert tool.sign_ins() == 0


def test_a_ticket_lives_for_a_minute(tool: Tool) -> None:
    browser = tool.app.test_client(use_cookies=False)
    ticket, binding, _key = _begin(
        browser.get("/lti/login", query_string=_with_storage()).text, browser, tool
    )
    tool.clock.forward(seconds=60)
    assert browser.post("/lti/launch/finish", data={"ticket": ticket, "binding": binding}).status_code == 403


def test_a_tab_of_its_own_asks_no_platform_storage(tool: Tool) -> None:
    page = tool.login(tool.browser(), lti_storage_target="_parent", own_tab="1").response
    assert page.status_code == 200
    assert 'data-frame=""' in page.text
    assert 'data-value=""' in page.text


def _with_storage() -> dict[str, str]:
    return login_parameters(lti_storage_target="post_message_forwarding")


def _begin(page: str, browser: FlaskClient, tool: Tool) -> tuple[str, str, str]:
    """Goes from the page that stores the binding to the one that asks for it.

    Ticket, binding, storage key.
    """
    assert 'data-origin="https://sso.canvaslms.com"' in page
    sent = parse_qs(urlsplit(_attribute(page, '<a href="').replace("&amp;", "&")).query)
    token = signed(tool.claims_for(sent["nonce"][0]))
    prove = browser.post("/lti/launch", data={"state": sent["state"][0], "id_token": token})
    assert prove.status_code == 200
    assert _attribute(page, 'data-value="') not in prove.text, "the page that asks does not say the answer"
    ticket = _attribute(prove.text, 'name="ticket" value="')
    return ticket, _attribute(page, 'data-value="'), _attribute(prove.text, 'data-key="')


def _attribute(text: str, before: str) -> str:
    return text.split(before, 1)[1].split('"', 1)[0]
