"""What the whole product rests on, with real processes on both databases.

These also hold still the one private name of the engine's library that we call.
"""

import random
import signal
import time
from itertools import pairwise

import pytest
from dbos import DBOSClient

from lti_app.store.models.jobs import JobState

pytestmark = pytest.mark.timeout(100)


def test_a_job_killed_again_and_again_is_completed_by_other_workers(floor):
    floor.start_worker()
    floor.start_worker()
    job_id = floor.enqueue(count=60)
    kills, chance = 3, random.Random(11)
    for kill in range(1, kills + 1):
        floor.until(lambda kill=kill: len(floor.calls("end")) >= 12 * kill)
        time.sleep(chance.uniform(0, 0.05))
        killed = floor.holder_of(job_id)
        floor.kill(killed)
        at, last = time.time(), len(floor.calls())
        floor.start_worker()
        floor.until(lambda last=last: len(floor.calls()) > last, seconds=15)
        assert floor.calls()[-1].at - at < 15

    (job,) = floor.until_over(job_id)
    assert (job.state, job.done, job.found) == (JobState.DONE, 60, {"calls": 60})
    assert {int(call.number) for call in floor.calls("end")} == set(range(60))
    # A living worker that is late may lose the job too: each new hold repeats one call at most.
    assert job.attempt >= 1 + kills
    assert len(floor.calls()) <= 60 + job.attempt - 1


def test_a_worker_that_was_taken_for_dead_begins_no_call_when_it_wakes(floor):
    # Counted by hold, not by process: on a slow machine the woken worker may be given the job anew.
    floor.start_worker()
    floor.start_worker()
    job_id = floor.enqueue(count=40, seconds=0.05)
    floor.until(lambda: len(floor.calls("end")) >= 5)
    zombie = floor.holder_of(job_id)
    pause_within_a_call(floor, zombie)
    lost = floor.calls()[-1].holder
    floor.until(lambda: floor.calls()[-1].holder != lost, seconds=15)
    begun = number_of_calls(floor, lost)
    zombie.send_signal(signal.SIGCONT)

    (job,) = floor.until_over(job_id)
    assert (job.state, job.done) == (JobState.DONE, 40)
    assert number_of_calls(floor, lost) == begun
    assert {int(call.number) for call in floor.calls("end")} == set(range(40))
    assert zombie.poll() is None


def number_of_calls(floor, holder):
    return sum(call.holder == holder for call in floor.calls())


def pause_within_a_call(floor, process):
    """Pauses it where it hurts most: its call has begun, and what came of it is not yet written."""
    while True:
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.01)
        if len(floor.calls()) > len(floor.calls("end")):
            return
        process.send_signal(signal.SIGCONT)
        time.sleep(0.03)


def test_a_cancelled_job_makes_no_further_call_and_frees_its_course(floor):
    floor.start_worker()
    first = floor.enqueue(count=500, seconds=0.05)
    floor.until(lambda: len(floor.calls()) >= 3)
    second = floor.enqueue("more-calls", count=500)
    third = floor.enqueue("still-more-calls", count=3)
    floor.cancel(second)
    floor.cancel(first)
    asked_at = time.time()

    jobs = floor.until_over(first, second, third)
    assert [job.state for job in jobs] == [JobState.CANCELLED, JobState.CANCELLED, JobState.DONE]
    assert jobs[0].done < 500
    assert max(call.at for call in floor.calls() if call.job_id == str(first)) < asked_at + 1
    assert [call for call in floor.calls() if call.job_id == str(second)] == []


def test_the_clock_fires_once_however_many_workers_run(floor):
    for _ in range(3):
        floor.start_worker()
    floor.until(lambda: floor.calls_file.exists() and len(floor.ticks()) >= 3)
    ticks = floor.ticks()
    assert len(ticks) == len(set(ticks))
    assert all(tick.endswith("+00:00") for tick in ticks)


def test_a_course_has_one_writer_at_a_time_and_courses_go_side_by_side(floor):
    same_course = [floor.enqueue(kind, count=4) for kind in ("calls", "more-calls", "still-more-calls")]
    other_course = floor.enqueue(course="8", count=12)
    floor.start_worker()
    floor.start_worker()
    floor.until_over(*same_course, other_course)

    spans = {job_id: span(floor, job_id) for job_id in (*same_course, other_course)}
    in_turn = sorted(spans[job_id] for job_id in same_course)
    assert all(before[1] <= after[0] for before, after in pairwise(in_turn))
    assert any(spans[other_course][0] < spans[job_id][1] for job_id in same_course)


def span(floor, job_id):
    at = [call.at for what in ("begin", "end") for call in floor.calls(what) if call.job_id == str(job_id)]
    return min(at), max(at)


def test_a_worker_told_to_end_leaves_its_job_to_another_with_no_call_made_twice(floor):
    first = floor.start_worker()
    job_id = floor.enqueue(count=60)
    floor.until(lambda: len(floor.calls()) >= 5)
    floor.start_worker()
    first.send_signal(signal.SIGTERM)
    assert first.wait(timeout=15) == 0
    floor.workers.remove(first)

    (job,) = floor.until_over(job_id)
    assert job.state == JobState.DONE
    assert {int(call.number) for call in floor.calls()} == set(range(60))
    assert len(floor.calls()) <= 60 + job.attempt - 2
    assert len({call.pid for call in floor.calls()}) == 2


def test_each_way_to_end_is_told_in_words_for_an_adult(floor):
    ways = {
        "breaks": (JobState.FAILED, "a fault of its own"),
        "refuses": (JobState.FAILED, "The course is closed. Nothing was written."),
        "endless": (JobState.FAILED, "Stopped after"),
        "no-such-kind": (JobState.FAILED, "does not know the work 'no-such-kind'"),
        "wait-once": (JobState.DONE, "Waiting for the LMS."),
    }
    job_ids = {kind: floor.enqueue(kind, course=kind) for kind in ways}
    floor.start_worker()
    floor.until(lambda: floor.job(job_ids["wait-once"]).state == JobState.WAITING)
    assert floor.job(job_ids["wait-once"]).resume_at is not None

    for job in floor.until_over(*job_ids.values()):
        state, words = ways[job.kind]
        assert job.state == state
        assert words in job.message
        assert "Lovelace" not in job.message
        assert (job.holder, job.resume_at) == (None, None)
        assert job.ended_at is not None
    assert floor.job(job_ids["refuses"]).found == {"refused": 1}
    assert floor.job(job_ids["wait-once"]).found == {"waited": True}


def test_what_the_engine_ends_by_itself_is_copied_to_the_row(floor):
    job_id = floor.enqueue(count=500)
    floor.start_worker()
    floor.until(lambda: len(floor.calls()) >= 3)
    engine = DBOSClient(system_database_url=floor.settings.database_url)
    engine.cancel_workflow(floor.job(job_id).workflow_id)
    engine.destroy()

    (job,) = floor.until_over(job_id)
    assert job.state == JobState.CANCELLED
    again = floor.enqueue(count=1)
    assert again != job_id
    assert floor.until_over(again)[0].state == JobState.DONE
