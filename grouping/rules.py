"""What a teacher may set about groups. The defaults are those of config/rules.toml (a test says so)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GroupingRules:
    """Sizes, number and focus of groups.

    times: small-group times the teacher has in a week; a group needs one. need_at: where the probability of
    "not met", in percent, is below it, there is no need. seat_cost: what a seat costs on a skill already met,
    as a share of a full need. unknown_share: how much a skill the student was not assessed on counts, as a
    share of the class's mean need. whole_class_share: a skill that this share needs may fit a whole-class
    lesson. most_patterns: how many focuses the exact search looks at.
    """

    smallest: int = 3
    largest: int = 6
    times: int = 5
    focus_size: int = 2
    one_area: bool = True
    need_at: float = 40.0
    seat_cost: float = 0.25
    unknown_share: float = 0.5
    whole_class_share: float = 0.6
    most_patterns: int = 200

    def __post_init__(self) -> None:
        if not 1 <= self.smallest <= self.largest:
            raise ValueError(
                f"group size {self.smallest} to {self.largest}: the smallest must be 1 or more, "
                "and at most the largest"
            )
        if self.times < 1:
            raise ValueError(f"{self.times} times a week: at least 1 is needed")
        if self.focus_size < 1:
            raise ValueError(f"{self.focus_size} focus skills in a group: at least 1 is needed")
        if not 0 <= self.need_at <= 100:
            raise ValueError(f"need_at {self.need_at} is not a percentage from 0 to 100")
        if not 0 <= self.seat_cost <= 1 or not 0 <= self.unknown_share <= 1:
            raise ValueError("seat_cost and unknown_share are fractions from 0 to 1")
        if not 0 < self.whole_class_share <= 1:
            raise ValueError(f"whole_class_share {self.whole_class_share} is not a fraction above 0")
        if self.most_patterns < 1:
            raise ValueError("most_patterns must be 1 or more")
