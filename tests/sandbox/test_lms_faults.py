"""What can be made to go wrong in one call: by name, by what it asks, with work done later, in drops."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from lms_school import School

from sandbox.app import serve
from sandbox.server import Server
from sandbox.world.fault_replies import REPLIES
from sandbox.world.faults import BadFault
from sandbox.world.model import Module


def modules(school: School) -> list[str]:
    return [module.name for module in school.world.live(Module)]


def make(school: School, name: str = "Otters") -> Any:
    return school.call("POST", "modules", json={"module": {"name": name}})


def order(school: School, do: dict[str, Any], **match: str) -> None:
    school.world.faults.order([{"match": {"method": "POST", "path": "/modules$"} | match, "do": do}])


@pytest.mark.parametrize("wrong", [
    {"later": -1}, {"later": 121}, {"later": "soon"}, {"later": True}, {"drip": 5}, {"drip": {"bytes": 5}},
    {"drip": {"bytes": 0, "every": 1}}, {"drip": {"bytes": 1, "every": -1}}, {"reply": "teapot"},
    {"reply": 3},
])  # fmt: skip
def test_what_cannot_be_is_refused(school: School, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadFault):
        order(school, wrong)
    assert school.world.faults.state() == []


@pytest.mark.parametrize("where", ["path", "query", "body"])
def test_a_broken_expression_is_named(school: School, where: str) -> None:
    with pytest.raises(BadFault, match=f"match.{where}"):
        order(school, {"status": 500}, **{where: "("})


@pytest.mark.parametrize("name", REPLIES)
def test_a_ready_made_reply_comes_in_place_of_the_work(school: School, name: str) -> None:
    order(school, {"reply": name})
    answer = make(school)
    expected = REPLIES[name]
    assert (answer.status_code, answer.text) == (expected.status, expected.body)
    assert {k: answer.headers[k] for k in expected.headers} == expected.headers
    assert modules(school) == []


@pytest.mark.parametrize(("name", "status", "challenge", "text"), [
    ("throttled", 429, False, "Rate Limit Exceeded"), ("throttled_older", 403, False, "Rate Limit Exceeded"),
    ("expired_token", 401, True, "Invalid access token."),
    ("insufficient_scopes", 401, False, "Insufficient scopes on access token."),
    ("not_authorized", 403, False, "user not authorized to perform that action"),
    ("not_authorized_older", 401, False, "user not authorized to perform that action"),
    ("server_error", 500, False, "internal_server_error"), ("maintenance", 503, False, "<!DOCTYPE html>"),
])  # fmt: skip
def test_the_replies_are_those_of_the_reference(name: str, status: int, challenge: bool, text: str) -> None:
    reply = REPLIES[name]
    assert (reply.status, "WWW-Authenticate" in reply.headers) == (status, challenge)
    assert text in reply.body


def test_a_maintenance_page_can_say_200(school: School) -> None:
    order(school, {"reply": "maintenance", "status": 200})
    answer = make(school)
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    assert modules(school) == []


def test_only_the_call_with_that_body_goes_wrong(school: School) -> None:
    order(school, {"status": 500}, body="Herons")
    assert [make(school, name).status_code for name in ("Otters", "Herons", "Herons")] == [200, 500, 200]


def test_only_the_call_with_that_query_goes_wrong(school: School) -> None:
    order(school, {"status": 500}, method="GET", query="per_page=100")
    paths = ("modules", "modules?per_page=100", "modules?per_page=100")
    assert [school.call("GET", path).status_code for path in paths] == [200, 500, 200]


# work done later


@pytest.mark.parametrize("do", [{"later": 5}, {"later": 5, "reply": "gateway_timeout"}])
def test_the_work_is_done_after_the_answer(school: School, do: dict[str, Any]) -> None:
    order(school, do)
    assert make(school).status_code in (503, 504)
    assert school.modules_of("rivera") == []
    school.world.clock.advance(4.9)
    assert school.modules_of("rivera") == []
    school.world.clock.advance(0.2)
    assert school.modules_of("rivera") == ["Otters"], "whoever looks after that time finds it"
    assert school.modules_of("rivera") == ["Otters"], "and it was done once"


def test_a_retry_before_the_late_work_doubles(school: School) -> None:
    order(school, {"later": 5, "status": 502})
    make(school)
    assert make(school).status_code == 200
    school.world.clock.advance(6)
    assert school.modules_of("rivera") == ["Otters", "Otters"]


def test_late_work_that_is_refused_by_then_changes_nothing(school: School) -> None:
    order(school, {"later": 120})
    make(school)
    school.world.clock.advance(7200)
    school.forget_tokens()
    assert school.modules_of("rivera") == [], "its token had expired"


def test_held_late_work_waits_until_it_is_stepped(school: School) -> None:
    order(school, {"later": 1})
    school.world.background.held = True
    make(school)
    school.world.clock.advance(60)
    assert school.modules_of("rivera") == []
    assert [
        job.name.startswith("late work of POST /api/v1/") for job in school.world.background.waiting()
    ] == [True]
    school.world.background.step()
    assert school.modules_of("rivera") == ["Otters"]


# over a real connection


@pytest.fixture
def server(school: School) -> Iterator[Server]:
    with serve(school.app) as running:
        yield running


@contextmanager
def asked(school: School, server: Server) -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    headers = {"Authorization": f"Bearer {school.token('rivera')}", "Content-Type": "application/json"}
    path = f"/api/v1/courses/{school.course.id}/modules"
    with closing(connection):
        connection.request("POST", path, json.dumps({"module": {"name": "Otters"}}), headers)
        with closing(connection.getresponse()) as answer:
            yield answer


def test_a_body_in_drops_arrives_whole(school: School, server: Server) -> None:
    order(school, {"drip": {"bytes": 40, "every": 0.001}})
    with asked(school, server) as answer:
        assert json.loads(answer.read())["name"] == "Otters"


def test_stopping_ends_a_drip(school: School) -> None:
    server = serve(school.app)
    order(school, {"drip": {"bytes": 1, "every": 60}})
    with asked(school, server) as answer:
        assert answer.read(1) == b"{"
        server.stop()
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()
    assert not server.thread.is_alive()


def test_late_work_cuts_the_connection_at_once(school: School, server: Server) -> None:
    order(school, {"later": 3})
    with pytest.raises(ConnectionError), asked(school, server):
        pass
    assert modules(school) == []
    assert [(e.status, e.fault) for e in school.world.journal] == [(0, "reset, work 3 s later")]
    school.world.clock.advance(3)
    assert school.modules_of("rivera") == ["Otters"]


@pytest.mark.parametrize(("do", "left", "status"), [
    ({"reset": "before", "status": 500}, [], 0), ({"reset": "after", "status": 500}, ["Otters"], 0),
    ({"status": 500, "after_work": True}, ["Otters"], 500), ({"status": 500, "half_body": True}, [], 500),
    ({"later": 5, "reset": "after", "status": 500}, [], 0), ({"later": 5, "after_work": True}, [], 0),
])  # fmt: skip
def test_what_is_ordered_together_goes_together(
    school: School, do: dict[str, Any], left: list[str], status: int
) -> None:
    order(school, do)
    make(school)
    assert modules(school) == left
    assert school.world.journal[-1].status == status
