"""The launch: login initiation, the tool's authentication request, the signed id_token posted back.

Source: reference canvas.md section 6.1 (parameters, error names) and LTI security framework section 5.1.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

from sandbox.platform import keys
from sandbox.platform.claims import launch_claims
from sandbox.platform.facts import deployment_for, launch_facts
from sandbox.platform.state import Launch, platform_state
from sandbox.world.model import Assignment, Course, Deployment, LtiKey, User
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


class CannotLaunch(Exception):
    """The tool cannot be opened here; the text says why."""


class BadRedirect(Exception):
    """The tool is unknown, or asks for an answer at an address it never registered: nothing is sent there."""


class OidcError(Exception):
    """What is posted to the tool in place of an id_token."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


@dataclass(frozen=True, slots=True)
class FormPost:
    """A form that the browser posts by itself."""

    url: str
    fields: dict[str, str]


def initiate(
    world: World,
    *,
    issuer: str,
    tool: LtiKey,
    user: User,
    course: Course | None = None,
    placement: str = "course_navigation",
    assignment: Assignment | None = None,
    return_url: str = "",
) -> FormPost:
    """Begin a launch and hand back the login initiation for the tool's frame.

    `course` None is a launch from the district's own pages. Raises CannotLaunch when the tool is not there.
    """
    deployment = deployment_for(world, tool, course)
    if not tool.active or deployment is None:
        raise CannotLaunch("This tool is not available here.")
    launch = Launch(
        user_id=user.id,
        lti_key_id=tool.id,
        deployment_id=deployment.deployment_id,
        course_id=course.id if course else None,
        placement=placement,
        assignment_id=assignment.id if assignment else None,
        target_link_uri=_target(tool, assignment),
        return_url=return_url or issuer,
        expires_at=world.clock.now() + timedelta(seconds=LAUNCH_SECONDS),
    )
    hint = _remember(world, launch)
    return FormPost(
        tool.login_url,
        {
            "iss": issuer,
            "login_hint": user.lti_1_3_id,
            "target_link_uri": launch.target_link_uri,
            "client_id": tool.client_id,
            "deployment_id": launch.deployment_id,
            "lti_deployment_id": launch.deployment_id,
            "lti_message_hint": hint,
            "canvas_region": "not_configured",
            "canvas_environment": "prod",
        },
    )


def _target(tool: LtiKey, assignment: Assignment | None) -> str:
    """Where the tool is asked to go: the assignment's own address in the tool, else the tool's start."""
    tag = assignment.external_tool_tag_attributes if assignment else None
    return str((tag or {}).get("url") or tool.target_link_uri)


def _remember(world: World, launch: Launch) -> str:
    """Keep the launch under a fresh hint and forget those that ran out."""
    state, now, hint = platform_state(world), world.clock.now(), secrets.token_urlsafe(32)
    with world.lock:
        for old in [key for key, kept in state.launches.items() if kept.expires_at <= now]:
            del state.launches[old]
        state.launches[hint] = launch
    return hint


def answer(world: World, request: Mapping[str, str], *, issuer: str, web_user: User | None) -> FormPost:
    """What goes back to the tool for its authentication request: an id_token, or an error, with its state.

    Raises BadRedirect when there is no registered address to send anything to.
    """
    redirect_uri = _registered_redirect(world, request)
    fields = {"state": request["state"]} if "state" in request else {}
    try:
        return FormPost(redirect_uri, {**fields, "id_token": _id_token(world, request, issuer, web_user)})
    except OidcError as error:
        told = {"error": error.error, "error_description": error.description}
        return FormPost(redirect_uri, {**fields, **told})


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


def _id_token(world: World, request: Mapping[str, str], issuer: str, web_user: User | None) -> str:
    _check_parameters(request)
    if web_user is None or web_user.lti_1_3_id != request["login_hint"]:
        raise OidcError("login_required", "Must have an active user session")
    launch = _take_launch(world, request["lti_message_hint"], web_user)
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
        issuer=issuer,
        tool=tool,
        deployment_id=launch.deployment_id,
        user=web_user,
        course=course,
        placement=launch.placement,
        assignment=world.get(Assignment, launch.assignment_id),
        target_link_uri=launch.target_link_uri,
        return_url=launch.return_url,
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


def _take_launch(world: World, hint: str, web_user: User) -> Launch:
    """The launch behind the hint, which is thereby used up."""
    with world.lock:
        launch = platform_state(world).launches.pop(hint, None)
    if launch is None or launch.expires_at <= world.clock.now() or launch.user_id != web_user.id:
        raise OidcError("launch_no_longer_valid", "The launch has either expired or already been consumed")
    return launch


def _deployed(world: World, launch: Launch) -> bool:
    return any(d.active for d in world.find(Deployment, deployment_id=launch.deployment_id))
