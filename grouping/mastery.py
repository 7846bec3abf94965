"""Evidence to an estimate, its interval and a state for every student and skill.

Two-level empirical Bayes: a cell starts from the class's mean on the skill, moved by how this student did
on the other skills, and is then moved by the student's own answers on the skill. One sentence for a page:
"started from the class and from this student's other answers, then moved by n answers on the skill".
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv

from grouping.model import BenchmarkState, Evidence, Mastery, Skill, SkillCode, StudentId
from grouping.two_level import Answers, cell_priors

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MasterySettings:
    """How sure an estimate must be before it is called met or not yet.

    cut: the share of a skill's questions that counts as having it; a setting of its own, never the check's
    0.8. level_variance, strength: how far students differ overall (in logits) and how many answers the
    start of a cell is worth; None: fitted on the class, 1.0 and 8.0 where the class is too small to say.
    most_answers_per_item: an item of many points counts as the square root of its points, up to this many
    answers, because its parts go together.
    """

    cut: float = 0.7
    met_at: float = 0.8
    not_yet_at: float = 0.2
    least_for_met: int = 3
    least_for_not_yet: int = 2
    least_for_nearly: int = 5
    nearly_within: float = 0.15
    interval: float = 0.8
    most_answers_per_item: int = 3
    level_variance: float | None = None
    strength: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.cut < 1:
            raise ValueError(f"cut {self.cut} is not between 0 and 1")
        if not 0 <= self.not_yet_at < self.met_at <= 1:
            raise ValueError(
                f"not_yet_at {self.not_yet_at} must be below met_at {self.met_at}, both from 0 to 1"
            )
        if not 0 < self.interval < 1:
            raise ValueError(f"interval {self.interval} is not between 0 and 1")
        if self.most_answers_per_item < 1:
            raise ValueError("most_answers_per_item must be 1 or more")
        for name, value in (("level_variance", self.level_variance), ("strength", self.strength)):
            if value is not None and not value > 0:
                raise ValueError(f"{name} {value} is not above 0")


DEFAULTS = MasterySettings()


def estimate(
    evidence: Iterable[Evidence],
    *,
    students: Iterable[StudentId],
    skills: Iterable[Skill],
    settings: MasterySettings = DEFAULTS,
) -> list[Mastery]:
    """Every student x skill cell, by student id and then skill code, whatever the order of the rows.

    Content areas are estimated apart. Evidence of students or on skills that are not asked for is left out.
    Of two answers of one student to one item of one source the later counts. Raises ValueError for points
    that are no number.
    """
    asked = sorted(set(students))
    by_code = {skill.code: skill for skill in skills}
    rows = _latest(evidence, frozenset(asked))
    cells: dict[tuple[StudentId, SkillCode], Mastery] = {}
    for area in sorted({skill.content_area for skill in by_code.values()}):
        codes = sorted(code for code, skill in by_code.items() if skill.content_area == area)
        cells |= _estimate_area(rows, asked, codes, settings)
    return [cells[student, code] for student in asked for code in sorted(by_code)]


def state_of(
    *,
    points: float,
    possible: float,
    answers: int,
    estimate: float | None,
    p_met: float | None,
    settings: MasterySettings = DEFAULTS,
) -> BenchmarkState:
    """The one step from an estimate to a state, with the face rules.

    All wrong is never "likely met". All right, or any share of the points at or over the cut, is never
    "likely not yet", whatever the class and the student's other answers say: an adult who reads "3 of 4"
    would rightly doubt it, so it is "can't tell yet" and asks for a check.
    """
    if answers < 1 or estimate is None or p_met is None:
        return BenchmarkState.NOT_ASSESSED
    if p_met >= settings.met_at and answers >= settings.least_for_met and points > 0:
        return BenchmarkState.LIKELY_MET
    is_below = points < settings.cut * possible
    if p_met <= settings.not_yet_at and answers >= settings.least_for_not_yet and is_below:
        return BenchmarkState.LIKELY_NOT_YET
    is_close = settings.cut - settings.nearly_within <= estimate < settings.cut
    if answers >= settings.least_for_nearly and is_close:
        return BenchmarkState.NEARLY
    return BenchmarkState.CANT_TELL


def _latest(evidence: Iterable[Evidence], asked: frozenset[StudentId]) -> list[Evidence]:
    kept: dict[tuple[StudentId, str, str], Evidence] = {}
    for row in evidence:
        if not math.isfinite(row.points) or not math.isfinite(row.possible) or row.possible < 0:
            raise ValueError(f"item {row.item}: {row.points} of {row.possible} points is not a score")
        if row.student not in asked or row.possible == 0:
            continue
        key = row.student, row.source, row.item
        if key not in kept or _recency(row) > _recency(kept[key]):
            kept[key] = row
    return [kept[key] for key in sorted(kept)]


def _recency(row: Evidence) -> tuple[float, float, tuple[SkillCode, ...]]:
    """Undated before dated; at one time the better answer."""
    return row.taken_at.timestamp() if row.taken_at else -math.inf, row.points / row.possible, row.skills


def _estimate_area(
    rows: Sequence[Evidence],
    students: Sequence[StudentId],
    codes: Sequence[SkillCode],
    settings: MasterySettings,
) -> dict[tuple[StudentId, SkillCode], Mastery]:
    answers = _answers(rows, students, codes, settings.most_answers_per_item)
    right, count = answers.by_skill()
    start, strength = cell_priors(answers, settings.level_variance, settings.strength)
    a, b = strength * start + right, strength * (1 - start) + count - right
    p_met = 1 - betainc(a, b, settings.cut)
    tail = (1 - settings.interval) / 2
    low, high = betaincinv(a, b, tail), betaincinv(a, b, 1 - tail)
    points, possible = _points(rows, students, codes)
    cells: dict[tuple[StudentId, SkillCode], Mastery] = {}
    for i, student in enumerate(students):
        for k, code in enumerate(codes):
            estimated = (a[i, k] / (a[i, k] + b[i, k]), low[i, k], high[i, k], p_met[i, k])
            whole = int(count[i, k] + 1e-9)
            cells[student, code] = _cell(
                student, code, points[i, k], possible[i, k], whole, estimated, settings
            )
    return cells


def _cell(
    student: StudentId,
    code: SkillCode,
    points: float,
    possible: float,
    answers: int,
    estimated: tuple[float, float, float, float],
    settings: MasterySettings,
) -> Mastery:
    if not answers:
        return Mastery(student, code, 0.0, 0.0, 0, None, None, None, None, BenchmarkState.NOT_ASSESSED)
    mean, low, high, p_met = (float(value) for value in estimated)
    state = state_of(
        points=points, possible=possible, answers=answers, estimate=mean, p_met=p_met, settings=settings
    )
    return Mastery(student, code, float(points), float(possible), answers, mean, low, high, p_met, state)


def _answers(
    rows: Sequence[Evidence], students: Sequence[StudentId], codes: Sequence[SkillCode], most: int
) -> Answers:
    """One column for each (source, item, skills); columns without a skill of `codes` are left out."""
    position = {code: k for k, code in enumerate(codes)}
    keys = sorted({(row.source, row.item, row.skills) for row in rows if position.keys() & set(row.skills)})
    column = {key: j for j, key in enumerate(keys)}
    line = {student: i for i, student in enumerate(students)}
    weight = np.zeros((len(students), len(keys)))
    share = np.zeros_like(weight)
    needs = np.zeros((len(keys), len(codes)), dtype=bool)
    for j, (_, _, skills) in enumerate(keys):
        needs[j, [position[code] for code in set(skills) & position.keys()]] = True
    for row in rows:
        j_of = column.get((row.source, row.item, row.skills))
        if j_of is not None:
            weight[line[row.student], j_of] = min(max(math.sqrt(row.possible), 1.0), float(most))
            share[line[row.student], j_of] = min(max(row.points / row.possible, 0.0), 1.0)
    return Answers(weight, share, needs)


def _points(
    rows: Sequence[Evidence], students: Sequence[StudentId], codes: Sequence[SkillCode]
) -> tuple[Floats, Floats]:
    position = {code: k for k, code in enumerate(codes)}
    line = {student: i for i, student in enumerate(students)}
    points, possible = np.zeros((len(students), len(codes))), np.zeros((len(students), len(codes)))
    for row in rows:
        for code in set(row.skills) & position.keys():
            points[line[row.student], position[code]] += min(max(row.points, 0.0), row.possible)
            possible[line[row.student], position[code]] += row.possible
    return points, possible
