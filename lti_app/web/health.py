"""For operators: is the process up, can it work, and its figures."""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from flask import Blueprint, Response, jsonify, make_response, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from lti_app.store.db import Database
from lti_app.store.models.jobs import Job, Worker
from lti_app.web.parts import parts

bp = Blueprint("health", __name__)
LOOPBACK = frozenset({"127.0.0.1", "::1"})


@bp.get("/healthz")
def healthz() -> Response:
    """200 as long as this process answers."""
    return jsonify(status="up")


@bp.get("/readyz")
def readyz() -> Response:
    """200 when the database and the queue answer, 503 with what does not otherwise."""
    failing = [
        name for name, is_up in (("database", _database_answers()), ("queue", _queue_answers())) if not is_up
    ]
    return make_response(
        jsonify(status="ready" if not failing else "not ready", failing=failing), 503 if failing else 200
    )


@bp.get("/metrics")
def metrics() -> Response:
    """Prometheus figures: for loopback, or with the metrics token."""
    if not _may_read_metrics():
        return make_response("", 403)
    registry = CollectorRegistry()
    registry.register(JobFigures(parts().database))
    response = make_response(generate_latest(registry))
    response.headers["Content-Type"] = CONTENT_TYPE_LATEST
    return response


class JobFigures(Collector):
    """Jobs and workers as the database has them: the same whichever web process is asked."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        """Jobs by kind and state, and workers that have said that they are alive."""
        jobs = GaugeMetricFamily("regroup_jobs", "Jobs by kind and state", labels=["kind", "state"])
        with self._database.operator_session(write=False) as session:
            by_kind = select(Job.kind, Job.state, func.count()).group_by(Job.kind, Job.state)
            for kind, state, count in session.execute(by_kind):
                jobs.add_metric([kind, state], count)
            workers = session.scalar(select(func.count()).select_from(Worker)) or 0
        yield jobs
        yield GaugeMetricFamily("regroup_workers", "Workers that have said that they are alive", workers)


def _may_read_metrics() -> bool:
    token = parts().settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token is not None:
        return hmac.compare_digest(given.encode(), token.get_secret_value().encode())
    return request.remote_addr in LOOPBACK and "X-Forwarded-For" not in request.headers


def _database_answers() -> bool:
    try:
        with parts().database.operator_session(write=False) as session:
            session.scalar(select(1))
    except SQLAlchemyError:
        return False
    return True


def _queue_answers() -> bool:
    try:
        parts().jobs.check()
    except SQLAlchemyError:
        return False
    return True
