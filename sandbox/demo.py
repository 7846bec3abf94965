"""`make demo`: the sandbox LMS, the tool and a worker on loopback, until Ctrl-C."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from pathlib import Path

from sandbox.driver.stack import CannotStart, Stack

LMS_PORT, TOOL_PORT = 8100, 8200
FAST_JOBS = {"REGROUP_JOB_POLL_SECONDS": "0.3"}
LOOK_SECONDS = 2.0


def greeting(stack: Stack) -> str:
    """Where to click and who to be."""
    course = stack.seed["course"]
    students = ", ".join(one["login"] for one in stack.seed["students"][:3])
    return f"""
Regroup's demo is up. Everything is on this computer; the people are made up, nobody has a password.

  Open    {stack.lms_url}/

  Be the teacher   Elena Rivera (rivera)
                   {course["name"]} > Regroup. Connect, check results, suggest groups, look, write.
  Be a student     e.g. {students}
                   Modules: only their own units. Hand in a check; Regroup in the menu shows their page.
  Score a check    as the teacher, in Grades; then Regroup > Home > check student work and send scores.
  Be the admin     Dana Okafor (admin): Regroup in the account's menu.

  Logs    {stack.folder}
  End     Ctrl-C
"""


def main() -> int:
    """Runs until Ctrl-C or until a part ends by itself (1)."""
    stop = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stop.set())
    with tempfile.TemporaryDirectory(prefix="regroup-demo-") as folder:
        try:
            print("Starting the sandbox LMS, Regroup and its worker ...", flush=True)
            with Stack(Path(folder), environment=FAST_JOBS, lms_port=LMS_PORT, tool_port=TOOL_PORT) as stack:
                print(greeting(stack), flush=True)
                while not stop.wait(LOOK_SECONDS):
                    ended = stack.alive()
                    if ended:
                        print(f"{ended} has ended by itself; its log:", file=sys.stderr)
                        log = (stack.folder / f"{ended}.log").read_text(errors="replace")
                        print(log[-2000:], file=sys.stderr)
                        return 1
                print("\nEnding ...", flush=True)
        except CannotStart as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
