"""Audiences beyond sections and students: tags, the whole course, who is left out, who looks on."""

from __future__ import annotations

import pytest
from lms_audience import tag
from lms_school import School

from sandbox.world import groups
from sandbox.world.model import AssignmentOverride, Enrollment, Group, GroupCategory

OWN = "2026-11-01T12:00:00Z"


# tags and groups


def test_on_a_host_without_the_odd_rule_a_tag_on_a_module_is_enough(school: School) -> None:
    school.world.switches.tag_on_module_needs_restriction = False
    module_id = school.holding(assignment_id := school.assignment())
    school.assign_module(module_id, {"group_id": tag(school, "ana")})
    assert [school.sees(who, assignment_id) for who in ("ana", "ben")] == [True, False]


def test_a_page_follows_a_tag_on_its_module_though_it_is_not_restricted(school: School) -> None:
    page = school.post("pages", {"wiki_page": {"title": "Halves", "published": True}})
    module_id = school.module(published=True)
    school.item(module_id, type="Page", page_url=page["url"])
    school.assign_module(module_id, {"group_id": tag(school, "ana")})
    school.get(f"pages/{page['url']}", by="ana")
    school.get(f"pages/{page['url']}", by="ben", status=403)


def test_tags_hide_everything_once_the_account_loses_the_feature(school: School) -> None:
    tag_id = tag(school, "ana")
    overrides = [{"group_id": tag_id}]
    assignment_id = school.assignment(only_visible_to_overrides=True, assignment_overrides=overrides)
    module_id = school.module(published=True)
    school.assign_module(module_id, {"group_id": tag_id})
    assert (school.sees("ana", assignment_id), school.modules_of("ana")) == (True, ["Unit"])
    school.world.switches.tags_feature = False
    assert (school.sees("ana", assignment_id), school.modules_of("ana")) == (False, [])


@pytest.mark.parametrize(("kind", "feature"), [("group", True), ("tag", False), ("stranger", True)])
def test_only_a_tag_of_the_course_can_be_an_audience(school: School, kind: str, feature: bool) -> None:
    group_id = 999_999 if kind == "stranger" else tag(school, "ana", collaborates=kind == "group")
    school.world.switches.tags_feature = feature
    entry = {"group_id": group_id}
    body = {"assignment": {"name": "x", "assignment_overrides": [entry]}}
    school.post("assignments", body, status=400)
    module_id = school.module()
    status = 400 if kind == "tag" else 500
    school.put(f"modules/{module_id}/assignment_overrides", {"overrides": [entry]}, status=status)
    assert school.get(f"modules/{module_id}/assignment_overrides") == []


def test_an_override_for_a_tag_names_it(school: School) -> None:
    tag_id = tag(school, "ana", name="Reteach")
    assignment_id = school.assignment(assignment_overrides=[{"group_id": tag_id}])
    (shown,) = school.get(f"assignments/{assignment_id}/overrides")
    assert (shown["group_id"], shown["title"], shown["non_collaborative"]) == (tag_id, "Reteach", True)
    again = {"assignment_override": {"group_id": tag_id}}
    school.post(f"assignments/{assignment_id}/overrides", again, status=400)
    school.assign_module(module_id := school.module(), {"group_id": tag_id})
    (shown,) = school.get(f"modules/{module_id}/assignment_overrides")
    assert shown["group"] == {"id": tag_id, "name": "Reteach", "non_collaborative": True}


@pytest.mark.parametrize("what", ["tag", "set", "section"])
def test_destroying_the_last_audience_opens_the_module_but_not_a_restricted_assignment(
    school: School, what: str
) -> None:
    section_id, tag_id = school.section("Otters"), tag(school, "ana")
    target = {"course_section_id": section_id} if what == "section" else {"group_id": tag_id}
    guarded = school.assignment(only_visible_to_overrides=True, assignment_overrides=[target])
    loose = school.assignment()
    module_id = school.holding(guarded)
    school.item(module_id, type="Assignment", content_id=loose)
    school.assign_module(module_id, target)
    assert (school.modules_of("ben"), school.sees("ben", loose)) == ([], False)
    group = school.world.table(Group)[tag_id]
    if what == "section":
        school.delete(f"/sections/{section_id}")
    elif what == "tag":
        groups.delete_group(school.world, group)
    else:
        groups.delete_category(school.world, school.world.table(GroupCategory)[group.group_category_id])
    assert (school.modules_of("ben"), school.sees("ben", loose)) == (["Unit"], True)
    assert [school.sees(who, guarded) for who in ("ana", "ben")] == [False, False]
    assert school.get(f"assignments/{guarded}/overrides") == []


