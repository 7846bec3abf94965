"""NRPS and AGS against the sandbox's LTI services, as any platform offers them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sync_lms import Lms

from sandbox.platform.claims import NRPS_SCOPE
from sandbox.world.model import User
from sync.advantage.ags import AgsScores
from sync.advantage.nrps import NrpsRoster
from sync.errors import NotFound, NotPermitted, Refused
from sync.memory import HeldToken
from sync.records import LineItem, Result, Role, Score
from sync.wanted import WantedLineItem

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
COLUMN = WantedLineItem("playlist-math", "Playlist: math", 10.0, "regroup")


@pytest.fixture
def services(lms: Lms) -> str:
    return f"{lms.url}/api/lti/courses/{lms.course}"


@pytest.fixture
def ags(lms: Lms, services: str) -> AgsScores:
    return AgsScores(lms.http(lms.service_token(), is_service=True), f"{services}/line_items")


def test_a_roster_of_several_pages_is_whole(lms: Lms, services: str) -> None:
    http = lms.http(lms.service_token(), is_service=True)
    roster = NrpsRoster(http, f"{services}/names_and_roles", limit=7).memberships(lms.course)
    learners = {person.sub for person in roster if person.is_learner}
    assert {user.lti_1_3_id for user in lms.seeded.students} <= learners
    assert http.calls["GET"] > 4


def test_a_roster_whose_last_page_fails_is_no_roster(lms: Lms, services: str) -> None:
    lms.fault("GET", "/names_and_roles", nth=3, times=0, do={"status": 404})
    http = lms.http(lms.service_token(), is_service=True)
    with pytest.raises(NotFound):
        NrpsRoster(http, f"{services}/names_and_roles", limit=7).memberships(lms.course)


def test_teachers_and_parents_are_no_learners(lms: Lms, services: str) -> None:
    http = lms.http(lms.service_token(), is_service=True)
    people = {
        each.name: each for each in NrpsRoster(http, f"{services}/names_and_roles").memberships(lms.course)
    }
    assert people["Elena Rivera"].roles == {Role.TEACHER}
    assert not people["Lucía Duarte"].is_learner


def test_a_service_without_the_scope_is_not_permitted(lms: Lms, services: str) -> None:
    store = HeldToken(lms.service_token([NRPS_SCOPE]), lambda _: lms.service_token([NRPS_SCOPE]))
    http = lms.http(store, is_service=True)
    with pytest.raises(NotPermitted) as caught:
        AgsScores(http, f"{services}/line_items").line_items()
    assert caught.value.status == 401


def test_a_column_is_found_again_by_its_key(ags: AgsScores) -> None:
    made = ags.create(COLUMN)
    ags.create(replace(COLUMN, key="playlist-reading", label="Playlist: reading"))
    assert ags.find("playlist-math") == made
    assert ags.find("playlist-science") is None
    assert len(ags.line_items()) == 2


def test_scores_sent_are_read_back(lms: Lms, ags: AgsScores) -> None:
    column, user = ags.create(COLUMN), lms.seeded.students[0].lti_1_3_id
    ags.send(column.url, Score(user, 7.5, 10.0, NOW, "Three of four units met."))
    found = ags.results(column.url)
    assert [(each.user, each.score, each.maximum) for each in found] == [(user, 7.5, 10.0)]
    assert all(isinstance(each, Result) for each in found)


def test_a_score_of_an_older_time_is_refused(lms: Lms, ags: AgsScores) -> None:
    column, user = ags.create(COLUMN), lms.seeded.students[0].lti_1_3_id
    ags.send(column.url, Score(user, 7.5, 10.0, NOW))
    with pytest.raises(Refused):
        ags.send(column.url, Score(user, 1.0, 10.0, NOW - timedelta(seconds=1)))
    assert ags.results(column.url)[0].score == 7.5


@pytest.mark.parametrize("who", ["nobody", "teacher", "test student"])
def test_only_students_have_scores(lms: Lms, ags: AgsScores, who: str) -> None:
    tester = next(lms.world.find(User, fake_student=True))
    ids = {
        "nobody": "no-such-id",
        "teacher": lms.seeded.staff["rivera"].lti_1_3_id,
        "test student": tester.lti_1_3_id,
    }
    column = ags.create(COLUMN)
    with pytest.raises((Refused, NotFound)):
        ags.send(column.url, Score(ids[who], 1.0, 10.0, NOW))
    assert ags.results(column.url) == []


def test_a_column_that_is_gone_takes_no_score(lms: Lms, ags: AgsScores, services: str) -> None:
    with pytest.raises(NotFound):
        ags.send(f"{services}/line_items/999999", Score("x", 1.0, 10.0, NOW))


def test_plain_ags_has_nothing_to_quieten(lms: Lms, ags: AgsScores) -> None:
    since = lms.last_call()
    ags.quieten(lms.course, LineItem("u", "l", 1.0), None)
    assert lms.last_call() == since
