"""Many districts under one issuer: keys, deployments, domains and people of each stay apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient
from lti_class import EVERY_SCOPE, HOST, LtiClass, ToolKeys, form_of, serving_jwks

from sandbox.platform import install_tool
from sandbox.platform.install import Installed, deploy
from sandbox.platform.tokens import issue_token
from sandbox.world.model import Account, Course, LtiKey, User
from sandbox.world.people import add_section, add_user, put_in

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
ISSUER = "http://canvas.localhost:8100"
OAK = "oak.localhost:8100"


@dataclass
class Oak:
    """A second district on its own domain, with the same tool installed once more."""

    account: Account
    course: Course
    teacher: User
    installed: Installed
    key: LtiKey


@pytest.fixture
def oak(home: LtiClass) -> Oak:
    world = home.world
    world.switches.lti_issuer = ISSUER
    account = world.add(Account(name="Oak Hill", lti_context_id="oak-guid"))
    course = world.add(
        Course(account_id=account.id, name="Grade 4", course_code="G4", lti_context_id="oak-course")
    )
    teacher = add_user(world, "Olu Ash", "ash")
    put_in(world, add_section(world, course, "Room 1"), teacher, "TeacherEnrollment")
    installed = install_tool(world, "http://tool.localhost:8000", account=account)
    key = next(world.find(LtiKey, client_id=installed.client_id))
    return Oak(account, course, teacher, installed, key)


def begin(home: LtiClass, user: User, course: Course, tool: LtiKey, host: str) -> tuple[FlaskClient, Any]:
    client = home.app.test_client()
    base = f"http://{host}"
    client.post("/web/login", data={"login": user.login_id}, base_url=base)
    frame = client.get(f"/courses/{course.id}/external_tools/{tool.id}/launch", base_url=base)
    return client, frame


def asked(login: Any, tool: LtiKey) -> dict[str, str]:
    names = ("client_id", "login_hint", "lti_message_hint")
    fixed = {"prompt": "none", "response_mode": "form_post", "response_type": "id_token", "scope": "openid"}
    kept = {name: login.fields[name] for name in names}
    return {**kept, **fixed, "nonce": "n", "state": "s", "redirect_uri": tool.redirect_uris[0]}


def claims_of(page: Any) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(
        form_of(page.text).fields["id_token"], options={"verify_signature": False}
    )
    return found


def test_two_districts_launch_under_one_issuer_with_keys_of_their_own(home: LtiClass, oak: Oak) -> None:
    found = []
    for user, course, tool, host in (
        (home.teacher, home.course, home.tool, HOST),
        (oak.teacher, oak.course, oak.key, OAK),
    ):
        client, frame = begin(home, user, course, tool, host)
        login = form_of(frame.text)
        assert login.fields["iss"] == ISSUER
        page = client.get(
            "/api/lti/authorize_redirect", query_string=asked(login, tool), base_url=f"http://{host}"
        )
        claims = claims_of(page)
        nrps = claims["https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"]
        assert nrps["context_memberships_url"].startswith(f"http://{host}/api/lti/courses/{course.id}/")
        assert claims[f"{LTI}custom"]["canvas_api_domain"] == host
        guid = claims[f"{LTI}tool_platform"]["guid"]
        found.append((claims["iss"], claims["aud"], claims[f"{LTI}deployment_id"], guid))
    assert [row[0] for row in found] == [ISSUER, ISSUER]
    assert found[0][1:] == (home.installed.client_id, home.installed.deployment_id, "account-guid")
    assert found[1][1:] == (oak.installed.client_id, oak.installed.deployment_id, "oak-guid")


def test_the_shared_host_sends_the_browser_to_the_schools_own(home: LtiClass, oak: Oak) -> None:
    client, frame = begin(home, oak.teacher, oak.course, oak.key, OAK)
    request = asked(form_of(frame.text), oak.key)
    answer = client.get("/api/lti/authorize_redirect", query_string=request, base_url=ISSUER)
    assert answer.status_code == 302
    there = answer.headers["Location"]
    assert there.startswith(f"http://{OAK}/api/lti/authorize?")
    page = client.get(there.removeprefix(f"http://{OAK}"), base_url=f"http://{OAK}")
    assert claims_of(page)["sub"] == oak.teacher.lti_1_3_id


def test_one_districts_key_is_nothing_in_anothers_course(home: LtiClass, oak: Oak) -> None:
    _client, frame = begin(home, oak.teacher, oak.course, home.tool, OAK)
    assert frame.status_code == 404
    token = issue_token(home.world, home.tool, EVERY_SCOPE).access_token
    for service in ("names_and_roles", "line_items"):
        answer = home.app.test_client().get(
            f"/api/lti/courses/{oak.course.id}/{service}",
            headers={"Authorization": f"Bearer {token}"},
            base_url=f"http://{OAK}",
        )
        assert answer.status_code == 401


def test_an_inherited_key_has_a_deployment_in_each_district(home: LtiClass, oak: Oak) -> None:
    there = deploy(home.world, home.tool, account_id=oak.account.id)
    client, frame = begin(home, oak.teacher, oak.course, home.tool, OAK)
    request = asked(form_of(frame.text), home.tool)
    page = client.get("/api/lti/authorize_redirect", query_string=request, base_url=f"http://{OAK}")
    claims = claims_of(page)
    assert (claims["aud"], claims[f"{LTI}deployment_id"]) == (home.installed.client_id, there.deployment_id)


def test_a_role_of_one_district_does_not_follow_into_another(home: LtiClass, oak: Oak) -> None:
    home.teacher.admin_of_account_ids.add(home.account.id)
    put_in(home.world, add_section(home.world, oak.course, "Room 2"), home.teacher, "StudentEnrollment")
    client, frame = begin(home, home.teacher, oak.course, oak.key, OAK)
    request = asked(form_of(frame.text), oak.key)
    page = client.get("/api/lti/authorize_redirect", query_string=request, base_url=f"http://{OAK}")
    roles = claims_of(page)[f"{LTI}roles"]
    assert [role.rpartition("#")[2] for role in roles] == ["Student", "Learner", "User"]


@pytest.mark.parametrize(
    ("host", "audience", "status"),
    [
        (OAK, f"http://{OAK}/login/oauth2/token", 200),
        (OAK, f"{ISSUER}/login/oauth2/token", 200),
        (OAK, f"http://{HOST}/login/oauth2/token", 400),
        (OAK, ISSUER, 400),
    ],
)
def test_tokens_are_given_on_the_schools_host_for_either_audience(
    host: str, audience: str, status: int
) -> None:
    keys = ToolKeys()
    with serving_jwks([keys.jwk()]) as url:
        home = LtiClass(url)
        home.world.switches.lti_issuer = ISSUER
        form = home.token_form(keys.assertion(home.installed.client_id, aud=audience))
        answer = home.app.test_client().post("/login/oauth2/token", data=form, base_url=f"http://{host}")
    assert answer.status_code == status, answer.text
