"""The same pages otherwise: no JavaScript, cookies allowed, two courses at once; axe in the live frame."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_steps import IN_ONE_WORKER, Newcomer, add_small_course
from playwright.sync_api import FrameLocator, expect

from sandbox.driver.browser import NARROW, WIDE, Person

pytestmark = IN_ONE_WORKER
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
TABS = {
    "Home": "Home",
    "Skills": "Skills",
    "Groups": "Groups",
    "Playlists": "Playlists",
    "Write to Canvas": "What will change in Canvas",
    "History": "History",
}
LOOKS, STEPS_OF_A_LAUNCH = 240, 4


@pytest.fixture(scope="session")
def second_course(connected: Person, tmp_path_factory: pytest.TempPathFactory) -> int:
    """A small course of the same teacher, not yet looked at. Its id in the LMS."""
    made = add_small_course(connected.stack, tmp_path_factory.mktemp("second"))
    return int(made["course"]["id"])


def wait_without_javascript(person: Person, heading: str) -> None:
    """Presses "Look again" until the work is done, then "See the result"; the page it leads to."""
    result = person.tool.get_by_role("link", name="See the result")
    for _ in range(LOOKS):
        if result.is_visible():
            break
        person.page.wait_for_timeout(250)
        person.click(person.tool.get_by_role("link", name="Look again"))
        person.tool.locator(".person").wait_for()
    person.click(result)
    expect(person.heading(heading)).to_be_visible()


def open_without_javascript(person: Person, course: int) -> FrameLocator:
    """Through the launch by its buttons and links alone."""
    person.lms("", course)
    person.page.get_by_role("link", name="Regroup").click()
    arrived = person.tool.locator(".person")
    onward = person.tool.get_by_role("button", name=re.compile("^(Open the tool|Go on)$"))
    for _ in range(STEPS_OF_A_LAUNCH):
        arrived.or_(onward).first.wait_for()
        if arrived.is_visible():
            break
        step = person.frame.url
        person.click(onward)
        person.frame.wait_for_url(lambda url, before=step: url != before)  # type: ignore[misc]
    return person.tool


def test_without_javascript_a_teacher_goes_from_home_to_what_is_written(
    newcomer: Newcomer, second_course: int
) -> None:
    person = newcomer("rivera", java_script_enabled=False)
    open_without_javascript(person, second_course)
    person.press("Pull results")
    wait_without_javascript(person, "Skills")
    person.press("Suggest groups")
    wait_without_javascript(person, "Groups")
    person.click(person.tool.locator(".members summary").first)
    expect(person.tool.locator(".members details[open] p")).to_be_visible()
    person.press("Preview for Canvas")
    wait_without_javascript(person, "What will change in Canvas")
    person.press("Write to Canvas")
    wait_without_javascript(person, "Written to Canvas")
    person.lms("modules", second_course)
    expect(person.page.locator(".module")).not_to_have_count(0)


@pytest.fixture
def second_tab(grouped: Person) -> Iterator[Person]:
    """The same teacher in another tab of the same browser."""
    other = Person(grouped.stack, grouped.context)
    yield other
    other.page.close()


def test_two_courses_stay_open_side_by_side(grouped: Person, second_tab: Person, second_course: int) -> None:
    grouped.launch()
    second_tab.launch(second_course)
    assert grouped.address != second_tab.address
    grouped.frame.goto(grouped.frame.url)
    expect(grouped.heading("Home")).to_be_visible()
    for person in (grouped, second_tab):
        person.tab("Groups")
    expect(grouped.tool.get_by_role("banner")).to_contain_text("Grade 4 · Room 12")
    expect(second_tab.tool.get_by_role("banner")).not_to_contain_text("Grade 4 · Room 12")
    assert second_tab.problems == []


def test_with_third_party_cookies_allowed_all_is_the_same(newcomer: Newcomer, grouped: Person) -> None:
    person = newcomer("rivera", third_party_cookies=True)
    person.launch()
    person.frame.evaluate("document.cookie = 'plain=1; Secure; SameSite=None; Path=/'")
    assert "plain=1" in person.frame.evaluate("document.cookie")
    person.tab("Groups")
    person.press("Suggest again")
    expect(person.heading("Groups")).to_be_visible(timeout=60_000)


def complaints(person: Person) -> list[str]:
    """What axe-core finds in the tool's frame, of any weight."""
    # evaluate() runs in the frame's world from outside it, so that the page's policy stays as it is in use.
    person.frame.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = person.frame.evaluate("rules => axe.run(document, rules)", RULES)
    return [f"{each['id']}: {node['target']}" for each in found["violations"] for node in each["nodes"]]


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_axe_finds_nothing_in_the_live_frame(worked: Person, width: int) -> None:
    worked.page.set_viewport_size({"width": width, "height": 800})
    worked.launch()
    found = {}
    for tab, heading in TABS.items():
        worked.tab(tab, heading)
        found[tab] = complaints(worked)
        wide = worked.frame.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{tab} scrolls sideways by {wide} px"
    worked.click(worked.tool.get_by_role("link", name="Look").first)
    expect(worked.heading(re.compile("Canvas$"))).to_be_visible()
    found["result"] = complaints(worked)
    worked.page.set_viewport_size({"width": WIDE, "height": 800})
    assert {tab: each for tab, each in found.items() if each} == {}


def test_axe_finds_nothing_on_a_students_page(worked: Person, student: Person) -> None:
    student.launch()
    assert complaints(student) == []
