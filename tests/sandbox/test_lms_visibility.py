"""Who sees what: the truth table of canvas-visibility.md 1.2, and the ways an audience leaks or returns."""

from __future__ import annotations

from typing import Any

import pytest
from lms_audience import tag
from lms_school import School

from sandbox.world import rows
from sandbox.world.model import Assignment, Enrollment
from sandbox.world.people import set_enrollment_state
from sandbox.world.visibility import audiences

BASE = "2026-10-01T12:00:00Z"
OWN = "2026-11-01T12:00:00Z"


class Table:
    """One line of the table, set up for Ana: what is a match for her is a miss for Ben."""

    def __init__(self, school: School, kind: str) -> None:
        self.school, self.kind = school, kind
        self.sections = {"ana": school.section("A", "ana"), "ben": school.section("B", "ben")}
        self.tags = {login: tag(school, login, name=f"tag of {login}") for login in ("ana", "ben")}

    def target(self, whom: str) -> dict[str, Any]:
        if self.kind == "section":
            return {"course_section_id": self.sections[whom]}
        if self.kind == "tag":
            return {"group_id": self.tags[whom]}
        return {"student_ids": [self.school.id_of(whom)], "title": f"for {whom}"}

    def assignment(self, restricted: bool, own: str | None) -> int:
        whom = {"match": "ana", "match, no date": "ana", "miss": "ben"}.get(own or "")
        overrides = [] if whom is None else [self.target(whom)]
        if own in ("match", "miss"):
            overrides[0]["due_at"] = OWN
        return self.school.assignment(
            due_at=BASE, only_visible_to_overrides=restricted, assignment_overrides=overrides
        )

    def hold(self, assignment_id: int, modules: tuple[str, ...]) -> list[int]:
        held = []
        for number, state in enumerate(modules):
            open_ = not state.startswith("unpublished")
            held.append(self.school.holding(assignment_id, f"Unit {number}", published=open_))
        for module_id, state in zip(held, modules, strict=True):
            if state in ("match", "miss"):
                self.school.assign_module(module_id, self.target("ana" if state == "match" else "ben"))
        return held


F, T, NO_ROW = False, True, None
TRUTH = [
    # modules holding A, restricted, own override -> sees A, sees each module, due date in the row
    ((), F, None, T, (), BASE),
    ((), F, "miss", T, (), BASE),
    ((), F, "match", T, (), OWN),
    ((), F, "match, no date", T, (), BASE),
    ((), T, None, F, (), NO_ROW),
    ((), T, "miss", F, (), NO_ROW),
    ((), T, "match", T, (), OWN),
    ((), T, "match, no date", T, (), BASE),
    (("plain",), F, None, T, (T,), BASE),
    (("plain",), F, "miss", T, (T,), BASE),
    (("plain",), F, "match", T, (T,), OWN),
    (("plain",), T, None, F, (T,), NO_ROW),
    (("plain",), T, "miss", F, (T,), NO_ROW),
    (("plain",), T, "match", T, (T,), OWN),
    (("match",), F, None, T, (T,), BASE),
    (("match",), T, None, T, (T,), BASE),
    (("match",), F, "miss", T, (T,), BASE),
    (("match",), T, "miss", T, (T,), BASE),
    (("match",), F, "match", T, (T,), OWN),
    (("match",), T, "match", T, (T,), OWN),
    (("miss",), F, None, F, (F,), NO_ROW),
    (("miss",), T, None, F, (F,), NO_ROW),
    (("miss",), F, "miss", F, (F,), NO_ROW),
    (("miss",), F, "match", T, (F,), OWN),
    (("miss",), T, "match", T, (F,), OWN),
    (("match", "miss"), F, None, T, (T, F), BASE),
    (("match", "miss"), T, None, T, (T, F), BASE),
    (("miss", "miss"), F, None, F, (F, F), NO_ROW),
    (("miss", "miss"), F, "match", T, (F, F), OWN),
    (("miss", "plain"), F, None, T, (F, T), BASE),
    (("miss", "unpublished plain"), F, None, T, (F, F), BASE),
    (("miss", "plain"), T, None, F, (F, T), NO_ROW),
    (("match", "plain"), T, None, T, (T, T), BASE),
    (("match", "unpublished plain"), T, None, T, (T, F), BASE),
    (("miss", "unpublished plain"), T, None, F, (F, F), NO_ROW),
]


