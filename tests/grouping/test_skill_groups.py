"""Skill groups: everyone once, sizes held, worth proven on small classes, newcomers not in the lowest."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from statistics import fmean

import numpy as np
import pytest
from group_checker import faults_of_partition, faults_of_sizes, largest_value, seat_values
from grouping_builders import FIXED, SKILLS, cells, chain, classes, evidence_of, mastery_of, skill, skills_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grouping.explain import NO_ANSWERS
from grouping.focus import focus_of, group_values
from grouping.local_search import focus_start, improve
from grouping.mastery import estimate
from grouping.model import Group, GroupSet, Mastery, StudentId
from grouping.pattern_model import focus_patterns, solve_patterns
from grouping.rules import GroupingRules
from grouping.seats import Seats, seats_for
from grouping.skill_groups import form_skill_groups
from grouping.skill_map import SkillMap
from grouping.trends import overall_levels

ABCDE = [skill(code) for code in SKILLS]
SMALL = GroupingRules(smallest=2, largest=3)


def group_of(found: GroupSet, student: str) -> Group:
    return next(group for group in found.groups if student in group.students)


def placement_of(found: GroupSet, student: str):
    return next(one for one in found.placements if one.student == student)


def test_students_with_one_need_sit_together():
    states = (
        {f"a{n}": "xMM" for n in range(4)}
        | {f"b{n}": "MxM" for n in range(4)}
        | {f"c{n}": "MMx" for n in range(4)}
    )
    found = form_skill_groups(cells(states), ABCDE[:3], GroupingRules(times=3))
    assert [(group.focus, [one[0] for one in group.students]) for group in found.groups] == [
        (("A",), ["a"] * 4),
        (("B",), ["b"] * 4),
        (("C",), ["c"] * 4),
    ]
    assert all(group.content_area == "math" for group in found.groups)
    assert found.value == pytest.approx(found.bound)


def test_the_reason_gives_numbers_and_company():
    found = form_skill_groups(cells({"ana": "xM", "bo": "xM", "cy": "xM"}), ABCDE[:2], GroupingRules())
    assert placement_of(found, "ana").reason == "Skill A: 0 of 8 right. Same need as 2 others here."
    assert not placement_of(found, "ana").is_provisional


@given(classes(), st.integers(1, 4), st.integers(0, 4), st.integers(1, 6), st.integers(1, 3))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_everyone_sits_once_in_a_group_of_a_right_size(answers, smallest, more, times, focus_size):
    rules = GroupingRules(smallest=smallest, largest=smallest + more, times=times, focus_size=focus_size)
    mastery = mastery_of(answers)
    found = form_skill_groups(mastery, skills_of(answers), rules)
    seats = seats_for(len(answers), rules)
    assert faults_of_partition(found, answers) == []
    assert faults_of_sizes(found, seats.smallest, seats.largest, seats.groups) == []
    assert all(1 <= len(group.focus) <= focus_size for group in found.groups)
    values = seat_values(mastery, rules)
    worth = sum(largest_value(group.students, values, skills_of(answers), rules) for group in found.groups)
    assert found.value == pytest.approx(worth, abs=1e-6)
    assert found.bound >= found.value


@given(classes(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=40)
def test_the_order_of_the_rows_does_not_matter(answers, order: random.Random):
    mastery, skills = mastery_of(answers), skills_of(answers)
    expected = form_skill_groups(mastery, skills, GroupingRules())
    order.shuffle(mastery)
    order.shuffle(skills)
    assert form_skill_groups(mastery, skills, GroupingRules()) == expected


def partitions(students: Sequence[str], smallest: int, largest: int, most: int) -> Iterator[list[list[str]]]:
    """Every division into at most `most` groups of smallest..largest students."""

    def extend(rest: Sequence[str], groups: list[list[str]]) -> Iterator[list[list[str]]]:
        if not rest:
            if all(len(group) >= smallest for group in groups):
                yield [list(group) for group in groups]
            return
        for group in groups:
            if len(group) < largest:
                group.append(rest[0])
                yield from extend(rest[1:], groups)
                group.pop()
        if len(groups) < most:
            groups.append([rest[0]])
            yield from extend(rest[1:], groups)
            groups.pop()

    return extend(students, [])


@given(st.lists(st.text(alphabet="MNx?-", min_size=3, max_size=3), min_size=4, max_size=7), st.integers(1, 2))
@settings(deadline=None, max_examples=40)
def test_no_division_of_a_small_class_is_worth_more(rows, focus_size):
    rules = GroupingRules(smallest=2, largest=3, focus_size=focus_size)
    mastery = cells({f"s{n}": row if set(row) != {"-"} else "xxx" for n, row in enumerate(rows)}, "ABC")
    found = form_skill_groups(mastery, ABCDE[:3], rules)
    seats = seats_for(len(rows), rules)
    values = seat_values(mastery, rules)
    most = max(
        sum(largest_value(group, values, ABCDE[:3], rules) for group in division)
        for division in partitions(sorted(values), seats.smallest, seats.largest, seats.groups)
    )
    assert found.value >= most - 1e-4 * abs(most) - 1e-6
    assert found.bound >= most - 1e-6


def test_a_focus_stays_inside_one_content_area():
    skills = [skill("A"), skill("R", area="reading")]
    mastery = cells(dict.fromkeys(("ana", "bo", "cy"), "xx"), "AR")
    (group,) = form_skill_groups(mastery, skills, GroupingRules()).groups
    assert (group.focus, group.content_area) == (("A",), "math")
    (both,) = form_skill_groups(mastery, skills, GroupingRules(one_area=False)).groups
    assert (both.focus, both.content_area) == (("A", "R"), None)


def test_a_skill_whose_prerequisite_is_missing_is_no_need_yet():
    mastery = cells(dict.fromkeys(("ana", "bo", "cy"), "xx"), "AB")
    found = form_skill_groups(
        mastery, ABCDE[:2], GroupingRules(), skill_map=SkillMap.build(ABCDE[:2], chain("A", "B"))
    )
    assert found.groups[0].focus == ("A",)


def test_too_few_times_a_week_is_said_and_nobody_is_dropped():
    mastery = cells({f"s{n:02}": "xM" for n in range(40)}, "AB")
    found = form_skill_groups(mastery, ABCDE[:2], GroupingRules())
    assert found.notes[0] == (
        "5 times a week for groups of 6 makes 30 seats for 40 students: these groups need 7 times a week."
    )
    assert faults_of_partition(found, {one.student for one in mastery}) == []
    assert len(found.groups) == 7


def test_fewer_students_than_the_smallest_group_are_one_group():
    found = form_skill_groups(cells({"ana": "x", "bo": "M"}, "A"), ABCDE[:1], GroupingRules())
    assert [group.students for group in found.groups] == [("ana", "bo")]
    assert "2 students: one group, below the smallest size of 3." in found.notes


def test_a_skill_that_most_need_is_named_for_the_whole_class():
    mastery = cells({"ana": "xM", "bo": "xM", "cy": "Mx"}, "AB")
    notes = form_skill_groups(mastery, ABCDE[:2], GroupingRules()).notes
    assert "Skill A: needed by 2 of 3 assessed; a whole-class lesson may fit better." in notes


def test_a_class_without_a_need_is_seated_and_told_so():
    found = form_skill_groups(cells({f"s{n}": "MM" for n in range(7)}, "AB"), ABCDE[:2], GroupingRules())
    assert faults_of_partition(found, [f"s{n}" for n in range(7)]) == []
    assert all(one.is_provisional for one in found.placements)
    assert "No need shown on any skill: these groups fill seats only." in found.notes


def test_a_student_whose_need_is_elsewhere_is_told_which():
    states = {f"s{n}": "xM" for n in range(5)} | {"odd": "Mx"}
    found = form_skill_groups(cells(states, "AB"), ABCDE[:2], GroupingRules(focus_size=1))
    odd = placement_of(found, "odd")
    assert odd.reason == (
        "Skill A: 8 of 8 right. Largest need is elsewhere (Skill B: 0 of 8 right), "
        "but the group sizes left this seat."
    )
    assert odd.is_provisional


def test_a_need_that_is_not_sure_is_provisional_and_asks_for_a_check():
    found = form_skill_groups(cells({"ana": "?", "bo": "x", "cy": "x"}, "A"), ABCDE[:1], GroupingRules())
    ana = placement_of(found, "ana")
    assert ana.is_provisional
    assert (
        ana.reason
        == "Skill A: 4 of 8 right. Same need as 2 others here. Not sure yet: a short check comes first."
    )


def test_students_without_answers_are_placed_for_now_and_not_in_the_lowest_group():
    low = {f"low{n}": "xxxM" for n in range(4)}
    high = {f"top{n}": "MMMx" for n in range(4)}
    found = form_skill_groups(cells(low | high | {"new": "----"}, "ABCD"), ABCDE[:4], GroupingRules(times=2))
    assert placement_of(found, "new").reason == NO_ANSWERS
    assert placement_of(found, "new").is_provisional
    assert group_of(found, "new") == group_of(found, "top0")


@given(st.lists(st.text(alphabet="MNx?", min_size=3, max_size=3), min_size=6, max_size=14), st.integers(1, 2))
@settings(deadline=None, max_examples=60)
def test_no_student_without_answers_sits_in_the_lowest_group(rows, absent):
    states = {f"s{n:02}": row for n, row in enumerate(rows)} | {f"new{n}": "---" for n in range(absent)}
    mastery = cells(states, "ABC")
    found = form_skill_groups(mastery, ABCDE[:3], GroupingRules())
    levels = overall_levels(mastery)
    means = {
        group.number: fmean(known)
        for group in found.groups
        if (known := [level for one in group.students if (level := levels[one]) is not None])
    }
    if len({round(mean, 9) for mean in means.values()}) < 2:
        return
    lowest = min(means.values())
    clearly_lowest = [number for number, mean in means.items() if mean < lowest + 1e-9]
    for n in range(absent):
        assert [placement_of(found, f"new{n}").group] != clearly_lowest


def test_a_class_where_nobody_has_answers_is_still_seated():
    found = form_skill_groups(cells({f"s{n}": "--" for n in range(9)}, "AB"), ABCDE[:2], GroupingRules())
    assert faults_of_partition(found, [f"s{n}" for n in range(9)]) == []
    assert {one.reason for one in found.placements} == {NO_ANSWERS}


def test_group_numbers_say_nothing_of_level():
    states = {"a1": "MMx", "a2": "MMx", "z1": "xxM", "z2": "xxM", "b1": "xxM", "y2": "MMx"}
    found = form_skill_groups(cells(states, "ABC"), ABCDE[:3], GroupingRules(times=2))
    assert [group.students[0] for group in found.groups] == ["a1", "b1"]


def test_more_focuses_than_are_looked_at_give_a_grouping_without_a_proof():
    mastery = cells({f"s{n}": "xMNx?" for n in range(6)})
    found = form_skill_groups(mastery, ABCDE, GroupingRules(most_patterns=3))
    assert found.bound is None
    assert "3 focuses were tried; how much others could add was not worked out." in found.notes


def test_no_students_is_an_empty_grouping():
    assert form_skill_groups([], ABCDE, GroupingRules()) == GroupSet(
        "skill", (), (), 0.0, None, ("No students to group.",)
    )


def test_no_skills_is_refused():
    with pytest.raises(ValueError, match="no skills"):
        form_skill_groups(cells({"ana": "x"}, "A"), [], GroupingRules())


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda rows: rows[:-1], "no cell for skill B"),
        (lambda rows: [*rows, rows[0]], "skill A is there twice"),
    ],
)
def test_missing_and_double_cells_are_refused(spoil, words):
    with pytest.raises(ValueError, match=words):
        form_skill_groups(spoil(cells({"ana": "xx", "bo": "xM"}, "AB")), ABCDE[:2], SMALL)


def random_values(students: int, skills: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-25, 100, (students, skills)).round(3)


@pytest.mark.parametrize("seed", range(4))
def test_the_local_search_alone_comes_near_the_bound(seed):
    value, seats = random_values(30, 6, seed), Seats(6, 3, 6)
    areas = [np.arange(6)]
    patterns, are_all = focus_patterns(value, areas, 2, 200)
    assert are_all
    exact = solve_patterns(value, np.zeros(30), patterns, seats)
    start = focus_start(value, patterns, seats)
    places = improve(value, start, areas, 2, seats)
    sizes = np.bincount(places)
    assert (sizes.min() >= 3, sizes.max() <= 6) == (True, True)
    sums = np.array([value[places == place].sum(axis=0) for place in range(len(sizes))])
    found = group_values(sums, areas, 2).sum()
    assert 0.96 * exact.bound <= found <= exact.bound + 1e-6
    started = np.array([value[start == place].sum(axis=0) for place in range(6)])
    assert found >= group_values(started, areas, 2).sum()


def test_seats_that_cannot_hold_the_class_have_no_exact_solution():
    value = random_values(5, 2, 1)
    assert solve_patterns(value, np.zeros(5), [(0,), (1,)], Seats(1, 3, 3)) is None


def test_a_focus_is_the_largest_sum_and_further_sums_above_zero():
    areas = [np.array([0, 1]), np.array([2])]
    sums = np.array([[5.0, -1.0, 3.0], [5.0, 2.0, 6.5], [-3.0, -1.0, -2.0]])
    assert group_values(sums, areas, 2).tolist() == [5.0, 7.0, -1.0]
    assert [focus_of(row, areas, 2) for row in sums] == [[0], [0, 1], [1]]


def test_real_answers_of_one_class_give_the_same_groups_from_shuffled_evidence():
    marks = random.Random(5)
    answers = {
        f"s{n:02}": {code: "".join(marks.choice("01") for _ in range(4)) for code in SKILLS}
        for n in range(28)
    }
    rows: list[Mastery] = mastery_of(answers)
    evidence = evidence_of(answers)
    marks.shuffle(evidence)
    again = estimate(
        evidence, students=[StudentId(one) for one in answers], skills=ABCDE[::-1], settings=FIXED
    )
    assert form_skill_groups(again, ABCDE[::-1], GroupingRules()) == form_skill_groups(
        rows, ABCDE, GroupingRules()
    )
