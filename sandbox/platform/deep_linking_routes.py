"""Where a tool's deep linking response arrives, in the teacher's browser."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, render_template, request

from sandbox.current import base_url, current_world, note_caller, web_user
from sandbox.platform import deep_linked, deep_linking
from sandbox.platform.deep_linking import BadResponse, Returned
from sandbox.platform.facts import account_chain, active_enrollments
from sandbox.platform.state import BadTicket, read_ticket, ticket, use_once
from sandbox.world.model import Course, LtiKey, User
from sandbox.world.store import World

SELECTION = "deep_linking_selection"
AUTHORS = ("TeacherEnrollment", "TaEnrollment", "DesignerEnrollment")

blueprint = Blueprint("deep_linking", __name__)


@blueprint.post("/courses/<int:course_id>/deep_linking_response")
def respond(course_id: int) -> Response:
    """Takes `JWT`; makes what the placement makes, and tells the page around by a message.

    400 {errors} for a response that is not to be believed; 403 for a person who may not add content.
    """
    world, user = current_world(), web_user()
    note_caller("web", user.id if user else None)
    with world.lock:
        course = world.get(Course, course_id)
        if course is None or course.workflow_state == "deleted":
            return _refused({"base": "The specified resource does not exist."}, 404)
        try:
            returned = deep_linking.read_response(
                world,
                course,
                jwt_text=request.form.get("JWT", ""),
                data=request.args.get("data", ""),
                base=base_url(),
            )
        except BadResponse as error:
            return _refused({error.field: str(error)}, 400)
        if not may_add_content(world, user, course):
            return _refused({"base": "user not authorized to perform that action"}, 403)
        try:
            outcome = deep_linked.take_in(world, course, returned)
        except deep_linked.NoSuchModule as error:
            return _refused({"base": str(error)}, 404)
        selection = _selection(world, course, returned) if outcome.to_confirm else ""
    told = {
        "placement": returned.placement,
        "content_items": outcome.items,
        **returned.messages,
        "reloadpage": outcome.reload_page,
        "moduleCreated": outcome.module_created,
    }
    page = Response(
        render_template(
            "platform/deep_linking_response.html",
            told=json.dumps(told),
            response=told,
            course=course,
            selection=selection,
        )
    )
    page.headers["Cache-Control"] = "no-store"
    return page


@blueprint.post("/courses/<int:course_id>/deep_linking_selection")
def confirm(course_id: int) -> Response:
    """The dialog's button: the one item that came back becomes an assignment or a module item."""
    world, user = current_world(), web_user()
    note_caller("web", user.id if user else None)
    with world.lock:
        course = world.get(Course, course_id)
        try:
            chosen = read_ticket(world, SELECTION, request.form.get("selection", ""))
        except BadTicket as error:
            return _refused({"base": str(error)}, 400)
        tool = world.get(LtiKey, chosen["lti_key_id"])
        if course is None or tool is None or chosen["course_id"] != course_id:
            return _refused({"base": "The specified resource does not exist."}, 404)
        if not may_add_content(world, user, course):
            return _refused({"base": "user not authorized to perform that action"}, 403)
        if not use_once(world, chosen):
            return _refused({"base": "already_used"}, 400)
        try:
            deep_linked.add_selected(
                world, course, tool, chosen["placement"], chosen.get("context_module_id"), chosen["item"]
            )
        except deep_linked.NoSuchModule as error:
            return _refused({"base": str(error)}, 404)
    told = {"placement": chosen["placement"], "content_items": [], "reloadpage": True, "moduleCreated": False}
    return Response(
        render_template(
            "platform/deep_linking_response.html",
            told=json.dumps(told),
            response=told,
            course=course,
            selection="",
        )
    )


def may_add_content(world: World, user: User | None, course: Course) -> bool:
    """Canvas's manage_course_content_add: teachers, TAs, designers and admins."""
    if user is None:
        return False
    is_admin = bool(user.admin_of_account_ids.intersection(account_chain(world, course.account_id)))
    return is_admin or any(e.type in AUTHORS for e in active_enrollments(world, course.id, user.id))


def _selection(world: World, course: Course, returned: Returned) -> str:
    chosen: dict[str, Any] = {
        "course_id": course.id,
        "lti_key_id": returned.tool.id,
        "placement": returned.placement,
        "context_module_id": returned.context_module_id,
        "item": returned.links[0],
    }
    return ticket(world, SELECTION, chosen)


def _refused(errors: dict[str, str], status: int) -> Response:
    """Canvas's shape of model errors."""
    listed = {
        name: [{"attribute": name, "type": message, "message": message}] for name, message in errors.items()
    }
    return Response(json.dumps({"errors": listed}), status, content_type="application/json; charset=utf-8")
