"""Launches in a browser that blocks third-party cookies: the sandbox LMS on one site, the tool on another.

Three ways in: the Partitioned cookie; where that is lost, Platform Storage; where both are, a tab of its own.
The lost cookies are made by a shell around the tool that drops them from every request of a frame.
"""

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, Playwright, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from lti_app.app import create_app
from lti_app.clock import utc_now
from lti_app.lti.registrations import NewRegistration, add_registration
from lti_app.settings import Settings
from lti_app.store.db import Database
from sandbox import app as sandbox_app
from sandbox.classes.generated import add_generated_class
from sandbox.driver.browser import click_painted
from sandbox.platform.install import install_tool
from sandbox.world.store import World

pytestmark = pytest.mark.browser
# What Chromium calls the state that a school's "block third-party cookies" policy makes.
BLOCKED = "--test-third-party-cookie-phaseout"
NO_COOKIE_IN_SCRIPTS = """
  Object.defineProperty(Document.prototype, "cookie", { get: () => "", set: () => {} });
"""


class Quiet(WSGIRequestHandler):
    """No line for each request in a test's report."""

    def log(self, type: str, message: str, *args: Any) -> None:
        if type == "error":
            super().log(type, message, *args)


class CookieLoss:
    """A shell around the tool that loses the cookies of frames while it is switched on."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.is_on = False

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        is_frame = environ.get("HTTP_SEC_FETCH_DEST") in {"iframe", "empty"}
        if not (self.is_on and is_frame):
            return self.app.wsgi_app(environ, start_response)
        environ.pop("HTTP_COOKIE", None)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            kept = [(name, value) for name, value in headers if name.lower() != "set-cookie"]
            return start_response(status, kept, *rest)

        return self.app.wsgi_app(environ, start)


@dataclass
class Student:
    """How a student signs in to the LMS, and their name."""

    login: str
    name: str


@dataclass
class Site:
    """The addresses of the LMS and the tool, the tool's shell, and the class."""

    lms: str
    tool: str
    shell: CookieLoss
    students: list[Student]


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
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()


