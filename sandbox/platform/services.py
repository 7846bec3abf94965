"""What the roster and gradebook services share: who calls, about which course, and how lists are paged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from sandbox.current import base_url, current_world, note_caller
from sandbox.platform.facts import deployment_for
from sandbox.platform.tokens import living_token
from sandbox.world.model import Course, LtiKey

NOT_FOUND = "The specified resource does not exist."


class ServiceError(Exception):
    """A refused call; `services_blueprint` answers it as Canvas does."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Caller:
    tool: LtiKey
    course: Course


def caller(course_id: int, *scopes: str) -> Caller:
    """The tool behind the call, with any one of the scopes, and the course it asks about.

    Raises ServiceError: 401 without a living token, without a scope, or for a course the tool is not in;
    404 for a course that is not there.
    """
    world = current_world()
    note_caller("lti", None)
    tool = bearer_tool(*scopes)
    course = world.get(Course, course_id)
    if course is None or course.workflow_state == "deleted":
        raise ServiceError(404, "Context not found")
    if deployment_for(world, tool, course) is None:
        raise ServiceError(401, "Access Token not linked to a Tool associated with this Context")
    return Caller(tool, course)


def bearer_tool(*scopes: str) -> LtiKey:
    """The tool whose living token came with the call, with any one of the scopes. Raises ServiceError 401."""
    world = current_world()
    scheme, _, access_token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not access_token:
        raise ServiceError(401, "Missing access token")
    token = living_token(world, access_token)
    if token is None:
        raise ServiceError(401, "Invalid access token")
    tool = world.get(LtiKey, token.lti_key_id)
    if tool is None or not tool.active:
        raise ServiceError(401, "Unknown or inactive Developer Key")
    if not set(scopes) & set(token.scopes):
        raise ServiceError(401, "Insufficient permissions")
    return tool


def reply(
    data: object, media_type: str, *, status: int = 200, links: Mapping[str, str] | None = None
) -> Response:
    """JSON under its exact media type, with a Link header where there are pages."""
    answer = Response(json.dumps(data), status=status, content_type=media_type)
    if links:
        answer.headers["Link"] = ",".join(f'<{url}>; rel="{rel}"' for rel, url in links.items())
    return answer


def refuse(error: ServiceError) -> Response:
    names = {
        400: "bad_request",
        401: "unauthorized",
        403: "forbidden",
        404: "not_found",
        412: "precondition_failed",
        422: "unprocessable_entity",
    }
    body = {"errors": {"type": names.get(error.status, "error"), "message": str(error)}}
    return reply(body, "application/json; charset=utf-8", status=error.status)


def body() -> dict[str, Any]:
    """What was sent, as JSON under any "+json" type or as a form. Raises ServiceError 400 otherwise."""
    if not request.mimetype.endswith("json"):
        return dict(request.form)
    try:
        sent = json.loads(request.get_data() or b"null")
    except ValueError as error:
        raise ServiceError(400, "the body is not JSON") from error
    if not isinstance(sent, dict):
        raise ServiceError(400, "the body must be a JSON object")
    return sent


def page_size(*, default: int, most: int) -> int:
    """The `limit` (or `per_page`) asked for, silently cut to what the service gives."""
    wanted = request.args.get("limit") or request.args.get("per_page") or ""
    return min(most, max(1, int(wanted))) if wanted.isdigit() else default


def page_url(page: str) -> str:
    """This very address with another page, every other parameter kept."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
    return f"{base_url()}{request.path}?{urlencode([*kept, ('page', page)])}"


def numbered_page(rows: list[Any], *, default: int = 10, most: int = 100) -> tuple[list[Any], dict[str, str]]:
    """One numbered page of the rows, with the links to the others. A page past the end is empty."""
    size = page_size(default=default, most=most)
    asked = request.args.get("page", "1")
    number = max(1, int(asked)) if asked.isdigit() else 1
    last = max(1, -(-len(rows) // size))
    links = {"current": page_url(str(number))}
    if number < last:
        links["next"] = page_url(str(number + 1))
    if number > 1:
        links["prev"] = page_url(str(number - 1))
    links |= {"first": page_url("1"), "last": page_url(str(last))}
    return rows[(number - 1) * size : number * size], links
