"""The modules page, and the doors behind it: each student exactly their own."""

from __future__ import annotations

import pytest
from lms_class import Lms

from sandbox.world.model import CourseFile
from sandbox.world.people import add_user, put_in


def test_a_student_sees_their_own_modules_in_order_and_no_others(lms: Lms) -> None:
    ana, ben = lms.browse("ana").text("/modules"), lms.browse("ben").text("/modules")
    assert ana.index("Everyone&#39;s unit") < ana.index("Otters&#39; unit")
    assert "Fractions check" in ana
    assert "Everyone&#39;s unit" in ben
    assert "Otters" not in ben
    assert "Fractions" not in ben
    for page in (ana, ben):
        assert "Draft unit" not in page
        assert "For everyone" not in page
        assert "Published" not in page


def test_a_teacher_sees_everything_with_its_state_and_audience(lms: Lms) -> None:
    lms.item(lms.open_unit, "SubHeader", title="Later").workflow_state = "unpublished"
    page = lms.browse("rivera").text("/modules")
    assert page.index("Everyone&#39;s unit") < page.index("Otters&#39; unit") < page.index("Draft unit")
    assert "For 1 student<" in page
    assert "For everyone" in page
    assert page.count("Not published") == 2
    lms.module("Parked", only=[])
    assert "For nobody" in lms.browse("rivera").text("/modules")


@pytest.mark.parametrize(
    ("points", "words", "done"), [(4, "4 of 5", 1), (3.5, "3.5 of 5", 0), (None, "80%", 0)]
)
def test_a_check_is_done_at_the_threshold(lms: Lms, points: float | None, words: str, done: int) -> None:
    lms.score(lms.private_check, lms.ana, points)
    page = lms.browse("ana").text("/modules")
    assert words in page
    assert page.count("✓ Done") == done


def test_reading_a_page_is_doing_it_for_oneself_only(lms: Lms) -> None:
    ana, ben = lms.browse("ana"), lms.browse("ben")
    assert "✓ Done" not in ana.text("/modules")
    assert "Read this." in ana.text(f"/pages/{lms.open_page.url}")
    assert "1 of 1 done" in ana.text("/modules")
    assert "✓ Done" not in ben.text("/modules")


def test_handing_in_is_done_where_that_is_asked(lms: Lms) -> None:
    lms.item(lms.open_unit, "Assignment", lms.check, completion_requirement={"type": "must_submit"})
    ana = lms.browse("ana")
    lms.score(lms.check, lms.ana, 4)
    assert "✓ Done" not in ana.text("/modules")
    assert (
        ana.post(f"/assignments/{lms.check.id}/hand_in", kind="online_text_entry", text="x").status_code
        == 303
    )
    assert "✓ Done" in ana.text("/modules")


def test_an_excused_check_is_done(lms: Lms) -> None:
    row = lms.world.submission(lms.private_check.id, lms.ana.id)
    assert row is not None
    row.excused = True
    assert "excused" in lms.browse("ana").text("/modules")


def test_unseen_content_is_not_available_by_its_address_either(lms: Lms) -> None:
    draft = lms.page("Draft page")
    draft.workflow_state = "unpublished"
    gone = lms.page("Gone page")
    gone.workflow_state = "deleted"
    ben = lms.browse("ben")
    for tail in (
        f"/pages/{lms.private_page.url}",
        f"/pages/{draft.url}",
        f"/pages/{gone.url}",
        "/pages/never-there",
        f"/assignments/{lms.private_check.id}",
        f"/assignments/{lms.private_check.id}/launch",
        "/assignments/999999",
        "/modules/items/999999",
        "/external_tools/999999",
    ):
        assert ben.status(tail) == 404, tail
    assert lms.browse("rivera").status(f"/pages/{draft.url}") == 200
    assert lms.browse("rivera").status(f"/pages/{gone.url}") == 404


def test_lists_hold_what_is_seen_and_nothing_more(lms: Lms) -> None:
    ana, ben = lms.browse("ana"), lms.browse("ben")
    assert "Fractions check" in ana.text("/assignments")
    assert "Fractions on a line" in ana.text("/pages")
    assert "Fractions" not in ben.text("/assignments")
    assert "Fractions" not in ben.text("/pages")
    assert "Fractions" not in ben.text("/grades")


def test_an_observer_sees_what_the_observed_student_sees(lms: Lms) -> None:
    for login, child in (("pa", lms.ana), ("ma", lms.ben)):
        parent = add_user(lms.world, f"Parent {login}", login)
        put_in(lms.world, lms.home, parent, "ObserverEnrollment", associated_user_id=child.id)
    lone = add_user(lms.world, "Parent lone", "lone")
    put_in(lms.world, lms.home, lone, "ObserverEnrollment")
    assert "Otters" in lms.browse("pa").text("/modules")
    assert "Otters" not in lms.browse("ma").text("/modules")
    assert "There is nothing here yet." in lms.browse("lone").text("/modules")


def test_reading_as_an_observer_does_nothing_for_the_student(lms: Lms) -> None:
    parent = add_user(lms.world, "Parent Ruiz", "pa")
    put_in(lms.world, lms.home, parent, "ObserverEnrollment", associated_user_id=lms.ana.id)
    lms.browse("pa").text(f"/pages/{lms.open_page.url}")
    assert "✓ Done" not in lms.browse("ana").text("/modules")
    path = f"/assignments/{lms.check.id}/hand_in"
    assert lms.browse("pa").post(path, kind="online_text_entry", text="x").status_code == 404


def test_links_tools_files_and_headers_lead_where_they_say(lms: Lms) -> None:
    file = lms.world.add(
        CourseFile(course_id=lms.course.id, display_name="map.csv", content_type="text/csv", body=b"a,b\n")
    )
    hidden = lms.world.add(
        CourseFile(
            course_id=lms.course.id, display_name="key.csv", content_type="text/csv", body=b"x", hidden=True
        )
    )
    lms.item(lms.open_unit, "File", title="Map").content_id = file.id
    lms.item(lms.open_unit, "SubHeader", title="Read first")
    lms.item(lms.open_unit, "ExternalUrl", title="Video", external_url="https://video.example/7")
    lms.item(lms.open_unit, "ExternalUrl", title="Trick", external_url="javascript:alert(1)")
    lms.item(lms.open_unit, "ExternalTool", title="Practice", external_url=lms.tool.target_link_uri)
    ana = lms.browse("ana")
    page = ana.text("/modules")
    assert 'href="https://video.example/7"' in page
    assert f'href="{ana.course_path}/external_tools/{lms.tool.id}"' in page
    assert "<strong>Read first</strong>" in page
    assert "javascript:" not in page
    assert ana.get(f"{ana.course_path}/files/{file.id}").data == b"a,b\n"
    assert ana.status(f"/files/{hidden.id}") == 404
    assert lms.browse("rivera").status(f"/files/{hidden.id}") == 200


def test_an_items_address_asks_only_whether_it_is_published(lms: Lms) -> None:
    link = lms.item(lms.private_unit, "ExternalUrl", title="Video", external_url="https://video.example/7")
    ben = lms.browse("ben")
    answer = ben.get(f"{ben.course_path}/modules/items/{link.id}")
    assert answer.headers["Location"] == "https://video.example/7"
    lms.private_unit.workflow_state = "unpublished"
    assert ben.status(f"/modules/items/{link.id}") == 404
