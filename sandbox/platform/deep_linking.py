"""Deep linking: what a LtiDeepLinkingRequest asks for, and what a tool's response must be.

Source: canvas.md 6.7; Canvas lib/lti/messages/deep_linking_request.rb (the table), concerns/
deep_linking_services.rb (the checks and their words: aud is the issuer, iss the client_id, there is a nonce,
JWKS fetched), spec/models/lti/deep_linking_data_spec.rb (the return address is good once). Canvas does not
compare message_type, version and deployment_id; LTI DL 2.0 asks for them, and so do we.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import jwt

from sandbox.platform.claims import DEEP_LINKING_REQUEST, DL, LTI, RESOURCE_LINK_REQUEST
from sandbox.platform.facts import deployment_for
from sandbox.platform.oidc import Message, issuer_of
from sandbox.platform.state import BadTicket, read_ticket, ticket, use_once
from sandbox.platform.tool_keys import BadSignature, claims_problem, signed_claims
from sandbox.world.model import Course, LtiKey
from sandbox.world.store import World

RETURN = "deep_linking_return"
RESPONSE = "LtiDeepLinkingResponse"
REQUIRED_CLAIMS = ("iss", "aud", "exp", "iat", "nonce")
LTI_LINK = "application/vnd.ims.lti.v1.ltilink"


@dataclass(frozen=True, slots=True)
class Accepts:
    """What one placement takes."""

    types: tuple[str, ...] = ("ltiResourceLink",)
    targets: tuple[str, ...] = ("iframe", "window")
    media_types: str = LTI_LINK
    multiple: bool = True
    auto_create: bool = False


PLACEMENTS: dict[str, Accepts] = {
    "assignment_selection": Accepts(multiple=False),
    "course_assignments_menu": Accepts(),
    "editor_button": Accepts(
        types=("link", "file", "html", "ltiResourceLink", "image"),
        targets=("embed", "iframe", "window"),
        media_types=f"image/*,text/html,{LTI_LINK},*/*",
    ),
    "homework_submission": Accepts(
        types=("file", "ltiResourceLink"), targets=("iframe",), media_types="*/*", multiple=False
    ),
    "link_selection": Accepts(),
    "module_index_menu_modal": Accepts(auto_create=True),
    "module_menu_modal": Accepts(auto_create=True),
    "submission_type_selection": Accepts(multiple=False),
}
DEEP_LINKING_ONLY = ("editor_button",)


class BadResponse(Exception):
    """The response is refused. `field` is what Canvas puts the error under."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Returned:
    """A tool's response that may be believed."""

    tool: LtiKey
    placement: str
    context_module_id: int | None
    items: list[dict[str, Any]] = field(default_factory=list)
    messages: dict[str, str] = field(default_factory=dict)
    """Any of msg, log, errormsg, errorlog."""

    @property
    def links(self) -> list[dict[str, Any]]:
        return [item for item in self.items if item.get("type") == "ltiResourceLink"]


def message_type_of(tool: LtiKey, placement: str) -> str:
    """What the tool is sent in that placement: what its key says, else a resource link request."""
    default = DEEP_LINKING_REQUEST if placement in DEEP_LINKING_ONLY else RESOURCE_LINK_REQUEST
    return str(tool.placement_settings.get(placement, {}).get("message_type") or default)


def message_for(
    world: World, tool: LtiKey, course: Course, placement: str, *, base: str, module_id: int | None = None
) -> Message:
    """The message of a launch in that placement, with its deep linking settings where it asks for content."""
    if message_type_of(tool, placement) != DEEP_LINKING_REQUEST or placement not in PLACEMENTS:
        return Message()
    accepts = PLACEMENTS[placement]
    back: dict[str, Any] = {"placement": placement, "modal": accepts.auto_create, "course_id": course.id}
    if module_id is not None:
        back["context_module_id"] = module_id
    data = ticket(world, RETURN, back)
    url = f"{base}/courses/{course.id}/deep_linking_response?{urlencode({'data': data})}"
    settings: dict[str, Any] = {
        "deep_link_return_url": url,
        "accept_types": list(accepts.types),
        "accept_presentation_document_targets": list(accepts.targets),
        "accept_media_types": accepts.media_types,
        "auto_create": accepts.auto_create,
        "accept_multiple": accepts.multiple,
    }
    if world.switches.deep_link_data_claim:
        settings["data"] = data
    return Message(message_type=DEEP_LINKING_REQUEST, deep_linking=settings)


def read_response(world: World, course: Course, *, jwt_text: str, data: str, base: str) -> Returned:
    """A response that was posted to the return address of this course. Raises BadResponse.

    The JWT is looked at before the address: a forged one does not use the address up.
    """
    tool = _tool_of(world, course, jwt_text)
    try:
        claims = signed_claims(jwt_text, tool)
    except BadSignature as error:
        raise BadResponse("jwt", _canvas_words(str(error))) from error
    problem = claims_problem(
        claims, required=REQUIRED_CLAIMS, audiences=(issuer_of(world, base),), now=time.time()
    )
    problem = problem or _message_problem(world, claims, tool, course)
    if problem:
        raise BadResponse("base", problem)
    back = _return_data(world, course, data)
    if world.switches.deep_link_data_claim and claims.get(f"{DL}data") != data:
        raise BadResponse("data", "the 'data' is not what was sent")
    if not use_once(world, back):
        raise BadResponse("data", "already_used")
    named = claims.get(f"{DL}content_items") or []
    items = [dict(item) for item in named if isinstance(item, dict)] if isinstance(named, list) else []
    told = {name: claims.get(f"{DL}{name}") for name in ("msg", "log", "errormsg", "errorlog")}
    return Returned(
        tool=tool,
        placement=str(back["placement"]),
        context_module_id=back.get("context_module_id"),
        items=items,
        messages={name: str(value) for name, value in told.items() if value},
    )


def _tool_of(world: World, course: Course, text: str) -> LtiKey:
    try:
        claimed = jwt.decode(text, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise BadResponse("jwt", "JWT format is invalid") from error
    tool = next(world.find(LtiKey, client_id=str(claimed.get("iss", ""))), None)
    if tool is None:
        raise BadResponse("jwt", "Client not found")
    if not tool.active:
        raise BadResponse("developer_key", "Developer key inactive")
    if deployment_for(world, tool, course) is None:
        raise BadResponse("developer_key", "Developer key inactive in context")
    return tool


def _canvas_words(problem: str) -> str:
    if problem in ("JWT format is invalid", "JWT has unexpected alg"):
        return problem
    if problem == "the tool's public keys could not be read":
        return "Fetching JWK from public_jwk_url failed"
    return "JWT verification failure"


def _message_problem(world: World, claims: dict[str, Any], tool: LtiKey, course: Course) -> str | None:
    deployment = deployment_for(world, tool, course)
    wanted = {
        "message_type": RESPONSE,
        "version": "1.3.0",
        "deployment_id": deployment.deployment_id if deployment else None,
    }
    wrong = [name for name, value in wanted.items() if claims.get(f"{LTI}{name}") != value]
    return f"the '{wrong[0]}' is invalid" if wrong else None


def _return_data(world: World, course: Course, data: str) -> dict[str, Any]:
    if not data:
        raise BadResponse("data", "presence_required")
    try:
        back = read_ticket(world, RETURN, data)
    except BadTicket as error:
        raise BadResponse("data", str(error)) from error
    if back.get("course_id") != course.id:
        raise BadResponse("data", "invalid_or_malformed")
    return back
