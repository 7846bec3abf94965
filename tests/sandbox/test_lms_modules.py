"""Modules, items, publishing, pages and files."""

from __future__ import annotations

from typing import Any

import pytest
from lms_school import School

from sandbox.classes.files import add_file
from sandbox.testing.digest import course_state


def item_states(school: School, module_id: int) -> list[bool]:
    return [i["published"] for i in school.get(f"modules/{module_id}/items")]


# modules


def test_a_module_is_born_unpublished_whatever_is_asked(school: School) -> None:
    made = school.post("modules", {"module": {"name": "Unit", "published": True}})
    assert made["published"] is False
    assert school.modules_of("ana") == []


@pytest.mark.parametrize("body", [{}, {"module": {}}, {"module": {"name": ""}}, {"module": {"name": "  "}}])
def test_a_module_needs_a_name(school: School, body: dict[str, Any]) -> None:
    school.post("modules", body, status=400)
    assert school.get("modules") == []


def test_module_names_need_not_be_unique_and_are_searched(school: School) -> None:
    school.module("Otters [pl-1]")
    school.module("Otters [pl-1]")
    school.module("Foxes")
    assert len(school.get("modules?search_term=pl-1")) == 2


def test_position_moves_a_module_and_renumbers_the_others(school: School) -> None:
    for name in ("A", "B", "C"):
        school.module(name)
    school.post("modules", {"module": {"name": "First", "position": 1}})
    last = next(m["id"] for m in school.get("modules") if m["name"] == "A")
    school.put(f"modules/{last}", {"module": {"position": 4}})
    assert [(m["position"], m["name"]) for m in school.get("modules")] == [
        (1, "First"), (2, "B"), (3, "C"), (4, "A"),
    ]  # fmt: skip


def test_only_modules_before_it_become_prerequisites(school: School) -> None:
    first, second = school.module("A"), school.module("B")
    made = school.put(f"modules/{first}", {"module": {"prerequisite_module_ids": [second]}})
    assert made["prerequisite_module_ids"] == []
    made = school.put(f"modules/{second}", {"module": {"prerequisite_module_ids": [first, 999]}})
    assert made["prerequisite_module_ids"] == [first]


def test_publishing_a_module_publishes_all_its_items_and_their_assignments(school: School) -> None:
    module_id = school.module()
    assignment_id = school.assignment(published=False)
    school.item(module_id, type="Assignment", content_id=assignment_id)
    school.item(module_id, type="ExternalUrl", external_url="https://example.org/", title="Read")
    assert item_states(school, module_id) == [False, False]
    school.put(f"modules/{module_id}", {"module": {"published": True}})
    assert item_states(school, module_id) == [True, True]
    assert school.get(f"assignments/{assignment_id}")["published"] is True


def test_skip_content_tags_publishes_the_module_alone(school: School) -> None:
    module_id = school.module()
    school.item(module_id, type="SubHeader", title="Read")
    school.put(f"modules/{module_id}", {"module": {"published": True, "skip_content_tags": True}})
    assert item_states(school, module_id) == [False]
    assert school.get("modules?include[]=items", by="ana")[0]["items"] == []


def test_unpublishing_a_module_leaves_items_with_student_work_published(school: School) -> None:
    module_id = school.module()
    worked, idle = school.assignment(), school.assignment()
    for content_id in (worked, idle):
        school.item(module_id, type="Assignment", content_id=content_id)
    school.put(f"modules/{module_id}", {"module": {"published": True}})
    body = {"submission": {"submission_type": "online_text_entry", "body": "x"}}
    school.post(f"assignments/{worked}/submissions", body, by="ana", status=201)
    answer = school.put(f"modules/{module_id}", {"module": {"published": False}})
    assert answer["unpublish_warning"] is True
    assert item_states(school, module_id) == [True, False]
    first = school.get(f"modules/{module_id}/items")[0]["id"]
    school.put(f"modules/{module_id}/items/{first}", {"module_item": {"published": False}}, status=403)


def test_publishing_an_item_publishes_its_content_everywhere(school: School) -> None:
    one, two = school.module("A"), school.module("B")
    assignment_id = school.assignment(published=False)
    item = school.item(one, type="Assignment", content_id=assignment_id)
    school.item(two, type="Assignment", content_id=assignment_id)
    school.put(f"modules/{one}/items/{item['id']}", {"module_item": {"published": True}})
    assert item_states(school, two) == [True]


def test_a_deleted_module_is_gone_with_its_items_and_overrides(school: School) -> None:
    module_id = school.holding(school.assignment())
    school.assign_module(module_id, {"student_ids": [school.id_of("ana")]})
    school.delete(f"modules/{module_id}")
    for path in (
        f"modules/{module_id}",
        f"modules/{module_id}/items",
        f"modules/{module_id}/assignment_overrides",
    ):
        school.get(path, status=404)


