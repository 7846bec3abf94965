"""Dynamic registration: from an admin's address of a tool to a tool that is on."""

from __future__ import annotations

import re
from copy import deepcopy
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from lti_class import AGS, LMS, NRPS, LtiClass

from sandbox.platform import registrations
from sandbox.platform.tokens import issue_token
from sandbox.world.model import LtiKey, LtiRegistration, RegistrationUpdateRequest, User
from sandbox.world.people import add_user

TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
CANVAS = "https://canvas.instructure.com/lti/"
REG = "https://purl.imsglobal.org/spec/lti-reg/scope/registration"
URL = "http://new.localhost:9000/register?invite=7"
ASKED: dict[str, Any] = {
    "application_type": "web",
    "grant_types": ["client_credentials", "implicit"],
    "response_types": ["id_token"],
    "initiate_login_uri": "http://new.localhost:9000/login",
    "redirect_uris": ["http://new.localhost:9000/launch"],
    "client_name": "New Tool",
    "jwks_uri": "http://new.localhost:9000/jwks",
    "token_endpoint_auth_method": "private_key_jwt",
    "scope": f"{NRPS} {AGS}score {REG}",
    "unheard_of": "dropped",
    TOOL: {
        "domain": "new.localhost:9000",
        "target_link_uri": "http://new.localhost:9000/launch",
        "claims": ["sub", "name"],
        "custom_parameters": {"course": "$Canvas.course.id"},
        "messages": [
            {"type": "LtiResourceLinkRequest", "placements": ["course_navigation"], "label": "New"},
            {"type": "LtiDeepLinkingRequest", "placements": ["ContentArea", f"{CANVAS}module_menu_modal"]},
        ],
    },
}


@pytest.fixture
def admin(home: LtiClass) -> User:
    return add_user(home.world, "Dana Okafor", "admin", admin_of_account_ids={home.account.id})


class Newcomer:
    """The new tool's server."""

    def __init__(self, home: LtiClass, admin: User) -> None:
        self.home = home
        self.client = home.app.test_client()
        self.token = registrations.registration_token(home.world, home.account, admin, URL)

    def configuration(self, token: str | None = None) -> Any:
        bearer = {"Authorization": f"Bearer {token or self.token}"}
        return self.client.get("/api/lti/security/openid-configuration", headers=bearer, base_url=LMS)

    def register(self, body: Any = ASKED, token: str | None = None) -> Any:
        bearer = {"Authorization": f"Bearer {self.token if token is None else token}"}
        return self.client.post("/api/lti/registrations", json=body, headers=bearer, base_url=LMS)

    def own(self, method: str, registration_id: int, *scopes: str, body: Any = None) -> Any:
        registration = self.home.world.table(LtiRegistration)[registration_id]
        key = registrations.key_of(self.home.world, registration)
        token = issue_token(self.home.world, key, list(scopes)).access_token
        return self.client.open(
            f"/api/lti/registrations/{registration_id}/configuration",
            method=method, json=body, headers={"Authorization": f"Bearer {token}"}, base_url=LMS,
        )  # fmt: skip


@pytest.fixture
def tool(home: LtiClass, admin: User) -> Newcomer:
    return Newcomer(home, admin)


def registered(home: LtiClass) -> LtiRegistration:
    [found] = home.world.live(LtiRegistration)
    return found


def changed(path: str, value: Any) -> dict[str, Any]:
    """ASKED with one value changed (... takes it away); a path is dotted, "tool" the tool's part."""
    body = deepcopy(ASKED)
    *way, last = [TOOL if part == "tool" else part for part in path.split(".")]
    here: Any = body
    for part in way:
        here = here[int(part)] if isinstance(here, list) else here[part]
    if value is ...:
        del here[last]
    else:
        here[last] = value
    return body


def test_the_configuration_is_told_to_who_holds_the_token(home: LtiClass, tool: Newcomer) -> None:
    plain = tool.client.get("/api/lti/security/openid-configuration", base_url=LMS)
    assert (plain.status_code, "registration_token" in plain.json["error"]) == (401, True)
    assert tool.configuration("made.up.token").status_code == 401
    told = tool.configuration().json
    assert told["issuer"] == LMS
    assert told["registration_endpoint"] == f"{LMS}/api/lti/registrations"
    assert told["authorization_endpoint"] == f"{LMS}/api/lti/authorize_redirect"
    platform = told["https://purl.imsglobal.org/spec/lti-platform-configuration"]
    assert platform["product_family_code"] == "canvas"
    assert platform[f"{CANVAS}account_name"] == "Cedar Grove"
    assert "Canvas.course.id" in platform["variables"]
    assert {m["type"] for m in platform["messages_supported"]} == {
        "LtiResourceLinkRequest",
        "LtiDeepLinkingRequest",
    }
    home.world.clock.advance(3601)
    assert tool.configuration().status_code == 401


