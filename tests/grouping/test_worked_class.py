"""The class of six in grouping/README.md is what the program gives."""

from __future__ import annotations

import doctest
from pathlib import Path

README = Path(__file__).parents[2] / "grouping" / "README.md"


def test_the_worked_class_in_the_readme_is_true():
    found = doctest.testfile(str(README), module_relative=False, encoding="utf-8")
    assert found.attempted > 20
    assert found.failed == 0
