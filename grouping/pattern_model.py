"""The exact form: an integer programme of how many groups to run with each focus, and who sits in them.

A pattern p is a focus (1..F skills of one area), m_p the number of groups run with it, x_cp how many
students of class c (students with equal values) sit in them. Groups with one focus are interchangeable, so
the group number, the source of all the symmetry, is not in the model:

max sum v_cp x_cp; sum_p x_cp = n_c; L m_p <= sum_c x_cp <= U m_p; sum_p m_p <= G; m_p whole, x_cp >= 0

For a fixed m it is a transportation problem, whose corners are whole numbers; so only m is integer in the
search, and x is solved for again, in whole numbers, at the m found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp

from grouping.focus import Columns
from grouping.seats import Seats, even_sizes

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Counts = NDArray[np.intp]

PROVEN_CLASS = 60
NODES = 2000
CLASS_GAP, POOL_GAP = 1e-4, 5e-3


@dataclass(frozen=True)
class PatternSolution:
    """places: a group number 0.. for each student; bound: no grouping with these patterns is worth more."""

    places: Places
    bound: float


def focus_patterns(
    value: Floats, areas: Columns, focus_size: int, most: int
) -> tuple[list[tuple[int, ...]], bool]:
    """(patterns, whether all are there); of more than `most`, those with the most value above 0 are kept."""
    patterns = [
        tuple(int(column) for column in pattern)
        for size in range(1, focus_size + 1)
        for columns in areas
        for pattern in combinations(columns, size)
    ]
    if len(patterns) <= most:
        return patterns, True
    promise = [float(np.maximum(value[:, list(pattern)].sum(axis=1), 0).sum()) for pattern in patterns]
    kept = sorted(range(len(patterns)), key=lambda p: (-promise[p], p))[:most]
    return [patterns[p] for p in sorted(kept)], False


def solve_patterns(
    value: Floats, level: Floats, patterns: Sequence[tuple[int, ...]], seats: Seats
) -> PatternSolution | None:
    """The grouping, within 0.01 % of its bound up to 60 students and 0.5 % above.

    None without a solution inside the node limit. Students of one focus are split into its groups by `level`,
    so that those who sit together are alike. The limit is in nodes, not seconds: equal input gives equal
    output however busy the machine.
    """
    rows, row_of, counts = np.unique(value, axis=0, return_inverse=True, return_counts=True)
    worth = np.column_stack([rows[:, list(pattern)].sum(axis=1) for pattern in patterns])
    model = _Model(worth, counts.astype(np.float64), seats)
    solved = model.groups_by_pattern(CLASS_GAP if len(value) <= PROVEN_CLASS else POOL_GAP)
    if solved is None:
        return None
    runs, bound = solved
    seated = model.seated(runs)
    if seated is None:
        return None
    return PatternSolution(_places(seated, runs, row_of.reshape(-1), level), bound)


class _Model:
    """Variables: x (classes x patterns, row by row), then m (patterns)."""

    def __init__(self, worth: Floats, counts: Floats, seats: Seats) -> None:
        self.worth, self.counts, self.seats = worth, counts, seats
        classes, patterns = worth.shape
        everyone = sparse.kron(sparse.eye_array(classes), np.ones((1, patterns)))
        seated = sparse.kron(np.ones((1, classes)), sparse.eye_array(patterns))
        runs = sparse.eye_array(patterns)
        rows = sparse.block_array(
            [
                [everyone, None],
                [seated, -seats.largest * runs],
                [seated, -seats.smallest * runs],
                [None, sparse.csr_array(np.ones((1, patterns)))],
            ],
            format="csc",
        )
        lower = np.concatenate([counts, np.full(patterns, -np.inf), np.zeros(patterns), [1]])
        upper = np.concatenate([counts, np.zeros(patterns), np.full(patterns, np.inf), [seats.groups]])
        self.constraints = LinearConstraint(rows, lower, upper)

    def groups_by_pattern(self, gap: float) -> tuple[Counts, float] | None:
        """(m, upper bound of the value); None without a solution inside the node limit."""
        classes, patterns = self.worth.shape
        integer = np.repeat([0, 1], [classes * patterns, patterns])
        runs = np.zeros(patterns), np.full(patterns, float(self.seats.groups))
        result = self._solve(integer, runs, gap)
        if result.x is None:
            return None
        return np.rint(result.x[classes * patterns :]).astype(np.intp), float(-result.mip_dual_bound)

    def seated(self, runs: Counts) -> Counts | None:
        """x in whole numbers, classes x patterns, at fixed m; None where these seats do not hold everyone."""
        integer = np.repeat([1, 0], [self.worth.size, len(runs)])
        fixed = runs.astype(np.float64)
        result = self._solve(integer, (fixed, fixed), 0.0)
        if result.x is None:
            return None
        seated: Counts = np.rint(result.x[: self.worth.size]).astype(np.intp)
        return seated.reshape(self.worth.shape)

    def _solve(self, integer: Counts, runs: tuple[Floats, Floats], gap: float) -> OptimizeResult:
        patterns = self.worth.shape[1]
        most = np.repeat(self.counts, patterns)
        return milp(
            np.concatenate([-self.worth.ravel(), np.zeros(patterns)]),
            integrality=integer,
            bounds=Bounds(np.concatenate([np.zeros_like(most), runs[0]]), np.concatenate([most, runs[1]])),
            constraints=self.constraints,
            options={"mip_rel_gap": gap, "node_limit": NODES},
        )


def _places(seated: Counts, runs: Counts, row_of: NDArray[np.intp], level: Floats) -> Places:
    """Seats of a class go to its students in row order; a pattern's students are split by level."""
    pattern_of = np.empty(len(row_of), dtype=np.intp)
    for row in range(len(seated)):
        members = np.flatnonzero(row_of == row)
        pattern_of[members] = np.repeat(np.arange(seated.shape[1]), seated[row])
    places = np.empty(len(row_of), dtype=np.intp)
    first = 0
    for pattern in np.flatnonzero(runs):
        members = np.flatnonzero(pattern_of == pattern)
        ranked = members[np.argsort(np.nan_to_num(level[members], nan=np.inf), kind="stable")]
        sizes = even_sizes(len(members), int(runs[pattern]))
        places[ranked] = first + np.repeat(np.arange(len(sizes)), sizes)
        first += len(sizes)
    return places
