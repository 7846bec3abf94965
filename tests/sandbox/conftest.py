"""One small school for each test."""

from __future__ import annotations

import pytest
from lms_school import School


@pytest.fixture
def school() -> School:
    return School()
