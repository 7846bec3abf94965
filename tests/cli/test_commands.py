"""The `regroup` command: files in, tables out; registrations and districts on a real database."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from lti_app.cli import main
from lti_app.settings import Settings
from lti_app.store.db import Database
from lti_app.store.models.districts import District
from lti_app.store.models.lti import Deployment
from lti_app.store.models.skills import Skill

Run = Callable[..., Result]
QMATRIX = "item_id,halves,area\ni1,1,0\ni2,1,0\ni3,0,1\ni4,1,1\n"
REGISTRATION = (
    "registrations", "add", "--district", "Cedar Grove", "--issuer", "http://lms.localhost:1",
    "--client-id", "c1", "--deployment-id", "d1", "--auth-url", "http://lms.localhost:1/auth",
    "--token-url", "http://lms.localhost:1/token", "--jwks-url", "http://lms.localhost:1/jwks",
)  # fmt: skip


def responses(students: int) -> str:
    rows = [
        f"s{student:02},i{item},{int((student + item) % 3 > 0)}"
        for student in range(1, students + 1)
        for item in range(1, 5)
    ]
    return "student_id,item_id,correct\n" + "\n".join(rows) + "\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    answers, qmatrix = tmp_path / "responses.csv", tmp_path / "qmatrix.csv"
    answers.write_text(responses(9), encoding="utf-8")
    qmatrix.write_text(QMATRIX, encoding="utf-8")
    return answers, qmatrix


def run_files(command: str, files: tuple[Path, Path], *more: str) -> Result:
    return CliRunner().invoke(main, [command, str(files[0]), str(files[1]), *more])


def test_groups_places_every_student_once_in_each_kind_with_a_reason(files: tuple[Path, Path]) -> None:
    found = json.loads(run_files("groups", files, "--json").output)["placements"]
    for kind in ("skill", "mixed"):
        placed = [row for row in found if row["kind"] == kind]
        assert sorted(row["student_id"] for row in placed) == [f"s{number:02}" for number in range(1, 10)]
        assert all(row["reason"] for row in placed)


def test_cycle_writes_two_tables_and_says_how_many_rows(files: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = run_files("cycle", files, "--out", str(out), "--json")
    assert ended.exit_code == 0, ended.output
    groups = list(csv.DictReader(StringIO((out / "groups.csv").read_text())))
    playlists = list(csv.DictReader(StringIO((out / "playlists.csv").read_text())))
    assert json.loads(ended.output)["placements"] == len(groups) == 18
    assert {row["student_id"] for row in playlists} == {row["student_id"] for row in groups}


@pytest.mark.parametrize(
    ("answers", "qmatrix", "said"),
    [
        (
            "student_id,item_id,correct\ns1,i9,1\n",
            QMATRIX,
            "responses.csv, line 2, column item_id: i9 is not in",
        ),
        (
            "student_id,item_id,correct\ns1,i1,2\n",
            QMATRIX,
            "responses.csv, line 2, column correct: 2 is neither",
        ),
        ("student_id,item_id,correct\ns1,i1,\n", QMATRIX, "line 2, column correct: blank is neither"),
        ("student_id,item_id,correct\n,i1,1\n", QMATRIX, "line 2, column student_id: is empty"),
        ("student_id,item_id,correct\ns1,i1,1\ns1,i1,0\n", QMATRIX, "line 3, column item_id: this student"),
        ("student_id,item_id\ns1,i1\n", QMATRIX, "line 1, column correct: the column is missing"),
        ("student_id,item_id,correct\n", QMATRIX, "line 2: no answer follows"),
        ("", QMATRIX, "line 1: cannot be read"),
        (
            "student_id,item_id,correct\ns1,i1,1\n",
            "item_id,halves\ni1,3\n",
            "qmatrix.csv, line 2, column halves",
        ),
        ("student_id,item_id,correct\ns1,i1,1\n", "item_id,halves\ni1,0\n", "qmatrix.csv, line 2"),
    ],
)
def test_bad_files_end_with_2_and_name_file_line_and_column(
    answers: str, qmatrix: str, said: str, tmp_path: Path
) -> None:
    paths = tmp_path / "responses.csv", tmp_path / "qmatrix.csv"
    for path, text in zip(paths, (answers, qmatrix), strict=True):
        path.write_text(text, encoding="utf-8")
    ended = run_files("groups", paths)
    assert ended.exit_code == 2
    assert said in ended.output


def test_a_file_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    ended = run_files("groups", (tmp_path / "responses.csv", tmp_path / "qmatrix.csv"))
    assert ended.exit_code == 2
    assert "qmatrix.csv, line 1: cannot be read" in ended.output


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, database: Database) -> Run:
    assert database.engine.url.database
    monkeypatch.setenv("REGROUP_PUBLIC_URL", "http://tool.localhost:1")
    monkeypatch.setenv("REGROUP_LOOPBACK_DEMO", "1")
    monkeypatch.setenv("REGROUP_DATABASE_URL", settings.database_url)
    return lambda *arguments: CliRunner().invoke(main, list(arguments))


def test_a_registration_is_added_once_and_listed(run: Run) -> None:
    assert run(*REGISTRATION).exit_code == 0
    again = run(*REGISTRATION)
    assert again.exit_code == 0, again.output
    listed = json.loads(run("registrations", "list", "--json").output)
    assert [(row["issuer"], row["client_id"], row["state"]) for row in listed] == [
        ("http://lms.localhost:1", "c1", "active")
    ]


def test_a_registration_is_never_overwritten(run: Run) -> None:
    assert run(*REGISTRATION).exit_code == 0
    ended = run(*(part.replace("/auth", "/elsewhere") for part in REGISTRATION))
    assert ended.exit_code == 1
    assert "nothing was changed" in ended.output


def test_a_district_is_suspended_and_let_in_again(run: Run, database: Database) -> None:
    run(*REGISTRATION)
    number = str(json.loads(run("tenants", "list", "--json").output)[0]["id"])
    for options, expected in ((("suspend", number), True), (("suspend", number, "--undo"), False)):
        assert run("tenants", *options).exit_code == 0
        with database.operator_session(write=False) as session:
            assert session.scalars(select(District)).one().is_suspended is expected


def test_removing_a_district_takes_its_rows_and_shuts_its_deployment(run: Run, database: Database) -> None:
    run(*REGISTRATION)
    with database.operator_session() as session:
        district_id = session.scalars(select(District.id)).one()
        session.add(Skill(district_id=district_id, code="3.NF.1", title="Halves", content_area="math"))
    ended = run("tenants", "remove", str(district_id), "--yes", "--json")
    assert json.loads(ended.output)["skills"] == 1
    with database.operator_session(write=False) as session:
        assert session.scalars(select(District)).all() == []
        assert session.scalars(select(Skill)).all() == []
        deployment = session.scalars(select(Deployment)).one()
        assert (deployment.district_id, deployment.state) == (None, "suspended")


@pytest.mark.parametrize("command", ["suspend", "remove"])
def test_an_unknown_district_is_said_so(run: Run, command: str) -> None:
    ended = run("tenants", command, "999")
    assert ended.exit_code == 1
    assert "There is no district 999." in ended.output


def test_removing_asks_first(run: Run) -> None:
    run(*REGISTRATION)
    assert run("tenants", "remove", "1").exit_code == 1
    assert len(json.loads(run("tenants", "list", "--json").output)) == 1


def test_a_wrong_setting_stops_the_command_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGROUP_PUBLIC_URL", "https://regroup.example.org")
    monkeypatch.setenv("REGROUP_LOOPBACK_DEMO", "1")
    ended = CliRunner().invoke(main, ["tenants", "list"])
    assert ended.exit_code == 1
    assert "REGROUP_LOOPBACK_DEMO" in ended.output


def test_a_fresh_encryption_key_is_one_that_the_settings_take() -> None:
    key = CliRunner().invoke(main, ["keys", "new"]).output.strip()
    assert Settings(public_url="https://regroup.example.org", secret_keys=key).encryption_keys == (key,)  # type: ignore[arg-type]
