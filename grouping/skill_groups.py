"""Homogeneous small groups: those who need the same skills sit together, and nobody is left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grouping import explain
from grouping.focus import focus_of, group_sums, group_values
from grouping.local_search import focus_start, improve
from grouping.model import Group, GroupSet, Mastery, Placement, Skill, SkillCode, StudentId
from grouping.needs import Cells, NeedTable, cells_of, need_table
from grouping.newcomers import lift_out_of_lowest
from grouping.pattern_model import focus_patterns, solve_patterns
from grouping.rules import GroupingRules
from grouping.seats import Seats, seats_for
from grouping.skill_map import SkillMap
from grouping.trends import whole_class_skills

Places = NDArray[np.intp]


def form_skill_groups(
    mastery: Iterable[Mastery],
    skills: Iterable[Skill],
    rules: GroupingRules,
    *,
    skill_map: SkillMap | None = None,
) -> GroupSet:
    """Groups by shared need, every student of `mastery` placed exactly once with a reason.

    `mastery` must hold every student x skill cell of `skills` (as `mastery.estimate` gives it); other cells
    are passed over. With a skill map, a skill whose prerequisite is known to be missing is no need yet: the
    prerequisite is. The value is in points of need (0..100 a student and skill), less what seats without
    need cost; `bound` is proven by the solver for these rules, None where it did not look at every focus.
    Equal input in any order of rows gives equal groups. Raises ValueError for a missing or double cell, or
    no skills.
    """
    by_code = {skill.code: skill for skill in skills}
    if not by_code:
        raise ValueError("no skills to group by")
    cells = cells_of(cell for cell in mastery if cell.skill in by_code)
    if not cells:
        return GroupSet("skill", (), (), 0.0, None, ("No students to group.",))
    table = need_table(cells, by_code.values(), rules, skill_map)
    seats = seats_for(len(table.students), rules)
    found = _solve(table, seats, rules)
    groups = _groups(table, found, rules)
    reasons = _Reasons(table, cells, {code: skill.title for code, skill in by_code.items()})
    placements = tuple(
        sorted((one for group in groups for one in reasons.of_group(group)), key=lambda one: one.student)
    )
    notes = (*seats.notes, *_whole_class_notes(cells, by_code, rules), *found.notes)
    return GroupSet("skill", groups, placements, found.value, found.bound, notes)


@dataclass(frozen=True)
class _Found:
    places: Places
    value: float
    bound: float | None
    notes: tuple[str, ...]


def _solve(table: NeedTable, seats: Seats, rules: GroupingRules) -> _Found:
    """Exact first, then moves and swaps; the local search alone where the node limit came first."""
    areas = table.columns_of_areas(one_area=rules.one_area)
    patterns, are_all = focus_patterns(table.value, areas, rules.focus_size, rules.most_patterns)
    exact = solve_patterns(table.value, table.level, patterns, seats)
    start = exact.places if exact else focus_start(table.value, patterns, seats)
    places = improve(table.value, start, areas, rules.focus_size, seats)
    places = lift_out_of_lowest(table, places, areas, rules.focus_size, seats)
    value = float(group_values(group_sums(table.value, places), areas, rules.focus_size).sum())
    bound = max(exact.bound, value) if exact and are_all else None
    return _Found(places, value, bound, (_quality_note(table, value, bound, len(patterns)),))


def _quality_note(table: NeedTable, value: float, bound: float | None, patterns: int) -> str:
    if np.isnan(table.level).all():
        return "Nobody has an answer yet: these groups fill seats only."
    if bound is None:
        return f"{patterns} focuses were tried; how much others could add was not worked out."
    if bound <= 0:
        return "No need shown on any skill: these groups fill seats only."
    gap = f"{100 * (bound - value) / value:.2f} %" if value > 0 else f"{bound - value:.0f} points"
    return f"Checked: no other grouping under these rules fits more than {gap} better."


def _whole_class_notes(cells: Cells, skills: dict[SkillCode, Skill], rules: GroupingRules) -> Iterable[str]:
    for trend in whole_class_skills(cells.values(), share=rules.whole_class_share):
        who = f"{trend.needed} of {trend.assessed} assessed"
        yield f"{skills[trend.skill].title}: needed by {who}; a whole-class lesson may fit better."


def _groups(table: NeedTable, found: _Found, rules: GroupingRules) -> tuple[Group, ...]:
    """Numbered by smallest student id: a number says nothing of level."""
    areas = table.columns_of_areas(one_area=rules.one_area)
    sums = group_sums(table.value, found.places)
    _, first = np.unique(found.places, return_index=True)
    groups: list[Group] = []
    for place in found.places[np.sort(first)]:
        columns = focus_of(sums[place], areas, rules.focus_size)
        area = {table.areas[column] for column in columns}
        members = tuple(table.students[i] for i in np.flatnonzero(found.places == place))
        focus = tuple(table.codes[column] for column in columns)
        groups.append(Group(len(groups) + 1, focus, area.pop() if len(area) == 1 else None, members))
    return tuple(groups)


class _Reasons:
    """A placement with its sentence for each member of a group."""

    def __init__(self, table: NeedTable, cells: Cells, titles: explain.Titles) -> None:
        self.table, self.cells, self.titles = table, cells, titles
        self.row = {student: i for i, student in enumerate(table.students)}
        self.column = {code: k for k, code in enumerate(table.codes)}

    def of_group(self, group: Group) -> list[Placement]:
        needs = {student: self._needed(student, group.focus) for student in group.students}
        return [self._placement(student, group, needs) for student in group.students]

    def _placement(
        self, student: StudentId, group: Group, needs: dict[StudentId, frozenset[SkillCode]]
    ) -> Placement:
        if np.isnan(self.table.level[self.row[student]]):
            return Placement(student, group.number, explain.NO_ANSWERS, is_provisional=True)
        own = needs[student]
        others = sum(bool(own & theirs) for theirs in needs.values()) - 1
        elsewhere = sorted(
            self._needed(student, self.table.codes), key=lambda code: (-self._need(student, code), code)
        )
        reason, is_provisional = explain.placement(
            self._cells(student, group.focus),
            self._cells(student, sorted(own)),
            self._cells(student, elsewhere),
            others,
            self.titles,
        )
        return Placement(student, group.number, reason, is_provisional)

    def _needed(self, student: StudentId, codes: Iterable[SkillCode]) -> frozenset[SkillCode]:
        return frozenset(code for code in codes if self._need(student, code) > 0)

    def _need(self, student: StudentId, code: SkillCode) -> float:
        return float(self.table.need[self.row[student], self.column[code]])

    def _cells(self, student: StudentId, codes: Sequence[SkillCode]) -> list[Mastery]:
        return [self.cells[student, code] for code in codes]
