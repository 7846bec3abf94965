"""From mastery cells to what a seat in a group on a skill is worth to a student."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grouping.model import BenchmarkState, Mastery, Skill, SkillCode, StudentId
from grouping.rules import GroupingRules
from grouping.skill_map import SkillMap
from grouping.trends import overall_levels

Floats = NDArray[np.float64]
Cells = Mapping[tuple[StudentId, SkillCode], Mastery]


@dataclass(frozen=True)
class NeedTable:
    """Students (rows, by id) x skills (columns, by code).

    need: 0..100, 0 where met, not ready or not assessed. value: what a seat is worth, need - seat_cost x
    (100 - need); for a skill the student was not assessed on, `unknown_share` of what it is worth to a
    typical classmate. level: overall estimate, nan without an answer. area: content area of each column.
    """

    students: tuple[StudentId, ...]
    codes: tuple[SkillCode, ...]
    areas: tuple[str, ...]
    need: Floats
    value: Floats
    level: Floats

    def columns_of_areas(self, *, one_area: bool) -> list[NDArray[np.intp]]:
        """The columns a focus may be taken from together: one set for each content area, or all in one."""
        if not one_area:
            return [np.arange(len(self.codes))]
        names = np.array(self.areas)
        return [np.flatnonzero(names == area) for area in sorted(set(self.areas))]


def cells_of(mastery: Iterable[Mastery]) -> dict[tuple[StudentId, SkillCode], Mastery]:
    """The cells by (student, skill). Raises ValueError where a cell is there twice."""
    cells: dict[tuple[StudentId, SkillCode], Mastery] = {}
    for cell in mastery:
        key = cell.student, cell.skill
        if key in cells:
            raise ValueError(f"the cell of skill {cell.skill} is there twice for one student")
        cells[key] = cell
    return cells


def need_table(
    cells: Cells, skills: Iterable[Skill], rules: GroupingRules, skill_map: SkillMap | None = None
) -> NeedTable:
    """The table over these skills and every student of the cells. Raises ValueError for a missing cell."""
    ordered = sorted({skill.code: skill for skill in skills}.values(), key=lambda skill: skill.code)
    codes = tuple(skill.code for skill in ordered)
    students = tuple(sorted({student for student, _ in cells}))
    need = np.full((len(students), len(codes)), np.nan)
    for i, student in enumerate(students):
        for k, code in enumerate(codes):
            cell = cells.get((student, code))
            if cell is None:
                raise ValueError(f"a student has no cell for skill {code}")
            need[i, k] = _ready_need(cell, cells, rules, skill_map)
    levels = overall_levels(cell for cell in cells.values() if cell.skill in set(codes))
    level = np.array([np.nan if (one := levels[student]) is None else one for student in students])
    areas = tuple(skill.content_area for skill in ordered)
    return NeedTable(students, codes, areas, np.nan_to_num(need), _values(need, rules), level)


def _ready_need(cell: Mastery, cells: Cells, rules: GroupingRules, skill_map: SkillMap | None) -> float:
    """nan where not assessed. All answers right is no need: nothing in the student's own work shows one."""
    if cell.p_met is None:
        return float("nan")
    need = 100 * (1 - cell.p_met)
    if need < rules.need_at or cell.points >= cell.possible or _is_blocked(cell, cells, skill_map):
        return 0.0
    return need


def _is_blocked(cell: Mastery, cells: Cells, skill_map: SkillMap | None) -> bool:
    """Whether a skill wanted before this one is known to be missing: then that one is the need."""
    if skill_map is None or cell.skill not in skill_map.skills:
        return False
    before: Sequence[Mastery | None] = [
        cells.get((cell.student, code)) for code in skill_map.prerequisites(cell.skill)
    ]
    return any(one is not None and one.state is BenchmarkState.LIKELY_NOT_YET for one in before)


def _values(need: Floats, rules: GroupingRules) -> Floats:
    """need: nan where not assessed."""
    assessed = ~np.isnan(need)
    known = np.where(assessed, need, 0.0)
    typical = known.sum(axis=0) / np.maximum(assessed.sum(axis=0), 1)
    any_assessed = assessed.any(axis=0)
    guess = np.where(any_assessed, rules.unknown_share * _seat_value(typical, rules.seat_cost), 0.0)
    value: Floats = np.where(assessed, _seat_value(known, rules.seat_cost), guess)
    return value


def _seat_value(need: Floats, seat_cost: float) -> Floats:
    return need - seat_cost * (100 - need)