# where a tag does as a section would, and where an assignment that is not restricted ignores it (rule G)
TAG_TRUTH = [
    ("tag", *row)
    for row in [
        ((), F, "match", T, (), OWN),
        ((), T, "match", T, (), OWN),
        ((), T, "miss", F, (), NO_ROW),
        (("match",), F, None, F, (T,), BASE),
        (("match",), F, "match", F, (T,), OWN),
        (("match",), T, None, T, (T,), BASE),
        (("match",), T, "match", T, (T,), OWN),
        (("miss",), F, None, F, (F,), NO_ROW),
        (("miss",), F, "match", F, (F,), OWN),
        (("miss",), T, "match", T, (F,), OWN),
        (("plain",), F, None, T, (T,), BASE),
        (("match", "plain"), F, None, T, (T, T), BASE),
        (("match", "unpublished plain"), T, None, T, (T, F), BASE),
    ]
]
KINDS = [(kind, *row) for row in TRUTH for kind in ("adhoc", "section")]


@pytest.mark.parametrize(
    ("kind", "modules", "restricted", "own", "sees", "sees_modules", "due"), [*KINDS, *TAG_TRUTH]
)
def test_the_audience_is_as_canvas_has_it(
    school: School,
    kind: str,
    modules: tuple[str, ...],
    restricted: bool,
    own: str | None,
    sees: bool,
    sees_modules: tuple[bool, ...],
    due: str | None,
) -> None:
    table = Table(school, kind)
    assignment_id = table.assignment(restricted, own)
    held = table.hold(assignment_id, modules)
    seen_modules = [m["id"] for m in school.get("modules", by="ana")]

    assert school.sees("ana", assignment_id) is sees
    assert tuple(module_id in seen_modules for module_id in held) == sees_modules
    assert school.holds_row("ana", assignment_id) is (due is not NO_ROW)
    if due is not NO_ROW:
        row = school.get(f"assignments/{assignment_id}/submissions/{school.id_of('ana')}")
        assert row["cached_due_date"] == due


@pytest.mark.parametrize(("modules", "restricted", "own", "sees", "sees_modules", "due"), TRUTH)
def test_the_teacher_sees_a_students_view_exactly(
    school: School,
    modules: tuple[str, ...],
    restricted: bool,
    own: str | None,
    sees: bool,
    sees_modules: tuple[bool, ...],
    due: str | None,
) -> None:
    table = Table(school, "adhoc")
    table.hold(table.assignment(restricted, own), modules)
    theirs = school.get("modules?include[]=items", by="ana")
    looked_at = school.get(f"modules?include[]=items&student_id={school.id_of('ana')}")
    assert [[m["id"], [i["id"] for i in m["items"]]] for m in looked_at] == [
        [m["id"], [i["id"] for i in m["items"]]] for m in theirs
    ]
    listed = [i["content_id"] for m in theirs for i in m["items"]]
    assert all(school.sees("ana", content_id) for content_id in listed)


@pytest.mark.parametrize(("modules", "restricted", "leaks"), [
    ((), F, True), ((), T, False), (("plain",), F, True), (("plain",), T, False), (("match",), F, False),
    (("match", "plain"), F, True), (("match", "unpublished plain"), F, True), (("match", "plain"), T, False),
])  # fmt: skip
def test_visible_to_everyone_tells_a_leak(
    school: School, modules: tuple[str, ...], restricted: bool, leaks: bool
) -> None:
    table = Table(school, "adhoc")
    assignment_id = table.assignment(restricted, None)
    table.hold(assignment_id, modules)
    assert school.get(f"assignments/{assignment_id}")["visible_to_everyone"] is leaks


def test_an_unpublished_assignment_is_seen_by_no_student_but_has_rows(school: School) -> None:
    assignment_id = school.assignment(published=False)
    assert not school.sees("ana", assignment_id)
    assert school.holds_row("ana", assignment_id)


@pytest.mark.parametrize(("state", "sees", "row"), [
    ("active", T, T), ("completed", T, T), ("inactive", F, T), ("deleted", F, F), ("rejected", F, F),
])  # fmt: skip
def test_what_an_enrolment_still_gives(school: School, state: str, sees: bool, row: bool) -> None:
    assignment_id = school.assignment()
    enrollment = next(school.world.find(Enrollment, user_id=school.id_of("ana")))
    set_enrollment_state(school.world, enrollment, state)
    facts = audiences(school.world, school.course.id)
    assert (school.id_of("ana") in facts.learners) is sees
    assert school.holds_row("ana", assignment_id) is row


