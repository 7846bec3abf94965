"""The tool under test. Most tests share one app and engine (both slow to warm up) and get them emptied."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from lti_tool import TOOL, Tool, build_tool

from lti_app.settings import Settings
from lti_app.store.db import Database


@pytest.fixture(scope="session")
def shared_tool(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    """One tool on SQLite for a whole run; take `tool`, which empties it."""
    path = tmp_path_factory.mktemp("lti") / "regroup.db"
    shutil.copy(sqlite_template, path)
    settings = Settings(public_url=TOOL, loopback_demo=True, log_json=False, database_url=f"sqlite:///{path}")
    database = Database(settings)
    yield build_tool(settings, database)
    database.dispose()


@pytest.fixture
def tool(shared_tool: Tool) -> Tool:
    """A tool on SQLite with one registered platform and nothing else."""
    shared_tool.empty()
    return shared_tool


@pytest.fixture
def fresh_tool(sqlite_settings: Settings, sqlite_database: Database) -> Tool:
    """A tool with an app of its own, for tests that add views or settings to it."""
    return build_tool(sqlite_settings, sqlite_database)


@pytest.fixture
def tool_on_each(settings: Settings, database: Database) -> Tool:
    """A tool, once on SQLite and once on PostgreSQL."""
    return build_tool(settings, database)
