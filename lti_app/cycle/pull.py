"""LMS -> our tables: roster, the teacher's own tables in the course files, benchmark answers.

Everything is read first, then saved in one transaction: a page that fails half-way leaves what was there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sized
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from grouping import tables
from grouping.model import Prerequisite, Skill, SkillCode
from grouping.skill_map import SkillMap
from grouping.tables import BadTable, UnitMaterial
from sync.names import unit_name_faults
from sync.ports import GradeSource, RosterSource
from sync.records import (
    CourseFile,
    LmsAssignment,
    LmsPage,
    Membership,
    OutcomeInfo,
    OutcomeResult,
    Submission,
)

PREFIX = "regroup-"
SKILLS, PREREQUISITES = f"{PREFIX}skills.csv", f"{PREFIX}prerequisites.csv"
ITEMS, OUTCOMES, UNITS = f"{PREFIX}items.csv", f"{PREFIX}outcomes.csv", f"{PREFIX}units.csv"
FILES = (SKILLS, PREREQUISITES, ITEMS, OUTCOMES, UNITS)
NO_AREA = "general"
READINGS = 7
"""Readings of the LMS in one pull, for the progress bar."""

Report = Callable[[int, int, str], None]
Rows = TypeVar("Rows", bound=Sized)


class NothingToPull(Exception):
    """The course cannot be used as it is; `what` and `remedy` say why and what to do. Nothing was saved."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what, self.done, self.remedy = what, "Nothing was changed, here or there.", remedy


@dataclass(frozen=True, slots=True)
class FileReport:
    """One course file: whether it is there, how many lines it gave, or where and why it cannot be read."""

    name: str
    is_found: bool
    rows: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Tables:
    """The teacher's tables as records. `unlisted` are skills that only another table names.

    `readable` are the files that are there and could be read: what another one said before stays as it was.
    """

    skills: tuple[Skill, ...]
    unlisted: tuple[Skill, ...]
    prerequisites: tuple[Prerequisite, ...]
    items: Mapping[str, tuple[SkillCode, ...]]
    outcomes: Mapping[str, tuple[SkillCode, ...]]
    units: tuple[UnitMaterial, ...]
    files: tuple[FileReport, ...]

    @property
    def readable(self) -> frozenset[str]:
        """Names of the files whose rows were taken."""
        return frozenset(file.name for file in self.files if file.is_found and not file.problem)

    @property
    def missing(self) -> frozenset[str]:
        """Names of the files that are not in the course."""
        return frozenset(file.name for file in self.files if not file.is_found)


@dataclass(frozen=True, slots=True)
class Pulled:
    """One whole reading of a course. `at` is when it was read."""

    at: datetime
    people: tuple[Membership, ...]
    tables: Tables
    items: Mapping[str, LmsAssignment]
    outcomes: Mapping[str, OutcomeInfo]
    pages: Mapping[str, LmsPage]
    checks: Mapping[str, LmsAssignment]
    submissions: tuple[Submission, ...]
    outcome_results: tuple[OutcomeResult, ...]
    unmatched: tuple[str, ...] = ()
    problems: tuple[str, ...] = field(default=())


def read_course(
    roster: RosterSource, grades: GradeSource, course: str, *, now: datetime, report: Report
) -> Pulled:
    """All that a cycle needs of the course, in seven readings.

    Raises LmsError when the LMS does not give the whole, NothingToPull for a course without students or
    without a benchmark, and keeps nothing in either case.
    """
    report(0, READINGS, "Reading who is in the course")
    people = tuple(roster.memberships(course))
    if not any(person.is_learner and person.is_active for person in people):
        raise NothingToPull(
            "This course has no students yet.",
            "Add students to the course (or wait for the school's nightly update), then check again.",
        )
    strangers = _not_known_through_lti(people)
    report(1, READINGS, "Reading your tables in the course files")
    found = _read_tables(grades, course)
    report(2, READINGS, "Reading assignments, pages and outcomes")
    assignments = _by_name(grades.assignments(course))
    items = {name: assignments[name] for name in found.items if name in assignments}
    listed = {outcome.title: outcome for outcome in grades.outcomes(course)} if found.outcomes else {}
    outcomes = {title: listed[title] for title in found.outcomes if title in listed}
    unmatched = tuple(
        [name for name in found.items if name not in items]
        + [title for title in found.outcomes if title not in outcomes]
    )
    if not items and not outcomes:
        raise NothingToPull(_no_benchmark(found, unmatched), _how_to_give_one())
    pages, checks, problems = _material(grades, course, found.units, assignments)
    learners = [person.name for person in people if person.is_learner]
    report(4, READINGS, "Reading the benchmark's answers")
    published = [item.lms_id for item in items.values() if item.is_published]
    submissions = tuple(grades.submissions(course, published)) if published else ()
    report(6, READINGS, "Reading outcome results")
    results = tuple(grades.outcome_results(course)) if outcomes else ()
    report(READINGS, READINGS, "Saving")
    return Pulled(
        at=now,
        people=people,
        tables=found,
        items=items,
        outcomes=outcomes,
        pages=pages,
        checks=checks,
        submissions=submissions,
        outcome_results=results,
        unmatched=unmatched,
        problems=(*strangers, *problems, *_unfit_names(found.units, learners)),
    )


def _by_name(assignments: Iterable[LmsAssignment]) -> dict[str, LmsAssignment]:
    # Names are not unique in an LMS: the published one is the benchmark, a draft of the same name is not.
    named: dict[str, LmsAssignment] = {}
    for assignment in assignments:
        if assignment.name not in named or (
            assignment.is_published and not named[assignment.name].is_published
        ):
            named[assignment.name] = assignment
    return named


