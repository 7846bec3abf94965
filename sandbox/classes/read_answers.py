"""Reads answers, Q-matrix and skill names, and says exactly where a file is wrong."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path


class BadAnswers(Exception):
    """A file is not as it should be: which, where (line from 1, the header being 1) and why."""

    def __init__(self, file: str, line: int, column: str, message: str) -> None:
        place = f"{file}, line {line}" + (f", column {column}" if column else "")
        super().__init__(f"{place}: {message}")
        self.file, self.line, self.column, self.message = file, line, column, message


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Answers by student and item; each item's skills; each skill's name. All in the order of the files."""

    answers: dict[str, dict[str, int]]
    items: dict[str, tuple[str, ...]]
    skills: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Table:
    file: str
    header: list[str]
    rows: list[tuple[int, list[str]]]

    def need(self, *columns: str) -> None:
        for column in columns:
            if column not in self.header:
                raise BadAnswers(self.file, 1, column, "this column is missing")


def read_benchmark(responses: Path, qmatrix: Path) -> Benchmark:
    """Both files and, where it stands beside the Q-matrix, skills.csv. Raises BadAnswers."""
    items, codes = _read_qmatrix(_read(qmatrix))
    answers = _read_responses(_read(responses), items)
    names = _read_names(qmatrix.parent / "skills.csv")
    return Benchmark(answers, items, {code: names.get(code, code) for code in codes})


def _read(path: Path) -> _Table:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BadAnswers(path.name, 1, "", f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BadAnswers(path.name, line, "", "is not UTF-8") from error
    if "\0" in text:
        raise BadAnswers(path.name, text[: text.index("\0")].count("\n") + 1, "", "is not a CSV file")
    lines = [(n, row) for n, row in _numbered(path.name, text) if any(cell.strip() for cell in row)]
    if not lines:
        raise BadAnswers(path.name, 1, "", "the file is empty")
    header = [cell.strip() for cell in lines[0][1]]
    for name in header:
        if header.count(name) > 1:
            raise BadAnswers(path.name, lines[0][0], name, "this column stands twice")
    if len(lines) == 1:
        raise BadAnswers(path.name, 1, "", "the file has a header but no rows")
    for number, row in lines[1:]:
        if len(row) != len(header):
            raise BadAnswers(
                path.name, number, "", f"has {len(row)} cells where the header has {len(header)}"
            )
    return _Table(path.name, header, [(n, [cell.strip() for cell in row]) for n, row in lines[1:]])


def _numbered(file: str, text: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: list[tuple[int, list[str]]] = []
    try:
        while True:
            begin = reader.line_num + 1
            found.append((begin, next(reader)))
    except StopIteration:
        return found
    except csv.Error as error:
        raise BadAnswers(file, reader.line_num, "", f"is not a CSV file ({error})") from error


def _read_qmatrix(table: _Table) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    table.need("item_id")
    place = table.header.index("item_id")
    codes = [name for name in table.header if name != "item_id"]
    if not codes:
        raise BadAnswers(table.file, 1, "", "names no skill: columns after item_id are skills")
    items: dict[str, tuple[str, ...]] = {}
    for line, row in table.rows:
        item = row[place]
        if not item:
            raise BadAnswers(table.file, line, "item_id", "is blank")
        if item in items:
            raise BadAnswers(table.file, line, "item_id", f"item {item} stands twice")
        for code, value in zip(table.header, row, strict=True):
            if code != "item_id" and value not in ("0", "1"):
                raise BadAnswers(table.file, line, code, f'is "{value}", not 0 or 1')
        items[item] = tuple(
            c for c, value in zip(table.header, row, strict=True) if c != "item_id" and value == "1"
        )
        if not items[item]:
            raise BadAnswers(table.file, line, "item_id", f"item {item} has no skill")
    return items, codes


def _read_responses(table: _Table, items: dict[str, tuple[str, ...]]) -> dict[str, dict[str, int]]:
    table.need("student_id", "item_id", "correct")
    places = [table.header.index(name) for name in ("student_id", "item_id", "correct")]
    answers: dict[str, dict[str, int]] = {}
    for line, row in table.rows:
        student, item, correct = (row[place] for place in places)
        if not student:
            raise BadAnswers(table.file, line, "student_id", "is blank")
        if item not in items:
            raise BadAnswers(table.file, line, "item_id", f'item "{item}" is not in the Q-matrix')
        if correct not in ("0", "1"):
            raise BadAnswers(table.file, line, "correct", f'is "{correct}", not 0 or 1')
        own = answers.setdefault(student, {})
        if item in own:
            raise BadAnswers(table.file, line, "item_id", f"student {student} answered {item} twice")
        own[item] = int(correct)
    return answers


def _read_names(path: Path) -> dict[str, str]:
    """Skill names from skill_id,name or from skill,...,subcontent_label; none when there is no such file."""
    if not path.is_file():
        return {}
    table = _read(path)
    for key, label in (("skill_id", "name"), ("skill", "title"), ("skill", "subcontent_label")):
        if key in table.header and label in table.header:
            here, there = table.header.index(key), table.header.index(label)
            return {row[here]: row[there] or row[here] for _, row in table.rows}
    raise BadAnswers(table.file, 1, "", "needs skill_id and name, or skill and subcontent_label")
