"""Checks to states, states to open units, and the score passed back. Exact arithmetic on points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from grouping.model import CheckState, Playlist, PlaylistEntry, SkillCode

THRESHOLD = Fraction(4, 5)
Points = int | float | Decimal | Fraction


@dataclass(frozen=True, slots=True)
class PassbackScore:
    """Units met of units planned: what the gradebook column of one content area holds."""

    met: int
    planned: int


def check_state(points: Points | None, possible: Points | None, threshold: Points = THRESHOLD) -> CheckState:
    """Whether a check is met, to be tried again, or not taken; a check out of 0 points cannot be taken.

    A float is read as the decimal it is written as, so that 5.6 of 7 is exactly 80 %. Raises ValueError for
    points that are no finite number, a negative `possible`, or a threshold outside 0..1.
    """
    share = _exact(threshold)
    if not 0 <= share <= 1:
        raise ValueError(f"threshold {threshold} is not a fraction from 0 to 1")
    if points is None or possible is None:
        return CheckState.NOT_TAKEN
    earned, out_of = _exact(points), _exact(possible)
    if out_of < 0:
        raise ValueError(f"a check cannot be out of {possible} points")
    if out_of == 0:
        return CheckState.NOT_TAKEN
    return CheckState.MET if earned >= share * out_of else CheckState.TRY_AGAIN


def open_entries(
    playlist: Playlist, states: Mapping[SkillCode, CheckState], ahead: int
) -> tuple[PlaylistEntry, ...]:
    """The entries a student may work on now, in playlist order.

    Everything met or tried stays open; beside it the first `ahead` units not met yet (this and the next
    week's: open_weeks x units_a_week). Teacher tasks on the way are shown and take no place. `states` is by
    skill; no state is not taken.
    """
    if ahead < 0:
        raise ValueError(f"cannot open {ahead} units ahead")
    chosen: list[PlaylistEntry] = []
    left = ahead
    for entry in playlist.entries:
        state = states.get(entry.skill, CheckState.NOT_TAKEN)
        is_next = state is not CheckState.MET and left > 0
        if is_next or state is not CheckState.NOT_TAKEN:
            chosen.append(entry)
        if is_next and entry.unit is not None:
            left -= 1
    return tuple(chosen)


def passback(playlist: Playlist, states: Mapping[SkillCode, CheckState]) -> PassbackScore | None:
    """Units met of units planned; None, never 0, while no unit is met. Teacher tasks are not units."""
    planned = [entry for entry in playlist.entries if entry.unit is not None]
    met = sum(states.get(entry.skill) is CheckState.MET for entry in planned)
    return PassbackScore(met=met, planned=len(planned)) if met else None


def _exact(value: Points) -> Fraction:
    try:
        return Fraction(str(value)) if isinstance(value, float) else Fraction(value)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{value} is not a number of points") from error
