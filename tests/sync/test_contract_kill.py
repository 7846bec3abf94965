"""An apply killed at any call, before or after the LMS did the work, ends as one clean run."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock

import pytest
from sync_lms import Lms, new_run, running_lms

from sync.apply import apply_changes
from sync.errors import LostHold, Stopped, TimedOut
from sync.memory import HeldToken, LinkTable
from sync.plan import (
    Wanted,
    WantedCheck,
    WantedGroup,
    WantedLineItem,
    WantedLink,
    WantedPage,
    WantedScore,
    WantedUnit,
)
from sync.ports import CallBudget, Gateway
from sync.vendors.canvas.gateway import canvas_gateway


class Killed(BaseException):
    """This process is gone."""


class Deadline:
    """A CallBudget that kills its process at the n-th call, before it goes out or after it was answered."""

    def __init__(self, nth: int, *, after_work: bool) -> None:
        self._left = nth
        self._after_work = after_work
        self._lock = Lock()

    @contextmanager
    def call(self) -> Iterator[None]:
        with self._lock:
            self._left -= 1
            is_last, is_over = self._left == 0, self._left < 0
        if is_over or (is_last and not self._after_work):
            raise Killed
        yield
        if is_last:
            raise Killed

    def seen(self, remaining: float) -> None:
        """Not limited."""


def gateway_with(lms: Lms, budget: CallBudget) -> Gateway:
    services = f"{lms.url}/api/lti/courses/{lms.course}"
    return canvas_gateway(
        lms.http(HeldToken(lms.token()), budget=budget),
        service=lms.http(HeldToken(lms.service_token()), budget=budget, is_service=True),
        memberships_url=f"{services}/names_and_roles",
        line_items_url=f"{services}/line_items",
        tool_url="http://tool.localhost:9/lti/launch",
    )


def wanted_of(lms: Lms) -> Wanted:
    kids = lms.students
    unit = WantedUnit(
        "u1",
        "Equivalent fractions",
        1,
        WantedPage("Fractions: learn", "<p>Read.</p>"),
        WantedCheck("Fractions: check", 5.0, passing_fraction=0.8),
        frozenset(kids[:2]),
        (WantedLink("A game", "https://games.example/fractions"),),
    )
    return Wanted(
        groups=(WantedGroup("g1", "Otters", frozenset(kids[:2])),),
        units=(unit,),
        line_items=(WantedLineItem("math", "Playlist: math", 1.0),),
        scores=(WantedScore("math", lms.seeded.students[0].lti_1_3_id, 1.0, 1.0),),
    )


def clean_run() -> tuple[str, int]:
    """The digest of one clean run, and how many calls it made."""
    with running_lms() as lms:
        links, gateway = LinkTable(), lms.gateway()
        changes = lms.plan(wanted_of(lms), links, gateway).changes
        since = lms.last_call()
        apply_changes(gateway, changes, new_run(links), links)
        return lms.digest(), lms.last_call() - since


@pytest.fixture(scope="module")
def clean() -> tuple[str, int]:
    return clean_run()


CALLS = 19


def test_the_number_of_calls_to_be_killed_at_is_right(clean: tuple[str, int]) -> None:
    assert clean[1] == CALLS


@pytest.mark.parametrize("after_work", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, CALLS + 1))
def test_killed_at_any_call_and_taken_up_again_it_ends_the_same(
    nth: int, after_work: bool, clean: tuple[str, int]
) -> None:
    with running_lms() as lms:
        links = LinkTable()
        wanted = wanted_of(lms)
        changes = lms.plan(wanted, links).changes
        journal = new_run(links)
        with pytest.raises(Killed):
            apply_changes(gateway_with(lms, Deadline(nth, after_work=after_work)), changes, journal, links)
        apply_changes(lms.gateway(), changes, journal.seize("another worker"), links)
        assert lms.digest() == clean[0]
        assert lms.plan(wanted, links).changes == ()


@pytest.mark.parametrize("nth", range(1, CALLS + 1))
def test_killed_and_never_taken_up_the_next_plan_ends_the_same(nth: int, clean: tuple[str, int]) -> None:
    with running_lms() as lms:
        links = LinkTable()
        wanted = wanted_of(lms)
        changes = lms.plan(wanted, links).changes
        with pytest.raises(Killed):
            apply_changes(gateway_with(lms, Deadline(nth, after_work=True)), changes, new_run(links), links)
        apply_changes(lms.gateway(), lms.plan(wanted, links).changes, new_run(links), links)
        assert lms.digest() == clean[0]
        assert lms.plan(wanted, links).changes == ()


@pytest.mark.parametrize(
    "path", ["/sections$", "/modules$", "/assignments$", "/pages$", "/items$", "/line_items$"]
)
@pytest.mark.parametrize(
    "fault", [{"reset": "before"}, {"reset": "after"}, {"status": 502, "after_work": True}]
)
def test_a_create_whose_answer_is_lost_makes_no_double(
    lms: Lms, path: str, fault: dict, clean: tuple[str, int]
) -> None:
    links, gateway = LinkTable(), lms.gateway()
    changes = lms.plan(wanted_of(lms), links, gateway).changes
    lms.fault("POST", path, do=fault)
    apply_changes(gateway, changes, new_run(links), links, sleep=lms.sleeps.append)
    assert lms.digest() == clean[0]


def test_an_lms_that_stays_away_ends_the_run_with_its_reason(lms: Lms) -> None:
    links, gateway = LinkTable(), lms.gateway()
    changes = lms.plan(wanted_of(lms), links, gateway).changes
    lms.fault("POST", "/sections$", times=0, do={"reset": "before"})
    with pytest.raises(TimedOut) as caught:
        apply_changes(gateway, changes, new_run(links), links, sleep=lms.sleeps.append)
    assert "looks for it before it tries again" in caught.value.done


def test_a_stop_is_heard_before_the_next_call(lms: Lms) -> None:
    links, stop = LinkTable(), Event()
    gateway = lms.gateway(stop=stop)
    changes = lms.plan(wanted_of(lms), links, gateway).changes
    told: list[str] = []

    def after_two(change: object) -> None:
        told.append(str(change))
        if len(told) == 2:
            stop.set()

    with pytest.raises(Stopped):
        apply_changes(gateway, changes, new_run(links), links, stop=stop, told=after_two)
    assert len(told) == 2


def test_a_worker_that_lost_its_hold_writes_no_more(lms: Lms) -> None:
    links, gateway = LinkTable(), lms.gateway()
    changes = lms.plan(wanted_of(lms), links, gateway).changes
    journal = new_run(links)
    journal.seize("another worker")
    since = lms.last_call()
    with pytest.raises(LostHold):
        apply_changes(gateway, changes, journal, links)
    assert lms.writes(since) == []
