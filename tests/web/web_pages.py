"""Renders the made-up pages, alone or behind a real socket with the real page headers."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import Flask, abort, current_app, redirect, render_template, request
from flask import Response as FlaskResponse
from web_samples import all_pages
from werkzeug import Response

import lti_app
from lti_app.places import folder
from lti_app.web.pages import install_pages

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'"
)
TOKEN = "sample-sign-in"


@dataclass(frozen=True, slots=True)
class Gallery:
    """The address of the sample pages, and what was asked of them."""

    address: str
    asked: list[tuple[str, str, str | None, dict[str, str], dict[str, Any]]]


def gallery_app() -> Flask:
    """An app that serves each sample page at /<name>, under the policy that real pages have.

    The tabs of the sample course work too; History breaks off with an answer that is no page of ours, as a
    proxy in between may give. `app.extensions["asked"]` keeps each request: (method, path, Authorization,
    cookies, form).
    """
    static = Path(lti_app.__file__).parent / "static"
    app = Flask("gallery", template_folder=str(folder("templates")), static_folder=str(static))
    install_pages(app)
    app.extensions["asked"] = []
    app.context_processor(lambda: {"sign_in_token": TOKEN})
    app.before_request(remember)
    app.add_url_rule("/<name>", view_func=show)
    app.add_url_rule("/<name>/<theme>", view_func=show)
    app.add_url_rule("/contexts/7/<path:place>", view_func=course)
    app.add_url_rule("/contexts/7/<path:place>", view_func=write, methods=["POST"])
    app.add_url_rule("/contexts/7/jobs/<int:job>/progress", view_func=poll)
    app.after_request(locked)
    return app


def remember() -> None:
    """Keeps what was asked, but for the files that never change."""
    if not request.path.startswith("/static/"):
        asked = (request.method, request.path, request.headers.get("Authorization"), dict(request.cookies))
        current_app.extensions["asked"].append((*asked, request.form.to_dict()))


def show(name: str, theme: str = "light") -> str:
    """One sample page."""
    if name not in all_pages():
        abort(404)
    template, page = all_pages()[name]
    return render_template(template, page=page, theme=theme)


def course(place: str) -> tuple[str, int] | str:
    """A tab of the sample course."""
    if place == "history":
        return "<h1>Bad gateway</h1>", 502
    if place == "skills" and "student" in request.args:
        return show("skills-cell")
    return show({"home": "home-done"}.get(place, place))


def write(place: str) -> Response:
    """Any form of the sample course: back to its home."""
    return redirect("/contexts/7/home", code=303)


def poll(job: int) -> tuple[str, int]:
    """What the job page gets when it asks again: the work has ended, or (job 43) the sign-in has."""
    if job == 43:
        return show("error-observer"), 401
    page = all_pages()["job-done" if job == 41 else "job-suggesting"][1]
    ended = replace(page, job=replace(page.job, state="done"))
    return render_template("components/_progress.html", page=ended), 286


def locked(response: FlaskResponse) -> FlaskResponse:
    """The page headers of design.md section 4."""
    response.headers["Content-Security-Policy"] = POLICY
    return response


def rendered(name: str) -> str:
    """One sample page as text."""
    app = gallery_app()
    with app.test_request_context("/"):
        return show(name)


def bearer() -> str:
    """The header every htmx request of a sample page must carry."""
    return json.dumps({"Authorization": f"Bearer {TOKEN}"})
