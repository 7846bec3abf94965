"""The one way to the database: an engine for SQLite or PostgreSQL, and sessions of one transaction each."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from lti_app.settings import Settings
from lti_app.store import secrets
from lti_app.store.tenancy import DISTRICT, OPERATOR, READ_ONLY, GuardedSession

BUSY_MILLISECONDS = 15_000


class Database:
    """An engine and its sessions. Make one for each process (after a fork, never before)."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = _sqlite_engine(settings) if settings.is_sqlite else _postgres_engine(settings)
        self._reading = self.engine.execution_options(
            **({"read_only": True} if settings.is_sqlite else {"postgresql_readonly": True})
        )
        secrets.use_cipher(self.engine.dialect, secrets.cipher_of(settings.encryption_keys))

    @contextmanager
    def session(self, district_id: int | None, *, write: bool = True) -> Iterator[Session]:
        """One transaction for one district: committed at the end of the block, rolled back by an error.

        A writing transaction takes SQLite's write lock at its first statement, so that nothing it has read
        can change before it writes; on PostgreSQL read with `.with_for_update()` what you are about to
        change. None: no district is known yet, global tables only. Loaded rows can still be read after the
        block.
        """
        with self._session({DISTRICT: district_id}, write=write) as session:
            yield session

    @contextmanager
    def operator_session(self, *, write: bool = True) -> Iterator[Session]:
        """One transaction over every district, for the command line and the workers' sweep only."""
        with self._session({OPERATOR: True}, write=write) as session:
            yield session

    def dispose(self) -> None:
        """Closes every pooled connection."""
        self.engine.dispose()

    @contextmanager
    def _session(self, info: dict[str, Any], *, write: bool) -> Iterator[Session]:
        bind = self.engine if write else self._reading
        info[READ_ONLY] = not write
        with GuardedSession(bind, expire_on_commit=False, info=info) as session, session.begin():
            yield session


def _sqlite_engine(settings: Settings) -> Engine:
    database = make_url(settings.database_url).database
    assert database is not None
    Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(settings.database_url, pool_size=10, max_overflow=20, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # sqlite3's own handling begins a transaction only at the first write: too late to keep a read true.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    connection.execute("PRAGMA foreign_keys = ON")
    if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        connection.execute("PRAGMA journal_mode = WAL")


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE for what may write: deferred, 297 of 400 concurrent read-then-writes failed; immediate, none.
    reads = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _postgres_engine(settings: Settings) -> Engine:
    return create_engine(
        settings.database_url,
        pool_size=10,
        max_overflow=20,
        pool_pre_ping=True,
        hide_parameters=True,  # an error's text goes to logs, and parameters name people
        connect_args={"connect_timeout": 10, "application_name": "regroup"},
    )
