"""An apply whose worker is killed again and again ends as one that nobody disturbed."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sandbox.driver.stack import Stack
from sandbox.driver.teacher import Teacher
from sandbox.driver.visitor import Page

pytestmark = [pytest.mark.soak, pytest.mark.xdist_group("journey"), pytest.mark.timeout(900)]
KILLS = 10
LEASE = {"REGROUP_JOB_POLL_SECONDS": "0.2", "REGROUP_JOB_LEASE_SECONDS": "1"}
SLOW = {"match": {"method": "*", "path": "^/api/"}, "times": 0, "do": {"delay": 0.12}}
ENDED = 286


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The course after an apply that nobody disturbed."""
    with Stack(tmp_path_factory.mktemp("undisturbed"), environment=LEASE) as stack:
        teacher = ready_to_write(stack)
        teacher.write()
        yield course(stack)


def ready_to_write(stack: Stack) -> Teacher:
    teacher = Teacher(stack)
    teacher.launch()
    teacher.connect()
    for action in ("pull", "groups/suggest", "plan"):
        teacher.do(action)
    return teacher


def course(stack: Stack) -> dict[str, Any]:
    """What stands in the LMS."""
    found: dict[str, Any] = stack.sandbox_call(
        "GET", "digest", course=str(stack.seed["course"]["id"]), full="1"
    )
    return found


def doubled(found: dict[str, Any]) -> list[str]:
    """Names that stand more than once, by sort of thing."""
    names = [
        f"{kind}: {one.get('name') or one.get('title') or one.get('label')}"
        for kind in ("sections", "assignments", "pages", "modules", "line_items")
        for one in found["state"][kind]
    ]
    return [name for name, count in Counter(names).items() if count > 1]


def has_ended(teacher: Teacher, job: Page) -> bool:
    answer = teacher.visitor.session.get(f"{job.url}/progress", timeout=60)
    assert answer.status_code in (200, ENDED)
    return answer.status_code == ENDED


def kill(worker: subprocess.Popen[bytes]) -> None:
    """As a power cut would."""
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()


def wait_for_calls(stack: Stack, since: int, teacher: Teacher, job: Page) -> bool:
    """True when work goes on (the LMS was called again); False when the job has ended."""
    deadline = time.monotonic() + 60
    while stack.lms_calls() <= since:
        if has_ended(teacher, job):
            return False
        assert time.monotonic() < deadline, "nobody took the work over"
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("heir", ["restarted", "other"])
def test_an_apply_that_is_killed_many_times_ends_as_an_undisturbed_one(
    tmp_path: Path, undisturbed: dict[str, Any], heir: str
) -> None:
    random = Random(f"kills {heir}")
    with Stack(tmp_path, environment=LEASE, workers=1 if heir == "restarted" else 2) as stack:
        teacher = ready_to_write(stack)
        stack.sandbox_call("POST", "faults", [SLOW])
        preview = teacher.open("preview")
        job = teacher.visitor.press(preview, "/write")
        kills, seen = 0, stack.lms_calls()
        while kills < KILLS and wait_for_calls(stack, seen, teacher, job):
            time.sleep(random.uniform(0.0, 0.9))
            kill(stack.workers.pop(0))
            kills += 1
            seen = stack.lms_calls()
            stack.start_worker()
        stack.sandbox_call("DELETE", "faults")
        teacher.wait(job)
        assert kills >= 8
        found = course(stack)
        assert doubled(found) == []
        assert found["state"] == undisturbed["state"]
        assert found["digest"] == undisturbed["digest"]
        teacher.do("plan")
        assert not teacher.open("preview").forms("/write")
