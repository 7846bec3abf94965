"""Pages: slugs, who may change them, the front page, revisions, and pages that a module keeps shut."""

from __future__ import annotations

from typing import Any

import pytest
from lms_school import School

from sandbox.world.model import CourseFile, ItemMark


def page(school: School, title: str = "Halves", **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = school.post("pages", {"wiki_page": {"title": title, "published": True} | fields})
    return made


def change(school: School, slug: str, *, by: str = "rivera", status: int = 200, **fields: Any) -> Any:
    return school.put(f"pages/{slug}", {"wiki_page": fields}, by=by, status=status)


# refusals


@pytest.mark.parametrize("fields", [
    {"title": " "}, {"editing_roles": "teachers,everybody"}, {"front_page": True, "published": False},
])  # fmt: skip
def test_a_bad_page_is_not_made(school: School, fields: dict[str, Any]) -> None:
    school.post("pages", {"wiki_page": {"title": "Halves"} | fields}, status=400)
    assert school.get("pages") == []


def test_the_front_page_is_neither_unpublished_nor_deleted(school: School) -> None:
    school.get("front_page", status=404)
    page(school, front_page=True)
    change(school, "halves", published=False, status=400)
    school.delete("pages/halves", status=400)
    page(school, "Thirds", front_page=True)
    assert school.get("front_page", by="ana")["title"] == "Thirds"
    school.delete("pages/halves")


def test_a_student_changes_only_the_body_and_only_where_let(school: School) -> None:
    page(school)
    change(school, "halves", by="ana", body="mine", status=403)
    change(school, "halves", editing_roles="teachers,students")
    change(school, "halves", by="ana", title="Mine", status=401)
    change(school, "halves", by="ana", published=False, status=401)
    change(school, "halves", by="ana", body="ours")
    shown = school.get("pages/halves")
    assert (shown["title"], shown["body"], shown["published"]) == ("Halves", "ours", True)
    assert shown["last_edited_by"]["id"] == school.id_of("ana")
    school.get("pages/halves/revisions", by="ana", status=403)


# addresses


def test_a_new_title_moves_the_page_and_the_old_address_still_finds_it(school: School) -> None:
    made = page(school)
    item = school.item(school.module(), type="Page", page_url="halves")
    assert change(school, "halves", title="Half and half")["url"] == "half-and-half"
    assert school.get("pages/halves")["page_id"] == made["page_id"]
    assert school.get(f"modules/{item['module_id']}/items")[0]["title"] == "Half and half"
    assert page(school)["url"] == "halves"
    assert school.get("pages/halves")["page_id"] != made["page_id"]


def test_writing_to_an_address_that_is_nobodys_makes_a_page(school: School) -> None:
    assert change(school, "fourths", body="four")["title"] == "fourths"
    change(school, "fifths", by="ana", body="five", status=403)


# revisions


def test_every_change_of_text_is_a_revision_and_can_be_taken_back(school: School) -> None:
    page(school, body="one")
    change(school, "halves", body="two")
    change(school, "halves", published=False)
    kept = school.get("pages/halves/revisions")
    assert [(r["revision_id"], r["latest"]) for r in kept] == [(2, True), (1, False)]
    assert school.get("pages/halves/revisions/1")["body"] == "one"
    assert "body" not in school.get("pages/halves/revisions/latest?summary=true")
    assert school.post("pages/halves/revisions/1")["revision_id"] == 3
    assert school.get("pages/halves")["body"] == "one"
    school.get("pages/halves/revisions/9", status=404)


# modules


def test_a_page_in_a_shut_module_is_listed_without_its_body(school: School) -> None:
    page(school, body="text")
    module = school.module()
    school.item(module, type="Page", page_url="halves")
    shown = school.get("pages/halves", by="ana")
    assert (shown["locked_for_user"], "body" in shown) == (True, False)
    assert [p["title"] for p in school.get("pages", by="ana")] == ["Halves"]
    assert list(school.world.find(ItemMark)) == []
    school.put(f"modules/{module}", {"module": {"published": True}})
    assert school.get("pages/halves", by="ana")["body"] == "text"
    assert [m.user_id for m in school.world.find(ItemMark)] == [school.id_of("ana")]


# files


def test_a_file_is_reached_whatever_module_it_lies_in_and_hidden_ones_by_staff_only(school: School) -> None:
    made = school.world.add(
        CourseFile(
            course_id=school.course.id, display_name="a.csv", content_type="text/csv", body=b"x", uuid="u"
        )
    )
    module = school.module(published=True)
    school.item(module, type="File", content_id=made.id)
    school.assign_module(module, {"student_ids": [school.id_of("ana")]})
    assert school.get(f"/files/{made.id}", by="ben")["display_name"] == "a.csv"
    made.hidden = True
    school.get(f"/files/{made.id}", by="ben", status=403)
    assert school.get("files", by="ben") == []
    assert [f["id"] for f in school.get("files")] == [made.id]
