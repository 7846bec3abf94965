"""How many groups of what size; where the rules must give, the sentence says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grouping.rules import GroupingRules
from grouping.seats import Seats, even_sizes, seats_for


@pytest.mark.parametrize(
    ("students", "rules", "groups", "smallest", "largest"),
    [
        (28, GroupingRules(), 5, 3, 6),
        (30, GroupingRules(), 5, 3, 6),
        (12, GroupingRules(), 4, 3, 6),
        (3, GroupingRules(), 1, 3, 6),
        (31, GroupingRules(), 6, 3, 6),
        (120, GroupingRules(times=24), 24, 3, 6),
        (2, GroupingRules(), 1, 2, 2),
        (1, GroupingRules(), 1, 1, 1),
        (7, GroupingRules(smallest=5), 2, 3, 4),
        (13, GroupingRules(smallest=6), 3, 4, 5),
    ],
)
def test_the_room_for_a_pool(students, rules, groups, smallest, largest):
    found = seats_for(students, rules)
    assert (found.groups, found.smallest, found.largest) == (groups, smallest, largest)


@pytest.mark.parametrize(
    ("students", "rules", "words"),
    [
        (
            31,
            GroupingRules(),
            "5 times a week for groups of 6 makes 30 seats for 31 students: these groups need 6 times",
        ),
        (2, GroupingRules(), "2 students: one group, below the smallest size of 3."),
        (1, GroupingRules(), "1 student: one group"),
        (
            7,
            GroupingRules(smallest=5),
            "7 students do not divide into groups of 5 to 6: 2 groups of 3 to 4 instead.",
        ),
        (9, GroupingRules(times=1), "1 time a week for groups of 6 makes 6 seats for 9 students"),
    ],
)
def test_rules_that_give_way_are_said_with_numbers(students, rules, words):
    assert words in " ".join(seats_for(students, rules).notes)


def test_rules_that_hold_need_no_words():
    assert seats_for(28, GroupingRules()) == Seats(5, 3, 6)


@given(st.integers(1, 400), st.integers(1, 9), st.integers(0, 9), st.integers(1, 30))
def test_a_division_always_exists(students, smallest, more, times):
    found = seats_for(students, GroupingRules(smallest=smallest, largest=smallest + more, times=times))
    assert any(
        count * found.smallest <= students <= count * found.largest for count in range(1, found.groups + 1)
    )
    assert found.groups * found.smallest <= students <= found.groups * found.largest


@given(st.integers(1, 400), st.integers(1, 50))
def test_even_sizes_differ_by_one_at_most(students, groups):
    sizes = even_sizes(students, groups)
    assert sum(sizes) == students
    assert max(sizes) - min(sizes) <= 1


def test_no_students_is_no_pool():
    with pytest.raises(ValueError):
        seats_for(0, GroupingRules())


@pytest.mark.parametrize(
    "wrong",
    [
        {"smallest": 0},
        {"smallest": 7},
        {"largest": 2},
        {"times": 0},
        {"focus_size": 0},
        {"need_at": 101},
        {"need_at": float("nan")},
        {"seat_cost": -0.1},
        {"unknown_share": 1.5},
        {"whole_class_share": 0},
        {"most_patterns": 0},
    ],
)
def test_rules_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError):
        GroupingRules(**wrong)
