"""Copying a course: what comes along, what stays behind, and who sees the copy."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from lms_school import School

from sandbox.classes.school import open_course
from sandbox.platform.facts import launch_facts
from sandbox.platform.variables import expand
from sandbox.world import people
from sandbox.world.copying import course_history
from sandbox.world.mastery import align, outcomes_of
from sandbox.world.model import (
    Assignment,
    AssignmentOverride,
    Course,
    LineItem,
    LtiKey,
    Module,
    ModuleItem,
    ModuleOverride,
    Notice,
    Outcome,
    OutcomeResult,
    ResourceLink,
    Submission,
    User,
    WikiPage,
)


@pytest.fixture
def next_year(school: School) -> Course:
    """Another course of the same teachers, with Ben in it."""
    made = open_course(school.world, "Grade 4 next year", "G4N", "Home")
    people.put_in(school.world, made.home, school.world.get(User, school.id_of("ben")), "StudentEnrollment")  # type: ignore[arg-type]
    return made.course


def copy(school: School, target: Course, **more: Any) -> dict[str, Any]:
    body = {
        "migration_type": "course_copy_importer",
        "settings": {"source_course_id": str(school.course.id)},
        **more,
    }
    made: dict[str, Any] = school.post(f"/courses/{target.id}/content_migrations", body)
    return made


def unit(school: School, *, published: bool = True) -> tuple[int, int]:
    """Our kind of unit: restricted check, module for Ana only. Its module and assignment."""
    check = school.assignment(
        "Check", only_visible_to_overrides=True, published=published, due_at="2026-10-01T12:00Z"
    )
    module = school.holding(check, published=published)
    school.assign_module(module, {"student_ids": [school.id_of("ana")]})
    return module, check


def names(school: School, course: Course, kind: str, *, by: str = "rivera") -> list[str]:
    rows = school.get(f"/courses/{course.id}/{kind}?per_page=100", by=by)
    return [row.get("name") or row["title"] for row in rows]


# refusals


@pytest.mark.parametrize(("body", "message"), [
    ({}, "Invalid migration_type"),
    ({"migration_type": "common_cartridge_importer"}, "File upload is required"),
    ({"migration_type": "course_copy_importer"}, "A course copy requires a source course."),
    ({"migration_type": "course_copy_importer", "settings": {"source_course_id": "9"}},
     "The source course was not found."),
])  # fmt: skip
def test_a_copy_from_nowhere_is_refused(
    school: School, next_year: Course, body: dict[str, Any], message: str
) -> None:
    answer = school.post(f"/courses/{next_year.id}/content_migrations", body, status=400)
    assert answer["message"] == message


def test_who_may_not_read_the_source_as_staff_may_not_copy_it(school: School) -> None:
    other = open_course(school.world, "Elsewhere", "E", "Home")
    ana = school.world.get(User, school.id_of("ana"))
    assert ana is not None
    people.put_in(school.world, other.home, ana, "TeacherEnrollment")
    body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": school.course.id}}
    answer = school.post(f"/courses/{other.course.id}/content_migrations", body, by="ana", status=400)
    assert "not allowed" in answer["message"]
    school.post("content_migrations", body, by="ana", status=403)


# the job


def test_a_copy_is_a_job_that_ends_later(school: School, next_year: Course) -> None:
    unit(school)
    school.world.background.late = True
    made = copy(school, next_year)
    path = f"/courses/{next_year.id}/content_migrations/{made['id']}"
    assert (made["workflow_state"], school.get(path)["workflow_state"]) == ("running", "running")
    assert names(school, next_year, "modules") == []
    while school.world.background.release():
        pass
    progress = school.get(made["progress_url"].split("/api/v1")[1])
    assert (progress["workflow_state"], progress["completion"]) == ("completed", 100)
    assert school.get(path)["workflow_state"] == "completed"
    assert names(school, next_year, "modules") == ["Unit"]


# audiences


def test_no_audience_comes_along_so_a_unit_is_everybodys(school: School, next_year: Course) -> None:
    _, check = unit(school)
    assert not school.sees("ben", check)
    copy(school, next_year)
    assert names(school, next_year, "modules", by="ben") == ["Unit"]
    assert names(school, next_year, "assignments", by="ben") == ["Check"]
    assert not list(school.world.find(ModuleOverride, course_id=next_year.id))
    assert not list(school.world.find(AssignmentOverride, course_id=next_year.id))
    rows = [r for r in school.world.find(Submission, course_id=next_year.id) if r.workflow_state != "deleted"]
    assert school.id_of("ben") in {row.user_id for row in rows}


def test_where_the_host_keeps_the_restriction_the_check_is_nobodys(school: School, next_year: Course) -> None:
    unit(school)
    school.world.switches.copy_keeps_restriction = True
    copy(school, next_year)
    assert names(school, next_year, "modules", by="ben") == ["Unit"]
    assert names(school, next_year, "assignments", by="ben") == []


def test_what_was_unpublished_stays_so(school: School, next_year: Course) -> None:
    unit(school, published=False)
    copy(school, next_year)
    assert names(school, next_year, "modules") == ["Unit"]
    assert names(school, next_year, "modules", by="ben") == []
    assert names(school, next_year, "assignments", by="ben") == []


def test_nobody_is_told_and_no_work_comes_along(school: School, next_year: Course) -> None:
    _, check = unit(school)
    grade = {"submission": {"posted_grade": "4"}}
    school.put(f"assignments/{check}/submissions/{school.id_of('ana')}", grade)
    before = len(list(school.world.find(Notice)))
    copy(school, next_year)
    assert len(list(school.world.find(Notice))) == before
    assert all(row.score is None for row in school.world.find(Submission, course_id=next_year.id))


# objects


def test_sis_keys_stay_behind_and_dates_come_along_or_not(school: School, next_year: Course) -> None:
    _, check = unit(school)
    school.world.table(Assignment)[check].integration_id = "ours"
    copy(school, next_year)
    (new,) = school.world.find(Assignment, course_id=next_year.id)
    old = school.world.table(Assignment)[check]
    assert (new.integration_id, new.due_at) == (None, old.due_at)
    assert new.lti_context_id != old.lti_context_id
    assert course_history(school.world, next_year) == [school.course.lti_context_id]


@pytest.mark.parametrize(("options", "days"), [
    ({"remove_dates": True}, None),
    ({"shift_dates": True, "old_start_date": "2026-09-01", "new_start_date": "2026-09-08"}, 7),
])  # fmt: skip
def test_dates_can_be_taken_off_or_moved(
    school: School, next_year: Course, options: dict[str, Any], days: int | None
) -> None:
    _, check = unit(school)
    copy(school, next_year, date_shift_options=options)
    (new,) = school.world.find(Assignment, course_id=next_year.id)
    due = school.world.table(Assignment)[check].due_at
    assert due is not None
    assert new.due_at == (None if days is None else due + timedelta(days=days))


def test_a_tools_assignment_keeps_address_and_resource_id_on_a_new_line_item(
    school: School, next_year: Course
) -> None:
    school.world.add(
        LtiKey(
            account_id=school.made.account.id, client_id="tool", name="Tool", login_url="", redirect_uris=[],
            jwks_url="", target_link_uri="https://tool.example/launch",
        )
    )  # fmt: skip
    tag = {
        "url": "https://tool.example/launch?playlist=7",
        "custom_params": {"unit": "7"},
        "line_item": {"resourceId": "unit-7", "tag": "check"},
    }
    school.assignment("Tool", submission_types=["external_tool"], external_tool_tag_attributes=tag)
    copy(school, next_year)
    (new,) = school.world.find(Assignment, course_id=next_year.id)
    (item,) = school.world.find(LineItem, course_id=next_year.id)
    assert new.external_tool_tag_attributes is not None
    assert new.external_tool_tag_attributes["url"] == tag["url"]
    assert new.external_tool_tag_attributes["custom_params"] == {"unit": "7"}
    assert (item.resource_id, item.tag, item.resource_link_id) == ("unit-7", "check", new.lti_context_id)


def test_modules_keep_order_prerequisites_and_requirements(school: School, next_year: Course) -> None:
    first, check = unit(school)
    second = school.module("Second", published=True)
    school.put(
        f"modules/{second}", {"module": {"prerequisite_module_ids": [first], "publish_final_grade": True}}
    )
    need = {"type": "min_score", "min_score": 3}
    school.item(second, type="Assignment", content_id=check, completion_requirement=need)
    school.item(
        second, type="ExternalUrl", external_url=f"https://tool.example/?module={second}", title="Link"
    )
    school.item(second, type="SubHeader", title="Head")
    copy(school, next_year)
    one, two = school.get(f"/courses/{next_year.id}/modules?include[]=items")
    assert [one["name"], two["name"]] == ["Unit", "Second"]
    assert (two["prerequisite_module_ids"], two["publish_final_grade"]) == ([one["id"]], False)
    kinds = [(item["type"], item["published"]) for item in two["items"]]
    assert kinds == [("Assignment", True), ("ExternalUrl", False), ("SubHeader", False)]
    assert two["items"][0]["completion_requirement"]["min_score"] == 3
    assert two["items"][0]["content_id"] != check
    assert two["items"][1]["external_url"] == f"https://tool.example/?module={second}"


def test_pages_keep_state_and_lead_to_the_copies_and_the_front_page_is_one(
    school: School, next_year: Course
) -> None:
    check = school.assignment()
    body = f'<a href="/courses/{school.course.id}/assignments/{check}">go</a>'
    school.post("pages", {"wiki_page": {"title": "Halves", "body": body, "published": True}})
    page = next(school.world.find(WikiPage, course_id=school.course.id))
    page.only_visible_to_overrides = True
    page.front_page = True
    there = {"wiki_page": {"title": "Halves", "published": True, "front_page": True}}
    school.post(f"/courses/{next_year.id}/pages", there)
    copy(school, next_year)
    (new,) = school.world.find(Assignment, course_id=next_year.id)
    shown = school.get(f"/courses/{next_year.id}/front_page", by="ben")
    assert shown["url"] == "halves-2"
    assert f"/courses/{next_year.id}/assignments/{new.id}" in shown["body"]


def test_outcomes_come_without_results(school: School, next_year: Course) -> None:
    world, course = school.world, school.course
    own = world.add(Outcome(context_type="Course", context_id=course.id, title="Theme", vendor_guid="RL.2"))
    check = world.table(Assignment)[school.assignment()]
    align(world, own, check)
    world.add(
        OutcomeResult(
            course_id=course.id, outcome_id=own.id, user_id=school.id_of("ben"), score=3, possible=4
        )
    )
    copy(school, next_year)
    (new,) = outcomes_of(world, next_year)
    assert (new.id != own.id, new.vendor_guid) == (True, "RL.2")
    assert school.get(f"/courses/{next_year.id}/outcome_results")["outcome_results"] == []
    aligned = school.get(f"/courses/{next_year.id}/outcome_alignments?student_id={school.id_of('ben')}")
    assert [each["learning_outcome_id"] for each in aligned] == [new.id]


# again, and in part


def test_a_second_copy_brings_up_to_date_and_doubles_nothing(school: School, next_year: Course) -> None:
    _, check = unit(school)
    copy(school, next_year)
    (new,) = school.world.find(Assignment, course_id=next_year.id)
    new.workflow_state = "unpublished"
    school.put(f"assignments/{check}", {"assignment": {"name": "Check 2"}})
    copy(school, next_year)
    (again,) = school.world.find(Assignment, course_id=next_year.id)
    assert (again.name, again.workflow_state) == ("Check 2", "unpublished")
    assert names(school, next_year, "modules") == ["Unit"]


def test_one_module_can_be_copied_with_what_it_holds(school: School, next_year: Course) -> None:
    module, _ = unit(school)
    school.assignment("Other")
    school.module("Elsewhere")
    copy(school, next_year, select={"modules": [module]})
    assert names(school, next_year, "modules") == ["Unit"]
    assert names(school, next_year, "assignments") == ["Check"]
    assert [m.position for m in school.world.find(Module, course_id=next_year.id)] == [1]


# new courses


def test_an_admin_makes_a_course_to_copy_into(school: School) -> None:
    unit(school)
    account = school.course.account_id
    school.post(f"/accounts/{account}/courses", {"course": {"name": "New"}}, status=403)
    body = {"course": {"name": "New"}, "enroll_me": True}
    made = school.post(f"/accounts/{account}/courses", body, by="admin")
    assert (made["name"], made["workflow_state"]) == ("New", "unpublished")
    order = {"migration_type": "course_copy_importer", "settings": {"source_course_id": school.course.id}}
    school.post(f"/courses/{made['id']}/content_migrations", order, by="admin")
    assert [m["name"] for m in school.get(f"/courses/{made['id']}/modules", by="admin")] == ["Unit"]


# the tool


def test_a_link_of_the_tool_is_found_again_by_its_lookup_uuid(school: School, next_year: Course) -> None:
    world = school.world
    module = school.module()
    item = school.item(module, type="ExternalUrl", external_url="https://tool.example/", title="Play")["id"]
    old = world.add(
        ResourceLink(
            lti_key_id=1, resource_link_uuid="a", lookup_uuid="b", course_id=school.course.id,
            module_item_id=item, custom={"unit": "7"},
        )
    )  # fmt: skip
    copy(school, next_year)
    copy(school, next_year)
    (new,) = world.find(ResourceLink, course_id=next_year.id)
    (placed,) = world.find(ModuleItem, course_id=next_year.id)
    assert (new.lookup_uuid, new.custom, new.module_item_id) == ("b", {"unit": "7"}, placed.id)
    assert new.resource_link_uuid != old.resource_link_uuid


def test_a_launch_names_the_courses_it_was_copied_from(school: School, next_year: Course) -> None:
    third = open_course(school.world, "And after", "G4A", "Home").course
    copy(school, next_year)
    body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": next_year.id}}
    school.post(f"/courses/{third.id}/content_migrations", body)
    tool = LtiKey(
        account_id=school.made.account.id, client_id="tool", name="Tool", login_url="", redirect_uris=[],
        jwks_url="", target_link_uri="https://tool.example/launch",
    )  # fmt: skip
    user = school.world.table(User)[school.id_of("rivera")]
    facts = launch_facts(
        school.world, issuer="https://lms", tool=tool, deployment_id="1", user=user, course=third,
        placement="course_navigation",
    )  # fmt: skip
    before = f"{next_year.lti_context_id},{school.course.lti_context_id}"
    assert expand({"h": "$Context.id.history"}, facts) == {"h": before}
