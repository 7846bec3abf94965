"""The demonstration class: grade 4, 28 students, a mathematics benchmark and reading outcomes. Fixed seed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from random import Random

from sandbox.classes.files import Skill, add_file, add_skill_files, csv_bytes
from sandbox.classes.names import CLASS_OF_28
from sandbox.classes.school import SeededClass, add_material, enroll_students, open_course
from sandbox.world import grading, people, work
from sandbox.world.model import Assignment, AssignmentGroup, Outcome, OutcomeResult, User
from sandbox.world.store import World

MATH = (
    Skill("3.OA.7", "Multiply and divide within 100", "math", 3, priority=True),
    Skill("3.NF.1", "Fractions as parts of a whole", "math", 3, priority=True),
    Skill("3.NF.3", "Match and compare simple fractions", "math", 3),
    Skill("4.NBT.4", "Add and subtract large numbers", "math", 4),
    Skill("4.NBT.5", "Multiply two-digit numbers", "math", 4, priority=True, minutes=12),
    Skill("4.NF.1", "Equivalent fractions", "math", 4, priority=True),
    Skill("4.NF.2", "Compare fractions with unlike parts", "math", 4, has_material=False),
    Skill("4.NF.3", "Add and subtract fractions", "math", 4, priority=True, minutes=12),
)
READING = (
    Skill("RL.4.1", "Explain with details from the text", "reading", 4, priority=True),
    Skill("RL.4.2", "Find the theme and sum it up", "reading", 4),
    Skill("RI.4.2", "Tell the main idea", "reading", 4, priority=True),
    Skill("RI.4.4", "Work out what words mean", "reading", 4, has_material=False),
)
OUTCOMES = (
    ("Details that prove it", "RL.4.1"),
    ("Theme and summary", "RL.4.2"),
    ("Main idea", "RI.4.2"),
    ("Word detective", "RI.4.4"),
)
PREREQUISITES = (
    ("4.NBT.5", "3.OA.7", "Two-digit products are built from facts within 100"),
    ("3.NF.3", "3.NF.1", "Comparing needs the parts of one whole first"),
    ("4.NF.1", "3.NF.3", "Equivalence grows out of matching simple fractions"),
    ("4.NF.1", "3.OA.7", "Renaming multiplies top and bottom"),
    ("4.NF.2", "4.NF.1", "Unlike parts are compared by renaming"),
    ("4.NF.3", "3.NF.1", "Adding fractions counts parts of one whole"),
    ("RL.4.2", "RL.4.1", "A theme is argued from details"),
)
BENCHMARK = "Fall check"
BENCHMARK_ITEMS = 24
ABSENT = ("Kai Nakamura", "Rosa Iglesias")
EXCUSED = "Omar Siddiqui"
EXCUSED_ITEMS = (5, 6, 13, 14)
RATINGS = [
    {"description": "Goes further", "points": 4.0},
    {"description": "Got it", "points": 3.0},
    {"description": "Nearly", "points": 2.0},
    {"description": "Not yet", "points": 1.0},
]

# chance of a right answer in each of MATH, by cluster of need; then how many students are like that
_CLUSTERS: tuple[tuple[tuple[float, ...], int], ...] = (
    ((0.92, 0.80, 0.55, 0.90, 0.80, 0.22, 0.15, 0.25), 9),
    ((0.35, 0.88, 0.82, 0.45, 0.15, 0.70, 0.55, 0.75), 8),
    ((0.50, 0.25, 0.15, 0.60, 0.20, 0.10, 0.05, 0.10), 6),
    ((0.97, 0.97, 0.95, 0.95, 0.85, 0.90, 0.60, 0.85), 5),
)


def benchmark_items() -> dict[str, tuple[str, ...]]:
    """The benchmark's assignments in order, with the skills each asks for; two ask for two."""
    codes = [skill.code for skill in MATH]
    items: dict[str, tuple[str, ...]] = {
        f"{BENCHMARK} {n + 1}": (codes[n % len(codes)],) for n in range(BENCHMARK_ITEMS)
    }
    items[f"{BENCHMARK} 13"] += ("3.OA.7",)
    items[f"{BENCHMARK} 24"] += ("4.NF.1",)
    return items


