"""The pages in a real browser: axe-core, reflow, targets, keyboard, htmx, and no JavaScript."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from web_pages import TOKEN, Gallery
from web_samples import all_pages

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
KEY_PAGES = ["home-done", "skills", "groups", "playlists", "preview", "job-running", "me", "error"]

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("web-browser")]


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    # a colour half-way through its change has the contrast of neither
    context = chromium.new_context(viewport={"width": 950, "height": 700}, reduced_motion="reduce")
    page = context.new_page()
    yield page
    context.close()


def complaints(page: Page, address: str) -> list[str]:
    """What axe-core finds, of any weight, as "rule: element"; the engine is put in past the page's policy."""
    page.goto(address)
    # evaluate() runs in the page's world from outside it, so that the policy stays as it is in use.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("rules => axe.run(document, rules)", RULES)
    return [f"{each['id']}: {node['target']}" for each in found["violations"] for node in each["nodes"]]


@pytest.mark.parametrize(
    ("width", "theme", "names"),
    [
        (950, "light", list(all_pages())),
        (400, "light", KEY_PAGES),
        (950, "dark", ["skills", "playlists", "preview", "me"]),
    ],
    ids=["wide", "narrow", "dark"],
)
@pytest.mark.timeout(300)
def test_axe_finds_nothing(page: Page, gallery: Gallery, width: int, theme: str, names: list[str]) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    names = [name for name in names if name != "leave"]  # goes on to the LMS at once
    found = {name: complaints(page, f"{gallery.address}/{name}/{theme}") for name in names}
    assert {name: each for name, each in found.items() if each} == {}


def test_the_policy_stops_nothing_of_ours(page: Page, gallery: Gallery) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for name in KEY_PAGES:
        page.goto(f"{gallery.address}/{name}")
        assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('16px Lato'))")
    assert said == []


def test_no_page_scrolls_sideways_at_320(page: Page, gallery: Gallery) -> None:
    page.set_viewport_size({"width": 320, "height": 600})
    wide = []
    for name in all_pages():
        if name == "leave":
            continue
        page.goto(f"{gallery.address}/{name}")
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append(name)
    assert wide == []


SMALL = """least => [...document.querySelectorAll("a, button, summary, input:not([type=hidden])")]
    .filter(element => element.checkVisibility() && !element.closest(".visually-hidden-focusable"))
    .map(element => [element.labels?.[0] ?? element, element])
    .map(([shown, element]) => [shown.getBoundingClientRect(), element])
    .filter(([box]) => box.width > 0 && Math.min(box.height, box.width) < least - 0.5)
    .map(([box, element]) => `${element.innerText} ${Math.round(box.width)}x${Math.round(box.height)}`)"""


@pytest.mark.parametrize(("name", "least"), [(name, 44 if name == "me" else 24) for name in KEY_PAGES])
def test_targets_are_large_enough(page: Page, gallery: Gallery, name: str, least: int) -> None:
    page.goto(f"{gallery.address}/{name}")
    assert page.evaluate(SMALL, least) == []


