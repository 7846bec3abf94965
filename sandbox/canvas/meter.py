"""The leaky bucket around every call of REST and of the LTI services.

Source: canvas.md 2.1; instructure/canvas-lms app/middleware/request_throttle.rb: a tool's LTI traffic shares
one bucket for its client_id (and database cluster), other calls have one for each token. A call is charged
when it arrives, before it waits for the world's lock, so that calls in flight count.
"""

from __future__ import annotations

import time

from flask import Blueprint, Response, current_app, g, request

from sandbox.canvas.auth import token_of_request
from sandbox.canvas.errors import is_older
from sandbox.canvas.throttle import REFUSED, REFUSED_OLDER, Throttle
from sandbox.current import current_world
from sandbox.world.model import LtiKey, LtiToken

THROTTLE = "sandbox.throttle"
_METERED = ("/api/v1/", "/api/lti/")


def throttle() -> Throttle:
    """The buckets of the running app."""
    found: Throttle = current_app.extensions[THROTTLE]
    return found


def meter(blueprint: Blueprint) -> None:
    """Charge all calls of the app that the blueprint becomes part of."""
    blueprint.before_app_request(_arrive)
    blueprint.after_app_request(_leave)
    blueprint.teardown_app_request(_give_back)


def bucket_key() -> str | None:
    """Whose bucket the call fills; None for a call without a token, which is not metered here."""
    token = token_of_request()
    if token is None:
        return None
    if request.path.startswith("/api/lti/"):
        found = next(current_world().find(LtiToken, access_token=token), None)
        tool = current_world().get(LtiKey, found.lti_key_id) if found else None
        if tool is not None:
            return f"lti_advantage:{tool.client_id}"
    return f"token:{token}"


def _arrive() -> Response | None:
    if not request.path.startswith(_METERED) or (key := bucket_key()) is None:
        return None
    world, buckets = current_world(), throttle()
    if buckets.arrive(key, world.clock.now()):
        g.sandbox_charged, g.sandbox_started = key, time.thread_time()
        return None
    older = is_older(world)
    body, status = (REFUSED_OLDER, 403) if older else (REFUSED, 429)
    refused = Response(body, status, content_type="text/plain; charset=utf-8")
    refused.headers["X-Rate-Limit-Remaining"] = str(buckets.remaining(key, world.clock.now()))
    return refused


def _leave(response: Response) -> Response:
    key = g.pop("sandbox_charged", None)
    if key is not None:
        now = current_world().clock.now()
        cost = throttle().leave(key, now, time.thread_time() - g.sandbox_started)
        response.headers["X-Request-Cost"] = str(cost)
        response.headers["X-Rate-Limit-Remaining"] = str(throttle().remaining(key, now))
    return response


def _give_back(_error: BaseException | None) -> None:
    """After an error that left no answer the charge is still handed back."""
    key = g.pop("sandbox_charged", None)
    if key is not None:
        throttle().leave(key, current_world().clock.now(), 0.0)
