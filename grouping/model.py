"""The frozen records that travel between the steps: evidence, mastery, groups, playlists.

Students and skills are opaque strings; nothing here knows a name, an LMS or a date of birth.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, NewType

StudentId = NewType("StudentId", str)
SkillCode = NewType("SkillCode", str)


@dataclass(frozen=True, slots=True)
class Skill:
    """A teachable unit aligned to a standard. `grade` is text ("K", "3"); None where the map does not say."""

    code: SkillCode
    title: str
    content_area: str
    grade: str | None
    is_priority: bool = False


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """An edge of the skill map: `prerequisite` is wanted before `skill`."""

    skill: SkillCode
    prerequisite: SkillCode
    note: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Points earned of points possible by one student on one item.

    An item with several skills counts for each. Only scored work is evidence: missing, excused and absent
    have no row. `possible` 0 says nothing and is passed over; points beyond `possible` (a bonus) count as all
    of it. `taken_at` is aware UTC.
    """

    student: StudentId
    item: str
    skills: tuple[SkillCode, ...]
    points: float
    possible: float
    taken_at: datetime | None
    source: str


class BenchmarkState(StrEnum):
    """What an estimate says of a skill. `mastery.state_of` is the one function that decides it."""

    LIKELY_MET = "likely_met"
    NEARLY = "nearly"
    LIKELY_NOT_YET = "likely_not_yet"
    CANT_TELL = "cant_tell"
    NOT_ASSESSED = "not_assessed"


class CheckState(StrEnum):
    """What a unit's check says: a fact with points. `progress.check_state` alone decides it."""

    MET = "met"
    TRY_AGAIN = "try_again"
    NOT_TAKEN = "not_taken"


@dataclass(frozen=True, slots=True)
class Mastery:
    """One student x skill cell.

    points, possible: what a cell shows ("3 of 4"). answers: how many answers the estimate rests on (an item
    of many points counts as a few). estimate: share of the skill's questions this student would get right,
    0..1, with its interval low..high. p_met: probability that this share is at or over the cut. The four
    are None where the skill was not assessed.
    """

    student: StudentId
    skill: SkillCode
    points: float
    possible: float
    answers: int
    estimate: float | None
    low: float | None
    high: float | None
    p_met: float | None
    state: BenchmarkState


@dataclass(frozen=True, slots=True)
class Group:
    """Learners who meet together. Numbers run from 1 by smallest student id: they say nothing of level."""

    number: int
    focus: tuple[SkillCode, ...]
    content_area: str | None
    students: tuple[StudentId, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """One learner in one group and the sentence that says why. Provisional: little evidence behind it."""

    student: StudentId
    group: int
    reason: str
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class GroupSet:
    """One way of grouping a pool: every student stands in exactly one group and has exactly one placement.

    value, bound: for "skill" the value of the grouping and a proven upper bound of it (None: no solver
    bound); for "mixed" the share of all scatter that lies between the groups, 0 at best. notes: sentences
    with numbers for the page.
    """

    kind: Literal["skill", "mixed", "leveled"]
    groups: tuple[Group, ...]
    placements: tuple[Placement, ...]
    value: float
    bound: float | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """About ten minutes of work on one skill with a check. `key` stays when the list is read again."""

    key: str
    skill: SkillCode
    title: str
    minutes: int


@dataclass(frozen=True, slots=True)
class PlaylistEntry:
    """One step of a playlist; `unit` None is a task with the teacher. Positions and weeks run from 1."""

    position: int
    skill: SkillCode
    unit: Unit | None
    minutes: int
    week: int
    is_grade_level: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Playlist:
    """A student's ordered units in one content area for one cycle; one entry for a skill at most."""

    student: StudentId
    content_area: str
    entries: tuple[PlaylistEntry, ...]
