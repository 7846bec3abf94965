"""What every test stands on: loopback only, both databases, and an honest count of what could not be run."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command
from playwright.sync_api import Playwright, expect, sync_playwright
from pytest_socket import socket_allow_hosts
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from lti_app.jobs import engine as job_engine
from lti_app.settings import Settings
from lti_app.store import migrate, models  # noqa: F401  (models fills the metadata)
from lti_app.store.db import Database
from lti_app.store.models.base import Base

POSTGRES_URL = os.environ.get(
    "REGROUP_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
)
# What a test may lack on a user's machine, never on CI.
OPTIONAL_PARTS = ("browser", "peers", "postgres")
# A file, and nothing else, that a server in our process was sending when the browser went away.
LEFT_OPEN = r"ignore:Exception ignored in. <_io\.FileIO:pytest.PytestUnraisableExceptionWarning"
# How long a page may take to show what is expected, where several browsers share two cores.
SLOW_MACHINE_MS = 20_000
ON_CI = os.environ.get("CI") == "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser that leaves a page cuts answers short, and servers in our process leave those files open."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.filterwarnings(LEFT_OPEN))


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup() -> None:
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()
    lacks = [part for part in OPTIONAL_PARTS if item.get_closest_marker(part)]
    if ON_CI and report.skipped and lacks and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"CI must not skip this ({', '.join(lacks)}): {report.longrepr}"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Prints, as the last line of all, how many tests were skipped for want of what."""
    terminalreporter = config.pluginmanager.get_plugin("terminalreporter")
    if terminalreporter is None or hasattr(config, "workerinput"):
        return
    skipped = terminalreporter.stats.get("skipped", [])
    parts = {part: sum(part in report.keywords for report in skipped) for part in OPTIONAL_PARTS}
    named = ", ".join(f"{count} {part}" for part, count in parts.items() if count)
    rest = len(skipped) - sum(parts.values())
    what = ", ".join(filter(None, [named, f"{rest} for other reasons" if rest else ""])) or "none"
    terminalreporter.write_line(f"skipped: {len(skipped)} ({what})")


def settings_for(database_url: str, **changes: object) -> Settings:
    """Settings of a tool on loopback; keyword arguments replace fields."""
    fields = {"public_url": "http://tool.localhost:8000", "loopback_demo": True, "log_json": False}
    return Settings(**{**fields, "database_url": database_url, **changes})


def build_tables(settings: Settings) -> None:
    """All tables of this version, ours and the job engine's, without walking through the migrations."""
    database = Database(settings)
    with database.engine.begin() as connection:
        Base.metadata.create_all(connection)
        alembic = migrate.config()
        alembic.attributes["connection"] = connection
        command.stamp(alembic, "head")
    database.dispose()
    job_engine.migrate(settings)


def _server() -> Engine:
    return create_engine(POSTGRES_URL, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})


def _command(statement: str) -> None:
    engine = _server()
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _postgres_at(name: str) -> str:
    return make_url(POSTGRES_URL).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied for each test."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    build_tables(settings_for(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """The name of a migrated PostgreSQL database, to be copied for each test."""
    name = f"regroup_template_{uuid4().hex[:12]}"
    try:
        _command(f"CREATE DATABASE {name}")
    except OperationalError:
        pytest.skip(f"no PostgreSQL answers at {make_url(POSTGRES_URL).render_as_string()}")
    try:
        build_tables(settings_for(_postgres_at(name)))
        yield name
    finally:
        _command(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_settings(sqlite_template: Path, tmp_path: Path) -> Settings:
    """Settings with a fresh SQLite file that has every table."""
    path = tmp_path / "regroup.db"
    shutil.copy(sqlite_template, path)
    return settings_for(f"sqlite:///{path}")


@pytest.fixture
def postgres_settings(postgres_template: str) -> Iterator[Settings]:
    """Settings with a fresh PostgreSQL database that has every table."""
    name = f"regroup_test_{uuid4().hex[:12]}"
    _command(f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield settings_for(_postgres_at(name))
    _command(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest) -> Settings:
    """Settings with a fresh database, once on SQLite and once on PostgreSQL."""
    return request.getfixturevalue(f"{request.param}_settings")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings with a database that has no table at all, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield settings_for(f"sqlite:///{tmp_path / 'deep' / 'empty.db'}")
        return
    request.getfixturevalue("postgres_template")  # skips where no server answers
    name = f"regroup_empty_{uuid4().hex[:12]}"
    _command(f"CREATE DATABASE {name}")
    yield settings_for(_postgres_at(name))
    _command(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """A fresh database that has every table, once on SQLite and once on PostgreSQL."""
    database = Database(settings)
    yield database
    database.dispose()


@pytest.fixture
def sqlite_database(sqlite_settings: Settings) -> Iterator[Database]:
    """A fresh SQLite database that has every table, for tests that the other database would only repeat."""
    database = Database(sqlite_settings)
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def playwright_driver() -> Iterator[Playwright]:
    """The one driver of a process: two at once are refused, and its loop stays in the thread till the end."""
    expect.set_options(timeout=SLOW_MACHINE_MS)
    with sync_playwright() as driver:
        yield driver
