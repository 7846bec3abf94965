"""Groups and playlists from answer files, for people without an LMS: pandas outside, the engine inside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from grouping import tables
from grouping.mastery import estimate
from grouping.mixed_groups import form_mixed_groups
from grouping.model import Evidence, GroupSet, Mastery, Skill, SkillCode, StudentId, Unit
from grouping.playlists import PlaylistPlan, build_playlists
from grouping.rules import GroupingRules
from grouping.skill_groups import form_skill_groups
from grouping.skill_map import SkillMap
from grouping.tables import BadTable

COLUMNS = ("student_id", "item_id", "correct")
MINUTES = 10


class BadAnswers(ValueError):
    """A file cannot be used; the text names file, line (1 is the header), column, and what is wrong."""

    def __init__(self, file: Path, line: int, column: str | None, message: str) -> None:
        place = f"line {line}" if column is None else f"line {line}, column {column}"
        super().__init__(f"{file.name}, {place}: {message}")


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers and the skills that their items ask for."""

    students: tuple[StudentId, ...]
    skills: tuple[Skill, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the engine makes of the answers."""

    mastery: tuple[Mastery, ...]
    groups: tuple[GroupSet, ...]
    playlists: PlaylistPlan


def read_answers(responses: Path, qmatrix: Path) -> Answers:
    """Reads both files. Raises BadAnswers at the first thing that is wrong."""
    items = _items(qmatrix)
    codes = tuple(dict.fromkeys(code for skills in items.values() for code in skills))
    frame = _frame(responses)
    evidence = []
    for index, row in enumerate(frame.itertuples(index=False), start=2):
        student, item, correct = str(row.student_id), str(row.item_id), str(row.correct)
        if not student:
            raise BadAnswers(responses, index, "student_id", "is empty")
        if item not in items:
            raise BadAnswers(responses, index, "item_id", f"{item or 'blank'} is not in {qmatrix.name}")
        if correct not in ("0", "1"):
            raise BadAnswers(responses, index, "correct", f"{correct or 'blank'} is neither 0 nor 1")
        evidence.append(
            Evidence(StudentId(student), item, items[item], float(correct), 1.0, None, responses.name)
        )
    twice = frame.duplicated(["student_id", "item_id"])
    if twice.any():
        line = int(twice.to_numpy().argmax()) + 2
        raise BadAnswers(responses, line, "item_id", "this student has answered this item on an earlier line")
    skills = tuple(Skill(code, str(code), "general", None) for code in codes)
    return Answers(tuple(dict.fromkeys(row.student for row in evidence)), skills, tuple(evidence))


def _items(qmatrix: Path) -> dict[str, tuple[SkillCode, ...]]:
    try:
        return tables.read_item_map_csv(qmatrix.read_text(encoding="utf-8-sig"))
    except BadTable as error:
        raise BadAnswers(qmatrix, error.line, error.column, error.message) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadAnswers(qmatrix, 1, None, f"cannot be read ({type(error).__name__})") from error


def _frame(responses: Path) -> pd.DataFrame:
    try:
        frame = pd.read_csv(responses, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise BadAnswers(responses, 1, None, f"cannot be read ({type(error).__name__})") from error
    for column in COLUMNS:
        if column not in frame.columns:
            raise BadAnswers(responses, 1, column, "the column is missing")
    if frame.empty:
        raise BadAnswers(responses, 2, None, "no answer follows the column names")
    return frame


def suggest(answers: Answers, rules: GroupingRules) -> Suggestion:
    """Skill groups, mixed pods, playlists; no map, so the order is by class difficulty (a note says so)."""
    mastery = estimate(answers.evidence, students=answers.students, skills=answers.skills)
    units = [Unit(f"{skill.code}-1", skill.code, skill.title, MINUTES) for skill in answers.skills]
    return Suggestion(
        tuple(mastery),
        (
            form_skill_groups(mastery, answers.skills, rules),
            form_mixed_groups(mastery, answers.students, rules),
        ),
        build_playlists(mastery, SkillMap.build(answers.skills), units, class_grade=None),
    )


def groups_table(suggestion: Suggestion) -> pd.DataFrame:
    """A row for each placement: kind, group, focus_skills, student_id, reason."""
    rows = []
    for group_set in suggestion.groups:
        focus = {group.number: " ".join(group.focus) for group in group_set.groups}
        rows += [
            (group_set.kind, one.group, focus[one.group], one.student, one.reason)
            for one in group_set.placements
        ]
    return pd.DataFrame(rows, columns=["kind", "group", "focus_skills", "student_id", "reason"])


def playlists_table(suggestion: Suggestion) -> pd.DataFrame:
    """A row for each place in a playlist: student, area, position, week, skill, minutes, reason."""
    rows = [
        (one.student, one.content_area, entry.position, entry.week, entry.skill, entry.minutes, entry.reason)
        for one in suggestion.playlists.playlists
        for entry in one.entries
    ]
    columns = ["student_id", "content_area", "position", "week", "skill", "minutes", "reason"]
    return pd.DataFrame(rows, columns=columns)
