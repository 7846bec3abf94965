"""What people do in the LMS around Regroup, and what a second, smaller course is made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from sandbox.driver.browser import Person
from sandbox.driver.stack import Stack

CHECK = "Fractions as parts of a whole · check"
SKILLS = ("Halves", "Tenths")
STUDENTS, ITEMS = 12, 6

MOST_SECONDS = 240
IN_ONE_WORKER = [
    pytest.mark.browser,
    pytest.mark.timeout(MOST_SECONDS),
    pytest.mark.xdist_group("browser-live"),
]
"""For every file here: needs Chromium, has time for a stage, shares one LMS, tool and class with its kin."""

Newcomer = Callable[..., Person]


def lms_writes(stack: Stack) -> list[str]:
    """The calls on the LMS that changed something, apart from tokens."""
    return [
        f"{row['method']} {row['path']}"
        for row in stack.sandbox_call("GET", "journal")
        if row["by"] in ("rest", "lti") and row["method"] != "GET" and "/login/oauth2" not in row["path"]
    ]


def logins_with(teacher: Person, check: str) -> list[str]:
    """The logins of the students whom the LMS gives that check to, in the gradebook's order."""
    teacher.lms("grades")
    teacher.page.get_by_role("link", name=f"Score {check}", exact=True).click()
    login_of = {f"s{one['id']}": one["login"] for one in teacher.stack.seed["students"]}
    rows = teacher.page.locator("tr:has(td.editing input)").all()
    return [login_of[str(row.get_attribute("id"))] for row in rows]


def hand_in(student: Person, check: str) -> None:
    """As the student, on the LMS's own page."""
    student.lms("modules")
    student.page.get_by_role("link", name=check).click()
    student.page.get_by_label("Your answer").fill("One half, because two of them make a whole.")
    student.page.get_by_role("button", name="Hand in").click()
    expect(student.page.get_by_text("try 1")).to_be_visible()


def score(teacher: Person, check: str, points: list[str]) -> None:
    """As the teacher, in the LMS's gradebook: from the top, whoever has the check."""
    rows = [f"tr:has(td.editing input) >> nth={n}" for n in range(len(points))]
    logins_with(teacher, check)
    for row, earned in zip(rows, points, strict=True):
        teacher.page.locator(row).locator("td.editing input").fill(earned)
        teacher.page.locator(row).get_by_role("button", name="Save").click()
        expect(teacher.page.locator(row).locator("td.editing input")).to_have_value(earned)


def add_small_course(stack: Stack, folder: Path) -> dict[str, Any]:
    """A second course of the same teacher: 12 students, 6 questions, 2 skills. What the seed door answers."""
    items = [f"q{n}" for n in range(ITEMS)]
    matrix = [f"{item},{int(n % 2 == 0)},{int(n % 2 == 1)}" for n, item in enumerate(items)]
    (folder / "qmatrix.csv").write_text("\n".join(["item_id," + ",".join(SKILLS), *matrix]), encoding="utf-8")
    answers = [
        f"s{student:02},{item},{int((student + n) % 3 > n % 2)}"
        for student in range(STUDENTS)
        for n, item in enumerate(items)
    ]
    (folder / "responses.csv").write_text(
        "\n".join(["student_id,item_id,correct", *answers]), encoding="utf-8"
    )
    order = {"answers": str(folder / "responses.csv"), "qmatrix": str(folder / "qmatrix.csv")}
    made: dict[str, Any] = stack.sandbox_call("POST", "seed", order)
    return made