def _material(
    grades: GradeSource, course: str, units: Iterable[UnitMaterial], assignments: Mapping[str, LmsAssignment]
) -> tuple[dict[str, LmsPage], dict[str, LmsAssignment], tuple[str, ...]]:
    wanted_pages = {unit.page for unit in units if unit.page}
    wanted_checks = {unit.check for unit in units if unit.check}
    pages = (
        {page.title: page for page in grades.pages(course) if page.title in wanted_pages}
        if wanted_pages
        else {}
    )
    checks = {name: assignments[name] for name in wanted_checks if name in assignments}
    missing = [f"the page “{name}”, which the course does not have" for name in wanted_pages - set(pages)]
    missing += [f"the check “{name}”, which the course does not have" for name in wanted_checks - set(checks)]
    problems = [f"{UNITS} names {what}: till then its unit is a task with you." for what in sorted(missing)]
    problems += [
        f"{UNITS}: “{unit.unit.title}” has no check, so nobody could meet it: it is a task with you."
        for unit in units
        if unit.unit is not None and unit.check is None
    ]
    return pages, checks, tuple(problems)


def _not_known_through_lti(people: Iterable[Membership]) -> tuple[str, ...]:
    """Learners without an LTI id cannot be kept, nor get a score; if it is all of them, the pull ends."""
    learners = [person for person in people if person.is_learner and person.is_active]
    without = sum(1 for person in learners if person.sub is None)
    if without == len(learners):
        raise NothingToPull(
            "The LMS does not tell Regroup who its students are in LTI (Names and Roles service).",
            "Ask your LMS administrator to allow that service for Regroup, then check again.",
        )
    if not without:
        return ()
    return (f"{without} of {len(learners)} students are not known through LTI yet and were left out.",)


def _unfit_names(units: Iterable[UnitMaterial], learners: list[str]) -> list[str]:
    """Units whose name students must not see, by skill: the name itself may hold a child's."""
    return [
        f"{UNITS}: the unit of {material.skill} needs another name: it {' and '.join(faults)}."
        for material in units
        if material.unit and (faults := unit_name_faults(material.unit.title, learners))
    ]


def _no_benchmark(found: Tables, unmatched: tuple[str, ...]) -> str:
    if unmatched:
        return f"No benchmark was found: none of the {len(unmatched)} names in your tables is in this course."
    broken = [f"{report.name}: {report.problem}" for report in found.files if report.problem]
    return "No benchmark was found. " + (
        " ".join(broken) or "The course has no table that says what asks for what."
    )


def _how_to_give_one() -> str:
    return (
        f"Put {ITEMS} (each assignment with the skills it asks for) or {OUTCOMES} into the course's files, "
        "with the names spelt as in the course, then check again."
    )


# tables


def _read_tables(grades: GradeSource, course: str) -> Tables:
    there = {file.name.lower(): file for file in grades.files(course, PREFIX)}
    texts: dict[str, str] = {}
    reports: dict[str, FileReport] = {}
    for name in FILES:
        file = there.get(name)
        if file is None:
            reports[name] = FileReport(name, is_found=False)
            continue
        try:
            texts[name] = _text_of(grades, file)
            reports[name] = FileReport(name, is_found=True)
        except BadTable as error:
            reports[name] = FileReport(name, is_found=True, problem=str(error))
    return _tables(texts, reports)


def _text_of(grades: GradeSource, file: CourseFile) -> str:
    try:
        return grades.download(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadTable(1, None, "is not UTF-8 text: save it as “CSV UTF-8”") from error


def _tables(texts: Mapping[str, str], reports: dict[str, FileReport]) -> Tables:
    def read(name: str, reader: Callable[[str], Rows], nothing: Rows) -> Rows:
        if name not in texts:
            return nothing
        try:
            rows = reader(texts[name])
        except BadTable as error:
            reports[name] = FileReport(name, is_found=True, problem=str(error))
            return nothing
        reports[name] = FileReport(name, is_found=True, rows=len(rows))
        return rows

    skills = read(SKILLS, tables.read_skills_csv, list[Skill]())
    items = read(ITEMS, tables.read_item_map_csv, dict[str, tuple[SkillCode, ...]]())
    outcomes = read(OUTCOMES, tables.read_outcome_map_csv, dict[str, tuple[SkillCode, ...]]())
    units = read(UNITS, tables.read_units_csv, list[UnitMaterial]())
    edges = read(PREREQUISITES, tables.read_prerequisites_csv, list[Prerequisite]())
    unlisted = _unlisted(skills, items, outcomes, units)
    try:
        SkillMap.build((*skills, *unlisted), edges)
    except ValueError as error:
        reports[PREREQUISITES] = FileReport(PREREQUISITES, is_found=True, problem=str(error))
        edges = []
    return Tables(
        skills=tuple(skills),
        unlisted=unlisted,
        prerequisites=tuple(edges),
        items=items,
        outcomes=outcomes,
        units=tuple(units),
        files=tuple(reports[name] for name in FILES),
    )


def _unlisted(
    skills: Iterable[Skill],
    items: Mapping[str, tuple[SkillCode, ...]],
    outcomes: Mapping[str, tuple[SkillCode, ...]],
    units: Iterable[UnitMaterial],
) -> tuple[Skill, ...]:
    listed = {skill.code for skill in skills}
    named = [code for codes in (*items.values(), *outcomes.values()) for code in codes]
    codes = dict.fromkeys([*named, *(unit.skill for unit in units)])
    return tuple(Skill(code, str(code), NO_AREA, None) for code in codes if code not in listed)


__all__ = ["FILES", "FileReport", "NothingToPull", "Pulled", "Report", "Tables", "read_course"]
