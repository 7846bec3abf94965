"""The worker process: builds what it needs, takes jobs until it is told to end, and leaves the rest to the
others.
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from types import FrameType
from uuid import uuid4

from sqlalchemy.exc import SQLAlchemyError

from lti_app.clock import clock_of
from lti_app.jobs import sweep
from lti_app.jobs.advance import Runner
from lti_app.jobs.client import JobsClient
from lti_app.jobs.engine import Engine
from lti_app.jobs.heartbeat import Heartbeat, forget_dead
from lti_app.jobs.schedule import HOUSEKEEPING, Cron
from lti_app.jobs.steps import Kinds
from lti_app.settings import Settings
from lti_app.store import migrate
from lti_app.store.db import Database

log = logging.getLogger(__name__)


def main(settings: Settings, kinds: Kinds, crons: Sequence[Cron] = ()) -> None:
    """Works until SIGTERM or SIGINT. A step under way may end (25 s); what is left others go on with. Does
    not return.
    """
    stopping = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    work(settings, kinds, crons, stopping=stopping)
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # A step that outlived its 25 s sits in a thread that an ordinary exit would wait for.
    os._exit(0)


def work(settings: Settings, kinds: Kinds, crons: Sequence[Cron] = (), *, stopping: threading.Event) -> None:
    """Takes jobs in threads of this process until `stopping` is set. One at a time in a process."""
    worker_id = str(uuid4())
    database, client = Database(settings), JobsClient(settings)
    clock = clock_of(settings)
    runner = Runner(database, client, kinds, clock=clock, is_stopping=stopping.is_set)
    engine = Engine(settings, runner, (*HOUSEKEEPING, *crons), executor_id=worker_id)
    heartbeat = Heartbeat(database, worker_id, lease_seconds=settings.job_lease_seconds)
    try:
        migrate.check(database)
        heartbeat.start()
        engine.start()
        try:
            log.info("worker %s is at work", worker_id)
            _sweep_until(stopping, database, engine, worker_id, settings.job_lease_seconds, clock)
        finally:
            stopping.set()
            engine.stop()
    finally:
        heartbeat.stop()
        client.close()
        database.dispose()


def _sweep_until(
    stopping: threading.Event,
    database: Database,
    engine: Engine,
    worker_id: str,
    lease_seconds: float,
    clock: Callable[[], datetime],
) -> None:
    while True:
        try:
            sweep.hand_over(database, engine, own_id=worker_id, lease_seconds=lease_seconds)
            sweep.copy_ends(database, engine, now=clock())
            forget_dead(database, lease_seconds=lease_seconds)
        except SQLAlchemyError as error:
            # The next round is soon, and the database may be restarting.
            log.warning("a sweep failed: %s", type(error).__name__)
        if stopping.wait(lease_seconds / 3):
            return
