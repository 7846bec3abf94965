"""Small classes for the tests of grouping: answers written as strings of 0 and 1, and cells set by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from hypothesis import strategies as st

from grouping.mastery import MasterySettings, estimate
from grouping.model import BenchmarkState, Evidence, Mastery, Prerequisite, Skill, SkillCode, StudentId

Answers = Mapping[str, Mapping[str, str]]
FIXED = MasterySettings(level_variance=1.0, strength=8.0)
SKILLS = ("A", "B", "C", "D", "E")

P_MET = {
    BenchmarkState.LIKELY_MET: 0.95,
    BenchmarkState.NEARLY: 0.4,
    BenchmarkState.LIKELY_NOT_YET: 0.05,
    BenchmarkState.CANT_TELL: 0.5,
    BenchmarkState.NOT_ASSESSED: None,
}


def skill(code: str, *, area: str = "math", grade: str | None = "4") -> Skill:
    return Skill(SkillCode(code), f"Skill {code}", area, grade)


def skills_of(answers: Answers) -> list[Skill]:
    return [skill(code) for code in sorted({code for row in answers.values() for code in row})]


def evidence_of(answers: Answers) -> list[Evidence]:
    """{"ana": {"A": "110"}} is three answers on items A-0, A-1, A-2; a "." is an item not seen."""
    return [
        Evidence(StudentId(student), f"{code}-{n}", (SkillCode(code),), float(mark), 1.0, None, "check")
        for student, row in answers.items()
        for code, marks in row.items()
        for n, mark in enumerate(marks)
        if mark != "."
    ]


def mastery_of(answers: Answers, settings: MasterySettings = FIXED) -> list[Mastery]:
    students = [StudentId(student) for student in answers]
    return estimate(evidence_of(answers), students=students, skills=skills_of(answers), settings=settings)


def cell(student: str, code: str, state: BenchmarkState, *, p_met: float | None = None) -> Mastery:
    """A cell in that state, with numbers that go with it."""
    sure = P_MET[state] if p_met is None else p_met
    if sure is None:
        return Mastery(StudentId(student), SkillCode(code), 0.0, 0.0, 0, None, None, None, None, state)
    points, low, high = round(8 * sure), sure / 2, (1 + sure) / 2
    return Mastery(StudentId(student), SkillCode(code), points, 8.0, 8, sure, low, high, sure, state)


def cells(states: Mapping[str, str], codes: Iterable[str] = SKILLS) -> list[Mastery]:
    """{"ana": "MN?x-"} is, skill by skill: met, nearly, can't tell, likely not yet, not assessed."""
    words = {
        "M": BenchmarkState.LIKELY_MET,
        "N": BenchmarkState.NEARLY,
        "x": BenchmarkState.LIKELY_NOT_YET,
        "?": BenchmarkState.CANT_TELL,
        "-": BenchmarkState.NOT_ASSESSED,
    }
    return [
        cell(student, code, words[letter])
        for student, letters in states.items()
        for code, letter in zip(codes, letters, strict=False)
    ]


def chain(*codes: str) -> list[Prerequisite]:
    """Each code wanted before the next."""
    return [Prerequisite(SkillCode(after), SkillCode(before)) for before, after in pairwise(codes)]


def classes(*, most_students: int = 14) -> st.SearchStrategy[dict[str, dict[str, str]]]:
    """Classes of 1.. students over 1..5 skills with 0..6 answers in a cell; some students absent."""
    marks = st.text(alphabet="01", max_size=6)

    def rows(codes: list[str]) -> st.SearchStrategy[dict[str, dict[str, str]]]:
        row = st.one_of(st.fixed_dictionaries(dict.fromkeys(codes, marks)), st.just(dict.fromkeys(codes, "")))
        return st.lists(row, min_size=1, max_size=most_students).map(
            lambda found: {f"s{n:02}": one for n, one in enumerate(found)}
        )

    return st.integers(1, len(SKILLS)).flatmap(lambda count: rows(list(SKILLS[:count])))
