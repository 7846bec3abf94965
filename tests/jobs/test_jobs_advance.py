"""One step at a time, without the engine: who may write, what is told, and waiting for the database."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import OperationalError

from lti_app.jobs import advance, heartbeat, rows, sweep
from lti_app.jobs.advance import Outcome, Runner, WorkerStopping
from lti_app.jobs.schedule import CronContext, forget_old_jobs
from lti_app.jobs.steps import Done, Failed, Kind, More, WaitUntil
from lti_app.store.holder import LostHold, assert_holder, take_hold
from lti_app.store.models.jobs import Job, JobState, Worker

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


class Clock:
    """Time that moves when it is told to."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def runner(floor, clock, step, **options):
    return Runner(
        floor.database,
        floor.client,
        {"calls": Kind(step, **options)},
        clock=clock,
        is_stopping=lambda: False,
    )


def held(floor, clock, step, **options):
    """A job that has just been taken: the runner, its id and the token."""
    job_id = floor.enqueue()
    one = runner(floor, clock, step, **options)
    return one, job_id, one.hold(floor.district_id, job_id, floor.job(job_id).workflow_id)


RESULTS = {
    "more": (More(), Outcome.MORE, JobState.RUNNING, None, {}),
    "done": (Done({"groups": 6}), Outcome.OVER, JobState.DONE, None, {"groups": 6}),
    "failed": (Failed("No course."), Outcome.OVER, JobState.FAILED, "No course.", {}),
    "wait": (WaitUntil(NOW + timedelta(minutes=5), "Busy."), Outcome.OVER, JobState.WAITING, "Busy.", {}),
}


@pytest.mark.parametrize("name", RESULTS)
def test_what_a_step_says_is_on_the_row(sqlite_floor, clock, name):
    said, outcome, state, message, found = RESULTS[name]
    one, job_id, token = held(sqlite_floor, clock, lambda _context: said)
    assert one.advance(sqlite_floor.district_id, job_id, token) == outcome
    job = sqlite_floor.job(job_id)
    assert (job.state, job.message, job.found) == (state, message, found)
    assert job.started_at == NOW


def test_a_step_gets_what_it_needs_and_reports_progress(sqlite_floor, clock):
    seen = []

    def step(context):
        seen.append(context)
        context.report(2, 5, "Reading scores")
        return More()

    one, job_id, token = held(sqlite_floor, clock, step)
    one.advance(sqlite_floor.district_id, job_id, token)
    (context,) = seen
    assert (context.district_id, context.job_id, context.holder) == (sqlite_floor.district_id, job_id, token)
    assert (context.registration_id, context.context_lms_id) == (sqlite_floor.registration_id, "7")
    assert (context.now, context.arguments, context.stop.is_set()) == (NOW, {}, False)
    job = sqlite_floor.job(job_id)
    assert (job.done, job.total, job.message) == (2, 5, "Reading scores")


def test_the_newest_holder_alone_may_write(floor, clock):
    one, job_id, old = held(floor, clock, lambda _context: Done())
    new = one.hold(floor.district_id, job_id, floor.job(job_id).workflow_id)
    assert one.advance(floor.district_id, job_id, old) == Outcome.LOST
    assert floor.job(job_id).state == JobState.RUNNING
    with pytest.raises(LostHold), floor.database.session(floor.district_id) as session:
        assert_holder(session, job_id, old)
    with pytest.raises(LostHold), floor.database.session(floor.district_id) as session:
        rows.report(session, job_id, old, done=9, total=9, message=None)
    assert one.advance(floor.district_id, job_id, new) == Outcome.OVER
    assert (floor.job(job_id).state, floor.job(job_id).attempt) == (JobState.DONE, 2)


