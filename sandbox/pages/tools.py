"""The tool inside the LMS: the page with its frame, and the form inside the frame that begins the launch."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from sandbox.current import base_url
from sandbox.pages.courses import course_frame
from sandbox.pages.guards import NotAvailable, Place, in_course, logged_in
from sandbox.pages.work import assignment_seen
from sandbox.platform import oidc
from sandbox.platform.deep_linking import message_for
from sandbox.platform.facts import account_chain, tool_of_assignment
from sandbox.platform.routes import auto_post
from sandbox.world.model import Account, LtiKey, ModuleItem, ResourceLink, User
from sandbox.world.store import World
from sandbox.world.visibility import modules_for

blueprint = Blueprint("tools", __name__)


@blueprint.get("/courses/<int:course_id>/external_tools/<int:tool_id>")
@in_course
def in_course_page(place: Place, tool_id: int) -> str:
    """The course page with the tool's frame; `?launch_type=` names another placement, as in Canvas."""
    tool = _tool(place.world, tool_id)
    source = url_for(
        "pages.tools.launch_in_course",
        course_id=place.course.id,
        tool_id=tool.id,
        launch_type=request.args.get("launch_type"),
        context_module_id=request.args.get("context_module_id"),
    )
    return render_template(
        "pages/tool.html", **course_frame(place, f"tool-{tool.id}"), tool=tool, source=source
    )


@blueprint.get("/courses/<int:course_id>/external_tools/<int:tool_id>/launch")
@in_course
def launch_in_course(place: Place, tool_id: int) -> Response:
    """Inside the frame: the login initiation, posted to the tool by itself."""
    tool, placement = _tool(place.world, tool_id), request.args.get("launch_type", "course_navigation")
    module_id = request.args.get("context_module_id", type=int)
    message = _message(place, tool, placement, module_id)
    back = url_for("pages.courses.home", course_id=place.course.id)
    try:
        form = oidc.initiate(
            place.world,
            issuer=base_url(),
            tool=tool,
            user=place.user,
            course=place.course,
            placement=placement,
            return_url=f"{base_url()}{back}",
            message=message,
        )
    except oidc.CannotLaunch as error:
        raise NotAvailable(str(error)) from error
    return auto_post(form)


def _message(place: Place, tool: LtiKey, placement: str, module_id: int | None) -> oidc.Message:
    """What is sent in that placement. Only who may add content is let into one that asks for content."""
    if placement == "course_navigation":
        return oidc.Message()
    if placement not in tool.placements:
        raise NotAvailable("The tool is not in that place.")
    message = message_for(place.world, tool, place.course, placement, base=base_url(), module_id=module_id)
    if message.deep_linking is not None and not place.is_staff:
        raise NotAvailable("Only who may add content can choose it.")
    return message


@blueprint.get("/courses/<int:course_id>/modules/items/<int:item_id>/tool")
@in_course
def item_page(place: Place, item_id: int) -> str:
    """The course page with the frame of a module item that opens a tool."""
    item, tool, _link = _tool_item(place, item_id)
    source = url_for("pages.tools.launch_item", course_id=place.course.id, item_id=item.id)
    return render_template("pages/tool.html", **course_frame(place, "modules"), tool=tool, source=source)


@blueprint.get("/courses/<int:course_id>/modules/items/<int:item_id>/launch")
@in_course
def launch_item(place: Place, item_id: int) -> Response:
    """Inside the frame of a module item: the launch of its own resource link."""
    _item, tool, link = _tool_item(place, item_id)
    back = url_for("pages.courses.home", course_id=place.course.id)
    try:
        form = oidc.initiate(
            place.world,
            issuer=base_url(),
            tool=tool,
            user=place.user,
            course=place.course,
            placement="link_selection",
            link=link,
            return_url=f"{base_url()}{back}",
        )
    except oidc.CannotLaunch as error:
        raise NotAvailable(str(error)) from error
    return auto_post(form)


def _tool_item(place: Place, item_id: int) -> tuple[ModuleItem, LtiKey, ResourceLink]:
    """A module item that the person may open, with its tool and link."""
    item = place.world.get(ModuleItem, item_id)
    link = next(iter(place.world.live(ResourceLink, module_item_id=item_id)), None)
    if item is None or link is None or item.course_id != place.course.id or item.workflow_state == "deleted":
        raise NotAvailable("There is no such item.")
    if place.learner_id is not None:
        seen = modules_for(place.world, place.course.id, place.learner_id)
        if item.id not in {other.id for _module, items in seen for other in items}:
            raise NotAvailable("There is no such item.")
    return item, _tool(place.world, link.lti_key_id), link


@blueprint.get("/courses/<int:course_id>/assignments/<int:assignment_id>/launch")
@in_course
def launch_assignment(place: Place, assignment_id: int) -> Response:
    """Inside the frame of an external-tool assignment: the launch with the assignment as resource link."""
    assignment = assignment_seen(place, assignment_id)
    tool = tool_of_assignment(place.world, assignment)
    if tool is None:
        raise NotAvailable("No tool is installed for this assignment.")
    back = url_for("pages.work.assignment", course_id=place.course.id, assignment_id=assignment.id)
    try:
        form = oidc.initiate(
            place.world,
            issuer=base_url(),
            tool=tool,
            user=place.user,
            course=place.course,
            placement="assignment_view",
            assignment=assignment,
            return_url=f"{base_url()}{back}",
        )
    except oidc.CannotLaunch as error:
        raise NotAvailable(str(error)) from error
    return auto_post(form)


@blueprint.get("/accounts/<int:account_id>/external_tools/<int:tool_id>")
@logged_in
def in_account_page(world: World, user: User, account_id: int, tool_id: int) -> str:
    """The district's page with the tool's frame, for its admins."""
    _needs_admin(world, user, account_id)
    source = url_for("pages.tools.launch_in_account", account_id=account_id, tool_id=tool_id)
    return render_template(
        "pages/tool.html", account=world.get(Account, account_id), tool=_tool(world, tool_id), source=source
    )


@blueprint.get("/accounts/<int:account_id>/external_tools/<int:tool_id>/launch")
@logged_in
def launch_in_account(world: World, user: User, account_id: int, tool_id: int) -> Response:
    """Inside the frame of the district's page."""
    _needs_admin(world, user, account_id)
    try:
        form = oidc.initiate(
            world,
            issuer=base_url(),
            tool=_tool(world, tool_id),
            user=user,
            account_id=account_id,
            placement="account_navigation",
            return_url=f"{base_url()}{url_for('pages.courses.mine')}",
        )
    except oidc.CannotLaunch as error:
        raise NotAvailable(str(error)) from error
    return auto_post(form)


@blueprint.get(f"/{oidc.STORAGE_FRAME}")
def storage_frame() -> str:
    """The hidden frame that keeps small values for tools (LTI Platform Storage)."""
    return render_template("platform/storage.html")


def _tool(world: World, tool_id: int) -> LtiKey:
    tool = world.get(LtiKey, tool_id)
    if tool is None or not tool.active:
        raise NotAvailable("There is no such tool.")
    return tool


def _needs_admin(world: World, user: User, account_id: int) -> None:
    if not user.admin_of_account_ids.intersection(account_chain(world, account_id)):
        raise NotAvailable("This page is for the district's admins.")
