"""One small class for each test."""

import pytest
from lti_class import LtiClass


@pytest.fixture
def home() -> LtiClass:
    """Ms. Rivera's course with three students and the tool installed."""
    return LtiClass()