def test_a_hold_lost_within_a_step_ends_the_step_and_saves_nothing(sqlite_floor, clock):
    def step(context):
        with sqlite_floor.database.session(sqlite_floor.district_id) as session:
            take_hold(session, context.job_id, sqlite_floor.job(context.job_id).workflow_id, now=NOW)
        assert context.stop.is_set()
        context.report(1)
        return Done()

    one, job_id, token = held(sqlite_floor, clock, step)
    assert one.advance(sqlite_floor.district_id, job_id, token) == Outcome.LOST
    assert (sqlite_floor.job(job_id).state, sqlite_floor.job(job_id).done) == (JobState.RUNNING, 0)


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
def test_an_ended_job_cannot_be_taken(sqlite_floor, clock, state):
    one, job_id, token = held(sqlite_floor, clock, lambda _context: Done())
    with sqlite_floor.database.session(sqlite_floor.district_id) as session:
        rows.end(session, job_id, token, state, now=NOW)
    assert one.hold(sqlite_floor.district_id, job_id, sqlite_floor.job(job_id).workflow_id) is None
    assert one.advance(sqlite_floor.district_id, job_id, token) == Outcome.LOST


def test_a_parked_job_cannot_be_taken_by_the_workflow_that_parked_it(sqlite_floor, clock):
    one, job_id, token = held(sqlite_floor, clock, lambda _context: WaitUntil(NOW + timedelta(minutes=5)))
    before = sqlite_floor.job(job_id).workflow_id
    one.advance(sqlite_floor.district_id, job_id, token)
    assert one.hold(sqlite_floor.district_id, job_id, before) is None
    assert one.hold(sqlite_floor.district_id, job_id, sqlite_floor.job(job_id).workflow_id) is not None


def test_a_parked_job_can_be_cancelled_and_does_not_wake(sqlite_floor, clock):
    one, job_id, token = held(sqlite_floor, clock, lambda _context: WaitUntil(NOW + timedelta(minutes=5)))
    one.advance(sqlite_floor.district_id, job_id, token)
    sqlite_floor.cancel(job_id)
    assert sqlite_floor.job(job_id).state == JobState.CANCELLED
    assert one.hold(sqlite_floor.district_id, job_id, sqlite_floor.job(job_id).workflow_id) is None


def test_a_cancel_is_seen_before_the_next_step(sqlite_floor, clock):
    calls = []
    one, job_id, token = held(sqlite_floor, clock, lambda context: calls.append(context) or More())
    one.advance(sqlite_floor.district_id, job_id, token)
    sqlite_floor.cancel(job_id)
    assert calls[0].stop.is_set()
    assert one.advance(sqlite_floor.district_id, job_id, token) == Outcome.OVER
    assert (len(calls), sqlite_floor.job(job_id).state) == (1, JobState.CANCELLED)


def test_work_over_its_time_limit_ends_with_words(sqlite_floor, clock):
    one, job_id, token = held(sqlite_floor, clock, lambda _context: More(), time_limit=timedelta(hours=2))
    clock.now = NOW + timedelta(hours=2)
    assert one.advance(sqlite_floor.district_id, job_id, token) == Outcome.MORE
    clock.now += timedelta(seconds=1)
    assert one.advance(sqlite_floor.district_id, job_id, token) == Outcome.OVER
    assert sqlite_floor.job(job_id).message.startswith("Stopped after 2 hours, the most this work may take.")


def test_a_fault_of_ours_is_logged_without_its_text(sqlite_floor, clock, caplog):
    name = " ".join(["Ada", "Lovelace"])

    def step(_context):
        raise KeyError(name)

    one, job_id, token = held(sqlite_floor, clock, step)
    assert one.advance(sqlite_floor.district_id, job_id, token) == Outcome.OVER
    reference = sqlite_floor.job(job_id).message.rstrip(".").rpartition(" ")[2]
    assert f"reference {reference}: KeyError" in caplog.text
    assert "test_jobs_advance.py" in caplog.text
    assert "Lovelace" not in caplog.text


def test_a_database_that_is_away_for_a_moment_is_waited_for(sqlite_floor, clock):
    tries = []

    def step(_context):
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("SELECT", {}, ConnectionError("the server closed the connection"))
        return Done()

    one, job_id, token = held(sqlite_floor, clock, step)
    assert one.advance(sqlite_floor.district_id, job_id, token) == Outcome.OVER
    assert (len(tries), sqlite_floor.job(job_id).state) == (3, JobState.DONE)


