"""Room 12, the crowded one: nearly every awkward child of the school, mathematics and reading in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from sandbox.classes.benchmark_day import add_benchmark_day, add_teaching, end_of_day
from sandbox.classes.bulk import add_task, give_scores, hand_in_all, learners_of
from sandbox.classes.cast import ABSENT, CHILDREN, adult, room
from sandbox.classes.files import add_file, csv_bytes
from sandbox.classes.generated import MATH, OUTCOMES, READING, add_reading
from sandbox.classes.roll import Roll, person
from sandbox.classes.school import SeededClass, enroll_students, open_course
from sandbox.world import people
from sandbox.world.model import Assignment, AssignmentGroup, Enrollment, Section, User
from sandbox.world.store import World

FIRST_DAY_AGE = timedelta(days=60)
OBSERVED = {
    "observer_of_twins": ("twin_one", "twin_two"),
    "observer_of_cousins": ("in_three_sections", "spanish_speaker"),
}
TABLES = {
    "blue": ("Blue table", ("twin_one", "in_three_sections", "namesake_one", "arabic_script")),
    "green": ("Green table", ("twin_two", "spanish_speaker", "namesake_two", "no_sis_id")),
    "strings": ("Strings pull-out", ("in_three_sections",)),
}
OWN_TASK = "Water cycle poster"


@dataclass(slots=True)
class RoomTwelve:
    """The room, and who is who in it by role."""

    seeded: SeededClass
    people: dict[str, User]
    absent: list[User]
    sections: dict[str, Section]
    own_task: Assignment


def add_room_twelve(world: World, roll: Roll, *, seed: int) -> RoomTwelve:
    """Put the room into the world."""
    random = Random(f"{seed} room 12")
    wanted = room("self_contained")
    seeded = open_course(world, wanted.name, wanted.code, "Room 12")
    cast = {part.role: roll.child(part) for part in CHILDREN}
    others = roll.children(wanted.size - len(cast))
    enroll_students(world, seeded, [*cast.values(), *others])
    _set_dates(world, seeded, late=cast["joined_yesterday"])
    sections = _add_tables(world, seeded, cast, others)
    cast |= _add_adults(world, seeded, cast)
    absent = random.sample(others, ABSENT)
    away = {user.id for user in [*absent, cast["joined_yesterday"]]}
    add_benchmark_day(world, seeded, random, absent=away, grader_id=cast["teacher"].id)
    add_reading(world, seeded, random, absent=away)
    add_teaching(world, seeded, [*MATH, *READING])
    add_file(world, seeded.course, "regroup-outcomes.csv", csv_bytes(("outcome", "skill"), OUTCOMES))
    own = _add_own_task(world, seeded, random, without=cast["joined_yesterday"])
    return RoomTwelve(seeded, cast, absent, sections, own)


def _set_dates(world: World, seeded: SeededClass, *, late: User) -> None:
    now = world.clock.now()
    for enrollment in world.find(Enrollment, course_id=seeded.course.id):
        is_late = enrollment.user_id == late.id
        enrollment.created_at = now - (timedelta(days=1) if is_late else FIRST_DAY_AGE)
        enrollment.updated_at = enrollment.created_at


def _add_tables(
    world: World, seeded: SeededClass, cast: Mapping[str, User], others: list[User]
) -> dict[str, Section]:
    """Sections the teacher made beside the home section; four of the others sit at each table too."""
    found = {}
    extra = {"blue": others[:4], "green": others[4:8], "strings": others[8:11]}
    for key, (name, roles) in TABLES.items():
        found[key] = people.add_section(world, seeded.course, name)
        for user in [*(cast[role] for role in roles), *extra[key]]:
            people.put_in(world, found[key], user, "StudentEnrollment")
    return found


def _add_adults(world: World, seeded: SeededClass, cast: Mapping[str, User]) -> dict[str, User]:
    """The assistant, and the observers: linked to two children each, so beside each of their enrolments."""
    found = {
        "teacher": seeded.staff["rivera"],
        "co_teacher": seeded.staff["ode"],
        "admin": seeded.staff["admin"],
        "assistant": person(world, adult("assistant")),
    }
    people.put_in(world, seeded.home, found["assistant"], "TaEnrollment")
    for role, children in OBSERVED.items():
        found[role] = person(world, adult(role))
        for child in children:
            people.link_observer(world, found[role], cast[child])
    return found


def _add_own_task(world: World, seeded: SeededClass, random: Random, *, without: User) -> Assignment:
    """The teacher's own assignment, in no module, handed in and graded 28 times."""
    group = world.add(AssignmentGroup(course_id=seeded.course.id, name="Science", position=3))
    now = world.clock.now()
    task = add_task(
        world,
        seeded.course,
        group,
        OWN_TASK,
        learners=learners_of(world, seeded.course),
        position=1,
        points_possible=10.0,
        description="<p>Draw the water cycle. Name each part and say what moves the water.</p>",
        submission_types=["online_text_entry"],
        workflow_state="published",
        due_at=end_of_day(world, days=-5),
    )
    workers = [user for user in seeded.students if user.id != without.id]
    hand_in_all(
        world, task, {u.id: "Sun, cloud, rain, river, sea." for u in workers}, at=now - timedelta(days=6)
    )
    scores = {user.id: float(random.randint(5, 10)) for user in workers}
    give_scores(world, task, scores, grader_id=seeded.staff["rivera"].id, at=now - timedelta(days=2))
    return task
