"""Last year's course of Room 12, concluded, with units for some; and its copy, without audiences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from sandbox.classes.bulk import add_task, give_scores, learners_of
from sandbox.classes.cast import FORMER_STUDENTS, room
from sandbox.classes.roll import Roll
from sandbox.classes.school import STAFF, SeededClass, enroll_students, open_course
from sandbox.world.copying import Copy, Wish
from sandbox.world.model import (
    Assignment,
    AssignmentGroup,
    ContentMigration,
    Enrollment,
    Module,
    ModuleItem,
    ModuleOverride,
    User,
    WikiPage,
)
from sandbox.world.store import World

UNITS = (("Otters", "Fractions on a line"), ("Herons", "Multiply by tens"), ("Foxes", "Facts to 100"))
YEAR = timedelta(days=365)


@dataclass(slots=True)
class TwoYears:
    """Last year's course with those who were in it, and this year's copy."""

    old: SeededClass
    copy: SeededClass
    former: list[User]


def add_last_year(world: World, roll: Roll, random: Random) -> TwoYears:
    """Put both courses into the world."""
    old = _open(world, "last_year")
    former = roll.children(FORMER_STUDENTS)
    enroll_students(world, old, former)
    third = FORMER_STUDENTS // len(UNITS)
    for number, (group_name, title) in enumerate(UNITS):
        members = former[number * third : (number + 1) * third]
        check = _add_unit(world, old, number + 1, f"{group_name} · {title}", title, members)
        scores = {user.id: float(random.randint(1, 5)) for user in members}
        at = world.clock.now() - YEAR / 2
        give_scores(world, check, scores, grader_id=old.staff["rivera"].id, at=at)
    _conclude(world, old)
    copy = _open(world, "copy_of_last_year")
    _copy(world, old, copy)
    return TwoYears(old, copy, former)


def _copy(world: World, old: SeededClass, copy: SeededClass) -> None:
    """A course copy as the LMS makes it: every unit comes along, none of the audiences."""
    now = world.clock.now()
    migration = ContentMigration(
        course_id=copy.course.id,
        source_course_id=old.course.id,
        user_id=copy.staff["rivera"].id,
        workflow_state="completed",
        created_at=now,
        started_at=now,
        finished_at=now,
    )
    Copy(world, world.add(migration), Wish()).run()


def _open(world: World, role: str) -> SeededClass:
    wanted = room(role)
    return open_course(world, wanted.name, wanted.code, "Room 12", staff=STAFF[:1])


def _add_unit(
    world: World, seeded: SeededClass, position: int, name: str, title: str, members: list[User]
) -> Assignment:
    """A published module with a page and a check, for `members` only."""
    course, now = seeded.course, world.clock.now()
    module = world.add(Module(course_id=course.id, name=name, position=position, workflow_state="active"))
    ids = [user.id for user in members]
    world.add(ModuleOverride(course_id=course.id, module_id=module.id, title="pl-26", student_ids=ids))
    page = world.add(
        WikiPage(
            course_id=course.id,
            title=f"Learn: {title}",
            url=world.slug(course.id, f"Learn: {title}"),
            body="<p>Read the example, then try the three questions.</p>",
            workflow_state="active",
            created_at=now,
            updated_at=now,
        )
    )
    group = next(iter(world.live(AssignmentGroup, course_id=course.id)), None)
    group = group or world.add(AssignmentGroup(course_id=course.id, name="Checks"))
    check = add_task(
        world,
        course,
        group,
        f"Check: {title}",
        learners=sorted(user.id for user in members),
        position=position,
        points_possible=5.0,
        submission_types=["online_text_entry"],
        workflow_state="published",
        only_visible_to_overrides=True,
        omit_from_final_grade=True,
    )
    for place, (kind, content) in enumerate((("Page", page), ("Assignment", check)), 1):
        world.add(
            ModuleItem(
                course_id=course.id,
                module_id=module.id,
                type=kind,
                title=f"Learn: {title}" if kind == "Page" else f"Check: {title}",
                position=place,
                content_id=content.id,
                workflow_state="active",
            )
        )
    return check


def _conclude(world: World, seeded: SeededClass) -> None:
    """The course is over: its state and every child's enrolment; the teacher can still read it."""
    seeded.course.workflow_state = "completed"
    seeded.course.created_at = world.clock.now() - YEAR
    learners = set(learners_of(world, seeded.course))
    for enrollment in world.find(Enrollment, course_id=seeded.course.id):
        if enrollment.user_id in learners:
            enrollment.workflow_state = "completed"
