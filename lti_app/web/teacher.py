"""A teacher's pages of one course. Each view: guard, read the form, one step or one query, a page."""

from __future__ import annotations

from csv import writer
from io import StringIO

from flask import Blueprint, Response, abort, g, make_response, redirect, request
from flask.typing import ResponseReturnValue

from lti_app.cycle.group import KINDS, SKILL
from lti_app.cycle.write_back import APPROVALS, PlanChanged, approve
from lti_app.jobs import tasks
from lti_app.jobs.rows import open_job, request_cancel
from lti_app.store.models.cycles import Cycle
from lti_app.store.queries import overview
from lti_app.web.course_pages import begin, place_of, show
from lti_app.web.guards import teacher_of_context
from lti_app.web.parts import now
from lti_app.web.screens.boards import groups_page, placement_rows, playlists_page, skills_page
from lti_app.web.screens.home import home_page
from lti_app.web.screens.writing import history_page, preview_page, result_page

bp = Blueprint("teacher", __name__, url_prefix="/contexts/<int:context_id>")
READ = ["GET", "POST"]
"""A page is also read by POST: a form can carry the sign-in where no cookie can."""


@bp.route("/home", methods=READ)
@teacher_of_context.reading
def home(context_id: int) -> ResponseReturnValue:
    """Where things stand and what needs the teacher."""
    return show("teacher/home.html", home_page(place_of(context_id)))


@bp.route("/skills", methods=READ)
@teacher_of_context.reading
def skills(context_id: int) -> ResponseReturnValue:
    """The class x skill map."""
    page = skills_page(
        place_of(context_id),
        is_plain=request.args.get("plain") == "1",
        student=request.args.get("student", type=int),
        skill=request.args.get("skill"),
    )
    return show("teacher/skills.html", page)


@bp.route("/groups", methods=READ)
@teacher_of_context.reading
def groups(context_id: int) -> ResponseReturnValue:
    """Groups of one kind with their reasons."""
    kind = request.args.get("kind", SKILL)
    return show(
        "teacher/groups.html", groups_page(place_of(context_id), kind=kind if kind in KINDS else SKILL)
    )


@bp.get("/groups.csv")
@teacher_of_context.reading
def groups_csv(context_id: int) -> ResponseReturnValue:
    """Every placement of both kinds as a table; lms_user_id is the student's id in the LMS."""
    out = StringIO()
    table = writer(out)
    table.writerow(["kind", "group", "focus_skills", "student", "lms_user_id", "reason"])
    table.writerows(placement_rows(place_of(context_id)))
    return _download(out.getvalue(), "groups.csv")


@bp.route("/playlists", methods=READ)
@teacher_of_context.reading
def playlists(context_id: int) -> ResponseReturnValue:
    """Every child's playlist; one child's with its reasons."""
    page = playlists_page(
        place_of(context_id), area=request.args.get("area"), student=request.args.get("student", type=int)
    )
    return show("teacher/playlists.html", page)


@bp.post("/pull")
@teacher_of_context
def pull(context_id: int) -> ResponseReturnValue:
    """Read roster, tables and benchmark answers."""
    return begin(context_id, tasks.PULL)


@bp.post("/groups/suggest")
@teacher_of_context
def suggest_groups(context_id: int) -> ResponseReturnValue:
    """Groups and playlists anew."""
    return begin(context_id, tasks.SUGGEST)


@bp.post("/playlists/suggest")
@teacher_of_context
def suggest_playlists(context_id: int) -> ResponseReturnValue:
    """Playlists anew."""
    return begin(context_id, tasks.PLAYLISTS)


@bp.post("/plan")
@teacher_of_context
def plan(context_id: int) -> ResponseReturnValue:
    """Look up what would change in the LMS."""
    return begin(context_id, tasks.PLAN)


@bp.route("/preview", methods=READ)
@teacher_of_context.reading
def preview(context_id: int) -> ResponseReturnValue:
    """The newest plan, with what Regroup may do alone."""
    return show("teacher/preview.html", preview_page(place_of(context_id)))


@bp.post("/write")
@teacher_of_context
def write(context_id: int) -> ResponseReturnValue:
    """The teacher has seen the plan and says yes: written just as it was shown."""
    place = place_of(context_id)
    run = overview.run_of(g.session, context_id, request.form.get("plan_id", type=int) or 0)
    if run is None:
        abort(404)
    other = open_job(
        g.session,
        tasks.APPLY,
        registration_id=g.sign_in.registration_id,
        context_lms_id=place.context.lms_id,
    )
    if other is not None and other.arguments.get("run_id") != run.id:
        # an earlier plan is being written or waits for the LMS: it ends by itself, this one comes after
        request_cancel(g.session, other.id, now=now())
        return redirect(f"{place.base}/preview?said=busy", code=303)
    chosen = [name for name in request.form.getlist("approve") if name in APPROVALS]
    try:
        approve(
            g.session.get_one(Cycle, run.cycle_id), run, by=g.sign_in.user_id, approvals=chosen, now=now()
        )
    except PlanChanged:
        return redirect(f"{place.base}/preview?said=stale", code=303)
    return begin(context_id, tasks.APPLY, run_id=run.id)


@bp.post("/runs/<int:run_id>/go-on")
@teacher_of_context
def go_on(context_id: int, run_id: int) -> ResponseReturnValue:
    """Carry on an approved run that stopped half-way."""
    run = overview.run_of(g.session, context_id, run_id)
    if run is None or run.state != "approved":
        abort(404)
    return begin(context_id, tasks.APPLY, run_id=run.id)


@bp.route("/runs/<int:run_id>", methods=READ)
@teacher_of_context.reading
def run_result(context_id: int, run_id: int) -> ResponseReturnValue:
    """What one run wrote."""
    run = overview.run_of(g.session, context_id, run_id)
    if run is None or run.approved_at is None:
        abort(404)
    return show("teacher/result.html", result_page(place_of(context_id), run))


@bp.route("/history", methods=READ)
@teacher_of_context.reading
def history(context_id: int) -> ResponseReturnValue:
    """Every run, newest first."""
    return show("teacher/history.html", history_page(place_of(context_id)))


@bp.post("/scores")
@teacher_of_context
def scores(context_id: int) -> ResponseReturnValue:
    """Bring results back, move playlists on, show or send what is due."""
    return begin(context_id, tasks.RESULTS)


def _download(text: str, name: str) -> Response:
    response = make_response(text)
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
