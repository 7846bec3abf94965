"""Ten thousand small random courses: who sees what by the sandbox, and by plain set algebra."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_visibility import (
    Enrolled,
    Plain,
    Tag,
    Target,
    Thing,
    assigned,
    enrolled,
    given_to,
    listed,
    module_visible,
    on,
    open_to_everyone,
    row_due,
    visible,
)

from sandbox.world.clock import Clock
from sandbox.world.model import (
    Assignment,
    AssignmentOverride,
    Enrollment,
    Group,
    GroupMembership,
    Module,
    ModuleItem,
    ModuleOverride,
    WikiPage,
)
from sandbox.world.rows import due_dates, row_holders
from sandbox.world.store import World
from sandbox.world.visibility import (
    Audiences,
    audiences,
    item_viewers,
    module_viewers,
    modules_for,
    viewers,
    visible_to_everyone,
)

COURSE = 1
USERS, SECTIONS, TAGS, THINGS, MODULES = (
    range(11, 15),
    range(21, 23),
    range(31, 33),
    range(41, 43),
    range(51, 54),
)
BASE = 9
CLOCK = Clock(start=None)
EXAMPLES, COURSES_EACH = 100, 100
STATES = ("active", "active", "active", "completed", "inactive", "deleted", "rejected", "invited")
TYPES = ("StudentEnrollment",) * 6 + ("StudentViewEnrollment", "TeacherEnrollment")


def random_course(chance: Random) -> Plain:
    """Four people, two sections, two tags, two things, up to three modules; few enough that all meets all."""
    course = Plain(
        tags_feature=chance.random() < 0.8,
        tag_needs_restriction=chance.random() < 0.7,
        modules={m: chance.choice(("active", "active", "unpublished", "deleted")) for m in MODULES},
    )
    for user in USERS:
        for _ in range(chance.choice((1, 1, 2))):
            row = Enrolled(user, chance.choice(SECTIONS), chance.choice(TYPES), chance.choice(STATES))
            course.enrolled.append(row)
    for tag in TAGS:
        members = frozenset(user for user in USERS if chance.random() < 0.4)
        course.tags.append(Tag(tag, chance.random() < 0.85, chance.random() < 0.3, members))
    for thing in THINGS:
        assignment = chance.random() < 0.6
        course.things.append(Thing(thing, assignment, chance.random() < 0.85, chance.random() < 0.5))
        holding = [m for m in MODULES if chance.random() < 0.4]
        course.items += [(m, thing, chance.random() < 0.85) for m in holding]
        course.targets += [
            random_target(chance, ("content", thing)) for _ in range(chance.choice((0, 0, 1, 1, 2, 3)))
        ]
    for module in MODULES:
        course.targets += [
            random_target(chance, ("module", module)) for _ in range(chance.choice((0, 0, 1, 2)))
        ]
    return course


def random_target(chance: Random, on: tuple[str, int]) -> Target:
    kinds = ("adhoc", "section", "group") + (("course",) if on[0] == "content" else ())
    kind = chance.choices(kinds, (4, 4, 3, 1)[: len(kinds)])[0]
    if kind == "adhoc":
        ids = frozenset(user for user in USERS if chance.random() < 0.4)
    else:
        ids = frozenset({chance.choice(SECTIONS if kind == "section" else TAGS)} if kind != "course" else ())
    unassign = on[0] == "content" and kind in ("adhoc", "section") and chance.random() < 0.3
    dated = on[0] == "content" and not unassign and chance.random() < 0.6
    due = chance.choice((None, 1, 2, 3)) if dated else None
    return Target(on, kind, ids, unassign, active=chance.random() < 0.85, dated=dated, due=due)


def as_world(course: Plain) -> World:
    """The same course as the sandbox's records."""
    world = World(clock=CLOCK)
    world.switches.tags_feature = course.tags_feature
    world.switches.tag_on_module_needs_restriction = course.tag_needs_restriction
    for e in course.enrolled:
        world.add(
            Enrollment(
                course_id=COURSE, section_id=e.section, user_id=e.user, type=e.type, workflow_state=e.state
            )
        )
    for tag in course.tags:
        state = "available" if tag.live else "deleted"
        world.add(
            Group(
                id=tag.id, course_id=COURSE, group_category_id=9, name=f"Tag {tag.id}",
                non_collaborative=not tag.collaborative, workflow_state=state,
            )
        )  # fmt: skip
        for user in tag.members:
            world.add(GroupMembership(group_id=tag.id, user_id=user))
    for module, state in course.modules.items():
        world.add(Module(id=module, course_id=COURSE, name=f"Unit {module}", workflow_state=state))
    for thing in course.things:
        add_thing(world, thing)
    kinds = {t.id: "Assignment" if t.assignment else "Page" for t in course.things}
    for module, content, live in course.items:
        state = "active" if live else "deleted"
        world.add(
            ModuleItem(
                course_id=COURSE, module_id=module, type=kinds[content], title="", content_id=content,
                workflow_state=state,
            )
        )  # fmt: skip
    for target in course.targets:
        add_target(world, target, kinds)
    return world