# overrides


def test_overrides_by_id_are_changed_and_the_unlisted_go(school: School) -> None:
    module_id = school.module()
    school.assign_module(
        module_id,
        {"student_ids": [school.id_of("ana")], "title": "pl-1"},
        {"course_section_id": school.home.id},
    )
    one, two = school.get(f"modules/{module_id}/assignment_overrides")
    assert (one["title"], two["course_section"]["name"]) == ("pl-1", "Home")
    school.assign_module(module_id, {"id": one["id"], "student_ids": [school.id_of("ben")]})
    (left,) = school.get(f"modules/{module_id}/assignment_overrides")
    assert (left["id"], left["title"], left["students"]) == (
        one["id"], "pl-1", [{"id": school.id_of("ben"), "name": "Ben Doe"}],
    )  # fmt: skip


def test_an_empty_student_list_beside_an_id_changes_nothing(school: School) -> None:
    module_id = school.module()
    school.assign_module(module_id, {"student_ids": [school.id_of("ana")]})
    (own,) = school.get(f"modules/{module_id}/assignment_overrides")
    school.assign_module(module_id, {"id": own["id"], "student_ids": []})
    assert school.get(f"modules/{module_id}/assignment_overrides") == [own]


def test_unknown_and_inactive_students_are_dropped_without_a_word(school: School) -> None:
    module_id = school.module()
    row = next(e for e in school.get("enrollments?per_page=100") if e["user_id"] == school.id_of("ben"))
    school.delete(f"enrollments/{row['id']}?task=inactivate")
    ids = [school.id_of("ana"), school.id_of("ben"), school.id_of("rivera"), 999_999]
    school.assign_module(module_id, {"student_ids": ids})
    (left,) = school.get(f"modules/{module_id}/assignment_overrides")
    assert [s["id"] for s in left["students"]] == [school.id_of("ana")]


@pytest.mark.parametrize(("entry", "status"), [
    ({"student_ids": []}, 400),
    ({}, 400),
    ("everyone", 400),
    ({"group_id": 5}, 500),
    ({"student_ids": [1], "course_section_id": 2}, 400),
    ({"course_section_id": 999_999}, 404),
    ({"course_section_id": "Otters"}, 400),
    ({"id": 999_999, "student_ids": [1]}, 404),
])  # fmt: skip
def test_a_bad_override_refuses_the_whole_list(school: School, entry: Any, status: int) -> None:
    module_id = school.module()
    school.assign_module(module_id, {"student_ids": [school.id_of("ana")]})
    before = school.get(f"modules/{module_id}/assignment_overrides")
    body = {"overrides": [{"course_section_id": school.home.id}, entry]}
    school.put(f"modules/{module_id}/assignment_overrides", body, status=status)
    assert school.get(f"modules/{module_id}/assignment_overrides") == before


def test_students_neither_read_nor_write_overrides(school: School) -> None:
    module_id = school.module(published=True)
    school.get(f"modules/{module_id}/assignment_overrides", by="ana", status=403)
    school.put(f"modules/{module_id}/assignment_overrides", {"overrides": []}, by="ana", status=403)


# items


def test_the_same_content_may_be_added_twice(school: School) -> None:
    module_id, assignment_id = school.module(), school.assignment()
    for _ in range(2):
        school.item(module_id, type="Assignment", content_id=assignment_id)
    assert len(school.get(f"modules/{module_id}/items")) == 2


@pytest.mark.parametrize(("sent", "status"), [
    ({}, 400),
    ({"type": "Song", "title": "x"}, 400),
    ({"type": "Assignment"}, 400),
    ({"type": "Assignment", "content_id": 999_999}, 404),
    ({"type": "Assignment", "content_id": "seven"}, 400),
    ({"type": "Quiz", "content_id": 1}, 404),
    ({"type": "Page"}, 400),
    ({"type": "Page", "page_url": "nowhere"}, 400),
    ({"type": "ExternalUrl", "title": "x"}, 400),
    ({"type": "ExternalUrl", "external_url": "javascript:alert(1)"}, 400),
    ({"type": "SubHeader", "title": "x", "completion_requirement": {"type": "must_sing"}}, 400),
    ({"type": "SubHeader", "title": "x", "completion_requirement": "must_view"}, 400),
])  # fmt: skip
def test_a_bad_item_is_refused_and_nothing_made(school: School, sent: dict[str, Any], status: int) -> None:
    module_id = school.module()
    school.post(f"modules/{module_id}/items", {"module_item": sent}, status=status)
    assert school.get(f"modules/{module_id}/items") == []


