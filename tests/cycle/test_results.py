"""Checks that were done come back: what opens, which scores are sent, by rule or after another yes."""

import pytest
from cycle_room import Room

from lti_app.jobs import tasks
from lti_app.store.models.cycles import Attempt
from lti_app.store.models.journal import PlannedChange, Run
from lti_app.store.models.lti import User
from sandbox.world import grading
from sandbox.world.model import Assignment
from sandbox.world.model import User as Person
from sandbox.world.visibility import sees_content

COLUMN = "Playlist mastery"
POINTS = 5.0


@pytest.fixture
def room(room: Room) -> Room:
    """The class, small."""
    room.keep_small(students=6, units=8)
    return room


def checks_of(room: Room, student: Person) -> list[Assignment]:
    """Our checks that this student sees, in the order of the course."""
    ours = [one for one in room.world.live(Assignment) if one.name.endswith("· check")]
    return [one for one in ours if sees_content(room.world, one, student.id)]


def do_check(room: Room, student: Person, check: Assignment, points: float | None) -> None:
    """Handed in, and scored if points are given."""
    grading.hand_in(room.world, check, student.id, kind="online_text_entry", body="My work.")
    if points is not None:
        grading.set_score(room.world, check, student.id, points, grader_id=room.seeded.staff["rivera"].id)


def scores_of(room: Room, student: Person) -> list[float | None]:
    """What the student has in our columns."""
    columns = [one for one in room.world.live(Assignment) if one.name.startswith(COLUMN)]
    rows = [room.world.submission(column.id, student.id) for column in columns]
    return [row.score for row in rows if row is not None and row.score is not None]


def everything_sent(room: Room) -> list[float | None]:
    return [score for student in room.seeded.students for score in scores_of(room, student)]


def planned_units(room: Room, student: Person) -> int:
    """Units in the student's longest playlist."""
    (user,) = room.all(User, lms_id=str(student.id))
    mine = [playlist for playlist in room.playlists() if playlist.user_id == user.id]
    return max(sum(place.unit_id is not None for place in playlist.units) for playlist in mine)


# scores


def test_only_a_unit_that_is_met_gives_a_score_and_none_is_zero(room: Room) -> None:
    room.write("next_unit", "scores")
    met, edge, below, zero, ungraded, idle = room.seeded.students[:6]
    for student, points in ((met, 5.0), (edge, 4.0), (below, 3.9), (zero, 0.0), (ungraded, None)):
        do_check(room, student, checks_of(room, student)[0], points)
    room.done(tasks.RESULTS)
    assert [len(scores_of(room, one)) for one in (met, edge, below, zero, ungraded, idle)] == [
        1,
        1,
        0,
        0,
        0,
        0,
    ]
    assert all(score and score > 0 for score in everything_sent(room))
    sent = room.all(PlannedChange, action="send_score")
    assert len(sent) == 2
    assert all(one.arguments["given"] > 0 for one in sent)


def test_with_nothing_done_no_score_is_sent(room: Room) -> None:
    room.write("next_unit", "scores")
    since = room.last_call()
    room.done(tasks.RESULTS)
    assert room.writes(since) == []
    assert everything_sent(room) == []
    assert room.all(PlannedChange, action="send_score") == []


def test_a_second_try_that_is_met_counts_and_an_earlier_met_one_stays(room: Room) -> None:
    room.write("next_unit", "scores")
    first, second = room.seeded.students[:2]
    check = checks_of(room, first)[0]
    do_check(room, first, check, 1.0)
    other = checks_of(room, second)[0]
    do_check(room, second, other, 5.0)
    room.done(tasks.RESULTS)
    assert (len(scores_of(room, first)), len(scores_of(room, second))) == (0, 1)
    before = scores_of(room, second)
    do_check(room, first, check, 5.0)
    do_check(room, second, other, 1.0)
    room.done(tasks.RESULTS)
    assert len(scores_of(room, first)) == 1
    assert scores_of(room, second) == before
    assert sorted(row.number for row in room.all(Attempt)) == [1, 1, 2, 2]


def test_results_brought_back_twice_write_once(room: Room) -> None:
    room.write("next_unit", "scores")
    for student in room.seeded.students[:3]:
        do_check(room, student, checks_of(room, student)[0], POINTS)
    room.done(tasks.RESULTS)
    digest, since, tries = room.digest(), room.last_call(), len(room.all(Attempt))
    room.done(tasks.RESULTS)
    assert room.writes(since) == []
    assert len(room.all(Attempt)) == tries
    assert room.digest() == digest


