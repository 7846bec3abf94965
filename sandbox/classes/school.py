"""What every class here has: the district, its staff, a course with a home section, its material."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.classes.bulk import add_task, learners_of
from sandbox.classes.files import Skill
from sandbox.world import people
from sandbox.world.model import Account, AssignmentGroup, Course, Section, User, WikiPage
from sandbox.world.store import World

DISTRICT = "Cedar Grove School District"
STAFF = (("rivera", "Elena Rivera", "TeacherEnrollment"), ("ode", "Marcus Ode", "TeacherEnrollment"))
CHECK_POINTS = 5.0


@dataclass(slots=True)
class SeededClass:
    """A class that was put into the world."""

    account: Account
    course: Course
    home: Section
    staff: dict[str, User] = field(default_factory=dict)
    students: list[User] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The ids a test or a demo needs to find its way."""
        return {
            "account": {"id": self.account.id, "name": self.account.name},
            "course": {
                "id": self.course.id,
                "name": self.course.name,
                "lti_context_id": self.course.lti_context_id,
            },
            "section": {"id": self.home.id, "name": self.home.name},
            "staff": {login: user.id for login, user in self.staff.items()},
            "students": [{"id": user.id, "login": user.login_id} for user in self.students],
        }


def open_course(
    world: World,
    name: str,
    code: str,
    home_name: str,
    *,
    staff: Sequence[tuple[str, str, str]] = STAFF,
) -> SeededClass:
    """A course of the district with its staff in the home section, and a Test Student; no students yet.

    `staff` is (login, name, enrolment type) of each. District and people are found again when they are there.
    """
    account = next(world.find(Account, name=DISTRICT), None) or world.add(
        Account(name=DISTRICT, lti_context_id=world.new_uuid())
    )
    course = world.add(
        Course(
            account_id=account.id,
            name=name,
            course_code=code,
            lti_context_id=world.new_uuid(),
            uuid=world.new_uuid(),
            sis_course_id=f"C-{code}",
            created_at=world.clock.now(),
        )
    )
    home = people.add_section(
        world, course, home_name, default_section=True, sis_section_id=f"SEC-{code}-{course.id}"
    )
    seeded = SeededClass(account, course, home)
    for login, person, type_ in staff:
        user = seeded.staff[login] = user_with_login(
            world, login, person, email=f"{login}@cedargrove.example"
        )
        people.put_in(world, home, user, type_, sis_import_id=1)
    admin = seeded.staff["admin"] = user_with_login(
        world, "admin", "Dana Okafor", email="okafor@cedargrove.example"
    )
    admin.admin_of_account_ids.add(account.id)
    tester = people.add_user(world, "Test Student", f"test-student-{course.id}", fake_student=True)
    tester.sortable_name = "Student, Test"
    people.put_in(world, home, tester, "StudentViewEnrollment")
    return seeded


def user_with_login(world: World, login: str, name: str, **fields: Any) -> User:
    """The user with that login, made when there is none."""
    return next(world.find(User, login_id=login), None) or people.add_user(world, name, login, **fields)


def enroll_students(world: World, seeded: SeededClass, users: Iterable[User]) -> None:
    """Put students into the home section, as the school's information system does."""
    for user in users:
        people.put_in(world, seeded.home, user, "StudentEnrollment", sis_import_id=1)
        seeded.students.append(user)


def add_material(world: World, course: Course, skills: Iterable[Skill], *, published_checks: int = 0) -> None:
    """For each skill with material: the teacher's own page, published, and a check, mostly not published."""
    group = world.add(AssignmentGroup(course_id=course.id, name="Checks", position=2))
    learners = learners_of(world, course)
    now = world.clock.now()
    for place, skill in enumerate(s for s in skills if s.has_material):
        world.add(
            WikiPage(
                course_id=course.id,
                title=skill.page,
                url=world.slug(course.id, skill.page),
                body=page_body(skill),
                workflow_state="active",
                created_at=now,
                updated_at=now,
            )
        )
        add_task(
            world,
            course,
            group,
            skill.check,
            learners=learners,
            position=place + 1,
            points_possible=CHECK_POINTS,
            description=f"<p>Five short questions: {skill.title.lower()}. Show how you know.</p>",
            submission_types=["online_text_entry"],
            omit_from_final_grade=True,
            workflow_state="published" if place < published_checks else "unpublished",
        )


def page_body(skill: Skill) -> str:
    """A short lesson page."""
    return (
        f"<h2>{skill.title}</h2><p>Read the example, then try the three questions with a partner.</p>"
        f"<p>This takes about {skill.minutes} minutes.</p>"
    )
