"""The sandbox as a Flask app: one world, its REST, its LTI platform, its pages, its test doors."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from sandbox.canvas import blueprint as canvas
from sandbox.canvas.api import THROTTLE
from sandbox.canvas.throttle import Throttle
from sandbox.current import WORLD, world_of
from sandbox.pages import blueprint as pages
from sandbox.platform import blueprint as platform
from sandbox.server import Server, serve
from sandbox.testing import blueprint as testing
from sandbox.testing.wire import Wire
from sandbox.world.store import World

__all__ = ["Server", "create_app", "serve", "show"]


def create_app(world: World) -> Flask:
    """The LMS over that world. Every URL it hands out is built from the Host it was asked on."""
    app = Flask("sandbox", root_path=str(Path(__file__).parent))
    app.config.update(SESSION_COOKIE_NAME="lms_session", SESSION_COOKIE_SAMESITE="Lax")
    for part in (canvas, platform, pages, testing):
        app.register_blueprint(part)
    app.wsgi_app = Wire(app.wsgi_app, lambda: world_of(app))  # type: ignore[method-assign]
    show(app, world)
    return app


def show(app: Flask, world: World) -> None:
    """Serve another world from the same app, with fresh buckets and sessions: quicker than a new app."""
    app.secret_key = world.random.randbytes(32)
    app.extensions[WORLD] = world
    app.extensions[THROTTLE] = Throttle()
