"""The only worker file that knows DBOS: the frozen workflow, the queue, recovery and the clock's ticks.

The library gives durable workflows, the queue and the fence (a workflow taken over records nothing more).
It leaves the finding of dead workers to its vendor's service; `sweep.py` does that here. Reasons and
measurements: docs/decisions.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

from lti_app.jobs.advance import Outcome, Runner
from lti_app.jobs.client import APPLICATION, QUEUE, WORKFLOW
from lti_app.jobs.faults import describe
from lti_app.jobs.schedule import Cron, CronContext
from lti_app.settings import Settings
from lti_app.store.models.jobs import JobState

log = logging.getLogger(__name__)

# By default a hash of the source: then each deploy would strand the running jobs.
APPLICATION_VERSION = "1"
# Recoveries of one workflow before it is given up.
ATTEMPTS = 20
KEEP_ENDED = timedelta(days=7)
# How long a stopping worker waits for the steps under way.
STOP_SECONDS = 25

_ENDS: Mapping[str, JobState | None] = {
    "ENQUEUED": None,
    "DELAYED": None,
    "PENDING": None,
    "CANCELLED": JobState.CANCELLED,
}


def migrate(settings: Settings) -> None:
    """Brings the library's own tables up to date: schema `dbos` on PostgreSQL, beside ours in SQLite's
    file.
    """
    DBOS.migrate(settings.database_url)


def _forget(context: CronContext) -> None:
    forget_ended(context.now - KEEP_ENDED)


FORGET = Cron("forget-ended-workflows", "11 3 * * *", _forget)


class Engine:
    """DBOS, set up for our one workflow. One for each worker process, from `start` to `stop`."""

    def __init__(
        self, settings: Settings, runner: Runner, crons: Iterable[Cron], *, executor_id: str
    ) -> None:
        self._settings, self._runner = settings, runner
        self._crons = {cron.name: cron for cron in (*crons, FORGET)}
        self._executor_id = executor_id

    def start(self) -> None:
        """Begins to take work. Raises when the library's tables are missing or old: run `regroup migrate`."""
        DBOS(config=self._config())
        run_cron = self._register()
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            partition_concurrency=1,
            worker_concurrency=self._settings.worker_threads,
            polling_interval_sec=self._settings.job_poll_seconds,
            on_conflict="always_update",
        )
        for schedule in DBOS.list_schedules():
            if schedule["schedule_name"] not in self._crons:
                DBOS.delete_schedule(schedule["schedule_name"])
        DBOS.apply_schedules(
            [
                {"schedule_name": name, "workflow_fn": run_cron, "schedule": cron.expression, "context": name}
                for name, cron in self._crons.items()
            ]
        )

    def stop(self) -> None:
        """Takes no more work and closes the library's connections."""
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=STOP_SECONDS)

    def executors_at_work(self) -> set[str]:
        """The executors that unfinished, begun workflows name as theirs."""
        begun = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        return {workflow.executor_id for workflow in begun if workflow.executor_id is not None}

    def recover(self, executors: Iterable[str]) -> None:
        """Puts the begun workflows of these executors back on the queue; idempotent, and atomic for each
        workflow.
        """
        # Private, and the only such name: the public resume_workflows would also revive what was just
        # cancelled.
        # tests/jobs/test_jobs_contract.py holds it still.
        DBOS._recover_pending_workflows(sorted(executors))

    def ends(self, workflow_ids: Iterable[str]) -> Mapping[str, JobState | None]:
        """How each workflow ended; None for one that goes on, no entry for one that is not known."""
        found = DBOS.list_workflows(workflow_ids=list(workflow_ids), load_input=False, load_output=False)
        return {workflow.workflow_id: _ENDS.get(workflow.status, JobState.FAILED) for workflow in found}

    def _config(self) -> DBOSConfig:
        return {
            "name": APPLICATION,
            "system_database_url": self._settings.database_url,
            "application_version": APPLICATION_VERSION,
            # Fresh in each process: under a stable one, a launch would recover its living twin's jobs.
            "executor_id": self._executor_id,
            # The default is pickle, which a stored row could use to run code.
            "serializer": DBOSPortableJSONSerializer(),
            "run_migrations": False,
            "enable_otlp": False,
            "log_level": "WARNING",
            "scheduler_polling_interval_sec": self._settings.job_lease_seconds,
        }

    def _register(self) -> Any:
        """The workflows. Their bodies are frozen: a running job replays them after a deploy, step by step."""
        runner, crons = self._runner, self._crons

        @DBOS.step(name="advance")
        def advance(district_id: int, job_id: int, token: str) -> str:
            return runner.advance(district_id, job_id, token).value

        @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=ATTEMPTS)
        def run_job(district_id: int, job_id: int) -> None:
            workflow_id = DBOS.workflow_id
            assert workflow_id is not None
            while (token := runner.hold(district_id, job_id, workflow_id)) is not None:
                while (outcome := advance(district_id, job_id, token)) == Outcome.MORE:
                    pass
                if outcome == Outcome.OVER:
                    return
                # LOST, and yet still ours to carry (the library ended the step in our name): a zombie took
                # the hold in
                # passing. Take it back; the zombie's own step cannot be recorded.

        @DBOS.step(name="tick")
        def tick(name: str, due: str) -> None:
            if name not in crons:
                return
            context = CronContext(runner.database, runner.client, datetime.fromisoformat(due))
            try:
                crons[name].run(context)
            except Exception as error:  # the boundary: the next moment comes by itself
                log.error("cron %s broke, %s", name, describe(error)[1])

        @DBOS.workflow(name="run_cron", max_recovery_attempts=ATTEMPTS)
        def run_cron(due: datetime, name: str) -> None:
            tick(name, due.astimezone(UTC).isoformat())

        return run_cron


def forget_ended(before: datetime) -> int:
    """Deletes the library's records of workflows that ended before then, which it never does itself. Says
    how many.
    """
    forgotten = 0
    while ids := [
        workflow.workflow_id
        for workflow in DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
            completed_before=before.isoformat(),
            limit=500,
            load_input=False,
            load_output=False,
        )
    ]:
        DBOS.delete_workflows(ids)
        forgotten += len(ids)
    return forgotten
