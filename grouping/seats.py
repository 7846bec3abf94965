"""How many groups of what size a pool divides into, and the sentence where the rules had to give."""

from __future__ import annotations

from dataclasses import dataclass

from grouping.rules import GroupingRules


@dataclass(frozen=True, slots=True)
class Seats:
    """At most `groups` groups of smallest..largest seat the pool; a division within these always exists."""

    groups: int
    smallest: int
    largest: int
    notes: tuple[str, ...] = ()


def seats_for(students: int, rules: GroupingRules) -> Seats:
    """The room for `students` students (at least 1). Sizes give way before a student is left out."""
    if students < 1:
        raise ValueError("no students to seat")
    if students < rules.smallest:
        return Seats(1, students, students, (_too_few(students, rules),))
    needed = -(-students // rules.largest)
    notes: list[str] = []
    groups = rules.times
    if needed > rules.times:
        groups = needed
        notes.append(
            f"{_times(rules.times)} a week for groups of {rules.largest} makes {rules.times * rules.largest} "
            f"seats for {students} students: these groups need {needed} times a week."
        )
    if needed * rules.smallest > students:
        notes.append(
            f"{students} students do not divide into groups of {rules.smallest} to {rules.largest}: "
            f"{needed} groups of {students // needed} to {-(-students // needed)} instead."
        )
        return Seats(needed, students // needed, -(-students // needed), tuple(notes))
    return Seats(min(groups, students // rules.smallest), rules.smallest, rules.largest, tuple(notes))


def even_sizes(students: int, groups: int) -> list[int]:
    """Sizes that differ by one at most, larger first."""
    small, larger = divmod(students, groups)
    return [small + 1] * larger + [small] * (groups - larger)


def _too_few(students: int, rules: GroupingRules) -> str:
    who = "1 student" if students == 1 else f"{students} students"
    return f"{who}: one group, below the smallest size of {rules.smallest}."


def _times(times: int) -> str:
    return "1 time" if times == 1 else f"{times} times"
