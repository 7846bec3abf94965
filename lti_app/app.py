"""The composition root: the one place that builds the web app from its parts."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from lti_app.clock import clock_of
from lti_app.cycle.rules import district_rules
from lti_app.jobs.client import JobsClient
from lti_app.lti.outgoing import HttpSession
from lti_app.places import folder
from lti_app.settings import Settings
from lti_app.store.db import Database
from lti_app.web import connect, district, health, job_status, lti, student, teacher
from lti_app.web.errors import install_errors
from lti_app.web.guards import install_guards
from lti_app.web.headers import install_headers
from lti_app.web.pages import install_pages
from lti_app.web.parts import KEY, Parts
from sync.transport import plain_session

STATIC = Path(__file__).resolve().parent / "static"
MOST_BYTES = 1024 * 1024
BLUEPRINTS = (lti.bp, teacher.bp, job_status.bp, connect.bp, student.bp, district.bp, health.bp)


def create_app(
    settings: Settings,
    *,
    database: Database | None = None,
    http: HttpSession | None = None,
    clock: Callable[[], datetime] | None = None,
) -> Flask:
    """The web app. Call it after a fork: its database connections and HTTP session belong to one process.

    `database`, `http` and `clock` are made from the settings unless given (tests give their own).
    """
    district_rules()  # a mistake in config/rules.toml stops the start, by name
    app = Flask("lti_app", static_folder=str(STATIC), template_folder=str(folder("templates")))
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.extensions[KEY] = Parts(
        settings=settings,
        database=database or Database(settings),
        http=http or plain_session(settings.loopback_demo, proxies=settings.proxies),
        jobs=JobsClient(settings),
        clock=clock or clock_of(settings),
    )
    if settings.trusted_proxy_count:
        hops = settings.trusted_proxy_count
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    install_pages(app)
    install_headers(app)
    install_errors(app)
    install_guards(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
