"""The bucket around REST and the LTI services: what is charged, when, and to whom."""

from __future__ import annotations

import threading

import pytest
from lms_school import API, School

from sandbox.canvas.throttle import HIGH_WATER, Throttle
from sandbox.platform.install import install_tool
from sandbox.platform.tokens import issue_token
from sandbox.world.model import LtiKey, LtiToken

LMS = "http://lms.localhost:8100"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"


def bucket_of(school: School) -> Throttle:
    found: Throttle = school.app.extensions["sandbox.throttle"]
    return found


def left(school: School, login: str = "rivera") -> float:
    return bucket_of(school).remaining(f"token:{school.token(login)}", school.world.clock.now())


def test_calls_in_flight_are_charged_before_they_wait_for_their_turn(school: School) -> None:
    """While one call holds the world, twelve others wait, each with its 50 in the bucket."""
    school.token("rivera")
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(school.call("GET", "/users/self").status_code))
        for _ in range(14)
    ]
    arrived = threading.Event()
    bucket, charge = bucket_of(school), bucket_of(school).arrive
    seen: list[bool] = []

    def counted(key: str, now: object) -> bool:
        seen.append(charge(key, now))  # type: ignore[arg-type]
        if len(seen) == len(threads):
            arrived.set()
        return seen[-1]

    bucket.arrive = counted  # type: ignore[method-assign, assignment]
    with school.world.lock:
        for thread in threads:
            thread.start()
        assert arrived.wait(30)
    for thread in threads:
        thread.join(30)
    assert sorted(statuses) == [200] * 11 + [429] * 3
    assert left(school) == pytest.approx(HIGH_WATER, abs=5)


@pytest.mark.parametrize(("path", "status"), [("modules", 200), ("/courses/999999", 404), ("/nothing", 404)])
def test_every_answer_tells_cost_and_rest_and_hands_the_charge_back(
    school: School, path: str, status: int
) -> None:
    answer = school.call("GET", path)
    assert answer.status_code == status
    assert 0 < float(answer.headers["X-Request-Cost"]) < 50
    assert float(answer.headers["X-Rate-Limit-Remaining"]) == pytest.approx(left(school), abs=1)
    assert left(school) > 595


def test_a_call_without_a_token_is_told_nothing(school: School) -> None:
    answer = school.app.test_client().get(f"{API}/users/self", base_url=LMS)
    assert "X-Rate-Limit-Remaining" not in answer.headers


def test_the_token_in_the_query_fills_the_same_bucket(school: School) -> None:
    bucket_of(school).fill(f"token:{school.token('rivera')}", school.world.clock.now(), 590)
    path = f"{API}/users/self?access_token={school.token('rivera')}"
    assert school.app.test_client().get(path, base_url=LMS).status_code == 429


def test_what_is_refused_still_shows_the_rest_after_the_charge_was_handed_back(school: School) -> None:
    bucket_of(school).fill(f"token:{school.token('rivera')}", school.world.clock.now(), 581.5)
    answer = school.call("GET", "/users/self")
    assert answer.status_code == 429
    assert float(answer.headers["X-Rate-Limit-Remaining"]) == pytest.approx(18.5, abs=0.1)
    assert "Retry-After" not in answer.headers


def test_the_bucket_leaks_by_the_lmss_own_clock(school: School) -> None:
    bucket_of(school).fill(f"token:{school.token('rivera')}", school.world.clock.now(), 600)
    assert school.call("GET", "/users/self").status_code == 429
    school.world.clock.advance(6)
    assert school.call("GET", "/users/self").status_code == 200


def test_all_lti_calls_of_a_tool_share_one_bucket(school: School) -> None:
    installed = install_tool(school.world, "http://tool.localhost:8200")
    tool = next(school.world.find(LtiKey, client_id=installed.client_id))
    tokens = [issue_token(school.world, tool, [ROSTER]) for _ in range(2)]
    assert [roster(school, token) for token in tokens] == [200, 200]
    bucket_of(school).fill(f"lti_advantage:{tool.client_id}", school.world.clock.now(), 599)
    assert [roster(school, token) for token in tokens] == [429, 429]
    assert school.call("GET", "/users/self").status_code == 200


def roster(school: School, token: LtiToken) -> int:
    headers = {"Authorization": f"Bearer {token.access_token}"}
    path = f"/api/lti/courses/{school.course.id}/names_and_roles"
    return school.app.test_client().get(path, headers=headers, base_url=LMS).status_code
