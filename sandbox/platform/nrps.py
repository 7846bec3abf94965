"""Names and Role Provisioning Services 2.0 as Canvas gives it.

Source: canvas.md section 6.3; Canvas lti/ims/providers/{memberships,course_memberships}_provider.rb: only
people with an active enrolment, always "Active"; whoever left is simply missing, and there is no `since`. A
`role` that is no full name of a context role lets nobody through. An `rlid` must be a link of the caller's.
Canvas pages these lists by number; the mark here is opaque and case-sensitive, as issue 3 asks.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from flask import Blueprint, Response, request

from sandbox.current import base_url, current_world
from sandbox.platform import oidc
from sandbox.platform.claims import LTI, NRPS_SCOPE, context_claim, custom_fields, person_claims, tells_names
from sandbox.platform.facts import deployment_for, launch_facts, tool_of_assignment
from sandbox.platform.roles import context_roles, enrollment_types_of_role
from sandbox.platform.services import Caller, ServiceError, caller, page_size, page_url, reply
from sandbox.platform.variables import expand
from sandbox.world.model import Assignment, Enrollment, ResourceLink, User
from sandbox.world.store import World

MEDIA_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
MOST_MEMBERS = 50

Link = Assignment | ResourceLink | str | None
"""What members are asked about: an assignment, a deep link, the course (its context id), or nothing."""

blueprint = Blueprint("nrps", __name__)


@blueprint.get("/api/lti/courses/<int:course_id>/names_and_roles")
def names_and_roles(course_id: int) -> Response:
    """The course's active members, at most 50 a page, each person once whatever their sections."""
    world, who = current_world(), caller(course_id, NRPS_SCOPE)
    with world.lock:
        link = _resource_link(world, who)
        people = _members(world, who, link)
        page, following = _page(people)
        members = [_member(world, who, user, types, link) for user, types in page]
    container = {
        "id": f"{base_url()}{request.full_path.rstrip('?')}",
        "context": {name: value for name, value in context_claim(who.course).items() if name != "type"},
        "members": members,
    }
    links = {"current": page_url(request.args["page"])} if "page" in request.args else {}
    if following:
        links["next"] = page_url(following)
    return reply(container, MEDIA_TYPE, links=links)


def _resource_link(world: World, who: Caller) -> Link:
    """What `rlid` names: the course itself (its context id), an assignment or link that opens this tool."""
    rlid = request.args.get("rlid")
    if not rlid or rlid == who.course.lti_context_id:
        return rlid or None
    for assignment in world.live(Assignment, course_id=who.course.id, lti_context_id=rlid):
        if "external_tool" not in assignment.submission_types:
            raise ServiceError(400, "Requested assignment not configured for external tool launches")
        if tool_of_assignment(world, assignment) is who.tool:
            return assignment
    own = {"course_id": who.course.id, "lti_key_id": who.tool.id, "resource_link_uuid": rlid}
    for link in world.live(ResourceLink, **own):
        return link
    raise ServiceError(400, "Tool does not have access to rlid or rlid does not exist")


def _members(world: World, who: Caller, link: Link) -> list[tuple[User, list[str]]]:
    """Everybody with an active enrolment of a wanted role, with the types of those enrolments, by user id."""
    role = request.args.get("role")
    wanted = enrollment_types_of_role(role) if role else None
    types: dict[int, list[str]] = {}
    for enrollment in world.find(Enrollment, course_id=who.course.id, workflow_state="active"):
        if wanted is None or enrollment.type in wanted:
            types.setdefault(enrollment.user_id, []).append(enrollment.type)
    if isinstance(link, Assignment):
        types = {user_id: kinds for user_id, kinds in types.items() if _concerns(world, link, user_id, kinds)}
    people = [(world.get(User, user_id), types[user_id]) for user_id in sorted(types)]
    return [(user, kinds) for user, kinds in people if user is not None and not user.suspended]


def _concerns(world: World, assignment: Assignment, user_id: int, types: list[str]) -> bool:
    """Adults always; students when the assignment is assigned to them."""
    row = world.submission(assignment.id, user_id)
    return "StudentEnrollment" not in types or (row is not None and row.workflow_state != "deleted")


def _page(people: list[tuple[User, list[str]]]) -> tuple[list[tuple[User, list[str]]], str | None]:
    size = page_size(default=MOST_MEMBERS, most=MOST_MEMBERS)
    mark = request.args.get("page")
    after = 0 if mark is None else _unmark(mark)
    rest = [entry for entry in people if entry[0].id > after]
    page = rest[:size]
    return page, _mark(page[-1][0].id) if len(rest) > size else None


def _mark(user_id: int) -> str:
    """An opaque place in the list. Base64 tells upper from lower case: a tool that changes case gets 404."""
    return "bookmark:" + base64.urlsafe_b64encode(json.dumps(["Member", user_id]).encode()).decode().rstrip(
        "="
    )


def _unmark(mark: str) -> int:
    kind, _, code = mark.partition(":")
    try:
        name, user_id = json.loads(base64.urlsafe_b64decode(code + "=" * (-len(code) % 4)))
    except (ValueError, TypeError) as error:
        raise ServiceError(404, "no such page") from error
    if kind != "bookmark" or name != "Member" or not isinstance(user_id, int):
        raise ServiceError(404, "no such page")
    return user_id


def _member(world: World, who: Caller, user: User, types: list[str], link: Link) -> dict[str, Any]:
    member: dict[str, Any] = {
        "status": "Active",
        **person_claims(who.tool, user),
        "user_id": user.lti_1_3_id,
        "roles": context_roles(types),
    }
    if tells_names(who.tool) and user.sis_user_id:
        member["lis_person_sourcedid"] = user.sis_user_id
    if link is not None:
        member["message"] = [_message(world, who, user, link)]
    return member


def _message(world: World, who: Caller, user: User, link: Assignment | ResourceLink | str) -> dict[str, Any]:
    """What a launch by this member would carry, as far as it differs from member to member."""
    deployment = deployment_for(world, who.tool, who.course)
    facts = launch_facts(
        world,
        issuer=oidc.issuer_of(world, base_url()),
        domain=base_url(),
        tool=who.tool,
        deployment_id=deployment.deployment_id if deployment else "",
        user=user,
        course=who.course,
        placement="",
        assignment=link if isinstance(link, Assignment) else None,
        link=link if isinstance(link, ResourceLink) else None,
    )
    return {
        f"{LTI}message_type": "LtiResourceLinkRequest",
        f"{LTI}custom": expand(custom_fields(facts), facts),
        "https://www.instructure.com/canvas_user_id": user.id,
        "https://www.instructure.com/canvas_user_login_id": user.login_id,
        "locale": user.locale,
    }