def test_a_registered_tool_is_off_until_the_admin_says_yes(home: LtiClass, tool: Newcomer) -> None:
    answer = tool.register()
    assert answer.status_code == 200, answer.text
    told = answer.json
    assert told["scope"] == f"{NRPS} {AGS}score {REG} openid"
    assert "unheard_of" not in told
    assert "deployment_id" not in told
    found = registered(home)
    assert told["registration_client_uri"] == f"{LMS}/api/lti/registrations/{found.id}"
    key = registrations.key_of(home.world, found)
    assert (key.client_id, key.active, key.privacy_level) == (told["client_id"], False, "name_only")
    assert key.placements == ["course_navigation", "link_selection", "module_menu_modal"]
    registrations.confirm(
        home.world, found, disabled_scopes=[f"{AGS}score"], disabled_placements=["link_selection"]
    )
    assert key.active
    assert key.scopes == [NRPS, REG]
    assert key.placements == ["course_navigation", "module_menu_modal"]
    assert tool.own("GET", found.id, REG).json["deployment_id"]


def test_the_deployment_may_be_told_at_once(home: LtiClass, tool: Newcomer) -> None:
    home.world.switches.registration_tells_deployment = True
    told = tool.register().json
    deployment = registrations.confirm(home.world, registered(home))
    assert told["deployment_id"] == deployment.deployment_id


@pytest.mark.parametrize("token", ["", "made.up.token"])
def test_without_a_token_of_ours_nothing_is_registered(home: LtiClass, tool: Newcomer, token: str) -> None:
    assert tool.register(token=token).status_code == 401
    assert home.world.live(LtiRegistration) == []


def test_a_token_registers_once_even_when_the_registration_was_refused(
    home: LtiClass, tool: Newcomer, admin: User
) -> None:
    assert tool.register(changed("client_name", ...)).status_code == 422
    again = tool.register()
    assert (again.status_code, again.json) == (
        401, {"errorMessage": "Registration token has already been used"},
    )  # fmt: skip
    assert Newcomer(home, admin).register().status_code == 200


WRONG = [
    ("application_type", "native"),
    ("grant_types", ["implicit"]),
    ("response_types", ["code"]),
    ("redirect_uris", []),
    ("redirect_uris", ["no address"]),
    ("jwks_uri", ...),
    ("initiate_login_uri", "ftp://x"),
    ("token_endpoint_auth_method", "client_secret_basic"),
    ("scope", "everything"),
    ("tool", ...),
    ("tool.domain", "http://new.localhost"),
    ("tool.messages", ...),
    ("tool.claims", ...),
    ("tool.messages.0.type", "LtiStartProctoring"),
    ("tool.messages.0.placements", ["the_moon"]),
    ("tool.custom_parameters", {"n": 5}),
]


@pytest.mark.parametrize(("path", "value"), WRONG, ids=str)
def test_a_wrong_registration_is_refused(home: LtiClass, tool: Newcomer, path: str, value: Any) -> None:
    answer = tool.register(changed(path, value))
    assert answer.status_code == 422
    assert answer.json["errors"]
    assert home.world.live(LtiRegistration) == []


@pytest.mark.parametrize(
    ("claims", "level"),
    [
        (["sub"], "anonymous"),
        (["email"], "email_only"),
        (["family_name"], "name_only"),
        (["name", "email"], "public"),
        (["picture"], "public"),
    ],
)
def test_the_claims_asked_for_decide_the_privacy_level(
    home: LtiClass, tool: Newcomer, claims: list[str], level: str
) -> None:
    tool.register(changed("tool.claims", claims))
    assert registrations.key_of(home.world, registered(home)).privacy_level == level


def test_a_tool_reads_and_asks_to_change_only_its_own(home: LtiClass, tool: Newcomer, admin: User) -> None:
    tool.register()
    found = registered(home)
    assert tool.own("GET", found.id, NRPS).status_code == 401
    assert tool.own("GET", found.id, f"{REG}.readonly").status_code == 200
    assert tool.own("PUT", found.id, f"{REG}.readonly", body=ASKED).status_code == 401
    stranger = issue_token(home.world, home.tool, [REG]).access_token
    path, bearer = f"/api/lti/registrations/{found.id}/configuration", {"Authorization": f"Bearer {stranger}"}
    assert tool.client.get(path, headers=bearer, base_url=LMS).status_code == 403
    assert tool.own("PUT", found.id, REG, body=changed("client_name", "")).status_code == 422


