"""A course made from an answers file: its students, one assignment for each item, exactly these answers."""

from __future__ import annotations

from pathlib import Path
from random import Random

from sandbox.classes.files import Skill, add_skill_files
from sandbox.classes.names import many_names
from sandbox.classes.read_answers import BadAnswers, Benchmark, read_benchmark
from sandbox.classes.school import SeededClass, add_material, enroll_students, open_course, user_with_login
from sandbox.world import grading, work
from sandbox.world.model import Assignment, AssignmentGroup, User
from sandbox.world.store import World

__all__ = ["BadAnswers", "add_answers_class"]

GRADE = 4


def add_answers_class(world: World, responses: Path, qmatrix: Path, *, seed: int = 7) -> SeededClass:
    """Put the course into the world. Raises BadAnswers, with nothing done, when a file is wrong.

    Students have believable names; login and sis_user_id are the file's student_id. An item a student did not
    answer (another booklet) stays an unsubmitted row without a score.
    """
    benchmark = read_benchmark(responses, qmatrix)
    with world.lock:
        title = responses.resolve().parent.name or "Benchmark"
        seeded = open_course(world, f"Grade {GRADE} · {title}", title.upper(), "All students")
        enroll_students(world, seeded, _students(world, benchmark, seed))
        _add_items(world, seeded, benchmark)
        skills = [Skill(code, name, "math", GRADE) for code, name in _titles(benchmark).items()]
        add_material(world, seeded.course, skills)
        add_skill_files(world, seeded.course, skills, benchmark.items)
    return seeded


def _students(world: World, benchmark: Benchmark, seed: int) -> list[User]:
    names = many_names(len(benchmark.answers), Random(seed))
    return [
        user_with_login(world, student_id, name, sis_user_id=student_id)
        for student_id, name in zip(benchmark.answers, names, strict=True)
    ]


def _add_items(world: World, seeded: SeededClass, benchmark: Benchmark) -> None:
    group = world.add(AssignmentGroup(course_id=seeded.course.id, name="Benchmark"))
    assignments: dict[str, Assignment] = {}
    for name in benchmark.items:
        assignments[name] = work.add_assignment(
            world, seeded.course, name, points=1.0, group=group, submission_types=["on_paper"]
        )
        work.set_published(world, assignments[name], True)
    teacher = seeded.staff["rivera"].id
    for student in seeded.students:
        for item, correct in benchmark.answers[student.login_id].items():
            grading.set_score(world, assignments[item], student.id, float(correct), grader_id=teacher)


def _titles(benchmark: Benchmark) -> dict[str, str]:
    """A title for each skill; where two share one, the code is added."""
    names = benchmark.skills
    twice = {name for name in names.values() if list(names.values()).count(name) > 1}
    return {code: f"{name} ({code})" if name in twice else name for code, name in names.items()}
