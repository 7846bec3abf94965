"""What every room of the school did: the mathematics benchmark of grade 4, on one day, by those present."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sandbox.classes.bulk import add_task, give_scores, learners_of
from sandbox.classes.files import Skill, add_file, add_skill_files, csv_bytes
from sandbox.classes.generated import MATH, PREREQUISITES, benchmark_items, chances_of
from sandbox.classes.school import SeededClass, add_material
from sandbox.world.model import Assignment, AssignmentGroup
from sandbox.world.store import World

BENCHMARK_AGE = timedelta(days=14)


def end_of_day(world: World, *, days: int) -> datetime:
    """One minute to midnight, so many days from now (before now if negative)."""
    return (world.clock.now() + timedelta(days=days)).replace(hour=23, minute=59, second=0, microsecond=0)


def add_benchmark_day(
    world: World,
    seeded: SeededClass,
    random: Random,
    *,
    absent: Collection[int] = (),
    grader_id: int,
    **fields: Any,
) -> list[Assignment]:
    """The benchmark's 24 items, each its own assignment of 1 point.

    `absent` (user ids) have rows without scores. Further `fields` go on every assignment.
    """
    group = world.add(AssignmentGroup(course_id=seeded.course.id, name="Benchmarks"))
    learners = learners_of(world, seeded.course)
    day = world.clock.now() - BENCHMARK_AGE
    chances = chances_of(random, len(seeded.students))
    takers = [(u.id, c) for u, c in zip(seeded.students, chances, strict=True) if u.id not in absent]
    made = []
    for position, (name, codes) in enumerate(benchmark_items().items(), 1):
        task = add_task(
            world,
            seeded.course,
            group,
            name,
            learners=learners,
            position=position,
            points_possible=1.0,
            submission_types=["on_paper"],
            workflow_state="published",
            **fields,
        )
        scores = {who: float(random.random() < min(chance[code] for code in codes)) for who, chance in takers}
        give_scores(world, task, scores, grader_id=grader_id, at=day)
        made.append(task)
    return made


def add_teaching(world: World, seeded: SeededClass, skills: Sequence[Skill] = MATH) -> None:
    """The teacher's pages and checks, and the files that tell a tool which item asks for which skill."""
    add_material(world, seeded.course, skills, published_checks=2)
    add_skill_files(world, seeded.course, skills, benchmark_items())
    codes = {skill.code for skill in skills}
    rows = [row for row in PREREQUISITES if {row[0], row[1]} <= codes]
    header = ("skill", "prerequisite", "note")
    add_file(world, seeded.course, "regroup-prerequisites.csv", csv_bytes(header, rows))
