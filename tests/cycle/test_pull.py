"""What a pull keeps, what it leaves out, and that it keeps all or nothing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cycle_room import Room, fresh_settings, open_room

from lti_app.jobs import tasks
from lti_app.store.models.cycles import Cycle, Evidence, Playlist, SkillEstimate
from lti_app.store.models.lti import Membership, User
from lti_app.store.models.skills import Skill, SkillPrerequisite, Source, Unit
from sandbox.classes.generated import ABSENT, EXCUSED, EXCUSED_ITEMS
from sandbox.world import grading, people
from sandbox.world.model import Assignment, Enrollment, Submission, WikiPage
from sandbox.world.model import User as Person

TIMES = frozenset({"seen_at", "pulled_at", "analysed_at", "pull_report", "access_token", "expires_at"})
ENROLLMENTS, NRPS = "/enrollments$", "/names_and_roles$"
NOTHING = "Nothing was changed"
SKILLS, UNITS = "skill,title,content_area,grade,priority", "skill,unit,minutes,page,check"


@pytest.fixture(scope="module")
def pulled(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """The whole class, pulled and grouped once, for tests that only look."""
    with open_room(fresh_settings(sqlite_template, tmp_path_factory.mktemp("pulled"))) as room:
        room.done(tasks.PULL)
        room.done(tasks.SUGGEST)
        yield room


def estimates_of(room: Room, name: str, code: str) -> SkillEstimate:
    (user,) = room.all(User, name=name)
    (skill,) = room.all(Skill, code=code)
    (found,) = room.all(SkillEstimate, user_id=user.id, skill_id=skill.id)
    assert isinstance(found, SkillEstimate)
    return found


def problems(room: Room) -> dict[str, str]:
    """What the report says is wrong with the course's files, by file."""
    return {file["name"]: file["problem"] for file in room.report()["files"] if file["problem"]}


# again


def test_pulled_twice_every_row_is_as_it_was(room: Room) -> None:
    room.done(tasks.PULL)
    first, report = room.rows(without=TIMES), room.report()
    room.done(tasks.PULL)
    assert room.rows(without=TIMES) == first
    assert {**room.report(), "as_of": ""} == {**report, "as_of": ""}


def test_a_pull_writes_nothing_to_the_lms(room: Room) -> None:
    digest = room.digest()
    room.done(tasks.PULL)
    assert room.writes() == []
    assert room.digest() == digest


def test_a_new_score_changes_that_cell_alone(room: Room) -> None:
    room.done(tasks.PULL)
    before = {row.id: asdict_of(row) for row in room.all(Evidence)}
    item = next(room.world.find(Assignment, name="Fall check 1"))
    row = next(r for r in room.world.submissions_of(item.id).values() if r.score == 0.0)
    grading.set_score(room.world, item, row.user_id, 1.0, grader_id=room.seeded.staff["rivera"].id)
    room.done(tasks.PULL)
    after = {row.id: asdict_of(row) for row in room.all(Evidence)}
    assert [key for key in after if after[key] != before[key]] != []
    changed = {
        key: (before[key]["points"], after[key]["points"]) for key in after if after[key] != before[key]
    }
    assert list(changed.values()) == [(0.0, 1.0)]


def asdict_of(row: Evidence) -> dict[str, object]:
    return {"user": row.user_id, "source": row.source_id, "points": row.points, "state": row.state}


# half a reading


@pytest.mark.parametrize(
    ("path", "do", "words"),
    [
        (ENROLLMENTS, {"status": 500, "body": "oops"}, "The LMS has an error of its own (500)."),
        (ENROLLMENTS, {"half_body": True}, "The connection broke before the whole answer came."),
        (ENROLLMENTS, {"status": 200, "body": "[]]"}, "The answer of the LMS is not readable."),
        (ENROLLMENTS, {"status": 200, "body": '[{"id": 1}]'}, "The answer of the LMS is not as documented"),
        (NRPS, {"status": 200, "body": "{}"}, "The answer of the LMS is not as documented"),
    ],
    ids=["rest-500", "rest-half-body", "rest-not-json", "rest-wrong-shape", "nrps-wrong-shape"],
)
def test_a_roster_whose_second_page_fails_saves_nothing_and_says_what_to_do(
    room: Room, path: str, do: dict[str, object], words: str
) -> None:
    room.done(tasks.PULL)
    room.add_students(120)
    before = room.rows(without=frozenset({"access_token", "expires_at"}))
    room.fault("GET", path, do, nth=2, times=0)
    told = room.failed(tasks.PULL)
    assert words in told
    assert NOTHING in told
    assert re.search(r"Try again|Wait until|show this", told)
    assert room.rows(without=frozenset({"access_token", "expires_at"})) == before


