"""Fully mixed groups, by a snake draft: 1 2 3 4, 4 3 2 1, ... down the list by overall estimate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from grouping.explain import NO_ANSWERS
from grouping.model import Group, GroupSet, Mastery, Placement, StudentId
from grouping.rules import GroupingRules
from grouping.seats import seats_for
from grouping.trends import overall_levels

Levels = Mapping[StudentId, float | None]


def form_mixed_groups(
    mastery: Iterable[Mastery], students: Iterable[StudentId], rules: GroupingRules
) -> GroupSet:
    """As many groups as the rules allow, sizes within one, each student once; ties by student id.

    A student without an answer is dealt in at the class's mean. value: the share of the scatter of overall
    estimates that lies between the groups, 0 (evenly mixed, the bound) .. 1.
    """
    asked = sorted(set(students))
    if not asked:
        return GroupSet("mixed", (), (), 0.0, 0.0, ("No students to group.",))
    wanted = frozenset(asked)
    known = overall_levels(cell for cell in mastery if cell.student in wanted)
    levels = {student: known.get(student) for student in asked}
    seats = seats_for(len(asked), rules)
    members = sorted((sorted(one) for one in _snake(asked, levels, seats.groups)), key=lambda one: one[0])
    groups = tuple(Group(n, (), None, tuple(one)) for n, one in enumerate(members, start=1))
    means = [mean for group in groups if (mean := _mean(group.students, levels)) is not None]
    placements = sorted(
        (_placement(student, group, levels, means) for group in groups for student in group.students),
        key=lambda one: one.student,
    )
    between = _between_share(groups, levels)
    return GroupSet("mixed", groups, tuple(placements), between, 0.0, (*seats.notes, *_notes(means)))


def _snake(students: Sequence[StudentId], levels: Levels, groups: int) -> list[list[StudentId]]:
    middle = _mean(students, levels) or 0.0
    ranked = sorted(students, key=lambda one: (-(middle if levels[one] is None else levels[one] or 0.0), one))
    dealt: list[list[StudentId]] = [[] for _ in range(groups)]
    for place, student in enumerate(ranked):
        turn, seat = divmod(place, groups)
        dealt[groups - 1 - seat if turn % 2 else seat].append(student)
    return dealt


def _mean(students: Iterable[StudentId], levels: Levels) -> float | None:
    known = [level for student in students if (level := levels[student]) is not None]
    return fmean(known) if known else None


def _between_share(groups: Sequence[Group], levels: Levels) -> float:
    everyone = [level for level in levels.values() if level is not None]
    if not everyone:
        return 0.0
    middle = fmean(everyone)
    total = sum((level - middle) ** 2 for level in everyone)
    between = 0.0
    for group in groups:
        mean = _mean(group.students, levels)
        if mean is not None:
            between += sum(levels[one] is not None for one in group.students) * (mean - middle) ** 2
    return min(between / total, 1.0) if total > 1e-12 else 0.0


def _placement(student: StudentId, group: Group, levels: Levels, means: Sequence[float]) -> Placement:
    level = levels[student]
    if level is None:
        return Placement(student, group.number, NO_ANSWERS, is_provisional=True)
    mean = _mean(group.students, levels)
    reason = (
        f"Mixed on purpose: overall about {_hundred(level)} of 100 in a group that averages "
        f"{_hundred(level if mean is None else mean)}; all groups average {_range(means)}."
    )
    return Placement(student, group.number, reason, is_provisional=False)


def _notes(means: Sequence[float]) -> tuple[str, ...]:
    if not means:
        return ("Nobody has an answer yet: groups are by the order of the list.",)
    return (f"Averages of the pods: {_range(means)} of 100.",)


def _range(means: Sequence[float]) -> str:
    low, high = _hundred(min(means)), _hundred(max(means))
    return f"{low}" if low == high else f"{low} to {high}"


def _hundred(share: float) -> int:
    return round(100 * share)