@pytest.mark.parametrize(("type_", "requirement", "kept"), [
    ("Assignment", *[{"type": "min_percentage", "min_percentage": 80.0}] * 2),
    ("Assignment", {"type": "min_score", "min_score": 4}, {"type": "min_score", "min_score": 4.0}),
    ("SubHeader", {"type": "must_view"}, None),
    ("ExternalUrl", {"type": "must_submit"}, None),
    ("ExternalUrl", {"type": "must_view"}, {"type": "must_view"}),
])  # fmt: skip
def test_a_requirement_that_does_not_fit_is_dropped(
    school: School, type_: str, requirement: Any, kept: Any
) -> None:
    content = (
        {"content_id": school.assignment()}
        if type_ == "Assignment"
        else {"external_url": "https://e.example/"}
    )
    item = school.item(school.module(), type=type_, title="x", completion_requirement=requirement, **content)
    assert item.get("completion_requirement") == kept


@pytest.mark.parametrize(
    ("grade", "state"), [(None, "unlocked"), ("3", "started"), ("4", "completed"), ("5", "completed")]
)
def test_a_score_at_80_per_cent_completes_the_unit(school: School, grade: str | None, state: str) -> None:
    module_id, assignment_id = school.module(), school.assignment()
    requirement = {"type": "min_percentage", "min_percentage": 80}
    school.item(module_id, type="Assignment", content_id=assignment_id, completion_requirement=requirement)
    school.put(f"modules/{module_id}", {"module": {"published": True}})
    if grade:
        place = f"assignments/{assignment_id}/submissions/{school.id_of('ana')}"
        school.put(place, {"submission": {"posted_grade": grade}})
    (module,) = school.get("modules?include[]=items", by="ana")
    assert module["state"] == state
    assert module["items"][0]["completion_requirement"]["completed"] is (state == "completed")


def test_a_published_prerequisite_locks_the_next_unit_until_it_is_done(school: School) -> None:
    first, second = school.module("A", published=True), school.module("B", published=True)
    page = school.post("pages", {"wiki_page": {"title": "Read", "published": True}})
    item = school.item(first, type="Page", page_url=page["url"], completion_requirement={"type": "must_view"})
    school.put(f"modules/{second}", {"module": {"prerequisite_module_ids": [first]}})
    states = [m["state"] for m in school.get("modules", by="ana")]
    assert states == ["unlocked", "locked"]
    school.post(f"modules/{first}/items/{item['id']}/mark_read", by="ana")
    assert [m["state"] for m in school.get("modules", by="ana")] == ["completed", "completed"]
    assert [m["state"] for m in school.get("modules", by="ben")] == ["unlocked", "locked"]


def test_a_new_item_title_renames_the_assignment(school: School) -> None:
    module_id, assignment_id = school.module(), school.assignment("Old")
    item = school.item(module_id, type="Assignment", content_id=assignment_id)
    school.put(f"modules/{module_id}/items/{item['id']}", {"module_item": {"title": "New"}})
    assert school.get(f"assignments/{assignment_id}")["name"] == "New"


def test_moving_an_item_to_another_module_moves_its_audience(school: School) -> None:
    assignment_id = school.assignment(only_visible_to_overrides=True)
    for_ana = school.holding(assignment_id, "Ana's")
    for_ben = school.module("Ben's")
    school.assign_module(for_ana, {"student_ids": [school.id_of("ana")]})
    school.assign_module(for_ben, {"student_ids": [school.id_of("ben")]})
    item = school.get(f"modules/{for_ana}/items")[0]["id"]
    school.put(f"modules/{for_ana}/items/{item}", {"module_item": {"module_id": for_ben}})
    assert [school.holds_row(who, assignment_id) for who in ("ana", "ben")] == [False, True]


def test_a_hidden_module_and_its_items_are_not_found(school: School) -> None:
    module_id = school.holding(school.assignment())
    school.assign_module(module_id, {"student_ids": [school.id_of("ana")]})
    for path in (f"modules/{module_id}", f"modules/{module_id}/items"):
        school.get(path, by="ana")
        school.get(path, by="ben", status=404)
        school.get(f"{path}?student_id={school.id_of('ben')}", status=404)


@pytest.mark.parametrize("by", ["ana", "ben"])
def test_nobody_but_staff_looks_through_anothers_eyes(school: School, by: str) -> None:
    school.get(f"modules?student_id={school.id_of('cleo')}", by=by, status=403)


def test_looking_through_a_strangers_eyes_is_not_found(school: School) -> None:
    school.get("modules?student_id=999999", status=404)