def test_a_change_waits_for_the_admin_and_replaces_all(home: LtiClass, tool: Newcomer) -> None:
    tool.register()
    found = registered(home)
    registrations.confirm(home.world, found, disabled_scopes=[f"{AGS}score"])
    key = registrations.key_of(home.world, found)
    wanted = changed("tool.messages", [{"type": "LtiResourceLinkRequest", "placements": ["module_menu"]}])
    wanted["client_name"] = "Newer Tool"
    assert tool.own("PUT", found.id, REG, body=wanted).json["client_name"] == "New Tool"
    assert (key.name, "course_navigation" in key.placements) == ("New Tool", True)
    [asked] = home.world.find(RegistrationUpdateRequest, workflow_state="pending")
    registrations.accept_update(home.world, asked)
    assert (key.name, key.placements) == ("Newer Tool", ["module_menu"])
    assert f"{AGS}score" not in key.scopes
    tool.own("PUT", found.id, REG, body=wanted)
    assert list(home.world.find(RegistrationUpdateRequest, workflow_state="pending")) == []
    home.world.switches.registration_updates = False
    assert tool.own("PUT", found.id, REG, body=ASKED).status_code == 404


def _page(client: FlaskClient, path: str) -> Any:
    return client.get(path, base_url=LMS)


def test_an_admin_installs_a_tool_by_its_address(home: LtiClass, tool: Newcomer, admin: User) -> None:
    client, base = home.browser(admin), f"/accounts/{home.account.id}/registrations"
    assert _page(client, f"{base}/new?registration_url=javascript:1").status_code == 404
    page = client.get(f"{base}/new", query_string={"registration_url": URL}, base_url=LMS)
    assert "frame-src 'self' http://new.localhost:9000 " in page.headers["Content-Security-Policy"]
    source = unescape(re.search(r'<iframe[^>]* src="([^"]+)"', page.text)[1])  # type: ignore[index]
    query = parse_qs(urlsplit(source).query)
    assert source.startswith("http://new.localhost:9000/register?invite=7&")
    assert query["openid_configuration"][0].startswith(f"{LMS}/api/lti/security/openid-configuration?")
    after = unescape(re.search(r'data-after-close="([^"]+)"', page.text)[1])  # type: ignore[index]
    assert _page(client, after).headers["Location"].endswith(base)
    assert tool.register(token=query["registration_token"][0]).status_code == 200
    summary = _page(client, after).headers["Location"]
    assert "New Tool" in _page(client, summary).text
    form = {"answer": "enable", "scope": NRPS, "placement": "course_navigation", "privacy_level": "anonymous"}
    assert client.post(summary, data=form, base_url=LMS).status_code == 303
    key = registrations.key_of(home.world, registered(home))
    assert (key.active, key.scopes, key.placements) == (True, [NRPS], ["course_navigation"])
    assert key.privacy_level == "anonymous"
    assert "New Tool" in _page(home.browser(home.teacher), f"/courses/{home.course.id}").text
    assert client.post(summary, data={"answer": "delete"}, base_url=LMS).status_code == 303
    assert not key.active


def test_only_admins_of_the_account_reach_these_pages(home: LtiClass, tool: Newcomer) -> None:
    teacher, base = home.browser(home.teacher), f"/accounts/{home.account.id}/registrations"
    for path in (base, f"{base}/new?registration_url={URL}", f"{base}/by/x"):
        assert _page(teacher, path).status_code == 404
    tokens = f"/api/lti/accounts/{home.account.id}/registration_token"
    assert _page(teacher, tokens).status_code == 403
    tool.register()
    assert teacher.post(f"{base}/{registered(home).id}", data={}, base_url=LMS).status_code == 404
    assert list(home.world.find(LtiKey, name="New Tool", active=True)) == []


def test_the_token_door_of_the_admins_page(home: LtiClass, admin: User, tool: Newcomer) -> None:
    tokens = f"/api/lti/accounts/{home.account.id}/registration_token?registration_url={URL}"
    made = _page(home.browser(admin), tokens).json
    assert set(made) == {"uuid", "oidc_configuration_url", "token"}
    assert tool.client.get(made["oidc_configuration_url"].removeprefix(LMS), base_url=LMS).status_code == 200
    assert tool.register(token=made["token"]).status_code == 200
    assert registered(home).guid == made["uuid"]
