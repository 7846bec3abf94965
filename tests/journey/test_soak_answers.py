"""Real answers, from file to gradebook: every student once, and the five files of the proof."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.soak, pytest.mark.xdist_group("journey"), pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]
DATA = ROOT / os.environ.get("REGROUP_DATA", "../shared/data")
HEADERS = {
    "groups.csv": ["group", "focus_skills", "student_id", "reason"],
    "playlists.csv": ["student_id", "position", "skill", "unit", "lms_module_id"],
    "scores.csv": ["student_id", "score"],
}
SMALL = {
    "responses.csv": ["student_id,item_id,correct"]
    + [f"S{s},i{i},{int((s + i) % 3 > 0)}" for s in range(7) for i in range(6)],
    "qmatrix.csv": ["item_id,add,take,share"]
    + [f"i{i},{int(i % 3 == 0)},{int(i % 3 == 1)},{int(i % 3 == 2)}" for i in range(6)],
}


@pytest.fixture(params=["frcsub", "timss07_g4", "small"])
def answers(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder of an answers file and its Q-matrix."""
    if request.param == "small":
        for name, lines in SMALL.items():
            (tmp_path / name).write_text("\n".join(lines) + "\n")
        return tmp_path
    folder = DATA / str(request.param)
    if not (folder / "responses.csv").is_file():
        pytest.skip(f"no {request.param} under REGROUP_DATA ({DATA})")
    return folder


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file)
        rows = list(table)
        assert table.fieldnames == HEADERS[path.name]
    return rows


def test_a_cycle_on_an_answers_file_ends_with_its_whole_proof(answers: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    files = [f"--responses={answers / 'responses.csv'}", f"--qmatrix={answers / 'qmatrix.csv'}"]
    run = subprocess.run(
        [sys.executable, "-m", "sandbox.cycle", *files, f"--out={out}"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[-1].startswith("cycle ok ")
    with (answers / "responses.csv").open(encoding="utf-8", newline="") as file:
        students = {row["student_id"] for row in csv.DictReader(file)}
    groups = rows_of(out / "groups.csv")
    assert sorted(row["student_id"] for row in groups) == sorted(students)
    assert all(row["reason"] and row["focus_skills"] for row in groups)
    assert {row["student_id"] for row in rows_of(out / "playlists.csv")} == students
    scores = rows_of(out / "scores.csv")
    assert all(float(row["score"]) > 0 for row in scores)
    assert 0 < len(scores) < len(students)
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert (summary["students"], summary["broken"], summary["writes_of_second_apply"]) == (
        len(students),
        [],
        0,
    )
    assert len((out / "digest.txt").read_text().strip()) == 64
