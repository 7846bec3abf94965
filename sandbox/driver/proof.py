"""What stands in the LMS after a cycle, read back through its API, and whether it is as promised."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.driver.canvas import Canvas
from sandbox.driver.stack import Stack
from sandbox.driver.students import Work
from sandbox.driver.teacher import Teacher

COLUMN = "Playlist mastery"
FOLDER = "Practice checks"
SMALLEST, LARGEST = 3, 6


@dataclass(slots=True)
class Proof:
    """Rows as they go into the files, and every promise that was broken, as a sentence."""

    groups: list[tuple[str, str, str, str]] = field(default_factory=list)
    playlists: list[tuple[str, int, str, str, str]] = field(default_factory=list)
    scores: list[tuple[str, float]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def require(self, holds: bool, promise: str) -> None:
        """Notes a promise that does not hold."""
        if not holds:
            self.broken.append(promise)


def read_back(stack: Stack, teacher: Teacher, work: Work) -> Proof:
    """Groups, playlists, scores from the LMS; focus skills and reasons, which no LMS holds, from the tool."""
    token = stack.sandbox_call("POST", "seed", {"tokens_for": ["rivera"]})["tokens"]["rivera"]
    canvas = Canvas(stack.lms_url, token["access_token"])
    course = stack.seed["course"]["id"]
    names = {str(one["id"]): one["login"] for one in stack.seed["students"]}
    proof = Proof()
    _groups(proof, canvas, course, names, teacher)
    _playlists(proof, canvas, course, names)
    _scores(proof, canvas, course, names, work)
    _quiet(proof, canvas, course)
    return proof


def _groups(proof: Proof, canvas: Canvas, course: int, names: dict[str, str], teacher: Teacher) -> None:
    told = {
        (row["group"].split()[-1], row["lms_user_id"]): row
        for row in teacher.placements()
        if row["kind"] == "skill"
    }
    sections = {str(one["id"]): one["name"] for one in canvas.every(f"/courses/{course}/sections")}
    seen: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for row in canvas.every(f"/courses/{course}/enrollments", **{"type[]": "StudentEnrollment"}):
        user, section = str(row["user_id"]), sections[str(row["course_section_id"])]
        placement = told.get((section.split()[-1], user))
        if user not in names or placement is None:
            continue
        seen[user] += 1
        sizes[section] += 1
        proof.groups.append((section, placement["focus_skills"], names[user], placement["reason"]))
        proof.require(bool(placement["reason"]), f"a placement in {section} has no reason")
    twice = [user for user in names if seen[user] != 1]
    proof.require(not twice, f"{len(twice)} students stand in no group or in several")
    wrong = {name: size for name, size in sizes.items() if not SMALLEST <= size <= LARGEST}
    proof.require(not wrong or len(names) < SMALLEST, f"groups outside {SMALLEST}-{LARGEST}: {wrong}")
    proof.groups.sort(key=lambda row: (row[0], row[2]))


def _playlists(proof: Proof, canvas: Canvas, course: int, names: dict[str, str]) -> None:
    skills = _skills_of_units(canvas, course)
    for user, login in names.items():
        modules = canvas.every(f"/courses/{course}/modules", student_id=user, **{"include[]": "items"})
        for position, module in enumerate(modules, start=1):
            title = module["name"]
            proof.playlists.append((login, position, skills.get(title, ""), title, str(module["id"])))
            proof.require(bool(module.get("items")), f"the module “{title}” shows a student nothing")
    without = set(names.values()) - {row[0] for row in proof.playlists}
    proof.require(not without, f"{len(without)} students see no unit")


def _skills_of_units(canvas: Canvas, course: int) -> dict[str, str]:
    files = canvas.every(f"/courses/{course}/files", search_term="regroup-units")
    for file in files:
        text = canvas.session.get(file["url"], timeout=60).content.decode("utf-8-sig")
        return {row["unit"]: row["skill"] for row in csv.DictReader(text.splitlines())}
    return {}


def _scores(proof: Proof, canvas: Canvas, course: int, names: dict[str, str], work: Work) -> None:
    scored: set[str] = set()
    columns = [
        one for one in canvas.every(f"/courses/{course}/assignments") if one["name"].startswith(COLUMN)
    ]
    proof.require(bool(columns), f"there is no column “{COLUMN}”")
    for column in columns:
        for cell in canvas.every(f"/courses/{course}/assignments/{column['id']}/submissions"):
            user = str(cell["user_id"])
            if cell["score"] is not None and user in names:
                scored.add(user)
                proof.scores.append((names[user], float(cell["score"])))
                proof.require(float(cell["score"]) > 0, "a score of 0 was sent")
    met = set(work.met)
    proof.require(scored == met, f"{len(met)} students met a unit, {len(scored)} have a score")
    proof.require(not scored & set(work.idle), "a student who did nothing has a score")
    proof.scores.sort()


def _quiet(proof: Proof, canvas: Canvas, course: int) -> None:
    """Nothing of ours counts, is due, leaves the LMS, or shows to the whole class."""
    folders = canvas.every(f"/courses/{course}/assignment_groups")
    ours = {str(one["id"]) for one in folders if one["name"] == FOLDER}
    proof.require(bool(ours), f"there is no assignment group “{FOLDER}”")
    for one in canvas.every(f"/courses/{course}/assignments"):
        is_column = one["name"].startswith(COLUMN)
        if str(one["assignment_group_id"]) not in ours:
            proof.require(not is_column, f"“{one['name']}” stands among the teacher's own")
            continue
        proof.require(bool(one["omit_from_final_grade"]), f"“{one['name']}” counts in the grade")
        proof.require(one["due_at"] is None, f"“{one['name']}” has a due date")
        proof.require(not one.get("post_to_sis"), f"“{one['name']}” leaves the LMS")
        if not is_column:
            proof.require(not one["visible_to_everyone"], f"“{one['name']}” shows to the whole class")


def write_files(proof: Proof, out: Path, summary: dict[str, Any], digest: str, dump: Any) -> None:
    """The proof as files in `out`."""
    out.mkdir(parents=True, exist_ok=True)
    _table(out / "groups.csv", ("group", "focus_skills", "student_id", "reason"), proof.groups)
    _table(
        out / "playlists.csv", ("student_id", "position", "skill", "unit", "lms_module_id"), proof.playlists
    )
    _table(out / "scores.csv", ("student_id", "score"), proof.scores)
    dump(out / "summary.json", summary)
    (out / "digest.txt").write_text(digest + "\n", encoding="utf-8")


def _table(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(header)
        table.writerows(rows)
