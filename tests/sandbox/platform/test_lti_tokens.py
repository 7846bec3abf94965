"""client_credentials: the tool's assertion is checked whole, over a real socket to its JWKS."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from lti_class import AGS, EVERY_SCOPE, LMS, NRPS, LtiClass, ServiceCalls, ToolKeys, serving_jwks

TOKEN_URL = f"{LMS}/login/oauth2/token"


@pytest.fixture(scope="module")
def tool_keys() -> ToolKeys:
    return ToolKeys()


@pytest.fixture
def published(tool_keys: ToolKeys) -> list[dict[str, object]]:
    """The tool's JWKS; a test may change it."""
    return [tool_keys.jwk()]


@pytest.fixture
def home(published: list[dict[str, object]]) -> Iterator[LtiClass]:
    with serving_jwks(published) as tool_url:
        yield LtiClass(tool_url)


def ask(home: LtiClass, form: dict[str, str]) -> Any:
    return home.app.test_client().post("/login/oauth2/token", data=form, base_url=LMS)


def test_a_signed_assertion_buys_a_token_for_an_hour(home: LtiClass, tool_keys: ToolKeys) -> None:
    answer = ask(home, home.token_form(tool_keys.assertion(home.installed.client_id)))
    assert answer.status_code == 200, answer.text
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_in"] == 3600
    assert answer.json["scope"] == " ".join(EVERY_SCOPE)
    calls = ServiceCalls(home, answer.json["access_token"])
    assert calls.call("GET", calls.roster_path).status_code == 200
    home.world.clock.advance(3601)
    assert calls.call("GET", calls.roster_path).status_code == 401


WRONG_CLAIMS: dict[str, Callable[[int], dict[str, Any]]] = {
    "another endpoint": lambda _: {"aud": f"{LMS}/login/oauth2/other"},
    "another LMS": lambda _: {"aud": ["http://elsewhere.example"]},
    "no audience": lambda _: {"aud": None},
    "expired": lambda now: {"exp": now - 120},
    "never expires": lambda _: {"exp": None},
    "expires in words": lambda _: {"exp": "soon"},
    "an hour old": lambda now: {"iat": now - 3600},
    "of the future": lambda now: {"iat": now + 3600},
    "of no time": lambda _: {"iat": None},
    "no jti": lambda _: {"jti": None},
    "no issuer": lambda _: {"iss": None},
}


@pytest.mark.parametrize("wrong", WRONG_CLAIMS)
def test_an_assertion_with_a_wrong_claim_buys_nothing(
    home: LtiClass, tool_keys: ToolKeys, wrong: str
) -> None:
    changes = WRONG_CLAIMS[wrong](int(time.time()))
    answer = ask(home, home.token_form(tool_keys.assertion(home.installed.client_id, **changes)))
    assert answer.status_code == 400
    assert answer.json["error"] == "invalid_request"


def test_an_assertion_for_several_audiences_is_taken(home: LtiClass, tool_keys: ToolKeys) -> None:
    assertion = tool_keys.assertion(home.installed.client_id, aud=["http://elsewhere.example", TOKEN_URL])
    assert ask(home, home.token_form(assertion)).status_code == 200


def test_an_assertion_is_good_once(home: LtiClass, tool_keys: ToolKeys) -> None:
    form = home.token_form(tool_keys.assertion(home.installed.client_id))
    assert ask(home, form).status_code == 200
    assert ask(home, form).json["error_description"] == "jti has already been used"


def test_an_unknown_client_is_named_so(home: LtiClass, tool_keys: ToolKeys) -> None:
    answer = ask(home, home.token_form(tool_keys.assertion("12345")))
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_a_key_that_is_off_is_an_unknown_client(home: LtiClass, tool_keys: ToolKeys) -> None:
    home.tool.active = False
    answer = ask(home, home.token_form(tool_keys.assertion(home.installed.client_id)))
    assert answer.status_code == 401


