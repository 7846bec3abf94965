"""How an endpoint is answered: token, lock, the view, and the JSON that goes back. The bucket: meter.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g, request

from sandbox.canvas import scopes
from sandbox.canvas.auth import authenticate, token_of_request
from sandbox.canvas.errors import ApiError, body_for, not_found, status_of
from sandbox.canvas.masquerade import acting
from sandbox.canvas.meter import THROTTLE, meter, throttle
from sandbox.canvas.paging import Page, Wrapped
from sandbox.current import current_world

__all__ = ["THROTTLE", "as_json", "blueprint", "endpoint", "throttle", "with_string_ids"]

blueprint = Blueprint("canvas", __name__, template_folder="templates")
meter(blueprint)
STRING_IDS = "application/json+canvas-string-ids"

View = Callable[..., Any]


def endpoint(method: str, rule: str, *, status: int = 200) -> Callable[[View], View]:
    """Register a view for `/api/v1<rule>`. It returns JSON data, a Page, a Response, or None for 204."""

    scopes.learn(method, rule)

    def register(view: View) -> View:
        def run(**ids: str) -> Response:
            return _answered(view, ids, status)

        blueprint.add_url_rule(f"/api/v1{rule}", endpoint=f"{method} {rule}", view_func=run, methods=[method])
        return view

    return register


def _answered(view: View, ids: dict[str, str], status: int) -> Response:
    world = current_world()
    try:
        with world.lock:
            g.sandbox_caller = acting(world, authenticate(world, token_of_request()))
            result = view(**ids)
            return _response(result, status)
    except ApiError as error:
        known = g.get("sandbox_caller")
        body = body_for(error, known.user.locale if known else "en")
        response = as_json(body, status_of(world, error))
        response.headers.update(error.headers)
        return response


@blueprint.route("/api/v1/<path:_rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def no_such_route(_rest: str) -> Response:
    """No page of HTML but Canvas's own 404, whoever asks, also for a method that a known path has not."""
    error = not_found()
    return as_json(error.body, error.status)


def _response(result: Any, status: int) -> Response:
    if isinstance(result, Response):
        return result
    if result is None:
        return Response(status=204)
    if isinstance(result, Page):
        response = as_json(result.rows, status)
        response.headers["Link"] = result.header()
        return response
    if isinstance(result, Wrapped):
        response = as_json(result.body, status)
        response.headers["Link"] = result.link
        return response
    return as_json(result, status)


def as_json(data: Any, status: int = 200) -> Response:
    """JSON as the caller accepts it: ids as numbers, or as texts when they ask for those."""
    if STRING_IDS in request.headers.get("Accept", "") and current_world().switches.string_ids:
        data = with_string_ids(data)
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, content_type="application/json; charset=utf-8")


def with_string_ids(data: Any) -> Any:
    """The same JSON with every number under `id`, `*_id` and `*_ids` as text."""
    if isinstance(data, list):
        return [with_string_ids(value) for value in data]
    if isinstance(data, dict):
        return {key: _id_text(key, value) for key, value in data.items()}
    return data


def _id_text(key: str, value: Any) -> Any:
    if key == "id" or key.endswith("_id"):
        return (
            str(value) if isinstance(value, int) and not isinstance(value, bool) else with_string_ids(value)
        )
    if key.endswith("_ids") and isinstance(value, list):
        return [str(v) if isinstance(v, int) else v for v in value]
    return with_string_ids(value)
