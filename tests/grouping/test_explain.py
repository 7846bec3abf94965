"""The sentences: numbers as people write them, and each case said as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from grouping_builders import cell

from grouping import explain
from grouping.model import BenchmarkState

MET, NOT_YET = BenchmarkState.LIKELY_MET, BenchmarkState.LIKELY_NOT_YET
CANT_TELL, NOT_ASSESSED = BenchmarkState.CANT_TELL, BenchmarkState.NOT_ASSESSED
TITLES = {"A": "Equal shares", "B": "Area"}


@pytest.mark.parametrize(
    ("value", "written"), [(3.0, "3"), (2.5, "2.5"), (1 / 3, "0.33"), (10.0, "10"), (0.0, "0")]
)
def test_points_are_written_as_people_do(value, written):
    assert explain.number(value) == written


@pytest.mark.parametrize(
    ("points", "possible", "answers", "written"),
    [
        (1, 4, 4, "1 of 4 right"),
        (0, 3, 3, "0 of 3 right"),
        (2.5, 4, 4, "2.5 of 4 points"),
        (5, 8, 4, "5 of 8 points"),
        (80, 100, 3, "80 of 100 points"),
    ],
)
def test_a_score_says_right_only_where_every_answer_is_one_point(points, possible, answers, written):
    assert (
        explain.score(replace(cell("ana", "A", NOT_YET), points=points, possible=possible, answers=answers))
        == written
    )


def test_not_assessed_is_not_zero():
    assert explain.score(cell("ana", "A", NOT_ASSESSED)) == "not assessed"


@pytest.mark.parametrize(
    ("others", "words"), [(0, "Nobody else"), (1, "as 1 other here"), (4, "as 4 others here")]
)
def test_company_is_counted(others, words):
    assert words in explain.same_need(others)


@pytest.mark.parametrize(
    ("focus", "needed", "elsewhere", "words", "is_provisional"),
    [
        (
            [("A", NOT_YET), ("B", NOT_YET)],
            "AB",
            "",
            "Equal shares: 0 of 8 right; Area: 0 of 8 right. Same need as 4 others here.",
            False,
        ),
        (
            [("A", CANT_TELL)],
            "A",
            "",
            "4 of 8 right. Same need as 4 others here. Not sure yet: a short check",
            True,
        ),
        ([("A", CANT_TELL), ("B", NOT_YET)], "AB", "", "Same need as 4 others here.", False),
        ([("A", MET)], "", "B", "Largest need is elsewhere (Area: 0 of 8 right)", True),
        ([("A", NOT_ASSESSED)], "", "", "not assessed. No need shown on the skills assessed", True),
        (
            [("A", MET)],
            "",
            "",
            "8 of 8 right. No need shown on any skill: placed for now, free to move.",
            True,
        ),
    ],
)
def test_each_kind_of_placement_has_its_sentence(focus, needed, elsewhere, words, is_provisional):
    shown = [cell("ana", code, state) for code, state in focus]
    reason, provisional = explain.placement(
        shown,
        [one for one in shown if one.skill in needed],
        [cell("ana", code, NOT_YET) for code in elsewhere],
        4,
        TITLES,
    )
    assert words in reason
    assert provisional is is_provisional
