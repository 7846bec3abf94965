"""The world and the people behind the request being answered."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app, request, session

from sandbox.world.model import User
from sandbox.world.store import World

SESSION_USER = "sandbox_user"
WORLD = "sandbox.world"


def world_of(app: Flask) -> World:
    """The world that an app serves."""
    return cast(World, app.extensions[WORLD])


def current_world() -> World:
    """The world that the running app serves."""
    return world_of(current_app)


def web_user() -> User | None:
    """Who is logged in to the LMS's own pages in this browser; None when nobody is."""
    user_id = session.get(SESSION_USER)
    return current_world().get(User, user_id) if isinstance(user_id, int) else None


def base_url() -> str:
    """http://host:port as the caller asked for it, without a slash at the end."""
    return request.host_url.rstrip("/")


def note_caller(kind: str, user_id: int | None) -> None:
    """Tell the journal what kind of call this is (rest, lti, oauth, web) and whose token it carried."""
    request.environ["sandbox.by"] = (kind, user_id)
