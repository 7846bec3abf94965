"""Writing to the LMS: the same end whatever goes wrong on the way, and a teacher's own changes left alone."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cycle_room import Room, fresh_settings, open_room

from lti_app.cycle.write_back import PlanChanged
from lti_app.jobs import tasks
from lti_app.jobs.rows import request_cancel
from lti_app.store.models.jobs import JobState
from lti_app.store.models.journal import Link, PlannedChange, Run
from sandbox.canvas.throttle import REFUSED
from sandbox.world import people
from sandbox.world.model import Enrollment, Module, ModuleOverride, Section
from sync.ports import ChangeState


@dataclass(frozen=True)
class Clean:
    """One undisturbed write: its end, its calls, what stands in the course."""

    digest: str
    writes: int
    state: dict[str, Any]


@pytest.fixture
def room(room: Room) -> Room:
    """The class, small."""
    room.keep_small()
    return room


@pytest.fixture(scope="module")
def clean(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clean]:
    """What a course looks like that was written to without any trouble."""
    with open_room(fresh_settings(sqlite_template, tmp_path_factory.mktemp("clean"))) as room:
        room.keep_small()
        since = room.last_call()
        room.write()
        yield Clean(room.digest(), len(room.writes(since)), room.state())


def doubled(room: Room) -> list[str]:
    """Names that stand more than once among the course's things."""
    state = room.state()
    names = [
        f"{kind}: {one['name'] if 'name' in one else one.get('title', one.get('label'))}"
        for kind in ("sections", "assignments", "pages", "modules", "line_items")
        for one in state[kind]
    ]
    return [name for name, count in Counter(names).items() if count > 1]


# trouble on the way

TROUBLE: list[tuple[str, str, str, dict[str, Any], int, int]] = [
    ("throttled", "POST", "/sections$", {"status": 403, "body": REFUSED}, 2, 1),
    (
        "too-many",
        "POST",
        "/modules$",
        {"status": 429, "body": REFUSED, "headers": {"Retry-After": "0"}},
        1,
        2,
    ),
    ("refused-after-work", "POST", "/modules$", {"status": 502, "body": "", "after_work": True}, 3, 1),
    ("lost-section", "POST", "/sections$", {"reset": "after"}, 2, 1),
    ("lost-module", "POST", "/modules$", {"reset": "after"}, 4, 1),
    ("lost-page", "POST", "/pages$", {"reset": "after"}, 2, 1),
    ("lost-check", "POST", "/assignments$", {"half_body": True}, 3, 1),
    ("lost-item", "POST", "/items$", {"reset": "after"}, 5, 1),
    ("lost-enrolment", "POST", "/enrollments$", {"reset": "after"}, 3, 2),
    ("lost-audience", "PUT", "/assignment_overrides$", {"reset": "after"}, 2, 1),
    ("lost-column", "POST", "/line_items$", {"status": 500, "body": "", "after_work": True}, 1, 1),
    ("cut-before", "POST", "/items$", {"reset": "before"}, 2, 1),
]


@pytest.mark.parametrize("part", [0, 1, 2], ids=["first-part", "second-part", "third-part"])
def test_troubles_on_the_way_end_as_one_clean_run(room: Room, clean: Clean, part: int) -> None:
    run_id = room.approve(room.ready_to_write())
    mine = TROUBLE[part::3]
    for _, method, path, do, nth, times in mine:
        room.fault(method, path, do, nth=nth, times=times)
    room.done(tasks.APPLY, run_id=run_id)
    struck = [fault["fired"] for fault in room.world.faults.state()]
    assert struck == [times for *_, times in mine]
    assert doubled(room) == []
    assert room.digest() == clean.digest


