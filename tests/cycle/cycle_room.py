"""One class in a real sandbox, one connected teacher, and a worker in this process that carries out jobs.

The worker's own code takes each step; only its engine is left out, so a parked job goes on at once.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from lti_app.clock import clock_of
from lti_app.cycle.gateway import SCOPES
from lti_app.cycle.write_back import approve
from lti_app.jobs import tasks
from lti_app.jobs.advance import Outcome, Runner
from lti_app.jobs.client import JobsClient
from lti_app.lti.registrations import NewRegistration, add_registration
from lti_app.settings import Settings
from lti_app.store.db import Database
from lti_app.store.models.base import Base
from lti_app.store.models.cycles import Cycle, GroupSet, Placement, Playlist, SkillGroup
from lti_app.store.models.jobs import Job, JobState
from lti_app.store.models.journal import LmsConsent, PlannedChange, Run
from lti_app.store.models.lti import Context, Membership, ServiceToken, User
from lti_app.store.queries.overview import cycle_now
from sandbox.app import create_app, serve, show
from sandbox.canvas.oauth import new_grant
from sandbox.classes.files import add_file
from sandbox.classes.generated import add_generated_class
from sandbox.classes.school import SeededClass
from sandbox.platform.claims import AGS_SCOPES, NRPS_SCOPE
from sandbox.platform.install import Installed, install_tool
from sandbox.server import Server
from sandbox.testing.digest import course_digest, course_state
from sandbox.world import people
from sandbox.world.model import (
    ApiKey,
    Assignment,
    CourseFile,
    Enrollment,
    Grant,
    JournalEntry,
    LineItem,
    LtiKey,
    LtiToken,
)
from sandbox.world.model import User as Person
from sandbox.world.store import World

TOOL_URL = "http://tool.localhost:9"
MOST_PARKINGS = 12


@cache
def _app() -> Flask:
    return create_app(World())


@dataclass
class Room:
    """The class in the LMS (`world`, `seeded`) and the same course in the tool's database."""

    world: World
    server: Server
    seeded: SeededClass
    database: Database
    client: JobsClient
    runner: Runner
    settings: Settings
    ids: Ids
    parked: list[str] = field(default_factory=list)

    # work

    def enqueue(self, kind: str, **arguments: Any) -> int:
        """A job of the teacher's, as a click puts it on the queue; its id."""
        with self.database.session(self.ids.district) as session:
            return self.client.enqueue(
                session,
                kind,
                registration_id=self.ids.registration,
                context_lms_id=self.seeded.course.lti_context_id,
                arguments={"context_id": self.ids.context, "user_id": self.ids.teacher, **arguments},
                created_by=self.ids.teacher,
                now=datetime.now(UTC),
            ).id

    def carry(self, job_id: int) -> Job:
        """Takes the job's steps until it is over; a parked one goes on at once."""
        for _ in range(MOST_PARKINGS):
            job = self.job(job_id)
            if JobState(job.state).is_over:
                return job
            token = self.runner.hold(self.ids.district, job.id, job.workflow_id)
            assert token is not None
            while self.runner.advance(self.ids.district, job.id, token) is Outcome.MORE:
                pass
            job = self.job(job_id)
            if job.state == JobState.WAITING:
                self.parked.append(job.message or "")
        raise AssertionError(f"the job was parked more than {MOST_PARKINGS} times")

    def run(self, kind: str, **arguments: Any) -> Job:
        """The job, begun and carried to its end."""
        return self.carry(self.enqueue(kind, **arguments))

    def done(self, kind: str, **arguments: Any) -> dict[str, Any]:
        """What a job found that ended well."""
        job = self.run(kind, **arguments)
        assert job.state == JobState.DONE, job.message
        return job.found

    def failed(self, kind: str, **arguments: Any) -> str:
        """The words of a job that ended badly."""
        job = self.run(kind, **arguments)
        assert job.state == JobState.FAILED, job.found
        return job.message or ""

    def ready_to_write(self) -> int:
        """Pulled, grouped and planned; the id of the run that waits for a yes."""
        self.done(tasks.PULL)
        self.done(tasks.SUGGEST)
        return int(self.done(tasks.PLAN)["run_id"])

    def approve(self, run_id: int, *approvals: str) -> int:
        """The teacher says yes, and what Regroup may do alone."""
        with self.session() as session:
            run = session.get_one(Run, run_id)
            cycle = session.get_one(Cycle, run.cycle_id)
            approve(cycle, run, by=self.ids.teacher, approvals=approvals, now=datetime.now(UTC))
        return run_id

    def write(self, *approvals: str) -> dict[str, Any]:
        """From the pull to the last change written."""
        run_id = self.approve(self.ready_to_write(), *approvals)
        return self.done(tasks.APPLY, run_id=run_id)

    @contextmanager
    def helper(self) -> Iterator[ThreadPoolExecutor]:
        """A worker thread beside the test."""
        with ThreadPoolExecutor(1) as pool:
            yield pool

    def until(self, fact: Callable[[], object], *, seconds: float = 20) -> None:
        """Waits for a fact; fails the test when it does not come true in time."""
        end = time.monotonic() + seconds
        while not fact():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.01)

    # our tables

    @contextmanager
    def session(self) -> Iterator[Session]:
        with self.database.session(self.ids.district) as session:
            yield session

    def job(self, job_id: int) -> Job:
        with self.session() as session:
            return session.get_one(Job, job_id)

    def all(self, kind: type[Base], **fields: object) -> list[Any]:
        """Rows of one table, in the order they were made."""
        with self.session() as session:
            return list(session.scalars(select(kind).filter_by(**fields).order_by(kind.id)))  # type: ignore[attr-defined]

    def cycle(self) -> Cycle:
        with self.session() as session:
            found = cycle_now(session, self.ids.context)
        assert found is not None
        return found

    def report(self) -> dict[str, Any]:
        """What the last pull told."""
        return self.cycle().pull_report

    def rows(self, *, without: frozenset[str] = frozenset()) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table but the jobs' own, to compare two moments."""
        with self.database.engine.connect() as connection:
            return {
                table.name: [
                    tuple(value for column, value in row._mapping.items() if column not in without)
                    for row in connection.execute(select(table).order_by(*table.primary_key.columns))
                ]
                for table in Base.metadata.sorted_tables
                if table.name not in ("jobs", "workers")
            }

    def playlists(self) -> list[Playlist]:
        """Every playlist with its places."""
        with self.session() as session:
            return list(session.scalars(select(Playlist).options(selectinload(Playlist.units))))

    def placed(self, kind: str) -> list[str]:
        """The LMS id of each student in each group of that kind."""
        with self.session() as session:
            return list(
                session.scalars(
                    select(User.lms_id)
                    .join(Placement, Placement.user_id == User.id)
                    .join(SkillGroup, SkillGroup.id == Placement.group_id)
                    .join(GroupSet, GroupSet.id == SkillGroup.group_set_id)
                    .where(GroupSet.kind == kind)
                    .order_by(User.id)
                )
            )

    def other_context(self) -> int:
        """The id of another course of the same teacher."""
        with self.session() as session:
            mine = session.get_one(Context, self.ids.context)
            other = Context(deployment_id=mine.deployment_id, lms_id="another", created_at=mine.created_at)
            session.add(other)
            session.flush()
            return other.id

    def changes(self, run_id: int) -> list[PlannedChange]:
        return self.all(PlannedChange, run_id=run_id)

    def left_alone(self, run_id: int) -> str:
        """What a plan says it leaves, in one text."""
        (run,) = self.all(Run, id=run_id)
        return " ".join(f"{one['label']} {one['why']}" for one in run.left_alone)

    # the LMS

    @property
    def course(self) -> str:
        return str(self.seeded.course.id)

    def digest(self) -> str:
        return str(course_digest(self.world, self.seeded.course)["digest"])

    def state(self) -> dict[str, Any]:
        return course_state(self.world, self.seeded.course)

    def fault(self, method: str, path: str, do: dict[str, Any], **order: Any) -> None:
        self.world.faults.order([{"match": {"method": method, "path": path}, "do": do, **order}])

    def calls(self, since: int = 0, method: str = "", path: str = "") -> list[JournalEntry]:
        """The LMS calls after that one, newest last."""
        entries = [entry for entry in self.world.journal if entry.n > since]
        return [entry for entry in entries if entry.method.startswith(method) and path in entry.path]

    def last_call(self) -> int:
        return self.world.journal[-1].n if self.world.journal else 0

    def writes(self, since: int = 0) -> list[JournalEntry]:
        return [
            entry for entry in self.calls(since) if entry.method != "GET" and entry.kind in ("rest", "lti")
        ]

    def file(self, name: str, text: str | bytes) -> None:
        """Puts a file into the course in place of the one of that name."""
        self.take_away(name)
        add_file(self.world, self.seeded.course, name, text.encode() if isinstance(text, str) else text)

    def take_away(self, *names: str) -> None:
        """Deletes these course files; all of them when none is named."""
        files = self.world.table(CourseFile)
        for file in list(files.values()):
            if file.display_name in names or not names:
                del files[file.id]

    def text_of(self, name: str) -> str:
        """A course file's text."""
        (file,) = self.world.live(CourseFile, course_id=self.seeded.course.id, display_name=name)
        return file.body.decode()

    def keep_small(self, students: int = 9, units: int = 4) -> None:
        """Leaves so many students and units of the class: what is written is soon written."""
        for row in self.world.live(Enrollment, course_id=self.seeded.course.id, type="StudentEnrollment"):
            if row.user_id not in {one.id for one in self.seeded.students[:students]}:
                row.workflow_state = "deleted"
        header, *lines = self.text_of("regroup-units.csv").splitlines()
        whole = [line for line in lines if not line.endswith(",,")]
        self.file("regroup-units.csv", "\n".join([header, *whole[:units]]) + "\n")

    def leave(self, student: Person) -> None:
        """The student leaves the course, wherever they are in it."""
        for row in self.world.live(Enrollment, course_id=self.seeded.course.id, user_id=student.id):
            people.set_enrollment_state(self.world, row, "deleted")

    def drop_column(self, column: Assignment) -> None:
        """The teacher deletes a gradebook column; its line item goes with it."""
        column.workflow_state = "deleted"
        for item in self.world.live(LineItem, assignment_id=column.id):
            item.workflow_state = "deleted"

    def add_students(self, count: int) -> list[Person]:
        """More students in the home section."""
        added = [
            people.add_user(self.world, f"Extra{number} Person", f"extra{number}") for number in range(count)
        ]
        for one in added:
            people.put_in(self.world, self.seeded.home, one, "StudentEnrollment")
        return added