def add_thing(world: World, thing: Thing) -> None:
    if thing.assignment:
        world.add(
            Assignment(
                id=thing.id, course_id=COURSE, assignment_group_id=8, name=f"Check {thing.id}",
                workflow_state="published" if thing.published else "unpublished",
                only_visible_to_overrides=thing.restricted, due_at=day(BASE),
            )
        )  # fmt: skip
    else:
        state = "active" if thing.published else "unpublished"
        world.add(
            WikiPage(
                id=thing.id, course_id=COURSE, title=f"Page {thing.id}", url=f"page-{thing.id}",
                workflow_state=state, only_visible_to_overrides=thing.restricted,
            )
        )  # fmt: skip


def add_target(world: World, target: Target, kinds: dict[int, str]) -> None:
    (one,) = target.ids if len(target.ids) == 1 else (None,)
    fields = {
        "course_id": COURSE,
        "student_ids": sorted(target.ids) if target.kind == "adhoc" else None,
        "course_section_id": one if target.kind == "section" else None,
        "group_id": one if target.kind == "group" else None,
        "whole_course": target.kind == "course",
        "workflow_state": "active" if target.active else "deleted",
    }
    place, where = target.on
    if place == "module":
        world.add(ModuleOverride(module_id=where, **fields))
        return
    key = ("Assignment" if kinds[where] == "Assignment" else "WikiPage", where)
    dates = {"due_at": day(target.due), "due_at_set": target.dated, "unassign_item": target.unassign}
    world.add(AssignmentOverride(content=key, **dates, **fields))


def day(number: int | None) -> datetime | None:
    return None if number is None else datetime(2026, 10, number, tzinfo=UTC)


def compare(course: Plain) -> None:
    """Every question about that course, asked both ways."""
    world = as_world(course)
    facts = audiences(world, COURSE)
    for module in MODULES:
        found = module_viewers(facts, world.table(Module)[module])
        assert found == module_visible(course, module), f"module {module} in {course}"
    contents = {**world.table(Assignment), **world.table(WikiPage)}
    for thing in course.things:
        content = contents[thing.id]
        assert viewers(facts, content) == visible(course, thing), f"{thing} in {course}"
        by_course = any(
            t.active and t.kind == "course" and t.on == ("content", thing.id) for t in course.targets
        )
        assert visible_to_everyone(facts, content) == (by_course or open_to_everyone(course, thing)), course
        if thing.assignment:
            compare_rows(course, facts, content, thing)
    things = {t.id: t for t in course.things}
    for item in world.live(ModuleItem):
        if course.modules[item.module_id] != "deleted" and things[item.content_id].published:
            expected = listed(course, item.module_id, things[item.content_id])
            assert item_viewers(world, facts, item) == expected, f"item {item} in {course}"


def compare_rows(course: Plain, facts: Audiences, content: Assignment, thing: Thing) -> None:
    """The sandbox gives rows to the enrolled only; Canvas keeps some of people who left."""
    holders = assigned(course, thing) & {e.user for e in enrolled(course)}
    assert row_holders(facts, content) == holders, f"rows of {thing} in {course}"
    dates = due_dates(facts, content, set(holders))
    for user in holders:
        dated = [t for t in on(course, "content", {thing.id}) if t.dated and t.kind == "adhoc"]
        if sum(user in given_to(course, t) for t in dated) > 1:
            continue  # a student is in one ad-hoc override of an assignment at most (canvas.md 4.6)
        expected = day(row_due(course, thing, user, BASE))
        assert dates.get(user, content.due_at) == expected, f"due date of {user}, {thing} in {course}"


@settings(
    max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
@given(st.integers(0, 2**32))
def test_both_answers_agree_on_random_courses(seed: int) -> None:
    chance = Random(seed)
    for _ in range(COURSES_EACH):
        compare(random_course(chance))


@pytest.mark.parametrize("seed", range(40))
def test_one_student_asked_alone_sees_what_the_class_list_says(seed: int) -> None:
    course = random_course(Random(seed))
    world = as_world(course)
    for user in USERS:
        shown = [module.id for module, _ in modules_for(world, COURSE, user)]
        assert shown == [m for m in MODULES if user in module_visible(course, m)]


def test_the_random_courses_are_not_all_alike() -> None:
    """Enough of every outcome: a generator that hides everything would agree on nothing."""
    chance = Random(7)
    courses = [random_course(chance) for _ in range(300)]
    outcomes = [
        len(visible(course, thing)) for course in courses for thing in course.things if thing.published
    ]
    assert all(outcomes.count(size) > 15 for size in range(4))