def test_an_lms_that_stays_down_ends_the_job_with_what_was_written_and_what_to_do(
    room: Room, clean: Clean
) -> None:
    run_id = room.approve(room.ready_to_write())
    room.fault("POST", "/modules$", {"status": 500, "body": "oops"}, nth=2, times=3)
    told = room.failed(tasks.APPLY, run_id=run_id)
    assert len(room.parked) == tasks.STUMBLES - 1
    assert all("Going on by itself in 20 seconds" in words for words in room.parked)
    done = sum(row.state == ChangeState.FINISHED.value for row in room.changes(run_id))
    assert told.startswith(f"{done} of {len(room.changes(run_id))} written.")
    assert "error of its own (500)" in told
    assert "Wait until the LMS works again" in told
    (run,) = room.all(Run, id=run_id)
    assert (run.state, run.problem) == ("approved", told)
    room.done(tasks.APPLY, run_id=run_id)
    (run,) = room.all(Run, id=run_id)
    assert (run.state, run.problem, run.stumbles) == ("done", None, 0)
    assert room.digest() == clean.digest


def test_stumbles_with_work_in_between_do_not_end_the_job(room: Room, clean: Clean) -> None:
    run_id = room.approve(room.ready_to_write())
    for nth in range(1, 5):
        room.fault("POST", "/items$", {"status": 500, "body": ""}, nth=nth * 2)
    room.done(tasks.APPLY, run_id=run_id)
    assert len(room.parked) > tasks.STUMBLES
    assert room.digest() == clean.digest


def test_a_right_that_is_missing_ends_the_job_at_once_and_names_whom_to_ask(room: Room) -> None:
    run_id = room.approve(room.ready_to_write())
    room.fault("POST", "/sections$", {"status": 403, "body": '{"errors":[{"message":"no"}]}'}, times=0)
    told = room.failed(tasks.APPLY, run_id=run_id)
    assert room.parked == []
    assert "Ask your LMS administrator" in told
    assert told.startswith("0 of ")


def test_a_stopped_apply_goes_on_where_it_was(room: Room, clean: Clean) -> None:
    run_id = room.approve(room.ready_to_write())
    job_id = room.enqueue(tasks.APPLY, run_id=run_id)
    room.fault("POST", "/modules$", {"delay": 0.3}, nth=1, times=0)
    with room.helper() as pool:
        ended = pool.submit(room.carry, job_id)
        room.until(lambda: room.calls(method="POST", path="/modules"))
        with room.session() as session:
            request_cancel(session, job_id, now=datetime.now(UTC))
        seen = len(room.writes())
        assert ended.result(30).state == JobState.CANCELLED
    assert len(room.writes()) - seen <= 1
    room.world.faults.clear()
    room.done(tasks.APPLY, run_id=run_id)
    assert room.digest() == clean.digest


# again


def test_written_twice_the_second_plan_is_empty_and_makes_no_write(room: Room, clean: Clean) -> None:
    room.write()
    since = room.last_call()
    found = room.done(tasks.PLAN)
    assert found["changes"] == 0
    room.done(tasks.PULL)
    room.done(tasks.SUGGEST)
    assert room.done(tasks.PLAN)["changes"] == 0
    assert room.writes(since) == []
    assert room.digest() == clean.digest


def test_a_run_counts_the_calls_it_made(room: Room) -> None:
    since = room.last_call()
    run_id = int(room.write()["run_id"])
    (run,) = room.all(Run, id=run_id)
    made = [call for call in room.calls(since) if call.kind in ("rest", "lti")]
    planning = next(n for n, call in enumerate(made) if call.method != "GET")
    assert run.calls_made == len(made) - planning
    assert run.calls_made == run.calls_planned


def test_every_change_of_a_done_run_was_begun_and_ended(room: Room) -> None:
    run_id = int(room.write()["run_id"])
    rows = room.changes(run_id)
    assert {row.state for row in rows} == {ChangeState.FINISHED.value}
    assert all(row.begun_at and row.ended_at and row.begun_at <= row.ended_at for row in rows)
    assert all(link.lms_id or link.wrote for link in room.all(Link))


# the teacher's own hand


