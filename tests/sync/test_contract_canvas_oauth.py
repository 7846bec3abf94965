"""A teacher's consent in Canvas's shape of the sandbox, and that the scopes we ask for are just enough."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sync_lms import Lms, new_run, small_wanted

import sync.vendors.canvas
from sandbox.canvas.oauth import new_grant
from sandbox.testing.doors import tokens_for
from sandbox.world.model import Account, ApiKey
from sync.apply import apply_changes
from sync.errors import NotPermitted, SignInExpired
from sync.memory import HeldToken, LinkTable
from sync.plan import Wanted
from sync.vendors.canvas import client
from sync.vendors.canvas.client import CanvasClient
from sync.vendors.canvas.oauth import SCOPES, Key, authorize_url, exchange_code, refresh, revoke

FOLDER = Path(sync.vendors.canvas.__file__).parent


def test_the_teachers_browser_is_sent_with_all_that_canvas_needs() -> None:
    key = Key("10000000000007", "hush", "https://tool.example/oauth/canvas/callback")
    url = urlsplit(authorize_url("https://canvas.example/", key, state="s+1"))
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert (url.netloc, url.path) == ("canvas.example", "/login/oauth2/auth")
    assert asked["state"] == "s+1"
    assert asked["redirect_uri"] == key.redirect_uri
    assert asked["scope"].split() == list(SCOPES)
    assert "hush" not in url.query


def keys_of(lms: Lms) -> tuple[Key, dict[str, str]]:
    tokens = tokens_for(lms.world, "rivera")
    return Key(
        tokens["client_id"], tokens["client_secret"], "http://tool.localhost:9/oauth/canvas/callback"
    ), tokens


def test_a_refresh_gives_a_new_token_and_ends_the_old_one(lms: Lms) -> None:
    key, old = keys_of(lms)
    now = lms.world.clock.now()
    new = refresh(lms.http(None), key, old["refresh_token"], now=now)
    assert new.access_token != old["access_token"]
    assert new.refresh_token is None
    assert 0 < (new.expires_at - now).total_seconds() < 3600
    assert CanvasClient(lms.http(new.access_token)).self_check() == str(lms.seeded.staff["rivera"].id)
    with pytest.raises(SignInExpired):
        CanvasClient(lms.http(old["access_token"])).self_check()


def test_an_hour_later_the_work_goes_on_by_itself(lms: Lms) -> None:
    key, old = keys_of(lms)

    def renew(_: str) -> str:
        return refresh(lms.http(None), key, old["refresh_token"], now=lms.world.clock.now()).access_token

    lms.world.clock.advance(4000)
    assert CanvasClient(lms.http(HeldToken(old["access_token"], renew))).self_check()


@pytest.mark.parametrize("token", ["unknown", ""])
def test_a_consent_that_was_taken_back_has_to_be_given_again(lms: Lms, token: str) -> None:
    key, _ = keys_of(lms)
    with pytest.raises(SignInExpired):
        refresh(lms.http(None), key, token, now=lms.world.clock.now())


def test_an_unknown_code_has_to_be_fetched_again(lms: Lms) -> None:
    key, _ = keys_of(lms)
    with pytest.raises(SignInExpired):
        exchange_code(lms.http(None), key, "never-given", now=lms.world.clock.now())


def test_a_wrong_secret_is_the_administrators_matter(lms: Lms) -> None:
    key, old = keys_of(lms)
    wrong = Key(key.client_id, "wrong", key.redirect_uri)
    with pytest.raises(NotPermitted) as caught:
        refresh(lms.http(None), wrong, old["refresh_token"], now=lms.world.clock.now())
    assert caught.value.right == "API key"
    assert "wrong" not in str(caught.value)


def test_a_token_given_back_is_dead_and_can_be_given_back_twice(lms: Lms) -> None:
    token = lms.token()
    revoke(lms.http(token))
    revoke(lms.http(token))
    with pytest.raises(SignInExpired):
        CanvasClient(lms.http(token)).self_check()


def limited_token(lms: Lms, scopes: tuple[str, ...], *, allow_includes: bool = True) -> str:
    account = next(iter(lms.world.table(Account).values()))
    key = ApiKey(
        account_id=account.id,
        client_id="limited",
        secret="s",
        name="Limited",
        require_scopes=True,
        scopes=list(scopes),
        allow_includes=allow_includes,
    )
    grant = new_grant(lms.world, lms.world.add(key), lms.seeded.staff["rivera"])
    grant.scopes = list(scopes)
    return grant.access_token


def test_the_scopes_we_ask_for_are_enough_for_all_we_do(lms: Lms) -> None:
    gateway = lms.gateway(rest=lms.http(limited_token(lms, SCOPES)))
    links = LinkTable()
    course = lms.course
    gateway.roster.memberships(course)
    gateway.grades.outcomes(course)
    gateway.grades.outcome_results(course)
    file = gateway.grades.files(course, "regroup-")[0]
    gateway.grades.download(file)
    for wanted in (small_wanted(lms), Wanted()):
        apply_changes(gateway, lms.plan(wanted, links, gateway).changes, new_run(links), links)
    assert CanvasClient(lms.http(limited_token(lms, SCOPES))).self_check()


def test_a_key_that_strips_includes_still_gives_whole_pages_and_modules(lms: Lms) -> None:
    gateway = lms.gateway(rest=lms.http(limited_token(lms, SCOPES, allow_includes=False)))
    links = LinkTable()
    apply_changes(gateway, lms.plan(small_wanted(lms), links, gateway).changes, new_run(links), links)
    assert all("minutes" in page.body or "Read" in page.body for page in gateway.grades.pages(lms.course))
    assert lms.plan(small_wanted(lms), links, gateway).changes == ()


def test_a_missing_scope_is_named_as_such(lms: Lms) -> None:
    gateway = lms.gateway(rest=lms.http(limited_token(lms, SCOPES[:2])))
    with pytest.raises(NotPermitted) as caught:
        gateway.grades.assignments(lms.course)
    assert caught.value.right == "scope"


def test_each_scope_has_a_call_and_each_call_a_scope() -> None:
    said = re.findall(r'"""(GET|POST|PUT|DELETE) (/api/v1/[^\s?"]+)', Path(client.__file__).read_text())
    paths = {(method, path.rstrip(":.,").replace("users/self", "users/:id")) for method, path in said}
    called = {f"url:{method}|{path}" for method, path in paths}
    asked = {scope.replace(":context_module_id", ":module_id") for scope in SCOPES}
    assert called == asked


def test_setup_explains_each_scope() -> None:
    rows = [row for row in (FOLDER / "setup.md").read_text().splitlines() if row.startswith("| `")]
    for scope in SCOPES:
        method, route = scope.removeprefix("url:").split("|")
        short = route.removeprefix("/api/v1/courses/:course_id").removeprefix("/modules/:module_id")
        short = re.sub(r"/:(id|url_or_id)$", "", short) or "/api/v1/courses/:id"
        assert any(short in row and method in row.split("|")[1] for row in rows), scope
