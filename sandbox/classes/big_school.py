"""A whole school that is not too clean: as many grade-4 rooms as the children need. Fixed seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from sandbox.classes.benchmark_day import add_benchmark_day, add_teaching
from sandbox.classes.cast import FORMER_STUDENTS, LEAST_STUDENTS, who_is_there
from sandbox.classes.last_year import TwoYears, add_last_year
from sandbox.classes.roll import Roll
from sandbox.classes.room_twelve import RoomTwelve, add_room_twelve
from sandbox.classes.school import SeededClass, enroll_students, open_course
from sandbox.classes.special_rooms import (
    SpecialRoom,
    add_automatic_zeros,
    add_co_taught,
    add_locked_sections,
    add_sis_grades,
)
from sandbox.world.model import Course, User
from sandbox.world.store import World

__all__ = ["LEAST_STUDENTS", "MOST_STUDENTS", "BadSize", "SeededSchool", "add_school"]

MOST_STUDENTS = 5000
ROOM_SIZE = 25
FIRST_PLAIN_ROOM = 21
MOST_ABSENT = 2


class BadSize(ValueError):
    """No school of that size can be made; the text says which can."""


@dataclass(slots=True)
class SeededSchool:
    """A school that was put into the world. Room 12 is the course that a demonstration starts in."""

    seed: int
    size: int
    twelve: RoomTwelve
    special: list[SpecialRoom]
    years: TwoYears
    plain: list[SeededClass] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The fact sheet: who is who by role, with ids.

        Room 12's own sheet (account, course, section, staff, students), and on top: school {seed, students},
        courses {role: {id, name, lti_context_id}}, plain_courses [ids], people {role: {id, login, name}},
        sections and work {role: id}, absent and former [user ids], who [{role, kind, name, why}].
        """
        rooms = {"self_contained": self.twelve.seeded} | {made.role: made.seeded for made in self.special}
        rooms |= {"last_year": self.years.old, "copy_of_last_year": self.years.copy}
        cast = dict(self.twelve.people)
        sections = dict(self.twelve.sections)
        tasks = {"teachers_own": self.twelve.own_task}
        for made in self.special:
            cast |= made.people
            sections |= made.sections
            tasks |= made.work
        return self.twelve.seeded.as_json() | {
            "school": {"seed": self.seed, "students": self.size},
            "courses": {role: _course_json(seeded.course) for role, seeded in rooms.items()},
            "plain_courses": [seeded.course.id for seeded in self.plain],
            "people": {role: _person_json(user) for role, user in cast.items()},
            "sections": {role: section.id for role, section in sections.items()},
            "work": {role: task.id for role, task in tasks.items()},
            "absent": [user.id for user in self.twelve.absent],
            "former": [user.id for user in self.years.former],
            "who": who_is_there(),
        }


def add_school(world: World, *, seed: int = 7, students: int = 400) -> SeededSchool:
    """Put a school of `students` children of this year into the world, in about 0.5 ms a child.

    The same seed gives the same children, answers and ids; another number of children leaves the cast and the
    special rooms as they are. Raises BadSize, with nothing done, outside LEAST_STUDENTS..MOST_STUDENTS.
    """
    if not LEAST_STUDENTS <= students <= MOST_STUDENTS:
        raise BadSize(f"a school has {LEAST_STUDENTS} to {MOST_STUDENTS} students")
    with world.lock:
        roll = Roll(world, seed=seed, most=students + FORMER_STUDENTS)
        twelve = add_room_twelve(world, roll, seed=seed)
        special = [
            make(world, roll, Random(f"{seed} {make.__name__}"))
            for make in (add_co_taught, add_automatic_zeros, add_sis_grades, add_locked_sections)
        ]
        years = add_last_year(world, roll, Random(f"{seed} last year"))
        made = SeededSchool(seed, students, twelve, special, years)
        left = students - LEAST_STUDENTS
        while left > 0:
            number = FIRST_PLAIN_ROOM + len(made.plain)
            made.plain.append(_add_plain_room(world, roll, number, min(ROOM_SIZE, left), seed=seed))
            left -= ROOM_SIZE
    return made


def _add_plain_room(world: World, roll: Roll, number: int, size: int, *, seed: int) -> SeededClass:
    """A room with nothing odd but a child or two absent on benchmark day."""
    random = Random(f"{seed} room {number}")
    login = f"teacher{number}"
    staff = [(login, f"{random.choice(_TEACHER_NAMES)} of Room {number}", "TeacherEnrollment")]
    seeded = open_course(world, f"Grade 4 · Room {number}", f"G4-R{number}", f"Room {number}", staff=staff)
    enroll_students(world, seeded, roll.children(size))
    away = random.sample(seeded.students, min(size - 1, random.randint(0, MOST_ABSENT)))
    add_benchmark_day(
        world, seeded, random, absent={user.id for user in away}, grader_id=seeded.staff[login].id
    )
    add_teaching(world, seeded)
    return seeded


_TEACHER_NAMES = (
    "Ms. Alder",
    "Mr. Bly",
    "Mrs. Cass",
    "Ms. Dorn",
    "Mr. Egan",
    "Mrs. Fay",
    "Ms. Gray",
    "Mr. Hart",
)


def _course_json(course: Course) -> dict[str, Any]:
    return {"id": course.id, "name": course.name, "lti_context_id": course.lti_context_id}


def _person_json(user: User) -> dict[str, Any]:
    return {"id": user.id, "login": user.login_id, "name": user.name}
