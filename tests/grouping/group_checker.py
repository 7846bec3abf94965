"""An independent reading of a skill grouping: it shares no code with the solvers, only the definition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from grouping.model import GroupSet, Mastery, Skill
from grouping.rules import GroupingRules


def faults_of_partition(found: GroupSet, students: Iterable[str]) -> list[str]:
    """What is wrong with who sits where; nothing for a true partition with matching placements."""
    faults: list[str] = []
    seats = Counter(student for group in found.groups for student in group.students)
    faults += [f"{student} sits {count} times" for student, count in seats.items() if count != 1]
    faults += [f"{student} has no seat" for student in sorted(set(students) - seats.keys())]
    faults += [f"{student} is not of this class" for student in sorted(seats.keys() - set(students))]
    placed = Counter((one.student, one.group) for one in found.placements)
    seated = Counter((student, group.number) for group in found.groups for student in group.students)
    if placed != seated:
        faults.append("placements and groups differ")
    if [group.number for group in found.groups] != list(range(1, len(found.groups) + 1)):
        faults.append("groups are not numbered from 1")
    faults += [f"{one.student} has no reason" for one in found.placements if not one.reason.strip()]
    return faults


def faults_of_sizes(found: GroupSet, smallest: int, largest: int, most_groups: int) -> list[str]:
    faults = [
        f"group {group.number} has {len(group.students)} students"
        for group in found.groups
        if not smallest <= len(group.students) <= largest
    ]
    return faults + ([f"{len(found.groups)} groups"] if len(found.groups) > most_groups else [])


def seat_values(mastery: Iterable[Mastery], rules: GroupingRules) -> dict[str, dict[str, float]]:
    """By student and skill: need less the cost of the seat; unknown as a share of a typical classmate's."""
    needs: dict[str, dict[str, float | None]] = {}
    for cell in mastery:
        need = None if cell.p_met is None else 100 * (1 - cell.p_met)
        if need is not None and (need < rules.need_at or cell.points == cell.possible):
            need = 0.0
        needs.setdefault(cell.student, {})[cell.skill] = need

    def worth(need: float) -> float:
        return need - rules.seat_cost * (100 - need)

    def typical(code: str) -> float:
        known = [need for row in needs.values() if (need := row[code]) is not None]
        return rules.unknown_share * worth(sum(known) / len(known)) if known else 0.0

    return {
        student: {code: typical(code) if need is None else worth(need) for code, need in row.items()}
        for student, row in needs.items()
    }


def largest_value(
    group: Sequence[str],
    values: Mapping[str, Mapping[str, float]],
    skills: Sequence[Skill],
    rules: GroupingRules,
) -> float:
    """The worth of a group under its most valuable focus, by trying every focus."""
    return max(
        sum(values[student][code.code] for student in group for code in focus)
        for size in range(1, rules.focus_size + 1)
        for focus in combinations(skills, size)
        if not rules.one_area or len({code.content_area for code in focus}) == 1
    )