def test_a_section_that_the_teacher_renamed_keeps_its_name_and_is_listed(room: Room) -> None:
    room.write()
    section = next(room.world.find(Section, name="Maples"))
    section.name = "Table by the window"
    room.done(tasks.SUGGEST)
    run_id = int(room.done(tasks.PLAN)["run_id"])
    assert room.changes(run_id) == []
    assert "“Table by the window”" in room.left_alone(run_id)
    assert section.name == "Table by the window"


def test_a_student_whom_the_teacher_took_out_of_a_section_stays_out(room: Room) -> None:
    room.write()
    section = next(room.world.find(Section, name="Maples"))
    gone = room.world.live(Enrollment, section_id=section.id)[0]
    people.set_enrollment_state(room.world, gone, "deleted")
    run_id = int(room.done(tasks.PLAN)["run_id"])
    assert room.changes(run_id) == []
    assert "Maples" in room.left_alone(run_id)


def test_modules_that_the_teacher_changed_are_left_as_they_are_and_listed(room: Room) -> None:
    room.write()
    renamed, deleted, closed, opened = room.world.live(Module)
    names = ["Our own words", deleted.name, closed.name, opened.name]
    renamed.name = names[0]
    deleted.workflow_state = "deleted"
    closed.workflow_state = "unpublished" if closed.workflow_state == "active" else "active"
    for override in room.world.live(ModuleOverride, module_id=opened.id):
        override.workflow_state = "deleted"
    digest = room.digest()
    run_id = int(room.done(tasks.PLAN)["run_id"])
    assert room.changes(run_id) == []
    assert [name for name in names if name not in room.left_alone(run_id)] == []
    assert room.digest() == digest


def test_things_of_the_teacher_with_our_names_are_not_taken_for_ours(room: Room) -> None:
    theirs = people.add_section(room.world, room.seeded.course, "Maples")
    room.write()
    assert room.world.live(Enrollment, section_id=theirs.id) == []
    assert doubled(room) == []


# yes, and to what


def test_a_stale_plan_cannot_be_approved_and_writes_nothing(room: Room) -> None:
    first = room.ready_to_write()
    second = int(room.done(tasks.PLAN)["run_id"])
    assert second != first
    with pytest.raises(PlanChanged):
        room.approve(first)
    (run,) = room.all(Run, id=first)
    assert run.state == "stale"
    assert room.writes() == []


def test_a_plan_nobody_approved_is_not_written(room: Room) -> None:
    run_id = room.ready_to_write()
    assert room.failed(tasks.APPLY, run_id=run_id) == tasks.NOT_APPROVED
    assert room.writes() == []


def test_a_plan_of_another_course_is_not_written(room: Room) -> None:
    run_id = room.approve(room.ready_to_write())
    with room.session() as session:
        session.get_one(Run, run_id).context_id = room.other_context()
    assert room.failed(tasks.APPLY, run_id=run_id) == tasks.NOT_APPROVED
    assert room.writes() == []


def test_a_half_written_plan_that_a_newer_one_took_over_goes_on_no_more(room: Room) -> None:
    run_id = room.approve(room.ready_to_write())
    room.fault("POST", "/modules$", {"status": 403, "body": '{"errors":[{"message":"no"}]}'}, nth=2)
    room.failed(tasks.APPLY, run_id=run_id)
    newer = room.approve(int(room.done(tasks.PLAN)["run_id"]))
    room.done(tasks.APPLY, run_id=newer)
    assert room.failed(tasks.APPLY, run_id=run_id) == tasks.NOT_APPROVED
    assert doubled(room) == []
    assert room.done(tasks.PLAN)["changes"] == 0


def test_planned_changes_name_no_student(room: Room) -> None:
    room.ready_to_write()
    names = {part for user in room.seeded.students for part in user.name.split() if len(part) > 3}
    labels = " ".join(row.label for row in room.all(PlannedChange))
    assert [name for name in names if name in labels] == []
