"""The generated class and courses made from answers files; bad files are named to the line."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest

from sandbox.__main__ import main
from sandbox.classes.answers import BadAnswers, add_answers_class
from sandbox.classes.generated import MATH, READING, add_generated_class, benchmark_items
from sandbox.testing.digest import course_digest
from sandbox.world.model import Assignment, CourseFile, Enrollment, OutcomeResult, WikiPage
from sandbox.world.store import World

DATA = Path(os.environ.get("REGROUP_DATA", "../shared/data"))


def rows_of(world: World, name: str) -> list[dict[str, str]]:
    (file,) = world.find(CourseFile, display_name=name)
    return list(csv.DictReader(io.StringIO(file.body.decode())))


# the generated class


@pytest.fixture(scope="module")
def class_world() -> World:
    world = World()
    add_generated_class(world)
    return world


def test_one_seed_is_one_class_and_another_seed_another() -> None:
    digests = []
    for seed in (7, 7, 8):
        world = World(seed=seed)
        digests.append(course_digest(world, add_generated_class(world, seed=seed).course)["digest"])
    assert digests[0] == digests[1] != digests[2]


def test_the_class_is_as_the_brief_has_it(class_world: World) -> None:
    types = [e.type for e in class_world.live(Enrollment)]
    assert {t: types.count(t) for t in sorted(set(types))} == {
        "ObserverEnrollment": 1, "StudentEnrollment": 28, "StudentViewEnrollment": 1, "TeacherEnrollment": 2,
    }  # fmt: skip
    published = [a for a in class_world.live(Assignment) if a.name.startswith("Fall check")]
    assert len(published) == 24
    assert all(a.workflow_state == "published" and a.points_possible == 1 for a in published)
    assert sum(len(codes) == 2 for codes in benchmark_items().values()) == 2


def test_needs_truly_differ_and_two_students_were_absent(class_world: World) -> None:
    right: dict[int, list[float]] = {}
    for assignment in class_world.live(Assignment):
        for row in class_world.submissions_of(assignment.id).values():
            if row.score is not None:
                right.setdefault(row.user_id, []).append(row.score)
    assert len(right) == 26
    shares = sorted(sum(scores) / len(scores) for scores in right.values())
    assert shares[0] < 0.35
    assert shares[-1] > 0.8
    excused = [
        r
        for a in class_world.live(Assignment)
        for r in class_world.submissions_of(a.id).values()
        if r.excused
    ]
    assert len(excused) == 4
    assert len({r.user_id for r in class_world.find(OutcomeResult)}) >= 20


def test_the_files_of_the_class_fit_what_is_in_it(class_world: World) -> None:
    names = {a.name for a in class_world.live(Assignment)}
    pages = {p.title for p in class_world.live(WikiPage)}
    codes = {s.code for s in (*MATH, *READING)}
    assert {r["skill"] for r in rows_of(class_world, "regroup-skills.csv")} == codes
    items = rows_of(class_world, "regroup-items.csv")
    assert {r["item_id"] for r in items} <= names
    assert all("1" in list(r.values())[1:] for r in items)
    units = rows_of(class_world, "regroup-units.csv")
    assert {r["page"] for r in units} - {""} <= pages
    assert {r["check"] for r in units} - {""} <= names
    assert sum(r["page"] == r["check"] == "" for r in units) == 2
    for row in rows_of(class_world, "regroup-prerequisites.csv"):
        assert {row["skill"], row["prerequisite"]} <= codes
    assert {r["skill"] for r in rows_of(class_world, "regroup-outcomes.csv")} <= codes


# courses from answers

GOOD_Q = "item_id,k1,k2\ni1,1,0\ni2,0,1\n"
GOOD_R = "student_id,item_id,correct\ns1,i1,1\ns1,i2,0\ns2,i1,0\n"


def write(
    folder: Path, responses: bytes | str, qmatrix: bytes | str, skills: str | None = None
) -> tuple[Path, Path]:
    for name, body in (("responses.csv", responses), ("qmatrix.csv", qmatrix), ("skills.csv", skills)):
        if body is not None:
            (folder / name).write_bytes(body if isinstance(body, bytes) else body.encode())
    return folder / "responses.csv", folder / "qmatrix.csv"


def test_students_answer_exactly_as_in_the_file_and_unseen_items_have_no_score(tmp_path: Path) -> None:
    world = World()
    names = "skill_id,name\nk1,Halves\nk2,Halves\n"
    made = add_answers_class(world, *write(tmp_path, "\ufeff" + GOOD_R, GOOD_Q, names))
    scores = {
        (user.login_id, a.name): row.score
        for a in world.find(Assignment, workflow_state="published")
        for user in made.students
        if (row := world.submission(a.id, user.id)) is not None
    }
    assert scores == {("s1", "i1"): 1.0, ("s1", "i2"): 0.0, ("s2", "i1"): 0.0, ("s2", "i2"): None}
    assert [u.sis_user_id for u in made.students] == ["s1", "s2"]
    assert [u.name != u.login_id for u in made.students] == [True, True]
    assert [r["title"] for r in rows_of(world, "regroup-skills.csv")] == ["Halves (k1)", "Halves (k2)"]
    assert "regroup-prerequisites.csv" not in [f.display_name for f in world.live(CourseFile)]


BAD = [
    # responses, qmatrix -> file, line, column
    ("", GOOD_Q, "responses.csv", 1, ""),
    ("\n\n", GOOD_Q, "responses.csv", 1, ""),
    ("student_id,item_id,correct\n", GOOD_Q, "responses.csv", 1, ""),
    ("student_id,item_id\ns1,i1\n", GOOD_Q, "responses.csv", 1, "correct"),
    ("student,item_id,correct\ns1,i1,1\n", GOOD_Q, "responses.csv", 1, "student_id"),
    (GOOD_R + "s3,i1,2\n", GOOD_Q, "responses.csv", 5, "correct"),
    (GOOD_R + "s3,i1,\n", GOOD_Q, "responses.csv", 5, "correct"),
    (GOOD_R + "s3,i1,yes\n", GOOD_Q, "responses.csv", 5, "correct"),
    (GOOD_R + "s3,i9,1\n", GOOD_Q, "responses.csv", 5, "item_id"),
    (GOOD_R + "\ns1,i1,1\n", GOOD_Q, "responses.csv", 6, "item_id"),
    (GOOD_R + ",i1,1\n", GOOD_Q, "responses.csv", 5, "student_id"),
    (GOOD_R + "s3,i1\n", GOOD_Q, "responses.csv", 5, ""),
    (GOOD_R + "s3,i1,1,x\n", GOOD_Q, "responses.csv", 5, ""),
    (GOOD_R + 's3,"i1,1\n', GOOD_Q, "responses.csv", 5, ""),
    (GOOD_R.encode() + b"s\xe9,i1,1\n", GOOD_Q, "responses.csv", 5, ""),
    (GOOD_R.encode("utf-16"), GOOD_Q, "responses.csv", 1, ""),
    ("student_id,item_id,correct,correct\ns1,i1,1,1\n", GOOD_Q, "responses.csv", 1, "correct"),
    (GOOD_R, "", "qmatrix.csv", 1, ""),
    (GOOD_R, "item_id\ni1\n", "qmatrix.csv", 1, ""),
    (GOOD_R, "item,k1\ni1,1\n", "qmatrix.csv", 1, "item_id"),
    (GOOD_R, GOOD_Q + "i3,0,0\n", "qmatrix.csv", 4, "item_id"),
    (GOOD_R, GOOD_Q + "i1,1,0\n", "qmatrix.csv", 4, "item_id"),
    (GOOD_R, GOOD_Q + "i3,1,x\n", "qmatrix.csv", 4, "k2"),
    (GOOD_R, GOOD_Q + ",1,0\n", "qmatrix.csv", 4, "item_id"),
    (GOOD_R, "item_id,k1,k1\ni1,1,0\n", "qmatrix.csv", 1, "k1"),
]


@pytest.mark.parametrize(("responses", "qmatrix", "file", "line", "column"), BAD)
def test_a_bad_file_is_named_to_line_and_column_and_nothing_is_made(
    tmp_path: Path, responses: bytes | str, qmatrix: str, file: str, line: int, column: str
) -> None:
    world = World()
    with pytest.raises(BadAnswers) as caught:
        add_answers_class(world, *write(tmp_path, responses, qmatrix))
    error = caught.value
    assert (error.file, error.line, error.column) == (file, line, column)
    assert str(error).startswith(f"{file}, line {line}")
    assert not world.table(Assignment)


def test_a_missing_file_and_odd_skill_names_are_bad_answers_too(tmp_path: Path) -> None:
    responses, qmatrix = write(tmp_path, GOOD_R, GOOD_Q)
    with pytest.raises(BadAnswers, match=r"none\.csv"):
        add_answers_class(World(), tmp_path / "none.csv", qmatrix)
    with pytest.raises(BadAnswers, match=r"skills\.csv"):
        add_answers_class(World(), *write(tmp_path, GOOD_R, GOOD_Q, "colour\nred\n"))
    assert responses.exists()


def test_the_command_ends_with_2_and_names_the_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    responses, qmatrix = write(tmp_path, GOOD_R + "s3,i9,1\n", GOOD_Q)
    code = main(["--port", "0", "--answers", str(responses), "--qmatrix", str(qmatrix)])
    assert code == 2
    assert (
        'responses.csv, line 5, column item_id: item "i9" is not in the Q-matrix' in capsys.readouterr().err
    )


@pytest.mark.parametrize(("folder", "students", "items", "skills", "answers"), [
    ("frcsub", 536, 20, 8, 10_720), ("timss07_g4", 698, 25, 15, 12_494),
])  # fmt: skip
def test_real_answers_are_loaded_whole(
    folder: str, students: int, items: int, skills: int, answers: int
) -> None:
    place = DATA / folder
    if not place.is_dir():
        pytest.skip(f"no {place}: set REGROUP_DATA to the folder that holds it")
    world = World()
    made = add_answers_class(world, place / "responses.csv", place / "qmatrix.csv")
    benchmark = world.find(Assignment, workflow_state="published")
    scores = [r.score for a in benchmark for r in world.submissions_of(a.id).values() if r.score is not None]
    assert (len(made.students), len(scores)) == (students, answers)
    assert len({u.name for u in made.students}) == students
    assert len(rows_of(world, "regroup-items.csv")) == items
    assert len(rows_of(world, "regroup-units.csv")) == skills
