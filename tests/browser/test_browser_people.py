"""Students, an administrator, a parent, and two people at one browser; third-party cookies blocked."""

from __future__ import annotations

import re

from browser_steps import CHECK, IN_ONE_WORKER, Newcomer
from playwright.sync_api import expect

from sandbox.driver.browser import Person

pytestmark = IN_ONE_WORKER


def name_of(person: Person) -> str:
    """As the LMS's heading says it."""
    return person.page.locator(".bar-person strong").inner_text()


def test_a_student_sees_the_units_of_the_own_playlist_and_no_other(student: Person, written: Person) -> None:
    student.lms("modules")
    seen = student.page.locator(".module h2").all_inner_texts()
    me = name_of(student)
    written.launch()
    written.tab("Playlists")
    planned = []
    for area in ("Math", "Reading"):
        areas = written.tool.get_by_role("navigation", name="Content areas")
        if areas.locator("[aria-current=page]").inner_text() != area:
            written.click(areas.get_by_role("link", name=area))
        expect(areas.locator("[aria-current=page]")).to_have_text(area)
        row = written.tool.locator("table.lists tbody tr").filter(has_text=me)
        open_now = row.locator(".block--now:not(.block--teacher), .block--next:not(.block--teacher)")
        planned += open_now.locator(".unit").all_inner_texts()
    assert seen
    assert sorted(seen) == sorted(planned)
    every = written.stack.sandbox_call(
        "GET", "digest", course=str(written.stack.seed["course"]["id"]), full="1"
    )
    assert len(seen) < len(every["state"]["modules"]), "others have units that this student does not see"


def test_a_students_page_shows_own_work_and_no_classmate(student: Person, written: Person) -> None:
    tool = student.launch()
    me = name_of(student)
    expect(tool.get_by_role("heading", level=1)).to_have_text(f"Hi {me.split()[0]}")
    student.lms("modules")
    seen = student.page.locator(".module h2").all_inner_texts()
    text = student.launch().locator("main").inner_text()
    assert all(unit in text for unit in seen)
    written.lms("people")
    classmates = set(written.page.locator("main tbody th").all_inner_texts())
    others = {line.split("\n")[0] for line in classmates} - {me}
    assert len(others) > 20
    assert not [other for other in others if other and other in text]


def test_start_leads_out_of_the_frame_to_the_unit(student: Person) -> None:
    student.launch()
    student.click(student.tool.get_by_role("link", name=re.compile("^Start")).first)
    expect(student.page).to_have_url(re.compile(re.escape(student.stack.lms_url) + "/courses/"))
    expect(student.page.locator("iframe[name=tool_frame]")).to_have_count(0)


def test_a_student_at_a_teachers_address_is_told_and_shown_nothing(student: Person) -> None:
    student.launch()
    for page in ("home", "groups", "groups.csv", "skills", "playlists", "preview", "history"):
        answer = student.frame.goto(f"{student.stack.tool_url}/contexts/1/{page}")
        assert answer is not None
        assert answer.status == 403
        expect(student.tool.get_by_role("heading", level=1)).to_have_text("This page is for somebody else")
    student.problems[:] = [one for one in student.problems if "403" not in one]


def test_scored_work_reaches_the_gradebook_and_unfinished_work_is_no_score(worked: Person) -> None:
    worked.lms("grades")
    heads = worked.page.locator("table.grades thead th").all_inner_texts()
    column = next(n for n, head in enumerate(heads) if head.startswith("Playlist mastery · Math"))
    assert "does not count" in heads[column]
    cells = worked.page.locator("table.grades tbody tr")
    scores = [row.locator("th, td").nth(column).inner_text() for row in cells.all()]
    earned = [float(one) for one in scores if one != "–"]
    assert len(earned) == 1, "one student met a unit; 27 have no score and no 0"
    assert earned[0] > 0


def test_home_names_who_needs_another_try(worked: Person) -> None:
    worked.launch()
    needs = worked.tool.get_by_role("region", name="Needs you")
    expect(needs).to_contain_text("Below 80% on a check")
    worked.click(needs.get_by_role("link"))
    expect(worked.tool.locator(".block--try_again").first).to_contain_text("2 of 5")


def test_met_work_is_shown_to_the_student_as_done(worked: Person, student: Person) -> None:
    tool = student.launch()
    expect(tool.locator("main")).to_contain_text("5 of 5. Met!")
    assert CHECK.removesuffix(" · check") in tool.locator("main").inner_text()


def test_an_admin_sees_what_is_connected_and_no_child(newcomer: Newcomer, written: Person) -> None:
    admin = newcomer("admin")
    tool = admin.launch_district()
    expect(admin.heading("What is connected")).to_be_visible()
    expect(tool.locator("main")).to_contain_text("Canvas")
    assert admin.address == "/district"
    written.lms("people")
    text = tool.locator("body").inner_text()
    people = written.page.locator("main tbody th").all_inner_texts()
    assert len(people) > 20
    assert not [line for line in people if line.split("\n")[0] in text]


def test_a_parent_is_told_what_regroup_is_and_shown_no_child(newcomer: Newcomer, written: Person) -> None:
    parent = newcomer("lduarte")
    parent.lms("")
    parent.page.get_by_role("link", name="Regroup").click()
    expect(parent.heading("Regroup is for teachers and students")).to_be_visible()
    assert "Camila" not in parent.tool.locator("body").inner_text()
    answer = parent.frame.goto(f"{parent.stack.tool_url}/contexts/1/me")
    assert answer is not None
    assert answer.status in (401, 403)
    parent.problems[:] = [one for one in parent.problems if "403" not in one and "401" not in one]


def test_the_next_child_at_the_same_browser_ends_the_first_ones_pages(
    newcomer: Newcomer, written: Person
) -> None:
    first, second = (one["login"] for one in written.stack.seed["students"][5:7])
    child = newcomer(first)
    child.launch()
    before = name_of(child)
    sibling = Person(child.stack, child.context)
    sibling.log_in(second)
    sibling.launch()
    child.frame.goto(child.frame.url)
    text = child.tool.locator("body").inner_text()
    assert before not in text
    assert name_of(sibling) in text
    assert child.problems + sibling.problems == []
