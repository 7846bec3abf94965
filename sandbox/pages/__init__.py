"""The pages a browser sees: who to be, courses and all that is in them, the tool's frame, the journal."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, g, request
from flask.blueprints import BlueprintSetupState

from sandbox.current import base_url, current_world, web_user
from sandbox.pages import (
    courses,
    dates,
    gradebook,
    login,
    modules,
    outcomes,
    people,
    registrations,
    requests,
    tools,
    work,
)
from sandbox.pages.guards import NotAvailable, not_available
from sandbox.pages.words import FILTERS
from sandbox.world.model import LtiKey

blueprint = Blueprint("pages", __name__)
for part in (
    *(login, courses, tools, registrations, modules, work),
    *(dates, gradebook, outcomes, people, requests),
):
    blueprint.register_blueprint(part.blueprint)
blueprint.register_error_handler(NotAvailable, not_available)


@blueprint.record_once
def configure(state: BlueprintSetupState) -> None:
    """Session cookie and template filters.

    The tool sends the browser back to us inside its frame, so the cookie must travel on requests that another
    site began: SameSite=None, which browsers take only with Secure (they count *.localhost as secure).
    """
    state.app.config.update(SESSION_COOKIE_SAMESITE="None", SESSION_COOKIE_SECURE=True)
    state.app.jinja_env.filters.update(FILTERS)


@blueprint.before_request
def refuse_foreign_posts() -> None:
    """With SameSite=None the cookie is no defence against another site's form: Origin is."""
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin not in (None, base_url()):
        abort(403)


@blueprint.after_request
def lock_page(response: Response) -> Response:
    """Scripts and styles are our own; frames are ours and the installed tools'."""
    tools_here = {tool_origin(key) for key in current_world().find(LtiKey, active=True)}
    tools_here |= g.get("frame_origins", set())
    places = " ".join(["'self'", *sorted(tools_here)])
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; img-src 'self' data:; frame-src {places}; form-action {places}; "
        "frame-ancestors 'self'; base-uri 'none'; object-src 'none'"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def tool_origin(key: LtiKey) -> str:
    """scheme://host:port of an installed tool."""
    parts = urlsplit(key.target_link_uri)
    return f"{parts.scheme}://{parts.netloc}"


@blueprint.app_context_processor
def everywhere() -> dict[str, object]:
    """What every template may use."""
    return {"person": web_user()}
