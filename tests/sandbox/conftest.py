"""One small school for each test; where asked for, behind a socket and with a client that others wrote."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from canvasapi.course import Course
from lms_canvasapi import Client, requester
from lms_school import School

from sandbox.app import serve
from sandbox.server import Server


@pytest.fixture
def school() -> School:
    return School()


@pytest.fixture(scope="module")
def served_schools() -> Iterator[Server]:
    """A socket on the one app of all schools; each new school shows itself in it."""
    with serve(School().app) as running:
        yield running


@pytest.fixture
def client(school: School, served_schools: Server) -> Iterator[Client]:
    """canvasapi for anybody of the school."""
    made = Client(school, served_schools)
    yield made
    for canvas in made.opened:
        requester(canvas)._session.close()


@pytest.fixture
def course(client: Client) -> Course:
    """The school's course as canvasapi gives it to its teacher."""
    return client.course()
