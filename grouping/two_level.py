"""Two-level empirical Bayes: where each student x skill cell starts, before its own answers.

The student's level is the mode of a logistic likelihood over the items that do not need the skill (so that
no answer counts twice and an item with three skills counts once), each with its own difficulty (so that
students who saw a harder booklet are not held back by it), under a normal prior. The start of a cell is
expit(logit(class mean) + level); it is worth `strength` answers. Level variance and strength are the ones
under which the class's cells are most likely (beta-binomial, each skill predicted from the others),
steadied by a prior at 1.0 and 8.0: the values found on large sets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, expit, logit

Floats = NDArray[np.float64]

USUAL_VARIANCE, USUAL_STRENGTH = 1.0, 8.0
VARIANCES = (0.25, 0.5, 1.0, 2.0, 4.0)
STRENGTHS = (2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0)
LEAST_STUDENTS = 10
MOST_STUDENTS = 600
NEWTON_STEPS = 8


@dataclass(frozen=True)
class Answers:
    """Students x items: `weight` answers (0: not seen), `share` of them right; `needs` is items x skills."""

    weight: Floats
    share: Floats
    needs: NDArray[np.bool_]

    def by_skill(self) -> tuple[Floats, Floats]:
        """(right, count), students x skills; an item with several skills counts for each."""
        needs = self.needs.astype(np.float64)
        return (self.weight * self.share) @ needs, self.weight @ needs

    def head(self, rows: int) -> Answers:
        """The first `rows` students."""
        return Answers(self.weight[:rows], self.share[:rows], self.needs)


def cell_priors(answers: Answers, variance: float | None, strength: float | None) -> tuple[Floats, float]:
    """(start, strength): the mean each cell (students x skills) starts from, and its worth in answers."""
    if variance is None or strength is None:
        variance, strength = _fit(answers, variance, strength)
    return _starts(answers, variance), strength


def _starts(answers: Answers, variance: float) -> Floats:
    right, count = answers.by_skill()
    class_mean = (right.sum(axis=0) + 1) / (count.sum(axis=0) + 2)
    weight = answers.weight
    item_mean = ((weight * answers.share).sum(axis=0) + 1) / (weight.sum(axis=0) + 2)
    starts = np.empty_like(right)
    for k in range(right.shape[1]):
        level = _levels(weight * ~answers.needs[:, k], answers.share, logit(item_mean), variance)
        starts[:, k] = expit(logit(class_mean[k]) + level)
    return starts


def _levels(weight: Floats, share: Floats, easiness: Floats, variance: float) -> Floats:
    """The mode for each student of sum w (f eta - log(1 + e^eta)) - u^2 / 2 variance, eta = easiness + u."""
    level = np.zeros(weight.shape[0])
    for _ in range(NEWTON_STEPS):
        expected = expit(easiness + level[:, None])
        slope = (weight * (share - expected)).sum(axis=1) - level / variance
        curve = (weight * expected * (1 - expected)).sum(axis=1) + 1 / variance
        level = level + np.clip(slope / curve, -1.0, 1.0)
    return level


def _fit(answers: Answers, variance: float | None, strength: float | None) -> tuple[float, float]:
    seen = answers.weight.sum(axis=1) > 0
    if seen.sum() < LEAST_STUDENTS or answers.needs.shape[1] < 2:
        return variance or USUAL_VARIANCE, strength or USUAL_STRENGTH
    sample = Answers(answers.weight[seen], answers.share[seen], answers.needs).head(MOST_STUDENTS)
    right, count = sample.by_skill()
    tried: list[tuple[float, float, float]] = []
    for one_variance in (variance,) if variance else VARIANCES:
        start = _starts(sample, one_variance)
        for one_strength in (strength,) if strength else STRENGTHS:
            a, b = one_strength * start, one_strength * (1 - start)
            likelihood = float((betaln(a + right, b + count - right) - betaln(a, b)).sum())
            doubt = np.log2(one_variance / USUAL_VARIANCE) ** 2 + np.log2(one_strength / USUAL_STRENGTH) ** 2
            tried.append((likelihood - float(doubt) / 2, one_variance, one_strength))
    _, best_variance, best_strength = max(tried)
    return best_variance, best_strength
