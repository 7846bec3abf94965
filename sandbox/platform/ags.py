"""Assignment and Grade Services 2.0: the routes. Rules are in line_items.py and scores.py."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from sandbox.current import base_url, current_world
from sandbox.platform import line_items, scores
from sandbox.platform.claims import AGS
from sandbox.platform.services import Caller, ServiceError, body, caller, numbered_page, reply
from sandbox.world.model import ProgressJob, Result
from sandbox.world.store import World

LINE_ITEM = f"{AGS}scope/lineitem"
LINE_ITEM_READ = f"{AGS}scope/lineitem.readonly"
RESULT_READ = f"{AGS}scope/result.readonly"
SCORE = f"{AGS}scope/score"
PROGRESS = "https://canvas.instructure.com/lti-ags/progress/scope/show"
ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
ITEMS = "/api/lti/courses/<int:course_id>/line_items"
ITEM = f"{ITEMS}/<int:item_id>"

blueprint = Blueprint("ags", __name__)


def _caller(course_id: int, *scopes: str) -> Caller:
    """Who calls. A concluded course is not found: AGS takes and tells nothing of it any more."""
    who = caller(course_id, *scopes)
    if who.course.workflow_state == "completed":
        raise ServiceError(404, "The specified resource does not exist.")
    return who


def _wants_launch_url() -> bool:
    return "launch_url" in [*request.args.getlist("include[]"), *request.args.getlist("include")]


@blueprint.get(ITEMS)
def list_items(course_id: int) -> Response:
    """The tool's own line items in the course, filtered by tag, resource_id and resource_link_id."""
    world, who = current_world(), _caller(course_id, LINE_ITEM, LINE_ITEM_READ)
    filters = {
        name: request.args[name]
        for name in ("tag", "resource_id", "resource_link_id")
        if name in request.args
    }
    with world.lock:
        found = [
            item
            for item in line_items.items_of(world, who)
            if all(getattr(item, name) == value for name, value in filters.items())
        ]
        page, links = numbered_page(found)
        wants_url = _wants_launch_url()
        shown = [line_items.shown(world, item, base_url(), with_launch_url=wants_url) for item in page]
    return reply(shown, ITEMS_TYPE, links=links)


@blueprint.post(ITEMS)
def create_item(course_id: int) -> Response:
    """A new line item: 201, and a new gradebook column unless it hangs on a resource link."""
    world, who = current_world(), _caller(course_id, LINE_ITEM)
    with world.lock:
        item = line_items.create(world, who, body())
        return reply(line_items.shown(world, item, base_url()), ITEM_TYPE, status=201)


@blueprint.get(ITEM)
def show_item(course_id: int, item_id: int) -> Response:
    """One line item."""
    world, who = current_world(), _caller(course_id, LINE_ITEM, LINE_ITEM_READ)
    with world.lock:
        item = line_items.item_for(world, who, item_id)
        shown = line_items.shown(world, item, base_url(), with_launch_url=_wants_launch_url())
    return reply(shown, ITEM_TYPE)


@blueprint.put(ITEM)
def update_item(course_id: int, item_id: int) -> Response:
    """Rename a column, change its maximum, tag or resource id."""
    world, who = current_world(), _caller(course_id, LINE_ITEM)
    with world.lock:
        item = line_items.item_for(world, who, item_id)
        line_items.update(world, item, body())
        return reply(line_items.shown(world, item, base_url()), ITEM_TYPE)


@blueprint.delete(ITEM)
def delete_item(course_id: int, item_id: int) -> Response:
    """204; the column goes with it. 401 for a column made in the LMS or by REST."""
    world, who = current_world(), _caller(course_id, LINE_ITEM)
    with world.lock:
        line_items.delete(world, line_items.item_for(world, who, item_id))
    return Response(status=204)


@blueprint.post(f"{ITEM}/scores")
def post_score(course_id: int, item_id: int) -> Response:
    """Take one student's score; answers where the result can be read."""
    world, who = current_world(), _caller(course_id, SCORE)
    with world.lock:
        item = line_items.item_for(world, who, item_id)
        score = scores.read_score(world, item, body())
        result = scores.keep_score(world, item, score)
        files = [_handed_in(world, course_id, result.user_id, file) for file in score.files]
    url = f"{base_url()}/api/lti/courses/{course_id}/line_items/{item.id}/results/{result.id}"
    answer: dict[str, Any] = {"resultUrl": url}
    if files:
        answer[scores.SUBMISSION] = {"content_items": files}
    return reply(answer, SCORE_TYPE)


def _handed_in(world: World, course_id: int, user_id: int, file: dict[str, Any]) -> dict[str, Any]:
    """A file that Canvas would fetch in the background, with the address that tells how far it is."""
    now = world.clock.now()
    job = world.add(
        ProgressJob(
            context_type="Course",
            context_id=course_id,
            user_id=user_id,
            tag="upload_via_url",
            created_at=now,
            updated_at=now,
        )
    )

    def done() -> None:
        job.workflow_state, job.completion, job.updated_at = "completed", 100.0, world.clock.now()

    world.background.later("upload_via_url", done)
    told = {name: file.get(name) for name in ("type", "url", "title")}
    return {**told, "progress": f"{base_url()}/api/lti/courses/{course_id}/progress/{job.id}"}


@blueprint.get("/api/lti/courses/<int:course_id>/progress/<int:job_id>")
def show_progress(course_id: int, job_id: int) -> Response:
    """How far a handed-in file is."""
    world, _who = current_world(), _caller(course_id, PROGRESS)
    job = world.get(ProgressJob, job_id)
    if job is None or job.tag != "upload_via_url" or job.context_id != course_id:
        raise ServiceError(404, "The specified resource does not exist.")
    shown = {"id": job.id, "tag": job.tag, "workflow_state": job.workflow_state, "completion": job.completion}
    return reply(shown, "application/json; charset=utf-8")


@blueprint.get(f"{ITEM}/results")
def list_results(course_id: int, item_id: int) -> Response:
    """What the column holds, for everybody or for the one student named by `user_id`."""
    world, who = current_world(), _caller(course_id, RESULT_READ)
    with world.lock:
        item = line_items.item_for(world, who, item_id)
        user = None
        if "user_id" in request.args:
            user = scores.student(world, course_id, request.args["user_id"])
            if user is None:
                return reply([], RESULTS_TYPE)
        page, links = numbered_page(scores.results(world, item, user))
        url = f"{base_url()}/api/lti/courses/{course_id}/line_items/{item.id}"
        shown = [scores.shown_result(world, item, result, url) for result in page]
    return reply(shown, RESULTS_TYPE, links=links)


@blueprint.get(f"{ITEM}/results/<int:result_id>")
def show_result(course_id: int, item_id: int, result_id: int) -> Response:
    """One result of the column."""
    world, who = current_world(), _caller(course_id, RESULT_READ)
    with world.lock:
        item = line_items.item_for(world, who, item_id)
        result = world.get(Result, result_id)
        if result is None or result.line_item_id != item.id:
            raise ServiceError(404, "The specified resource does not exist.")
        url = f"{base_url()}/api/lti/courses/{course_id}/line_items/{item.id}"
        return reply(scores.shown_result(world, item, result, url), RESULTS_TYPE)
