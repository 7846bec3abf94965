"""A small class with a tool installed, and what a tool would do: fetch tokens, ask for launches."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, jsonify
from flask.testing import FlaskClient
from jwt.algorithms import RSAAlgorithm
from werkzeug.serving import make_server

from sandbox.app import create_app, show
from sandbox.platform import Installed, install_tool
from sandbox.platform.tokens import JWT_BEARER, issue_token
from sandbox.world.model import Account, Assignment, Course, Deployment, LtiKey, Section, Submission, User
from sandbox.world.people import add_section, add_user, put_in
from sandbox.world.store import World
from sandbox.world.work import add_assignment

HOST = "lms.localhost:8100"
LMS = f"http://{HOST}"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
EVERY_SCOPE = [NRPS, *(AGS + name for name in ("lineitem", "lineitem.readonly", "result.readonly", "score"))]


@dataclass
class ToolKeys:
    """A tool's key pair and the JWKS it publishes."""

    kid: str = field(default_factory=lambda: uuid4().hex[:8])
    private: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )

    def jwk(self, **changes: object) -> dict[str, object]:
        public = json.loads(RSAAlgorithm.to_jwk(self.private.public_key()))
        return {**public, "kid": self.kid, "alg": "RS256", "use": "sig", **changes}

    def assertion(self, client_id: str, **changes: Any) -> str:
        """A right client assertion, with some claims replaced; None takes a claim away."""
        now = int(time.time())
        claims = {
            "iss": client_id, "sub": client_id, "aud": f"{LMS}/login/oauth2/token",
            "iat": now, "exp": now + 60, "jti": uuid4().hex,
        }  # fmt: skip
        claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return jwt.encode(claims, self.private, algorithm="RS256", headers={"kid": self.kid})


@contextmanager
def serving_jwks(keys: list[dict[str, object]]) -> Iterator[str]:
    """A tool on loopback that publishes these keys; its address, by name as a browser would say it."""
    app = Flask("tool")
    app.add_url_rule("/lti/jwks", view_func=lambda: jsonify({"keys": keys}))
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://tool.localhost:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@cache
def _app() -> Flask:
    """One app for all tests of a process: making one takes longer than most of them."""
    return create_app(World())


class LtiClass:
    """Ms. Rivera's course of a few people, with the tool installed in the whole district."""

    def __init__(self, tool_url: str = "http://tool.localhost:8000", *, students: int = 3) -> None:
        self.world = World(seed=1)
        self.account = self.world.add(Account(name="Cedar Grove", lti_context_id="account-guid"))
        self.course = self.world.add(
            Course(
                account_id=self.account.id,
                name="Grade 4",
                course_code="G4",
                lti_context_id="course-context",
                sis_course_id="sis-g4",
            )
        )
        self.section = add_section(self.world, self.course, "Room 12")
        self.teacher = self.person("Ana Rivera", "rivera", "TeacherEnrollment")
        self.students = [
            self.person(f"Student Number{n}", f"s{n:03}", "StudentEnrollment", sis_user_id=f"sis-{n}")
            for n in range(students)
        ]
        self.installed: Installed = install_tool(self.world, tool_url)
        self.app = _app()
        show(self.app, self.world)

    def person(
        self,
        name: str,
        login: str,
        kind: str,
        state: str = "active",
        *,
        child: User | None = None,
        **fields: Any,
    ) -> User:
        user = add_user(self.world, name, login, email=f"{login}@cedar.example", **fields)
        associated = child.id if child else None
        put_in(self.world, self.section, user, kind, workflow_state=state, associated_user_id=associated)
        return user

    def section_of(self, name: str) -> Section:
        return add_section(self.world, self.course, name)

    @property
    def tool(self) -> LtiKey:
        return next(self.world.find(LtiKey, client_id=self.installed.client_id))

    @property
    def deployment(self) -> Deployment:
        return next(self.world.find(Deployment, deployment_id=self.installed.deployment_id))

    def assignment(self, name: str = "Check", points: float = 10, **fields: Any) -> Assignment:
        fields.setdefault("workflow_state", "published")
        return add_assignment(self.world, self.course, name, points=points, **fields)

    def row(self, assignment_id: int, user: User) -> Submission:
        row = self.world.submission(assignment_id, user.id)
        assert row is not None
        return row

    def browser(self, user: User | None = None) -> FlaskClient:
        """A browser at the LMS, logged in as that person."""
        client = self.app.test_client()
        client.environ_base["HTTP_HOST"] = HOST
        if user is not None:
            assert client.post("/web/login", data={"login": user.login_id}, base_url=LMS).status_code == 303
        return client

    def token_form(self, assertion: str, scopes: list[str] = EVERY_SCOPE) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "client_assertion_type": JWT_BEARER,
            "client_assertion": assertion,
            "scope": " ".join(scopes),
        }

    def service(self, *scopes: str) -> ServiceCalls:
        """The services with a token of these scopes (all by default)."""
        token = issue_token(self.world, self.tool, list(scopes) or EVERY_SCOPE)
        return ServiceCalls(self, token.access_token)


