"""Groups, and differentiation tags: rights, many at once, members, and what hangs on a tag that goes."""

from __future__ import annotations

from typing import Any

import pytest
from lms_school import School

from sandbox.world.model import Notice

BULK = "group_categories/bulk_manage_differentiation_tag"


def make_tags(school: School, *names: str, set_name: str = "Reading") -> list[int]:
    """Tags of one new set; their ids."""
    create = [{"name": name} for name in names]
    made = school.post(BULK, {"operations": {"create": create}, "group_category": {"name": set_name}})
    return [tag["id"] for tag in made["created"]]


def add(school: School, tag: int, *logins: str, **more: Any) -> Any:
    return school.post(f"/groups/{tag}/memberships", {"members": [school.id_of(x) for x in logins]}, **more)


def in_group(school: School, group_id: int) -> set[str]:
    return {user["name"].split()[0].lower() for user in school.get(f"/groups/{group_id}/users")}


# rights


@pytest.mark.parametrize("by", ["ana", "tom"])
def test_students_and_assistants_get_no_tag_from_any_list(school: School, by: str) -> None:
    (tag,) = make_tags(school, "Blue")
    add(school, tag, "ana")
    school.get("group_categories?collaboration_state=non_collaborative", by=by, status=403)
    school.get(f"/groups/{tag}", by=by, status=404)
    school.get(f"/groups/{tag}/users", by=by, status=404)
    assert school.get("groups?collaboration_state=all", by=by) == []
    assert school.get("/users/self/groups", by=by) == []
    add(school, tag, "ben", by=by, status=404)
    school.post(
        BULK, {"operations": {"create": [{"name": "x"}]}, "group_category": {"name": "x"}}, by=by, status=403
    )


def test_without_the_feature_not_even_a_teacher_has_tags(school: School) -> None:
    (tag,) = make_tags(school, "Blue")
    school.world.switches.tags_feature = False
    school.get("group_categories?collaboration_state=non_collaborative", status=403)
    school.get(f"/groups/{tag}", status=404)
    school.post("group_categories", {"name": "New", "non_collaborative": True}, status=403)
    assert school.get("permissions?permissions[]=manage_tags_add") == {"manage_tags_add": False}


@pytest.mark.parametrize(("state", "names"), [
    ("", ["Projects"]), ("collaborative", ["Projects"]), ("non_collaborative", ["Reading"]),
    ("all", ["Projects", "Reading"]),
])  # fmt: skip
def test_the_list_hides_tags_unless_asked(school: School, state: str, names: list[str]) -> None:
    school.post("group_categories", {"name": "Projects"})
    make_tags(school, "Blue")
    found = school.get(f"group_categories?collaboration_state={state}")
    assert [category["name"] for category in found] == names
    school.get("group_categories?collaboration_state=some", status=400)


# many at once


@pytest.mark.parametrize(("body", "status"), [
    ({}, 400),
    ({"operations": {"create": [{"name": "a"}]}}, 400),
    ({"operations": {"create": [{"name": str(n)} for n in range(51)]}, "group_category": {"name": "x"}}, 400),
    ({"operations": {"create": [{"name": ""}]}, "group_category": {"name": "x"}}, 400),
    ({"operations": {"create": [{"name": "a"}]}, "group_category": {"name": "Reading"}}, 400),
    ({"operations": {"delete": [{"id": 1}]}, "group_category": {"name": "x"}}, 404),
    ({"operations": {"create": [{"name": "a"}]}, "group_category": {"id": 1}}, 404),
])  # fmt: skip
def test_a_bad_order_makes_nothing(school: School, body: dict[str, Any], status: int) -> None:
    make_tags(school, "Blue")
    before = school.get("group_categories?collaboration_state=all&include[]=groups")
    school.post(BULK, body, status=status)
    assert school.get("group_categories?collaboration_state=all&include[]=groups") == before


def test_tags_are_made_renamed_and_deleted_in_one_call(school: School) -> None:
    blue, red = make_tags(school, "Blue", "Red")
    set_id = school.get("group_categories?collaboration_state=non_collaborative")[0]["id"]
    operations = {
        "create": [{"name": "Green"}],
        "update": [{"id": blue, "name": "Navy"}],
        "delete": [{"id": red}],
    }
    answer = school.post(BULK, {"operations": operations, "group_category": {"id": set_id, "name": "Math"}})
    assert [len(answer[word]) for word in ("created", "updated", "deleted")] == [1, 1, 1]
    assert answer["group_category"]["name"] == "Math"
    assert [tag["name"] for tag in school.get(f"/group_categories/{set_id}/groups")] == ["Green", "Navy"]


def test_an_ordinary_set_is_refused(school: School) -> None:
    made = school.post("group_categories", {"name": "Projects"})
    body = {"operations": {"create": [{"name": "a"}]}, "group_category": {"id": made["id"]}}
    school.post(BULK, body, status=400)
    group = school.post(f"/group_categories/{made['id']}/groups", {"name": "One"})
    add(school, group["id"], "ana", status=400)


def test_the_name_of_a_set_is_taken_once(school: School) -> None:
    make_tags(school, "Blue", set_name="Reading")
    school.post("group_categories", {"name": "Reading"}, status=400)
    school.post("group_categories", {"name": " "}, status=400)


# members


def test_adding_many_is_always_answered_with_200_whoever_was_left_out(school: School) -> None:
    (tag,) = make_tags(school, "Blue")
    assert add(school, tag, "ana", "ben") is None
    answer = school.post(f"/groups/{tag}/memberships", {"members": [school.id_of("cleo"), 999999]})
    assert (answer["message"], answer["invalid_user_ids"]) == ("Partial failure encountered", [999999])
    assert in_group(school, tag) == {"ana", "ben", "cleo"}
    school.post(f"/groups/{tag}/memberships", {"members": []}, status=400)