def test_a_first_pull_that_fails_leaves_no_cycle_and_no_person(room: Room) -> None:
    room.add_students(120)
    room.fault("GET", ENROLLMENTS, {"status": 200, "body": "[]]"}, nth=2, times=0)
    room.failed(tasks.PULL)
    assert room.all(Cycle) == []
    assert len(room.all(User)) == 1


@pytest.mark.parametrize(
    "path", ["/files$", "/assignments$", "/pages$", "/students/submissions$", "/outcome_results$"]
)
def test_whatever_reading_fails_nothing_is_saved(room: Room, path: str) -> None:
    room.fault(
        "GET", path, {"status": 403, "body": '{"errors":[{"message":"user not authorized"}]}'}, times=0
    )
    told = room.failed(tasks.PULL)
    assert NOTHING in told
    assert "LMS administrator" in told
    assert room.all(Cycle) == []


def test_one_slip_of_the_lms_is_made_good(room: Room) -> None:
    room.fault("GET", ENROLLMENTS, {"status": 502, "body": "bad gateway"})
    room.fault("GET", "/students/submissions$", {"reset": "after"})
    assert room.done(tasks.PULL)["calls"] > 0
    assert room.report()["students"] == 28


def test_a_roster_of_two_pages_is_read_whole(room: Room) -> None:
    room.add_students(120)
    room.done(tasks.PULL)
    assert room.report()["students"] == 148


# courses that cannot be used yet


def test_a_course_without_students_says_so_and_keeps_nothing(room: Room) -> None:
    for row in room.world.live(Enrollment, course_id=room.seeded.course.id, type="StudentEnrollment"):
        people.set_enrollment_state(room.world, row, "deleted")
    told = room.failed(tasks.PULL)
    assert "no students yet" in told
    assert NOTHING in told
    assert "then check again" in told
    assert room.all(Cycle) == []


def test_a_course_without_a_benchmark_names_the_files_that_give_one(room: Room) -> None:
    room.take_away()
    told = room.failed(tasks.PULL)
    assert "No benchmark was found" in told
    assert "regroup-items.csv" in told
    assert NOTHING in told
    assert room.all(Cycle) == []
    assert room.failed(tasks.SUGGEST) == tasks.NO_CYCLE


def test_tables_that_name_nothing_of_this_course_are_no_benchmark(room: Room) -> None:
    room.file("regroup-items.csv", "item_id,4.NF.1\nSpring check 1,1\nSpring check 2,1\n")
    room.file("regroup-outcomes.csv", "outcome,skill\nNobody's outcome,RL.4.1\n")
    told = room.failed(tasks.PULL)
    assert "none of the 3 names in your tables is in this course" in told
    assert "spelt as in the course" in told


# tables with mistakes


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("regroup-skills.csv", f"{SKILLS}\n4.NF.1,Equal,math,4,maybe\n", "line 2, column priority"),
        ("regroup-outcomes.csv", "outcome,skill\nMain idea,\n", "line 2, column skill"),
        ("regroup-units.csv", f"{UNITS}\n4.NF.1,U,ten,P,C\n", "line 2, column minutes"),
        ("regroup-prerequisites.csv", "skill,prerequisite\n4.NF.1,3.NF.3\n", "line 1, column note"),
        ("regroup-units.csv", f"{UNITS}\n4.NF.1,Café,10,P,C\n".encode("latin-1"), "line 1: is not UTF-8"),
        ("regroup-prerequisites.csv", "", "line 1: the table is empty"),
    ],
)  # fmt: skip
def test_a_file_with_a_mistake_is_named_with_its_place_and_the_rest_is_used(
    room: Room, name: str, text: str | bytes, place: str
) -> None:
    room.file(name, text)
    room.done(tasks.PULL)
    assert list(problems(room)) == [name]
    assert place in problems(room)[name]
    assert room.report()["items_matched"] == 24
    assert room.report()["students_with_results"] == 26


