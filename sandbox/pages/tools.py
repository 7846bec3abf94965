"""The tool inside the LMS: the page with its frame, and the form inside the frame that begins the launch."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, url_for

from sandbox.current import base_url
from sandbox.pages.courses import course_frame
from sandbox.pages.guards import NotAvailable, Place, in_course, logged_in
from sandbox.pages.work import assignment_seen
from sandbox.platform import oidc
from sandbox.platform.facts import account_chain, root_account
from sandbox.world.model import LtiKey, User
from sandbox.world.store import World
from sandbox.world.work import tool_of_url

blueprint = Blueprint("tools", __name__)


@blueprint.get("/courses/<int:course_id>/external_tools/<int:tool_id>")
@in_course
def in_course_page(place: Place, tool_id: int) -> str:
    """The course page with the tool's frame."""
    tool = _tool(place.world, tool_id)
    source = url_for("pages.tools.launch_in_course", course_id=place.course.id, tool_id=tool.id)
    return render_template(
        "pages/tool.html", **course_frame(place, f"tool-{tool.id}"), tool=tool, source=source
    )


@blueprint.get("/courses/<int:course_id>/external_tools/<int:tool_id>/launch")
@in_course
def launch_in_course(place: Place, tool_id: int) -> Response:
    """Inside the frame: the login initiation, posted to the tool by itself."""
    back = url_for("pages.courses.home", course_id=place.course.id)
    try:
        form = oidc.initiate(
            place.world,
            issuer=base_url(),
            tool=_tool(place.world, tool_id),
            user=place.user,
            course=place.course,
            return_url=f"{base_url()}{back}",
        )
    except oidc.CannotLaunch as error:
        raise NotAvailable(str(error)) from error
    return auto_post(form)


@blueprint.get("/courses/<int:course_id>/assignments/<int:assignment_id>/launch")
@in_course
def launch_assignment(place: Place, assignment_id: int) -> Response:
    """Inside the frame of an external-tool assignment: the launch with the assignment as resource link."""
    assignment = assignment_seen(place, assignment_id)
    tag = assignment.external_tool_tag_attributes or {}
    tool = place.world.get(LtiKey, tag["content_id"]) if isinstance(tag.get("content_id"), int) else None
    tool = tool or _tool_at(place.world, str(tag.get("url", "")))
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
        "pages/tool.html", account=root_account(world), tool=_tool(world, tool_id), source=source
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


def auto_post(form: oidc.FormPost) -> Response:
    """A page that posts the form by itself."""
    return make_response(render_template("platform/form_post.html", form=form, frame=oidc.STORAGE_FRAME))


def _tool(world: World, tool_id: int) -> LtiKey:
    tool = world.get(LtiKey, tool_id)
    if tool is None or not tool.active:
        raise NotAvailable("There is no such tool.")
    return tool


def _tool_at(world: World, url: str) -> LtiKey:
    tool = tool_of_url(world, url)
    if tool is None:
        raise NotAvailable("No tool is installed for this assignment.")
    return tool


def _needs_admin(world: World, user: User, account_id: int) -> None:
    if not user.admin_of_account_ids.intersection(account_chain(world, account_id)):
        raise NotAvailable("This page is for the district's admins.")
