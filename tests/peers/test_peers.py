"""Two platforms that others wrote launch the tool and serve its roster and grades, over http."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from peer_steps import Peer

from lti_app.lti.keys import signing_key
from lti_app.lti.services import ASSERTION
from sync.errors import NotFound, NotPermitted, Refused
from sync.records import Role, Score
from sync.wanted import WantedLineItem

pytestmark = [pytest.mark.peers, pytest.mark.xdist_group("peers")]

NRPS_ONLY = ("https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",)
CLAIM = "https://purl.imsglobal.org/spec"
COLUMN = WantedLineItem("playlist-math", "Playlist: math", 10.0, "regroup")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@cache
def stranger() -> rsa.RSAPrivateKey:
    """A key that nobody has heard of."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def taught(peer: Peer) -> Peer:
    """The platform after a teacher's launch: the tool knows the course and its services."""
    assert peer.launch("t-1").status == 200
    return peer


def test_a_deep_linking_request_is_refused_with_a_page_and_a_reference(peer: Peer) -> None:
    page = peer.launch("t-1", is_deep_link=True)
    assert (page.status, page.path) == (400, "/lti/launch")
    assert "Nothing was changed. Open Regroup from the course menu." in page.words


@pytest.mark.parametrize(("is_ours", "status"), [(False, 400), (True, 200)])
def test_the_platform_takes_a_deep_linking_response_of_the_tool_s_key_only(
    peer: Peer, is_ours: bool, status: int
) -> None:
    # The tool writes none yet; this is its key, its key set and the claims of Deep Linking 2.0 section 3.
    with peer.site.database.operator_session() as session:
        ours = signing_key(session, datetime.now(UTC))
    item = {"type": "ltiResourceLink", "title": "Regroup", "url": f"{peer.site.url}/lti/launch"}
    claims = {
        "iss": "tool",
        "aud": peer.url,
        "iat": int(time.time()) - 5,
        "exp": int(time.time()) + 300,
        "nonce": "n-1",
        f"{CLAIM}/lti/claim/message_type": "LtiDeepLinkingResponse",
        f"{CLAIM}/lti/claim/version": "1.3.0",
        f"{CLAIM}/lti-dl/claim/content_items": [item],
    }
    key = ours.private_pem if is_ours else stranger()
    response = jwt.encode(claims, key, algorithm="RS256", headers={"kid": ours.kid})
    answer = requests.post(f"{peer.url}/chosen", {"JWT": response}, timeout=10)
    assert answer.status_code == status
    assert answer.json() == [item] if is_ours else answer.json()["error"] == "invalid_request"


def test_nobody_is_launched_whom_the_platform_does_not_know(peer: Peer) -> None:
    answer = requests.get(f"{peer.url}/authorize", {"login_hint": "nobody"}, timeout=10)
    assert answer.status_code == 400


def test_the_platform_gives_a_token_for_the_tool_s_own_signature_only(peer: Peer) -> None:
    kid = requests.get(f"{peer.site.url}/lti/jwks", timeout=10).json()["keys"][0]["kid"]
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": jwt.encode({"sub": "tool"}, stranger(), algorithm="RS256", headers={"kid": kid}),
        "scope": NRPS_ONLY[0],
    }
    answer = requests.post(f"{peer.url}/token", form, timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_the_platform_reaches_nothing_outside_this_machine(peer: Peer) -> None:
    answer = requests.get(f"{peer.url}/outside", timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (403, "this program may not reach 192.0.2.1")


def test_a_teacher_s_launch_lands_on_the_course(peer: Peer) -> None:
    page = peer.launch("t-1")
    assert page.status == 200
    assert page.path.endswith("/home")
    assert "Grade 4 at the peer" in page.words


def test_a_student_s_launch_lands_on_their_own_page(peer: Peer) -> None:
    page = peer.launch("s-3")
    assert (page.status, page.path.rsplit("/", 1)[-1]) == (200, "me")
    assert "Pupil 4" not in page.words


def test_the_roster_is_whole_over_its_pages(taught: Peer) -> None:
    people = {person.sub: person for person in taught.roster().memberships(taught.context().lms_id)}
    assert set(people) == {"t-1", *(f"s-{n}" for n in range(1, 8))}
    assert people["t-1"].roles == {Role.TEACHER}
    assert (people["s-3"].name, people["s-3"].is_learner) == ("Pupil 3", True)


def test_a_token_for_the_roster_alone_opens_no_gradebook(taught: Peer) -> None:
    with pytest.raises(NotPermitted):
        taught.grades(NRPS_ONLY).create(COLUMN)


def test_a_column_and_a_score_are_made_and_read_back(taught: Peer) -> None:
    grades = taught.grades()
    column = grades.create(COLUMN)
    assert grades.find("playlist-math") == column
    grades.send(column.url, Score("s-3", 7.5, 10.0, NOW, "Three of four units met."))
    found = grades.results(column.url)
    assert [(row.user, row.score, row.maximum) for row in found] == [("s-3", 7.5, 10.0)]


def test_columns_are_read_over_all_their_pages(taught: Peer) -> None:
    grades = taught.grades()
    made = [grades.create(replace(COLUMN, key=f"playlist-{n}", label=f"Playlist {n}")).url for n in range(5)]
    assert set(made) <= {item.url for item in grades.line_items()}
    assert grades.find("playlist-4") is not None


def test_an_older_score_is_refused_and_changes_nothing(taught: Peer) -> None:
    grades = taught.grades()
    column = grades.create(COLUMN)
    grades.send(column.url, Score("s-3", 7.5, 10.0, NOW))
    with pytest.raises(Refused):
        grades.send(column.url, Score("s-3", 1.0, 10.0, NOW - timedelta(seconds=1)))
    with pytest.raises(NotFound):
        grades.send(column.url, Score("t-1", 1.0, 10.0, NOW))
    assert [row.score for row in grades.results(column.url)] == [7.5]
