"""The pages' side of the job engine: put a job on the queue in the caller's own transaction. Starts no
thread.
"""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dbos import DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions
from sqlalchemy.orm import Session

from lti_app.jobs import rows
from lti_app.settings import Settings
from lti_app.store.models.jobs import Job
from lti_app.store.tenancy import district_of

# Stored with the engine's records: a change strands what is under way.
APPLICATION = "regroup"
QUEUE = "jobs"
WORKFLOW = "run_job"


class JobsClient:
    """Enqueues jobs. Connects at its first use, so it may be made before a server forks."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._client: DBOSClient | None = None

    def enqueue(
        self,
        session: Session,
        kind: str,
        *,
        registration_id: int,
        context_lms_id: str,
        arguments: Mapping[str, Any],
        created_by: int | None,
        now: datetime,
    ) -> Job:
        """The job, queued when this transaction commits; the unfinished one of that kind if the course has
        one.
        """
        job, is_new = rows.add_job(
            session,
            kind,
            registration_id=registration_id,
            context_lms_id=context_lms_id,
            arguments=arguments,
            created_by=created_by,
            now=now,
        )
        if is_new:
            self.start_workflow(session, job, job.workflow_id)
        return job

    def start_workflow(
        self, session: Session, job: Job, workflow_id: str, *, delay: timedelta | None = None
    ) -> None:
        """Puts the workflow that carries a job on the queue, in the caller's transaction."""
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": QUEUE,
            "workflow_id": workflow_id,
            # One writer for each course: the queue runs one workflow of a partition at a time.
            "queue_partition_key": f"{job.registration_id}:{job.context_lms_id}",
        }
        if delay is not None:
            options["delay_seconds"] = max(0.0, delay.total_seconds())
        # The connection, not the session: these are Core statements on the engine's own tables.
        self._connected().enqueue_in_transaction(session.connection(), options, district_of(session), job.id)

    def check(self) -> None:
        """Raises when the engine's tables cannot be reached (for /readyz)."""
        self._connected().check_connection()

    def close(self) -> None:
        """Closes its connections."""
        with self._lock:
            if self._client is not None:
                self._client.destroy()
                self._client = None

    def _connected(self) -> DBOSClient:
        with self._lock:
            if self._client is None:
                self._client = DBOSClient(
                    system_database_url=self._settings.database_url,
                    serializer=DBOSPortableJSONSerializer(),
                    application_name=APPLICATION,
                    system_database_pool_size=2,
                    lazy=True,
                    retry_connection_errors=False,
                )
            return self._client
