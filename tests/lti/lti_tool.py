"""The tool under test with one registered platform, its clock, and the steps of a launch."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask, g, request
from flask.testing import FlaskClient
from lti_platform import (
    AUTH_URL,
    CLIENT_ID,
    DEPLOYMENT_ID,
    ISSUER,
    JWKS_URL,
    TOKEN_URL,
    TOOL,
    PlatformServer,
    launch_claims,
    public_jwk,
    signed,
)
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lti_app.app import create_app
from lti_app.lti.registrations import NewRegistration, add_registration
from lti_app.settings import Settings
from lti_app.store.db import Database
from lti_app.store.models.base import Base
from lti_app.store.models.lti import Context, LoginAttempt, SignIn, User
from lti_app.web import guards
from sync.errors import LmsDown

START = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)


class Clock:
    """The app's clock, moved by hand."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Login:
    """A launch that has begun: what the tool sent to the platform, and what came with it."""

    state: str
    nonce: str
    response: TestResponse
    sent: dict[str, str]


@dataclass
class Tool:
    """The app under test, its parts, and the steps of a launch."""

    app: Flask
    database: Database
    server: PlatformServer
    clock: Clock
    written: list[str] = field(default_factory=list)

    def empty(self) -> None:
        """Back to one registered platform, the first hour and a server that answers as it should."""
        with self.database.engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(table.delete())
        with self.database.operator_session() as session:
            add_registration(session, new_registration(), now=START)
        self.clock.at, self.server.answer = START, None
        self.server.calls.clear()
        self.server.keys[:] = [public_jwk("key-1")]
        self.written.clear()
        self.app.config["PROPAGATE_EXCEPTIONS"] = None

    def browser(self) -> FlaskClient:
        """A browser of its own: its cookies are nobody else's."""
        return self.app.test_client()

    def login(self, browser: FlaskClient, **changes: Any) -> Login:
        """Begins a launch as a platform does."""
        response = browser.get("/lti/login", query_string=login_parameters(**changes))
        onward = response.location or onward_link(response.text)
        sent = {name: values[0] for name, values in parse_qs(urlsplit(onward).query).items()}
        if response.status_code >= 400:
            return Login("", "", response, sent)
        return Login(sent["state"], sent["nonce"], response, sent)

    def claims(self, login: Login, **changes: Any) -> dict[str, Any]:
        """A teacher's claims for that login, at the app's time."""
        return self.claims_for(login.nonce, **changes)

    def claims_for(self, nonce: str, /, **changes: Any) -> dict[str, Any]:
        """A teacher's claims for that nonce, at the app's time."""
        return launch_claims(nonce, now=self.clock.at.timestamp(), **changes)

    def post(self, browser: FlaskClient, login: Login, id_token: str, **fields: str) -> TestResponse:
        """Posts the launch as the platform's page does."""
        return browser.post("/lti/launch", data={"state": login.state, "id_token": id_token} | fields)

    def launch(
        self, browser: FlaskClient | None = None, *, key: str = "key-1", **changes: Any
    ) -> TestResponse:
        """A whole launch: login, then the signed message."""
        browser = browser or self.browser()
        login = self.login(browser)
        return self.post(browser, login, signed(self.claims(login, **changes), key=key))

    def sign_ins(self) -> int:
        """How many sign-ins there are."""
        with self.database.operator_session(write=False) as session:
            return session.scalar(select(func.count()).select_from(SignIn)) or 0

    def users(self) -> int:
        """How many people are kept."""
        with self.database.operator_session(write=False) as session:
            return session.scalar(select(func.count()).select_from(User)) or 0

    def used_logins(self) -> int:
        """How many logins were used up."""
        with self.database.session(None, write=False) as session:
            used = select(func.count()).select_from(LoginAttempt).where(LoginAttempt.used_at.is_not(None))
            return session.scalar(used) or 0


def onward_link(page: str) -> str:
    """Where the page that begins a launch leads."""
    return unescape(page.split('<a href="', 1)[-1].split('"', 1)[0]) if "data-go-on" in page else ""


def login_parameters(**changes: Any) -> dict[str, str]:
    """What a platform sends to /lti/login; a change to None leaves it out."""
    sent = {
        "iss": ISSUER,
        "client_id": CLIENT_ID,
        "login_hint": "u-11",
        "lti_message_hint": "hint",
        "target_link_uri": f"{TOOL}/lti/launch",
        "lti_deployment_id": DEPLOYMENT_ID,
    } | changes
    return {name: value for name, value in sent.items() if value is not None}


def new_registration(**changes: Any) -> NewRegistration:
    """The registration of the tests' platform."""
    fields: dict[str, Any] = {
        "district": "Cedar Grove",
        "issuer": ISSUER,
        "client_id": CLIENT_ID,
        "deployment_id": DEPLOYMENT_ID,
        "auth_url": AUTH_URL,
        "token_url": TOKEN_URL,
        "jwks_url": JWKS_URL,
        "family": "canvas",
    }
    return NewRegistration(**fields | changes)


def build_tool(settings: Settings, database: Database) -> Tool:
    """An app with one registration, and stand-ins for the pages that others write."""
    clock, server = Clock(), PlatformServer()
    with database.operator_session() as session:
        add_registration(session, new_registration(), now=clock.at)
    app = create_app(settings, database=database, http=server, clock=clock)
    tool = Tool(app, database, server, clock)
    _add_pages(app, tool)
    return tool


def _add_pages(app: Flask, tool: Tool) -> None:
    """The smallest view behind each guard, at addresses of their own."""

    @app.route("/contexts/<int:context_id>/t/read", methods=["GET", "POST"])
    @guards.member_of_context.reading
    def read(context_id: int) -> str:
        name = g.sign_in.user.name if g.sign_in.user else "nobody"
        return f"{context_id} {g.sign_in.kind} {name} {g.sign_in_token}"

    @app.route("/contexts/<int:context_id>/t/teacher", methods=["GET", "POST"])
    @guards.teacher_of_context
    def teacher(context_id: int) -> str:
        if request.method == "POST":
            tool.written.append(f"{context_id}")
        return "of the teacher"

    @app.route("/contexts/<int:context_id>/t/student", methods=["GET", "POST"])
    @guards.student_of_context
    def student(context_id: int) -> str:
        return "of the student"

    @app.get("/contexts/<int:context_id>/t/poll")
    @guards.member_of_context.polling
    def poll(context_id: int) -> str:
        return "progress"

    @app.get("/t/district")
    @guards.admin_of_district
    def of_district() -> str:
        return "of the district"

    @app.post("/contexts/<int:context_id>/t/rename")
    @guards.teacher_of_context
    def rename(context_id: int) -> str:
        g.session.get(Context, context_id).title = "Renamed"
        if request.form.get("break"):
            raise LmsDown("The LMS broke.")
        return "renamed"

    @app.get("/contexts/<int:context_id>/t/sneak")
    @guards.teacher_of_context
    def sneak(context_id: int) -> str:
        g.session.get(Context, context_id).title = "Sneaked"
        return "sneaked"
