"""Pages for what went wrong, and what an hour's tidying forgets."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import abort, g
from lti_platform import signed
from lti_tool import START, Tool, login_parameters
from sqlalchemy import func, select

from lti_app.lti.forget import forget_ended
from lti_app.lti.refusals import STATUS, Reason
from lti_app.store.models.lti import LaunchTicket, LoginAttempt, SignIn
from lti_app.web.errors import TEXTS
from lti_app.web.guards import teacher_of_context
from lti_app.web.parts import KEY
from sync.errors import SignInExpired


def test_every_reason_has_a_status_and_a_text() -> None:
    assert set(STATUS) == set(TEXTS) == set(Reason)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [("/nowhere", 404, "There is no such page"), ("/contexts/x/home", 404, "There is no such page")],
)
def test_an_address_that_leads_nowhere_says_so(tool: Tool, path: str, status: int, words: str) -> None:
    response = tool.browser().get(path)
    assert response.status_code == status
    assert words in response.text
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_an_unforeseen_exception_is_a_page_and_its_text_stays_out_of_the_log(
    fresh_tool: Tool, caplog: pytest.LogCaptureFixture
) -> None:
    name = "Rivera, Ana"

    @fresh_tool.app.get("/t/breaks")
    def breaks() -> str:
        raise RuntimeError(name)

    fresh_tool.app.config["PROPAGATE_EXCEPTIONS"] = False
    with caplog.at_level(logging.ERROR):
        response = fresh_tool.browser().get("/t/breaks")
    assert response.status_code == 500
    assert "Regroup made a mistake" in response.text
    assert "Rivera" not in response.text + caplog.text
    assert "RuntimeError" in caplog.text
    assert "in breaks" in caplog.text


def test_trouble_with_the_lms_says_what_was_done_and_what_to_do(fresh_tool: Tool) -> None:
    @fresh_tool.app.get("/t/expired")
    def expired() -> str:
        raise SignInExpired("Canvas no longer lets Regroup act for you.", words="Ana Rivera")

    response = fresh_tool.browser().get("/t/expired")
    assert response.status_code == 502
    assert "Canvas no longer lets Regroup act for you." in response.text
    assert "Nothing was changed." in response.text
    assert "Connect the LMS again" in response.text
    assert "Rivera" not in response.text


def test_abort_is_a_page_too(fresh_tool: Tool) -> None:
    @fresh_tool.app.get("/t/aborts")
    def aborts() -> str:
        abort(404)

    assert "There is no such page" in fresh_tool.browser().get("/t/aborts").text


def test_a_refusal_may_be_shown_in_any_frame_and_a_page_may_not(tool: Tool) -> None:
    """Who mistyped a client id sees the reason, not an empty frame; the refusal has no data and no button."""
    refused = tool.login(tool.browser(), client_id="typo").response
    assert refused.headers["Content-Security-Policy"].endswith("frame-ancestors *")
    assert "<button" not in refused.text
    assert "<form" not in refused.text


def test_what_ended_over_a_day_ago_is_forgotten(tool: Tool) -> None:
    browser = tool.app.test_client(use_cookies=False)
    tool.launch()
    page = browser.get("/lti/login", query_string=login_parameters(lti_storage_target="_parent")).text
    state = page.split("state=")[1].split("&")[0]
    nonce = page.split("nonce=")[1].split("&")[0]
    browser.post("/lti/launch", data={"state": state, "id_token": signed(tool.claims_for(nonce))})
    tables = (LoginAttempt, LaunchTicket, SignIn)

    def counts() -> list[int]:
        with tool.database.operator_session(write=False) as session:
            return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]

    with tool.database.operator_session() as session:
        assert forget_ended(session, START + timedelta(hours=24)) == 0
    assert counts() == [2, 1, 1]
    with tool.database.operator_session() as session:
        forget_ended(session, START + timedelta(hours=33))
    assert counts() == [0, 0, 0]


def test_our_first_key_is_made_when_a_platform_asks_for_it(tool: Tool) -> None:
    first = tool.browser().get("/lti/jwks")
    key = first.get_json()["keys"][0]
    assert {name: key[name] for name in ("kty", "alg", "use")} == {"kty": "RSA", "alg": "RS256", "use": "sig"}
    assert "d" not in key
    assert first.headers["Cache-Control"] == "public, max-age=300"
    assert tool.browser().get("/lti/jwks").get_json() == first.get_json()


def test_over_https_browsers_are_told_to_stay_there(fresh_tool: Tool) -> None:
    assert "Strict-Transport-Security" not in fresh_tool.browser().get("/nowhere").headers
    parts = fresh_tool.app.extensions[KEY]
    https = parts.settings.model_copy(update={"public_url": "https://tool.example.org"})
    fresh_tool.app.extensions[KEY] = replace(parts, settings=https)
    assert "Strict-Transport-Security" in fresh_tool.browser().get("/nowhere").headers


def test_a_view_that_calls_the_lms_holds_no_transaction(fresh_tool: Tool) -> None:
    @fresh_tool.app.get("/contexts/<int:context_id>/t/calls")
    @teacher_of_context.without_session
    def calls(context_id: int) -> str:
        return "held" if "session" in g else f"free {g.sign_in.user.name}"

    browser = fresh_tool.browser()
    fresh_tool.launch(browser)
    assert browser.get("/contexts/1/t/calls").text == "free Ms. Rivera"
