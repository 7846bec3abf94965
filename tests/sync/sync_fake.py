"""An LMS in memory that keeps to the ports, for thousands of plans in a second. It counts its writes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from sync.errors import NotFound, Refused
from sync.ports import Gateway
from sync.records import (
    ItemKind,
    Labels,
    LineItem,
    LmsAssignment,
    LmsGroup,
    LmsItem,
    LmsPage,
    LmsUnit,
    Result,
    Score,
    Submission,
    SubmissionState,
)
from sync.wanted import WantedCheck, WantedLineItem, WantedPage

LABELS = Labels("the LMS", "class", "group", "folder", "task", "page", "category", "column")


@dataclass
class Course:
    """What stands in one course."""

    ids: count = field(default_factory=lambda: count(1))
    writes: int = 0
    groups: dict[str, LmsGroup] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    units: dict[str, LmsUnit] = field(default_factory=dict)
    pages: dict[str, LmsPage] = field(default_factory=dict)
    checks: dict[str, LmsAssignment] = field(default_factory=dict)
    work: dict[str, set[str]] = field(default_factory=dict)
    columns: dict[str, LineItem] = field(default_factory=dict)
    scores: dict[tuple[str, str], Score] = field(default_factory=dict)

    def new_id(self) -> str:
        self.writes += 1
        return f"x{next(self.ids)}"

    def shown(self) -> object:
        """What people see, without ids."""
        groups = sorted((group.name, sorted(group.members)) for group in self.groups.values())
        units = sorted(
            (
                unit.name,
                unit.is_published,
                sorted(unit.audience or []) if unit.is_published else [],
                [item.title for item in unit.items],
            )
            for unit in self.units.values()
        )
        checks = sorted((check.name, check.points_possible) for check in self.checks.values())
        return groups, units, checks, sorted(page.title for page in self.pages.values())


class Groups:
    def __init__(self, course: Course) -> None:
        self.at = course

    def find(self, course: str, name: str, besides: Collection[str]) -> str | None:
        return next(
            (g.lms_id for g in self.at.groups.values() if g.name == name and g.lms_id not in besides), None
        )

    def create(self, course: str, name: str) -> str:
        lms_id = self.at.new_id()
        self.at.groups[lms_id] = LmsGroup(lms_id, name, {})
        return lms_id

    def rename(self, course: str, group: str, name: str) -> None:
        self.at.writes += 1
        self.at.groups[group] = replace(self.at.groups[group], name=name)

    def add_member(self, course: str, group: str, user: str) -> str:
        self.at.writes += 1
        place = f"{group}/{user}"
        self.at.groups[group] = replace(
            self.at.groups[group], members={**self.at.groups[group].members, user: place}
        )
        return place

    def remove_member(self, course: str, group: str, place: str) -> None:
        self.at.writes += 1
        members = {user: each for user, each in self.at.groups[group].members.items() if each != place}
        self.at.groups[group] = replace(self.at.groups[group], members=members)

    def remove(self, course: str, group: str) -> None:
        self.at.writes += 1
        if self.at.groups[group].members:
            raise Refused("Somebody is in it.")
        del self.at.groups[group]

    def list(self, course: str) -> list[LmsGroup]:
        return list(self.at.groups.values())


class Units:
    def __init__(self, course: Course) -> None:
        self.at = course

    def find_check_folder(self, course: str, name: str) -> str | None:
        return next((lms_id for lms_id, each in self.at.folders.items() if each == name), None)

    def create_check_folder(self, course: str, name: str) -> str:
        lms_id = self.at.new_id()
        self.at.folders[lms_id] = name
        return lms_id

    def has_check_folder(self, course: str, folder: str) -> bool:
        return folder in self.at.folders

    def find_unit(self, course: str, name: str, besides: Collection[str]) -> str | None:
        return next(
            (u.lms_id for u in self.at.units.values() if u.name == name and u.lms_id not in besides), None
        )

    def create_unit(self, course: str, name: str, position: int | None) -> str:
        lms_id = self.at.new_id()
        self.at.units[lms_id] = LmsUnit(lms_id, name, position or len(self.at.units) + 1, False, None, None)
        return lms_id

    def _change(self, unit: str, **changes: object) -> None:
        self.at.writes += 1
        self.at.units[unit] = replace(self.at.units[unit], **changes)

    def rename_unit(self, course: str, unit: str, name: str) -> None:
        self._change(unit, name=name)

    def set_audience(self, course: str, unit: str, students: frozenset[str], marker: str) -> None:
        assert students, "an empty audience would open the unit to everybody"
        self._change(unit, audience=students, audience_marker=marker)

    def find_page(self, course: str, title: str, marker: str) -> str | None:
        return next((page.slug for page in self.at.pages.values() if marker in page.body), None)

    def create_page(self, course: str, page: WantedPage, marker: str) -> str:
        slug = self.at.new_id()
        self.at.pages[slug] = LmsPage(slug, slug, page.title, f"{marker} {page.body}", False)
        return slug

    def hide_page(self, course: str, page: str) -> None:
        self.at.writes += 1

    def find_check(self, course: str, title: str, marker: str) -> str | None:
        return next((check.lms_id for check in self.at.checks.values() if marker in check.description), None)

    def create_check(self, course: str, folder: str, check: WantedCheck, marker: str) -> str:
        assert folder in self.at.folders
        lms_id = self.at.new_id()
        self.at.checks[lms_id] = LmsAssignment(
            lms_id,
            check.title,
            check.points,
            False,
            description=marker,
            is_restricted=True,
            counts_in_grade=False,
        )
        return lms_id

    def find_item(self, course: str, unit: str, kind: ItemKind, target: str) -> str | None:
        items = self.at.units[unit].items
        return next((item.lms_id for item in items if (item.kind, item.target_id) == (kind, target)), None)

    def add_item(
        self, course: str, unit: str, kind: ItemKind, target: str, title: str, passing_fraction: float | None
    ) -> str:
        lms_id = self.at.new_id()
        self._change(unit, items=(*self.at.units[unit].items, LmsItem(lms_id, kind, target, title, False)))
        return lms_id

    def open_unit(self, course: str, unit: str, checks: Sequence[str]) -> None:
        assert self.at.units[unit].audience, "opened before it had an audience"
        for check in checks:
            self.at.checks[check] = replace(self.at.checks[check], is_published=True)
        self._change(unit, is_published=True)

    def close_unit(self, course: str, unit: str) -> None:
        self._change(unit, is_published=False)

    def remove_unit(self, course: str, unit: str) -> None:
        self.at.writes += 1
        del self.at.units[unit]

    def remove_check(self, course: str, check: str) -> None:
        self.at.writes += 1
        if self.at.work.get(check):
            raise Refused("There is work in it.")
        del self.at.checks[check]

    def remove_page(self, course: str, page: str) -> None:
        self.at.writes += 1
        self.at.pages.pop(page, None)

    def list(self, course: str, audiences_of: Collection[str]) -> list[LmsUnit]:
        units = self.at.units.values()
        return [unit if unit.lms_id in audiences_of else replace(unit, audience=None) for unit in units]


class Grades:
    def __init__(self, course: Course) -> None:
        self.at = course

    def assignments(self, course: str) -> list[LmsAssignment]:
        return list(self.at.checks.values())

    def submissions(
        self, course: str, assignment_ids: Sequence[str], since: object = None
    ) -> list[Submission]:
        rows = [(check, user) for check in assignment_ids for user in self.at.work.get(check, ())]
        return [Submission(check, user, 3.0, 5.0, SubmissionState.SCORED) for check, user in rows]

    def pages(self, course: str) -> list[LmsPage]:
        return list(self.at.pages.values())


class Scores:
    def __init__(self, course: Course) -> None:
        self.at = course

    def line_items(self) -> list[LineItem]:
        return list(self.at.columns.values())

    def find(self, resource_id: str) -> LineItem | None:
        return next((each for each in self.at.columns.values() if each.resource_id == resource_id), None)

    def create(self, line_item: WantedLineItem) -> LineItem:
        url = self.at.new_id()
        self.at.columns[url] = LineItem(url, line_item.label, line_item.maximum, line_item.key)
        return self.at.columns[url]

    def quieten(self, course: str, line_item: LineItem, folder: str | None) -> None:
        self.at.writes += 1
        if line_item.url not in self.at.columns:
            raise NotFound("No such column.")

    def send(self, line_item_url: str, score: Score) -> None:
        self.at.writes += 1
        self.at.scores[line_item_url, score.user] = score

    def results(self, line_item_url: str, user: str | None = None) -> list[Result]:
        return [
            Result(person, score.given, score.maximum)
            for (url, person), score in self.at.scores.items()
            if url == line_item_url and user in (None, person)
        ]


def gateway_to(course: Course) -> Gateway:
    """A gateway to that course in memory."""
    return Gateway("fake", LABELS, None, Grades(course), Groups(course), Units(course), Scores(course), {})  # type: ignore[arg-type]
