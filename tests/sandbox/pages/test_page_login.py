"""Who to be, and what nobody and strangers get."""

from __future__ import annotations

import pytest
from lms_class import LMS, Lms

from sandbox.pages.login import local_path
from sandbox.world.people import add_user, put_in

EVERY_PAGE = ("", "/modules", "/assignments", "/pages", "/grades", "/people")


def test_everybody_can_be_chosen_but_the_test_student(lms: Lms) -> None:
    page = lms.app.test_client().get("/", base_url=LMS).text
    for login in ("rivera", "ode", "admin", "ana", "ben", "cy"):
        assert f'value="{login}"' in page
    assert "test-student" not in page


def test_a_long_class_is_cut_and_reached_by_login_name(lms: Lms) -> None:
    for n in range(60):
        user = add_user(lms.world, f"Pupil Number{n:02}", f"s{n:05}")
        put_in(lms.world, lms.home, user, "StudentEnrollment")
    page = lms.app.test_client().get("/", base_url=LMS).text
    assert "23 more people" in page
    assert "Room 12" in lms.browse("s00059").text()


def test_an_unknown_login_is_named_on_the_page(lms: Lms) -> None:
    client = lms.app.test_client()
    answer = client.post("/web/login", data={"login": "<b>no"}, base_url=LMS, follow_redirects=True)
    assert "&lt;b&gt;no" in answer.text
    assert client.get("/courses", base_url=LMS).status_code == 303


@pytest.mark.parametrize("tail", [*EVERY_PAGE, "/external_tools/1/launch"])
def test_nobody_is_asked_who_to_be_and_comes_back(lms: Lms, tail: str) -> None:
    path = f"/courses/{lms.course.id}{tail}"
    answer = lms.app.test_client().get(path, base_url=LMS)
    assert answer.status_code == 303
    login = lms.app.test_client().post("/web/login", data={"login": "ana", "next": path}, base_url=LMS)
    assert login.headers["Location"] == path


@pytest.mark.parametrize(
    "path", ["//evil.example", "http://evil.example", "/\\evil.example", "evil", "", None]
)
def test_login_sends_nobody_elsewhere(path: str | None) -> None:
    assert local_path(path) == ""


@pytest.mark.parametrize("tail", EVERY_PAGE)
def test_a_stranger_sees_nothing_of_a_course(lms: Lms, tail: str) -> None:
    add_user(lms.world, "Eve Stranger", "eve")
    assert lms.browse("eve").status(tail) == 404


def test_a_course_that_is_not_there_is_not_available(lms: Lms) -> None:
    assert lms.browse("rivera").get("/courses/999999").status_code == 404


def test_another_sites_form_does_nothing(lms: Lms) -> None:
    browser = lms.browse("rivera")
    path = f"{browser.course_path}/grades/{lms.check.id}/{lms.ana.id}"
    headers = {"Origin": "http://evil.example"}
    answer = browser.client.post(path, data={"score": "4"}, base_url=LMS, headers=headers)
    assert answer.status_code == 403
    row = lms.world.submission(lms.check.id, lms.ana.id)
    assert row is not None
    assert row.score is None


def test_the_session_cookie_travels_inside_frames_that_another_site_moved(lms: Lms) -> None:
    answer = lms.app.test_client().post("/web/login", data={"login": "ana"}, base_url=LMS)
    cookie = answer.headers["Set-Cookie"]
    assert all(part in cookie for part in ("Secure", "SameSite=None", "HttpOnly"))


def test_after_logging_out_one_is_nobody(lms: Lms) -> None:
    browser = lms.browse("ana")
    browser.client.post("/web/logout", base_url=LMS)
    assert browser.status("/modules") == 303


def test_an_admin_sees_every_course_and_the_districts_tool(lms: Lms) -> None:
    page = lms.browse("admin").get("/courses").text
    assert "Grade 4 · Room 12" in page
    assert f"/accounts/{lms.seeded.account.id}/external_tools/{lms.tool.id}" in page
    assert "/accounts/" not in lms.browse("rivera").get("/courses").text
    for tail in EVERY_PAGE:
        assert lms.browse("admin").status(tail) == 200
