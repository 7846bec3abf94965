"""Assignments and their overrides, traps included."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lms_school import School

from sandbox.world.model import Enrollment, LineItem, LtiKey, Notice, Submission

DUE, LATER = "2026-10-01T12:00:00Z", "2026-10-08T12:00:00Z"


def restricted(school: School, **fields: Any) -> int:
    override = {"student_ids": [school.id_of("ana")], "title": "Ana", "due_at": DUE}
    return school.assignment(
        only_visible_to_overrides=True, due_at=DUE, assignment_overrides=[override], **fields
    )


# creating


def test_an_assignment_is_unpublished_unless_told(school: School) -> None:
    made = school.post("assignments", {"assignment": {"name": "x"}}, status=201)
    assert (made["published"], made["workflow_state"], made["points_possible"]) == (False, "unpublished", 0)


def test_create_sets_all_at_once_with_its_audience(school: School) -> None:
    section_id = school.section("Otters", "ben")
    group = school.post("assignment_groups", {"name": "Regroup"})["id"]
    body = {
        "name": "Check", "points_possible": 5, "submission_types": ["external_tool"], "published": False,
        "omit_from_final_grade": True, "hide_in_gradebook": True, "post_to_sis": False,
        "suppress_assignment": True,
        "assignment_group_id": group,
        "only_visible_to_overrides": True,
        "external_tool_tag_attributes": {"url": "http://t.example/launch?p=1"},
        "assignment_overrides": [
            {"student_ids": [school.id_of("ana")], "title": "pl"}, {"course_section_id": section_id},
        ],
    }  # fmt: skip
    made = school.post("assignments", {"assignment": body}, status=201)
    shown = school.get(f"assignments/{made['id']}?include[]=overrides&include[]=assignment_visibility")
    kept = ("name", "omit_from_final_grade", "hide_in_gradebook", "post_to_sis", "assignment_group_id")
    for name in (*kept, "suppress_assignment"):
        assert shown[name] == body[name]
    assert shown["external_tool_tag_attributes"]["url"] == "http://t.example/launch?p=1"
    assert [o["title"] for o in shown["overrides"]] == ["pl", "Otters"]
    assert (shown["only_visible_to_overrides"], shown["visible_to_everyone"]) == (True, False)
    assert {who: school.holds_row(who, made["id"]) for who in ("ana", "ben", "cleo")} == {
        "ana": True, "ben": True, "cleo": False,
    }  # fmt: skip


def test_names_need_not_be_unique(school: School) -> None:
    assert school.assignment("Same") != school.assignment("Same")


def test_a_form_body_is_read_as_rails_reads_it(school: School) -> None:
    form = {
        "assignment[name]": "Form", "assignment[published]": "true",
        "assignment[submission_types][]": "online_url",
        "assignment[assignment_overrides][0][student_ids][]": str(school.id_of("ana")),
        "assignment[assignment_overrides][0][title]": "A",
    }  # fmt: skip
    answer = school.call("POST", "assignments?include[]=overrides", data=form)
    assert answer.status_code == 201
    made = answer.get_json()
    assert (made["published"], made["submission_types"]) == (True, ["online_url"])
    assert made["overrides"][0]["student_ids"] == [school.id_of("ana")]


@pytest.mark.parametrize("fields", [
    {"name": ""}, {"name": "   "}, {"name": "x" * 256}, {"due_at": "next Tuesday"},
    {"points_possible": "five"},
    {"points_possible": -1}, {"points_possible": "NaN"}, {"grading_type": "stars"},
    {"submission_types": ["song"]},
    {"assignment_overrides": [{"student_ids": [999_999], "title": "x"}]},
    {"assignment_overrides": [{"student_ids": ["zoe"], "title": "x"}]},
    {"assignment_overrides": [{"student_ids": [], "title": "x"}]},
    {"assignment_overrides": [{"student_ids": ["{ana}"]}]},
    {"assignment_overrides": [{"course_section_id": 999_999}]},
    {"assignment_overrides": [{"title": "for nobody"}]},
    {"assignment_overrides": [{"group_id": 7}]},
    {"assignment_overrides": ["everyone"]},
    {"assignment_overrides": [{"student_ids": ["{ana}"], "title": "x", "due_at": "soon"}]},
    {"assignment_overrides": [{"student_ids": ["{ana}"], "title": t} for t in ("a", "b")]},
    {"external_tool_tag_attributes": {"url": "http://t.example", "custom_params": {"a": {"b": 1}}}},
    {"external_tool_tag_attributes": "http://t.example"},
])  # fmt: skip
def test_a_bad_assignment_is_refused_whole(school: School, fields: dict[str, Any]) -> None:
    text = json.dumps({"name": "Bad"} | fields).replace('"{ana}"', str(school.id_of("ana")))
    answer = school.call(
        "POST", "assignments", data=f'{{"assignment": {text}}}', content_type="application/json"
    )
    assert answer.status_code == 400, answer.text
    assert school.get("assignments") == []
    assert not school.world.table(Submission)


def test_broken_json_is_a_bad_request(school: School) -> None:
    answer = school.call("POST", "assignments", data='{"assignment": {', content_type="application/json")
    assert answer.status_code == 400


def test_sis_keys_vanish_silently_for_a_teacher(school: School) -> None:
    body = {"assignment": {"name": "x", "sis_assignment_id": "S", "integration_id": "I"}}
    made = school.post("assignments", body, status=201)
    assert (made["sis_assignment_id"], made["integration_id"]) == (None, None)


@pytest.mark.parametrize("by", ["ana", "stranger"])
def test_who_may_not_makes_no_assignment(school: School, by: str) -> None:
    school.join("stranger", "ObserverEnrollment")
    school.post("assignments", {"assignment": {"name": "x"}}, by=by, status=403)


# changing


def test_put_keeps_what_is_absent(school: School) -> None:
    assignment_id = restricted(school)
    school.put(f"assignments/{assignment_id}", {"assignment": {"name": "New"}})
    shown = school.get(f"assignments/{assignment_id}?include[]=overrides")
    assert (shown["name"], shown["only_visible_to_overrides"], len(shown["overrides"])) == ("New", True, 1)


def test_put_overrides_is_a_full_sync_by_id(school: School) -> None:
    assignment_id = restricted(school)
    own = school.get(f"assignments/{assignment_id}/overrides")[0]
    both = [
        {"id": own["id"], "student_ids": [school.id_of("ben")]},
        {"student_ids": [school.id_of("cleo")], "title": "Cleo"},
    ]
    school.put(f"assignments/{assignment_id}", {"assignment": {"assignment_overrides": both}})
    now = school.get(f"assignments/{assignment_id}/overrides")
    assert [(o["id"] == own["id"], o["student_ids"]) for o in now] == [
        (True, [school.id_of("ben")]), (False, [school.id_of("cleo")]),
    ]  # fmt: skip
    assert "due_at" not in now[0], "dates that were not sent again are cleared"
    school.put(f"assignments/{assignment_id}", {"assignment": {"assignment_overrides": []}})
    assert school.get(f"assignments/{assignment_id}/overrides") == []
    assert not school.sees("cleo", assignment_id)


@pytest.mark.parametrize(("change", "stays"), [
    ({"due_at": LATER}, False),
    ({"due_at": None}, False),
    ({"due_at": LATER, "only_visible_to_overrides": "true"}, False),
    ({"due_at": LATER, "only_visible_to_overrides": True}, True),
    ({"due_at": DUE}, True),
    ({"name": "x"}, True),
])  # fmt: skip
def test_a_changed_due_date_opens_a_restricted_assignment_unless_true_is_sent_again(
    school: School, change: dict[str, Any], stays: bool
) -> None:
    assignment_id = restricted(school)
    school.put(f"assignments/{assignment_id}", {"assignment": change})
    assert school.get(f"assignments/{assignment_id}")["only_visible_to_overrides"] is stays
    assert school.sees("cleo", assignment_id) is not stays


def test_work_keeps_an_assignment_published(school: School) -> None:
    assignment_id = school.assignment()
    hand_in = {"submission": {"submission_type": "online_text_entry", "body": "7/8"}}
    school.post(f"assignments/{assignment_id}/submissions", hand_in, by="ana", status=201)
    answer = school.put(f"assignments/{assignment_id}", {"assignment": {"published": False}}, status=400)
    assert "student submissions" in answer["errors"]["published"][0]["message"]
    assert school.get(f"assignments/{assignment_id}")["unpublishable"] is False


def test_a_deleted_assignment_is_gone_with_its_items_and_rows(school: School) -> None:
    assignment_id = school.assignment()
    module_id = school.holding(assignment_id)
    school.delete(f"assignments/{assignment_id}")
    school.get(f"assignments/{assignment_id}", status=404)
    school.delete(f"assignments/{assignment_id}", status=404)
    assert school.get(f"modules/{module_id}/items") == []
    assert not school.holds_row("ana", assignment_id)


def test_base_dates_are_shown_only_when_asked_for(school: School) -> None:
    overrides = [{"student_ids": [school.id_of("ana")], "title": "A", "due_at": LATER}]
    assignment_id = school.assignment(due_at=DUE, assignment_overrides=overrides)
    path = f"assignments/{assignment_id}"
    assert school.get(path)["due_at"] == LATER
    assert school.get(f"{path}?override_assignment_dates=false")["due_at"] == DUE
    assert school.get(path, by="ben")["due_at"] == DUE


def test_all_dates_go_missing_from_25_overrides_on(school: School) -> None:
    overrides = [{"course_section_id": school.section(f"S{n}")} for n in range(25)]
    assignment_id = school.assignment(assignment_overrides=overrides)
    shown = school.get(f"assignments/{assignment_id}?include[]=all_dates&include[]=overrides")
    assert (shown["all_dates"], len(shown["overrides"])) == ([], 25)


@pytest.mark.parametrize("query", ["assignment_ids[]=999999", "&".join(["assignment_ids[]=1"] * 101)])
def test_unknown_or_too_many_ids_refuse_the_list(school: School, query: str) -> None:
    school.get(f"assignments?{query}", status=400)


def test_a_student_gets_no_staff_fields_and_no_hidden_assignment(school: School) -> None:
    shown = school.get(f"assignments/{school.assignment()}?include[]=overrides", by="ana")
    assert not {"overrides", "visible_to_everyone", "needs_grading_count", "sis_assignment_id"} & set(shown)
    hidden = restricted(school)
    school.get(f"assignments/{hidden}", by="ben", status=403)
    school.get(f"assignments/{hidden}/overrides", by="ana", status=403)


# overrides one by one


def test_an_override_is_made_changed_and_deleted(school: School) -> None:
    assignment_id = school.assignment(only_visible_to_overrides=True)
    path = f"assignments/{assignment_id}/overrides"
    body = {"assignment_override": {"student_ids": [school.id_of("ana")], "title": "A", "due_at": DUE}}
    made = school.post(path, body, status=201)
    assert school.sees("ana", assignment_id)
    changed = school.put(
        f"{path}/{made['id']}", {"assignment_override": {"student_ids": [school.id_of("ben")]}}
    )
    assert changed["student_ids"] == [school.id_of("ben")]
    assert "due_at" not in changed
    assert (school.sees("ana", assignment_id), school.sees("ben", assignment_id)) == (False, True)
    school.delete(f"{path}/{made['id']}")
    school.get(f"{path}/{made['id']}", status=404)
    assert not school.sees("ben", assignment_id)


@pytest.mark.parametrize("kind", ["section", "student"])
def test_a_target_is_assigned_once_only(school: School, kind: str) -> None:
    target: dict[str, Any] = (
        {"course_section_id": school.section()}
        if kind == "section"
        else {"student_ids": [school.id_of("ana")], "title": "A"}
    )
    path = f"assignments/{school.assignment()}/overrides"
    school.post(path, {"assignment_override": target}, status=201)
    answer = school.post(path, {"assignment_override": target}, status=400)
    assert "already assigned" in answer["errors"][0]
    assert len(school.get(path)) == 1


def test_leaving_the_course_leaves_ad_hoc_overrides_and_an_emptied_one_goes(school: School) -> None:
    assignment_id = restricted(school)
    row = next(e for e in school.get("enrollments?per_page=100") if e["user_id"] == school.id_of("ana"))
    school.delete(f"enrollments/{row['id']}?task=delete")
    assert school.get(f"assignments/{assignment_id}/overrides") == []
    assert school.get(f"assignments/{assignment_id}")["only_visible_to_overrides"] is True


def test_date_details_replace_the_audience_of_an_assignment(school: School) -> None:
    assignment_id = school.assignment()
    body = {
        "only_visible_to_overrides": True,
        "assignment_overrides": [{"course_section_id": school.section("O", "ben")}],
    }
    school.put(f"assignments/{assignment_id}/date_details", body, status=204)
    assert [school.sees(who, assignment_id) for who in ("ana", "ben")] == [False, True]
    details = school.get(f"assignments/{assignment_id}/date_details")
    assert (details["visible_to_everyone"], len(details["overrides"])) == (False, 1)


# line items


def test_an_assignment_that_a_known_tool_opens_has_a_coupled_line_item(school: School) -> None:
    school.world.add(
        LtiKey(
            account_id=school.made.account.id, client_id="100", name="Regroup",
            login_url="http://t.example/l",
            redirect_uris=[], jwks_url="http://t.example/j", target_link_uri="http://t.example/launch",
        )
    )  # fmt: skip
    tag = {"url": "http://t.example/launch?playlist=1", "line_item": {"resourceId": "pl-1", "tag": "mastery"}}
    other = {"url": "http://other.example/launch"}
    known = school.assignment(submission_types=["external_tool"], external_tool_tag_attributes=tag)
    school.assignment(submission_types=["external_tool"], external_tool_tag_attributes=other)
    items = school.world.live(LineItem)
    assert [(i.assignment_id, i.resource_id, i.tag, i.coupled, i.client_id) for i in items] == [
        (known, "pl-1", "mastery", True, "100")
    ]
    school.put(f"assignments/{known}", {"assignment": {"name": "Renamed"}})
    assert items[0].label == "Renamed"


def test_deleting_a_group_deletes_or_moves_its_assignments(school: School) -> None:
    one, two, keep = (school.post("assignment_groups", {"name": n})["id"] for n in ("One", "Two", "Keep"))
    gone = school.assignment(assignment_group_id=one)
    moved = school.assignment(assignment_group_id=two)
    school.delete(f"assignment_groups/{one}")
    school.delete(f"assignment_groups/{two}?move_assignments_to={keep}")
    school.get(f"assignments/{gone}", status=404)
    assert school.get(f"assignments/{moved}")["assignment_group_id"] == keep


# dates of many at once


def run_bulk(school: School, body: object) -> dict[str, Any]:
    job = school.put("assignments/bulk_update", body)
    done: dict[str, Any] = school.get(f"/progress/{job['id']}")
    return done


@pytest.mark.parametrize(("body", "status"), [
    ({"id": 1}, 400), ([{"all_dates": []}], 400), ([{"id": 999_999}], 404), ("", 400),
])  # fmt: skip
def test_a_bulk_of_dates_that_is_none_is_refused(school: School, body: object, status: int) -> None:
    school.put("assignments/bulk_update", body, status=status)


def test_bulk_dates_never_open_a_restricted_assignment(school: School) -> None:
    assignment_id = restricted(school)
    override = school.get(f"assignments/{assignment_id}/overrides")[0]["id"]
    dates = [{"base": True, "due_at": LATER}, {"id": override, "lock_at": LATER}]
    done = run_bulk(school, [{"id": assignment_id, "all_dates": dates}])
    assert (done["workflow_state"], done["results"]) == ("completed", {"updated_count": 1})
    shown = school.get(f"assignments/{assignment_id}?override_assignment_dates=false&include[]=overrides")
    assert (shown["due_at"], shown["only_visible_to_overrides"]) == (LATER, True)
    assert "due_at" not in shown["overrides"][0], "what was not sent again is no longer overridden"
    assert shown["overrides"][0]["lock_at"] == LATER


def test_one_foreign_override_fails_the_whole_bulk(school: School) -> None:
    good, other = school.assignment("Good", due_at=DUE), school.assignment("Other", due_at=DUE)
    body = [
        {"id": good, "all_dates": [{"base": True, "due_at": LATER}]},
        {"id": other, "all_dates": [{"id": 999_999, "due_at": LATER}]},
    ]
    done = run_bulk(school, body)
    assert (done["workflow_state"], "999999" in done["results"]["message"]) == ("failed", True)
    assert school.get(f"assignments/{good}")["due_at"] == DUE


# rights, lists, notices


def test_points_of_graded_work_are_for_those_who_grade(school: School) -> None:
    school.join("des", "DesignerEnrollment")
    assignment_id = school.assignment()
    school.put(f"assignments/{assignment_id}", {"assignment": {"points_possible": 6}}, by="des")
    place = f"assignments/{assignment_id}/submissions/{school.id_of('ana')}"
    school.put(place, {"submission": {"posted_grade": "4"}})
    body = {"assignment": {"points_possible": 7}}
    school.put(f"assignments/{assignment_id}", body, by="des", status=403)
    assert school.put(f"assignments/{assignment_id}", body)["points_possible"] == 7
    assert school.get(place)["score"] == 4.0, "a score is points: it stays what it was"


def test_the_list_can_be_only_what_goes_to_the_sis(school: School) -> None:
    sent, _ = school.assignment("Sent", post_to_sis=True), school.assignment("Not")
    assert [a["id"] for a in school.get("assignments?post_to_sis=true")] == [sent]
    rows = school.get("students/submissions?student_ids[]=all&post_to_sis=true")
    assert rows == [], "and of students only those whom the school's information system enrolled"


def told(school: School, kind: str) -> set[str]:
    people = {school.id_of(who): who for who in ("ana", "ben", "cleo", "dad")}
    return {people[n.user_id] for n in school.world.find(Notice, kind=kind)}


def watched(school: School) -> None:
    dad = school.join("dad", "ObserverEnrollment")
    next(iter(school.world.live(Enrollment, user_id=dad.id))).associated_user_id = school.id_of("ana")


def test_a_new_assignment_is_told_once_it_is_published_to_those_who_see_it(school: School) -> None:
    watched(school)
    assignment_id = restricted(school, published=False)
    assert told(school, "Assignment Created") == set()
    school.put(f"assignments/{assignment_id}", {"assignment": {"published": True}})
    assert told(school, "Assignment Created") == {"ana", "dad"}
    school.world.table(Notice).clear()
    school.assignment("For all")
    assert told(school, "Assignment Created") == {"ana", "ben", "cleo", "dad"}


@pytest.mark.parametrize("published", [True, False])
def test_a_changed_date_is_told_to_those_it_is_for(school: School, published: bool) -> None:
    watched(school)
    override = {"student_ids": [school.id_of("ana")], "title": "Ana", "due_at": DUE}
    assignment_id = school.assignment(due_at=DUE, assignment_overrides=[override], published=published)
    school.world.table(Notice).clear()
    body = {"due_at": LATER, "assignment_overrides": [override | {"due_at": LATER}]}
    school.put(f"assignments/{assignment_id}", {"assignment": body})
    school.put(f"assignments/{assignment_id}", {"assignment": {"points_possible": 9}})
    everyone = {"ana", "ben", "cleo", "dad"}
    wanted = ({"ben", "cleo"}, {"ana", "dad"}, everyone) if published else (set(), set(), set())
    kinds = ("Due Date Changed", "Due Date Override Changed", "Changed")
    assert tuple(told(school, f"Assignment {kind}") for kind in kinds) == wanted


@pytest.mark.parametrize(("bucket", "wanted"), [
    ("past", ["Old"]), ("overdue", ["Old"]), ("undated", ["None"]), ("upcoming", ["Soon"]),
    ("future", ["Soon", "Far", "None"]), ("ungraded", ["Soon"]), ("unsubmitted", ["Old", "Far", "None"]),
])  # fmt: skip
def test_buckets_sort_the_list(school: School, bucket: str, wanted: list[str]) -> None:
    dates = {"Old": "2026-09-01T08:00:00Z", "Soon": "2026-09-10T08:00:00Z", "Far": DUE, "None": None}
    made = {name: school.assignment(name, due_at=due) for name, due in dates.items()}
    body = {"submission": {"submission_type": "online_text_entry", "body": "x"}}
    school.post(f"assignments/{made['Soon']}/submissions", body, by="ana", status=201)
    assert [a["name"] for a in school.get(f"assignments?bucket={bucket}", by="ana")] == wanted


def test_an_unknown_bucket_is_refused(school: School) -> None:
    school.assignment()
    school.get("assignments?bucket=leaky", status=400)
