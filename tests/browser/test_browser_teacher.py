"""A teacher in the LMS's frame, third-party cookies blocked: from the launch to what stands in the LMS."""

from __future__ import annotations

import re
from contextlib import closing

import pytest
from browser_steps import IN_ONE_WORKER
from playwright.sync_api import expect

from sandbox.driver.browser import Person

pytestmark = IN_ONE_WORKER
MOST_LOOKS = 5
NUMBERS = re.compile(r"\d+ of \d+")


def test_the_browser_does_block_third_party_cookies(teacher: Person) -> None:
    """Else the rest proves nothing: a plain cookie is lost in the frame, a partitioned one is kept."""
    teacher.launch()
    teacher.frame.evaluate("document.cookie = 'plain=1; Secure; SameSite=None; Path=/'")
    teacher.frame.evaluate("document.cookie = 'parted=1; Secure; SameSite=None; Path=/; Partitioned'")
    assert teacher.frame.evaluate("document.cookie") == "parted=1"


def test_home_says_what_is_done_and_what_is_next(connected: Person) -> None:
    connected.launch()
    step = connected.tool.get_by_role("listitem").filter(has=connected.tool.get_by_role("heading", level=3))
    expect(step).to_have_count(7)
    expect(step.first).to_contain_text("done")
    expect(step.first).to_contain_text("Connected")


def test_the_map_opens_a_cell_with_the_answers_behind_it(grouped: Person) -> None:
    grouped.launch()
    grouped.tab("Skills")
    grouped.click(grouped.tool.get_by_role("grid").first.get_by_role("link", name=re.compile("0 of 3")).first)
    panel = grouped.tool.locator("#panel")
    expect(panel.get_by_role("heading", level=2)).to_be_focused()
    expect(panel).to_contain_text("likely not yet")
    grouped.click(panel.get_by_text("The 3 answers"))
    expect(panel.get_by_text(re.compile(r"Fall check \d+:\s+0 of 1")).first).to_be_visible()
    grouped.click(panel.get_by_role("link", name="Close"))
    expect(panel).to_have_count(0)


def test_the_map_has_a_plain_twin_with_the_same_cells(grouped: Person) -> None:
    grouped.launch()
    grouped.tab("Skills")
    cells = grouped.tool.get_by_role("grid").first.locator("tbody td").count()
    grouped.click(grouped.tool.get_by_role("link", name="Show as plain table"))
    expect(grouped.tool.locator("table.plain").first.locator("tbody td")).to_have_count(cells)
    expect(grouped.tool.get_by_role("cell", name=re.compile("0 of 3, likely not yet")).first).to_be_visible()


def test_absent_children_are_not_assessed_and_never_zero(grouped: Person) -> None:
    grouped.launch()
    grouped.tab("Skills")
    row = grouped.tool.get_by_role("grid").first.get_by_role("row").filter(has_text="Kai Nakamura")
    assert {cell.inner_text().strip() for cell in row.locator("td a > [aria-hidden]").all()} == {"–"}


def test_every_child_stands_once_with_a_reason(grouped: Person) -> None:
    grouped.launch()
    grouped.tab("Groups")
    for kind in ("Small skill groups", "Mixed pods"):
        grouped.click(grouped.tool.get_by_role("link", name=re.compile(kind)))
        expect(grouped.tool.locator("[aria-current=page]", has_text=kind)).to_be_visible()
        names = grouped.tool.locator(".members summary").all_inner_texts()
        assert len(names) == len(set(names)) == 28
        reasons = grouped.tool.locator(".members details p").all_text_contents()
        assert len(reasons) == 28
        assert all(len(reason.split()) > 3 for reason in reasons)


def test_a_reason_has_numbers_and_opens_by_keyboard(grouped: Person) -> None:
    grouped.launch()
    grouped.tab("Groups")
    grouped.tool.locator(".members summary").first.focus()
    grouped.page.keyboard.press("Enter")
    expect(grouped.tool.locator(".members details[open] p")).to_have_text(NUMBERS)


def test_a_childs_playlist_says_why_each_unit_is_there(grouped: Person) -> None:
    grouped.launch()
    grouped.tab("Playlists")
    rows = grouped.tool.locator("table.lists tbody tr")
    expect(rows).to_have_count(28)
    name = rows.first.get_by_role("link").inner_text()
    grouped.click(rows.first.get_by_role("link"))
    expect(grouped.heading(f"{name}'s playlist")).to_be_focused()
    blocks = grouped.tool.locator("ol.reasons > li")
    assert blocks.count() > 0
    for block in blocks.all():
        expect(block.locator("p.help").first).to_have_text(re.compile(r"\w{3}"))


def test_every_page_of_numbers_says_as_of_when(written: Person) -> None:
    written.launch()
    for name in ("Skills", "Groups", "Playlists"):
        written.tab(name)
        expect(written.tool.locator("main").get_by_text("As of").first).to_be_visible()


def test_the_result_and_history_say_what_is_in_the_lms(written: Person) -> None:
    written.launch()
    written.tab("History")
    expect(written.tool.get_by_role("heading", name="Written to Canvas")).to_be_visible()
    expect(written.tool.locator("main")).to_contain_text(re.compile(r"Elena Rivera ·\s+\d+ changes"))
    written.click(written.tool.get_by_role("link", name="Look").last)
    expect(written.heading("Written to Canvas")).to_be_visible()
    with written.context.expect_page() as opened:
        written.click(written.tool.get_by_role("link", name="See it in Canvas").first)
    with closing(opened.value) as tab:
        expect(tab.get_by_role("heading", name="People")).to_be_visible()


def test_a_plan_made_again_finds_nothing_to_write(written: Person) -> None:
    written.launch()
    written.press("See what will change")
    expect(written.heading("What will change in Canvas")).to_be_visible(timeout=60_000)
    expect(written.tool.get_by_text("Canvas already matches. Nothing to write.")).to_be_visible()


def test_f5_in_the_frame_and_on_the_page_open_home_again(grouped: Person) -> None:
    grouped.launch()
    grouped.tab("Groups")
    grouped.frame.evaluate("location.reload()")
    expect(grouped.heading("Home")).to_be_visible()
    expect(grouped.tool.locator(".person")).to_have_text("Elena Rivera")
    grouped.page.reload()
    expect(grouped.heading("Home")).to_be_visible()


def test_back_leads_to_a_page_that_says_how_to_go_on(grouped: Person) -> None:
    """Often Back is the LMS's own launch step, which posts the same launch again: it counts once."""
    grouped.launch()
    grouped.page.evaluate("history.back()")
    refused = grouped.tool.get_by_text("open Regroup from your course")
    in_lms = grouped.page.locator(".menu a[aria-current=page]", has_text="Home")
    places = (refused, grouped.heading("Home"), in_lms)
    for _ in range(MOST_LOOKS):
        # Seldom: Playwright's driver can end itself when it is asked about a frame that is being replaced.
        grouped.page.wait_for_timeout(2000)
        if any(place.is_visible() for place in places):
            break
    else:
        pytest.fail("Back led into the void")
    grouped.launch()
    expect(grouped.heading("Home")).to_be_visible()
    grouped.problems[:] = [one for one in grouped.problems if "/lti/launch" not in one]