def test_a_bad_item_map_leaves_the_outcomes_as_the_benchmark(room: Room) -> None:
    room.file("regroup-items.csv", room.text_of("regroup-items.csv").replace(",1", ",x", 1))
    room.done(tasks.PULL)
    assert "line 2" in problems(room)["regroup-items.csv"]
    assert (room.report()["items_matched"], room.report()["outcomes_matched"]) == (0, 4)
    assert {source.kind for source in room.all(Source, is_active=True)} == {"outcome"}


def test_a_circle_of_prerequisites_is_named_and_the_map_left_out(room: Room) -> None:
    room.file("regroup-prerequisites.csv", "skill,prerequisite,note\n4.NF.1,3.NF.3,\n3.NF.3,4.NF.1,\n")
    room.done(tasks.PULL)
    assert "4.NF.1" in problems(room)["regroup-prerequisites.csv"]
    assert room.all(SkillPrerequisite) == []


def test_an_item_that_the_course_does_not_have_is_listed_as_unmatched(room: Room) -> None:
    text = room.text_of("regroup-items.csv")
    columns = text.splitlines()[0].count(",")
    room.file("regroup-items.csv", f"{text}Fall check 99,1{',0' * (columns - 1)}\n")
    room.done(tasks.PULL)
    assert room.report()["unmatched"] == ["Fall check 99"]
    assert (room.report()["items_matched"], room.report()["items_total"]) == (24, 25)


# material


@pytest.mark.parametrize("lost", ["page", "check", "both"])
def test_a_unit_whose_material_is_not_there_becomes_a_task_with_the_teacher(room: Room, lost: str) -> None:
    if lost != "check":
        next(room.world.find(WikiPage, title="Learn: Equivalent fractions")).workflow_state = "deleted"
    if lost != "page":
        next(room.world.find(Assignment, name="Check: Equivalent fractions")).workflow_state = "deleted"
    room.done(tasks.PULL)
    told = " ".join(room.report()["problems"])
    assert ("the page “Learn: Equivalent fractions”" in told) is (lost != "check")
    assert ("the check “Check: Equivalent fractions”" in told) is (lost != "page")
    assert [unit.key for unit in room.all(Unit, is_active=True) if unit.key.startswith("4.NF.1")] == []
    room.done(tasks.SUGGEST)
    (skill,) = room.all(Skill, code="4.NF.1")
    with room.session():
        places = [
            place for playlist in room.playlists() for place in playlist.units if place.skill_id == skill.id
        ]
    assert places
    assert all(place.unit_id is None for place in places)


def test_a_unit_that_names_no_check_is_a_task_and_the_report_says_why(room: Room) -> None:
    text = room.text_of("regroup-units.csv")
    room.file("regroup-units.csv", text.replace(",Check: Equivalent fractions", ","))
    room.done(tasks.PULL)
    assert "“Equivalent fractions” has no check" in " ".join(room.report()["problems"])
    assert [unit.key for unit in room.all(Unit, is_active=True) if unit.key.startswith("4.NF.1")] == []


# people


def test_the_test_student_is_nobody_here(room: Room) -> None:
    tester = next(room.world.find(Person, fake_student=True))
    item = next(room.world.find(Assignment, name="Fall check 1"))
    grading.set_score(room.world, item, tester.id, 1.0, grader_id=room.seeded.staff["rivera"].id)
    room.done(tasks.PULL)
    assert room.all(User, lms_id=str(tester.id)) == []
    assert room.report()["students"] == 28


def test_a_student_who_left_is_inactive_with_their_history_and_back_again_when_they_return(
    room: Room,
) -> None:
    room.done(tasks.PULL)
    gone = room.seeded.students[3]
    (user,) = room.all(User, lms_id=str(gone.id))
    kept = len(room.all(Evidence, user_id=user.id))
    (row,) = room.world.live(Enrollment, course_id=room.seeded.course.id, user_id=gone.id)
    people.set_enrollment_state(room.world, row, "inactive")
    room.done(tasks.PULL)
    (membership,) = room.all(Membership, user_id=user.id)
    assert membership.is_active is False
    assert room.report()["students"] == 27
    people.set_enrollment_state(room.world, row, "active")
    room.done(tasks.PULL)
    (membership,) = room.all(Membership, user_id=user.id)
    assert membership.is_active is True
    assert len(room.all(Evidence, user_id=user.id)) == kept
    assert len(room.all(User, lms_id=str(gone.id))) == 1


