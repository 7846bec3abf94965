"""A connected class for each test that asks for one."""

from collections.abc import Iterator

import pytest
from cycle_room import Room, open_room

from lti_app.settings import Settings


@pytest.fixture
def room(sqlite_settings: Settings) -> Iterator[Room]:
    """A fresh class over a real socket, with its teacher launched and connected."""
    with open_room(sqlite_settings) as room:
        yield room
