"""What a class shows as a whole: hardest skills, skills for a whole-class lesson, overall estimates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from statistics import fmean

from grouping.model import BenchmarkState, Mastery, SkillCode, StudentId

WHOLE_CLASS_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class SkillTrend:
    """How many students stand in each state on one skill.

    mean_estimate is over those assessed, None where none was.
    """

    skill: SkillCode
    met: int
    nearly: int
    not_yet: int
    cant_tell: int
    not_assessed: int
    mean_estimate: float | None

    @property
    def assessed(self) -> int:
        """Students with at least one answer on the skill."""
        return self.met + self.nearly + self.not_yet + self.cant_tell

    @property
    def needed(self) -> int:
        """Students who likely do not have the skill yet, or nearly."""
        return self.nearly + self.not_yet


def hardest_skills(mastery: Iterable[Mastery]) -> list[SkillTrend]:
    """A trend for each skill, lowest mean estimate first; skills without an answer last, ties by code."""
    by_skill: dict[SkillCode, list[Mastery]] = defaultdict(list)
    for cell in mastery:
        by_skill[cell.skill].append(cell)
    trends = [_trend(code, cells) for code, cells in by_skill.items()]
    return sorted(
        trends, key=lambda one: (inf if one.mean_estimate is None else one.mean_estimate, one.skill)
    )


def whole_class_skills(mastery: Iterable[Mastery], *, share: float = WHOLE_CLASS_SHARE) -> list[SkillTrend]:
    """The skills that `share` or more of those assessed need, hardest first: better taught to all."""
    return [
        trend
        for trend in hardest_skills(mastery)
        if trend.assessed and trend.needed >= share * trend.assessed
    ]


def class_difficulty(mastery: Iterable[Mastery]) -> dict[SkillCode, float]:
    """How hard each assessed skill is for this class, 0 easy .. 1 hard: one minus the mean estimate."""
    return {
        one.skill: 1 - one.mean_estimate for one in hardest_skills(mastery) if one.mean_estimate is not None
    }


def overall_levels(mastery: Iterable[Mastery]) -> dict[StudentId, float | None]:
    """Each student's overall estimate, 0..1, by student id; None without an answer.

    It is the mean over the skills of the student's distance from the class on that skill, put back on the
    class's mean: so a student who was asked only hard skills does not look low.
    """
    cells = list(mastery)
    assessed = [(cell.student, cell.skill, cell.estimate) for cell in cells if cell.estimate is not None]
    by_skill: dict[SkillCode, list[float]] = defaultdict(list)
    for _, skill, estimated in assessed:
        by_skill[skill].append(estimated)
    skill_mean = {skill: fmean(sorted(values)) for skill, values in by_skill.items()}
    class_mean = fmean(skill_mean[skill] for skill in sorted(skill_mean)) if skill_mean else 0.0
    distances: dict[StudentId, list[float]] = {cell.student: [] for cell in cells}
    for student, skill, estimated in assessed:
        distances[student].append(estimated - skill_mean[skill])
    return {
        student: min(max(class_mean + fmean(sorted(values)), 0.0), 1.0) if values else None
        for student, values in sorted(distances.items())
    }


def _trend(code: SkillCode, cells: list[Mastery]) -> SkillTrend:
    states = [cell.state for cell in cells]
    estimates = sorted(cell.estimate for cell in cells if cell.estimate is not None)
    return SkillTrend(
        skill=code,
        met=states.count(BenchmarkState.LIKELY_MET),
        nearly=states.count(BenchmarkState.NEARLY),
        not_yet=states.count(BenchmarkState.LIKELY_NOT_YET),
        cant_tell=states.count(BenchmarkState.CANT_TELL),
        not_assessed=states.count(BenchmarkState.NOT_ASSESSED),
        mean_estimate=fmean(estimates) if estimates else None,
    )
