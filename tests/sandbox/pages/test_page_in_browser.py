"""The LMS in a real browser that blocks third-party cookies, with a tool on another site."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator

import pytest
from lms_class import Lms
from lms_stub_tool import stub_tool
from playwright.sync_api import Browser, Page, Playwright
from werkzeug.serving import make_server

from sandbox.app import serve

pytestmark = pytest.mark.browser
BLOCKED = "--test-third-party-cookie-phaseout"
TAILS = (
    "",
    "/modules",
    "/assignments",
    "/calendar",
    "/pages",
    "/grades",
    "/outcomes",
    "/people",
    "/sections",
)


@pytest.fixture(scope="module")
def browser(playwright_driver: Playwright) -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("REGROUP_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("no Chromium found; set REGROUP_CHROMIUM")
    chromium = playwright_driver.chromium.launch(executable_path=path, args=["--no-sandbox", BLOCKED])
    yield chromium
    chromium.close()


@pytest.fixture
def address(lms: Lms) -> Iterator[str]:
    """The LMS on a socket, and the stub tool beside it on another site; the LMS's address."""
    with serve(lms.app, "127.0.0.1", 0) as server:
        at = f"http://lms.localhost:{server.port}"
        holder: dict[str, object] = {}
        tool_server = make_server("127.0.0.1", 0, lambda *call: holder["app"](*call), threaded=True)  # type: ignore[operator]
        tool_url = f"http://tool.localhost:{tool_server.server_port}"
        holder["app"] = stub_tool(at, tool_url, lms.tool.client_id)
        lms.tool.login_url, lms.tool.target_link_uri = f"{tool_url}/lti/login", f"{tool_url}/lti/launch"
        lms.tool.redirect_uris = [f"{tool_url}/lti/launch"]
        thread = threading.Thread(target=tool_server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield at
        tool_server.shutdown()
        thread.join()
        tool_server.server_close()


def log_in(page: Page, address: str, login: str) -> None:
    page.goto(address)
    page.locator(f'button[value="{login}"]').click()
    page.get_by_role("link", name="Grade 4 · Room 12").click()


def test_a_launch_in_the_frame_works_without_third_party_cookies(browser: Browser, address: str) -> None:
    """Also proves Platform Storage, and the session on a request that the tool's page began."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    log_in(page, address, "ana")
    page.get_by_role("link", name="Regroup").click()
    told = page.frame_locator("iframe[name=tool_frame]").locator("#told")
    told.get_by_text("Ana Ruiz kept").wait_for()
    page.wait_for_function("document.querySelector('[data-tool-frame]').style.height === '1234px'")
    menu = page.get_by_role("navigation", name="Grade 4 · Room 12").bounding_box()
    frame = page.locator("iframe[name=tool_frame]").bounding_box()
    assert menu is not None
    assert frame is not None
    assert menu["width"] == 230
    assert frame["width"] == 1280 - 230
    assert problems == []
    page.close()


@pytest.mark.parametrize("width", [1280, 400])
def test_pages_fit_the_window_and_are_reached_by_keyboard(
    browser: Browser, address: str, lms: Lms, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    log_in(page, address, "rivera")
    for tail in TAILS:
        page.goto(f"{address}/courses/{lms.course.id}{tail}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tail
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash") == "#main"
    page.close()


def test_a_teacher_scores_in_the_gradebook_and_the_student_reads_it(browser: Browser, address: str) -> None:
    teacher = browser.new_page()
    log_in(teacher, address, "rivera")
    teacher.get_by_role("link", name="Grades").click()
    teacher.get_by_role("link", name="Score Fall check").click()
    box = teacher.get_by_label("Fall check, Ana Ruiz")
    box.fill("3")
    box.press("Enter")
    teacher.wait_for_url("**#s*")
    teacher.get_by_role("button", name="Be somebody else").click()
    log_in(teacher, address, "ana")
    teacher.get_by_role("link", name="Grades").click()
    assert teacher.locator(".own-grades tbody td").first.inner_text() == "3"
    teacher.close()