@pytest.fixture
def site(sqlite_settings: Settings, sqlite_database: Database) -> Iterator[Site]:
    world = World(seed=7)
    people = add_generated_class(world).students
    holder: dict[str, Any] = {}
    with sandbox_app.serve(sandbox_app.create_app(world), "127.0.0.1", 0) as server:
        tool_server = make_server(
            "127.0.0.1", 0, lambda *call: holder["app"](*call), threaded=True, request_handler=Quiet
        )
        lms, tool = f"http://lms.localhost:{server.port}", f"http://tool.localhost:{tool_server.server_port}"
        settings = sqlite_settings.model_copy(update={"public_url": tool})
        register(world, sqlite_database, lms, tool)
        shell = holder["app"] = CookieLoss(create_app(settings, database=sqlite_database))
        thread = threading.Thread(target=tool_server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield Site(lms, tool, shell, [Student(one.login_id, one.name) for one in people])
        tool_server.shutdown()
        thread.join()
        tool_server.server_close()


def register(world: World, database: Database, lms: str, tool: str) -> None:
    """What the two administrators do: install the tool in the LMS, register the LMS with the tool."""
    installed = install_tool(world, tool)
    with database.operator_session() as session:
        add_registration(
            session,
            NewRegistration(
                district="Cedar Grove",
                issuer=lms,
                client_id=installed.client_id,
                deployment_id=installed.deployment_id,
                auth_url=f"{lms}/api/lti/authorize_redirect",
                token_url=f"{lms}/login/oauth2/token",
                jwks_url=f"{lms}/api/lti/security/jwks",
                family="canvas",
            ),
            now=utc_now(),
            allow_loopback=True,
        )


def open_regroup(page: Page, site: Site, login: str) -> FrameLocator:
    """Sign in to the LMS and open Regroup from the course's menu; gives the tool's frame."""
    page.goto(site.lms)
    page.locator(f'button[value="{login}"]').click()
    page.get_by_role("link", name="Grade 4 · Room 12").click()
    page.get_by_role("link", name="Regroup").click()
    return page.frame_locator("iframe[name=tool_frame]")


def tool_address(page: Page, site: Site) -> str:
    """Where the tool's frame stands."""
    return next(frame.url for frame in page.frames if frame.url.startswith(site.tool)).removeprefix(site.tool)


def problems_of(page: Page) -> list[str]:
    """Collects what the browser complains of: a blocked script or style is among it."""
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    return problems


def test_the_browser_does_block_third_party_cookies(context: BrowserContext, site: Site) -> None:
    """Else the tests below prove nothing: a plain cookie is lost in the frame, a Partitioned one is kept."""
    page = context.new_page()
    open_regroup(page, site, "rivera").locator(".person").wait_for()
    frame = next(frame for frame in page.frames if frame.url.startswith(site.tool))
    frame.evaluate("document.cookie = 'plain=1; Secure; SameSite=None; Path=/'")
    frame.evaluate("document.cookie = 'parted=1; Secure; SameSite=None; Path=/; Partitioned'")
    assert frame.evaluate("document.cookie") == "parted=1"


@pytest.mark.parametrize(("login", "path"), [("rivera", "/contexts/1/home"), ("", "/contexts/1/me")])
def test_a_person_lands_on_their_page_and_moves_on(
    context: BrowserContext, site: Site, login: str, path: str
) -> None:
    page = context.new_page()
    problems = problems_of(page)
    frame = open_regroup(page, site, login or site.students[0].login)
    expect(frame.locator(".person")).to_be_visible()
    assert tool_address(page, site) == path
    inner = next(one for one in page.frames if one.url.startswith(site.tool))
    inner.goto(inner.url)
    expect(frame.locator(".person")).to_be_visible()
    assert tool_address(page, site) == path, "F5: the cookie opens the page again"
    assert not problems


def test_platform_storage_lets_in_who_keeps_no_cookie(context: BrowserContext, site: Site) -> None:
    site.shell.is_on = True
    page = context.new_page()
    problems = problems_of(page)
    frame = open_regroup(page, site, "rivera")
    click_painted(page, frame.get_by_role("link", name="Groups"))
    expect(frame.get_by_role("heading", level=1)).to_contain_text("Groups")
    assert tool_address(page, site) == "/contexts/1/home", "no token and no page is in the frame's address"
    assert not problems


def test_who_keeps_nothing_opens_a_tab_of_its_own(context: BrowserContext, site: Site) -> None:
    """Offered before the LMS's hint is spent, which works once: the tab's launch is the first to use it."""
    site.shell.is_on = True
    context.add_init_script(NO_COOKIE_IN_SCRIPTS)
    context.route("**/post_message_forwarding", lambda route: route.abort())
    page = context.new_page()
    frame = open_regroup(page, site, "rivera")
    button = frame.get_by_role("button", name="Open Regroup in its own tab")
    with context.expect_page() as opened:
        click_painted(page, button)
    tab = opened.value
    expect(tab.locator(".person")).to_be_visible()
    assert tab.url == f"{site.tool}/contexts/1/home"
    tab.get_by_role("link", name="Groups").click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("Groups")


def test_another_students_launch_in_the_same_browser_closes_the_first_ones_pages(
    context: BrowserContext, site: Site
) -> None:
    first, second = site.students[:2]
    page, later = context.new_page(), context.new_page()
    expect(open_regroup(page, site, first.login).locator(".person")).to_have_text(first.name)
    expect(open_regroup(later, site, second.login).locator(".person")).to_have_text(second.name)
    inner = next(one for one in page.frames if one.url.startswith(site.tool))
    inner.goto(inner.url)
    content = inner.content()
    assert first.name not in content, "nobody is shown the page of the child before"
    assert second.name in content, "the newest launch of a course wins, and each page says whose it is"