def test_a_worker_told_to_stop_begins_no_step_and_records_nothing(sqlite_floor, clock):
    one = Runner(sqlite_floor.database, sqlite_floor.client, {}, clock=clock, is_stopping=lambda: True)
    job_id = sqlite_floor.enqueue()
    token = one.hold(sqlite_floor.district_id, job_id, sqlite_floor.job(job_id).workflow_id)
    with pytest.raises(WorkerStopping):
        one.advance(sqlite_floor.district_id, job_id, token)
    assert not issubclass(WorkerStopping, Exception)
    assert sqlite_floor.job(job_id).state == JobState.RUNNING


class Workflows:
    """The engine as the sweep sees it."""

    def __init__(self, ends=None, at_work=()):
        self._ends, self._at_work, self.recovered = ends or {}, set(at_work), []

    def executors_at_work(self):
        return self._at_work

    def recover(self, executors):
        self.recovered += sorted(executors)

    def ends(self, workflow_ids):
        return {name: self._ends[name] for name in workflow_ids if name in self._ends}


def test_only_workers_that_do_not_beat_are_taken_over_from(floor):
    heartbeat.beat(floor.database, "alive")
    heartbeat.beat(floor.database, "silent")
    with floor.database.session(None) as session:
        late = session.get_one(Worker, "silent").beat_at - timedelta(seconds=1.5)
        session.execute(update(Worker).where(Worker.id == "silent").values(beat_at=late))
    engine = Workflows(at_work={"alive", "silent", "vanished", "me"})
    assert sweep.hand_over(floor.database, engine, own_id="me", lease_seconds=1) == {"silent", "vanished"}
    assert engine.recovered == ["silent", "vanished"]
    heartbeat.beat(floor.database, "silent")
    assert heartbeat.living(floor.database, lease_seconds=1) == {"alive", "silent"}


def test_workers_that_were_silent_for_long_are_forgotten(sqlite_floor):
    for name in ("alive", "long gone"):
        heartbeat.beat(sqlite_floor.database, name)
    with sqlite_floor.database.session(None) as session:
        session.execute(
            update(Worker).where(Worker.id == "long gone").values(beat_at=NOW - timedelta(days=400))
        )
    heartbeat.forget_dead(sqlite_floor.database, lease_seconds=30)
    with sqlite_floor.database.session(None, write=False) as session:
        assert session.scalars(select(Worker.id)).all() == ["alive"]


def test_ends_that_the_engine_decided_are_copied_with_words(floor, clock):
    ids = {name: floor.enqueue(course=name) for name in ("lost", "tired", "cancelled", "unknown", "going on")}
    names = {name: floor.job(job_id).workflow_id for name, job_id in ids.items()}
    with floor.database.operator_session() as session:
        session.execute(update(Job).where(Job.id == ids["tired"]).values(attempt=21))
    ends = {
        names["lost"]: JobState.FAILED,
        names["tired"]: JobState.FAILED,
        names["cancelled"]: JobState.CANCELLED,
        names["going on"]: None,
    }
    ended = sweep.copy_ends(floor.database, Workflows(ends), now=NOW)
    assert sorted(ended) == sorted(job_id for name, job_id in ids.items() if name != "going on")
    assert floor.job(ids["going on"]).state == JobState.QUEUED
    assert floor.job(ids["cancelled"]).state == JobState.CANCELLED
    assert floor.job(ids["lost"]).message == floor.job(ids["unknown"]).message == sweep.LOST
    assert "begun 21 times" in floor.job(ids["tired"]).message
    assert sweep.copy_ends(floor.database, Workflows(ends), now=NOW) == []


def test_jobs_that_ended_a_month_ago_are_forgotten_and_open_ones_never(floor):
    old, recent, still_open = (floor.enqueue(course=name) for name in ("a", "b", "c"))
    with floor.database.operator_session() as session:
        for job_id, days in ((old, 31), (recent, 29)):
            ended = {"state": JobState.DONE, "ended_at": NOW - timedelta(days=days)}
            session.execute(update(Job).where(Job.id == job_id).values(**ended))
    forget_old_jobs(CronContext(floor.database, floor.client, NOW))
    with floor.database.operator_session() as session:
        assert set(session.scalars(select(Job.id))) == {recent, still_open}
        session.execute(delete(Job))


def test_pauses_for_the_database_stay_within_a_minute_or_so():
    assert sum(advance.PAUSES_SECONDS) < 75
