"""The page around the tool: its frame, its policy, the launch form inside."""

from __future__ import annotations

import re

from lms_class import LMS, Lms


def test_the_tools_frame_opens_the_launch_and_has_a_name(lms: Lms) -> None:
    ana = lms.browse("ana")
    page = ana.text(f"/external_tools/{lms.tool.id}")
    frame = re.search(r"<iframe[^>]*data-tool-frame", page)
    assert frame
    assert 'title="Regroup"' in frame[0]
    source = re.search(r'src="([^"]+)"', frame[0])
    assert source
    inside = ana.get(source[1])
    assert inside.status_code == 200
    assert 'action="http://tool.localhost:8000/lti/login"' in inside.text
    assert inside.headers["Cache-Control"] == "no-store"


def test_every_page_may_frame_the_tool_and_be_framed_by_nobody_else(lms: Lms) -> None:
    for path in ("/", "/courses", f"/courses/{lms.course.id}/modules"):
        policy = lms.browse("ana").get(path).headers["Content-Security-Policy"]
        assert "frame-src 'self' http://tool.localhost:8000;" in policy
        assert "frame-ancestors 'self'" in policy
        assert "unsafe" not in policy


def test_pages_load_nothing_from_elsewhere_and_hold_no_inline_code(lms: Lms) -> None:
    browser = lms.browse("rivera")
    for tail in ("", "/modules", "/grades", "/people", f"/external_tools/{lms.tool.id}"):
        page = browser.text(tail)
        for address in re.findall(r'(?:src|href)="([^"]+)"', page):
            assert address.startswith(("/", "#")), address
        assert not re.search(r"<script(?![^>]*src=)|<style| style=| on\w+=", page)


def test_an_external_tool_assignment_shows_the_tool(lms: Lms) -> None:
    task = lms.assignment(
        "In the tool",
        5,
        submission_types=["external_tool"],
        external_tool_tag_attributes={"url": "http://tool.localhost:8000/units/7"},
    )
    ana = lms.browse("ana")
    assert f"/assignments/{task.id}/launch" in ana.text(f"/assignments/{task.id}")
    unknown = lms.assignment(
        "Elsewhere",
        5,
        submission_types=["external_tool"],
        external_tool_tag_attributes={"url": "http://unknown.example/"},
    )
    assert ana.status(f"/assignments/{unknown.id}/launch") == 404
    assert ana.status(f"/assignments/{lms.check.id}/launch") == 404


def test_the_authorisation_page_is_asked_for_after_login(lms: Lms) -> None:
    """A tool may send a browser to /?next=…; the way back stays on this LMS."""
    page = lms.app.test_client().get("/?next=/login/oauth2/auth%3Fa%3D1", base_url=LMS).text
    assert 'name="next" value="/login/oauth2/auth?a=1"' in page
    assert 'name="next" value=""' in lms.app.test_client().get("/?next=//evil.example", base_url=LMS).text
