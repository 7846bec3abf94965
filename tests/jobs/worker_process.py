"""A real worker process for the tests, with kinds whose "LMS calls" are lines in a file that outlives a kill.

Arguments: settings as JSON, the file. A line is: begin|end, job, number of the call, holder, process, time.
"""

import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

from lti_app.jobs import worker
from lti_app.jobs.schedule import Cron, CronContext
from lti_app.jobs.steps import Done, Failed, Kind, More, StepContext, StepResult, WaitUntil
from lti_app.settings import Settings
from lti_app.store.models.jobs import Job


def write(path: Path, *words: object) -> None:
    """Appends one line in one system call, so that processes cannot mix theirs."""
    line = " ".join(str(word) for word in (*words, os.getpid(), f"{time.time():.4f}")) + "\n"
    with path.open("ab", buffering=0) as file:
        file.write(line.encode())


def kinds(path: Path) -> dict[str, Kind]:
    """What this worker can do."""

    def calls(context: StepContext) -> StepResult:
        with context.database.session(context.district_id, write=False) as session:
            number = session.get_one(Job, context.job_id).done
        count = int(context.arguments["count"])
        if number == count:
            return Done({"calls": count})
        if context.stop.is_set():
            return More()
        write(path, "begin", context.job_id, number, context.holder)
        time.sleep(float(context.arguments.get("seconds", 0.03)))
        write(path, "end", context.job_id, number, context.holder)
        context.report(number + 1, count)
        return More()

    def wait_once(context: StepContext) -> StepResult:
        with context.database.session(context.district_id, write=False) as session:
            number = session.get_one(Job, context.job_id).done
        if number == 0:
            context.report(1)
            return WaitUntil(context.now + timedelta(seconds=1.5), "Waiting for the LMS.")
        return Done({"waited": True})

    def breaks(_context: StepContext) -> StepResult:
        raise RuntimeError("Ada Lovelace has no answers")

    def refuses(_context: StepContext) -> StepResult:
        return Failed("The course is closed. Nothing was written.", {"refused": 1})

    endless = Kind(lambda _context: More(), time_limit=timedelta(seconds=1))
    return {
        "calls": Kind(calls),
        "more-calls": Kind(calls),
        "still-more-calls": Kind(calls),
        "wait-once": Kind(wait_once),
        "breaks": Kind(breaks),
        "refuses": Kind(refuses),
        "endless": endless,
    }


if __name__ == "__main__":
    calls_file = Path(sys.argv[2])

    def tick(context: CronContext) -> None:
        """Notes which moment was due."""
        write(calls_file, "tick", context.now.isoformat())

    worker.main(
        Settings(**json.loads(sys.argv[1])),
        kinds(calls_file),
        [Cron("every-second", "* * * * * *", tick)],
    )
