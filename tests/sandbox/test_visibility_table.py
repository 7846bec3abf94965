"""The truth table of canvas-visibility.md 1.2 and the statements of its sections 2 to 7, line by line.

`visibility.csv` was typed from the reference, not from the sandbox; `source` names the section there and the
file or spec of instructure/canvas-lms that it gives (`visibility_sources.csv` has the paths). `?` is what no
source says, `-` what does not arise.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from table_course import Line, TableCourse


def rows_of(name: str) -> list[Line]:
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


LINES = rows_of("visibility.csv")
STATES = {"open": {"unlocked", "started", "completed"}, "undone": {"unlocked", "started"}}
"""What the last column may say of a module where the reference leaves several states open."""


def seen(course: TableCourse, line: Line) -> dict[str, str]:
    """What the LMS shows, in the words of the line's own columns; only the columns that say something."""
    who, found = line["who"], {}
    looks = {
        "sees": lambda: _yes(course.sees(who)),
        "modules_seen": lambda: course.modules_seen(who),
        "row": lambda: _yes(course.row(who)),
        "due": lambda: course.due(who),
        "student_due": lambda: course.student_due(who),
        "everyone": lambda: _yes(course.everyone()),
    }
    for name, look in looks.items():
        found[name] = look() if line[name] not in ("?", "-") else line[name]
    found["also"] = "-"
    if line["also"] != "-":
        checks = [check.partition("=")[::2] for check in line["also"].split()]
        found["also"] = " ".join(f"{name}={_state(course.also(name, who), want)}" for name, want in checks)
    return found


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _state(value: str, want: str) -> str:
    return want if value in STATES.get(want, ()) else value


@pytest.mark.parametrize("line", LINES, ids=[line["id"] for line in LINES])
def test_the_table_of_the_reference_holds(line: Line) -> None:
    found = seen(TableCourse(line), line)
    assert found == {name: line[name] for name in found}, line["source"]


def test_every_line_names_its_source_and_no_two_are_alike() -> None:
    known = {row["name"] for row in rows_of("visibility_sources.csv")}
    assert [line["id"] for line in LINES if not known & set(re.findall(r"[\w-]+", line["source"]))] == []
    assert len({line["id"] for line in LINES}) == len(LINES)
    asked = [tuple(value for name, value in line.items() if name not in ("id", "source")) for line in LINES]
    doubles = {line["id"] for line, a in zip(LINES, asked, strict=True) if asked.count(a) > 1}
    assert doubles <= {"4-12", "7-01", "3-06"}, "one statement that two sections make"
