"""The one way out: what each answer means, what is tried again, how lists are read, what never leaves us."""

import logging
from datetime import UTC, datetime
from threading import Event

import pytest
import requests
import responses

from sync.errors import (
    BadReply,
    LmsDown,
    NotFound,
    NotPermitted,
    Refused,
    SignInExpired,
    Stopped,
    Throttled,
    TimedOut,
    Unreachable,
)
from sync.http import ATTEMPTS, Http, route_of
from sync.memory import HeldToken

LMS = "https://canvas.example"
WWW = {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}
HTML = {"Content-Type": "text/html"}


@pytest.fixture
def lms():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def http(waits: list[float]) -> Http:
    return Http(LMS, token=HeldToken("secret-token"), sleep=waits.append)


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (400, {}, '{"message":"no"}', Refused),
        (400, {}, "", Refused),
        (400, {}, '"a bare string"', Refused),
        (401, WWW, '{"errors":[{"message":"Invalid access token."}]}', SignInExpired),
        (401, WWW, '{"errors":[{"message":"Revoked access token."}]}', SignInExpired),
        (401, {}, '{"errors":[{"message":"Insufficient scopes on access token."}]}', NotPermitted),
        (401, {}, '{"status":"unauthorized","errors":[{"message":"user not authorized"}]}', NotPermitted),
        (403, {}, '{"status":"unauthorized"}', NotPermitted),
        (403, {}, "403 Forbidden (Rate Limit Exceeded)", Throttled),
        (403, HTML, "<html>blocked</html>", NotPermitted),
        (404, {}, '{"errors":[{"message":"The specified resource does not exist."}]}', NotFound),
        (404, HTML, "<html>no such page</html>", NotFound),
        (408, {}, "", TimedOut),
        (409, {}, '{"message":"exists"}', Refused),
        (410, {}, "", NotFound),
        (412, {}, "", Refused),
        (422, {}, '{"errors":{"name":[{"message":"too long"}]}}', Refused),
        (429, {}, "429 Forbidden (Rate Limit Exceeded)", Throttled),
        (302, {"Location": "https://elsewhere.example/login"}, "", BadReply),
        (500, {}, "{}", LmsDown),
        (502, HTML, "<html>bad gateway</html>", LmsDown),
        (503, HTML, "<html>maintenance</html>", LmsDown),
        (200, HTML, "<!DOCTYPE html><title>Log in</title>", LmsDown),
        (200, {"Content-Type": "application/json"}, "<html>still a page</html>", LmsDown),
        (200, {}, '{"half":', BadReply),
        (200, {}, "", BadReply),
        (200, {}, "\xff\xfe", BadReply),
    ],
)
def test_what_an_answer_means(lms, http: Http, status: int, headers: dict, body: str, expected: type) -> None:
    lms.get(f"{LMS}/api/v1/x", status=status, headers=headers, body=body)
    with pytest.raises(expected) as caught:
        http.get("/api/v1/x").json()
    assert type(caught.value) is expected
    assert "Nothing was changed." in str(caught.value)
    assert caught.value.remedy


def test_the_words_of_the_lms_are_kept_apart_from_the_text(lms, http: Http) -> None:
    lms.get(f"{LMS}/x", status=400, json={"errors": {"user": [{"message": "Maya Lin is unknown"}]}})
    with pytest.raises(Refused) as caught:
        http.get("/x")
    assert caught.value.words == "Maya Lin is unknown"
    assert "Maya" not in str(caught.value)
    assert "Maya" not in repr(caught.value)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize(
    ("method", "tries"), [("GET", ATTEMPTS), ("PUT", ATTEMPTS), ("DELETE", ATTEMPTS), ("POST", 1)]
)
def test_only_what_may_be_repeated_is_repeated(lms, http: Http, method: str, tries: int, status: int) -> None:
    lms.add(method, f"{LMS}/x", status=status)
    with pytest.raises(LmsDown):
        send(http, method)
    assert http.calls[method] == tries


def send(http: Http, method: str, **options: object):
    if method == "GET":
        return http.get("/x")
    if method == "DELETE":
        return http.delete("/x")
    return http.put("/x", json={}) if method == "PUT" else http.post("/x", json={}, **options)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
def test_a_clear_no_is_not_asked_again(lms, http: Http, method: str, status: int) -> None:
    lms.add(method, f"{LMS}/x", status=status)
    with pytest.raises((Refused, NotPermitted, NotFound)):
        send(http, method)
    assert http.calls[method] == 1


