"""The sentence with numbers behind each placement and each playlist entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grouping.model import BenchmarkState, Mastery, SkillCode

Titles = Mapping[SkillCode, str]

NO_ANSWERS = "No answers yet: placed for now, not by need; a short check comes first."
SETTLED = (BenchmarkState.LIKELY_MET, BenchmarkState.NEARLY, BenchmarkState.LIKELY_NOT_YET)


def number(value: float) -> str:
    """Points as people write them: 3, 2.5, 0.33."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def score(cell: Mastery) -> str:
    """As in: 1 of 4 right (every answer is one point), 5 of 8 points, not assessed (no answer)."""
    if cell.state is BenchmarkState.NOT_ASSESSED:
        return "not assessed"
    unit = "right" if cell.possible == cell.answers and cell.points == int(cell.points) else "points"
    return f"{number(cell.points)} of {number(cell.possible)} {unit}"


def scores(cells: Sequence[Mastery], titles: Titles) -> str:
    """As in: Equal shares: 1 of 4 right; Area: 0 of 3 right."""
    return "; ".join(f"{titles[cell.skill]}: {score(cell)}" for cell in cells)


def same_need(others: int) -> str:
    """How many classmates in the group share a need."""
    return "Nobody else here has the same need." if others == 0 else f"Same need as {_others(others)} here."


def placement(
    focus: Sequence[Mastery],
    needed: Sequence[Mastery],
    elsewhere: Sequence[Mastery],
    others: int,
    titles: Titles,
) -> tuple[str, bool]:
    """(the reason, whether the placement is provisional) of a student with answers.

    focus: the student's cells on the group's focus; needed: those of them that are a need; elsewhere: the
    student's needs outside the focus, largest first; others: how many here share one of the needs in the
    focus.
    """
    shown = scores(focus, titles)
    if needed:
        is_settled = any(cell.state in SETTLED for cell in needed)
        check = "" if is_settled else " Not sure yet: a short check comes first."
        return f"{shown}. {same_need(others)}{check}", not is_settled
    if elsewhere:
        own = scores(elsewhere[:1], titles)
        return f"{shown}. Largest need is elsewhere ({own}), but the group sizes left this seat.", True
    if any(cell.state is BenchmarkState.NOT_ASSESSED for cell in focus):
        return (
            f"{shown}. No need shown on the skills assessed: placed for now; a short check comes first.",
            True,
        )
    return f"{shown}. No need shown on any skill: placed for now, free to move.", True


def _others(count: int) -> str:
    return "1 other" if count == 1 else f"{count} others"
