"""Where the house's files are, and a reader of the tables in its pages."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A cell boundary: a pipe that no backslash escapes.
BETWEEN_CELLS = re.compile(r"(?<!\\)\|")


def read(path: str) -> str:
    """A file of the repository as text."""
    return (ROOT / path).read_text(encoding="utf-8")


def tracked(*patterns: str) -> list[str]:
    """Files that git knows, by path from the root; those deleted in the work tree are left out."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    return [name for name in listed if name and (ROOT / name).is_file()]


def sections(text: str, mark: str = "## ") -> dict[str, str]:
    """A page's text under each heading of that level, up to the next heading of that level or above."""
    found: dict[str, str] = {}
    title = None
    for line in text.splitlines():
        if line.startswith(mark):
            title = line.removeprefix(mark).strip()
            found[title] = ""
        elif line.startswith("# ") and mark != "# ":
            title = None
        elif title is not None:
            found[title] += line + "\n"
    return found


def table_rows(text: str) -> list[list[str]]:
    """The cells of every table line, without the lines of column names and dashes."""
    rows: list[list[str]] = []
    lines = text.splitlines()
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        is_head = after.startswith("|--") or line.startswith("|--")
        if line.startswith("|") and not is_head:
            rows.append([cell.strip() for cell in BETWEEN_CELLS.split(line.strip()[1:-1])])
    return rows