class ServiceCalls:
    """A tool at the LTI services, with a bearer token."""

    def __init__(self, home: LtiClass, token: str) -> None:
        self.home = home
        self._client = home.app.test_client()
        self._headers = {"Authorization": f"Bearer {token}"}
        self.items_path = f"/api/lti/courses/{home.course.id}/line_items"
        self.roster_path = f"/api/lti/courses/{home.course.id}/names_and_roles"

    def call(self, method: str, url: str, body: object = None, kind: str = "application/json") -> Any:
        path = url.removeprefix(LMS)
        data = None if body is None else json.dumps(body)
        return self._client.open(
            path, method=method, data=data, content_type=kind, headers=self._headers, base_url=LMS
        )

    def new_item(self, **fields: Any) -> dict[str, Any]:
        answer = self.call("POST", self.items_path, {"label": "Mastery", "scoreMaximum": 10, **fields})
        assert answer.status_code == 201, answer.text
        return dict(answer.json)

    def score(self, item_url: str, user: User | str, **fields: Any) -> Any:
        sent = {
            "userId": user if isinstance(user, str) else user.lti_1_3_id,
            "scoreGiven": 8,
            "scoreMaximum": 10,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            "timestamp": "2026-03-02T10:00:00.000Z",
            **fields,
        }
        body = {name: value for name, value in sent.items() if value is not ...}
        return self.call("POST", f"{item_url}/scores", body, "application/vnd.ims.lis.v1.score+json")


@dataclass(frozen=True)
class PostedForm:
    action: str
    fields: dict[str, str]


def form_of(html: str) -> PostedForm:
    """The form of a page that posts itself."""
    action = re.search(r'<form[^>]*action="([^"]*)"', html)
    assert action, html
    inputs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', html)
    return PostedForm(unescape(action[1]), {unescape(name): unescape(value) for name, value in inputs})


def begin_launch(home: LtiClass, client: FlaskClient) -> PostedForm:
    """Open the tool's frame and read the login initiation in it."""
    frame = client.get(f"/courses/{home.course.id}/external_tools/{home.tool.id}/launch", base_url=LMS)
    assert frame.status_code == 200, frame.text
    return form_of(frame.text)


def authentication_request(login: PostedForm, home: LtiClass, **changes: str | None) -> dict[str, str]:
    """What a tool asks for after the login initiation; None takes a parameter away."""
    asked: dict[str, str | None] = {
        "client_id": login.fields["client_id"],
        "login_hint": login.fields["login_hint"],
        "lti_message_hint": login.fields["lti_message_hint"],
        "nonce": "nonce-1",
        "prompt": "none",
        "redirect_uri": home.tool.redirect_uris[0],
        "response_mode": "form_post",
        "response_type": "id_token",
        "scope": "openid",
        "state": "state-1",
        **changes,
    }
    return {name: value for name, value in asked.items() if value is not None}


def finish_launch(home: LtiClass, client: FlaskClient, asked: dict[str, str]) -> PostedForm:
    answer = client.get("/api/lti/authorize_redirect", query_string=asked, base_url=LMS)
    assert answer.status_code == 200, answer.text
    return form_of(answer.text)


def verified_claims(home: LtiClass, id_token: str) -> dict[str, Any]:
    """The claims, after checking the signature as a tool would: by the platform's published keys."""
    jwks = home.app.test_client().get("/api/lti/security/jwks", base_url=LMS).json
    kid = jwt.get_unverified_header(id_token)["kid"]
    key = next(jwk for jwk in jwks["keys"] if jwk["kid"] == kid)
    return jwt.decode(
        id_token, jwt.PyJWK(key).key, algorithms=["RS256"], audience=home.installed.client_id, issuer=LMS
    )
