"""The course files a teacher keeps beside the benchmark, as CSV text in and records out.

Headers (exact): skill,title,content_area,grade,priority | skill,prerequisite,note | item_id, one 0/1 column
for each skill | outcome,skill | skill,unit,minutes,page,check. Every reader raises BadTable, which names
line and column.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO

from grouping.model import Prerequisite, Skill, SkillCode, Unit

PRIORITY = {"yes": True, "no": False, "": False}
MOST_MINUTES = 240
MOST_CHARACTERS = {"skill": 100, "prerequisite": 100, "content_area": 60, "grade": 10}
MOST_CHARACTERS_ELSEWHERE = 250
"""What a name may hold: longer ones fit no page, and no database column of fixed width."""


class BadTable(ValueError):
    """A table that cannot be read: `line` (1 is the header), `column` (None: the whole line), `message`."""

    def __init__(self, line: int, column: str | None, message: str) -> None:
        self.line, self.column, self.message = line, column, message
        place = f"line {line}" if column is None else f"line {line}, column {column}"
        super().__init__(f"{place}: {message}")


@dataclass(frozen=True, slots=True)
class UnitMaterial:
    """A line of the unit list. `unit` None (page and check both blank) is a teacher task."""

    skill: SkillCode
    minutes: int
    unit: Unit | None
    page: str | None
    check: str | None


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: dict[str, str]

    def wanted(self, column: str) -> str:
        if not self.cells[column]:
            raise BadTable(self.line, column, "is empty")
        return self.cells[column]


def read_skills_csv(text: str) -> list[Skill]:
    """Skills in file order; grade may be blank, priority is yes, no or blank."""
    skills: dict[str, Skill] = {}
    for row in _rows(text, ("skill", "title", "content_area", "grade", "priority")):
        code = row.wanted("skill")
        if code in skills:
            raise BadTable(row.line, "skill", f"{code} is listed twice")
        priority = row.cells["priority"].lower()
        if priority not in PRIORITY:
            raise BadTable(row.line, "priority", f"{priority} is neither yes nor no")
        area = row.wanted("content_area").lower()
        skills[code] = Skill(
            SkillCode(code), row.wanted("title"), area, row.cells["grade"] or None, PRIORITY[priority]
        )
    return list(skills.values())


def read_prerequisites_csv(text: str) -> list[Prerequisite]:
    """Edges in file order; `SkillMap.build` says whether the skills exist and no circle closes."""
    edges: dict[tuple[str, str], Prerequisite] = {}
    for row in _rows(text, ("skill", "prerequisite", "note"), may_be_empty=True):
        pair = row.wanted("skill"), row.wanted("prerequisite")
        if pair in edges:
            raise BadTable(row.line, "prerequisite", f"{pair[1]} before {pair[0]} is listed twice")
        edges[pair] = Prerequisite(SkillCode(pair[0]), SkillCode(pair[1]), row.cells["note"])
    return list(edges.values())


def read_item_map_csv(text: str) -> dict[str, tuple[SkillCode, ...]]:
    """The skills of each item from a wide table of 0 and 1 (a Q-matrix); one skill at least for each."""
    skills_of: dict[str, tuple[SkillCode, ...]] = {}
    for row in _rows(text, ("item_id",), more_columns="a column for each skill"):
        item = row.wanted("item_id")
        if item in skills_of:
            raise BadTable(row.line, "item_id", f"{item} is listed twice")
        marks = {column: value for column, value in row.cells.items() if column != "item_id"}
        for column, value in marks.items():
            if value not in ("0", "1"):
                raise BadTable(row.line, column, f"{value or 'blank'} is neither 0 nor 1")
        skills_of[item] = tuple(SkillCode(column) for column, value in marks.items() if value == "1")
        if not skills_of[item]:
            raise BadTable(row.line, "item_id", f"{item} has no skill")
    return skills_of


def read_outcome_map_csv(text: str) -> dict[str, tuple[SkillCode, ...]]:
    """The skills of each LMS outcome by its exact title; an outcome with several skills has several lines."""
    skills_of: dict[str, tuple[SkillCode, ...]] = {}
    for row in _rows(text, ("outcome", "skill"), may_be_empty=True):
        outcome, code = row.wanted("outcome"), SkillCode(row.wanted("skill"))
        if code in skills_of.get(outcome, ()):
            raise BadTable(row.line, "skill", f"{outcome} has {code} twice")
        skills_of[outcome] = (*skills_of.get(outcome, ()), code)
    return skills_of


def read_units_csv(text: str) -> list[UnitMaterial]:
    """Units in file order; a skill's n-th unit has the key "<skill>-<n>", so it may get a new title."""
    materials: list[UnitMaterial] = []
    counts: dict[str, int] = {}
    for row in _rows(text, ("skill", "unit", "minutes", "page", "check"), may_be_empty=True):
        code = SkillCode(row.wanted("skill"))
        minutes = _minutes(row)
        page, check = row.cells["page"] or None, row.cells["check"] or None
        unit = None
        if page or check:
            counts[code] = counts.get(code, 0) + 1
            unit = Unit(f"{code}-{counts[code]}", code, row.wanted("unit"), minutes)
        materials.append(UnitMaterial(code, minutes, unit, page, check))
    return materials


