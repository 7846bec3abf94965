"""The launch: login initiation, the tool's authentication request, the signed id_token posted back.

Source: canvas.md section 6.1, Canvas lti/ims/authentication_controller.rb (order of checks, error names, the
hop to the school's own domain, the missing-cookie pages), LTI security framework section 5.1. Canvas looks at
`scope` only; here `prompt`, `response_mode` and `response_type` must be right too.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from sandbox.platform import keys
from sandbox.platform.claims import RESOURCE_LINK_REQUEST, launch_claims
from sandbox.platform.facts import deployment_for, launch_facts
from sandbox.platform.state import BadTicket, Launch, platform_state, read_ticket, ticket
from sandbox.world.model import Assignment, Course, Deployment, LtiKey, ResourceLink, User
from sandbox.world.store import World

LAUNCH_SECONDS = 300
REQUIRED = (
    "client_id",
    "login_hint",
    "lti_message_hint",
    "nonce",
    "prompt",
    "redirect_uri",
    "response_mode",
    "response_type",
    "scope",
)
FIXED = {"prompt": "none", "response_mode": "form_post", "response_type": "id_token", "scope": "openid"}
STORAGE_FRAME = "post_message_forwarding"
HINT = "lti_message_hint"
AUTHORIZE = "/api/lti/authorize"


class CannotLaunch(Exception):
    """The tool cannot be opened here; the text says why."""


class BadRedirect(Exception):
    """Tool or hint unknown, or the answer's address was never registered: nothing is sent there."""


class OidcError(Exception):
    """What is posted to the tool in place of an id_token."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class NoSession(Exception):
    """Nobody is logged in here, and Canvas tells the person rather than the tool."""


@dataclass(frozen=True, slots=True)
class FormPost:
    """A form that the browser posts by itself."""

    url: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What kind of launch this is, beyond a resource link of a place."""

    message_type: str = RESOURCE_LINK_REQUEST
    deep_linking: Mapping[str, Any] | None = None


def issuer_of(world: World, base: str) -> str:
    """The issuer's name for tools: the LMS's own address, or the one that all districts share."""
    return world.switches.lti_issuer or base


def initiate(
    world: World,
    *,
    issuer: str,
    tool: LtiKey,
    user: User,
    course: Course | None = None,
    account_id: int | None = None,
    placement: str = "course_navigation",
    assignment: Assignment | None = None,
    link: ResourceLink | None = None,
    return_url: str = "",
    message: Message | None = None,
) -> FormPost:
    """Begin a launch and hand back the login initiation for the tool's frame.

    `issuer` is the address of the LMS one is on; the issuer named to the tool may be another one (see
    `issuer_of`). `course` None: from the district's own pages (`account_id`, or the first district).
    Raises CannotLaunch when the tool is not there.
    """
    deployment = deployment_for(world, tool, course, account_id)
    if not tool.active or deployment is None:
        raise CannotLaunch("This tool is not available here.")
    message = message or Message()
    launch = Launch(
        user_id=user.id,
        lti_key_id=tool.id,
        deployment_id=deployment.deployment_id,
        course_id=course.id if course else None,
        account_id=account_id,
        domain=issuer,
        placement=placement,
        assignment_id=assignment.id if assignment else None,
        link_id=link.id if link else None,
        target_link_uri=_target(tool, placement, assignment, link),
        return_url=return_url or issuer,
        message_type=message.message_type,
        deep_linking=message.deep_linking,
        expires_at=world.clock.now() + timedelta(seconds=LAUNCH_SECONDS),
    )
    return FormPost(
        tool.login_url,
        {
            "iss": issuer_of(world, issuer),
            "login_hint": user.lti_1_3_id,
            "target_link_uri": launch.target_link_uri,
            "client_id": tool.client_id,
            "deployment_id": launch.deployment_id,
            "lti_deployment_id": launch.deployment_id,
            "lti_message_hint": _remember(world, launch),
            "canvas_region": "not_configured",
            "canvas_environment": "prod",
        },
    )


def _target(tool: LtiKey, placement: str, assignment: Assignment | None, link: ResourceLink | None) -> str:
    """Where the tool is asked to go: the assignment's or link's own address, the placement's, the tool's."""
    tag = assignment.external_tool_tag_attributes if assignment else None
    of_placement = tool.placement_settings.get(placement, {}).get("target_link_uri")
    return str((tag or {}).get("url") or (link.url if link else "") or of_placement or tool.target_link_uri)


def _remember(world: World, launch: Launch) -> str:
    """Keep the launch, forget those that ran out; the hint tells the domain it began on and its verifier."""
    state, now, verifier = platform_state(world), world.clock.now(), secrets.token_hex(32)
    with world.lock:
        for old in [key for key, kept in state.launches.items() if kept.expires_at <= now]:
            del state.launches[old]
        state.launches[verifier] = launch
    place = {
        "context_type": "Account" if launch.course_id is None else "Course",
        "context_id": launch.account_id if launch.course_id is None else launch.course_id,
    }
    return ticket(
        world, HINT, {"verifier": verifier, "canvas_domain": urlsplit(launch.domain).netloc, **place}
    )