def add_generated_class(world: World, *, seed: int = 7) -> SeededClass:
    """Put the class into the world. The same seed gives the same people, answers and results."""
    random = Random(seed)
    with world.lock:
        seeded = open_course(world, "Grade 4 · Room 12", "G4-R12", "Room 12")
        enroll_students(world, seeded, _students(world))
        _add_observer(world, seeded)
        absent = {user.id for user in seeded.students if user.name in ABSENT}
        _add_benchmark(world, seeded, random)
        add_reading(world, seeded, random, absent=absent)
        add_material(world, seeded.course, [*MATH, *READING], published_checks=2)
        add_skill_files(world, seeded.course, [*MATH, *READING], benchmark_items())
        header = ("skill", "prerequisite", "note")
        add_file(world, seeded.course, "regroup-prerequisites.csv", csv_bytes(header, PREREQUISITES))
        add_file(world, seeded.course, "regroup-outcomes.csv", csv_bytes(("outcome", "skill"), OUTCOMES))
    return seeded


def _students(world: World) -> list[User]:
    found = []
    for number, name in enumerate(CLASS_OF_28):
        first, _, last = name.rpartition(" ")
        login = "".join(c for c in f"{first[0]}{last}".lower() if c.isascii() and c.isalpha())
        found.append(
            people.add_user(
                world,
                name,
                login,
                sis_user_id=f"S{2041 + number * 7}",
                email=f"{login}@students.cedargrove.example",
            )
        )
    return found


def _add_observer(world: World, seeded: SeededClass) -> None:
    parent = people.add_user(world, "Lucía Duarte", "lduarte", email="lduarte@families.example")
    child = next(user for user in seeded.students if user.name == "Camila Duarte")
    people.put_in(world, seeded.home, parent, "ObserverEnrollment", associated_user_id=child.id)


def _add_benchmark(world: World, seeded: SeededClass, random: Random) -> None:
    group = world.add(AssignmentGroup(course_id=seeded.course.id, name="Benchmarks"))
    items = [(_published(world, seeded, name, group), codes) for name, codes in benchmark_items().items()]
    teacher = seeded.staff["rivera"].id
    for student, chances in zip(seeded.students, chances_of(random, len(seeded.students)), strict=True):
        if student.name in ABSENT:
            continue
        for number, (assignment, codes) in enumerate(items, 1):
            chance = min(chances[code] for code in codes)
            is_right = random.random() < chance
            if student.name == EXCUSED and number in EXCUSED_ITEMS:
                grading.excuse(world, assignment, student.id, grader_id=teacher)
            else:
                grading.set_score(world, assignment, student.id, float(is_right), grader_id=teacher)


def _published(world: World, seeded: SeededClass, name: str, group: AssignmentGroup) -> Assignment:
    assignment = work.add_assignment(
        world, seeded.course, name, points=1.0, group=group, submission_types=["on_paper"]
    )
    work.set_published(world, assignment, True)
    return assignment


def chances_of(random: Random, count: int) -> list[dict[str, float]]:
    """For each student the chance of a right answer by skill: their cluster's, a little moved."""
    class_of_28 = [chances for chances, size in _CLUSTERS for _ in range(size)]
    shuffled = class_of_28 * max(1, -(-count // len(class_of_28)))
    random.shuffle(shuffled)
    codes = [skill.code for skill in MATH]
    moved = [[min(0.98, max(0.02, c + random.uniform(-0.12, 0.12))) for c in row] for row in shuffled[:count]]
    return [dict(zip(codes, row, strict=True)) for row in moved]


def add_reading(world: World, seeded: SeededClass, random: Random, *, absent: Collection[int]) -> None:
    """The four reading outcomes of the course, with one to three results for most who were there."""
    outcomes = [
        world.add(
            Outcome(
                context_type="Course",
                context_id=seeded.course.id,
                title=title,
                display_name=title,
                group_title="Reading",
                ratings=RATINGS,
            )
        )
        for title, _ in OUTCOMES
    ]
    now = world.clock.now()
    for student in seeded.students:
        if student.id in absent or random.random() < 0.08:
            continue
        level = random.choice((1.4, 2.1, 2.8, 3.3))
        for outcome in outcomes:
            for days in range(random.randint(1, 3), 0, -1):
                score = float(min(4, max(1, round(random.gauss(level, 0.7)))))
                world.add(
                    OutcomeResult(
                        course_id=seeded.course.id,
                        outcome_id=outcome.id,
                        user_id=student.id,
                        score=score,
                        possible=4.0,
                        submitted_at=now - timedelta(days=7 * days),
                    )
                )
