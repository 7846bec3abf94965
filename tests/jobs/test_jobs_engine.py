"""The engine in this process: what it keeps, what it forgets, and a start on an old database."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from dbos import DBOS
from sqlalchemy import create_engine, text

from lti_app.jobs import engine, worker
from lti_app.jobs.steps import Done, Kind
from lti_app.store.holder import take_hold
from lti_app.store.migrate import NotMigrated
from lti_app.store.models.jobs import Job, JobState


def robbed_once(context):
    """A step whose hold a waking zombie takes, once, between the queue and its first own step."""
    with context.database.session(context.district_id) as session:
        job = session.get_one(Job, context.job_id)
        if job.attempt == 1:
            take_hold(session, job.id, job.workflow_id, now=context.now)
    context.report(1)
    return Done()


@pytest.fixture
def at_work(sqlite_floor):
    """A worker in a thread; told to end afterwards."""
    stopping = threading.Event()
    settings = sqlite_floor.settings.model_copy(update={"job_poll_seconds": 0.1})
    kinds = {
        "calls": Kind(lambda context: Done({"attempts": 1, "course": int(context.context_lms_id)})),
        "robbed-once": Kind(robbed_once),
    }
    thread = threading.Thread(target=worker.work, args=(settings, kinds), kwargs={"stopping": stopping})
    thread.start()
    yield sqlite_floor
    stopping.set()
    thread.join()


def test_the_engine_stores_ids_and_flags_only_and_forgets_what_ended_a_week_ago(at_work):
    job_id = at_work.enqueue(course="42")
    assert at_work.until_over(job_id)[0].found == {"attempts": 1, "course": 42}
    workflow_id = at_work.job(job_id).workflow_id
    at_work.until(lambda: DBOS.get_workflow_status(workflow_id).status == "SUCCESS")
    (workflow,) = DBOS.list_workflows(workflow_ids=[workflow_id])
    assert workflow.input == {"args": (at_work.district_id, job_id), "kwargs": {}}
    assert [step["output"] for step in DBOS.list_workflow_steps(workflow_id)] == ["over"]

    now = datetime.now(UTC)
    assert engine.forget_ended(now - engine.KEEP_ENDED) == 0
    assert engine.forget_ended(now + timedelta(minutes=1)) >= 1
    assert DBOS.get_workflow_status(workflow_id) is None
    assert at_work.job(job_id).state == JobState.DONE


def test_a_hold_taken_in_passing_is_taken_back_by_the_one_who_has_the_job(at_work):
    (job,) = at_work.until_over(at_work.enqueue("robbed-once"))
    assert (job.state, job.attempt, job.done) == (JobState.DONE, 3, 1)


def test_a_worker_on_a_database_that_was_not_migrated_says_what_to_do(sqlite_settings):
    connection = create_engine(sqlite_settings.database_url)
    with connection.begin() as begun:
        begun.execute(text("DELETE FROM alembic_version"))
    connection.dispose()
    with pytest.raises(NotMigrated, match="run `regroup migrate`"):
        worker.work(sqlite_settings, {}, stopping=threading.Event())
