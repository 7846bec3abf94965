"""What each student is ready to learn, as an ordered and paced list of units.

Every playlist of a content area is a part of ONE order of skills (prerequisites first, then easiest for
this class, then by code), so that modules written once in that order stand in each child's own order too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from types import MappingProxyType

from grouping import explain
from grouping.model import BenchmarkState, Mastery, Playlist, PlaylistEntry, Skill, SkillCode, StudentId, Unit
from grouping.needs import cells_of
from grouping.skill_map import SkillMap
from grouping.trends import class_difficulty

NOBODY: Mapping[StudentId, Set[SkillCode]] = MappingProxyType({})
TEACHER_TASK_MINUTES = 10

# who gives up a place first when a cycle cannot hold everything
LEAST_PRESSING = (
    BenchmarkState.LIKELY_MET,
    BenchmarkState.NOT_ASSESSED,
    BenchmarkState.CANT_TELL,
    BenchmarkState.NEARLY,
    BenchmarkState.LIKELY_NOT_YET,
)


@dataclass(frozen=True, slots=True)
class PlaylistSettings:
    """Pace of a cycle. open_weeks: this and the next week's units are open (see `progress.open_entries`)."""

    weeks: int = 7
    units_a_week: int = 2
    minutes_a_week: int = 30
    open_weeks: int = 2

    def __post_init__(self) -> None:
        for name in ("weeks", "units_a_week", "minutes_a_week", "open_weeks"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more")

    @property
    def ahead(self) -> int:
        """How many units not met yet are open at a time."""
        return self.open_weeks * self.units_a_week


DEFAULTS = PlaylistSettings()


@dataclass(frozen=True, slots=True)
class PlaylistPlan:
    """playlists: by student id and content area. notes: what a page says of all of them, with numbers."""

    playlists: tuple[Playlist, ...]
    notes: tuple[str, ...]


def build_playlists(
    mastery: Iterable[Mastery],
    skill_map: SkillMap,
    units: Iterable[Unit],
    *,
    settings: PlaylistSettings = DEFAULTS,
    class_grade: str | None,
    known: Mapping[StudentId, Set[SkillCode]] = NOBODY,
) -> PlaylistPlan:
    """A playlist for each student x content area, by student id and then area, and what to say of them.

    Known skills (likely met, or in `known`: overridden or a unit met) are left out. One unit at least is at
    `class_grade` where the map has such a skill: when all of them are known, one of them to keep it fresh.
    A student without an answer in an area starts with its grade-level skills. Skills without a unit become
    teacher tasks; of several units of a skill the first is planned. Raises ValueError for a cell whose
    skill the map does not have.
    """
    cells = cells_of(mastery)
    unmapped = sorted({code for _, code in cells} - skill_map.skills.keys())
    if unmapped:
        raise ValueError(f"skill {unmapped[0]} has cells but is not in the skill map")
    order = skill_map.order(class_difficulty(cells.values()))
    first_unit: dict[SkillCode, Unit] = {}
    for unit in units:
        first_unit.setdefault(unit.skill, unit)
    planner = _Planner(skill_map, first_unit, settings, class_grade)
    playlists: list[Playlist] = []
    for student in sorted({student for student, _ in cells}):
        own = {code: cells[student, code] for code in order if (student, code) in cells}
        for area in sorted({skill_map.skills[code].content_area for code in own}):
            in_area = [cell for code, cell in own.items() if skill_map.skills[code].content_area == area]
            entries = planner.entries(in_area, known.get(student, frozenset()))
            playlists.append(Playlist(student, area, entries))
    return PlaylistPlan(tuple(playlists), _notes(skill_map, class_grade))


def _notes(skill_map: SkillMap, class_grade: str | None) -> tuple[str, ...]:
    notes: list[str] = []
    if not skill_map.has_prerequisites:
        notes.append("Order by class difficulty: no map was given.")
    areas = sorted({skill.content_area for skill in skill_map.skills.values()})
    for area in areas:
        skills = [skill for skill in skill_map.skills.values() if skill.content_area == area]
        if not any(_is_at_grade(skill, class_grade) for skill in skills):
            why = "the class has no grade" if class_grade is None else f"no skill is of grade {class_grade}"
            notes.append(f"Nothing in {area} is marked as grade level: {why} ({len(skills)} skills).")
    return tuple(notes)


class _Planner:
    """Chooses and paces one student's skills of one area; cells come in the one order of skills."""

    def __init__(
        self,
        skill_map: SkillMap,
        units: Mapping[SkillCode, Unit],
        settings: PlaylistSettings,
        class_grade: str | None,
    ) -> None:
        self.skill_map, self.units, self.settings, self.class_grade = skill_map, units, settings, class_grade

    def entries(self, cells: Sequence[Mastery], known: Set[SkillCode]) -> tuple[PlaylistEntry, ...]:
        is_new = all(cell.state is BenchmarkState.NOT_ASSESSED for cell in cells)
        open_cells = [
            cell for cell in cells if cell.skill not in known and cell.state is not BenchmarkState.LIKELY_MET
        ]
        if is_new and any(self._at_grade(cell) for cell in open_cells):
            open_cells = [cell for cell in open_cells if self._at_grade(cell)]
        fresh = self._kept_fresh(cells, open_cells)
        kept = self._that_fit({cell.skill for cell in (*open_cells, *fresh)}, cells)
        reasons = _Reasons(self.skill_map, {cell.skill for cell in fresh}, [cell.skill for cell in kept])
        return tuple(
            PlaylistEntry(
                position=position,
                skill=cell.skill,
                unit=self.units.get(cell.skill),
                minutes=self._minutes(cell),
                week=week,
                is_grade_level=self._at_grade(cell),
                reason=reasons.of_new(cell, self._at_grade(cell)) if is_new else reasons.of(cell),
            )
            for position, (cell, week) in enumerate(zip(kept, self._weeks(kept), strict=True), start=1)
        )

    def _kept_fresh(self, cells: Sequence[Mastery], open_cells: Sequence[Mastery]) -> list[Mastery]:
        """A known cell at grade level where no open one is: one with a unit first, then the least sure."""
        if any(self._at_grade(cell) for cell in open_cells):
            return []
        known = [cell for cell in cells if self._at_grade(cell)]
        return sorted(known, key=lambda one: (one.skill not in self.units, one.p_met or 0.0, one.skill))[:1]

    def _that_fit(self, chosen: Set[SkillCode], cells: Sequence[Mastery]) -> list[Mastery]:
        """The chosen cells, less the least pressing and latest until the rest fits into the weeks.

        None that stays loses a prerequisite, and the nearest grade-level skill always stays: only where
        nothing but its own prerequisites is left do the farthest of these give way.
        """
        kept = [cell for cell in cells if cell.skill in chosen]
        anchor = self._nearest_at_grade(kept)
        while max(self._weeks(kept), default=0) > self.settings.weeks:
            wanted = {code for cell in kept for code in self.skill_map.prerequisites(cell.skill)} | {anchor}
            free = [place for place, cell in enumerate(kept) if cell.skill not in wanted]
            if free:
                del kept[min(free, key=lambda place: (LEAST_PRESSING.index(kept[place].state), -place))]
            else:
                kept.remove(next(cell for cell in kept if cell.skill != anchor))
        return kept

    def _nearest_at_grade(self, kept: Sequence[Mastery]) -> SkillCode | None:
        """The grade-level skill with the fewest kept skills before it, the first of equals."""
        codes = {cell.skill for cell in kept}
        at_grade = [cell.skill for cell in kept if self._at_grade(cell)]
        return min(at_grade, key=lambda code: len(self._leading_to(code, codes)), default=None)

    def _leading_to(self, code: SkillCode, among: Set[SkillCode]) -> set[SkillCode]:
        found: set[SkillCode] = set()
        waiting = [code]
        while waiting:
            new = (self.skill_map.prerequisites(waiting.pop()) & among) - found
            found |= new
            waiting.extend(new)
        return found

    def _weeks(self, cells: Sequence[Mastery]) -> list[int]:
        """The week of each, full at its units or minutes; a unit longer than a week has its own."""
        weeks: list[int] = []
        week, units, minutes = 1, 0, 0
        for cell in cells:
            is_full = minutes + self._minutes(cell) > self.settings.minutes_a_week
            if units == self.settings.units_a_week or (units and is_full):
                week, units, minutes = week + 1, 0, 0
            units, minutes = units + 1, minutes + self._minutes(cell)
            weeks.append(week)
        return weeks

    def _minutes(self, cell: Mastery) -> int:
        unit = self.units.get(cell.skill)
        return unit.minutes if unit else TEACHER_TASK_MINUTES

    def _at_grade(self, cell: Mastery) -> bool:
        return _is_at_grade(self.skill_map.skills[cell.skill], self.class_grade)


@dataclass(frozen=True)
class _Reasons:
    """The sentence of each entry of one playlist, whose skills are `planned` in order."""

    skill_map: SkillMap
    fresh: Set[SkillCode]
    planned: Sequence[SkillCode]

    def of(self, cell: Mastery) -> str:
        """For a student with answers in the area."""
        score = explain.score(cell)
        if cell.skill in self.fresh:
            return f"Known already ({score}): kept fresh at grade level."
        if cell.state is BenchmarkState.NOT_ASSESSED:
            return f"Not assessed yet, 0 answers: a short check comes first.{self._before(cell)}"
        if cell.state is BenchmarkState.CANT_TELL:
            return f"{score}, not sure yet: a short check comes first.{self._before(cell)}"
        return f"{score}.{self._before(cell)}"

    def of_new(self, cell: Mastery, is_grade_level: bool) -> str:
        """For a student without an answer in the area."""
        if cell.skill in self.fresh:
            return self.of(cell)
        if is_grade_level:
            return "No answers yet: starts at grade level with the class; a short check comes first."
        return "No answers yet: starts where the class starts; a short check comes first."

    def _before(self, cell: Mastery) -> str:
        for code in self.planned:
            if cell.skill in self.skill_map.prerequisites(code):
                return f" Wanted before {self.skill_map.skills[code].title}."
        return ""


def _is_at_grade(skill: Skill, class_grade: str | None) -> bool:
    return class_grade is not None and skill.grade == class_grade
