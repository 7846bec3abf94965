"""The ways Canvas says no. Source: canvas.md sections 1.5 and 2.1 to 2.3."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer that is not the wanted one: status, JSON body, extra headers."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = headers or {}


WITH_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}


def invalid_token(message: str = "Invalid access token.") -> ApiError:
    return ApiError(401, {"errors": [{"message": message}]}, WITH_CHALLENGE)


def no_token() -> ApiError:
    body = {"status": "unauthenticated", "errors": [{"message": "user authorization required"}]}
    return ApiError(401, body, WITH_CHALLENGE)


def insufficient_scopes() -> ApiError:
    return ApiError(401, {"errors": [{"message": "Insufficient scopes on access token."}]})


def forbidden(message: str = "user not authorized to perform that action") -> ApiError:
    return ApiError(403, {"status": "unauthorized", "errors": [{"message": message}]})


def not_found() -> ApiError:
    return ApiError(404, {"errors": [{"message": "The specified resource does not exist."}]})


def bad_request(message: str) -> ApiError:
    """400 as most actions word it."""
    return ApiError(400, {"message": message})


def invalid(field: str, message: str, *, type_: str = "invalid", attribute: str | None = None) -> ApiError:
    """400 as a failed validation of a record is worded."""
    entry = {"attribute": attribute or field, "type": type_, "message": message}
    return ApiError(400, {"errors": {field: [entry]}})