def test_a_due_date_on_a_base_that_only_a_module_restricts_is_not_shown_to_the_student(
    school: School,
) -> None:
    table = Table(school, "adhoc")
    assignment_id = table.assignment(True, None)
    table.hold(assignment_id, ("match",))
    assert school.get(f"assignments/{assignment_id}", by="ana")["due_at"] is None
    facts = audiences(school.world, school.course.id)
    assignment = school.world.table(Assignment)[assignment_id]
    assert rows.due_dates(facts, assignment, {school.id_of("ana")}) == {}


def test_ad_hoc_dates_beat_section_dates_and_the_latest_section_wins(school: School) -> None:
    otters, foxes = school.section("Otters", "ana", "ben"), school.section("Foxes", "ana", "ben")
    overrides = [
        {"course_section_id": otters, "due_at": "2026-10-01T00:00:00Z"},
        {"course_section_id": foxes, "due_at": "2026-10-09T00:00:00Z"},
        {"student_ids": [school.id_of("ben")], "title": "Ben", "due_at": "2026-10-05T00:00:00Z"},
    ]
    assignment_id = school.assignment(assignment_overrides=overrides, only_visible_to_overrides=True)
    dates = {who: school.get(f"assignments/{assignment_id}", by=who)["due_at"] for who in ("ana", "ben")}
    assert dates == {"ana": "2026-10-09T00:00:00Z", "ben": "2026-10-05T00:00:00Z"}


def test_a_unit_is_closed_for_one_student_by_an_override_with_a_lock_date(school: School) -> None:
    """The recipe for taking somebody off a unit without losing his work (section 7)."""
    assignment_id = school.assignment(only_visible_to_overrides=True)
    module_id = school.holding(assignment_id)
    school.assign_module(module_id, {"student_ids": [school.id_of("ana"), school.id_of("ben")]})
    work = {"submission": {"submission_type": "online_text_entry", "body": "x"}}
    place = f"assignments/{assignment_id}/submissions"
    school.post(place, work, by="ana", status=201)
    school.put(f"{place}/{school.id_of('ana')}", {"submission": {"posted_grade": "4"}})
    now = school.world.clock.now().isoformat()
    closing = {"student_ids": [school.id_of("ana")], "title": "closed", "lock_at": now}
    school.post(f"assignments/{assignment_id}/overrides", {"assignment_override": closing}, status=201)
    own = school.get(f"modules/{module_id}/assignment_overrides")[0]["id"]
    school.assign_module(module_id, {"id": own, "student_ids": [school.id_of("ben")]})
    shown = school.get(f"assignments/{assignment_id}?include[]=submission", by="ana")
    assert (school.modules_of("ana"), shown["locked_for_user"]) == ([], True)
    assert shown["submission"]["score"] == 4.0
    school.post(place, work, by="ana", status=400)
    school.post(place, work, by="ben", status=201)


# leaks: what opens a unit to the whole class


def test_deleting_the_only_module_opens_an_unrestricted_assignment_to_all(school: School) -> None:
    assignment_id = school.assignment()
    module_id = school.holding(assignment_id)
    school.assign_module(module_id, {"student_ids": [school.id_of("ana")]})
    assert not school.sees("ben", assignment_id)
    school.delete(f"modules/{module_id}")
    assert school.sees("ben", assignment_id)
    assert school.holds_row("ben", assignment_id)


def test_deleting_the_only_module_hides_a_restricted_assignment_from_all(school: School) -> None:
    assignment_id = school.assignment(only_visible_to_overrides=True)
    module_id = school.holding(assignment_id)
    school.assign_module(module_id, {"student_ids": [school.id_of("ana")]})
    school.delete(f"modules/{module_id}")
    assert not school.sees("ana", assignment_id)
    assert not school.holds_row("ana", assignment_id)


def test_deleting_the_section_a_module_is_for_opens_the_module_to_all(school: School) -> None:
    section_id = school.section("Otters")
    module_id = school.module(published=True)
    school.assign_module(module_id, {"course_section_id": section_id})
    assert school.modules_of("ana") == []
    school.delete(f"/sections/{section_id}")
    assert school.modules_of("ana") == ["Unit"]