@dataclass(frozen=True)
class Ids:
    """Our own ids of the course's rows."""

    district: int
    registration: int
    context: int
    teacher: int
    consent: int


def fresh_settings(template: Path, folder: Path) -> Settings:
    """Settings with a copy of the migrated database, for rooms that several tests share."""
    shutil.copy(template, folder / "regroup.db")
    url = f"sqlite:///{folder / 'regroup.db'}"
    return Settings(public_url="http://tool.localhost:8000", loopback_demo=True, database_url=url)


@contextmanager
def open_room(settings: Settings, *, seed: int = 7) -> Iterator[Room]:
    """A fresh class, launched and connected by Ms. Rivera, on this database."""
    world = World(seed=seed)
    seeded = add_generated_class(world, seed=seed)
    installed = install_tool(world, TOOL_URL)
    show(_app(), world)
    database, client = Database(settings), JobsClient(settings)
    with serve(_app()) as server:
        ids = _launched(database, world, seeded, installed, f"http://lms.localhost:{server.port}")
        runner = Runner(
            database,
            client,
            tasks.kinds(settings),
            clock=clock_of(settings),
            is_stopping=lambda: False,
        )
        yield Room(world, server, seeded, database, client, runner, settings, ids)
    client.close()
    database.dispose()


def _launched(database: Database, world: World, seeded: SeededClass, tool: Installed, lms: str) -> Ids:
    """What a launch and a consent leave behind; how they go is the matter of tests/lti."""
    now, rivera = datetime.now(UTC), seeded.staff["rivera"]
    services = f"{lms}/api/lti/courses/{seeded.course.id}"
    grant = new_grant(world, next(world.find(ApiKey, name="Regroup")), rivera)
    with database.operator_session() as session:
        deployment = add_registration(session, _registration(seeded, tool, lms), now=now, allow_loopback=True)
        registration, district = deployment.registration_id, deployment.district_id
        assert district is not None
        context = Context(
            district_id=district, deployment_id=deployment.id, lms_id=seeded.course.lti_context_id,
            course_lms_id=str(seeded.course.id), title=seeded.course.name,
            nrps_url=f"{services}/names_and_roles", line_items_url=f"{services}/line_items",
            ags_scopes=list(AGS_SCOPES), created_at=now,
        )  # fmt: skip
        teacher = User(
            district_id=district, registration_id=registration, sub=rivera.lti_1_3_id, lms_id=str(rivera.id),
            name=rivera.name, sortable_name=rivera.sortable_name,
        )  # fmt: skip
        session.add_all([context, teacher])
        session.flush()
        consent = LmsConsent(
            district_id=district, registration_id=registration, user_id=teacher.id,
            access_token=grant.access_token, refresh_token=grant.refresh_token,
            expires_at=now + timedelta(hours=1), granted_at=now,
        )  # fmt: skip
        session.add_all(
            [
                consent,
                Membership(
                    district_id=district,
                    context_id=context.id,
                    user_id=teacher.id,
                    roles=["teacher"],
                    seen_at=now,
                ),
                _service_token(world, registration, now),
            ]
        )
        session.flush()
        return Ids(district, registration, context.id, teacher.id, consent.id)


