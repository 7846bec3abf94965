"""Launches to refuse, numbered as in the negative list of reference/lti.md section 5.

* = 1EdTech's own bad payloads.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lti_platform import (
    INSTITUTION,
    LTI,
    MEMBERSHIP,
    REMOVED,
    TOOL,
    Answer,
    json_answer,
    rsa_key,
    signed,
)
from lti_tool import Login, Tool, login_parameters, new_registration
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from lti_app.lti.registrations import add_registration
from lti_app.store.models.districts import District
from lti_app.store.models.lti import Deployment, DeploymentState, Registration

PERSONAL = ("teacher-1", "Rivera", "Ana")
OTHER_CLIENT = "10000000000002"


def is_refused(tool: Tool, response: TestResponse, status: int, *, sign_ins: int = 0) -> None:
    """A page in plain words with a number for the log, and nobody signed in."""
    assert response.status_code == status, response.text
    assert response.mimetype == "text/html"
    assert "has the number" in response.text
    assert "Traceback" not in response.text
    assert not any(word in response.text for word in PERSONAL)
    assert not any(cookie.startswith("__Host-s_") for cookie in response.headers.getlist("Set-Cookie"))
    assert tool.sign_ins() == sign_ins


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({"iss": None}, 400, id="01 no iss"),
        pytest.param({"iss": "https://nowhere.example"}, 400, id="02 unknown iss"),
        pytest.param({"login_hint": None}, 400, id="03 no login_hint"),
        pytest.param({"client_id": "unknown"}, 400, id="04 unknown client_id"),
        pytest.param({"target_link_uri": None}, 400, id="04a no target_link_uri"),
        pytest.param({"target_link_uri": "https://evil.example/x"}, 400, id="48 foreign target_link_uri"),
        pytest.param(
            {"target_link_uri": f"{TOOL}.evil.example/"}, 400, id="48 target_link_uri of a longer host"
        ),
        pytest.param({"target_link_uri": "//evil.example"}, 400, id="48 target_link_uri without a scheme"),
        pytest.param({"target_link_uri": "http://[broken"}, 400, id="48 target_link_uri that is no address"),
        pytest.param({"login_hint": "h" * 9000}, 400, id="login_hint of 9000 characters"),
        pytest.param({"login_hint": "a\x00b"}, 400, id="login_hint with a zero byte"),
    ],
)
def test_a_login_that_is_not_whole_is_refused(tool: Tool, changes: dict[str, Any], status: int) -> None:
    login = tool.login(tool.browser(), **changes)
    is_refused(tool, login.response, status)
    assert "Location" not in login.response.headers


def test_04_without_client_id_an_issuer_with_two_registrations_is_not_guessed(tool: Tool) -> None:
    assert tool.login(tool.browser(), client_id=None).response.status_code == 302
    with tool.database.operator_session() as session:
        other = new_registration(client_id=OTHER_CLIENT, deployment_id="2:xyz")
        add_registration(session, other, now=tool.clock.at)
    is_refused(tool, tool.login(tool.browser(), client_id=None).response, 400)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({"iss": REMOVED}, 403, id="15* iss missing"),
        pytest.param({"iss": "https://nowhere.example"}, 403, id="15* iss wrong"),
        pytest.param({"aud": REMOVED}, 403, id="16* aud missing"),
        pytest.param({"aud": "somebody"}, 403, id="16* aud unknown"),
        pytest.param({"aud": []}, 403, id="16 aud an empty list"),
        pytest.param({"aud": 7}, 403, id="16 aud a number"),
        pytest.param(
            {"aud": ["10000000000001", "evil"], "azp": REMOVED}, 403, id="17 aud list with an extra, no azp"
        ),
        pytest.param({"aud": ["10000000000001", "evil"], "azp": "evil"}, 403, id="18 azp is somebody else"),
        pytest.param({"azp": "evil"}, 403, id="18 azp is somebody else, aud ours"),
        pytest.param({"aud": OTHER_CLIENT, "azp": OTHER_CLIENT}, 403, id="20 another client of the issuer"),
    ],
)
def test_a_token_for_somebody_else_is_refused(tool: Tool, changes: dict[str, Any], status: int) -> None:
    with tool.database.operator_session() as session:
        other = new_registration(client_id=OTHER_CLIENT, deployment_id="2:xyz")
        add_registration(session, other, now=tool.clock.at)
    is_refused(tool, tool.launch(**changes), status)
    assert tool.used_logins() == 0, "a login is used up by its own platform's answer only"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({"exp": 3600, "iat": 0}, 403, id="21* exp and iat from 1970"),
        pytest.param({"exp": REMOVED}, 403, id="22 exp missing"),
        pytest.param({"iat": REMOVED}, 403, id="23 iat missing"),
        pytest.param({"exp": "soon"}, 403, id="22 exp is a word"),
        pytest.param({"exp": True}, 403, id="22 exp is true"),
        pytest.param({"exp": float("inf")}, 403, id="22 exp is endless"),
        pytest.param({"nonce": REMOVED}, 400, id="27 nonce missing"),
        pytest.param({"nonce": ""}, 400, id="27 nonce empty"),
        pytest.param({"nonce": 5}, 400, id="27 nonce a number"),
        pytest.param({"nonce": "somebody-else's"}, 403, id="28 nonce not ours"),
        pytest.param({f"{LTI}deployment_id": REMOVED}, 400, id="36* deployment_id missing"),
        pytest.param({f"{LTI}deployment_id": "9:never-seen"}, 403, id="37 deployment_id unknown"),
        pytest.param({f"{LTI}version": REMOVED}, 400, id="39* version missing"),
        pytest.param({f"{LTI}version": "11.3"}, 400, id="40* version wrong"),
        pytest.param({f"{LTI}message_type": REMOVED}, 400, id="41* message_type missing"),
        pytest.param({f"{LTI}message_type": "LtiSurprise"}, 400, id="41* message_type unknown"),
        pytest.param({f"{LTI}roles": REMOVED}, 400, id="42* roles missing"),
        pytest.param({f"{LTI}roles": f"{MEMBERSHIP}#Instructor"}, 400, id="44 roles is a string"),
        pytest.param({f"{LTI}roles": {"a": "b"}}, 400, id="44 roles is an object"),
        pytest.param({"sub": REMOVED}, 400, id="45* sub missing"),
        pytest.param({"sub": ""}, 400, id="45* sub empty"),
        pytest.param({"sub": 11}, 400, id="46 sub a number"),
        pytest.param({"sub": "s" * 256}, 400, id="46 sub of 256 characters"),
        pytest.param({"sub": "a\x00b"}, 400, id="46 sub with a zero byte"),
        pytest.param({"sub": "a\ud800b"}, 400, id="46 sub with half a character"),
        pytest.param({f"{LTI}resource_link": REMOVED}, 400, id="47* resource_link missing"),
        pytest.param({f"{LTI}resource_link": {}}, 400, id="47* resource_link without id"),
        pytest.param({f"{LTI}resource_link": "link-1"}, 400, id="47 resource_link is a string"),
        pytest.param({f"{LTI}target_link_uri": REMOVED}, 400, id="47b target_link_uri missing"),
        pytest.param(
            {f"{LTI}target_link_uri": f"{TOOL}/other"}, 400, id="47b target_link_uri not the login's"
        ),
        pytest.param(
            {f"{LTI}target_link_uri": "https://evil.example/"}, 400, id="48 target_link_uri foreign"
        ),
        pytest.param({f"{LTI}context": {"title": "no id"}}, 400, id="49 context without id"),
        pytest.param(
            {f"{LTI}message_type": "LtiDeepLinkingRequest"}, 400, id="50 deep linking, not offered yet"
        ),
        pytest.param({f"{LTI}message_type": "DataPrivacyLaunchRequest"}, 400, id="41 a privacy launch"),
    ],
)
def test_a_signed_message_that_breaks_a_rule_is_refused(
    tool: Tool, changes: dict[str, Any], status: int
) -> None:
    is_refused(tool, tool.launch(**changes), status)
    assert tool.users() == 0
    assert tool.used_logins() == 1, "a login is used up once the signature was good"


@pytest.mark.parametrize(
    ("iat", "exp", "status"),
    [
        pytest.param(0, -10, 303, id="26 exp 10 seconds ago is clock skew"),
        pytest.param(0, -61, 403, id="21 exp 61 seconds ago"),
        pytest.param(-365 * 86400, 3600, 403, id="24 iat a year ago, exp to come"),
        pytest.param(-11 * 60 - 1, 3600, 403, id="24 iat over 10 minutes ago"),
        pytest.param(-9 * 60, 3600, 303, id="24 iat 9 minutes ago"),
        pytest.param(61, 3600, 403, id="25 iat 61 seconds in the future"),
        pytest.param(50, 3600, 303, id="25 iat 50 seconds in the future is clock skew"),
    ],
)
def test_a_launch_has_its_time(tool: Tool, iat: int, exp: int, status: int) -> None:
    at = int(tool.clock.at.timestamp())
    response = tool.launch(iat=at + iat, exp=at + exp)
    assert response.status_code == status
    assert tool.sign_ins() == (status == 303)


def test_a_launch_that_is_not_valid_yet_is_refused(tool: Tool) -> None:
    is_refused(tool, tool.launch(nbf=int(tool.clock.at.timestamp()) + 600), 403)


def _none_signed(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, None, algorithm="none", headers={"kid": "key-1"})  # type: ignore[arg-type]


def _signed_with_the_public_key(claims: dict[str, Any]) -> str:
    # By hand: PyJWT refuses to make such a token.
    pem = rsa_key("key-1").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed_part = f"{_part({'alg': 'HS256', 'kid': 'key-1'})}.{_part(claims)}"
    mac = hmac.new(pem, signed_part.encode(), hashlib.sha256).digest()
    return f"{signed_part}.{jwt.utils.base64url_encode(mac).decode()}"


def _changed_after_signing(claims: dict[str, Any]) -> str:
    head, _body, tail = signed(claims).split(".")
    _head, body, _tail = signed(claims | {"sub": "somebody-else"}).split(".")
    return ".".join((head, body, tail))


TOKENS: dict[str, tuple[Callable[[dict[str, Any]], str], int]] = {
    "05* no kid": (lambda claims: signed(claims, kid=None), 403),
    "05 kid is a number": (
        lambda claims: ".".join((_part({"alg": "RS256", "kid": 1}), *signed(claims).split(".")[1:])),
        403,
    ),
    "06* unknown kid": (lambda claims: signed(claims, kid="key-9"), 403),
    "07 another key under the same kid": (lambda claims: signed(claims, key="key-2", kid="key-1"), 403),
    "08 changed after signing": (_changed_after_signing, 403),
    "09 alg none": (_none_signed, 403),
    "10 HS256 with the public key": (_signed_with_the_public_key, 403),
    "11 RS512": (
        lambda claims: jwt.encode(claims, rsa_key("key-1"), algorithm="RS512", headers={"kid": "key-1"}),
        403,
    ),
    "12* two parts": (lambda claims: signed(claims).rsplit(".", 1)[0], 400),
    "12* not LTI": (lambda _claims: signed({"name": "bad"}), 403),
    "12 a body that is no object": (
        lambda _claims: ".".join((_part({"alg": "RS256", "kid": "key-1"}), _part([1]), "x")),
        400,
    ),
    "12 a header that is no object": (
        lambda claims: ".".join((_part("x"), *signed(claims).split(".")[1:])),
        400,
    ),
    "12 four parts": (lambda claims: signed(claims) + ".x", 400),
    "12 not base64": (lambda _claims: "é.è.ê", 400),
    "13 empty": (lambda _claims: "", 400),
    "a token of 200,000 characters": (lambda claims: signed(claims | {"x": "y" * 200_000}), 400),
}


def _part(value: object) -> str:
    return jwt.utils.base64url_encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize("case", TOKENS)
def test_a_token_that_the_platform_did_not_sign_is_refused(tool: Tool, case: str) -> None:
    make, status = TOKENS[case]
    browser = tool.browser()
    login = tool.login(browser)
    is_refused(tool, tool.post(browser, login, make(tool.claims(login))), status)
    assert tool.used_logins() == 0, "who cannot sign must not be able to use up another's login"
    assert tool.post(browser, login, signed(tool.claims(login))).status_code == 303


def test_14_an_openid_error_of_the_lms_has_a_page_of_its_own(tool: Tool) -> None:
    browser = tool.browser()
    login = tool.login(browser)
    response = browser.post(
        "/lti/launch",
        data={"error": "login_required", "error_description": "Rivera <b>", "state": login.state},
    )
    is_refused(tool, response, 400)
    assert "Sign in to the LMS again" in response.text


def test_19_aud_list_with_us_as_azp_is_a_good_launch(tool: Tool) -> None:
    assert tool.launch(aud=["other", "10000000000001"], azp="10000000000001").status_code == 303


def test_29_the_same_launch_posted_twice_counts_once(tool: Tool) -> None:
    browser = tool.browser()
    login = tool.login(browser)
    token = signed(tool.claims(login))
    assert tool.post(browser, login, token).status_code == 303
    again = tool.post(browser, login, token)
    is_refused(tool, again, 403, sign_ins=1)
    assert "open Regroup from there again" in again.text


def test_30_a_replay_from_another_browser_is_refused(tool: Tool) -> None:
    browser = tool.browser()
    login = tool.login(browser)
    token = signed(tool.claims(login))
    tool.post(browser, login, token)
    is_refused(tool, tool.post(tool.browser(), login, token), 403, sign_ins=1)


def test_31_a_replay_with_the_attackers_own_state_is_refused(tool: Tool) -> None:
    stolen = signed(tool.claims(tool.login(tool.browser())))
    attacker = tool.browser()
    is_refused(tool, tool.post(attacker, tool.login(attacker), stolen), 403)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        pytest.param("", 400, id="32 state missing"),
        pytest.param("f" * 64, 403, id="33 state unknown"),
        pytest.param("\ud800", 403, id="33 state that is no text"),
    ],
)
def test_a_launch_without_a_login_is_refused(tool: Tool, state: str, status: int) -> None:
    login = Login(state, "n", TestResponse([], "200 OK", {}, None), {})  # type: ignore[arg-type]
    data = {"state": state.encode("utf-8", "replace").decode(), "id_token": signed(tool.claims(login))}
    is_refused(tool, tool.browser().post("/lti/launch", data=data), status)


def test_33_a_state_of_over_ten_minutes_is_refused(tool: Tool) -> None:
    browser = tool.browser()
    login = tool.login(browser)
    tool.clock.forward(minutes=10, seconds=1)
    is_refused(tool, tool.post(browser, login, signed(tool.claims(login))), 403)


def test_34_without_cookie_and_storage_the_person_is_offered_a_tab_of_its_own(tool: Tool) -> None:
    login = tool.login(tool.browser())
    response = tool.post(tool.browser(), login, signed(tool.claims(login)))
    assert response.status_code == 200
    assert 'target="_blank"' in response.text
    assert 'name="login_hint" value="u-11"' in response.text
    assert tool.sign_ins() == 0


def test_34_a_tab_of_its_own_that_keeps_nothing_either_says_so(tool: Tool) -> None:
    login = tool.login(tool.browser(), own_tab="1")
    is_refused(tool, tool.post(tool.browser(), login, signed(tool.claims(login))), 403)


def test_35_a_login_begun_by_somebody_else_is_refused(tool: Tool) -> None:
    """Login CSRF: the victim's browser posts the attacker's launch, but its cookie holds another binding."""
    victim = tool.browser()
    attackers = tool.login(tool.browser())
    name = next(iter(attackers.response.headers.getlist("Set-Cookie"))).split("=")[0]
    victim.set_cookie(name, "another-binding")
    is_refused(tool, tool.post(victim, attackers, signed(tool.claims(attackers))), 403)


def test_37_an_unknown_deployment_is_noted_as_pending_and_gets_nothing(tool: Tool) -> None:
    for _ in range(2):
        response = tool.launch(**{f"{LTI}deployment_id": "9:new"})
        is_refused(tool, response, 403)
        assert "not switched on here yet" in response.text
    with tool.database.session(None) as session:
        rows = [(row.deployment_id, row.state, row.district_id) for row in session.query(Deployment)]
    assert rows == [("1:abc", "active", 1), ("9:new", "pending", None)]


def test_38_a_deployment_of_another_client_opens_nothing(tool: Tool) -> None:
    with tool.database.operator_session() as session:
        other = new_registration(district="Elsewhere", client_id=OTHER_CLIENT, deployment_id="2:xyz")
        add_registration(session, other, now=tool.clock.at)
    is_refused(tool, tool.launch(**{f"{LTI}deployment_id": "2:xyz"}), 403)


@pytest.mark.parametrize(
    "roles", [[], [""], ["https://example.org/roles#Wizard"], [f"{INSTITUTION}#Instructor"], [5, None]]
)
def test_43_an_unknown_part_sees_no_data(tool: Tool, roles: list[Any]) -> None:
    browser = tool.browser()
    response = tool.launch(browser, **{f"{LTI}roles": roles})
    assert response.status_code == 303
    assert response.location.endswith("/visit")
    assert browser.get(response.location).status_code == 200
    context = response.location.removesuffix("/visit")
    assert browser.get(f"{context}/t/teacher").status_code == 403
    assert browser.get(f"{context}/t/student").status_code == 403
    assert tool.users() == 0


def test_49_without_a_course_the_person_is_asked_to_open_one(tool: Tool) -> None:
    response = tool.launch(**{f"{LTI}context": REMOVED})
    assert response.status_code == 200
    assert "Open Regroup from a course" in response.text
    assert tool.sign_ins() == 0


def test_52_a_parent_sees_a_page_without_data_and_leaves_none(tool: Tool) -> None:
    browser = tool.browser()
    response = tool.launch(browser, sub="parent-1", **{f"{LTI}roles": [f"{MEMBERSHIP}#Mentor"]})
    context = response.location.removesuffix("/visit")
    assert "for teachers and students" in browser.get(response.location).text
    assert browser.get(f"{context}/t/teacher").status_code == 403
    assert browser.get(f"{context}/t/student").status_code == 403
    assert tool.users() == 0


def test_52_a_student_who_opens_a_teachers_page_is_told_so(tool: Tool) -> None:
    browser = tool.browser()
    response = tool.launch(browser, sub="student-1", **{f"{LTI}roles": [f"{MEMBERSHIP}#Learner"]})
    context = response.location.removesuffix("/me")
    refused = browser.get(f"{context}/t/teacher")
    assert refused.status_code == 403
    assert "This page is for somebody else" in refused.text


def _down(_method: str, _url: str, _kwargs: dict[str, Any]) -> Answer:
    raise ConnectionResetError("gone")


def _drip(_method: str, _url: str, _kwargs: dict[str, Any]) -> Answer:
    raise TimeoutError("read timed out")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(_down, id="down"),
        pytest.param(_drip, id="slow"),
        pytest.param(lambda *_: Answer(200, b"<html>maintenance</html>"), id="HTML"),
        pytest.param(lambda *_: Answer(200, b" " * 5_000_000), id="5 MB"),
        pytest.param(lambda *_: Answer(503, b"{}"), id="503"),
        pytest.param(lambda *_: Answer(302, b""), id="a redirect"),
        pytest.param(lambda *_: json_answer([1, 2]), id="a list"),
        pytest.param(lambda *_: Answer(200, b"[" * 100_000), id="JSON nested 100,000 deep"),
    ],
)
def test_53_keys_that_cannot_be_had_are_a_page_and_known_ones_still_serve(
    tool: Tool, answer: Callable[..., Answer]
) -> None:
    browser = tool.browser()
    login = tool.login(browser)
    token = signed(tool.claims(login))
    tool.server.answer = answer
    is_refused(tool, tool.post(browser, login, token), 502)
    tool.server.answer = None
    tool.clock.forward(seconds=31)
    assert tool.post(browser, login, token).status_code == 303, "the same launch, once the keys are there"
    tool.server.answer = answer
    tool.clock.forward(hours=13)
    assert tool.launch().status_code == 303


@pytest.mark.parametrize(
    "keys", [{}, {"keys": None}, {"keys": [1, {"kty": "EC", "kid": "key-1"}]}, {"keys": {}}]
)
def test_53_a_key_set_without_a_usable_key_verifies_nothing(tool: Tool, keys: dict[str, Any]) -> None:
    tool.server.answer = lambda *_: json_answer(keys)
    is_refused(tool, tool.launch(), 403)


def _switch_off(tool: Tool, table: type[Any], **values: Any) -> None:
    with tool.database.operator_session() as session:
        row = session.query(table).first()
        for name, value in values.items():
            setattr(row, name, value)


def test_55_a_registration_that_is_off_is_refused_at_login_and_at_launch(tool: Tool) -> None:
    browser = tool.browser()
    login = tool.login(browser)
    _switch_off(tool, Registration, is_active=False)
    is_refused(tool, tool.login(tool.browser()).response, 403)
    is_refused(tool, tool.post(browser, login, signed(tool.claims(login))), 403)


@pytest.mark.parametrize("state", [DeploymentState.SUSPENDED, DeploymentState.PENDING])
def test_55_a_deployment_that_is_off_is_refused(tool: Tool, state: DeploymentState) -> None:
    _switch_off(tool, Deployment, state=state)
    is_refused(tool, tool.launch(), 403)


def test_55_a_suspended_district_is_refused(tool: Tool) -> None:
    _switch_off(tool, District, is_suspended=True)
    is_refused(tool, tool.launch(), 403)


def test_the_log_of_a_refusal_bears_its_number_and_nobodys_data(tool: Tool) -> None:
    with capture_logs() as logs:
        response = tool.launch(sub="", name="Ana Rivera")
    assert len(logs) == 1
    assert logs[0]["reference"] in response.text
    assert logs[0]["reason"] == "bad_launch"
    assert logs[0]["detail"] == "claims: sub"
    assert not any(word in repr(logs) for word in (*PERSONAL, "eyJ", "u-11"))


def test_login_and_launch_take_what_a_form_may_hold(tool: Tool) -> None:
    assert tool.browser().post("/lti/login", data=login_parameters()).status_code == 302
    assert tool.browser().post("/lti/launch", data={"state": "x" * 2_000_000}).status_code == 413
    assert tool.browser().get("/lti/launch").status_code == 405