@pytest.mark.parametrize("body", [{}, {"overrides": []}, {"overrides": None}])
def test_overrides_that_are_missing_or_empty_open_the_module_to_all(
    school: School, body: dict[str, Any]
) -> None:
    module_id = school.module(published=True)
    school.assign_module(module_id, {"student_ids": [school.id_of("ana")]})
    assert school.modules_of("ben") == []
    school.put(f"modules/{module_id}/assignment_overrides", body, status=204)
    assert school.modules_of("ben") == ["Unit"]


def test_a_module_for_unknown_students_is_for_nobody(school: School) -> None:
    module_id = school.module(published=True)
    school.assign_module(module_id, {"student_ids": [999_999]})
    assert [school.modules_of(who) for who in ("ana", "ben", "cleo")] == [[], [], []]
    assert school.get(f"modules/{module_id}/assignment_overrides")[0]["students"] == []


def test_a_page_in_a_restricted_module_is_hidden_until_it_stands_in_a_plain_one(school: School) -> None:
    page = school.post("pages", {"wiki_page": {"title": "Halves", "published": True}})
    module_id = school.module(published=True)
    school.item(module_id, type="Page", page_url=page["url"])
    school.assign_module(module_id, {"student_ids": [school.id_of("ana")]})
    school.get(f"pages/{page['url']}", by="ana")
    school.get(f"pages/{page['url']}", by="ben", status=403)
    school.item(school.module("Plain"), type="Page", page_url=page["url"])
    school.get(f"pages/{page['url']}", by="ben")


def test_a_page_made_fail_closed_stays_hidden_in_a_plain_module(school: School) -> None:
    page = school.post("pages", {"wiki_page": {"title": "Halves", "published": True}})
    school.put(f"pages/{page['url']}/date_details", {"only_visible_to_overrides": True}, status=204)
    school.item(school.module("Plain", published=True), type="Page", page_url=page["url"])
    school.get(f"pages/{page['url']}", by="ben", status=403)
    assert school.get("modules?include[]=items", by="ben")[0]["items"] == []


# losing sight of work and getting it back


def test_a_row_that_was_taken_away_comes_back_with_its_score(school: School) -> None:
    assignment_id = school.assignment(only_visible_to_overrides=True)
    module_id = school.holding(assignment_id)
    school.assign_module(module_id, {"student_ids": [school.id_of("ana"), school.id_of("ben")]})
    place = f"assignments/{assignment_id}/submissions/{school.id_of('ana')}"
    school.put(place, {"submission": {"posted_grade": "4"}})
    override = school.get(f"modules/{module_id}/assignment_overrides")[0]["id"]
    school.assign_module(module_id, {"id": override, "student_ids": [school.id_of("ben")]})
    school.get(place, status=404)
    school.put(place, {"submission": {"posted_grade": "5"}}, status=403)
    school.assign_module(
        module_id, {"id": override, "student_ids": [school.id_of("ana"), school.id_of("ben")]}
    )
    row = school.get(place)
    assert (row["score"], row["workflow_state"]) == (4.0, "graded")


def test_leaving_a_section_by_delete_ends_what_it_gave_and_concluding_does_not(school: School) -> None:
    section_id = school.section("Otters", "ana", "ben")
    module_id = school.module(published=True)
    school.assign_module(module_id, {"course_section_id": section_id})
    of = {e["user_id"]: e["id"] for e in school.get(f"/sections/{section_id}/enrollments")}
    school.delete(f"enrollments/{of[school.id_of('ana')]}?task=delete")
    school.delete(f"enrollments/{of[school.id_of('ben')]}")
    assert school.modules_of("ana") == []
    assert school.modules_of("ben") == ["Unit"]


def test_who_joins_a_section_later_gets_its_units_and_rows(school: School) -> None:
    section_id = school.section("Otters")
    assignment_id = school.assignment(only_visible_to_overrides=True)
    module_id = school.holding(assignment_id)
    school.assign_module(module_id, {"course_section_id": section_id})
    assert not school.sees("cleo", assignment_id)
    school.enroll(section_id, "cleo")
    assert school.sees("cleo", assignment_id)
    assert school.holds_row("cleo", assignment_id)
