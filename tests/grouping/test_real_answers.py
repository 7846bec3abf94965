"""What must hold on real answers: face rules, better than percent correct, groups near the proven bound."""

from __future__ import annotations

import random
from collections import defaultdict
from statistics import fmean

import pytest
from group_checker import faults_of_partition, faults_of_sizes, largest_value, seat_values
from real_answers import real_class

from grouping.mastery import estimate
from grouping.mixed_groups import form_mixed_groups
from grouping.model import BenchmarkState
from grouping.playlists import build_playlists
from grouping.rules import GroupingRules
from grouping.seats import seats_for
from grouping.skill_groups import form_skill_groups
from grouping.skill_map import SkillMap

SETS = ["frcsub", "timss07_g4"]


@pytest.mark.parametrize("name", SETS)
def test_face_rules_hold_on_real_answers(name):
    evidence, students, skills = real_class(name)
    mastery = estimate(evidence, students=students, skills=skills)
    assert len(mastery) == len(students) * len(skills)
    for cell in mastery:
        if cell.answers and cell.points == cell.possible:
            assert cell.state is not BenchmarkState.LIKELY_NOT_YET
        if cell.answers >= 2 and cell.points == 0:
            assert cell.state is not BenchmarkState.LIKELY_MET
        assert (cell.state is BenchmarkState.NOT_ASSESSED) == (cell.answers == 0)


@pytest.mark.parametrize("name", SETS)
def test_hidden_answers_are_foretold_better_than_by_percent_correct(name):
    evidence, students, skills = real_class(name)
    hide = random.Random(1)
    seen, hidden = [], []
    for row in evidence:
        (hidden if hide.random() < 1 / 3 else seen).append(row)
    cells = {(c.student, c.skill): c for c in estimate(seen, students=students, skills=skills)}
    ours, percent = [], []
    for row in hidden:
        known = [cell for code in row.skills if (cell := cells[row.student, code]).estimate is not None]
        if known:
            ours.append((fmean(cell.estimate for cell in known) - row.points) ** 2)
            percent.append((fmean(cell.points / cell.possible for cell in known) - row.points) ** 2)
    assert len(ours) > 3000
    assert fmean(ours) < fmean(percent)


@pytest.mark.parametrize(
    ("name", "count"), [("frcsub", 28), ("frcsub", None), ("timss07_g4", 28), ("timss07_g4", None)]
)
def test_groups_of_real_classes_hold_the_rules_and_come_within_half_a_percent_of_the_bound(name, count):
    evidence, students, skills = real_class(name, count)
    mastery = estimate(evidence, students=students, skills=skills)
    rules = GroupingRules()
    found = form_skill_groups(mastery, skills, rules)
    seats = seats_for(len(students), rules)
    assert faults_of_partition(found, students) == []
    assert faults_of_sizes(found, seats.smallest, seats.largest, seats.groups) == []
    values = seat_values(mastery, rules)
    worth = sum(largest_value(group.students, values, skills, rules) for group in found.groups)
    assert found.value == pytest.approx(worth)
    assert found.bound * 0.995 <= found.value <= found.bound
    pods = form_mixed_groups(mastery, students, rules)
    assert faults_of_partition(pods, students) == []
    assert pods.value < 0.1


def test_groups_of_a_real_class_do_not_depend_on_the_order_of_its_rows():
    evidence, students, skills = real_class("frcsub", 60)
    found = [
        form_skill_groups(estimate(rows, students=people, skills=skills), skills, GroupingRules(times=12))
        for rows, people in ((evidence, students), (evidence[::-1], students[::-1]))
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("name", SETS)
def test_playlists_of_real_classes_fit_and_follow_one_order(name):
    evidence, students, skills = real_class(name)
    mastery = estimate(evidence, students=students, skills=skills)
    plan = build_playlists(mastery, SkillMap.build(skills), [], class_grade=None)
    assert len(plan.playlists) == len(students)
    assert "Order by class difficulty: no map was given." in plan.notes
    follows: dict[str, set[str]] = defaultdict(set)
    for playlist in plan.playlists:
        codes = [entry.skill for entry in playlist.entries]
        assert len(codes) <= 14
        for place, code in enumerate(codes):
            follows[code] |= set(codes[place + 1 :])
    assert not any(code in follows[later] for code, after in follows.items() for later in after)
