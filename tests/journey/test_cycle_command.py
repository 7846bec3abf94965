"""`python -m sandbox.cycle` and answers that cannot be used: exit 2, and the place of the mistake."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.cycle import main

ROOT = Path(__file__).parents[2]
ANSWERS = "student_id,item_id,correct\nS1,i1,1\nS1,i2,0\nS2,i1,1\nS2,i2,1\n"
QMATRIX = "item_id,add,take\ni1,1,0\ni2,0,1\n"

BAD = [
    ("no-column", "student_id,item_id\nS1,i1\n", QMATRIX, "responses.csv, line 1, column correct"),
    ("no-0-or-1", ANSWERS.replace("S2,i1,1", "S2,i1,2"), QMATRIX, "responses.csv, line 4, column correct"),
    ("unknown-item", ANSWERS.replace("S2,i2", "S2,i9"), QMATRIX, "responses.csv, line 5, column item_id"),
    ("twice", ANSWERS + "S2,i2,1\n", QMATRIX, "responses.csv, line 6, column item_id"),
    ("nameless", ANSWERS.replace("S1,i2", ",i2"), QMATRIX, "responses.csv, line 3, column student_id"),
    ("torn", ANSWERS + "S3,i1\n", QMATRIX, "responses.csv, line 6"),
    ("empty", "", QMATRIX, "responses.csv"),
    ("quote", ANSWERS + 'S3,"i1,1\n', QMATRIX, "responses.csv, line"),
    ("q-value", ANSWERS, QMATRIX.replace("i2,0,1", "i2,0,yes"), "qmatrix.csv, line 3, column take"),
    ("q-nothing", ANSWERS, QMATRIX.replace("i2,0,1", "i2,0,0"), "qmatrix.csv, line 3, column item_id"),
    ("q-no-skill", ANSWERS, "item_id\ni1\ni2\n", "qmatrix.csv, line 1"),
    ("q-twice", ANSWERS, QMATRIX + "i1,1,0\n", "qmatrix.csv, line 4, column item_id"),
]


@pytest.mark.parametrize(
    ("answers", "qmatrix", "place"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_answers_that_cannot_be_read_end_with_2_and_their_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answers: str, qmatrix: str, place: str
) -> None:
    (tmp_path / "responses.csv").write_text(answers)
    (tmp_path / "qmatrix.csv").write_text(qmatrix)
    out = tmp_path / "out"
    assert main(_options(tmp_path, out)) == 2
    told = capsys.readouterr()
    assert place in told.err
    assert told.out == ""
    assert not out.exists()


def test_bytes_that_are_no_text_end_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "responses.csv").write_bytes(b"student_id,item_id,correct\n\xff\xfe,i1,1\n")
    (tmp_path / "qmatrix.csv").write_text(QMATRIX)
    assert main(_options(tmp_path, tmp_path / "out")) == 2
    assert "responses.csv" in capsys.readouterr().err


def test_a_file_that_is_not_there_ends_with_2_and_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "qmatrix.csv").write_text(QMATRIX)
    assert main(_options(tmp_path, tmp_path / "out")) == 2
    assert "responses.csv" in capsys.readouterr().err


def test_one_file_without_the_other_is_refused_by_the_command_itself(tmp_path: Path) -> None:
    (tmp_path / "responses.csv").write_text(ANSWERS)
    run = subprocess.run(
        [sys.executable, "-m", "sandbox.cycle", "--responses", str(tmp_path / "responses.csv")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert "RESPONSES and QMATRIX go together" in run.stderr


def _options(folder: Path, out: Path) -> list[str]:
    names = ("responses", "qmatrix")
    return [word for name in names for word in (f"--{name}", str(folder / f"{name}.csv"))] + [
        "--out",
        str(out),
    ]