def test_an_assignment_is_shut_while_all_its_modules_are(school: School) -> None:
    first, later = school.assignment("First"), school.assignment("Later")
    module_id = school.module()
    requirement = {"type": "min_score", "min_score": 4}
    for content_id in (first, later):
        school.item(module_id, type="Assignment", content_id=content_id, completion_requirement=requirement)

    def shut(assignment_id: int) -> bool:
        body = {"submission": {"submission_type": "online_text_entry", "body": "x"}}
        status = school.call(
            "POST", f"assignments/{assignment_id}/submissions", by="ana", json=body
        ).status_code
        locked: bool = school.get(f"assignments/{assignment_id}", by="ana")["locked_for_user"]
        assert locked is (status == 400)
        return locked

    assert [shut(first), shut(later)] == [True, True], "the module is not published"
    change = {"published": True, "require_sequential_progress": True}
    school.put(f"modules/{module_id}", {"module": change})
    assert [shut(first), shut(later)] == [False, True], "the second waits for the first"
    place = f"assignments/{first}/submissions/{school.id_of('ana')}"
    school.put(place, {"submission": {"posted_grade": "4"}})
    assert not shut(later)
    school.put(f"modules/{module_id}", {"module": {"unlock_at": "2027-01-01T00:00:00Z"}})
    assert shut(first)
    school.item(school.module("Open", published=True), type="Assignment", content_id=first)
    assert not shut(first), "one open module is enough"


# pages and files


def test_page_addresses_stay_apart_for_equal_titles(school: School) -> None:
    made = [school.post("pages", {"wiki_page": {"title": "½ & ¼!"}})["url"] for _ in range(2)]
    assert made == ["page", "page-2"]
    school.post("pages", {"wiki_page": {"title": ""}}, status=400)


def test_a_page_is_found_by_slug_and_number_until_deleted(school: School) -> None:
    made = school.post("pages", {"wiki_page": {"title": "Halves", "body": "<p>x</p>"}})
    for name in ("halves", f"page_id:{made['page_id']}"):
        assert school.get(f"pages/{name}")["body"] == "<p>x</p>"
    school.put("pages/halves", {"wiki_page": {"body": "<p>y</p>", "published": True}})
    assert school.get("pages/halves", by="ana")["body"] == "<p>y</p>"
    school.delete("pages/halves")
    school.get("pages/halves", status=404)


def test_files_are_found_by_name_and_downloaded_by_their_verifier(school: School) -> None:
    add_file(school.world, school.course, "regroup-units.csv", b"skill,unit\n")
    (found,) = school.get("files?search_term=units")
    path = found["url"].removeprefix("http://lms.localhost:8100")
    client = school.app.test_client()
    assert client.get(path).data == b"skill,unit\n"
    assert client.get(path.partition("?")[0]).status_code == 404
    assert client.get(path.partition("?")[0] + "?verifier=guess").status_code == 404
    assert school.get("files", by="ana") == []
    school.get("files?search_term=u", status=400)
    school.get(f"/files/{found['id']}", by="ana", status=403)


# half-made changes


@pytest.mark.parametrize(("method", "path", "body"), [
    ("POST", "modules", {"module": {"name": "New", "position": "top"}}),
    ("POST", "modules", {"module": {"name": "New", "unlock_at": "soon"}}),
    ("PUT", "modules/{module}", {"module": {"name": "New", "published": True, "position": "top"}}),
    ("PUT", "modules/{module}/items/{item}", {"module_item": {"title": "New", "position": "top"}}),
    ("PUT", "modules/{module}/items/{item}", {"module_item": {"published": True, "indent": "deep"}}),
    ("PUT", "modules/{module}/items/{item}", {"module_item": {"title": "New", "external_url": "nowhere"}}),
    ("PUT", "pages/halves/date_details", {"only_visible_to_overrides": True, "due_at": "soon"}),
    ("PUT", "/sections/{section}", {"course_section": {"name": "New", "start_at": "soon"}}),
    ("POST", "/sections/{section}/enrollments", {"enrollment": {"user_id": "{ana}", "start_at": "soon"}}),
])  # fmt: skip
def test_a_refused_change_changes_nothing(school: School, method: str, path: str, body: Any) -> None:
    module_id, section_id = school.module(), school.section()
    item = school.item(module_id, type="ExternalUrl", external_url="https://e.example/", title="Link")
    school.post("pages", {"wiki_page": {"title": "Halves"}})
    before = course_state(school.world, school.course)
    if "enrollment" in body:
        body = {"enrollment": body["enrollment"] | {"user_id": school.id_of("ana")}}
    path = path.format(module=module_id, item=item["id"], section=section_id)
    answer = school.call(method, path, json=body)
    assert answer.status_code == 400, answer.text
    assert course_state(school.world, school.course) == before
