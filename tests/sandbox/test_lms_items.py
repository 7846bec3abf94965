"""Items of modules: many in one call, one thing in two modules, where a link to an item leads."""

from __future__ import annotations

from typing import Any

import pytest
from lms_school import School

URL = "https://e.example/"


def published_link(school: School, module_id: int) -> dict[str, Any]:
    item = school.item(module_id, type="ExternalUrl", external_url=URL, title="Link")
    school.put(f"modules/{module_id}/items/{item['id']}", {"module_item": {"published": True}})
    return item


def test_many_items_in_one_call_are_made_though_some_fail(school: School) -> None:
    module_id, assignment_id = school.module(), school.assignment()
    sent = [
        {"type": "Assignment", "content_id": assignment_id},
        {"type": "Page", "page_url": "nowhere"},
        {"type": "Assignment", "content_id": 999_999},
        {"type": "ExternalUrl", "external_url": "nowhere"},
        {"type": "SubHeader", "title": "Read", "position": 1},
    ]
    answer = school.post(f"modules/{module_id}/items", {"module_items": sent})
    assert [i["type"] for i in answer["created"]] == ["Assignment", "SubHeader"]
    assert [e["index"] for e in answer["errors"]] == [1, 2, 3]
    assert [i["type"] for i in school.get(f"modules/{module_id}/items")] == ["SubHeader", "Assignment"]


def test_many_good_items_have_no_errors_key(school: School) -> None:
    sent = [{"type": "SubHeader", "title": name} for name in "AB"]
    answer = school.post(f"modules/{school.module()}/items", {"module_items": sent})
    assert (len(answer["created"]), "errors" in answer) == (2, False)


def test_one_thing_in_two_modules_is_found_by_each_student_in_his_own(school: School) -> None:
    assignment_id = school.assignment(only_visible_to_overrides=True)
    held = {who: school.holding(assignment_id, f"{who}'s") for who in ("ana", "ben")}
    for who, module_id in held.items():
        school.assign_module(module_id, {"student_ids": [school.id_of(who)]})
    for who, module_id in held.items():
        (module,) = school.get("modules?include[]=items", by=who)
        assert (module["id"], [i["content_id"] for i in module["items"]]) == (module_id, [assignment_id])


@pytest.mark.parametrize("target", ["999999", "other"])
def test_an_item_moves_within_its_course_only(school: School, target: str) -> None:
    module_id = school.module()
    item = school.item(module_id, type="SubHeader", title="x")
    change = {"module_item": {"module_id": target}}
    answer = school.put(f"modules/{module_id}/items/{item['id']}", change, status=400)
    assert answer == {"message": "invalid module_id"}


def test_deleting_the_item_gives_an_unrestricted_assignment_back_to_all(school: School) -> None:
    assignment_id = school.assignment()
    module_id = school.holding(assignment_id)
    school.assign_module(module_id, {"student_ids": [school.id_of("ana")]})
    assert not school.holds_row("ben", assignment_id)
    (item,) = school.get(f"modules/{module_id}/items")
    school.delete(f"modules/{module_id}/items/{item['id']}")
    assert (school.sees("ben", assignment_id), school.holds_row("ben", assignment_id)) == (True, True)


# links to items


@pytest.mark.parametrize("ignores", [True, False])
def test_a_link_to_an_item_is_open_to_those_who_do_not_see_its_module(school: School, ignores: bool) -> None:
    school.world.switches.item_redirect_ignores_audience = ignores
    module_id = school.module(published=True)
    item = published_link(school, module_id)
    school.assign_module(module_id, {"student_ids": [school.id_of("ana")]})
    place = f"module_item_redirect/{item['id']}"
    answer = school.call("GET", place, by="ana")
    assert (answer.status_code, answer.headers["Location"]) == (302, URL)
    assert school.call("GET", place, by="ben").status_code == (302 if ignores else 404)


def test_a_link_to_an_unpublished_item_is_for_staff(school: School) -> None:
    item = published_link(school, school.module())
    place = f"module_item_redirect/{item['id']}"
    assert school.call("GET", place, by="ana").status_code == 403
    assert school.call("GET", place).status_code == 302


def test_only_links_are_led_on(school: School) -> None:
    module_id = school.module(published=True)
    item = school.item(module_id, type="Assignment", content_id=school.assignment())
    assert school.get(f"module_item_redirect/{item['id']}", status=400) == {
        "message": "incorrect module item type"
    }


# many modules in one call


@pytest.mark.parametrize(("body", "status"), [
    ({}, 400), ({"event": "paint", "module_ids": [1]}, 400), ({"event": "publish"}, 400),
    ({"event": "publish", "module_ids": [999_999]}, 404),
])  # fmt: skip
def test_a_bad_batch_of_modules_is_refused(school: School, body: dict[str, Any], status: int) -> None:
    school.put("modules", body, status=status)


def test_modules_are_published_unpublished_and_deleted_together(school: School) -> None:
    ids = [school.module(name) for name in ("A", "B")]
    assert school.put("modules", {"event": "publish", "module_ids": ids}) == {"completed": ids}
    assert school.modules_of("ana") == ["A", "B"]
    school.put("modules", {"event": "unpublish", "module_ids": ids[:1]})
    assert school.modules_of("ana") == ["B"]
    school.put("modules", {"event": "delete", "module_ids": ids})
    assert school.get("modules") == []


# how items are shown


@pytest.mark.parametrize(("count", "shown"), [(100, True), (101, False)])
def test_items_of_a_large_module_are_not_in_the_list_though_asked_for(
    school: School, count: int, shown: bool
) -> None:
    module_id = school.module()
    sent = [{"type": "SubHeader", "title": str(n)} for n in range(count)]
    school.post(f"modules/{module_id}/items", {"module_items": sent})
    (module,) = school.get("modules?include[]=items")
    assert ("items" in module, module["items_count"]) == (shown, count)


@pytest.mark.parametrize(("fields", "page"), [
    ({"type": "SubHeader", "title": "x"}, None),
    ({"type": "ExternalUrl", "external_url": URL}, "/api/v1/courses/{course}/module_item_redirect/{item}"),
    ({"type": "Assignment", "content_id": "{a}"}, "/courses/{course}/modules/items/{item}"),
])  # fmt: skip
def test_each_kind_of_item_has_its_own_page(school: School, fields: dict[str, Any], page: str | None) -> None:
    assignment_id = school.assignment()
    fields = {k: assignment_id if v == "{a}" else v for k, v in fields.items()}
    item = school.item(school.module(), **fields)
    wanted = page and "http://lms.localhost:8100" + page.format(course=school.course.id, item=item["id"])
    assert item.get("html_url") == wanted
