"""Skills and their prerequisites: a graph without cycles, and the one order every playlist follows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush

from grouping.model import Prerequisite, Skill, SkillCode


class CycleFound(ValueError):
    """Prerequisites that go round in a circle; `cycle` names them, the first again at the end."""

    def __init__(self, cycle: tuple[SkillCode, ...]) -> None:
        self.cycle = cycle
        super().__init__("prerequisites go round in a circle: " + " before ".join(cycle))


class UnknownSkill(ValueError):
    """A prerequisite names a skill that is not in the list of skills."""

    def __init__(self, code: SkillCode) -> None:
        self.code = code
        super().__init__(f"skill {code} is not in the list of skills")


class DuplicateSkill(ValueError):
    """Two skills with one code."""

    def __init__(self, code: SkillCode) -> None:
        self.code = code
        super().__init__(f"skill {code} is listed twice")


@dataclass(frozen=True)
class SkillMap:
    """Skills by code and, for each, the skills wanted before it. Build it with `SkillMap.build`."""

    skills: Mapping[SkillCode, Skill]
    _before: Mapping[SkillCode, frozenset[SkillCode]]

    @classmethod
    def build(cls, skills: Iterable[Skill], edges: Iterable[Prerequisite] = ()) -> SkillMap:
        """Raises DuplicateSkill, UnknownSkill, CycleFound (a skill before itself is a cycle too)."""
        by_code: dict[SkillCode, Skill] = {}
        for skill in sorted(skills, key=lambda one: one.code):
            if skill.code in by_code:
                raise DuplicateSkill(skill.code)
            by_code[skill.code] = skill
        before: dict[SkillCode, set[SkillCode]] = {code: set() for code in by_code}
        for edge in edges:
            for code in (edge.skill, edge.prerequisite):
                if code not in by_code:
                    raise UnknownSkill(code)
            before[edge.skill].add(edge.prerequisite)
        _refuse_cycles(before)
        return cls(by_code, {code: frozenset(wanted) for code, wanted in before.items()})

    @property
    def has_prerequisites(self) -> bool:
        """False where no map was given: the order is then by class difficulty alone, and pages say so."""
        return any(self._before.values())

    def prerequisites(self, code: SkillCode) -> frozenset[SkillCode]:
        """The skills wanted directly before this one. Raises UnknownSkill."""
        if code not in self._before:
            raise UnknownSkill(code)
        return self._before[code]

    def order(self, difficulty: Mapping[SkillCode, float]) -> list[SkillCode]:
        """Every skill once, prerequisites first; of those that could come next the easiest, then by code.

        difficulty: 0 easy .. 1 hard, as `trends.class_difficulty` gives it; a skill without one comes after
        those that have one.
        """
        waiting = {code: len(wanted) for code, wanted in self._before.items()}
        after: dict[SkillCode, list[SkillCode]] = {code: [] for code in self._before}
        for code, wanted in self._before.items():
            for prerequisite in wanted:
                after[prerequisite].append(code)
        ready: list[tuple[float, SkillCode]] = []
        for code, count in waiting.items():
            if not count:
                heappush(ready, (difficulty.get(code, math.inf), code))
        ordered: list[SkillCode] = []
        while ready:
            _, code = heappop(ready)
            ordered.append(code)
            for follower in after[code]:
                waiting[follower] -= 1
                if not waiting[follower]:
                    heappush(ready, (difficulty.get(follower, math.inf), follower))
        return ordered


def _refuse_cycles(before: Mapping[SkillCode, set[SkillCode]]) -> None:
    # sorted: the cycle that is named must not depend on the order of the rows
    sorter = TopologicalSorter({code: sorted(before[code]) for code in sorted(before)})
    try:
        sorter.prepare()
    except CycleError as error:
        raise CycleFound(tuple(error.args[1])) from None
