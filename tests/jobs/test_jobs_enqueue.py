"""Putting a job on the queue: in one transaction, once for each course and kind, with nothing but JSON."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from dbos import DBOSClient
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lti_app.jobs.client import JobsClient
from lti_app.store.db import Database
from lti_app.store.models.jobs import Job, JobState
from lti_app.store.tenancy import TenancyError

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def workflows(floor):
    """What the engine has on its queue."""
    client = DBOSClient(system_database_url=floor.settings.database_url)
    try:
        return {workflow.workflow_id: workflow for workflow in client.list_workflows()}
    finally:
        client.destroy()


def jobs(floor):
    with floor.database.session(floor.district_id, write=False) as session:
        return session.scalars(select(Job)).all()


def test_a_job_and_its_workflow_are_written_together(floor):
    job = floor.job(floor.enqueue(count=3))
    assert (job.state, job.arguments, job.district_id) == (JobState.QUEUED, {"count": 3}, floor.district_id)
    (workflow,) = workflows(floor).values()
    assert workflow.workflow_id == job.workflow_id
    assert (workflow.name, workflow.queue_name) == ("run_job", "jobs")
    assert workflow.queue_partition_key == f"{floor.registration_id}:7"


def test_an_enqueue_that_is_rolled_back_leaves_nothing(floor):
    def half_a_view(session):
        enqueue(floor, session)
        raise LookupError("the view broke")

    with pytest.raises(LookupError), floor.database.session(floor.district_id) as session:
        half_a_view(session)
    assert jobs(floor) == []
    assert workflows(floor) == {}


def enqueue(floor, session, kind="calls", arguments=None, client=None):
    return (client or floor.client).enqueue(
        session,
        kind,
        registration_id=floor.registration_id,
        context_lms_id="7",
        arguments=arguments or {},
        created_by=None,
        now=NOW,
    )


def test_a_second_click_gets_the_open_job(floor):
    first = floor.enqueue(count=3)
    assert floor.enqueue(count=5) == first
    assert floor.job(first).arguments == {"count": 3}
    assert floor.enqueue("more-calls") != first
    assert floor.enqueue(course="8") != first
    assert len(workflows(floor)) == 3


def test_eight_clicks_at_once_make_one_job(floor):
    found, gate = [], threading.Barrier(8)

    def click():
        database, client = Database(floor.settings), JobsClient(floor.settings)
        gate.wait()
        with database.session(floor.district_id) as session:
            found.append(enqueue(floor, session, client=client).id)
        client.close()
        database.dispose()

    clicks = [threading.Thread(target=click) for _ in range(8)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == len(jobs(floor)) == len(workflows(floor)) == 1


def test_an_ended_job_makes_room_for_the_next(floor):
    first = floor.enqueue()
    floor.cancel(first)
    assert floor.job(first).state == JobState.CANCELLED
    assert floor.enqueue() != first


def test_the_database_itself_refuses_a_second_open_job(floor):
    first = floor.job(floor.enqueue())
    twin = {
        "registration_id": first.registration_id,
        "context_lms_id": "7",
        "workflow_id": "w",
        "created_at": NOW,
    }
    with pytest.raises(IntegrityError), floor.database.session(floor.district_id) as session:
        session.add(Job(kind="calls", **twin))


def test_cancelling_twice_or_after_the_end_changes_nothing(floor):
    job_id = floor.enqueue()
    floor.cancel(job_id)
    ended_at = floor.job(job_id).ended_at
    floor.cancel(job_id)
    floor.cancel(10_000)
    assert floor.job(job_id).ended_at == ended_at


def test_a_session_without_a_district_cannot_enqueue(floor):
    with pytest.raises(TenancyError), floor.database.session(None) as session:
        enqueue(floor, session)
    assert workflows(floor) == {}


@pytest.mark.parametrize("arguments", [{"name": object()}, {"when": NOW}, {"who": {1, 2}}])
def test_arguments_are_plain_json(floor, arguments):
    with (
        pytest.raises(Exception, match="JSON serializable"),
        floor.database.session(floor.district_id) as session,
    ):
        enqueue(floor, session, arguments=arguments)
    assert (jobs(floor), workflows(floor)) == ([], {})


def test_a_parked_job_starts_no_earlier_than_it_said(floor):
    with floor.database.session(floor.district_id) as session:
        job = enqueue(floor, session)
        floor.client.start_workflow(session, job, "job-later", delay=timedelta(minutes=5))
    assert workflows(floor)["job-later"].status == "DELAYED"
