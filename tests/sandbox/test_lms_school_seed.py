"""The school that is not too clean: one seed is one school, and everybody of the cast is there as told."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from flask import Flask

from sandbox.__main__ import main
from sandbox.app import create_app, show
from sandbox.classes.big_school import LEAST_STUDENTS, MOST_STUDENTS, BadSize, add_school
from sandbox.classes.cast import ADULTS, CHILDREN, ROOMS
from sandbox.testing.digest import course_digest
from sandbox.testing.doors import BadOrder, fill, tokens_for
from sandbox.world import rows
from sandbox.world.copying import course_history
from sandbox.world.model import (
    Assignment,
    AssignmentOverride,
    Course,
    CourseFile,
    Enrollment,
    Module,
    ModuleItem,
    ModuleOverride,
    OutcomeResult,
    Section,
    Submission,
    User,
)
from sandbox.world.store import World
from sandbox.world.visibility import audiences, viewers

SIZE = 170


class Seeded:
    """A school in a world, with its fact sheet."""

    def __init__(self, size: int = SIZE, seed: int = 7) -> None:
        self.world = World(seed=seed)
        self.sheet: dict[str, Any] = add_school(self.world, seed=seed, students=size).as_json()

    def user(self, role: str) -> User:
        return self.world.table(User)[self.sheet["people"][role]["id"]]

    def course(self, role: str) -> Course:
        return self.world.table(Course)[self.sheet["courses"][role]["id"]]

    def enrollments(self, role: str, course: str = "self_contained") -> list[Enrollment]:
        wanted = {"user_id": self.user(role).id, "course_id": self.course(course).id}
        return self.world.live(Enrollment, **wanted)

    def rows_of(self, task: str) -> dict[int, Submission]:
        return dict(self.world.submissions_of(self.sheet["work"][task]))

    def benchmark_of(self, user_id: int, course: str = "self_contained") -> list[Submission]:
        items = self.world.find(Assignment, course_id=self.course(course).id)
        found = [self.world.submission(a.id, user_id) for a in items if a.name.startswith("Fall check")]
        return [row for row in found if row is not None]


@pytest.fixture(scope="module")
def school() -> Seeded:
    return Seeded()


@cache
def _app() -> Flask:
    return create_app(World())


def app_of(world: World) -> Flask:
    show(_app(), world)
    return _app()


# bad orders first


@pytest.mark.parametrize("size", [-1, 0, LEAST_STUDENTS - 1, MOST_STUDENTS + 1])
def test_a_school_of_an_impossible_size_is_refused_with_nothing_made(size: int) -> None:
    world = World()
    with pytest.raises(BadSize, match=f"{LEAST_STUDENTS} to {MOST_STUDENTS}"):
        add_school(world, students=size)
    assert not world.table(Course)


@pytest.mark.parametrize("students", ["many", 3, None, True, 12.5])
def test_the_door_refuses_what_is_no_size(students: object) -> None:
    world = World()
    with pytest.raises(BadOrder, match="students"):
        fill(world, {"class": "school", "students": students})
    assert not world.table(Course)


@pytest.mark.parametrize("size", ["5", "6000", "x"])
def test_the_command_refuses_them_too(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--port", "0", "--school", size])
    assert ended.value.code == 2
    assert "--school" in capsys.readouterr().err


# one seed, one school


def digests(school: Seeded) -> list[str]:
    return [course_digest(school.world, course)["digest"] for course in school.world.live(Course)]


def test_one_seed_is_one_school_and_another_seed_another(school: Seeded) -> None:
    again, other = Seeded(), Seeded(seed=8)
    assert digests(again) == digests(school)
    assert again.sheet == school.sheet
    assert digests(other)[0] != digests(school)[0]


def test_another_size_leaves_the_cast_as_it_is(school: Seeded) -> None:
    small = Seeded(LEAST_STUDENTS)
    assert small.sheet["people"] == school.sheet["people"]
    assert small.sheet["work"] == school.sheet["work"]
    assert digests(small) == digests(school)[: len(digests(small))]


@pytest.mark.parametrize("size", [LEAST_STUDENTS, LEAST_STUDENTS + 1, SIZE, 700])
def test_there_are_as_many_children_of_this_year_as_ordered(size: int) -> None:
    world = Seeded(size).world
    found = world.find(Enrollment, type="StudentEnrollment", workflow_state="active")
    assert len({e.user_id for e in found}) == size
    logins = [user.login_id for user in world.table(User).values()]
    assert len(set(logins)) == len(logins)


def test_a_school_leaves_no_job_waiting_when_jobs_are_late(school: Seeded) -> None:
    world = World()
    world.background.late = True
    fill(world, {"class": "school", "students": SIZE})
    assert not world.background.waiting()
    assert [course_digest(world, course)["digest"] for course in world.live(Course)] == digests(school)


def test_the_quick_way_leaves_what_the_slow_way_would(school: Seeded) -> None:
    """Asking the LMS to bring every row up to date changes nothing anywhere."""
    before = digests(school)
    for course in school.world.live(Course):
        rows.recompute(school.world, school.world.live(Assignment, course_id=course.id))
    assert digests(school) == before


# the cast


def test_the_sheet_names_every_role_once_and_nobody_else(school: Seeded) -> None:
    people = [part.role for part in (*CHILDREN, *ADULTS)]
    assert sorted(school.sheet["people"]) == sorted(people)
    assert sorted(school.sheet["courses"]) == sorted(room.role for room in ROOMS)
    assert [row["role"] for row in school.sheet["who"]] == [*people, *(room.role for room in ROOMS)]
    assert all(row["why"] and row["name"] for row in school.sheet["who"])
    for part in (*CHILDREN, *ADULTS):
        assert (school.user(part.role).name, school.user(part.role).locale) == (part.name, part.locale)


def test_two_children_have_one_name(school: Seeded) -> None:
    one, two = school.user("namesake_one"), school.user("namesake_two")
    assert one.name == two.name
    assert len({one.id, two.id}) == len({one.sis_user_id, two.sis_user_id}) == 2
    assert one.login_id != two.login_id


def test_one_child_is_in_three_sections_of_one_course(school: Seeded) -> None:
    assert len({e.section_id for e in school.enrollments("in_three_sections")}) == 3
    assert len(school.benchmark_of(school.user("in_three_sections").id)) == 24


def test_one_child_has_no_sis_id_and_all_others_have_one(school: Seeded) -> None:
    learners = {e.user_id for e in school.world.find(Enrollment, type="StudentEnrollment")}
    without = [user.id for user in school.world.table(User).values() if not user.sis_user_id]
    assert learners.intersection(without) == {school.user("no_sis_id").id}


def test_one_child_joined_yesterday_and_has_nothing_yet(school: Seeded) -> None:
    now = school.world.clock.now()
    (enrollment,) = school.enrollments("joined_yesterday")
    assert enrollment.created_at is not None
    assert timedelta(hours=23) < now - enrollment.created_at < timedelta(hours=25)
    rows_held = school.benchmark_of(school.user("joined_yesterday").id)
    assert {(row.score, row.workflow_state) for row in rows_held} == {(None, "unsubmitted")}


def test_the_twins_share_a_name_and_a_parent_and_not_a_table(school: Seeded) -> None:
    one, two = school.user("twin_one"), school.user("twin_two")
    assert one.sortable_name.split(",")[0] == two.sortable_name.split(",")[0]
    home = {school.sheet["section"]["id"]}
    tables = [{e.section_id for e in school.enrollments(role)} - home for role in ("twin_one", "twin_two")]
    assert tables == [{school.sheet["sections"]["blue"]}, {school.sheet["sections"]["green"]}]


@pytest.mark.parametrize(
    ("observer", "children"),
    [
        ("observer_of_twins", ("twin_one", "twin_two")),
        ("observer_of_cousins", ("in_three_sections", "spanish_speaker")),
    ],
)
def test_observers_have_two_children_in_different_groups(
    school: Seeded, observer: str, children: tuple[str, str]
) -> None:
    ids = [school.user(child).id for child in children]
    found = school.enrollments(observer)
    assert {e.type for e in found} == {"ObserverEnrollment"}
    beside = {(e.section_id, e.associated_user_id) for e in found}
    assert beside == {
        (e.section_id, i) for c, i in zip(children, ids, strict=True) for e in school.enrollments(c)
    }
    groups = [{s for s, child in beside if child == i} for i in ids]
    assert groups[0] - groups[1]
    assert groups[1] - groups[0]


def test_eight_were_absent_on_benchmark_day(school: Seeded) -> None:
    assert len(school.sheet["absent"]) == 8
    took = {s["id"] for s in school.sheet["students"]} - set(school.sheet["absent"])
    took.remove(school.user("joined_yesterday").id)
    for user_id in school.sheet["absent"]:
        assert {row.score for row in school.benchmark_of(user_id)} == {None}
    for user_id in took:
        assert {row.score for row in school.benchmark_of(user_id)} <= {0.0, 1.0}
    assert len(took) == 20


def test_the_teachers_own_assignment_is_in_no_module_and_graded_28_times(school: Seeded) -> None:
    task = school.sheet["work"]["teachers_own"]
    assert not school.world.live(ModuleItem, type="Assignment", content_id=task)
    states = Counter(row.workflow_state for row in school.rows_of("teachers_own").values())
    assert states == {"graded": 28, "unsubmitted": 2}
    graded = [row for row in school.rows_of("teachers_own").values() if row.score is not None]
    assert all(row.submitted_at and row.attempt == row.graded_attempt == 1 for row in graded)


def test_the_self_contained_room_has_mathematics_and_reading(school: Seeded) -> None:
    course = school.course("self_contained")
    assert {r.course_id for r in school.world.find(OutcomeResult)} == {course.id}
    (skills,) = school.world.find(CourseFile, course_id=course.id, display_name="regroup-skills.csv")
    assert b",math," in skills.body
    assert b",reading," in skills.body


# the rooms


def test_the_special_educator_sees_one_section_and_has_work_for_it(school: Seeded) -> None:
    (enrollment,) = school.enrollments("special_educator", "co_taught")
    assert (enrollment.type, enrollment.limit_privileges_to_course_section) == ("TeacherEnrollment", True)
    assert enrollment.section_id == school.sheet["sections"]["support"]
    supported = {
        e.user_id
        for e in school.world.live(Enrollment, section_id=enrollment.section_id, type="StudentEnrollment")
    }
    assert len(supported) == 6
    task = school.world.table(Assignment)[school.sheet["work"]["for_support_only"]]
    (override,) = school.world.live(AssignmentOverride, content=("Assignment", task.id))
    assert override.course_section_id == enrollment.section_id
    facts = audiences(school.world, task.course_id)
    assert viewers(facts, task) == supported == set(school.rows_of("for_support_only"))


def test_missing_work_became_a_zero_that_nobody_typed(school: Seeded) -> None:
    held = school.rows_of("with_zeros").values()
    zeros = [row for row in held if row.score == 0]
    assert len(zeros) == 5, "four children and the Test Student"
    assert all(row.grader_id is None and row.submitted_at is None for row in zeros)
    task = school.world.table(Assignment)[school.sheet["work"]["with_zeros"]]
    assert task.due_at is not None
    assert task.due_at < school.world.clock.now()


def test_grades_of_one_room_go_to_the_sis(school: Seeded) -> None:
    course = school.course("sis_grades")
    posted = [a for a in school.world.find(Assignment, course_id=course.id) if a.post_to_sis]
    assert len(posted) == 24
    assert len({a.sis_assignment_id for a in posted}) == 24
    assert not any(a.post_to_sis for a in school.world.find(Assignment) if a.course_id != course.id)


def test_sections_of_one_room_all_belong_to_the_sis(school: Seeded) -> None:
    course = school.course("sections_locked")
    assert len(school.world.live(Section, course_id=course.id)) == 2
    assert all(s.sis_section_id for s in school.world.live(Section, course_id=course.id))
    students = school.world.live(Enrollment, course_id=course.id, type="StudentEnrollment")
    assert all(e.sis_import_id for e in students)


@pytest.mark.parametrize(
    ("login", "course", "status"), [("lvasquez", "sections_locked", 403), ("lindgren", "sis_grades", 200)]
)
def test_a_teacher_of_that_room_makes_no_section_and_others_do(login: str, course: str, status: int) -> None:
    school = Seeded(LEAST_STUDENTS)
    token = tokens_for(school.world, login)["access_token"]
    answer = (
        app_of(school.world)
        .test_client()
        .post(
            f"/api/v1/courses/{school.course(course).id}/sections",
            json={"course_section": {"name": "Otters"}},
            headers={"Authorization": f"Bearer {token}"},
        )
    )
    assert answer.status_code == status


@pytest.mark.parametrize(("login", "count"), [("calder", 22), ("birch", 6)])
def test_the_lms_shows_each_teacher_of_the_co_taught_room_their_own_students(
    school: Seeded, login: str, count: int
) -> None:
    token = tokens_for(school.world, login)["access_token"]
    answer = (
        app_of(school.world)
        .test_client()
        .get(
            f"/api/v1/courses/{school.course('co_taught').id}/enrollments?type[]=StudentEnrollment&per_page=100",
            headers={"Authorization": f"Bearer {token}"},
        )
    )
    assert len({row["user_id"] for row in answer.get_json()}) == count


def test_last_years_course_is_over_and_its_copy_has_lost_every_audience(school: Seeded) -> None:
    old, copy = school.course("last_year"), school.course("copy_of_last_year")
    former = list(school.world.find(Enrollment, course_id=old.id, type="StudentEnrollment"))
    assert {e.workflow_state for e in former} == {"completed"}
    assert sorted(e.user_id for e in former) == sorted(school.sheet["former"])
    names = [[m.name for m in school.world.live(Module, course_id=c.id)] for c in (old, copy)]
    assert names[0] == names[1]
    assert len(school.world.live(ModuleOverride, course_id=old.id)) == 3
    assert not school.world.live(ModuleOverride, course_id=copy.id)
    facts = audiences(school.world, copy.id)
    checks = school.world.live(Assignment, course_id=copy.id)
    assert len(checks) == 3
    assert all(viewers(facts, check) == facts.learners for check in checks)
    assert course_history(school.world, copy) == [old.lti_context_id]


def test_answers_look_like_a_class_in_every_room(school: Seeded) -> None:
    for course_id in [school.sheet["courses"]["co_taught"]["id"], *school.sheet["plain_courses"]]:
        scores: dict[int, list[float]] = {}
        for task in school.world.find(Assignment, course_id=course_id):
            for row in school.world.submissions_of(task.id).values():
                if row.score is not None and task.name.startswith("Fall check"):
                    scores.setdefault(row.user_id, []).append(row.score)
        shares = sorted(sum(found) / len(found) for found in scores.values())
        assert len(shares) < 10 or shares[-1] - shares[0] > 0.3
        assert all(len(found) == 24 for found in scores.values())


def test_the_first_page_says_who_is_worth_being() -> None:
    world = World()
    client = app_of(world).test_client()
    assert "Worth being" not in client.get("/").text
    fill(world, {"class": "school", "students": LEAST_STUDENTS})
    page = client.get("/").text
    assert page.count("twins to keep apart") == 2
    assert all(f'value="{part.login}"' in page for part in (*CHILDREN, *ADULTS))


def test_the_door_answers_with_the_sheet_keys_and_tokens() -> None:
    app = app_of(World())
    order = {
        "class": "school",
        "students": LEAST_STUDENTS,
        "tool_url": "http://tool.localhost:8000",
        "tokens_for": ["birch", "lvasquez"],
    }
    answer = app.test_client().post("/_sandbox/seed", json=order)
    assert answer.status_code == 200
    sheet = answer.get_json()
    assert set(sheet["tokens"]) == {"birch", "lvasquez"}
    assert sheet["tool"]["client_id"]
    assert sheet["people"]["twin_one"]["login"] == "yhaddad"
    assert sheet["school"] == {"seed": 7, "students": LEAST_STUDENTS}
