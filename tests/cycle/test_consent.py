"""The teacher's permission in the LMS: renewed once, by one of many; gone, and what a job says then."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from cycle_room import Room, grant_of

from lti_app.cycle.gateway import open_course
from lti_app.jobs import tasks
from lti_app.store.models.cycles import Cycle
from lti_app.store.models.journal import LmsConsent
from sandbox.canvas.oauth import new_grant
from sandbox.world.model import ApiKey
from sync.errors import SignInExpired
from sync.memory import NeverStop

TOKEN = "/login/oauth2/token"
AGAIN = "Connect the LMS again with the button on the class page."
TWO_HOURS = 7200.0


def consent(room: Room) -> LmsConsent:
    (found,) = room.all(LmsConsent)
    assert isinstance(found, LmsConsent)
    return found


def reconnect(room: Room) -> None:
    """The teacher gives a new consent."""
    key = next(room.world.find(ApiKey, name="Regroup"))
    grant = new_grant(room.world, key, room.seeded.staff["rivera"])
    with room.session() as session:
        row = session.get_one(LmsConsent, room.ids.consent)
        row.access_token, row.refresh_token, row.ended_at = grant.access_token, grant.refresh_token, None


def assignments_read(room: Room) -> int:
    """One reading by a worker of its own."""
    course = open_course(
        room.database,
        room.settings,
        district_id=room.ids.district,
        context_id=room.ids.context,
        user_id=room.ids.teacher,
        stop=NeverStop(),
        clock=lambda: datetime.now(UTC),
    )
    assert course.gateway.grades is not None
    return len(course.gateway.grades.assignments(course.lms_id))


# renewed


def test_a_token_that_the_lms_has_ended_is_renewed_once_and_the_pull_goes_on(room: Room) -> None:
    before = consent(room).access_token
    room.world.clock.advance(TWO_HOURS)
    room.done(tasks.PULL)
    assert len(room.calls(method="POST", path=TOKEN)) == 1
    assert consent(room).access_token != before
    assert consent(room).refreshing_until is None


def test_a_token_about_to_end_by_our_clock_is_renewed_before_the_first_call(room: Room) -> None:
    with room.session() as session:
        row = session.get_one(LmsConsent, room.ids.consent)
        row.expires_at = datetime.now(UTC) + timedelta(seconds=30)
    assert assignments_read(room) > 0
    assert [(call.method, call.status) for call in room.calls()] == [("POST", 200), ("GET", 200)]


def test_four_workers_with_the_same_ended_token_renew_it_once(room: Room) -> None:
    room.world.clock.advance(TWO_HOURS)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: assignments_read(room), range(4)))
    assert len(set(found)) == 1
    assert len(room.calls(method="POST", path=TOKEN)) == 1


def test_a_renewer_that_died_is_replaced_after_its_time(room: Room) -> None:
    with room.session() as session:
        row = session.get_one(LmsConsent, room.ids.consent)
        row.refreshing_until = datetime.now(UTC) + timedelta(seconds=1)
    room.world.clock.advance(TWO_HOURS)
    assert assignments_read(room) > 0


def test_a_token_endpoint_that_answers_nonsense_ends_nothing_for_good(room: Room) -> None:
    room.world.clock.advance(TWO_HOURS)
    room.fault("POST", TOKEN, {"status": 200, "body": "{}"})
    assert "not as documented" in room.failed(tasks.PULL)
    assert (consent(room).ended_at, consent(room).refreshing_until) == (None, None)
    assert room.all(Cycle) == []
    room.done(tasks.PULL)


def test_a_token_endpoint_that_slips_once_is_asked_again(room: Room) -> None:
    room.world.clock.advance(TWO_HOURS)
    room.fault("POST", TOKEN, {"reset": "after"})
    room.done(tasks.PULL)


# gone


def test_a_revoked_consent_ends_the_pull_with_words_about_connecting_again(room: Room) -> None:
    grant_of(room).revoked = True
    told = room.failed(tasks.PULL)
    assert AGAIN in told
    assert "Nothing was changed" in told
    assert room.all(Cycle) == []
    assert consent(room).ended_at is not None


def test_after_a_revoked_consent_no_further_call_is_made_until_it_is_given_again(room: Room) -> None:
    grant_of(room).revoked = True
    room.failed(tasks.PULL)
    since = room.last_call()
    told = room.failed(tasks.PULL)
    assert AGAIN in told
    assert "ended" in told
    assert room.calls(since) == []
    reconnect(room)
    room.done(tasks.PULL)


def test_a_teacher_who_never_connected_is_told_so(room: Room) -> None:
    with room.session() as session:
        session.delete(session.get_one(LmsConsent, room.ids.consent))
    told = room.failed(tasks.PULL)
    assert "You have not connected the LMS yet." in told
    assert room.calls() == []


def test_four_workers_with_a_revoked_consent_ask_the_lms_once(room: Room) -> None:
    grant_of(room).revoked = True

    def read(_: int) -> str:
        with pytest.raises(SignInExpired) as caught:
            assignments_read(room)
        return str(caught.value)

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(read, range(4)))
    assert all(AGAIN in words for words in told)
    assert len(room.calls(method="POST", path=TOKEN)) == 1


def test_a_permission_lost_in_the_middle_of_a_pull_saves_nothing(room: Room) -> None:
    refused = {"status": 401, "body": "{}", "headers": {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}}
    room.fault("GET", "/students/submissions$", refused, times=0)
    assert AGAIN in room.failed(tasks.PULL)
    assert room.all(Cycle) == []


def test_a_permission_lost_in_the_middle_of_writing_is_taken_up_after_connecting_again(room: Room) -> None:
    room.keep_small()
    run_id = room.approve(room.ready_to_write())
    refused = {"status": 401, "body": "{}", "headers": {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}}
    room.fault("POST", "/modules$", refused, nth=3, times=2)
    told = room.failed(tasks.APPLY, run_id=run_id)
    assert AGAIN in told
    assert "Nothing is doubled" in told
    reconnect(room)
    room.done(tasks.APPLY, run_id=run_id)
    names = [module["name"] for module in room.state()["modules"]]
    assert len(names) == len(set(names))
    assert room.done(tasks.PLAN)["changes"] == 0