@pytest.mark.parametrize("error", [requests.ReadTimeout(), requests.ConnectionError("reset")])
def test_a_create_whose_answer_was_lost_is_not_sent_again(lms, http: Http, error: Exception) -> None:
    lms.post(f"{LMS}/x", body=error)
    with pytest.raises(TimedOut) as caught:
        http.post("/x", json={})
    assert http.calls["POST"] == 1
    assert "looks for it" in caught.value.done


def test_a_create_that_says_it_may_be_repeated_is(lms, http: Http) -> None:
    lms.post(f"{LMS}/x", status=502)
    lms.post(f"{LMS}/x", json={"id": 1})
    assert http.post("/x", json={}, is_repeatable=True).json() == {"id": 1}


@pytest.mark.parametrize("refusal", [(429, "slow"), (403, "403 Forbidden (Rate Limit Exceeded)")])
def test_a_create_the_throttle_turned_away_was_not_done_and_is_sent_again(
    lms, http: Http, refusal: tuple
) -> None:
    lms.post(f"{LMS}/x", status=refusal[0], body=refusal[1])
    lms.post(f"{LMS}/x", json={"id": 1})
    assert http.post("/x", json={}).json() == {"id": 1}
    assert http.calls["POST"] == 2


def test_a_create_that_never_left_is_sent_again(lms, http: Http) -> None:
    lms.post(f"{LMS}/x", body=requests.ConnectTimeout())
    lms.post(f"{LMS}/x", json={"id": 1})
    assert http.post("/x", json={}).status == 200


def test_a_wait_the_lms_asks_for_is_kept(lms, http: Http, waits: list[float]) -> None:
    lms.get(f"{LMS}/x", status=429, headers={"Retry-After": "7"})
    lms.get(f"{LMS}/x", json=[])
    http.get("/x")
    assert waits[0] >= 7


def test_a_wait_without_end_is_cut(lms, http: Http, waits: list[float]) -> None:
    lms.get(f"{LMS}/x", status=429, headers={"Retry-After": "86400"})
    lms.get(f"{LMS}/x", json=[])
    http.get("/x")
    assert waits[0] <= 30


def test_an_lms_that_stays_out_of_reach_is_named_so(lms, http: Http) -> None:
    lms.get(f"{LMS}/x", body=requests.ConnectTimeout())
    with pytest.raises(Unreachable):
        http.get("/x")
    assert http.calls["GET"] == ATTEMPTS


def test_an_expired_token_is_renewed_once_and_the_call_made_again(lms) -> None:
    http = Http(LMS, token=HeldToken("old", lambda _: "new"))
    lms.post(f"{LMS}/x", status=401, headers=WWW, match=[bearer("old")])
    lms.post(f"{LMS}/x", json={}, match=[bearer("new")])
    assert http.post("/x", json={}).status == 200


def bearer(token: str):
    return responses.matchers.header_matcher({"Authorization": f"Bearer {token}"})


def test_a_token_refused_after_renewal_needs_consent_again(lms) -> None:
    renewed: list[str] = []
    http = Http(LMS, token=HeldToken("old", lambda old: renewed.append(old) or "new"))
    lms.get(f"{LMS}/x", status=401, headers=WWW)
    with pytest.raises(SignInExpired):
        http.get("/x")
    assert renewed == ["old"]


def test_a_missing_scope_is_not_answered_with_a_renewal(lms) -> None:
    renewed: list[str] = []
    http = Http(LMS, token=HeldToken("old", lambda old: renewed.append(old) or "new"))
    lms.get(f"{LMS}/x", status=401, json={"errors": [{"message": "Insufficient scopes on access token."}]})
    with pytest.raises(NotPermitted) as caught:
        http.get("/x")
    assert caught.value.right == "scope"
    assert renewed == []


def test_pages_are_followed_exactly_as_the_lms_writes_them(lms, http: Http) -> None:
    second = f"{LMS}/api/v1/x?page=bookmark:WyJBYUEiXQ&per_page=2"
    lms.get(
        f"{LMS}/api/v1/x",
        json=[1, 2],
        headers={"link": f'<{LMS}/api/v1/x?page=1>; rel="current",<{second}>; rel="next"'},
    )
    lms.get(second, json=[3], match_querystring=None)
    assert [row for page in http.pages("/api/v1/x") for row in page.json()] == [1, 2, 3]
    assert lms.calls[1].request.url == second


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/api/v1/x?page=2",
        "http://canvas.example/api/v1/x?page=2",
        "https://canvas.example:8443/x",
        "https://canvas.example.evil.example/x",
        "https://canvas.example@evil.example/x",
        "//evil.example/x",
        "ftp://canvas.example/x",
    ],
)
def test_a_next_page_on_another_host_is_refused(lms, http: Http, target: str) -> None:
    lms.get(f"{LMS}/x", json=[1], headers={"Link": f'<{target}>; rel="next"'})
    with pytest.raises(BadReply) as caught:
        list(http.pages("/x"))
    assert caught.value.field == "Link"
    assert len(lms.calls) == 1