def _registration(seeded: SeededClass, tool: Installed, lms: str) -> NewRegistration:
    return NewRegistration(
        district=seeded.account.name, issuer=lms, client_id=tool.client_id, deployment_id=tool.deployment_id,
        auth_url=f"{lms}/api/lti/authorize_redirect", token_url=f"{lms}/login/oauth2/token",
        jwks_url=f"{lms}/api/lti/security/jwks", family="canvas", api_url=lms,
        api_key=tool.api_client_id, api_secret=tool.api_client_secret,
    )  # fmt: skip


def _service_token(world: World, registration: int, now: datetime) -> ServiceToken:
    """Our token for roster and scores, known on both sides: nobody serves our key set here."""
    key = next(world.find(LtiKey, name="Regroup"))
    expires_at = now + timedelta(days=1)
    scopes = [NRPS_SCOPE, *AGS_SCOPES]
    world.add(LtiToken(lti_key_id=key.id, access_token="service", scopes=scopes, expires_at=expires_at))
    return ServiceToken(
        registration_id=registration,
        scopes=" ".join(sorted(set(SCOPES))),
        access_token="service",
        expires_at=expires_at,
    )


def grant_of(room: Room) -> Grant:
    """The consent as the LMS keeps it."""
    return next(room.world.find(Grant, user_id=room.seeded.staff["rivera"].id))