def test_a_key_that_the_tool_does_not_publish_is_refused(home: LtiClass) -> None:
    answer = ask(home, home.token_form(ToolKeys().assertion(home.installed.client_id)))
    assert answer.status_code == 400
    assert "kid" in answer.json["error_description"]


def test_anothers_signature_under_the_right_kid_is_refused(home: LtiClass, tool_keys: ToolKeys) -> None:
    thief = ToolKeys(kid=tool_keys.kid)
    answer = ask(home, home.token_form(thief.assertion(home.installed.client_id)))
    assert answer.json["error_description"] == "JWS signature invalid"


def test_a_shared_secret_is_no_signature(home: LtiClass, tool_keys: ToolKeys) -> None:
    forged = jwt.encode(
        {"sub": home.installed.client_id}, "s" * 64, algorithm="HS256", headers={"kid": tool_keys.kid}
    )
    assert ask(home, home.token_form(forged)).status_code == 400


def test_an_unsigned_assertion_buys_nothing(home: LtiClass, tool_keys: ToolKeys) -> None:
    now = int(time.time())
    claims = {"iss": "x", "sub": home.installed.client_id, "aud": TOKEN_URL, "iat": now, "exp": now + 60}
    bare = jwt.encode({**claims, "jti": "1"}, "", algorithm="none", headers={"kid": tool_keys.kid})
    answer = ask(home, home.token_form(bare))
    assert (answer.status_code, answer.json["error_description"]) == (400, "JWT has unexpected alg")
    without_kid = jwt.encode({**claims, "jti": "2"}, tool_keys.private, algorithm="RS256")
    assert "kid" in ask(home, home.token_form(without_kid)).json["error_description"]


@pytest.mark.parametrize("changes", [{"alg": None}, {"alg": "RS512"}, {"use": "enc"}, {"kty": "oct"}])
def test_a_published_key_must_say_what_it_is_for(
    home: LtiClass, tool_keys: ToolKeys, published: list[dict[str, object]], changes: dict[str, object]
) -> None:
    published[:] = [tool_keys.jwk(**changes)]
    answer = ask(home, home.token_form(tool_keys.assertion(home.installed.client_id)))
    assert answer.status_code == 400


def test_a_rotated_key_is_known_at_once(home: LtiClass, published: list[dict[str, object]]) -> None:
    newer = ToolKeys()
    published.append(newer.jwk())
    assert ask(home, home.token_form(newer.assertion(home.installed.client_id))).status_code == 200


def test_a_tool_that_does_not_answer_gets_no_token(tool_keys: ToolKeys) -> None:
    with serving_jwks([]) as gone:
        pass
    home = LtiClass(gone)
    answer = ask(home, home.token_form(tool_keys.assertion(home.installed.client_id)))
    assert answer.json["error_description"] == "the tool's public keys could not be read"


@pytest.mark.parametrize(
    "form",
    [
        {"client_assertion": ""},
        {"client_assertion": "not.a.jwt"},
        {"client_assertion": "nonsense"},
        {"client_assertion_type": "password"},
    ],
)
def test_a_malformed_request_is_refused(home: LtiClass, tool_keys: ToolKeys, form: dict[str, str]) -> None:
    right = home.token_form(tool_keys.assertion(home.installed.client_id))
    assert ask(home, {**right, **form}).status_code == 400


@pytest.mark.parametrize("scopes", [[], ["openid"], [NRPS, AGS + "everything"]])
def test_a_scope_that_the_key_lacks_is_refused(
    home: LtiClass, tool_keys: ToolKeys, scopes: list[str]
) -> None:
    answer = ask(home, home.token_form(tool_keys.assertion(home.installed.client_id), scopes))
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")


def test_a_token_does_what_its_scopes_say_and_no_more(home: LtiClass) -> None:
    calls = home.service(AGS + "lineitem.readonly")
    assert calls.call("GET", calls.items_path).status_code == 200
    assert calls.call("POST", calls.items_path, {"label": "x", "scoreMaximum": 1}).status_code == 401
    assert calls.call("GET", calls.roster_path).status_code == 401
