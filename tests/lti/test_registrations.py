"""What an operator adds: nothing is overwritten, nothing half made, and a wrong option is named."""

from typing import Any

import pytest
from lti_platform import LTI
from lti_tool import START, Tool, new_registration
from sqlalchemy import func, select

from lti_app.lti.registrations import (
    BadRegistration,
    add_registration,
    list_registrations,
    page_origins,
)
from lti_app.store.db import Database
from lti_app.store.models.districts import District
from lti_app.store.models.lti import Deployment, Registration


def count(database: Database, table: type[Any]) -> int:
    with database.session(None, write=False) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_adding_the_same_twice_changes_nothing(sqlite_database: Database) -> None:
    for _ in range(2):
        with sqlite_database.operator_session() as session:
            add_registration(session, new_registration(), now=START)
    assert [count(sqlite_database, table) for table in (Registration, Deployment, District)] == [1, 1, 1]


def test_one_registration_serves_many_deployments_and_districts(sqlite_database: Database) -> None:
    with sqlite_database.operator_session() as session:
        add_registration(session, new_registration(), now=START)
        add_registration(session, new_registration(deployment_id="2", district="Elsewhere"), now=START)
    assert [count(sqlite_database, table) for table in (Registration, Deployment, District)] == [1, 2, 2]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"jwks_url": "https://evil.example/jwks"}, "--client-id"),
        ({"district": "Elsewhere"}, "--deployment-id"),
    ],
)
def test_what_is_there_is_not_overwritten(
    sqlite_database: Database, changes: dict[str, Any], named: str
) -> None:
    with sqlite_database.operator_session() as session:
        add_registration(session, new_registration(), now=START)
    with (
        pytest.raises(BadRegistration, match=named),
        sqlite_database.operator_session() as session,
    ):
        add_registration(session, new_registration(**changes), now=START)
    assert [count(sqlite_database, table) for table in (Registration, Deployment, District)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"issuer": ""}, "--issuer"),
        ({"client_id": " "}, "--client-id"),
        ({"deployment_id": "d" * 256}, "--deployment-id"),
        ({"district": "D" * 201}, "--district"),
        ({"family": "blackboard"}, "--family"),
        ({"auth_url": "http://lms.example/auth"}, "--auth-url"),
        ({"token_url": "lms.example/token"}, "--token-url"),
        ({"jwks_url": "https://127.0.0.1/jwks"}, "--jwks-url"),
        ({"api_url": "http://lms.localhost:8100", "api_key": "k", "api_secret": "s"}, "--api-url"),
        ({"api_url": "https://lms.example"}, "--api-key"),
    ],
)
def test_a_wrong_option_is_named(sqlite_database: Database, changes: dict[str, Any], named: str) -> None:
    with (
        pytest.raises(BadRegistration, match=named),
        sqlite_database.operator_session() as session,
    ):
        add_registration(session, new_registration(**changes), now=START)
    assert count(sqlite_database, Registration) == 0


def test_the_demo_may_register_an_lms_on_loopback(sqlite_database: Database) -> None:
    lms = "http://lms.localhost:8100"
    new = new_registration(
        issuer=lms, auth_url=f"{lms}/auth", token_url=f"{lms}/token", jwks_url=f"{lms}/jwks",
        api_url=f"{lms}/", api_key="k", api_secret="s",
    )  # fmt: skip
    with sqlite_database.operator_session() as session:
        registration = add_registration(session, new, now=START, allow_loopback=True).registration
        assert page_origins(registration, None) == (lms,)
        assert (registration.api_base_url, registration.api_client_secret) == (lms, "s")


def test_a_pending_deployment_is_listed_first_and_given_to_a_district(tool: Tool) -> None:
    tool.launch(**{f"{LTI}deployment_id": "9:new"})
    with tool.database.operator_session() as session:
        assert [(row.deployment_id, row.state) for row in list_registrations(session)] == [
            ("9:new", "pending"), ("1:abc", "active"),
        ]  # fmt: skip
        add_registration(session, new_registration(deployment_id="9:new", district="New"), now=START)
    assert tool.launch(**{f"{LTI}deployment_id": "9:new"}).status_code == 303


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Cedar.Instructure.com/courses/7?x=1", ("https://cedar.instructure.com",)),
        ("https://cedar.example:443/", ("https://cedar.example",)),
        ("http://lms.localhost:8100/x", ("http://lms.localhost:8100",)),
        ("javascript:alert(1)", ()),
        ("https://a.example;script-src *", ()),
        ("https://a b.example/", ()),
        ("https://*.example/", ()),
        ("https://[::1]/", ()),
        ("https://x:99999/", ()),
        ("https://user@evil.example/", ("https://evil.example",)),
        (None, ()),
    ],
)
def test_an_origin_for_the_policy_holds_nothing_but_an_origin(
    url: str | None, origin: tuple[str, ...]
) -> None:
    assert page_origins(Registration(issuer="urn:x", auth_login_url=""), url) == origin
