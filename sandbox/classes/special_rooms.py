"""Four rooms, each with one awkward rule: co-taught, automatic zeros, grades or sections of the SIS."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from sandbox.classes.benchmark_day import add_benchmark_day, add_teaching, end_of_day
from sandbox.classes.bulk import add_task, give_scores, hand_in_all, learners_of
from sandbox.classes.cast import adult, room
from sandbox.classes.roll import Roll, person
from sandbox.classes.school import SeededClass, enroll_students, open_course
from sandbox.world import late_policy, people
from sandbox.world.model import Account, Assignment, AssignmentGroup, AssignmentOverride, Section, User
from sandbox.world.model.work import LatePolicy
from sandbox.world.store import World

SUPPORTED = 6
MISSING = 4
CHARTER_SCHOOL = "Cedar Grove Charter School"


@dataclass(slots=True)
class SpecialRoom:
    """A room, the adults it brings, and by role the sections and tasks worth finding."""

    role: str
    seeded: SeededClass
    teacher: User
    people: dict[str, User] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)
    work: dict[str, Assignment] = field(default_factory=dict)


def _open(world: World, roll: Roll, role: str, teacher_role: str) -> SpecialRoom:
    wanted, lead = room(role), adult(teacher_role)
    staff = [(lead.login, lead.name, "TeacherEnrollment")]
    seeded = open_course(world, wanted.name, wanted.code, wanted.name.split(" · ")[1], staff=staff)
    enroll_students(world, seeded, roll.children(wanted.size))
    teacher = person(world, lead)
    return SpecialRoom(role, seeded, teacher, people={teacher_role: teacher})


def add_co_taught(world: World, roll: Roll, random: Random) -> SpecialRoom:
    """A special educator co-teaches six children in a section of their own, and sees only that section."""
    made = _open(world, roll, "co_taught", "classroom_teacher")
    course = made.seeded.course
    support = made.sections["support"] = people.add_section(world, course, "Learning support")
    for child in made.seeded.students[:SUPPORTED]:
        people.put_in(world, support, child, "StudentEnrollment")
    educator = made.people["special_educator"] = person(world, adult("special_educator"))
    people.put_in(
        world,
        support,
        educator,
        "TeacherEnrollment",
        limit_privileges_to_course_section=True,
        sis_import_id=1,
    )
    add_benchmark_day(world, made.seeded, random, absent=_some(made, random, 1), grader_id=made.teacher.id)
    add_teaching(world, made.seeded)
    group = world.add(AssignmentGroup(course_id=course.id, name="Learning support", position=3))
    task = made.work["for_support_only"] = add_task(
        world,
        course,
        group,
        "Fractions with counters",
        learners=sorted(child.id for child in made.seeded.students[:SUPPORTED]),
        position=1,
        points_possible=4.0,
        submission_types=["on_paper"],
        workflow_state="published",
        only_visible_to_overrides=True,
        due_at=end_of_day(world, days=4),
        omit_from_final_grade=True,
    )
    world.add(
        AssignmentOverride(
            course_id=course.id,
            content=("Assignment", task.id),
            title=support.name,
            course_section_id=support.id,
        )
    )
    return made


def add_automatic_zeros(world: World, roll: Roll, random: Random) -> SpecialRoom:
    """A task fell due three days ago; four did not hand it in and have a zero that nobody typed."""
    made = _open(world, roll, "automatic_zeros", "zeros_teacher")
    add_benchmark_day(world, made.seeded, random, absent=_some(made, random, 1), grader_id=made.teacher.id)
    add_teaching(world, made.seeded)
    group = world.add(AssignmentGroup(course_id=made.seeded.course.id, name="Notebook", position=3))
    now = world.clock.now()
    task = made.work["with_zeros"] = add_task(
        world,
        made.seeded.course,
        group,
        "Number talk notes",
        learners=learners_of(world, made.seeded.course),
        position=1,
        points_possible=5.0,
        submission_types=["online_text_entry"],
        workflow_state="published",
        due_at=end_of_day(world, days=-3),
    )
    policy = LatePolicy(
        course_id=made.seeded.course.id,
        missing_submission_deduction_enabled=True,
        missing_submission_deduction=100.0,
        created_at=now - timedelta(days=60),
    )
    missing = _some(made, random, MISSING)
    workers = [child.id for child in made.seeded.students if child.id not in missing]
    hand_in_all(world, task, dict.fromkeys(workers, "I counted up by tens."), at=now - timedelta(days=4))
    scores = {who: float(random.randint(3, 5)) for who in workers}
    give_scores(world, task, scores, grader_id=made.teacher.id, at=now - timedelta(days=2))
    late_policy.apply_to_course(world, world.add(policy))
    return made


def add_sis_grades(world: World, roll: Roll, random: Random) -> SpecialRoom:
    """Every benchmark item is marked to be posted to the SIS and known there by an id."""
    made = _open(world, roll, "sis_grades", "sis_teacher")
    items = add_benchmark_day(
        world,
        made.seeded,
        random,
        absent=_some(made, random, 1),
        grader_id=made.teacher.id,
        post_to_sis=True,
    )
    for number, item in enumerate(items, 1):
        item.sis_assignment_id = f"SIS-A-{number}"
    add_teaching(world, made.seeded)
    made.work["posted_to_sis"] = items[0]
    return made


def add_locked_sections(world: World, roll: Roll, random: Random) -> SpecialRoom:
    """Both sections came from the SIS with all who are in them; the school lets no teacher touch one."""
    made = _open(world, roll, "sections_locked", "locked_teacher")
    course = made.seeded.course
    rights = dict.fromkeys(("manage_sections_add", "manage_sections_edit", "manage_sections_delete"), False)
    school = Account(
        name=CHARTER_SCHOOL,
        parent_account_id=made.seeded.account.id,
        lti_context_id=world.new_uuid(),
        role_overrides={"TeacherEnrollment": rights},
    )
    course.account_id = world.add(school).id
    second = made.sections["second_of_sis"] = people.add_section(
        world, course, "Room 20 B", sis_section_id=f"SEC-{course.course_code}-B"
    )
    for child in made.seeded.students[::2]:
        people.put_in(world, second, child, "StudentEnrollment", sis_import_id=1)
    add_benchmark_day(world, made.seeded, random, absent=_some(made, random, 2), grader_id=made.teacher.id)
    add_teaching(world, made.seeded)
    return made


def _some(made: SpecialRoom, random: Random, count: int) -> set[int]:
    return {child.id for child in random.sample(made.seeded.students, count)}
