"""Hardest skills, whole-class skills and overall estimates."""

from __future__ import annotations

import pytest
from grouping_builders import cells, mastery_of

from grouping.rules import GroupingRules
from grouping.trends import (
    WHOLE_CLASS_SHARE,
    class_difficulty,
    hardest_skills,
    overall_levels,
    whole_class_skills,
)

CLASS = cells({"ana": "xM-?", "bo": "xMM?", "cy": "NMx?", "di": "----"}, "ABCD")


def test_the_hardest_skill_comes_first_and_states_are_counted():
    first = hardest_skills(CLASS)[0]
    assert (first.skill, first.not_yet, first.nearly, first.met, first.not_assessed) == ("A", 2, 1, 0, 1)
    assert (first.needed, first.assessed) == (3, 3)


def test_skills_nobody_was_assessed_on_come_last():
    assert [one.skill for one in hardest_skills(cells({"ana": "-M"}, "AB"))] == ["B", "A"]


def test_equally_hard_skills_stand_by_code():
    assert [one.skill for one in hardest_skills(cells({"ana": "xx"}, "BA"))] == ["A", "B"]


@pytest.mark.parametrize(("share", "expected"), [(0.6, ["A"]), (0.3, ["A", "C"]), (1.0, ["A"])])
def test_whole_class_skills_are_those_most_of_the_assessed_need(share, expected):
    assert [one.skill for one in whole_class_skills(CLASS, share=share)] == expected


def test_a_skill_nobody_was_assessed_on_is_not_a_whole_class_skill():
    assert whole_class_skills(cells({"ana": "-"}, "A")) == []


def test_difficulty_is_one_minus_the_mean_and_unknown_skills_have_none():
    assert class_difficulty(cells({"ana": "x-", "bo": "M-"}, "AB")) == {"A": pytest.approx(0.5)}


def test_no_answers_is_no_overall_estimate():
    assert overall_levels(CLASS)["di"] is None


def test_being_asked_only_what_is_hard_does_not_look_low():
    crowd = {f"s{n}": {"A": "1111", "B": "0000"} for n in range(6)}
    levels = overall_levels(
        mastery_of({**crowd, "ana": {"A": "", "B": "0000"}, "bo": {"A": "1111", "B": ""}})
    )
    assert levels["ana"] == pytest.approx(levels["bo"], abs=0.03)


def test_trends_and_rules_agree_on_the_whole_class_share():
    assert GroupingRules().whole_class_share == WHOLE_CLASS_SHARE
