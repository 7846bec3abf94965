"""Many workers at once, on each database: a state counts once, rows are made once, keys fetched once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from lti_platform import JWKS_URL, LTI, Answer, json_answer, public_jwk, signed
from lti_tool import START, Tool, new_registration
from sqlalchemy import func, select

from lti_app.lti.claims import launch_of, read_claims
from lti_app.lti.keys import public_key_set, rotate, signing_key
from lti_app.lti.launch import Verified, begun_login, set_aside, take_up
from lti_app.lti.platform_keys import PlatformKeys
from lti_app.lti.refusals import Reason, Refusal
from lti_app.lti.registrations import add_registration
from lti_app.lti.services import ServiceTokens
from lti_app.store.models.lti import Context, Deployment, JwksCache, ServiceToken, User

WORKERS = 8


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """What each of eight workers gets that begin in the same moment."""
    start = Barrier(WORKERS)

    def one(number: int) -> Any:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(one, range(WORKERS)))


def test_one_state_lets_one_of_many_workers_in(tool_on_each: Tool) -> None:
    tool = tool_on_each
    browser = tool.browser()
    login = tool.login(browser)
    token = signed(tool.claims(login))
    cookie = next(iter(login.response.headers.getlist("Set-Cookie"))).split(";")[0]

    def post(_number: int) -> int:
        copy = tool.app.test_client(use_cookies=False)
        data = {"state": login.state, "id_token": token}
        return copy.post("/lti/launch", data=data, headers={"Cookie": cookie}).status_code

    assert sorted(at_once(post)) == [303] + [403] * (WORKERS - 1)
    assert tool.sign_ins() == 1


def test_a_whole_class_launches_at_once(tool_on_each: Tool) -> None:
    tool = tool_on_each
    statuses = at_once(lambda number: tool.launch(sub=f"student-{number}").status_code)
    assert statuses == [303] * WORKERS
    with tool.database.session(1, write=False) as session:
        assert session.scalar(select(func.count()).select_from(User)) == WORKERS
        assert session.scalar(select(func.count()).select_from(Context)) == 1
    assert tool.server.key_fetches == 1, "one fetch of the platform's keys serves them all"


def test_a_new_deployment_is_noted_once(tool_on_each: Tool) -> None:
    tool = tool_on_each
    statuses = at_once(lambda _number: tool.launch(**{f"{LTI}deployment_id": "9:new"}).status_code)
    assert statuses == [403] * WORKERS
    with tool.database.session(None, write=False) as session:
        assert session.scalar(select(func.count()).select_from(Deployment)) == 2


def test_one_person_who_clicks_twice_is_one_person(tool_on_each: Tool) -> None:
    tool = tool_on_each
    assert at_once(lambda _number: tool.launch().status_code) == [303] * WORKERS
    assert tool.users() == 1


def test_a_ticket_counts_once(tool_on_each: Tool) -> None:
    tool = tool_on_each
    login = tool.login(tool.browser())
    with tool.database.session(None) as session:
        begun = begun_login(tool.database, login.state, tool.clock.at)
        launch = launch_of(read_claims(tool.claims(login)))
        verified = Verified(registration_id=1, deployment_id=1, district_id=1, launch=launch)
        ticket = set_aside(session, begun, verified, tool.clock.at)
    binding = next(iter(login.response.headers.getlist("Set-Cookie"))).split("=", 1)[1].split(";")[0]

    def take(_number: int) -> str:
        try:
            take_up(tool.database, ticket, binding, tool.clock.at)
        except Refusal as refusal:
            return refusal.reason
        return "taken"

    assert sorted(at_once(take)) == sorted(["taken"] + [Reason.LAUNCH_EXPIRED] * (WORKERS - 1))


def test_a_changed_key_is_fetched_once_for_a_whole_class(tool_on_each: Tool) -> None:
    tool = tool_on_each
    assert tool.launch().status_code == 303
    tool.server.keys = [public_jwk("key-2")]
    tool.clock.forward(minutes=5)
    assert at_once(lambda number: tool.launch(key="key-2", sub=f"s{number}").status_code) == [303] * WORKERS
    assert tool.server.key_fetches == 2


def test_our_first_key_is_one_key(tool_on_each: Tool) -> None:
    """Platforms keep our key set: two first keys would leave one of them unknown to a platform."""
    tool = tool_on_each

    def sign(_number: int) -> str:
        with tool.database.session(None) as session:
            return signing_key(session, START).kid

    kids = set(at_once(sign))
    with tool.database.session(None) as session:
        published = {key["kid"] for key in public_key_set(session, START)["keys"]}
    assert kids <= published


def test_service_tokens_made_at_once_are_all_good_and_kept_once(tool_on_each: Tool) -> None:
    tool = tool_on_each
    tool.server.answer = lambda *_: json_answer(
        {"access_token": f"t{len(tool.server.calls)}", "expires_in": 3600}
    )
    tokens = ServiceTokens(tool.database, 1, ["b", "a"], http=tool.server)
    assert all(at_once(lambda _number: tokens.access_token(START)))
    with tool.database.session(None, write=False) as session:
        assert session.scalar(select(func.count()).select_from(ServiceToken)) == 1


@pytest.mark.parametrize("minutes", [0, 13 * 60])
def test_forged_kids_cost_one_fetch_in_half_a_minute(tool: Tool, minutes: int) -> None:
    keys = PlatformKeys(tool.database, tool.server, 1, JWKS_URL, sleep=lambda _seconds: None)
    keys.with_key("key-1", START)
    now = START + timedelta(minutes=minutes, seconds=31)
    for number in range(5):
        with pytest.raises(Refusal) as refused:
            keys.with_key(f"forged-{number}", now + timedelta(seconds=number))
        assert refused.value.reason is Reason.BAD_SIGNATURE
    assert tool.server.key_fetches == 2


def test_a_worker_that_died_while_fetching_holds_up_nobody_for_long(tool: Tool) -> None:
    with tool.database.session(None) as session:
        session.add(JwksCache(registration_id=1, keys={}, asked_at=START))
    waited: list[float] = []
    keys = PlatformKeys(tool.database, tool.server, 1, JWKS_URL, sleep=waited.append)
    with pytest.raises(Refusal):
        keys.with_key("key-1", START + timedelta(seconds=1))
    assert 4 <= sum(waited) <= 6
    assert keys.with_key("key-1", START + timedelta(seconds=31))["keys"][0]["kid"] == "key-1"


def test_each_registration_keeps_its_platforms_keys_apart(tool: Tool) -> None:
    with tool.database.operator_session() as session:
        add_registration(
            session, new_registration(client_id="2", deployment_id="2:x", district="B"), now=START
        )
    PlatformKeys(tool.database, tool.server, 1, JWKS_URL).with_key("key-1", START)
    tool.server.answer = lambda *_: Answer(500)
    with pytest.raises(Refusal) as refused:
        PlatformKeys(tool.database, tool.server, 2, JWKS_URL).with_key("key-1", START)
    assert refused.value.reason is Reason.LMS_KEYS_UNREACHABLE


def test_an_old_key_of_ours_stays_published_for_two_weeks(tool: Tool) -> None:
    with tool.database.session(None) as session:
        old = signing_key(session, START).kid
        new = rotate(session, START + timedelta(days=30))
        assert signing_key(session, START + timedelta(days=30)).kid == new

    def published(days: int) -> list[str]:
        with tool.database.session(None) as session:
            return [key["kid"] for key in public_key_set(session, START + timedelta(days=days))["keys"]]

    assert published(43) == [new, old]
    assert published(45) == [new]
    assert old != new
