"""Every way of saying no comes out of canvasapi, unmodified, as its own exception."""

from __future__ import annotations

import pytest
from canvasapi import exceptions as refused
from canvasapi.course import Course
from lms_canvasapi import Client

from sandbox.canvas.api import THROTTLE

# refusals: each status comes out as the package's own exception

REFUSALS = [
    (400, "text/plain", {}, refused.BadRequest),
    (401, "application/json", {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}, refused.InvalidAccessToken),
    (401, "application/json", {}, refused.Unauthorized),
    (403, "application/json", {}, refused.Forbidden),
    (404, "application/json", {}, refused.ResourceDoesNotExist),
    (409, "application/json", {}, refused.Conflict),
    (422, "application/json", {}, refused.UnprocessableEntity),
    (429, "text/plain", {}, refused.RateLimitExceeded),
    (500, "text/html", {}, refused.CanvasException),
]


@pytest.mark.parametrize(("status", "kind", "headers", "expected"), REFUSALS)
def test_each_ordered_status_comes_out_as_its_own_exception(
    client: Client, course: Course, status: int, kind: str, headers: dict[str, str], expected: type[Exception]
) -> None:
    body = '{"errors":[{"message":"no"}]}' if kind == "application/json" else "no"
    do = {"status": status, "body": body, "headers": {"Content-Type": kind, **headers}}
    client.school.world.faults.order([{"match": {"method": "GET", "path": "/modules"}, "do": do}])
    with pytest.raises(refused.CanvasException) as caught:
        list(course.get_modules())
    assert type(caught.value) is expected


def test_an_unknown_token_is_an_invalid_access_token(client: Client) -> None:
    with pytest.raises(refused.InvalidAccessToken):
        client.of(token="nobody's").get_current_user()


def test_an_hour_later_the_token_is_an_invalid_access_token(client: Client, course: Course) -> None:
    client.school.world.clock.advance(3601)
    with pytest.raises(refused.InvalidAccessToken):
        list(course.get_sections())


@pytest.mark.parametrize(
    ("generation", "expected"), [("current", refused.Forbidden), ("older", refused.Unauthorized)]
)
def test_a_student_who_writes_is_refused_as_the_host_s_generation_does(
    client: Client, generation: str, expected: type[Exception]
) -> None:
    client.school.world.switches.status_generation = generation
    with pytest.raises(refused.CanvasException) as caught:
        client.course("ana").create_module({"name": "Mine"})
    assert type(caught.value) is expected


@pytest.mark.parametrize(
    ("generation", "expected"), [("current", refused.RateLimitExceeded), ("older", refused.Forbidden)]
)
def test_a_full_bucket_is_refused_as_the_host_s_generation_does(
    client: Client, course: Course, generation: str, expected: type[Exception]
) -> None:
    world = client.school.world
    world.switches.status_generation = generation
    bucket = f"token:{client.school.token('rivera')}"
    client.school.app.extensions[THROTTLE].fill(bucket, world.clock.now(), 599.0)
    with pytest.raises(refused.Forbidden, match="Rate Limit Exceeded") as caught:
        list(course.get_sections())
    assert type(caught.value) is expected


def test_what_is_not_there_does_not_exist(course: Course) -> None:
    with pytest.raises(refused.ResourceDoesNotExist):
        course.get_assignment(999_999)


def test_a_section_with_members_is_not_deleted(client: Client, course: Course) -> None:
    section = course.get_section(client.school.section("Otters", "ana"))
    with pytest.raises(refused.BadRequest, match="has enrollments"):
        section.delete()


def test_an_assignment_without_a_readable_date_is_a_bad_request(course: Course) -> None:
    with pytest.raises(refused.BadRequest):
        course.create_assignment({"name": "Check", "due_at": "soon"})


def test_a_sis_id_twice_is_a_conflict(client: Client) -> None:
    course = client.course("admin")
    course.create_assignment({"name": "Check", "sis_assignment_id": "A-1"})
    with pytest.raises(refused.Conflict):
        course.create_assignment({"name": "Check again", "sis_assignment_id": "A-1"})
