"""The CSV files that a course carries for the tool, with the exact headers it expects."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sandbox.world.model import Course, CourseFile
from sandbox.world.store import World


@dataclass(frozen=True, slots=True)
class Skill:
    """A teachable skill of the class, as the files tell it to the tool."""

    code: str
    title: str
    content_area: str
    grade: int
    priority: bool = False
    minutes: int = 10
    has_material: bool = True

    @property
    def page(self) -> str:
        """The title of its wiki page."""
        return f"Learn: {self.title}"

    @property
    def check(self) -> str:
        """The name of its check assignment."""
        return f"Check: {self.title}"


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file, UTF-8, one header line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def add_file(world: World, course: Course, name: str, body: bytes) -> CourseFile:
    """Put a file into the course; students do not see it."""
    now = world.clock.now()
    return world.add(
        CourseFile(
            course_id=course.id,
            display_name=name,
            content_type="text/csv; charset=utf-8",
            body=body,
            uuid=world.new_uuid(),
            hidden=True,
            created_at=now,
            updated_at=now,
        )
    )


def add_skill_files(
    world: World, course: Course, skills: Sequence[Skill], items: Mapping[str, Sequence[str]]
) -> None:
    """regroup-skills.csv, regroup-items.csv (which item asks for which skills) and regroup-units.csv."""
    rows = [(s.code, s.title, s.content_area, s.grade, "yes" if s.priority else "no") for s in skills]
    header = ("skill", "title", "content_area", "grade", "priority")
    add_file(world, course, "regroup-skills.csv", csv_bytes(header, rows))
    asked = [s.code for s in skills if any(s.code in codes for codes in items.values())]
    table = [(name, *(int(code in codes) for code in asked)) for name, codes in items.items()]
    add_file(world, course, "regroup-items.csv", csv_bytes(("item_id", *asked), table))
    units = [
        (s.code, s.title, s.minutes, s.page if s.has_material else "", s.check if s.has_material else "")
        for s in skills
    ]
    units_header = ("skill", "unit", "minutes", "page", "check")
    add_file(world, course, "regroup-units.csv", csv_bytes(units_header, units))
