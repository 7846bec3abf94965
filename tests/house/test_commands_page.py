"""What a person can type is what the pages say: make targets, shown commands, `regroup` and its options."""

import re
import subprocess
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner
from house_files import ROOT, read, sections

from lti_app.cli import main

# Outside scripts rely on these.
TARGETS = (
    "setup",
    "demo",
    "cycle",
    "test",
    "check",
    "soak",
    "bench",
    "bench-%",
    "sandbox",
    "screens",
    "help",
)
PAGE = sections(read("docs/operators/commands.md"))
COMMAND_LINE = re.compile(r"^ {4,}(?:\.venv/bin/)?((?:make|regroup)\b[^#|\n]*)", re.MULTILINE)


def commands(group: click.Group = main, prefix: str = "regroup") -> Iterator[tuple[str, click.Command]]:
    """Every command and group of commands, by what one types."""
    for name, command in sorted(group.commands.items()):
        yield f"{prefix} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")


ALL = dict(commands())


def make_targets() -> dict[str, str]:
    """The targets that `make help` lists, with what it says of each."""
    said = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {words[0]: words[1] for line in said.stdout.splitlines() if len(words := line.split(None, 1)) == 2}


@pytest.mark.parametrize("target", TARGETS)
def test_make_help_lists_the_target_with_what_it_does(target: str) -> None:
    assert make_targets()[target]


def test_every_command_the_readme_shows_exists() -> None:
    targets = make_targets()
    shown = [
        line.split() for page in ("README.md", "CONTRIBUTING.md") for line in COMMAND_LINE.findall(read(page))
    ]
    assert ["make", "demo"] in shown
    assert ["make", "test"] in shown
    for words in shown:
        if words[0] == "make":
            assert words[1] in targets, words
        else:
            assert " ".join(words[:2]) in ALL, words


@pytest.mark.parametrize("command", ALL)
def test_every_command_explains_itself(command: str) -> None:
    said = CliRunner().invoke(main, [*command.split()[1:], "--help"])
    assert said.exit_code == 0, said.output
    assert ALL[command].help


@pytest.mark.parametrize("command", ALL)
def test_every_command_has_its_place_in_the_page(command: str) -> None:
    assert PAGE.get(command, "").strip(), f"docs/operators/commands.md has no section '## {command}'"


@pytest.mark.parametrize("command", [name for name, one in ALL.items() if one.params])
def test_every_option_of_a_command_is_in_its_section(command: str) -> None:
    text = PAGE[command]
    for parameter in ALL[command].params:
        longest = max(parameter.opts, key=len)
        is_told = (
            longest in text or longest in ("--json", "--help") or parameter.param_type_name == "argument"
        )
        assert is_told, f"'## {command}' does not say {longest}"


def test_the_page_has_no_command_that_is_gone() -> None:
    assert {title for title in PAGE if title.startswith("regroup ")} == set(ALL)


@pytest.mark.parametrize("command", [name for name, one in ALL.items() if not isinstance(one, click.Group)])
def test_an_unknown_option_is_refused_with_2(command: str) -> None:
    assert CliRunner().invoke(main, [*command.split()[1:], "--no-such-option"]).exit_code == 2