# everybody, nobody, observers


def test_an_override_for_the_course_is_for_everyone_and_seen_as_a_leak(school: School) -> None:
    assignment_id = school.assignment(only_visible_to_overrides=True)
    body = {"assignment_overrides": [{"course_id": school.course.id, "due_at": OWN}]}
    school.put(f"assignments/{assignment_id}/date_details", body, status=204)
    details = school.get(f"assignments/{assignment_id}/date_details")
    assert (details["visible_to_everyone"], details["overrides"][0]["course_id"]) == (True, school.course.id)
    assert school.get(f"assignments/{assignment_id}", by="ben")["due_at"] == OWN
    assert school.holds_row("ben", assignment_id)


@pytest.mark.parametrize(("unassigned", "assigned", "sees"), [
    ("section", "adhoc", True), ("adhoc", "section", False), ("section", "section", False),
])  # fmt: skip
def test_unassigning_follows_the_order_of_canvas(
    school: School, unassigned: str, assigned: str, sees: bool
) -> None:
    home, own = school.home.id, [school.id_of("ana")]
    assignment_id = school.assignment(only_visible_to_overrides=True)
    for kind, off in ((assigned, False), (unassigned, True)):
        target = {"student_ids": own} if kind == "adhoc" else {"course_section_id": home}
        school.world.add(
            AssignmentOverride(
                course_id=school.course.id, content=("Assignment", assignment_id), unassign_item=off, **target
            )
        )
    assert school.sees("ana", assignment_id) is sees


def test_observers_see_what_their_children_see_together_and_without_a_child_all(school: School) -> None:
    for login in ("ana", "ben"):
        module_id = school.module(login, published=True)
        school.assign_module(module_id, {"student_ids": [school.id_of(login)]})
        assignment_id = school.assignment(login, only_visible_to_overrides=True)
        school.item(module_id, type="Assignment", content_id=assignment_id)
    parent, _ = school.join("parent", "ObserverEnrollment"), school.join("stranger", "ObserverEnrollment")
    (linked,) = school.world.find(Enrollment, user_id=parent.id)
    linked.associated_user_id = school.id_of("ana")
    names = {by: [a["name"] for a in school.get("assignments", by=by)] for by in ("parent", "stranger")}
    assert names == {"parent": ["ana"], "stranger": ["ana", "ben"]}
    assert (school.modules_of("parent"), school.modules_of("stranger")) == (["ana"], ["ana", "ben"])


def test_who_leaves_the_course_leaves_assignments_lists_but_not_modules(school: School) -> None:
    both = {"student_ids": [school.id_of("ana"), school.id_of("ben")], "title": "both"}
    only = {"student_ids": [school.id_of("cleo")], "title": "only"}
    assignment_id = school.assignment(only_visible_to_overrides=True, assignment_overrides=[both, only])
    module_id = school.module(published=True)
    school.assign_module(module_id, only)
    rows = {e["user_id"]: e["id"] for e in school.get("enrollments?per_page=100")}
    for login in ("ana", "cleo"):
        school.delete(f"enrollments/{rows[school.id_of(login)]}?task=delete")
    (left,) = school.get(f"assignments/{assignment_id}/overrides")
    assert (left["title"], left["student_ids"]) == ("both", [school.id_of("ben")])
    assert school.get(f"assignments/{assignment_id}")["only_visible_to_overrides"] is True
    (kept,) = school.get(f"modules/{module_id}/assignment_overrides")
    assert [s["id"] for s in kept["students"]] == [school.id_of("cleo")]