def _minutes(row: _Row) -> int:
    written = row.wanted("minutes")
    if not (written.isascii() and written.isdecimal() and 1 <= int(written) <= MOST_MINUTES):
        raise BadTable(
            row.line, "minutes", f"{written} is not a whole number of minutes from 1 to {MOST_MINUTES}"
        )
    return int(written)


def _rows(
    text: str, columns: Sequence[str], *, more_columns: str | None = None, may_be_empty: bool = False
) -> Iterator[_Row]:
    """The lines under a header of `columns` in any order; `more_columns` says what others are for."""
    reader = csv.reader(StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    header: list[str] | None = None
    is_empty = True
    start = 1
    try:
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = _header(line, cells, columns, more_columns)
                continue
            if len(cells) != len(header):
                raise BadTable(line, None, f"{len(cells)} cells under {len(header)} column names")
            is_empty = False
            _refuse_long(line, header, cells)
            yield _Row(line, {name: cell.strip() for name, cell in zip(header, cells, strict=True)})
    except csv.Error as error:
        raise BadTable(start, None, f"is not CSV ({error})") from error
    if header is None:
        raise BadTable(
            1, None, "the table is empty; its first line must name the columns " + ", ".join(columns)
        )
    if is_empty and not may_be_empty:
        raise BadTable(start, None, "no line follows the column names")


def _refuse_long(line: int, header: Sequence[str], cells: Sequence[str]) -> None:
    for name, cell in zip(header, cells, strict=True):
        most = MOST_CHARACTERS.get(name, MOST_CHARACTERS_ELSEWHERE)
        if len(cell.strip()) > most:
            raise BadTable(line, name, f"has {len(cell.strip())} characters; {most} at most")
    for name in header:
        if len(name) > MOST_CHARACTERS_ELSEWHERE:
            raise BadTable(1, None, f"a column name has {len(name)} characters")


def _header(line: int, cells: Sequence[str], columns: Sequence[str], more_columns: str | None) -> list[str]:
    header = [cell.strip() for cell in cells]
    for name in columns:
        if name not in header:
            raise BadTable(line, name, "the column is missing")
    for name in header:
        if not name:
            raise BadTable(line, None, "a column has no name")
        if header.count(name) > 1:
            raise BadTable(line, name, "the column is there twice")
        if name not in columns and more_columns is None:
            raise BadTable(line, name, "is not a column of this table (it has " + ", ".join(columns) + ")")
    if more_columns is not None and len(header) == len(columns):
        raise BadTable(line, None, f"{more_columns} is missing")
    return header
