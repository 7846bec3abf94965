"""`make cycle`: the whole job without a browser, one line for each step, over real sockets.

    python -m sandbox.cycle [--responses responses.csv --qmatrix qmatrix.csv] [--out folder]

Ends with `cycle ok ...` and 0 if everything holds; 1 with what does not; 2 for answers that cannot be read,
with file, line and column.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sandbox.classes.read_answers import BadAnswers, read_benchmark
from sandbox.driver.proof import Proof, read_back, write_files
from sandbox.driver.stack import CannotStart, Stack, dump
from sandbox.driver.students import Work, do_units
from sandbox.driver.teacher import Teacher
from sandbox.driver.visitor import Surprise

T = TypeVar("T")
WRITES = ("POST", "PUT", "DELETE", "PATCH")
FAST_JOBS = {"REGROUP_JOB_POLL_SECONDS": "0.2"}


class Steps:
    """Prints a line for each step and keeps its figures."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._seen = 0
        self.figures: list[dict[str, Any]] = []

    def run(self, name: str, work: Callable[[], T], told: Callable[[T], str] = lambda _: "") -> T:
        """Does the work; prints its name, what it found, the LMS calls it took, and its seconds."""
        begun = time.monotonic()
        found = work()
        seconds = round(time.monotonic() - begun, 2)
        rows = self._stack.sandbox_call("GET", "journal", since=str(self._seen))
        self._seen = max((row["n"] for row in rows), default=self._seen)
        ours = [row for row in rows if row["by"] in ("rest", "lti")]
        writes = sum(1 for row in ours if row["method"] in WRITES and "/login/oauth2" not in row["path"])
        figure = {"step": name, "calls": len(ours), "writes": writes, "seconds": seconds, "what": told(found)}
        self.figures.append(figure)
        print(f"{name:<12} {figure['what']:<60} {len(ours):>5} calls {seconds:>7.2f} s", flush=True)
        return found


def run_cycle(stack: Stack) -> tuple[Proof, dict[str, Any], str]:
    """Launch to gradebook, twice applied; the proof, the summary and the digest of the course."""
    begun = time.monotonic()
    teacher = Teacher(stack)
    steps = Steps(stack)
    steps.run("launch", teacher.launch, lambda page: f"teacher at {page.path}")
    steps.run("connect", teacher.connect, lambda _: "consent given once")
    steps.run("pull", lambda: teacher.do("pull"), lambda _: _message(teacher))
    steps.run("suggest", lambda: teacher.do("groups/suggest"), lambda _: _counts(teacher))
    steps.run("plan", lambda: teacher.do("plan"), lambda _: _plan(teacher))
    steps.run("apply", teacher.write, lambda _: "written")
    work: Work = steps.run(
        "students",
        lambda: do_units(stack),
        lambda one: f"{one.handed_in} checks, {one.below_threshold} below 80%",
    )
    steps.run("results", lambda: teacher.do("scores"), lambda _: "playlists moved on, scores passed back")
    steps.run("second apply", lambda: _second_apply(teacher), lambda _: "planned again")
    second = steps.figures[-1]["writes"]
    proof = steps.run(
        "read back", lambda: read_back(stack, teacher, work),
        lambda one: f"{len(one.groups)} places, {len(one.playlists)} units, {len(one.scores)} scores",
    )  # fmt: skip
    proof.require(second == 0, f"the second apply made {second} writes")
    course = stack.seed["course"]["id"]
    digest = stack.sandbox_call("GET", "digest", course=str(course))
    return proof, _summary(stack, proof, steps, second, time.monotonic() - begun), digest["digest"]


def _second_apply(teacher: Teacher) -> None:
    teacher.do("plan")
    preview = teacher.open("preview")
    if preview.forms("/write"):
        teacher.write()


def _message(teacher: Teacher) -> str:
    home = teacher.open("home")
    found = home.soup.find(attrs={"data-summary": "pull"})
    return found.get_text(" ", strip=True)[:60] if found else "roster and answers read"


def _counts(teacher: Teacher) -> str:
    kinds = Counter(kind for kind, _ in {(row["kind"], row["group"]) for row in teacher.placements()})
    return f"{kinds['skill']} skill groups, {kinds['mixed']} mixed pods, playlists"


def _plan(teacher: Teacher) -> str:
    lead = teacher.open("preview").soup.find(class_="lead")
    return " ".join(lead.get_text(" ").split())[:60] if lead else "nothing to write"


def _summary(stack: Stack, proof: Proof, steps: Steps, second: int, seconds: float) -> dict[str, Any]:
    return {
        "students": len(stack.seed["students"]),
        "groups": len({row[0] for row in proof.groups}),
        "units_seen": len(proof.playlists),
        "scores": len(proof.scores),
        "lms_calls": sum(
            one["calls"] for one in steps.figures if one["step"] not in ("students", "read back")
        ),
        "writes_of_second_apply": second,
        "seconds": round(seconds, 1),
        "steps": steps.figures,
        "broken": proof.broken,
        "from_the_lms": ["group", "student_id", "position", "unit", "lms_module_id", "score"],
        "from_the_tool": ["focus_skills", "reason"],
        "from_the_units_table_in_the_course": ["skill"],
    }


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.cycle", description=__doc__.splitlines()[0])
    parser.add_argument("--responses", type=Path, help="student_id, item_id, correct (0 or 1)")
    parser.add_argument("--qmatrix", type=Path, help="item_id, then one 0/1 column for each skill")
    parser.add_argument("--out", type=Path, help="folder for the proof")
    found = parser.parse_args(given)
    if (found.responses is None) != (found.qmatrix is None):
        parser.error("RESPONSES and QMATRIX go together")
    return found


def main(given: list[str]) -> int:
    """The whole run; its exit status."""
    wanted = arguments(given)
    answers: tuple[str, ...] = ()
    if wanted.responses:
        try:
            read_benchmark(wanted.responses, wanted.qmatrix)
        except BadAnswers as error:
            print(f"cycle cannot begin: {error}", file=sys.stderr)
            return 2
        answers = ("--answers", str(wanted.responses.resolve()), "--qmatrix", str(wanted.qmatrix.resolve()))
    with tempfile.TemporaryDirectory(prefix="regroup-cycle-") as folder:
        try:
            with Stack(Path(folder), sandbox_arguments=answers, environment=FAST_JOBS) as stack:
                proof, summary, digest = run_cycle(stack)
        except (CannotStart, Surprise) as error:
            print(f"cycle failed: {error}", file=sys.stderr)
            return 1
    if wanted.out:
        write_files(proof, wanted.out, summary, digest, dump)
    if proof.broken:
        print("cycle failed: " + "; ".join(proof.broken), file=sys.stderr)
        return 1
    print(
        f"cycle ok  {summary['students']} students, {summary['groups']} groups, {summary['scores']} scores, "
        f"{summary['lms_calls']} LMS calls, {summary['writes_of_second_apply']} writes the second time, "
        f"{summary['seconds']} s, digest {digest[:12]}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
