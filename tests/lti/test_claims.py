"""Good launches of every shape are let in; no claims, however strange, break the tool."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lti_platform import INSTITUTION, LTI, MEMBERSHIP, REMOVED, TEST_USER, launch_claims, signed
from lti_tool import START, Tool, login_parameters
from structlog.testing import capture_logs

from lti_app.lti.claims import launch_of, read_claims
from lti_app.lti.refusals import Refusal
from lti_app.lti.roles import is_test_student, kind_of

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
NAMES = sorted(launch_claims("n"))
LOGIN_NAMES = [*login_parameters(), "lti_storage_target", "own_tab"]
# Two busy cores make an example slow now and then; one tool serves all examples of a test.
STEADY = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize(
    ("roles", "kind"),
    [
        ([f"{MEMBERSHIP}#Instructor"], "teacher"),
        (["Instructor"], "teacher"),
        (["Instructor", "Learner"], "teacher"),
        ([f"{MEMBERSHIP}/Instructor#TeachingAssistant"], "assistant"),
        ([f"{MEMBERSHIP}#Instructor", f"{MEMBERSHIP}/Instructor#TeachingAssistant"], "assistant"),
        ([f"{MEMBERSHIP}/Instructor#Grader"], "other"),
        ([f"{MEMBERSHIP}#Learner"], "student"),
        ([f"{MEMBERSHIP}#Learner", f"{INSTITUTION}#Instructor"], "student"),
        ([f"{MEMBERSHIP}#Learner", f"{INSTITUTION}#Administrator"], "student"),
        ([f"{MEMBERSHIP}#Mentor", f"{INSTITUTION}#Administrator"], "observer"),
        ([f"{MEMBERSHIP}#Mentor", f"{MEMBERSHIP}#Learner"], "student"),
        ([f"{INSTITUTION}#Administrator"], "admin"),
        ([f"{INSTITUTION}#Instructor", f"{INSTITUTION}#Faculty"], "other"),
        ([f"{MEMBERSHIP}#Administrator"], "other"),
        (["Administrator"], "other"),
        (["http://purl.imsglobal.org/vocab/lis/v2/system/person#SysAdmin"], "other"),
        ([f"{MEMBERSHIP}#Instructor", TEST_USER], "student"),
        ([f"{MEMBERSHIP}#instructor"], "other"),
        (["#Instructor", "evil.example/membership#Instructor"], "other"),
        ([""], "other"),
        ([], "other"),
    ],
)
def test_authority_comes_from_context_roles_only(roles: list[str], kind: str) -> None:
    assert kind_of(roles) == kind
    assert is_test_student(roles) == (TEST_USER in roles)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"azp": REMOVED}, id="no azp"),
        pytest.param({"aud": ["10000000000001"]}, id="aud a list of one"),
        pytest.param({"name": REMOVED, "given_name": REMOVED, "family_name": REMOVED}, id="no personal data"),
        pytest.param({"name": REMOVED, "given_name": REMOVED, "email": "a@b.example"}, id="family name only"),
        pytest.param({"name": 5, "given_name": ["x"], "family_name": {}}, id="names of wrong types"),
        pytest.param({"name": "A\x00na\ud800 \n" + "x" * 1000}, id="a name that no database holds"),
        pytest.param({f"{LTI}custom": "text"}, id="custom of the wrong type"),
        pytest.param(
            {f"{LTI}launch_presentation": {"return_url": "javascript:alert(1)"}}, id="strange return"
        ),
        pytest.param({f"{LTI}context": {"id": "c", "title": "", "label": "4-12"}}, id="label for a title"),
        pytest.param(
            {"exp": START.timestamp() + 60.5, "iat": START.timestamp() - 0.5}, id="times with a fraction"
        ),
        pytest.param({f"{LTI}roles": [f"{MEMBERSHIP}#Instructor"] * 500}, id="500 roles"),
        pytest.param({"sub": "s" * 255}, id="sub of 255 characters"),
        pytest.param({"sub": "ünï'; DROP TABLE users; --"}, id="sub with a quote"),
    ],
)
def test_a_good_launch_of_another_shape_is_let_in(tool: Tool, changes: dict[str, Any]) -> None:
    browser = tool.browser()
    response = tool.launch(browser, **changes)
    assert response.status_code == 303
    assert browser.get("/contexts/1/t/teacher").status_code == 200


def test_names_are_put_together_where_the_whole_one_is_missing() -> None:
    claims = launch_claims("n", name=REMOVED)
    assert launch_of(read_claims(claims)).name == "Ana Rivera"
    claims = launch_claims("n", given_name=REMOVED, family_name=REMOVED)
    assert launch_of(read_claims(claims)).sortable_name == "Ms. Rivera"


@pytest.mark.parametrize("roles", [[f"{MEMBERSHIP}#Mentor"], [f"{MEMBERSHIP}#Learner", TEST_USER], []])
def test_of_people_without_a_part_no_name_is_taken_over(roles: list[str]) -> None:
    launch = launch_of(read_claims(launch_claims("n", **{f"{LTI}roles": roles})))
    assert (launch.name, launch.sortable_name, launch.user_lms_id, launch.is_kept) == ("", "", None, False)


@settings(STEADY, max_examples=60)
@given(st.dictionaries(st.sampled_from(NAMES), ANY_JSON, max_size=6))
def test_no_claims_break_the_reading(changes: dict[str, Any]) -> None:
    claims = launch_claims("n", now=0, **changes)
    try:
        launch = launch_of(read_claims(claims))
    except Refusal:
        return
    launch.model_dump_json().encode()
    assert 0 < len(launch.sub) <= 255
    assert "\x00" not in json.dumps(launch.model_dump(mode="json"), ensure_ascii=False)


@settings(STEADY, max_examples=40)
@given(st.dictionaries(st.sampled_from(NAMES), ANY_JSON | st.just(REMOVED), min_size=1, max_size=4))
def test_changed_claims_are_let_in_or_refused_with_a_page(tool: Tool, changes: dict[str, Any]) -> None:
    before = tool.sign_ins()
    with capture_logs():
        response = tool.launch(**changes)
    assert response.status_code in {200, 303, 400, 403}
    assert tool.sign_ins() == before + (response.status_code == 303)


@settings(STEADY, max_examples=40)
@given(data=st.data())
def test_a_token_with_one_changed_character_mints_nothing(tool: Tool, data: st.DataObject) -> None:
    browser = tool.browser()
    login = tool.login(browser)
    token = signed(tool.claims(login))
    at = data.draw(st.integers(0, len(token) - 2))
    other = data.draw(st.sampled_from("AZaz09-_.=é ").filter(lambda char: char != token[at]))
    with capture_logs():
        response = tool.post(browser, login, token[:at] + other + token[at + 1 :])
    assert response.status_code in {400, 403}
    assert tool.sign_ins() == 0


@settings(STEADY, max_examples=40)
@given(
    st.dictionaries(
        st.sampled_from(LOGIN_NAMES),
        st.text(max_size=60),
    )
)
def test_no_login_parameters_break_the_login(tool: Tool, changes: dict[str, str]) -> None:
    with capture_logs():
        assert tool.login(tool.browser(), **changes).response.status_code in {200, 302, 400}