def test_a_student_who_left_stands_in_no_group_and_no_playlist_afterwards(room: Room) -> None:
    gone = room.seeded.students[3]
    (row,) = room.world.live(Enrollment, course_id=room.seeded.course.id, user_id=gone.id)
    people.set_enrollment_state(room.world, row, "inactive")
    room.done(tasks.PULL)
    room.done(tasks.SUGGEST)
    assert str(gone.id) not in room.placed("skill")
    assert len(room.placed("skill")) == len(room.placed("mixed")) == 27


def test_observers_and_staff_are_no_students(pulled: Room) -> None:
    students = {str(one.id) for one in pulled.seeded.students}
    assert set(pulled.placed("skill")) == students
    assert len(pulled.playlists()) >= 28


def test_a_parent_is_not_counted_as_a_teacher(pulled: Room) -> None:
    kinds = [row.type for row in pulled.world.live(Enrollment, course_id=pulled.seeded.course.id)]
    assert "ObserverEnrollment" in kinds
    teaching = {
        row.user_id
        for row in pulled.world.live(Enrollment, course_id=pulled.seeded.course.id)
        if row.type in ("TeacherEnrollment", "TaEnrollment")
    }
    assert pulled.report()["teachers"] == len(teaching)


# not assessed is not zero


def test_an_absent_student_is_not_assessed_and_never_zero(pulled: Room) -> None:
    for name in ABSENT:
        found = estimates_of(pulled, name, "4.NF.1")
        assert (found.state, found.answers, found.estimate) == ("not_assessed", 0, None)
        (user,) = pulled.all(User, name=name)
        assert {row.points for row in pulled.all(Evidence, user_id=user.id)} == {None}


def test_an_excused_item_counts_neither_way(pulled: Room) -> None:
    (user,) = pulled.all(User, name=EXCUSED)
    rows = [row for row in pulled.all(Evidence, user_id=user.id) if row.state == "excused"]
    assert len(rows) == len(EXCUSED_ITEMS)
    assert {row.points for row in rows} == {None}


def test_a_missing_item_that_the_late_policy_filled_with_zero_is_no_zero(room: Room) -> None:
    item = next(room.world.find(Assignment, name="Fall check 2"))
    student = room.seeded.students[0]
    grading.set_score(room.world, item, student.id, 0.0, grader_id=room.seeded.staff["rivera"].id)
    row = room.world.submission(item.id, student.id)
    assert isinstance(row, Submission)
    row.late_policy_status = "missing"
    room.done(tasks.PULL)
    (user,) = room.all(User, lms_id=str(student.id))
    (source,) = room.all(Source, title="Fall check 2")
    (kept,) = room.all(Evidence, user_id=user.id, source_id=source.id)
    assert (kept.state, kept.points) == ("missing", None)


def test_a_score_that_is_not_posted_yet_is_no_evidence(room: Room) -> None:
    item = next(room.world.find(Assignment, name="Fall check 2"))
    row = room.world.submission(item.id, room.seeded.students[0].id)
    assert row is not None
    row.posted_at = None
    room.done(tasks.PULL)
    (user,) = room.all(User, lms_id=str(row.user_id))
    (source,) = room.all(Source, title="Fall check 2")
    (kept,) = room.all(Evidence, user_id=user.id, source_id=source.id)
    assert (kept.state, kept.points) == ("unposted", None)


def test_a_student_without_any_answer_still_has_a_group_and_a_playlist(pulled: Room) -> None:
    for name in ABSENT:
        (user,) = pulled.all(User, name=name)
        assert user.lms_id in pulled.placed("skill")
        assert [playlist for playlist in pulled.playlists() if playlist.user_id == user.id]


def test_nothing_can_be_suggested_or_planned_before_a_pull(room: Room) -> None:
    assert room.failed(tasks.SUGGEST) == tasks.NO_CYCLE
    assert room.failed(tasks.PLAYLISTS) == tasks.NO_CYCLE
    assert "Suggest groups first" in room.failed(tasks.PLAN)
    assert "Write groups and playlists first" in room.failed(tasks.RESULTS)
    assert room.all(Playlist) == []
