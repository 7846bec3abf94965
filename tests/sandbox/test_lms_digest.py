"""The digest: what changes it, what does not, and two states compared in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lms_school import School

from sandbox.app import serve
from sandbox.testing.compare import differences, main, verdict
from sandbox.testing.digest import course_digest, course_state, fingerprint
from sandbox.world.model import Group, GroupCategory, GroupMembership, LineItem, Notice, Result


class Classroom:
    """A course with a module, a graded assignment in it, a page and a tag, built by REST where REST can."""

    def __init__(self, gone: int = 0, later: int = 0) -> None:
        self.school = School()
        self.school.world.clock.advance(later)
        for _ in range(gone):
            self.school.delete(f"modules/{self.school.module('gone')}")
        self.check = self.school.assignment(due_at="2026-10-01T12:00:00Z")
        self.unit = self.school.holding(self.check)
        self.item = self.school.get(f"modules/{self.unit}/items")[0]["id"]
        self.school.post("pages", {"wiki_page": {"title": "Read", "body": "Why", "published": True}})
        world, course_id = self.school.world, self.school.course.id
        tags = world.add(GroupCategory(course_id=course_id, name="Tags", non_collaborative=True))
        self.tag = world.add(
            Group(course_id=course_id, group_category_id=tags.id, name="Otters", non_collaborative=True)
        )
        self.grade("ana", 4)

    def grade(self, login: str, points: float) -> None:
        self.school.put(
            f"assignments/{self.check}/submissions/{self.school.id_of(login)}",
            {"submission": {"posted_grade": points}},
        )

    def state(self) -> dict[str, Any]:
        return json.loads(json.dumps(course_state(self.school.world, self.school.course)))

    def change_item(self, **fields: Any) -> None:
        self.school.put(f"modules/{self.unit}/items/{self.item}", {"module_item": fields})

    def change_check(self, **fields: Any) -> None:
        self.school.put(f"assignments/{self.check}", {"assignment": fields})

    def tag_ana(self) -> None:
        self.school.world.add(GroupMembership(group_id=self.tag.id, user_id=self.school.id_of("ana")))

    def score_by_tool(self) -> None:
        item = LineItem(
            course_id=self.school.course.id,
            assignment_id=self.check,
            client_id="t",
            label="Check",
            score_maximum=5,
        )
        self.school.world.add(item)
        self.school.world.add(Result(line_item_id=item.id, user_id=self.school.id_of("ana"), score_given=3))


CHANGES: dict[str, Callable[[Classroom], object]] = {
    "a score": lambda room: room.grade("ben", 2),
    "another score": lambda room: room.grade("ana", 5),
    "a module's audience": lambda room: room.school.assign_module(
        room.unit, {"student_ids": [room.school.id_of("ana")]}
    ),
    "a publication": lambda room: room.school.put(f"modules/{room.unit}", {"module": {"published": False}}),
    "a name": lambda room: room.change_check(name="Quick check"),
    "a restriction": lambda room: room.change_check(only_visible_to_overrides=True),
    "a requirement": lambda room: room.change_item(completion_requirement={"type": "must_view"}),
    "a section": lambda room: room.school.section("Herons", "ben"),
    "a member of a tag": lambda room: room.tag_ana(),
    "a tool's score": lambda room: room.score_by_tool(),
    "a due date at all": lambda room: room.change_check(due_at=None),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_people_can_see_changes_the_digest(what: str) -> None:
    room = Classroom()
    before = fingerprint(room.state())
    CHANGES[what](room)
    assert fingerprint(room.state()) != before


def test_progress_changes_the_digest() -> None:
    room = Classroom()
    room.change_item(completion_requirement={"type": "min_score", "min_score": 3})
    states = [room.state()]
    room.grade("ben", 5)
    states.append(room.state())
    assert [s["modules"][0]["progress"]["ben"] for s in states] == ["unlocked", "completed"]


def test_ids_times_notices_and_calls_do_not() -> None:
    room, other = Classroom(), Classroom(gone=3, later=86_400)
    other.school.world.add(Notice(kind="Assignment Created", user_id=other.school.id_of("ana")))
    other.school.get("modules")
    other.change_check(due_at="2026-12-24T12:00:00Z")
    assert verdict(room.state(), other.state()) == f"equal: {fingerprint(room.state())}"


def test_looking_works_out_no_progress() -> None:
    """A digest taken while a module is open must not keep it open: it is no visit."""
    opened = []
    for look in (False, True):
        room = Classroom()
        second = room.school.module("Second", published=True)
        room.school.put(f"modules/{second}", {"module": {"unlock_at": None}})
        if look:
            course_digest(room.school.world, room.school.course)
        room.change_item(completion_requirement={"type": "min_score", "min_score": 5})
        room.school.put(f"modules/{second}", {"module": {"prerequisite_module_ids": [room.unit]}})
        path = f"modules/{second}?student_id={room.school.id_of('ana')}"
        opened.append(room.school.get(path)["state"])
    assert opened[0] == opened[1] == "locked"


# in one line


def test_the_first_places_that_differ_are_told() -> None:
    room, other = Classroom(), Classroom()
    other.school.assign_module(other.unit, {"student_ids": [other.school.id_of("ana")]})
    line = verdict(room.state(), other.state())
    assert line.startswith("different: ")
    assert "\n" not in line
    assert "modules/Unit/seen_by: - Test Student, - ben, - cleo" in list(
        differences(room.state(), other.state())
    )


@pytest.mark.parametrize(("one", "other", "told"), [
    ({"a": 1}, {"a": 1}, []), ({"a": 1}, {"a": 2}, ["a: 1 -> 2"]), ({}, {"a": 2}, ["a: null -> 2"]),
    ({"a": [1, 2]}, {"a": [2, 3]}, ["a: - 1, + 3"]), ({"a": [1, 2]}, {"a": [2, 1]}, ["a: in another order"]),
    ({"a": [1, 1]}, {"a": [1]}, ["a: - 1"]),
    ({"a": [{"name": "x", "b": 1}]}, {"a": [{"name": "x", "b": 2}]}, ["a/x/b: 1 -> 2"]),
    ({"a": [{"name": "x"}]}, {"a": [{"name": "y"}]}, ["a: - x", "a: + y"]),
    ({"a": [{"name": "x"}, {"name": "y"}]}, {"a": [{"name": "y"}, {"name": "x"}]}, ["a: in another order"]),
    ({"a": "x" * 99}, {"a": "y"}, [f"a: {'x' * 57}... -> y"]),
])  # fmt: skip
def test_differences_are_named_by_their_place(one: Any, other: Any, told: list[str]) -> None:
    assert list(differences(one, other)) == told


def test_the_command_compares_two_running_courses(capsys: pytest.CaptureFixture[str]) -> None:
    school = School()
    with serve(school.app) as server:
        place = f"http://127.0.0.1:{server.port}/_sandbox/digest?full=1&course="
        assert main([f"{place}{school.course.id}", f"{place}{school.course.id}"]) == 0
        assert main([f"{place}{school.course.id}", f"{place}999999"]) == 2
    assert capsys.readouterr().out.startswith("equal: ")


def test_the_command_compares_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = [tmp_path / "one.json", tmp_path / "other.json"]
    for place, name in zip(places, ("x", "y"), strict=True):
        place.write_text(json.dumps({"state": {"course": {"name": name}}}), encoding="utf-8")
    one, other = map(str, places)
    assert [main([one, one]), main([one, other]), main([one]), main([one, f"{other}.no"])] == [0, 1, 2, 2]
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "different: course/name: x -> y"
    places[0].write_text("{}", encoding="utf-8")
    assert main([one, other]) == 2
