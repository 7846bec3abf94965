"""What happens by the clock, once however many workers run: the type of it, and the house's own
sweeping-up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete

from lti_app.jobs.client import JobsClient
from lti_app.store.db import Database
from lti_app.store.models.jobs import UNFINISHED, Job

# Long enough to answer "what did it do last month?"; the history of writes to an LMS is kept elsewhere.
KEEP_JOBS = timedelta(days=30)


@dataclass(frozen=True)
class CronContext:
    """What a cron function gets: `now` is the moment it was due (UTC)."""

    database: Database
    jobs: JobsClient
    now: datetime


@dataclass(frozen=True)
class Cron:
    """A function run by the clock. Expression: minute hour day month weekday, in UTC; six fields begin with
    seconds.

    It may be run again after a kill, so it must be safe to repeat; anything long it enqueues as jobs.
    """

    name: str
    expression: str
    run: Callable[[CronContext], None]


def forget_old_jobs(context: CronContext) -> None:
    """Deletes the rows of jobs that ended more than 30 days ago."""
    with context.database.operator_session() as session:
        old = Job.ended_at < context.now - KEEP_JOBS
        session.execute(delete(Job).where(old, Job.state.not_in(UNFINISHED)))


HOUSEKEEPING = (Cron("forget-old-jobs", "41 3 * * *", forget_old_jobs),)
