"""A worker says that it is alive: on its own row, by the database's clock, every quarter of the lease."""

import logging
import threading
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from lti_app.store.clock import database_now
from lti_app.store.db import Database
from lti_app.store.models.jobs import Worker

log = logging.getLogger(__name__)


class Heartbeat:
    """Beats in a thread of its own from `start()` to `stop()`. A missed beat is logged and tried again."""

    def __init__(self, database: Database, worker_id: str, *, lease_seconds: float) -> None:
        self._database, self._worker_id = database, worker_id
        self._pause = lease_seconds / 4
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """The first beat is made before this returns: a worker must be seen before it takes work."""
        beat(self._database, self._worker_id)
        self._thread.start()

    def stop(self) -> None:
        """Takes the row away, so that the others need not wait for the lease to run out."""
        if not self._thread.is_alive():
            return
        self._ended.set()
        self._thread.join()
        with self._database.session(None) as session:
            session.execute(delete(Worker).where(Worker.id == self._worker_id))

    def _run(self) -> None:
        while not self._ended.wait(self._pause):
            try:
                beat(self._database, self._worker_id)
            except SQLAlchemyError as error:
                log.warning("a heartbeat failed: %s", type(error).__name__)


def beat(database: Database, worker_id: str) -> None:
    """Writes that the worker is alive now; makes its row if it is the first time, or if it was taken for
    dead.
    """
    with database.session(None) as session:
        now = session.scalars(select(database_now())).one()
        worker = session.get(Worker, worker_id)
        if worker is None:
            session.add(Worker(id=worker_id, started_at=now, beat_at=now))
        else:
            worker.beat_at = now


def living(database: Database, *, lease_seconds: float) -> set[str]:
    """The workers that have beaten within the lease."""
    lease = timedelta(seconds=lease_seconds)
    with database.session(None, write=False) as session:
        rows = session.execute(select(Worker.id, Worker.beat_at, database_now())).all()
    return {worker_id for worker_id, beat_at, now in rows if now - beat_at <= lease}


def forget_dead(database: Database, *, lease_seconds: float) -> None:
    """Deletes the rows of workers that have been silent for a hundred leases."""
    with database.session(None) as session:
        now = session.scalars(select(database_now())).one()
        session.execute(delete(Worker).where(Worker.beat_at < now - timedelta(seconds=100 * lease_seconds)))
