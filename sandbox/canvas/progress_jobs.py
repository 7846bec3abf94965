"""Progress: work that a call leaves to a background job.

A job is queued when the call answers, runs in the LMS's own time (`world.background`), and ends completed or
failed. Failed may well mean that most of it was done; completed does not mean that all of it was.
Source: canvas.md 4.7; instructure/canvas-lms app/models/progress.rb and progress_controller.rb.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import forbidden
from sandbox.canvas.lookups import one
from sandbox.canvas.params import params, stamp
from sandbox.canvas.permissions import need
from sandbox.current import base_url
from sandbox.world.model import Course, ProgressJob
from sandbox.world.store import World

PENDING = ("queued", "running")


class JobFailed(Exception):
    """Ends a job as failed. The text is its message; `results` what it leaves behind."""

    def __init__(self, message: str | None = None, results: Any = None) -> None:
        super().__init__(message)
        self.message, self.results = message, results


def begin(course: Course, tag: str, work: Callable[[], Any], *, user_id: int = 0) -> dict[str, Any]:
    """Leave `work` to a background job and answer with its Progress, queued.

    `work` runs later and outside of any request: it may use the world it closed over, but not the caller.
    What it returns are the results. Without `user_id` (as in bulk grading) the job has no owner, and nobody
    can cancel it.
    """
    now = world().clock.now()
    job = world().add(
        ProgressJob(
            context_type="Course",
            context_id=course.id,
            user_id=user_id,
            tag=tag,
            created_at=now,
            updated_at=now,
        )
    )
    shown = progress_json(job)
    start(world(), job, work)
    return shown


def start(lms: World, job: ProgressJob, work: Callable[[], Any]) -> None:
    """Queue the job: one step to running, one to the end. A cancelled job does not begin."""

    def run() -> None:
        if job.workflow_state == "queued":
            _move(lms, job, "running")
            lms.background.later(f"{job.tag} {job.id} ends", finish)

    def finish() -> None:
        if job.workflow_state != "running":
            return
        try:
            job.results = work()
        except JobFailed as failure:
            job.message, job.results = failure.message, failure.results
            _move(lms, job, "failed")
        else:
            job.completion = 100.0
            _move(lms, job, "completed")

    lms.background.later(f"{job.tag} {job.id} starts", run)


def _move(lms: World, job: ProgressJob, state: str) -> None:
    job.workflow_state, job.updated_at = state, lms.clock.now()


def progress_json(job: ProgressJob) -> dict[str, Any]:
    shown = {
        "id": job.id,
        "context_id": job.context_id,
        "context_type": job.context_type,
        "user_id": job.user_id or None,
        "tag": job.tag,
        "completion": job.completion,
        "workflow_state": job.workflow_state,
        "message": job.message,
        "url": f"{base_url()}/api/v1/progress/{job.id}",
        "created_at": stamp(job.created_at),
        "updated_at": stamp(job.updated_at),
    }
    return shown if job.workflow_state in PENDING else shown | {"results": job.results}


@endpoint("GET", "/progress/<id>")
def show_progress(id: str) -> dict[str, Any]:
    """For everybody who may read the course the job belongs to. Raises 404, 403."""
    job = one(ProgressJob, id)
    if job.context_type == "Course":
        need(one(Course, str(job.context_id)), "read")
    elif job.user_id != me().id:
        raise forbidden()
    return progress_json(job)


@endpoint("POST", "/progress/<id>/cancel")
def cancel(id: str) -> dict[str, Any]:
    """Only the job's owner cancels it: it is failed then, with the caller's message."""
    job = one(ProgressJob, id)
    if job.user_id != me().id:
        raise forbidden()
    message = params().get("message")
    job.message = None if message is None else str(message)
    _move(world(), job, "failed")
    return progress_json(job)
