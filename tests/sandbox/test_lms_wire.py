"""Over real sockets: faults to order, the journal, kept-alive connections, the clock, and loopback only."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from lms_school import School

from sandbox.app import serve
from sandbox.server import Server
from sandbox.world.model import Module


@dataclass
class Wired:
    """The small school behind a real socket."""

    school: School
    server: Server
    http: requests.Session

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def door(self, method: str, name: str, body: object = None, status: int = 200) -> Any:
        answer = self.http.request(method, f"{self.base}/_sandbox/{name}", json=body, timeout=10)
        assert answer.status_code == status, answer.text
        return answer.json()

    def rest(self, method: str, path: str, body: object = None, timeout: float = 10) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.school.token('rivera')}", "Host": "lms.localhost:8100"}
        url = f"{self.base}/api/v1/courses/{self.school.course.id}/{path}"
        return self.http.request(method, url, json=body, headers=headers, timeout=timeout)

    def make_module(self) -> requests.Response:
        return self.rest("POST", "modules", {"module": {"name": "Otters"}})

    def modules(self) -> list[str]:
        return [m.name for m in self.school.world.live(Module)]


@pytest.fixture
def wired(school: School) -> Iterator[Wired]:
    with serve(school.app) as server, requests.Session() as session:
        session.trust_env = False
        yield Wired(school, server, session)


def fault(
    do: dict[str, Any], method: str = "POST", path: str = "/modules$", **more: Any
) -> list[dict[str, Any]]:
    return [{"match": {"method": method, "path": path}, "do": do, **more}]


# the connection


def test_a_connection_is_kept_alive_and_urls_follow_the_host(wired: Wired) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", wired.server.port, timeout=10)
    headers = {"Authorization": f"Bearer {wired.school.token('rivera')}", "Host": "lms.localhost:8100"}
    for _ in range(3):
        connection.request("GET", f"/api/v1/courses/{wired.school.course.id}/modules", headers=headers)
        answer = connection.getresponse()
        answer.read()
        used = connection.sock
        assert "http://lms.localhost:8100/api/v1/" in (answer.getheader("Link") or "")
    assert used is connection.sock
    assert used is not None
    connection.close()


def test_an_unread_body_does_not_disturb_the_next_request(wired: Wired) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", wired.server.port, timeout=10)
    for _ in range(2):
        connection.request("POST", "/api/v1/nowhere", body=b"x" * 200_000)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 404
    connection.close()


def test_half_a_request_does_not_hold_up_others_or_the_end(school: School) -> None:
    server = serve(school.app)
    with socket.create_connection(("127.0.0.1", server.port)) as half:
        half.sendall(
            b"POST /api/v1/courses HTTP/1.1\r\nHost: lms.localhost\r\nContent-Length: 99\r\n\r\nhalf"
        )
        with requests.Session() as session:
            session.trust_env = False
            assert session.get(f"http://127.0.0.1:{server.port}/_sandbox/journal", timeout=10).ok
        begun = time.monotonic()
        server.stop()
        assert time.monotonic() - begun < 5
    assert not server.thread.is_alive()


def test_thirteen_at_once_and_the_thirteenth_is_refused(wired: Wired) -> None:
    statuses: list[int] = []
    token = wired.school.token("rivera")

    def call() -> None:
        url = f"{wired.base}/api/v1/users/self"
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=call) for _ in range(13)]
    with wired.school.world.lock:
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 10
        while 429 not in statuses and time.monotonic() < deadline:
            time.sleep(0.01)
        assert statuses
        assert set(statuses) == {429}, "only refusals come back while all the others are in flight"
    for thread in threads:
        thread.join()
    assert statuses.count(200) in (11, 12)


# faults


def test_a_reset_after_the_work_leaves_the_work_done(wired: Wired) -> None:
    wired.door("POST", "faults", fault({"reset": "after"}))
    with pytest.raises(requests.ConnectionError):
        wired.make_module()
    assert wired.modules() == ["Otters"]
    assert wired.make_module().status_code == 200
    assert wired.modules() == ["Otters", "Otters"], "a blind retry doubles"


def test_a_reset_before_the_work_leaves_nothing_done(wired: Wired) -> None:
    wired.door("POST", "faults", fault({"reset": "before"}))
    with pytest.raises(requests.ConnectionError):
        wired.make_module()
    assert wired.modules() == []


def test_half_a_body_breaks_off_after_the_work(wired: Wired) -> None:
    wired.door("POST", "faults", fault({"half_body": True}))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        wired.make_module()
    assert wired.modules() == ["Otters"]


@pytest.mark.parametrize(("after_work", "left"), [(False, []), (True, ["Otters"])])
def test_a_status_comes_in_place_of_the_work_or_after_it(
    wired: Wired, after_work: bool, left: list[str]
) -> None:
    do = {
        "status": 502,
        "body": "<html>Bad gateway",
        "after_work": after_work,
        "headers": {"Retry-After": "2"},
    }
    wired.door("POST", "faults", fault(do))
    answer = wired.make_module()
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (502, "<html>Bad gateway", "2")
    assert wired.modules() == left


def test_a_delay_outlasts_a_short_timeout_and_the_work_is_still_done(wired: Wired) -> None:
    wired.door("POST", "faults", fault({"delay": 0.6}))
    with pytest.raises(requests.Timeout):
        wired.rest("POST", "modules", {"module": {"name": "Otters"}}, timeout=0.2)
    deadline = time.monotonic() + 5
    while not wired.modules() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert wired.modules() == ["Otters"]


def test_nth_and_times_choose_the_calls(wired: Wired) -> None:
    wired.door("POST", "faults", fault({"status": 500}, method="GET", nth=2, times=2))
    assert [wired.rest("GET", "modules").status_code for _ in range(5)] == [200, 500, 500, 200, 200]
    assert wired.door("GET", "faults")[0]["fired"] == 2
    wired.door("POST", "faults", fault({"status": 503}, method="*", times=0))
    assert [wired.rest("GET", "modules").status_code for _ in range(3)] == [503] * 3
    wired.door("DELETE", "faults")
    assert wired.rest("GET", "modules").status_code == 200


@pytest.mark.parametrize("order", [
    {}, [{}], [{"match": {"path": "x"}}], [{"match": {"path": "x"}, "do": {}}], "fault", [1],
    [{"match": {"path": "("}, "do": {"status": 500}}], [{"match": {"url": "x"}, "do": {"status": 500}}],
    [{"match": {"path": "x"}, "do": {"explode": True}}],
    [{"match": {"path": "x"}, "do": {"reset": "during"}}],
    [{"match": {"path": "x"}, "do": {"status": 500}, "nth": 0}],
    [{"match": {"path": "x"}, "do": {"status": 500}, "times": -1}],
    [{"match": {"path": "x"}, "do": {"delay": 1e9}}], [{"match": {"path": "x"}, "do": {"status": "teapot"}}],
    [{"match": {"path": "x"}, "do": {"status": 500}}, {"match": {}}],
])  # fmt: skip
def test_a_fault_that_cannot_be_is_refused_whole(wired: Wired, order: Any) -> None:
    wired.door("POST", "faults", order, status=400)
    assert wired.door("GET", "faults") == []


# the journal


def test_the_journal_tells_every_call_and_no_person(wired: Wired) -> None:
    ana = wired.school.id_of("ana")
    wired.rest("GET", f"users?search_term=Ana+Doe&per_page=5&user_ids[]={ana}")
    wired.http.get(f"{wired.base}/api/v1/users/sis_user_id:S-ana", timeout=10)
    wired.http.post(f"{wired.base}/login/oauth2/token", timeout=10)
    wired.http.get(f"{wired.base}/", timeout=10)
    rows = wired.door("GET", "journal")
    assert [(r["by"], r["status"]) for r in rows] == [
        ("rest", 200),
        ("rest", 401),
        ("oauth", 400),
        ("web", 200),
    ]
    assert rows[0]["user_id"] == wired.school.id_of("rivera")
    assert rows[0]["path"].endswith("/users?search_term=*&per_page=5&user_ids[]=*")
    assert rows[1]["path"] == "/api/v1/users/sis_user_id:*"
    assert all(r["seconds"] >= 0 and r["at"] and r["method"] for r in rows)


def test_the_journal_is_read_from_a_number_on_and_emptied(wired: Wired) -> None:
    wired.rest("GET", "modules")
    first = wired.door("GET", "journal")[-1]["n"]
    wired.rest("GET", "sections")
    assert [r["path"].rsplit("/", 1)[1] for r in wired.door("GET", f"journal?since={first}")] == ["sections"]
    wired.door("DELETE", "journal")
    assert wired.door("GET", "journal") == []
    wired.rest("GET", "modules")
    assert wired.door("GET", "journal")[0]["n"] > first


def test_a_cut_call_is_in_the_journal_without_a_status(wired: Wired) -> None:
    wired.door("POST", "faults", fault({"reset": "after"}))
    with pytest.raises(requests.ConnectionError):
        wired.make_module()
    (row,) = wired.door("GET", "journal")
    assert (row["status"], row["fault"]) == (0, "reset after")


# the other doors


def test_the_doors_answer_on_loopback_only(school: School) -> None:
    client = school.app.test_client()
    for peer, status in (("127.0.0.1", 200), ("::1", 200), ("192.168.1.7", 403), ("203.0.113.9", 403)):
        answer = client.get("/_sandbox/journal", environ_overrides={"REMOTE_ADDR": peer})
        assert answer.status_code == status, peer


def test_the_clock_goes_forward_only(wired: Wired) -> None:
    before = wired.school.world.clock.now()
    wired.door("POST", "clock", {"advance_seconds": 3600})
    assert (wired.school.world.clock.now() - before).total_seconds() == 3600
    for wrong in ({"advance_seconds": -1}, {"advance_seconds": "soon"}, {"advance_seconds": True}, [1]):
        wired.door("POST", "clock", wrong, status=400)


@pytest.mark.parametrize("order", [
    {"answers": "only.csv"}, {"answers": "a.csv", "qmatrix": "b.csv"}, {"colour": "red"}, [1],
    {"tokens_for": ["nobody"]},
    {"seed": "seven"},
])  # fmt: skip
def test_a_seed_that_cannot_be_is_refused(wired: Wired, order: Any) -> None:
    wired.door("POST", "seed", order, status=400)


def test_seeding_an_empty_world_makes_the_class_once_and_installs_the_tool(wired: Wired) -> None:
    first = wired.door("POST", "seed", {"reset": True, "tool_url": "http://tool.localhost:8200"})
    assert {"client_id", "deployment_id", "api_key", "api_secret"} == set(first["tool"])
    again = wired.door("POST", "seed", {"tokens_for": ["rivera"]})
    assert again["course"] == first["course"]
    token = again["tokens"]["rivera"]["access_token"]
    url = f"{wired.base}/api/v1/courses/{first['course']['id']}"
    answer = wired.http.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10)
    assert answer.json()["name"] == "Grade 4 · Room 12"


def test_the_digest_sees_what_people_see_and_nothing_else(wired: Wired) -> None:
    course = wired.school.course.id

    def digest() -> str:
        found: str = wired.door("GET", f"digest?course={course}")["digest"]
        return found

    seen = [digest()]
    wired.school.world.clock.advance(86_400)
    assert digest() == seen[0], "time alone changes nothing"
    module_id = wired.school.module()
    seen.append(digest())
    wired.school.assign_module(module_id, {"student_ids": [wired.school.id_of("ana")]})
    seen.append(digest())
    wired.school.put(f"modules/{module_id}", {"module": {"published": True}})
    seen.append(digest())
    assert len(set(seen)) == 4
    wired.school.delete(f"modules/{module_id}")
    assert digest() == seen[0]
    wired.door("GET", "digest?course=999999", status=400)


def test_two_equal_histories_have_one_digest_though_ids_differ() -> None:
    from sandbox.testing.digest import course_digest

    digests = []
    for extra in (0, 3):
        school = School()
        for _ in range(extra):
            school.delete(f"modules/{school.module('gone')}")
        school.holding(school.assignment())
        digests.append(course_digest(school.world, school.course)["digest"])
    assert digests[0] == digests[1]
