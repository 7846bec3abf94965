"""One LMS, one tool with its worker and one class for all the browser tests; each stage is gone through once.

A stage is a fixture of the session that a person's clicks bring about: `connected`, `grouped`, `written`,
`worked`.
A test takes the stage it needs, so that any test can be run alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from browser_steps import CHECK, Newcomer, hand_in, lms_writes, logins_with, score
from playwright.sync_api import Playwright, expect

from sandbox.driver.browser import Person, browser_of_one, chromium_path
from sandbox.driver.stack import Stack

FAST_JOBS = {"REGROUP_JOB_POLL_SECONDS": "0.2"}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The three processes; not started where no browser is there to use them."""
    if chromium_path() is None:
        pytest.skip("no Chromium found; set REGROUP_CHROMIUM")
    with Stack(tmp_path_factory.mktemp("stack"), environment=FAST_JOBS) as up:
        yield up


@pytest.fixture(scope="session")
def everybody() -> list[Person]:
    """Whoever sits at a browser, so that what their browsers complain of fails the test it happened in."""
    return []


@pytest.fixture(scope="session")
def newcomer(
    playwright_driver: Playwright,
    stack: Stack,
    everybody: list[Person],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Newcomer]:
    """Seats somebody at a browser of their own: newcomer("rivera", third_party_cookies=False, ...)."""
    with ExitStack() as browsers:

        def seat(login: str, **options: Any) -> Person:
            folder = tmp_path_factory.mktemp("profile")
            context = browsers.enter_context(browser_of_one(playwright_driver, folder, **options))
            person = Person(stack, context, context.pages[0])
            everybody.append(person)
            person.log_in(login)
            return person

        yield seat


@pytest.fixture(autouse=True)
def no_complaint_of_a_browser(everybody: list[Person]) -> Iterator[None]:
    yield
    said = [problem for person in everybody for problem in person.problems]
    for person in everybody:
        person.problems.clear()
    assert said == []


@pytest.fixture(scope="session")
def teacher(newcomer: Newcomer) -> Person:
    """Elena Rivera at a browser that blocks third-party cookies."""
    return newcomer("rivera")


@pytest.fixture(scope="session")
def connected(teacher: Person) -> Person:
    """She has launched Regroup and said yes in the LMS, in the tab that opened for it."""
    teacher.launch()
    assert teacher.connect() == "Connected"
    expect(teacher.tool.get_by_role("button", name="Pull results")).to_be_visible()
    return teacher


@pytest.fixture(scope="session")
def grouped(connected: Person) -> Person:
    """Results are read, groups suggested; each opened by itself."""
    connected.press("Pull results")
    expect(connected.heading("Skills")).to_be_visible(timeout=60_000)
    connected.press("Suggest groups")
    expect(connected.heading("Groups")).to_be_visible(timeout=60_000)
    return connected


@pytest.fixture(scope="session")
def written(grouped: Person) -> Person:
    """The plan was looked at, with scores approved too, and is written; the result is open."""
    grouped.launch()
    grouped.tab("Groups")
    grouped.press("Preview for Canvas")
    expect(grouped.heading("What will change in Canvas")).to_be_visible(timeout=60_000)
    assert lms_writes(grouped.stack) == [], "nothing reaches the LMS before an adult has seen it"
    grouped.tool.get_by_label(re.compile("Send units met")).check()
    grouped.press("Write to Canvas")
    expect(grouped.heading("Writing to Canvas")).to_be_visible()
    grouped.click(grouped.tool.get_by_role("link", name="See the result"), 120_000)
    expect(grouped.heading("Written to Canvas")).to_be_visible()
    return grouped


@pytest.fixture(scope="session")
def student(newcomer: Newcomer, written: Person) -> Person:
    """The first student who has the unit CHECK belongs to, at a browser of the school's."""
    return newcomer(logins_with(written, CHECK)[0])


@pytest.fixture(scope="session")
def worked(student: Person, written: Person) -> Person:
    """The student handed in the check and got all points; another got too few; results are brought back."""
    hand_in(student, CHECK)
    score(written, CHECK, ["5", "2"])
    written.launch()
    written.press("Check student work and send scores")
    written.click(written.tool.get_by_role("link", name="See the result"), 120_000)
    expect(written.heading("Results brought back from Canvas")).to_be_visible()
    return written
