"""What an operator's monitoring sees: up, ready, and the figures of the jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lti_app.app import create_app
from lti_app.jobs import engine
from lti_app.settings import Settings
from lti_app.store.db import Database
from lti_app.store.models.districts import District
from lti_app.store.models.jobs import Job
from lti_app.store.models.lti import Registration
from lti_app.web.parts import KEY

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
def open_app() -> Iterator[Callable[..., FlaskClient]]:
    apps: list[Flask] = []

    def opened(settings: Settings, database: Database | None = None) -> FlaskClient:
        apps.append(create_app(settings, database=database))
        return apps[-1].test_client()

    yield opened
    for app in apps:
        app.extensions[KEY].jobs.close()


@pytest.fixture
def client(settings: Settings, database: Database, open_app: Callable[..., FlaskClient]) -> FlaskClient:
    engine.migrate(settings)
    return open_app(settings, database)


def add_job(database: Database) -> None:
    with database.operator_session() as session:
        district = District(name="Cedar Grove", created_at=NOW)
        registration = Registration(
            issuer="i", client_id="c", auth_login_url="a", token_url="t", jwks_url="j", created_at=NOW
        )
        session.add_all([district, registration])
        session.flush()
        session.add(
            Job(
                district_id=district.id,
                kind="pull",
                registration_id=registration.id,
                context_lms_id="7",
                created_at=NOW,
                workflow_id="w1",
            )
        )


def test_a_process_that_answers_is_up(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "up"}


def test_ready_means_database_and_queue(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["failing"]) == (200, [])


def test_without_a_database_it_is_not_ready_and_says_what_fails(open_app: Callable[..., FlaskClient]) -> None:
    settings = Settings(
        public_url="http://tool.localhost:1",
        loopback_demo=True,
        database_url="postgresql://nobody@127.0.0.1:1/nothing",
    )
    answer = open_app(settings).get("/readyz")
    assert (answer.status_code, answer.get_json()["failing"]) == (503, ["database", "queue"])


def test_jobs_are_counted_by_kind_and_state(client: FlaskClient, database: Database) -> None:
    add_job(database)
    text = client.get("/metrics").get_data(as_text=True)
    assert 'regroup_jobs{kind="pull",state="queued"} 1.0' in text


def test_figures_are_for_this_machine_only(client: FlaskClient) -> None:
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 403


def test_with_a_token_set_only_the_token_opens_them(
    settings: Settings, database: Database, open_app: Callable[..., FlaskClient]
) -> None:
    guarded = Settings(**{**settings.model_dump(), "metrics_token": "s3cret"})
    client = open_app(guarded, database)
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer s3cret"}).status_code == 200