def test_a_list_that_leads_back_to_itself_is_refused(lms, http: Http) -> None:
    lms.get(f"{LMS}/x", json=[1], headers={"Link": f'<{LMS}/x>; rel="next"'})
    with pytest.raises(BadReply):
        list(http.pages("/x"))


def test_a_list_whose_second_page_fails_is_no_list(lms, http: Http) -> None:
    lms.get(f"{LMS}/x", json=[1], headers={"Link": f'<{LMS}/y>; rel="next"'})
    lms.get(f"{LMS}/y", status=500)
    with pytest.raises(LmsDown):
        list(http.pages("/x"))


def test_an_answer_without_end_is_cut_off(lms) -> None:
    http = Http(LMS, largest_reply=1000)
    lms.get(f"{LMS}/x", body=b"x" * 5000)
    with pytest.raises(BadReply) as caught:
        http.get("/x")
    assert caught.value.field == "size"


def test_nothing_goes_out_after_a_stop(lms) -> None:
    stop = Event()
    stop.set()
    http = Http(LMS, stop=stop)
    with pytest.raises(Stopped):
        http.get("/x")
    assert len(lms.calls) == 0
    assert sum(http.calls.values()) == 0


def test_cookies_are_not_kept_and_redirects_are_not_followed(lms, http: Http) -> None:
    lms.get(f"{LMS}/x", json=[], headers={"Set-Cookie": "session=1; Path=/"})
    http.get("/x")
    http.get("/x")
    assert "Cookie" not in lms.calls[1].request.headers
    lms.get(f"{LMS}/moved", status=301, headers={"Location": f"{LMS}/x"})
    with pytest.raises(BadReply):
        http.get("/moved")


def test_our_token_does_not_follow_a_file_to_another_host(lms, http: Http) -> None:
    lms.get(f"{LMS}/files/1", status=302, headers={"Location": "https://files.example/one?sig=1"})
    lms.get("https://files.example/one?sig=1", body=b"bytes")
    assert http.download(f"{LMS}/files/1") == b"bytes"
    assert "Authorization" in lms.calls[0].request.headers
    assert "Authorization" not in lms.calls[1].request.headers


def test_a_file_that_goes_round_in_circles_is_given_up(lms, http: Http) -> None:
    lms.get(f"{LMS}/files/1", status=302, headers={"Location": f"{LMS}/files/1"})
    with pytest.raises(BadReply):
        http.download(f"{LMS}/files/1")


def test_logs_hold_no_id_no_query_and_no_token(lms, http: Http, caplog: pytest.LogCaptureFixture) -> None:
    lms.get(f"{LMS}/api/v1/courses/7/users/sis_user_id:S2041", json=[])
    with caplog.at_level(logging.DEBUG, logger="sync"):
        http.get("/api/v1/courses/7/users/sis_user_id:S2041", {"search_term": "Maya"})
    assert "/api/v1/courses/:id/users/:id" in caplog.text
    for secret in ("S2041", "Maya", "secret-token"):
        assert secret not in caplog.text


def test_network_errors_hold_no_address(lms, http: Http) -> None:
    lms.get(f"{LMS}/users/2041", body=requests.ConnectionError("https://canvas.example/users/2041"))
    with pytest.raises(TimedOut) as caught:
        http.get("/users/2041")
    assert "2041" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "route"),
    [
        ("https://h/api/v1/courses/12/pages/fractions-2", "/api/v1/courses/:id/pages/:id"),
        ("https://h/api/v1/users/self?x=1", "/api/v1/users/self"),
    ],
)
def test_a_route_has_no_ids(url: str, route: str) -> None:
    assert route_of(url) == route


def test_the_token_is_asked_for_with_the_time_of_the_call(lms) -> None:
    asked: list[datetime] = []
    at = datetime(2026, 9, 1, tzinfo=UTC)

    class Store:
        def access_token(self, now: datetime) -> str:
            asked.append(now)
            return "t"

        def refresh(self, refused: str, now: datetime) -> str:
            return "t2"

    lms.get(f"{LMS}/x", json=[])
    Http(LMS, token=Store(), clock=lambda: at).get("/x")
    assert asked == [at]