def test_a_link_carries_the_sign_in_as_a_header_and_needs_no_cookie(page: Page, gallery: Gallery) -> None:
    page.goto(f"{gallery.address}/contexts/7/home")
    page.get_by_role("link", name="Skills", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Skills")
    assert gallery.asked[-1] == ("GET", "/contexts/7/skills", f"Bearer {TOKEN}", {}, {})
    assert page.url.endswith("/contexts/7/home")
    assert page.title().startswith("Skills")
    assert page.evaluate("document.activeElement.textContent") == "Skills"
    expect(page.locator("[aria-current=page]")).to_have_text("Skills")


def test_a_form_carries_the_header_and_the_answer_is_a_page(page: Page, gallery: Gallery) -> None:
    page.goto(f"{gallery.address}/contexts/7/groups")
    page.get_by_role("button", name="Suggest again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")
    written, shown = gallery.asked[-2:]
    assert written == ("POST", "/contexts/7/groups/suggest", f"Bearer {TOKEN}", {}, {"_t": TOKEN})
    assert shown[:3] == ("GET", "/contexts/7/home", f"Bearer {TOKEN}")


def test_an_answer_that_is_no_page_leaves_this_one_standing(page: Page, gallery: Gallery) -> None:
    page.goto(f"{gallery.address}/contexts/7/groups")
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("alert")).to_contain_text("Regroup is not answering")
    expect(page.get_by_role("heading", level=1)).to_have_text("Groups")
    page.get_by_role("link", name="Home", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_progress_ends_by_itself_and_is_said_aloud(page: Page, gallery: Gallery) -> None:
    polls: list[Route] = []
    page.route("**/progress", lambda poll: polls.append(poll))
    page.goto(f"{gallery.address}/job-running")
    page.get_by_role("button", name="Stop").focus()
    page.unroute("**/progress")
    for poll in polls:
        poll.continue_()
    expect(page.get_by_role("link", name="See the result")).to_be_visible()
    expect(page.locator("#job")).to_contain_text("Done. 5 sections and 28 students are in Canvas.")
    expect(page.locator("#live")).to_have_text("5 sections and 28 students are in Canvas.")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    asked = len(gallery.asked)
    page.wait_for_timeout(2500)
    assert len(gallery.asked) == asked


def test_a_suggestion_opens_by_itself_when_it_is_ready(page: Page, gallery: Gallery) -> None:
    page.goto(f"{gallery.address}/job-suggesting")
    expect(page.get_by_role("heading", level=1)).to_have_text("Groups")
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_whoever_is_signed_out_during_work_is_told(page: Page, gallery: Gallery) -> None:
    page.goto(f"{gallery.address}/job-signed-out")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to show here")
    asked = len(gallery.asked)
    page.wait_for_timeout(2500)
    assert len(gallery.asked) == asked


def test_the_map_is_one_stop_for_tab_and_goes_by_arrows(page: Page, gallery: Gallery) -> None:
    page.goto(f"{gallery.address}/contexts/7/skills")
    here = (
        "document.activeElement.closest('td').cellIndex + ',' + document.activeElement.closest('tr').rowIndex"
    )
    grid = page.get_by_role("grid", name="Math")
    assert grid.locator('td a[tabindex="0"]').count() == 1
    grid.locator('td a[tabindex="0"]').focus()
    for key, place in [
        ("ArrowLeft", "1,1"),
        ("ArrowDown", "1,2"),
        ("ArrowRight", "2,2"),
        ("End", "8,2"),
        ("ArrowRight", "8,2"),
        ("Control+End", "8,28"),
        ("ArrowDown", "8,28"),
        ("Control+Home", "1,1"),
        ("ArrowUp", "1,1"),
    ]:
        page.keyboard.press(key)
        assert page.evaluate(here) == place, key
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ana Alvarez: Equal shares")).to_be_focused()


def test_the_focused_cell_is_not_under_the_heads(page: Page, gallery: Gallery) -> None:
    page.goto(f"{gallery.address}/contexts/7/skills")
    page.get_by_role("grid", name="Math").locator('td a[tabindex="0"]').focus()
    page.keyboard.press("Control+End")
    page.keyboard.press("Control+Home")
    seen = """() => {
        const box = document.activeElement.getBoundingClientRect();
        const shown = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        return document.activeElement.contains(shown);
    }"""
    for key in ["End", "Control+End", "Home", "Control+Home"]:
        page.keyboard.press(key)
        assert page.evaluate(seen), key


def test_without_javascript_every_way_is_open(chromium: Browser, gallery: Gallery) -> None:
    context = chromium.new_context(viewport={"width": 400, "height": 700}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{gallery.address}/contexts/7/skills")
    page.get_by_role("link", name="Groups", exact=True).click()
    assert page.url.endswith("/contexts/7/groups")
    page.get_by_text("Ana Alvarez").click()
    expect(page.get_by_text("Equal shares: 0 of 4 right. Same need as 5 others here.").first).to_be_visible()
    page.get_by_role("button", name="Preview for Canvas").click()
    page.get_by_role("link", name="Write to Canvas").click()
    page.get_by_label("Put a new classmate on the starter playlist").check()
    page.get_by_role("button", name="Write to Canvas").click()
    assert page.url.endswith("/contexts/7/home")
    method, path, bearer, _, form = gallery.asked[-2]
    assert (method, path, bearer, form["_t"], form["plan_id"]) == (
        "POST",
        "/contexts/7/write",
        None,
        TOKEN,
        "p-17",
    )
    context.close()


def test_times_turn_to_the_readers_own(chromium: Browser, gallery: Gallery) -> None:
    context = chromium.new_context(timezone_id="America/Denver", locale="en-US")
    page = context.new_page()
    page.goto(f"{gallery.address}/result")
    expect(page.locator("time").first).to_have_text("Oct 13, 8:38 AM")
    context.close()
