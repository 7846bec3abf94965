"""The set-up: prerequisites are named, pins name no registry, nothing points to one person's machine."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from house_files import ROOT, read, table_rows, tracked

BASH = shutil.which("bash") or "bash"
# Written in two halves, so that this file is not found by its own search.
REGISTRIES = (
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "yarnpkg" + ".com",
)
CDNS = ("unpkg" + ".com", "jsdelivr" + ".net", "cdnjs" + ".", "googleapis" + ".com", "bootstrapcdn" + ".com")
OF_ONE_MACHINE = re.compile(r"(?<![\w.<>}/-])/(?:root|home|work|workspace|mnt|Users)/")
TOOLS = {"git": "", "make": "", "python3": "", "node": "echo 22", "npm": ""}


def prerequisites(folder: Path, tools: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What scripts/prerequisites.sh says where only these tools are, each with what it prints or does."""
    for name, does in tools.items():
        (folder / name).write_text(f"#!{BASH}\n{does}\n")
        (folder / name).chmod(0o755)
    return subprocess.run(
        [BASH, str(ROOT / "scripts" / "prerequisites.sh")],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def check_pins(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BASH, str(root / "scripts" / "check_pins.sh")], capture_output=True, text=True, check=False
    )


@pytest.fixture
def pinned(tmp_path: Path) -> Path:
    """A copy of the pins and of what checks them."""
    for folder in ("scripts", "requirements"):
        (tmp_path / folder).mkdir()
    for name in (
        "scripts/check_pins.sh",
        "requirements/base.txt",
        "requirements/dev.txt",
        "package-lock.json",
    ):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_with_every_tool_there_the_python_to_use_is_named(tmp_path: Path) -> None:
    said = prerequisites(tmp_path, TOOLS)
    assert (said.returncode, said.stdout.strip(), said.stderr) == (0, str(tmp_path / "python3"), "")


@pytest.mark.parametrize("missing", sorted(TOOLS))
def test_a_missing_tool_is_named_in_one_line_with_both_commands(tmp_path: Path, missing: str) -> None:
    said = prerequisites(tmp_path, {name: does for name, does in TOOLS.items() if name != missing})
    assert said.returncode == 1
    (line,) = said.stderr.splitlines()
    named = {"python3": "python 3.11"}.get(missing, missing)
    assert named in line.lower()
    assert "apt-get install" in line
    assert "brew install" in line


@pytest.mark.parametrize(
    ("tool", "does", "named"),
    [("node", "echo 18", "Node 20"), ("python3", "exit 1", "Python 3.11")],
    ids=["node 18", "an old python"],
)
def test_a_tool_that_is_too_old_is_named_too(tmp_path: Path, tool: str, does: str, named: str) -> None:
    said = prerequisites(tmp_path, TOOLS | {tool: does})
    assert said.returncode == 1
    assert named in said.stderr


def test_a_python_without_venv_is_named(tmp_path: Path) -> None:
    lacks_venv = 'case "$2" in *ensurepip*) exit 1;; esac'
    said = prerequisites(tmp_path, TOOLS | {"python3": lacks_venv})
    assert said.returncode == 1
    assert "venv" in said.stderr


def test_the_pins_name_no_registry() -> None:
    said = check_pins(ROOT)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("requirements/base.txt", "--index-url https" + "://packages.example.org/simple"),
        ("requirements/dev.txt", "--trusted-host packages.example.org"),
        ("requirements/dev.txt", "thing @ https" + "://packages.example.org/thing.whl"),
        ("package-lock.json", '"resolved": "https' + '://packages.example.org/htmx.tgz"'),
    ],
)
def test_a_pin_that_names_a_registry_is_refused(pinned: Path, file: str, line: str) -> None:
    assert check_pins(pinned).returncode == 0
    with (pinned / file).open("a") as pins:
        pins.write(f"\n{line}\n")
    assert check_pins(pinned).returncode == 1


def test_every_pin_has_a_hash() -> None:
    for name in ("requirements/base.txt", "requirements/dev.txt"):
        pins = re.findall(
            r"^[a-z0-9][\w.-]*(?:\[[\w,-]+\])?==\S+(.*)$", read(name), re.MULTILINE | re.IGNORECASE
        )
        assert len(pins) > 20
        assert all(rest.strip() == "\\" for rest in pins)
        assert read(name).count("--hash=sha256:") >= len(pins)


def test_no_tracked_file_points_to_one_machine_or_to_a_registry() -> None:
    found = []
    for name in tracked():
        try:
            text = read(name)
        except UnicodeDecodeError:
            continue  # a picture
        for number, line in enumerate(text.splitlines(), start=1):
            if any(host in line for host in (*REGISTRIES, *CDNS)) or OF_ONE_MACHINE.search(line):
                found.append(f"{name}:{number}: {line.strip()[:100]}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", [".ci/run", "scripts/check_pins.sh", "scripts/prerequisites.sh"])
def test_scripts_can_be_run_and_are_whole(name: str) -> None:
    assert os.access(ROOT / name, os.X_OK)
    modes = subprocess.run(
        ["git", "ls-files", "--stage", "--", name], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert modes.stdout.startswith("100755")
    said = subprocess.run([BASH, "-n", str(ROOT / name)], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")


def test_ci_runs_the_test_command_and_then_the_long_proofs() -> None:
    lines = [line.strip() for line in read(".ci/run").splitlines()]
    assert lines.index("make test") < lines.index("make soak")
    assert "export CI=true" in lines


def test_every_dependency_has_a_line_with_its_reason() -> None:
    told = read("docs/decisions/0002-dependencies.md")
    project = tomllib.loads(read("pyproject.toml"))["project"]
    names = {re.split(r"[^\w-]", one)[0] for one in project["dependencies"]}
    names |= set(json.loads(read("package.json"))["dependencies"])
    rows = {row[0].split()[0]: row for row in table_rows(told) if len(row) >= 3}
    assert names - set(rows) == set()
    assert all(rows[name][1] and rows[name][2] for name in names)


def test_decisions_are_numbered_without_a_gap_and_dated() -> None:
    pages = sorted(name for name in tracked("docs/decisions") if name.endswith(".md"))
    assert [Path(name).name[:4] for name in pages] == [f"{n:04}" for n in range(1, len(pages) + 1)]
    for name in pages:
        assert re.search(r"^Date: \d{4}-\d\d-\d\d · Status: \w+", read(name), re.MULTILINE), name
