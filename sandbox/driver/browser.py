"""A person at a real browser (Chromium under Playwright): logs in to the LMS, opens Regroup in its frame."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Frame,
    FrameLocator,
    Locator,
    Page,
    Playwright,
    TimeoutError,
)

from sandbox.driver.stack import Stack

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDE, NARROW = 1280, 400
PATIENCE_MS = 60_000
FRAME = "tool_frame"
PAINTED = """() => matchMedia("(scripting: none)").matches || new Promise(done => {
    requestAnimationFrame(() => requestAnimationFrame(done));
    setTimeout(done, 1000);
})"""
"""A promise kept once the document is painted, in a second at the latest; at once where scripts are off."""
BLOCK_THIRD_PARTY = 1
"""`profile.cookie_controls_mode` as Chromium stores it: 0 lets third-party cookies be, 1 blocks them."""


def chromium_path() -> str | None:
    """The browser to drive: REGROUP_CHROMIUM, else the first Chromium or Chrome on the path."""
    return os.environ.get("REGROUP_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def browser_of_one(
    playwright: Playwright, folder: Path, *, third_party_cookies: bool = False, **options: Any
) -> Iterator[BrowserContext]:
    """A browser with a new profile, set as a school sets it: by a Preferences file written before it starts.

    `options` go to Playwright's launch_persistent_context (viewport, java_script_enabled, ...).
    """
    preferences = folder / "Default" / "Preferences"
    preferences.parent.mkdir(parents=True)
    choice = {
        "cookie_controls_mode": 0 if third_party_cookies else BLOCK_THIRD_PARTY,
        "block_third_party_cookies": not third_party_cookies,
    }
    preferences.write_text(json.dumps({"profile": choice}), encoding="utf-8")
    options.setdefault("viewport", {"width": WIDE, "height": 800})
    # a colour half-way through its change has the contrast of neither
    options.setdefault("reduced_motion", "reduce")
    context = playwright.chromium.launch_persistent_context(
        str(folder), executable_path=chromium_path(), args=["--no-sandbox"], locale="en-US", **options
    )
    context.set_default_timeout(PATIENCE_MS)
    try:
        yield context
    finally:
        context.close()


def click_painted(page: Page, place: Locator) -> None:
    """Click once the tab is in front and the place's frame is painted.

    Chromium drops a click into another site's frame that has not been painted or stands in a tab behind.
    """
    page.bring_to_front()
    place.evaluate(PAINTED)
    place.click()


class Person:
    """Somebody with a tab of a browser. `problems` collects what the browser complains of."""

    def __init__(self, stack: Stack, context: BrowserContext, page: Page | None = None) -> None:
        self.stack = stack
        self.context = context
        self.page = page or context.new_page()
        self.problems: list[str] = []
        self.watch(self.page)

    def watch(self, page: Page) -> None:
        """Blocked scripts and styles, script errors and failed loads of this tab are problems."""
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.problems.append(f"{said.text} ({said.location['url']})")

    def log_in(self, login: str) -> None:
        """Be that person in the LMS, whoever was before."""
        self.page.goto(f"{self.stack.lms_url}/")
        other = self.page.get_by_role("button", name="Be somebody else")
        if other.is_visible():
            other.click()
        self.page.get_by_label("Or by login name").fill(login)
        self.page.get_by_role("button", name="Go", exact=True).click()
        self.page.get_by_role("heading", name="Courses").wait_for()

    def lms(self, place: str, course: int | None = None) -> None:
        """Go to a page of the course in the LMS, e.g. "modules"."""
        course = course or self.stack.seed["course"]["id"]
        self.page.goto(f"{self.stack.lms_url}/courses/{course}/{place}".rstrip("/"))

    def launch(self, course: int | None = None) -> FrameLocator:
        """Open Regroup from the course's menu; the tool's frame, once it shows who it takes us for."""
        return self._open(lambda: self.lms("", course))

    def launch_district(self) -> FrameLocator:
        """Open Regroup from the account's menu."""
        return self._open(lambda: self.page.goto(f"{self.stack.lms_url}/courses"))

    def _open(self, go_there: Callable[[], object]) -> FrameLocator:
        """Go to the LMS's page and open the tool there; once more if the frame shows nothing.

        Playwright can lose sight of a frame that changes its process during a launch, though the tool has
        answered all (seen once in some hundred launches): a person would open it again.
        """
        go_there()
        self.page.get_by_role("link", name="Regroup").click()
        try:
            return self.in_frame(PATIENCE_MS / 3)
        except TimeoutError:
            go_there()
            self.page.get_by_role("link", name="Regroup").click()
            return self.in_frame()

    def in_frame(self, milliseconds: float = PATIENCE_MS) -> FrameLocator:
        """The tool's frame, once a page of the tool stands in it."""
        self.tool.locator(".person").wait_for(timeout=milliseconds)
        return self.tool

    def click(self, place: Locator, milliseconds: float | None = None) -> None:
        """Click on something in the tool's frame; waits for it that long (PATIENCE_MS if not said)."""
        place.wait_for(timeout=milliseconds)
        click_painted(self.page, place)

    @property
    def tool(self) -> FrameLocator:
        return self.page.frame_locator(f"iframe[name={FRAME}]")

    @property
    def frame(self) -> Frame:
        """The tool's frame as a document of its own."""
        found = self.page.frame(FRAME)
        if found is None:
            raise LookupError(f"{self.page.url} frames no tool")
        return found

    @property
    def address(self) -> str:
        """Where the tool's frame stands, without the host."""
        return self.frame.url.removeprefix(self.stack.tool_url)

    def heading(self, text: str | re.Pattern[str]) -> Locator:
        """The heading of the tool's page."""
        return self.tool.get_by_role("heading", level=1, name=text)

    def tab(self, name: str, heading: str | None = None) -> None:
        """Open one of the tool's tabs and wait for its page."""
        tabs = self.tool.get_by_role("navigation", name="Regroup")
        self.click(tabs.get_by_role("link", name=name, exact=True))
        self.heading(heading or name).wait_for()

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press the first button of that name in the tool's page."""
        self.click(self.tool.get_by_role("button", name=name).first)

    def work_ends(self, milliseconds: float = 120_000) -> None:
        """Wait until the work under way has ended, whether the page has gone on by itself or not."""
        ended = self.tool.locator(
            "[data-job-state]:not([data-job-state=queued]):not([data-job-state=running])"
            ":not([data-job-state=waiting]), .outcome, main:not(:has([data-job-state]))"
        )
        ended.first.wait_for(timeout=milliseconds)

    def connect(self) -> str:
        """Give Regroup the teacher's consent: in a tab of its own, which is closed. What the tab said."""
        with self.context.expect_page() as opened:
            self.press(re.compile("^Connect"))
        tab = opened.value
        self.watch(tab)
        tab.get_by_role("button", name="Authorize").click()
        tab.get_by_role("heading", level=1).wait_for()
        said = tab.get_by_role("heading", level=1).inner_text()
        tab.close()
        return said
