"""canvasapi, the client that others wrote for Canvas, for anybody of the small school."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import canvasapi
from canvasapi.course import Course
from lms_school import School

from sandbox.server import Server

PLAIN_HTTP = "Canvas may respond unexpectedly when making requests to HTTP"


@dataclass
class Client:
    """canvasapi for anybody of the school."""

    school: School
    server: Server
    opened: list[canvasapi.Canvas] = field(default_factory=list)

    def of(self, login: str = "rivera", *, token: str | None = None) -> canvasapi.Canvas:
        """Canvas in that person's name, or with a token of its own."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=PLAIN_HTTP, category=UserWarning)
            made = canvasapi.Canvas(f"http://127.0.0.1:{self.server.port}", token or self.school.token(login))
        self.opened.append(made)
        requester(made)._session.trust_env = False
        return made

    def course(self, login: str = "rivera") -> Course:
        return self.of(login).get_course(self.school.course.id)


def requester(canvas: canvasapi.Canvas) -> Any:
    """The part that holds the connection; private, and named so by the package's own tests only."""
    return vars(canvas)["_Canvas__requester"]


def ids(things: Any) -> list[int]:
    return [thing.id for thing in things]
