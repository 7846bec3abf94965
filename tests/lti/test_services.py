"""Service tokens: asked for with a signed assertion, kept by registration and scopes, renewed in need."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from lti_platform import CLIENT_ID, TOKEN_URL, Answer, json_answer
from lti_tool import START, Tool, new_registration
from sqlalchemy import text

from lti_app.lti.registrations import add_registration
from lti_app.lti.services import ServiceTokens
from sync.errors import BadReply, LmsDown, LmsError, NotPermitted, Throttled, Unreachable

SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"


def tokens_of(tool: Tool, registration_id: int = 1, scopes: tuple[str, ...] = (SCORE,)) -> ServiceTokens:
    return ServiceTokens(tool.database, registration_id, scopes, http=tool.server)


def gives(tool: Tool, expires_in: Any = 3600) -> None:
    """The platform gives t1, t2, ... from now on."""

    def answer(*_call: object) -> Answer:
        return json_answer({"access_token": f"t{len(tool.server.calls)}", "expires_in": expires_in})

    tool.server.answer = answer


def test_the_assertion_says_who_asks_whom_and_is_signed_with_our_published_key(tool: Tool) -> None:
    gives(tool)
    tokens_of(tool, scopes=(SCORE, ROSTER)).access_token(START)
    method, url, call = tool.server.calls[-1]
    form = call["data"]
    assert (method, url, form["grant_type"]) == ("POST", TOKEN_URL, "client_credentials")
    assert form["scope"].split() == sorted([SCORE, ROSTER])
    published = tool.browser().get("/lti/jwks").get_json()["keys"]
    kid = jwt.get_unverified_header(form["client_assertion"])["kid"]
    key = next(jwt.PyJWK(entry) for entry in published if entry["kid"] == kid)
    claims = jwt.decode(
        form["client_assertion"], key, algorithms=["RS256"], audience=TOKEN_URL,
        options={"verify_exp": False, "verify_iat": False},
    )  # fmt: skip
    assert (claims["iss"], claims["sub"]) == (CLIENT_ID, CLIENT_ID)
    assert claims["iat"] <= START.timestamp() < claims["exp"] <= START.timestamp() + 300


def test_each_assertion_has_an_id_of_its_own(tool: Tool) -> None:
    gives(tool, expires_in=1)
    for _ in range(2):
        tokens_of(tool).access_token(START)
    ids = {
        jwt.decode(call["data"]["client_assertion"], options={"verify_signature": False})["jti"]
        for _method, _url, call in tool.server.calls
    }
    assert len(ids) == 2


def test_a_token_serves_until_a_minute_before_its_end(tool: Tool) -> None:
    gives(tool, expires_in=600)
    assert tokens_of(tool).access_token(START) == "t1"
    assert tokens_of(tool).access_token(START + timedelta(seconds=539)) == "t1"
    assert tokens_of(tool).access_token(START + timedelta(seconds=541)) == "t2"


@pytest.mark.parametrize("expires_in", [None, "3600", -1, 0, True, 10**9, []])
def test_a_strange_lifetime_counts_as_an_hour(tool: Tool, expires_in: Any) -> None:
    gives(tool, expires_in)
    tokens_of(tool).access_token(START)
    assert tokens_of(tool).access_token(START + timedelta(seconds=3500)) == "t1"
    assert tokens_of(tool).access_token(START + timedelta(seconds=3600)) == "t2"


def test_scopes_and_registrations_have_tokens_of_their_own(tool: Tool) -> None:
    """One issuer serves many districts: a token of one must never be used for another (the fork's fault)."""
    with tool.database.operator_session() as session:
        other = new_registration(client_id="2", deployment_id="2:x", district="Elsewhere")
        add_registration(session, other, now=START)
    gives(tool)
    found = [
        tokens_of(tool).access_token(START),
        tokens_of(tool, scopes=(ROSTER,)).access_token(START),
        tokens_of(tool, 2).access_token(START),
        tokens_of(tool, 2).access_token(START),
        tokens_of(tool).access_token(START),
    ]
    assert found == ["t1", "t2", "t3", "t3", "t1"]


def test_54_a_token_turned_down_is_replaced_once(tool: Tool) -> None:
    gives(tool)
    tokens = tokens_of(tool)
    first = tokens.access_token(START)
    second = tokens.refresh(first, START)
    assert second != first
    assert tokens.refresh(first, START) == second, "another worker has renewed it already"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(400, b'{"error":"invalid_client"}'), NotPermitted),
        (Answer(401, b""), NotPermitted),
        (Answer(403, b"<html>"), NotPermitted),
        (Answer(429, b""), Throttled),
        (Answer(500, b""), LmsDown),
        (Answer(302, b""), BadReply),
        (Answer(200, b"<html>"), BadReply),
        (Answer(200, b"[]"), BadReply),
        (Answer(200, b"{}"), BadReply),
        (Answer(200, b'{"access_token": 5}'), BadReply),
        (Answer(200, b'{"access_token": ""}'), BadReply),
    ],
)
def test_54_no_token_is_an_error_that_says_so(tool: Tool, answer: Answer, error: type[LmsError]) -> None:
    tool.server.answer = lambda *_: answer
    with pytest.raises(error):
        tokens_of(tool).access_token(START)


def test_54_a_platform_that_is_away_is_unreachable(tool: Tool) -> None:
    with pytest.raises(Unreachable):
        tokens_of(tool).access_token(START)


def test_tokens_and_keys_lie_encrypted(tool: Tool) -> None:
    gives(tool)
    tokens_of(tool).access_token(START)
    with tool.database.engine.connect() as connection:
        token = connection.execute(text("SELECT access_token FROM service_tokens")).scalar_one()
        key = connection.execute(text("SELECT private_pem FROM tool_keys")).scalar_one()
    assert token != "t1"
    assert token.startswith("gAAAA")
    assert "PRIVATE KEY" not in key
