"""One course for each test."""

import pytest
from lms_class import Lms


@pytest.fixture
def lms() -> Lms:
    """Ms. Rivera's course with Ana, Ben and Cy."""
    return Lms()
