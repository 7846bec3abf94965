"""The ways Canvas says no. Source: canvas.md sections 1.5 and 2.1 to 2.3."""

from __future__ import annotations

from typing import Any

from sandbox.world.store import World


class ApiError(Exception):
    """An answer that is not the wanted one: status, JSON body, extra headers."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = headers or {}


WITH_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}


def invalid_token(message: str = "Invalid access token.", **more: str | None) -> ApiError:
    """401 with a challenge; `more` stands beside the message."""
    return ApiError(401, {"errors": [{"message": message, **more}]}, WITH_CHALLENGE)


def no_token() -> ApiError:
    body = {"status": "unauthenticated", "errors": [{"message": "user authorization required"}]}
    return ApiError(401, body, WITH_CHALLENGE)


def insufficient_scopes() -> ApiError:
    return ApiError(401, {"errors": [{"message": "Insufficient scopes on access token."}]})


class LacksRight(ApiError):
    """The caller is known and may not: 403 today, 401 without a challenge on older hosts."""


NOT_AUTHORIZED = "user not authorized to perform that action"
NOT_AUTHORIZED_IN = {
    "ar": "هذا المستخدم غير مخوّل لتنفيذ هذا الإجراء",
    "es": "el usuario no está autorizado para realizar esta acción",
}
"""Canvas says this one in the caller's language, so that nobody can tell it by its words."""


def forbidden(message: str = NOT_AUTHORIZED) -> ApiError:
    """For want of a right; with a message of its own, an action's own 403, the same on every host."""
    body = {"status": "unauthorized", "errors": [{"message": message}]}
    return LacksRight(403, body) if message == NOT_AUTHORIZED else ApiError(403, body)


def body_for(error: ApiError, locale: str) -> Any:
    """The error's body as a person of that language gets it. Source: canvas.md 1.5."""
    if isinstance(error, LacksRight) and locale in NOT_AUTHORIZED_IN:
        return {"status": "unauthorized", "errors": [{"message": NOT_AUTHORIZED_IN[locale]}]}
    return error.body


def is_older(world: World) -> bool:
    """True for a host of the time when 401 said "no right" and 403 "too fast"."""
    return world.switches.status_generation == "older"


def status_of(world: World, error: ApiError) -> int:
    """The status that this generation of hosts gives the error. Source: canvas.md, first table."""
    return 401 if isinstance(error, LacksRight) and is_older(world) else error.status


def not_found() -> ApiError:
    return ApiError(404, {"errors": [{"message": "The specified resource does not exist."}]})


def bad_request(message: str) -> ApiError:
    """400 as most actions word it."""
    return ApiError(400, {"message": message})


def invalid(field: str, message: str, *, type_: str = "invalid", attribute: str | None = None) -> ApiError:
    """400 as a failed validation of a record is worded."""
    entry = {"attribute": attribute or field, "type": type_, "message": message}
    return ApiError(400, {"errors": {field: [entry]}})