def elsewhere(world: World, request: Mapping[str, str], *, base: str) -> str | None:
    """The school's own domain's address for this request, when it came to another host; None when not.

    Raises BadRedirect for a missing hint, or one that is not ours.
    """
    domain = _hint(world, request).get("canvas_domain")
    if not domain or domain == urlsplit(base).netloc:
        return None
    return f"{urlsplit(base).scheme}://{domain}{AUTHORIZE}?{urlencode(list(request.items()))}"


def answer(world: World, request: Mapping[str, str], *, issuer: str, web_user: User | None) -> FormPost:
    """What goes back to the tool for its authentication request: an id_token, or an error, with its state.

    Raises BadRedirect when there is no registered address to send anything to, NoSession when Canvas shows a
    page of its own (switch `login_required_goes_to_tool` off).
    """
    hint = _hint(world, request)
    redirect_uri = _registered_redirect(world, request)
    if web_user is None and not world.switches.login_required_goes_to_tool:
        raise NoSession
    fields = {"state": request["state"]} if "state" in request else {}
    try:
        id_token = _id_token(world, request, str(hint["verifier"]), issuer, web_user)
    except OidcError as error:
        told = {"error": error.error, "error_description": error.description}
        return FormPost(redirect_uri, {**fields, **told})
    return FormPost(redirect_uri, {**fields, "id_token": id_token})


def _hint(world: World, request: Mapping[str, str]) -> dict[str, Any]:
    try:
        return read_ticket(world, HINT, request.get("lti_message_hint", ""))
    except BadTicket as error:
        raise BadRedirect("Invalid lti_message_hint") from error


def _registered_redirect(world: World, request: Mapping[str, str]) -> str:
    tool = next(world.find(LtiKey, client_id=request.get("client_id", "")), None)
    if tool is None:
        raise BadRedirect("Invalid client_id")
    wanted = request.get("redirect_uri", "")
    if not any(_same_address(uri, wanted) for uri in tool.redirect_uris):
        raise BadRedirect("Invalid redirect_uri")
    return wanted


def _same_address(registered: str, wanted: str) -> bool:
    """Equal but for the query, which may hold more than what was registered, never less."""
    ours, theirs = urlsplit(registered), urlsplit(wanted)
    is_same_place = ours._replace(query="") == theirs._replace(query="")
    return is_same_place and set(parse_qsl(ours.query)) <= set(parse_qsl(theirs.query))


def _id_token(
    world: World, request: Mapping[str, str], verifier: str, issuer: str, web_user: User | None
) -> str:
    _check_parameters(request)
    if web_user is None or web_user.lti_1_3_id != request["login_hint"]:
        raise OidcError("login_required", "Must have an active user session")
    launch = _take_launch(world, verifier, web_user)
    tool, course = world.get(LtiKey, launch.lti_key_id), world.get(Course, launch.course_id)
    if (
        tool is None
        or not tool.active
        or tool.client_id != request["client_id"]
        or not _deployed(world, launch)
    ):
        raise OidcError("unauthorized_client", "Client not authorized in requested context")
    facts = launch_facts(
        world,
        issuer=issuer_of(world, issuer),
        domain=launch.domain,
        tool=tool,
        deployment_id=launch.deployment_id,
        user=web_user,
        course=course,
        account_id=launch.account_id,
        placement=launch.placement,
        assignment=world.get(Assignment, launch.assignment_id),
        link=world.get(ResourceLink, launch.link_id),
        target_link_uri=launch.target_link_uri,
        return_url=launch.return_url,
        message_type=launch.message_type,
        deep_linking=launch.deep_linking,
    )
    # JWT times are the machine's, not the world's clock: a test may push that one, never the tool's
    return keys.sign(launch_claims(facts, nonce=request["nonce"], now=time.time()), keys.signing_key(world))


def _check_parameters(request: Mapping[str, str]) -> None:
    missing = [name for name in REQUIRED if not request.get(name)]
    if missing:
        raise OidcError(
            "invalid_request_object", f"The following parameters are missing: {','.join(missing)}"
        )
    for name, value in FIXED.items():
        if request[name] != value:
            raise OidcError("invalid_request_object", f"The '{name}' must be '{value}'")


def _take_launch(world: World, verifier: str, web_user: User) -> Launch:
    """The launch behind the hint, which is thereby used up."""
    with world.lock:
        launch = platform_state(world).launches.pop(verifier, None)
    if launch is None or launch.expires_at <= world.clock.now() or launch.user_id != web_user.id:
        raise OidcError("launch_no_longer_valid", "The launch has either expired or already been consumed")
    return launch


def _deployed(world: World, launch: Launch) -> bool:
    return any(d.active for d in world.find(Deployment, deployment_id=launch.deployment_id))
