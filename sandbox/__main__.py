"""`python -m sandbox`: an LMS on this machine, until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from sandbox.app import create_app, serve
from sandbox.classes.answers import BadAnswers
from sandbox.classes.big_school import LEAST_STUDENTS, MOST_STUDENTS
from sandbox.testing.doors import fill
from sandbox.world.store import World


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100, help="0 takes a free one")
    parser.add_argument("--answers", type=Path, help="responses.csv: student_id, item_id, correct")
    parser.add_argument(
        "--qmatrix", type=Path, help="qmatrix.csv: item_id, then one 0/1 column for each skill"
    )
    parser.add_argument(
        "--school", type=int, metavar="N", help="a school of so many students in many courses"
    )
    parser.add_argument("--seed", type=int, default=7, help="of the generated class and of names")
    parser.add_argument(
        "--jobs",
        choices=("late", "at-once"),
        default="late",
        help="the LMS's own background work, such as submission rows: 0.2 to 2 s late, or at once",
    )
    parser.add_argument(
        "--visibility-cache",
        type=int,
        default=0,
        metavar="SECONDS",
        help="how long answers about who sees what are kept; 300 on a real host",
    )
    found = parser.parse_args(given)
    if (found.answers is None) != (found.qmatrix is None):
        parser.error("--answers and --qmatrix go together")
    if found.school is not None and not LEAST_STUDENTS <= found.school <= MOST_STUDENTS:
        parser.error(f"--school takes {LEAST_STUDENTS} to {MOST_STUDENTS} students")
    return found


def main(given: list[str]) -> int:
    """Serve until told to stop. 2 for bad answers files, with file, line and column named."""
    wanted = arguments(given)
    world = World(seed=wanted.seed)
    order = {"seed": wanted.seed}
    if wanted.answers:
        order |= {"answers": wanted.answers, "qmatrix": wanted.qmatrix}
    if wanted.school:
        order |= {"class": "school", "students": wanted.school}
    try:
        seeded = fill(world, order)
    except BadAnswers as error:
        print(error, file=sys.stderr)
        return 2
    world.background.late = wanted.jobs == "late"
    world.switches.visibility_cache_seconds = wanted.visibility_cache
    stop = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stop.set())
    with serve(create_app(world), wanted.host, wanted.port) as server:
        print(f"{seeded['course']['name']}: http://lms.localhost:{server.port}/", flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
