"""What surrounds every page of a course."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from lti_app.store.models.cycles import Cycle
from lti_app.store.models.jobs import Job, JobState
from lti_app.store.models.lti import Context, Family, SignIn
from lti_app.store.queries import overview
from lti_app.web.views_model import JobView, Labels, Notice, Shell
from sync.vendors.canvas.gateway import LABELS as CANVAS
from sync.vendors.canvas.places import CanvasPlaces

DAYS_IN_WEEK = 7
PLAIN = Labels("your LMS", "group", "groups", "unit", "units", "assignment", "assignments")
LABELS: Mapping[str, Labels] = {
    Family.CANVAS: Labels(
        CANVAS.lms,
        CANVAS.group,
        f"{CANVAS.group}s",
        CANVAS.unit,
        f"{CANVAS.unit}s",
        CANVAS.check,
        f"{CANVAS.check}s",
    ),
}
PLACES = {Family.CANVAS: CanvasPlaces}
"""By family, the addresses of the LMS's own pages."""
JOB_TITLES = {
    "pull": "Checking results in {lms}",
    "suggest": "Suggesting groups and playlists",
    "playlists": "Suggesting playlists",
    "plan": "Looking up what would change in {lms}",
    "apply": "Writing to {lms}",
    "results": "Bringing results back from {lms}",
}
JOB_TABS = {"suggest": "groups", "playlists": "playlists", "plan": "preview", "apply": "preview"}
"""The tab that work belongs to; Home for the rest."""
RESULT_PLACES = {
    "pull": "skills",
    "suggest": "groups",
    "playlists": "playlists",
    "plan": "preview",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page stands: the course, its registration, who asks, and when."""

    session: Session
    context: Context
    sign_in: SignIn
    now: datetime
    notice: Notice | None = None

    @property
    def base(self) -> str:
        return f"/contexts/{self.context.id}"

    @property
    def labels(self) -> Labels:
        """The LMS's own words."""
        return LABELS.get(self.sign_in.registration.family, PLAIN)

    @property
    def lms(self) -> CanvasPlaces | None:
        """Where the course's pages are in the LMS; None where we know no addresses."""
        registration = self.sign_in.registration
        places = PLACES.get(Family(registration.family))
        if places is None or not registration.api_base_url or not self.context.course_lms_id:
            return None
        return places(registration.api_base_url, self.context.course_lms_id)


def shell(place: Place, cycle: Cycle | None) -> Shell:
    """The frame of a course's page."""
    week = weeks = None
    if cycle is not None:
        weeks = (cycle.ends_on - cycle.starts_on).days // DAYS_IN_WEEK
        week = min(weeks, max(1, (place.now.date() - cycle.starts_on).days // DAYS_IN_WEEK + 1))
    is_student = place.sign_in.kind == "student"
    return Shell(
        base=place.base,
        title=place.context.title,
        person=place.sign_in.user.name if place.sign_in.user else "",
        kind="student" if is_student else "teacher",
        labels=place.labels,
        now=place.now,
        week=week,
        weeks=weeks,
        saved_at=None if cycle is None or is_student else _saved_at(cycle),
        own_tab_action=f"{place.base}/{'me' if is_student else 'home'}",
        notice=place.notice,
    )


def _saved_at(cycle: Cycle) -> datetime | None:
    moments = (cycle.pulled_at, cycle.grouped_at, cycle.playlists_at, cycle.applied_at, cycle.results_at)
    return max((moment for moment in moments if moment is not None), default=None)


def job_view(place: Place, job: Job) -> JobView:
    """A job as the page shows it; where its result is looked at, and how it goes on after a stop."""
    state = JobState(job.state)
    run_id = job.found.get("run_id")
    can_go_on = job.kind in ("apply", "results") and state in (JobState.FAILED, JobState.CANCELLED)
    return JobView(
        job_id=str(job.id),
        title=JOB_TITLES.get(job.kind, "Working").format(lms=place.labels.lms),
        state=state.value,
        done=job.done,
        total=job.total,
        message=_message(place, job, state),
        is_stopping=job.cancel_requested and not state.is_over,
        started_at=job.started_at,
        ended_at=job.ended_at,
        result_href=_result_href(place, job, run_id) if state is JobState.DONE else None,
        goes_on=job.kind in RESULT_PLACES,
        tab=JOB_TABS.get(job.kind, "home"),
        go_on_action=f"{place.base}/runs/{_run_id(job)}/go-on" if can_go_on and _run_id(job) else None,
    )


def _message(place: Place, job: Job, state: JobState) -> str:
    """What the job says of itself; of an ended one that found changes, what became of them."""
    changes = job.found.get("changes")
    if state is not JobState.DONE or not changes:
        return job.message or ""
    if job.found.get("needs_approval"):
        return f"Results are back. {_counted(changes, 'change')} for {place.labels.lms} to look at first."
    if job.kind == "apply":
        return f"{_counted(changes, 'change')} written to {place.labels.lms}."
    return job.message or ""


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _run_id(job: Job) -> int | None:
    found = job.found.get("run_id") or job.arguments.get("run_id")
    return int(found) if found else None


def _result_href(place: Place, job: Job, run_id: object) -> str:
    if job.kind in RESULT_PLACES:
        return f"{place.base}/{RESULT_PLACES[job.kind]}"
    if job.found.get("needs_approval"):
        return f"{place.base}/preview"
    return f"{place.base}/runs/{run_id}" if run_id else f"{place.base}/home"


def open_job_view(place: Place) -> JobView | None:
    """The work that is under way in this course."""
    job = overview.open_job(
        place.session,
        registration_id=place.sign_in.registration_id,
        context_lms_id=place.context.lms_id,
    )
    return None if job is None else job_view(place, job)
