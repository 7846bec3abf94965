"""The fast form: start from each student's own largest focus, then move and swap while the value rises."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from grouping.focus import Columns, group_sums, group_values
from grouping.seats import Seats, even_sizes

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

LEAST_GAIN = 1e-7
MOST_PASSES = 8


def focus_start(value: Floats, patterns: Sequence[tuple[int, ...]], seats: Seats) -> Places:
    """Students sorted by the focus (of `patterns`) that is worth most to them, dealt out in even groups."""
    worth = np.column_stack([value[:, list(pattern)].sum(axis=1) for pattern in patterns])
    favourite = worth.argmax(axis=1)
    order = np.lexsort((np.arange(len(value)), -worth.max(axis=1), favourite))
    places = np.empty(len(value), dtype=np.intp)
    places[order] = np.repeat(np.arange(seats.groups), even_sizes(len(value), seats.groups))
    return places


def improve(value: Floats, places: Places, areas: Columns, focus_size: int, seats: Seats) -> Places:
    """`places` (a group number 0.. for each student) after moves and swaps that raise the value, sizes kept.

    Students are tried in row order, each time the largest gain is taken and the first of equals, so equal
    input gives equal output. Ends when a pass gains nothing, after 8 passes at most.
    """
    search = _Search(value, places.copy(), areas, focus_size, seats)
    for _ in range(MOST_PASSES):
        if not sum(search.try_student(i) for i in range(len(value))):
            break
    return search.places


class _Search:
    """The places, and the sums, sizes and values of the groups that follow from them."""

    def __init__(self, value: Floats, places: Places, areas: Columns, focus_size: int, seats: Seats) -> None:
        self.value, self.places, self.areas, self.focus_size, self.seats = (
            value,
            places,
            areas,
            focus_size,
            seats,
        )
        self.sums = group_sums(value, places)
        self.sizes = np.bincount(places, minlength=len(self.sums))
        self.worth = self._worth(self.sums)

    def try_student(self, i: int) -> bool:
        """Carry out the best move or swap of student i; False if none gains."""
        home = int(self.places[i])
        moved, partner = self._best_swap(i, home)
        gain, target = self._best_move(i, home)
        if max(moved, gain) <= LEAST_GAIN:
            return False
        if moved >= gain:
            target = int(self.places[partner])
            self.places[partner] = home
        self.places[i] = target
        self._recount(home, target)
        return True

    def _best_swap(self, i: int, home: int) -> tuple[float, int]:
        difference = self.value - self.value[i]
        here = self._worth(self.sums[home] + difference)
        there = self._worth(self.sums[self.places] - difference)
        gains = here + there - self.worth[home] - self.worth[self.places]
        gains[self.places == home] = -np.inf
        best = int(gains.argmax())
        return float(gains[best]), best

    def _best_move(self, i: int, home: int) -> tuple[float, int]:
        if self.sizes[home] <= self.seats.smallest:
            return -np.inf, home
        left = self._worth((self.sums[home] - self.value[i])[None, :])[0] - self.worth[home]
        gains = self._worth(self.sums + self.value[i]) - self.worth + left
        gains[(self.sizes >= self.seats.largest) | (np.arange(len(self.sizes)) == home)] = -np.inf
        best = int(gains.argmax())
        return float(gains[best]), best

    def _recount(self, *groups: int) -> None:
        for group in groups:
            members = self.places == group
            self.sums[group] = self.value[members].sum(axis=0)
            self.sizes[group] = members.sum()
            self.worth[group] = self._worth(self.sums[group][None, :])[0]

    def _worth(self, sums: Floats) -> Floats:
        return group_values(sums, self.areas, self.focus_size)
