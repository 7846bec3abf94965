"""Ready-made replies for faults: what a host answers when it refuses, breaks, or is not there at all.

The JSON ones and the throttle's text are Canvas's. Source: canvas.md 1.5 and 2.1; for the 500 the answers
that the University of Michigan's upload scripts and Canvas's front-end tests record. The pages are in our own
words: load balancers and maintenance pages differ from host to host, and only their being HTML matters.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}
_PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
_HTML = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, its body and its headers."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


def _error(code: int, message: str, headers: dict[str, str] | None = None, **more: object) -> Reply:
    body = json.dumps({**more, "errors": [{"message": message}]})
    return Reply(code, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


def _page(status: int, title: str, text: str) -> Reply:
    body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
    return Reply(status, f"<!DOCTYPE html>\n{body}\n", _HTML)


_NOT_ALLOWED = "user not authorized to perform that action"
_BROKEN = {
    "errors": [{"message": "An error occurred.", "error_code": "internal_server_error"}],
    "error_report_id": 237,
}

REPLIES: dict[str, Reply] = {
    "throttled": Reply(
        429, "429 Forbidden (Rate Limit Exceeded)\n", {**_PLAIN, "X-Rate-Limit-Remaining": "18.49"}
    ),
    "throttled_older": Reply(
        403, "403 Forbidden (Rate Limit Exceeded)\n", {**_PLAIN, "X-Rate-Limit-Remaining": "18.49"}
    ),
    "expired_token": _error(401, "Invalid access token.", _CHALLENGE),
    "revoked_token": _error(401, "Revoked access token.", _CHALLENGE),
    "insufficient_scopes": _error(401, "Insufficient scopes on access token."),
    "not_authorized": _error(403, _NOT_ALLOWED, status="unauthorized"),
    "not_authorized_older": _error(401, _NOT_ALLOWED, status="unauthorized"),
    "not_found": _error(404, "The specified resource does not exist."),
    "server_error": Reply(500, json.dumps(_BROKEN), {"Content-Type": "application/json; charset=utf-8"}),
    "server_error_page": _page(500, "Page Error", "Something broke unexpectedly."),
    "bad_gateway": _page(502, "502 Bad Gateway", "The server behind this address gave no answer."),
    "unavailable": _page(503, "503 Service Temporarily Unavailable", "Too many requests are waiting."),
    "gateway_timeout": _page(504, "504 Gateway Time-out", "The server behind this address took too long."),
    "maintenance": _page(503, "Down for maintenance", "The LMS will be back at 6 in the morning."),
}
"""By the name that an order's `do.reply` gives. A `status` beside it wins: such pages come with 200 too."""
