"""Many overrides in one call, and what a section-limited teacher reads and destroys."""

from __future__ import annotations

from typing import Any

import pytest
from lms_audience import tag
from lms_school import School

from sandbox.world.model import Enrollment, Notice

DUE, LATER = "2026-10-01T12:00:00Z", "2026-10-08T12:00:00Z"


def titles(school: School, assignment_id: int) -> list[str]:
    return [o["title"] for o in school.get(f"assignments/{assignment_id}/overrides")]


# many in one call


@pytest.mark.parametrize(("entries", "errors"), [
    ([], ["no assignment override data present"]),
    (["x"], ["must specify an array of overrides"]),
    ([{"title": "x"}, {"assignment_id": "{a}"}], [["must specify an assignment id"], None]),
    ([{"assignment_id": "{a}", "id": 7}], [["may not specify an override id"]]),
    ([{"assignment_id": "{a}", "course_section_id": "{s}"}, {"assignment_id": 999_999}],
     [None, ["assignment not found"]]),
    ([{"assignment_id": "{a}", "course_section_id": "{s}"}, {"assignment_id": "{a}"}],
     [None, ["one of student_ids, group_id, or course_section_id is required"]]),
])  # fmt: skip
def test_a_bad_entry_refuses_the_whole_batch(school: School, entries: list[Any], errors: list[Any]) -> None:
    assignment_id, section_id = school.assignment(), school.section()
    ids = {"{a}": assignment_id, "{s}": section_id}
    sent = [{k: ids.get(str(v), v) for k, v in e.items()} if isinstance(e, dict) else e for e in entries]
    answer = school.post("assignments/overrides", {"assignment_overrides": sent}, status=400)
    assert answer["errors"] == errors
    assert titles(school, assignment_id) == []


def test_a_target_named_twice_refuses_the_whole_batch(school: School) -> None:
    one, section_id = school.assignment(), school.section()
    entry = {"assignment_id": one, "course_section_id": section_id}
    school.post("assignments/overrides", {"assignment_overrides": [entry, entry]}, status=400)
    assert titles(school, one) == []
    school.post("assignments/overrides", {"assignment_overrides": [entry]})
    school.post("assignments/overrides", {"assignment_overrides": [entry]}, status=400)


def test_a_batch_makes_changes_and_reads_overrides_of_several_assignments(school: School) -> None:
    one, two, section_id = school.assignment("One"), school.assignment("Two"), school.section()
    made = school.post(
        "assignments/overrides",
        {"assignment_overrides": [
            {"assignment_id": one, "course_section_id": section_id, "due_at": DUE},
            {"assignment_id": two, "student_ids": [school.id_of("ana")], "title": "A", "due_at": DUE},
            {"assignment_id": two, "group_id": tag(school, "ben")},
        ]},
    )  # fmt: skip
    assert [o["title"] for o in made] == ["Otters", "A", "Tag"]
    change = {"assignment_id": two, "id": made[1]["id"], "title": "B"}
    (changed,) = school.put("assignments/overrides", {"assignment_overrides": [change]})
    assert (changed["title"], "due_at" in changed) == ("B", False)
    pairs = [(two, made[1]["id"]), (one, 999_999), (one, made[0]["id"])]
    query = "&".join(
        f"assignment_overrides[][id]={o}&assignment_overrides[][assignment_id]={a}" for a, o in pairs
    )
    read = school.get(f"assignments/overrides?{query}")
    assert [o and o["title"] for o in read] == ["B", None, "Otters"]


@pytest.mark.parametrize(("by", "status"), [("ana", 403), ("tom", 200)])
def test_batches_are_for_those_who_edit_assignments(school: School, by: str, status: int) -> None:
    entry = {"assignment_id": school.assignment(), "course_section_id": school.section()}
    school.post("assignments/overrides", {"assignment_overrides": [entry]}, by=by, status=status)