def test_the_whole_course_can_be_tagged_but_some(school: School) -> None:
    (tag,) = make_tags(school, "Blue")
    body = {"all_in_group_course": True, "exclude_user_ids": [school.id_of("ben")]}
    assert school.post(f"/groups/{tag}/memberships", body) is None
    assert in_group(school, tag) == {"ana", "cleo"}


def test_a_student_holds_many_tags_but_one_group_of_a_set(school: School) -> None:
    blue, red = make_tags(school, "Blue", "Red")
    add(school, blue, "ana")
    add(school, red, "ana")
    assert (in_group(school, blue), in_group(school, red)) == ({"ana"}, {"ana"})
    projects = school.post("group_categories", {"name": "Projects", "create_group_count": 2})["id"]
    one, two = (group["id"] for group in school.get(f"/group_categories/{projects}/groups"))
    for group_id in (one, two):
        school.post(f"/groups/{group_id}/memberships", {"user_id": school.id_of("ana")})
    assert (in_group(school, one), in_group(school, two)) == (set(), {"ana"})


def test_joining_a_group_is_told_to_the_student_and_a_tag_is_not(school: School) -> None:
    (tag,) = make_tags(school, "Blue")
    add(school, tag, "ana")
    projects = school.post("group_categories", {"name": "Projects", "create_group_count": 1})["id"]
    group_id = school.get(f"/group_categories/{projects}/groups")[0]["id"]
    made = school.post(f"/groups/{group_id}/memberships", {"user_id": school.id_of("ben")})
    assert made["just_created"]
    assert [n.user_id for n in school.world.find(Notice)] == [school.id_of("ben")]


def test_taking_many_out_names_who_went(school: School) -> None:
    (tag,) = make_tags(school, "Blue")
    add(school, tag, "ana", "ben")
    ids = f"user_ids[]={school.id_of('ana')}&user_ids[]=999999"
    answer = school.delete(f"/groups/{tag}/users?{ids}")
    assert (answer["deleted_user_ids"], answer["unauthorized_user_ids"]) == ([school.id_of("ana")], [])
    assert in_group(school, tag) == {"ben"}
    school.delete(f"/groups/{tag}/users/{school.id_of('ben')}")
    assert in_group(school, tag) == set()


def test_who_was_taken_out_comes_back_on_the_same_row(school: School) -> None:
    (tag,) = make_tags(school, "Blue")
    add(school, tag, "ana")
    first = school.get(f"/groups/{tag}/memberships")[0]["id"]
    school.delete(f"/groups/{tag}/memberships/{first}")
    add(school, tag, "ana")
    assert [m["id"] for m in school.get(f"/groups/{tag}/memberships")] == [first]


# what hangs on a tag


def tagged(school: School, tag: int) -> int:
    """An assignment for the tag only, by its own override."""
    override = {"assignment_overrides": [{"group_id": tag}]}
    return school.assignment(only_visible_to_overrides=True, **override)


def test_a_tag_is_an_audience_and_follows_its_members(school: School) -> None:
    (tag,) = make_tags(school, "Blue")
    add(school, tag, "ana")
    check = tagged(school, tag)
    assert [school.sees(login, check) for login in ("ana", "ben")] == [True, False]
    add(school, tag, "ben")
    school.delete(f"/groups/{tag}/users/{school.id_of('ana')}")
    assert [school.sees(login, check) for login in ("ana", "ben")] == [False, True]
    assert [school.holds_row(login, check) for login in ("ana", "ben")] == [False, True]


@pytest.mark.parametrize("whole_set", [False, True])
def test_deleting_a_tag_opens_a_unit_to_everyone_but_not_its_restricted_check(
    school: School, whole_set: bool
) -> None:
    (tag,) = make_tags(school, "Blue")
    add(school, tag, "ana")
    check = tagged(school, tag)
    unit = school.holding(check)
    school.assign_module(unit, {"group_id": tag})
    assert [school.modules_of(login) for login in ("ana", "ben")] == [["Unit"], []]
    set_id = school.get("group_categories?collaboration_state=non_collaborative")[0]["id"]
    school.delete(f"/group_categories/{set_id}" if whole_set else f"/groups/{tag}")
    assert school.modules_of("ben") == ["Unit"]
    assert [school.sees(login, check) for login in ("ana", "ben")] == [False, False]


# from a file


def test_a_file_makes_tags_and_adds_members_but_takes_nobody_out(school: School) -> None:
    (tag,) = make_tags(school, "Blue")
    add(school, tag, "cleo")
    text = (
        "login_id,tag_name,tag_set_name\nana,Blue,Reading\nben,Red,Reading\nnobody,Red,Reading\nana,Solo,\n"
    )
    path = "group_categories/import_tags"
    job = school.call("POST", path, data=text, content_type="text/csv").get_json()
    assert job["tag"] == "course_tag_import"
    done = school.get(f"/progress/{job['id']}")
    assert (done["workflow_state"], done["results"]["warnings"]) == ("completed", ["line 4: no such person"])
    assert in_group(school, tag) == {"ana", "cleo"}
    found = school.get("group_categories?collaboration_state=non_collaborative&include[]=groups")
    assert {(c["name"], g["name"]) for c in found for g in c["groups"]} == {
        ("Reading", "Blue"), ("Reading", "Red"), ("Solo", "Solo"),
    }  # fmt: skip
