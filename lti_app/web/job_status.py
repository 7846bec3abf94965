"""Long work as its teacher sees it: a page, its progress, a way to stop it."""

from __future__ import annotations

from flask import Blueprint, abort, g, make_response, redirect
from flask.typing import ResponseReturnValue

from lti_app.jobs.rows import request_cancel
from lti_app.store.models.jobs import Job
from lti_app.store.queries import overview
from lti_app.web.course_pages import place_of, show
from lti_app.web.guards import teacher_of_context
from lti_app.web.parts import now
from lti_app.web.screens.frame import Place, job_view, shell
from lti_app.web.views_model import JobPage

bp = Blueprint("job_status", __name__, url_prefix="/contexts/<int:context_id>/jobs/<int:job_id>")
STOP_POLLING = 286
"""htmx ends a poll at this status (htmx 2 documentation, "polling")."""


@bp.route("", methods=["GET", "POST"])
@teacher_of_context.reading
def job(context_id: int, job_id: int) -> ResponseReturnValue:
    """The page of one job."""
    place = place_of(context_id)
    return show("teacher/job.html", _page(place, _job(place, job_id)))


@bp.get("/progress")
@teacher_of_context.reading.polling
def progress(context_id: int, job_id: int) -> ResponseReturnValue:
    """The part of the page that changes; 286 once the job has ended."""
    place = place_of(context_id)
    page = _page(place, _job(place, job_id))
    return make_response(show("components/_progress.html", page), STOP_POLLING if page.job.has_ended else 200)


@bp.post("/stop")
@teacher_of_context
def stop(context_id: int, job_id: int) -> ResponseReturnValue:
    """Asks the job to stop before its next call."""
    place = place_of(context_id)
    request_cancel(g.session, _job(place, job_id).id, now=now())
    return redirect(f"{place.base}/jobs/{job_id}", code=303)


def _job(place: Place, job_id: int) -> Job:
    found = overview.job_of(
        place.session,
        context_lms_id=place.context.lms_id,
        registration_id=place.sign_in.registration_id,
        job_id=job_id,
    )
    if found is None:
        abort(404)
    return found


def _page(place: Place, found: Job) -> JobPage:
    return JobPage(shell(place, overview.cycle_now(place.session, place.context.id)), job_view(place, found))
