"""Mixed groups: everyone once, sizes within one, averages near each other."""

from __future__ import annotations

import random

import pytest
from group_checker import faults_of_partition
from grouping_builders import cells, classes, mastery_of
from hypothesis import given, settings
from hypothesis import strategies as st

from grouping.explain import NO_ANSWERS
from grouping.mixed_groups import form_mixed_groups
from grouping.model import GroupSet
from grouping.rules import GroupingRules
from grouping.seats import seats_for

LADDER = {f"s{n}": "M" * n + "x" * (4 - n) for n in range(5)} | {
    f"t{n}": "M" * n + "x" * (4 - n) for n in range(5)
}


@given(classes(), st.integers(1, 5), st.integers(0, 3), st.integers(1, 6), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=60)
def test_everyone_sits_once_whatever_the_order(answers, smallest, more, times, order: random.Random):
    rules = GroupingRules(smallest=smallest, largest=smallest + more, times=times)
    mastery, students = mastery_of(answers), list(answers)
    found = form_mixed_groups(mastery, students, rules)
    assert faults_of_partition(found, answers) == []
    sizes = [len(group.students) for group in found.groups]
    assert max(sizes) - min(sizes) <= 1
    assert len(sizes) == seats_for(len(answers), rules).groups
    assert 0 <= found.value <= 1
    order.shuffle(mastery)
    order.shuffle(students)
    assert form_mixed_groups(mastery, students, rules) == found


def test_groups_are_mixed_and_say_so_with_numbers():
    found = form_mixed_groups(cells(LADDER, "ABCD"), LADDER, GroupingRules(smallest=5, largest=5))
    assert [sorted(one[1] for one in group.students) for group in found.groups] == [
        list("01234"),
        list("01234"),
    ]
    assert found.value == pytest.approx(0, abs=1e-9)
    assert found.placements[0].reason == (
        "Mixed on purpose: overall about 5 of 100 in a group that averages 50; all groups average 50."
    )
    assert found.notes == ("Averages of the pods: 50 of 100.",)


def test_a_mix_is_evener_than_a_split_by_level():
    found = form_mixed_groups(cells(LADDER, "ABCD"), LADDER, GroupingRules(times=3))
    assert found.value < 0.2


def test_a_student_without_answers_is_dealt_in_and_marked():
    found = form_mixed_groups(
        cells({"ana": "x", "bo": "M", "cy": "-"}, "A"), ["ana", "bo", "cy", "di"], GroupingRules()
    )
    provisional = {one.student: one.reason for one in found.placements if one.is_provisional}
    assert provisional == {"cy": NO_ANSWERS, "di": NO_ANSWERS}


def test_a_class_without_answers_is_dealt_by_the_list_and_told_so():
    found = form_mixed_groups([], ["ana", "bo", "cy"], GroupingRules())
    assert found.notes == ("Nobody has an answer yet: groups are by the order of the list.",)
    assert faults_of_partition(found, ["ana", "bo", "cy"]) == []


def test_students_that_are_not_asked_for_are_left_out():
    found = form_mixed_groups(cells({"ana": "x", "bo": "M"}, "A"), ["ana"], GroupingRules())
    assert [group.students for group in found.groups] == [("ana",)]


def test_no_students_is_an_empty_grouping():
    assert form_mixed_groups([], [], GroupingRules()) == GroupSet(
        "mixed", (), (), 0.0, 0.0, ("No students to group.",)
    )
