"""A running sandbox for each test that asks for one."""

from collections.abc import Iterator

import pytest
from sync_lms import Lms, running_lms


@pytest.fixture
def lms() -> Iterator[Lms]:
    """A fresh LMS with the generated class, over a real socket."""
    with running_lms() as lms:
        yield lms
