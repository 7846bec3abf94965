"""docs/sandbox.md is true: each behaviour names a test that is there, or says why it is not modelled."""

import ast
import re
from dataclasses import fields

import pytest
from house_files import ROOT, read, sections, table_rows

from sandbox.world.switches import Switches

PAGE = read("docs/sandbox.md")
NOT_MODELLED = re.compile(r"^not modelled, because \w.{10,}$")
TEST = re.compile(r"`(tests/[\w/.]+\.py)::(\w+)`")
ROWS = [row for title, text in sections(PAGE).items() if title != "Switches" for row in table_rows(text)]


def names_in(path: str) -> set[str]:
    """The names of the tests in a file."""
    tree = ast.parse(read(path))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_the_page_is_long_enough_to_be_the_checklist() -> None:
    assert len(ROWS) > 60


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_a_behaviour_is_shown_by_a_test_or_says_why_not(row: list[str]) -> None:
    assert len(row) == 2, row
    shown = row[1]
    named = TEST.findall(shown)
    if not named:
        assert NOT_MODELLED.match(shown), shown
    for path, name in named:
        assert (ROOT / path).is_file(), path
        assert name in names_in(path), f"{path} has no {name}"


def test_no_behaviour_stands_twice() -> None:
    told = [row[0] for row in ROWS]
    assert len(told) == len(set(told))


def test_every_switch_is_told_with_its_usual_value() -> None:
    told = {row[0].strip("`"): row[1].strip("`") for row in table_rows(sections(PAGE)["Switches"])}
    assert told == {each.name: str(each.default) for each in fields(Switches)}
