"""Workers as real processes, a course to work in, and the file in which they note their calls."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lti_app.jobs import rows
from lti_app.jobs.client import JobsClient
from lti_app.settings import Settings
from lti_app.store.db import Database
from lti_app.store.models.districts import District
from lti_app.store.models.jobs import Job, JobState
from lti_app.store.models.lti import Registration

ROOT = Path(__file__).parents[2]
LEASE_SECONDS = 1.0


@dataclass(frozen=True)
class Call:
    """One line of the calls' file."""

    what: str
    job_id: str
    number: str
    holder: str
    pid: int
    at: float


@dataclass
class Floor:
    """A database with one district and one registration, and the workers that were started on it."""

    settings: Settings
    database: Database
    client: JobsClient
    calls_file: Path
    district_id: int
    registration_id: int
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_worker(self) -> subprocess.Popen[bytes]:
        """A new worker process, with a lease of one second."""
        fields = self.settings.model_dump(
            mode="json", include={"public_url", "loopback_demo", "database_url", "job_lease_seconds"}
        )
        command = [sys.executable, str(Path(__file__).with_name("worker_process.py"))]
        process = subprocess.Popen(
            [*command, json.dumps({**fields, "job_poll_seconds": 0.1}), str(self.calls_file)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self.workers.append(process)
        return process

    def enqueue(self, kind: str = "calls", *, course: str = "7", **arguments: Any) -> int:
        """A job in a course, committed; its id."""
        with self.database.session(self.district_id) as session:
            return self.client.enqueue(
                session,
                kind,
                registration_id=self.registration_id,
                context_lms_id=course,
                arguments=arguments,
                created_by=None,
                now=datetime.now(UTC),
            ).id

    def cancel(self, job_id: int) -> None:
        """Asks a job to stop, as a teacher's click does."""
        with self.database.session(self.district_id) as session:
            rows.request_cancel(session, job_id, now=datetime.now(UTC))

    def job(self, job_id: int) -> Job:
        """The job's row as it is now."""
        with self.database.session(self.district_id, write=False) as session:
            return session.get_one(Job, job_id)

    def calls(self, what: str = "begin") -> list[Call]:
        """The lines of one sort in the calls' file, in their order."""
        if not self.calls_file.exists():
            return []
        lines = [line.split() for line in self.calls_file.read_text().splitlines()]
        calls = [Call(*line[:-2], pid=int(line[-2]), at=float(line[-1])) for line in lines if len(line) == 6]
        return [call for call in calls if call.what == what]

    def ticks(self) -> list[str]:
        """The moments that cron was fired for."""
        lines = [line.split() for line in self.calls_file.read_text().splitlines()]
        return [line[1] for line in lines if line[0] == "tick"]

    def until(self, fact: Callable[[], object], *, seconds: float = 20) -> None:
        """Waits for a fact; fails the test when it does not come true in time."""
        end = time.monotonic() + seconds
        while not fact():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.02)

    def until_over(self, *job_ids: int, seconds: float = 30) -> list[Job]:
        """Waits until each of these jobs has ended; their rows."""
        self.until(
            lambda: all(JobState(self.job(job_id).state).is_over for job_id in job_ids), seconds=seconds
        )
        return [self.job(job_id) for job_id in job_ids]

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """As a power cut would."""
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.workers.remove(process)

    def holder_of(self, job_id: int) -> subprocess.Popen[bytes]:
        """The worker that made the job's last call."""
        pid = [call.pid for call in self.calls() if call.job_id == str(job_id)][-1]
        return next(worker for worker in self.workers if worker.pid == pid)


def open_course(database: Database) -> Mapping[str, int]:
    """A district and a registration, as the keyword arguments of Floor."""
    now = datetime.now(UTC)
    with database.session(None) as session:
        district = District(name="Elm Street", created_at=now)
        registration = Registration(
            issuer="http://lms.localhost",
            client_id="1",
            auth_login_url="http://lms.localhost/auth",
            token_url="http://lms.localhost/token",
            jwks_url="http://lms.localhost/jwks",
            created_at=now,
        )
        session.add_all([district, registration])
        session.flush()
        return {"district_id": district.id, "registration_id": registration.id}


def open_floor(settings: Settings, calls_file: Path) -> Iterator[Floor]:
    """A floor that is cleared afterwards: workers that are left are killed."""
    settings = settings.model_copy(update={"job_lease_seconds": LEASE_SECONDS})
    database, client = Database(settings), JobsClient(settings)
    floor = Floor(settings, database, client, calls_file, **open_course(database))
    yield floor
    for process in floor.workers:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()
    client.close()
    database.dispose()


@pytest.fixture
def floor(settings: Settings, tmp_path: Path) -> Iterator[Floor]:
    """A place for workers to work at, empty at first; once on SQLite and once on PostgreSQL."""
    yield from open_floor(settings, tmp_path / "calls.txt")


@pytest.fixture
def sqlite_floor(sqlite_settings: Settings, tmp_path: Path) -> Iterator[Floor]:
    """The same on SQLite alone, for rules that have nothing of a database in them."""
    yield from open_floor(sqlite_settings, tmp_path / "calls.txt")
