"""What a group is worth: its members' values on its focus, and the focus that makes this largest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Columns = Sequence[NDArray[np.intp]]


def group_sums(value: Floats, places: NDArray[np.intp]) -> Floats:
    """Groups x skills: the members' values added up; `places` holds a group 0.. for each student."""
    sums = np.zeros((int(places.max()) + 1, value.shape[1]))
    np.add.at(sums, places, value)
    return sums


def group_values(sums: Floats, areas: Columns, size: int) -> Floats:
    """sums: groups x skills, members' values added up. What each group is worth with its own largest focus.

    A focus has 1..size skills of one area; values add up, so it is the largest sum and the further sums
    above 0.
    """
    found = [_area_values(sums[:, columns], size) for columns in areas]
    largest: Floats = np.max(found, axis=0)
    return largest


def focus_of(sums: Floats, areas: Columns, size: int) -> list[int]:
    """The columns of the largest focus of one group, in column order; the first area and column on a tie."""
    worth = [float(_area_values(sums[None, columns], size)[0]) for columns in areas]
    columns = areas[int(np.argmax(worth))]
    ranked = columns[np.argsort(-sums[columns], kind="stable")][:size]
    return sorted(int(column) for place, column in enumerate(ranked) if place == 0 or sums[column] > 0)


def _area_values(sums: Floats, size: int) -> Floats:
    if sums.shape[1] > size:
        sums = np.partition(sums, sums.shape[1] - size, axis=1)[:, -size:]
    largest = sums.max(axis=1)
    positive: Floats = np.maximum(sums, 0.0).sum(axis=1)
    return np.where(largest > 0, positive, largest)