def test_a_score_whose_answer_is_lost_stands_once(room: Room) -> None:
    room.write("next_unit", "scores")
    student = room.seeded.students[0]
    do_check(room, student, checks_of(room, student)[0], POINTS)
    room.fault("POST", "/scores$", {"reset": "after"})
    room.done(tasks.RESULTS)
    assert len(scores_of(room, student)) == 1


# what opens


def test_a_met_unit_opens_the_next_one_and_stays_open_itself(room: Room) -> None:
    room.write("next_unit", "scores")
    student = next(one for one in room.seeded.students[:6] if planned_units(room, one) > 4)
    before = [one.id for one in checks_of(room, student)]
    do_check(room, student, checks_of(room, student)[0], POINTS)
    room.done(tasks.RESULTS)
    after = [one.id for one in checks_of(room, student)]
    assert set(before) < set(after)
    assert len(after) == len(before) + 1


def test_a_check_below_the_threshold_stays_open_and_nothing_is_closed(room: Room) -> None:
    room.write("next_unit", "scores")
    student = room.seeded.students[0]
    before = checks_of(room, student)
    do_check(room, student, before[0], 1.0)
    room.done(tasks.RESULTS)
    assert {one.id for one in before} <= {one.id for one in checks_of(room, student)}


# by rule or not


def test_without_scores_in_the_standing_approval_units_open_and_the_scores_wait_for_a_yes(
    room: Room,
) -> None:
    room.write("next_unit")
    student = room.seeded.students[0]
    do_check(room, student, checks_of(room, student)[0], POINTS)
    since = room.last_call()
    found = room.done(tasks.RESULTS)
    assert found["needs_approval"] is True
    assert {entry.path.rsplit("/", 1)[-1] for entry in room.writes(since)} == {"assignment_overrides"}
    (run,) = room.all(Run, id=found["run_id"])
    assert (run.state, run.is_by_rule, run.approved_by) == ("previewed", False, None)
    assert everything_sent(room) == []
    room.done(tasks.APPLY, run_id=room.approve(run.id))
    assert len(scores_of(room, student)) == 1


def test_a_run_by_rule_names_the_adult_who_gave_the_standing_approval(room: Room) -> None:
    room.write("next_unit", "scores")
    student = room.seeded.students[0]
    do_check(room, student, checks_of(room, student)[0], POINTS)
    found = room.done(tasks.RESULTS)
    (run,) = room.all(Run, id=found["run_id"])
    assert (run.state, run.is_by_rule, run.approved_by) == ("done", True, room.ids.teacher)


def test_playlists_that_the_teacher_has_not_seen_need_a_yes_even_with_every_standing_approval(
    room: Room,
) -> None:
    room.write("next_unit", "scores")
    room.add_students(1)
    room.done(tasks.PULL)
    room.done(tasks.SUGGEST)
    student = room.seeded.students[0]
    do_check(room, student, checks_of(room, student)[0], POINTS)
    since = room.last_call()
    found = room.done(tasks.RESULTS)
    assert found["needs_approval"] is True
    assert {entry.path.rsplit("/", 1)[-1] for entry in room.writes(since)} == {"scores"}


# trouble


def test_results_before_anything_was_written_say_what_comes_first(room: Room) -> None:
    room.ready_to_write()
    assert "Write groups and playlists first" in room.failed(tasks.RESULTS)


def test_checks_that_cannot_be_read_whole_change_nothing(room: Room) -> None:
    room.write("next_unit", "scores")
    student = room.seeded.students[0]
    do_check(room, student, checks_of(room, student)[0], POINTS)
    room.fault("GET", "/students/submissions$", {"status": 200, "body": "[{}]"}, times=0)
    told = room.failed(tasks.RESULTS)
    assert "Nothing was changed" in told
    assert room.all(Attempt) == []
    assert everything_sent(room) == []


def test_a_student_who_left_after_the_check_gets_no_score_and_stops_nobody(room: Room) -> None:
    room.write("next_unit", "scores")
    gone, stays = room.seeded.students[:2]
    for student in (gone, stays):
        do_check(room, student, checks_of(room, student)[0], POINTS)
    room.leave(gone)
    room.done(tasks.RESULTS)
    assert len(scores_of(room, stays)) == 1


def test_a_column_that_the_teacher_deleted_is_not_made_again_and_is_listed(room: Room) -> None:
    room.write("next_unit", "scores")
    for column in room.world.live(Assignment):
        if column.name.startswith(COLUMN):
            room.drop_column(column)
    student = room.seeded.students[0]
    do_check(room, student, checks_of(room, student)[0], POINTS)
    found = room.done(tasks.RESULTS)
    assert COLUMN in room.left_alone(found["run_id"])
    assert [one for one in room.world.live(Assignment) if one.name.startswith(COLUMN)] == []
