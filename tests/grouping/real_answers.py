"""Real answers from REGROUP_DATA (default ../shared/data); where a set is absent its tests are skipped."""

from __future__ import annotations

import csv
import os
from functools import cache
from pathlib import Path

import pytest

from grouping.model import Evidence, Skill, SkillCode, StudentId
from grouping.tables import read_item_map_csv

ROOT = Path(__file__).parents[2]


@cache
def real_class(name: str, students: int | None = None) -> tuple[list[Evidence], list[StudentId], list[Skill]]:
    """(evidence, students, skills) of the first `students` students of a set, all by default."""
    folder = (ROOT / os.environ.get("REGROUP_DATA", "../shared/data") / name).resolve()
    if not (folder / "responses.csv").is_file():
        pytest.skip(f"no {name} answers: REGROUP_DATA does not hold them")
    skills_of = read_item_map_csv((folder / "qmatrix.csv").read_text("utf-8"))
    with (folder / "responses.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            (StudentId(row["student_id"]), row["item_id"], float(row["correct"]))
            for row in csv.DictReader(file)
        ]
    asked = sorted({student for student, _, _ in rows})[:students]
    wanted = set(asked)
    evidence = [
        Evidence(student, item, skills_of[item], points, 1.0, None, "benchmark")
        for student, item, points in rows
        if student in wanted
    ]
    codes = sorted({code for codes in skills_of.values() for code in codes})
    return evidence, asked, [Skill(SkillCode(code), code, "math", None) for code in codes]
