"""What every view of a course does first: know the place, show a page, put work on the queue."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, render_template, request
from werkzeug.wrappers import Response

from lti_app.store.models.lti import Context
from lti_app.web.parts import now, parts
from lti_app.web.screens.frame import Place
from lti_app.web.views_model import Notice

NOTICES = {
    "stale": Notice(
        "problem", "The plan had changed meanwhile, so nothing was written. This is the newest one."
    ),
    "busy": Notice(
        "info", "An earlier plan was still being written. It stops now; then choose Write once more."
    ),
    "connected": Notice("done", "Connected. Now check results."),
}
"""What a click led to, by a word in the address (`?said=`), so that no text of a page travels in a URL."""


def place_of(context_id: int) -> Place:
    """The course of this request, for a view that a guard let in."""
    context = g.session.get_one(Context, context_id)
    return Place(g.session, context, g.sign_in, now(), NOTICES.get(request.args.get("said", "")))


def show(template: str, page: object) -> str:
    """The page, rendered."""
    return render_template(template, page=page)


def begin(context_id: int, kind: str, **arguments: Any) -> Response:
    """Puts a job of this course on the queue and shows it; a second click shows the one that is there."""
    place = place_of(context_id)
    job = parts().jobs.enqueue(
        g.session,
        kind,
        registration_id=g.sign_in.registration_id,
        context_lms_id=place.context.lms_id,
        arguments={"context_id": context_id, "user_id": g.sign_in.user_id, **arguments},
        created_by=g.sign_in.user_id,
        now=now(),
    )
    return redirect(f"{place.base}/jobs/{job.id}", code=303)
