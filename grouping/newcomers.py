"""Students without an answer: seated as a typical classmate would be, not by default in the lowest group."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from grouping.focus import Columns, group_sums, group_values
from grouping.needs import NeedTable
from grouping.seats import Seats

Places = NDArray[np.intp]


def lift_out_of_lowest(
    table: NeedTable, places: Places, areas: Columns, focus_size: int, seats: Seats
) -> Places:
    """`places` after moves and swaps that take students without an answer out of the lowest group.

    Each step is the one that leaves the fewest of them there, then loses the least value, then the first;
    it ends when none helps (where they are so many that some must stay). Group sizes stay within `seats`.
    """
    places = places.copy()
    while stuck := _in_lowest(table, places):
        best: tuple[int, float, Places] | None = None
        for changed in _changes(table, places, int(stuck[0]), seats):
            left = len(_in_lowest(table, changed))
            if left >= len(stuck) or (best is not None and left > best[0]):
                continue
            value = _value(table, changed, areas, focus_size)
            if best is None or (left, -value) < (best[0], -best[1]):
                best = left, value, changed
        if best is None:
            return places
        places = best[2]
    return places


def _in_lowest(table: NeedTable, places: Places) -> list[int]:
    """Rows without an answer in the group of the lowest mean level; none where only one group has answers."""
    answered = ~np.isnan(table.level)
    groups = int(places.max()) + 1
    counts = np.bincount(places[answered], minlength=groups)
    sums = np.bincount(places[answered], weights=table.level[answered], minlength=groups)
    if np.count_nonzero(counts) < 2:
        return []
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    return [int(i) for i in np.flatnonzero(~answered & (places == means.argmin()))]


def _changes(table: NeedTable, places: Places, i: int, seats: Seats) -> Iterator[Places]:
    """Row i moved to each other group with room, or swapped with each student who has answers elsewhere."""
    home = places[i]
    sizes = np.bincount(places)
    if sizes[home] > seats.smallest:
        for target in np.flatnonzero(sizes < seats.largest):
            if target != home:
                changed = places.copy()
                changed[i] = target
                yield changed
    for j in np.flatnonzero((places != home) & ~np.isnan(table.level)):
        changed = places.copy()
        changed[i], changed[j] = places[j], home
        yield changed


def _value(table: NeedTable, places: Places, areas: Columns, focus_size: int) -> float:
    return float(group_values(group_sums(table.value, places), areas, focus_size).sum())