def test_date_details_have_a_page_of_overrides_with_names(school: School) -> None:
    entries = [{"course_section_id": school.section(f"S{n}")} for n in range(11)]
    entries.append({"student_ids": [school.id_of("ana")], "title": "A"})
    assignment_id = school.assignment(assignment_overrides=entries)
    place = f"assignments/{assignment_id}/date_details"
    assert len(school.get(place)["overrides"]) == 10
    last = school.get(f"{place}?page=2")["overrides"][-1]
    assert last["students"] == [{"id": school.id_of("ana"), "name": "Ana Doe"}]
    school.get(place, by="ana", status=403)


def test_date_details_open_a_restricted_assignment_as_its_own_put_does(school: School) -> None:
    assignment_id = school.assignment(only_visible_to_overrides=True)
    place = f"assignments/{assignment_id}/date_details"
    school.put(place, {"due_at": DUE, "only_visible_to_overrides": True}, status=204)
    assert school.get(place)["only_visible_to_overrides"] is True
    school.put(place, {"due_at": None}, status=204)
    assert school.get(place)["visible_to_everyone"] is True


# a section-limited teacher


@pytest.fixture
def limited(school: School) -> School:
    """The school, whose TA is limited to a section with Ana."""
    section_id = school.section("Otters", "ana")
    for row in school.world.find(Enrollment, user_id=school.id_of("tom")):
        row.section_id, row.limit_privileges_to_course_section = section_id, True
    return school


def test_he_reads_his_own_students_of_a_module_but_replaces_the_list_for_all(limited: School) -> None:
    module_id = limited.module(published=True)
    limited.assign_module(module_id, {"student_ids": [limited.id_of("ana"), limited.id_of("ben")]})
    (read,) = limited.get(f"modules/{module_id}/assignment_overrides", by="tom")
    assert [s["name"] for s in read["students"]] == ["Ana Doe"]
    back = {"id": read["id"], "student_ids": [s["id"] for s in read["students"]]}
    place = f"modules/{module_id}/assignment_overrides"
    limited.put(place, {"overrides": [back]}, by="tom", status=204)
    assert limited.modules_of("ben") == []


def test_what_he_does_not_see_of_an_assignment_stays(limited: School) -> None:
    overrides = [{"student_ids": [limited.id_of(who)], "title": who} for who in ("ana", "ben")]
    assignment_id = limited.assignment(only_visible_to_overrides=True, assignment_overrides=overrides)
    read = limited.get(f"assignments/{assignment_id}/overrides", by="tom")
    assert [o["title"] for o in read] == ["ana"]
    limited.put(f"assignments/{assignment_id}", {"assignment": {"assignment_overrides": []}}, by="tom")
    assert titles(limited, assignment_id) == ["ben"]


# who is told


@pytest.mark.parametrize("way", ["one", "changed", "batch", "date details"])
def test_a_date_of_their_own_is_told_to_those_it_is_for(school: School, way: str) -> None:
    ana = school.id_of("ana")
    mine = {"student_ids": [ana], "title": "Ana"}
    assignment_id = school.assignment(due_at=DUE)
    place = f"assignments/{assignment_id}"
    if way == "one":
        school.post(f"{place}/overrides", {"assignment_override": mine | {"due_at": LATER}}, status=201)
    elif way == "changed":
        made = school.post(f"{place}/overrides", {"assignment_override": mine}, status=201)
        body = {"assignment_override": mine | {"due_at": LATER}}
        school.put(f"{place}/overrides/{made['id']}", body)
    elif way == "batch":
        entry = mine | {"assignment_id": assignment_id, "due_at": LATER}
        school.post("assignments/overrides", {"assignment_overrides": [entry]})
    else:
        body = {"assignment_overrides": [mine | {"due_at": LATER}]}
        school.put(f"{place}/date_details", body, status=204)
    told = school.world.find(Notice, kind="Assignment Due Date Override Changed")
    assert [notice.user_id for notice in told] == [ana]
