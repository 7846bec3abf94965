"""What happens to a class that already works, when its tables, names or suggestions change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice

import pytest
from cycle_room import Room
from sqlalchemy import select
from test_results import POINTS, checks_of, do_check, scores_of

from grouping.model import CheckState
from lti_app.cycle.group_names import group_names
from lti_app.cycle.playlist import deciding_attempts, state_of_check
from lti_app.jobs import tasks
from lti_app.store.models.cycles import Attempt, Cycle, Evidence, SkillGroup
from lti_app.store.models.lti import Context, SignIn, User
from lti_app.store.models.skills import Skill, SkillPrerequisite, Source, Unit
from lti_app.web.screens.frame import Place
from lti_app.web.screens.people import student_page
from sandbox.world.model import Assignment
from sync.names import group_name_faults
from sync.wanted import Action

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
def room(room: Room) -> Room:
    """The class, small."""
    room.keep_small(students=6, units=8)
    return room


@contextmanager
def student_place(room: Room, lms_id: int) -> Iterator[Place]:
    (user,) = room.all(User, lms_id=str(lms_id))
    with room.session() as session:
        context = session.get_one(Context, room.ids.context)
        sign_in = SignIn(kind="student", user_id=user.id, registration_id=user.registration_id)
        sign_in.user, sign_in.registration = session.get_one(User, user.id), context.deployment.registration
        if sign_in in session:
            session.expunge(sign_in)
        yield Place(session, context, sign_in, NOW)


def break_last_line(room: Room, name: str) -> None:
    room.file(name, room.text_of(name) + '"an open quote\n')


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ("regroup-skills.csv", Skill),
        ("regroup-prerequisites.csv", SkillPrerequisite),
        ("regroup-items.csv", Source),
        ("regroup-units.csv", Unit),
    ],
)
def test_a_table_that_cannot_be_read_leaves_what_it_said_before(
    room: Room, table: str, kind: type[Skill]
) -> None:
    room.done(tasks.PULL)
    before = room.rows()[kind.__tablename__]
    break_last_line(room, table)
    room.done(tasks.PULL)
    assert room.rows()[kind.__tablename__] == before


def test_a_unit_table_with_a_typo_plans_no_removal(room: Room) -> None:
    room.write()
    break_last_line(room, "regroup-units.csv")
    room.done(tasks.PULL)
    room.done(tasks.SUGGEST)
    run_id = room.done(tasks.PLAN)["run_id"]
    assert not [one.action for one in room.changes(run_id) if one.action.startswith(("remove", "close"))]


def test_a_skill_that_is_only_named_does_not_overwrite_the_districts(room: Room) -> None:
    room.done(tasks.PULL)
    titles = {skill.code: (skill.title, skill.content_area) for skill in room.all(Skill)}
    edges = len(room.all(SkillPrerequisite))
    room.take_away("regroup-skills.csv", "regroup-prerequisites.csv")
    room.done(tasks.PULL)
    assert {skill.code: (skill.title, skill.content_area) for skill in room.all(Skill)} == titles
    assert len(room.all(SkillPrerequisite)) == edges


def test_a_unit_listed_first_does_not_take_over_an_earlier_one(room: Room) -> None:
    room.done(tasks.PULL)
    before = {(unit.id, unit.title, unit.check_lms_id) for unit in room.all(Unit)}
    head, first, *rest = room.text_of("regroup-units.csv").splitlines()
    skill = first.split(",")[0]
    spare = next(one for one in room.world.live(Assignment) if one.name.startswith("Fall check"))
    room.file(
        "regroup-units.csv", "\n".join([head, f"{skill},A new unit,9,,{spare.name}", first, *rest]) + "\n"
    )
    room.done(tasks.PULL)
    assert before <= {(unit.id, unit.title, unit.check_lms_id) for unit in room.all(Unit)}


def test_renaming_the_original_check_in_the_lms_takes_no_unit_from_students(room: Room) -> None:
    room.write("next_unit", "scores")
    unit = room.all(Unit, is_active=True)[0]
    original = room.world.get(Assignment, int(unit.check_lms_id))
    assert original is not None
    original.name = "Renamed by the teacher"
    room.done(tasks.PULL)
    run_id = room.done(tasks.PLAN)["run_id"]
    assert room.changes(run_id) == []


def test_evidence_of_an_item_that_went_out_of_sight_is_put_aside_not_deleted(room: Room) -> None:
    room.done(tasks.PULL)
    before = len(room.all(Evidence))
    item = next(one for one in room.world.live(Assignment) if one.name == "Fall check 1")
    item.name = "Fall check 1 (old)"
    room.done(tasks.PULL)
    assert len(room.all(Evidence)) == before


def test_a_student_sees_the_group_that_is_written_until_another_one_is(room: Room) -> None:
    room.write()
    student = room.seeded.students[0]
    with student_place(room, student.id) as place:
        written = student_page(place)
    cycle_id = room.cycle().id
    with room.session() as session:
        for group in session.scalars(select(SkillGroup)):
            group.name = f"New {group.name}"
        session.get_one(Cycle, cycle_id).playlists_at = datetime.now(UTC)
    with student_place(room, student.id) as place:
        assert student_page(place).groups == written.groups


def test_met_once_stays_met_on_every_page(room: Room) -> None:
    room.write("next_unit", "scores")
    student = room.seeded.students[0]
    check = checks_of(room, student)[0]
    do_check(room, student, check, POINTS)
    room.done(tasks.RESULTS)
    do_check(room, student, check, 1.0)
    room.done(tasks.RESULTS)
    cycle_id = room.cycle().id
    with room.session() as session:
        (decides,) = deciding_attempts(session, session.get_one(Cycle, cycle_id)).values()
        assert state_of_check(decides) is CheckState.MET
    assert len(scores_of(room, student)) == 1


def test_a_unit_that_is_met_keeps_its_place_when_playlists_are_suggested_again(room: Room) -> None:
    room.write("next_unit", "scores")
    student = room.seeded.students[0]
    do_check(room, student, checks_of(room, student)[0], POINTS)
    room.done(tasks.RESULTS)
    (attempt,) = room.all(Attempt)
    room.done(tasks.SUGGEST)
    (user,) = room.all(User, lms_id=str(student.id))
    planned = {place.unit_id for one in room.playlists() if one.user_id == user.id for place in one.units}
    assert attempt.unit_id in planned


def test_a_try_is_credited_to_the_child_of_this_course_alone(room: Room) -> None:
    room.write("next_unit", "scores")
    student = room.seeded.students[0]
    (own,) = room.all(User, lms_id=str(student.id))
    with room.session() as session:
        session.add(
            User(registration_id=own.registration_id, sub="of-another-lms", lms_id=own.lms_id, name="Twin")
        )
    do_check(room, student, checks_of(room, student)[0], POINTS)
    room.done(tasks.RESULTS)
    assert {attempt.user_id for attempt in room.all(Attempt)} == {own.id}


def test_more_groups_get_names_that_no_group_has_yet(room: Room) -> None:
    room.done(tasks.PULL)
    room.done(tasks.SUGGEST)
    room.add_students(25)
    room.done(tasks.PULL)
    room.done(tasks.SUGGEST)
    names = [group.name for group in room.all(SkillGroup)]
    assert len(names) == len(set(names))


def test_ninety_groups_get_ninety_neutral_names_that_are_free_in_the_course() -> None:
    taken, people = ["maples", "COMETS"], ["Maya Lin", "Will Rivers"]
    names = list(islice(group_names(taken, people), 90))
    assert len({name.casefold() for name in [*names, *taken]}) == 92
    assert not any(group_name_faults(name, people) for name in names)


def test_no_group_is_named_like_a_child() -> None:
    names = set(group_names(people=["Alicia Keys", "Ruby Bells"]))
    assert not any("Keys" in name or "Bells" in name for name in names)


def test_without_a_way_to_the_gradebook_the_rest_is_written_and_the_gap_is_said(room: Room) -> None:
    with room.session() as session:
        session.get_one(Context, room.ids.context).line_items_url = None
    run_id = room.ready_to_write()
    actions = {one.action for one in room.changes(run_id)}
    assert Action.CREATE_LINE_ITEM.value not in actions
    assert Action.CREATE_UNIT.value in actions
    assert "no way to make one here" in room.left_alone(run_id)
    room.done(tasks.APPLY, run_id=room.approve(run_id))
    assert room.cycle().applied_at is not None


def test_without_names_and_roles_nothing_is_saved_and_the_reason_is_said(room: Room) -> None:
    with room.session() as session:
        session.get_one(Context, room.ids.context).nrps_url = None
    told = room.failed(tasks.PULL)
    assert "Names and Roles" in told
    assert room.all(Skill) == []
