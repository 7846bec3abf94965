"""The house's ports in memory: places, pauses, one refresh at a time, who may write."""

import threading
import time
from datetime import UTC, datetime

import pytest

from sync.errors import LostHold, SignInExpired
from sync.links import links_at_finish
from sync.memory import HeldToken, LinkTable, RunJournal, Slots
from sync.ports import ChangeState
from sync.records import Link
from sync.wanted import Action, Change

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def a_change(action: Action = Action.CREATE_GROUP, **fields: object) -> Change:
    given = {
        "arguments": {"course": "7", "name": "Otters", "besides": ["3"]},
        "wrote": {"name": "Otters"},
        **fields,
    }
    return Change(f"{action}:group/g", action, "group/g", "Make", **given)


def test_no_more_calls_at_once_than_there_are_places() -> None:
    slots, inside, most = Slots(places=2), [], []

    def work() -> None:
        with slots.call():
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 2


@pytest.mark.parametrize(
    ("remaining", "seconds_later", "pause"),
    [(600.0, 0, 0), (150.0, 0, 0), (50.0, 0, 10), (50.0, 4, 6), (-500.0, 0, 15), (0.0, 60, 0)],
)
def test_a_low_allowance_slows_down_as_long_as_it_stays_low(
    remaining: float, seconds_later: float, pause: float
) -> None:
    clock, slept = [100.0], []
    slots = Slots(clock=lambda: clock[0], sleep=slept.append)
    slots.seen(remaining)
    clock[0] += seconds_later
    with slots.call():
        pass
    assert sum(slept) == pytest.approx(pause)


def test_eight_threads_with_one_dead_token_renew_it_once() -> None:
    renewed: list[str] = []

    def renew(refused: str) -> str:
        renewed.append(refused)
        time.sleep(0.02)
        return "new"

    store, found = HeldToken("old", renew), []
    threads = [threading.Thread(target=lambda: found.append(store.refresh("old", NOW))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["new"] * 8
    assert renewed == ["old"]


def test_without_a_token_nobody_is_signed_in() -> None:
    with pytest.raises(SignInExpired):
        HeldToken(None).access_token(NOW)
    with pytest.raises(SignInExpired):
        HeldToken("old").refresh("old", NOW)


def test_a_journal_knows_how_far_each_change_came() -> None:
    links = LinkTable()
    journal, change = RunJournal(links), a_change()
    assert journal.state(change.id) is ChangeState.NEW
    journal.begin(change)
    assert journal.state(change.id) is ChangeState.BEGUN
    assert links.get("group/g") == Link("group/g", "", {"name": "Otters", "besides": ["3"]})
    journal.finish(change, "12")
    assert journal.state(change.id) is ChangeState.FINISHED
    assert links.get("group/g") == Link("group/g", "12", {"name": "Otters"})


@pytest.mark.parametrize("step", ["begin", "finish"])
def test_who_lost_the_hold_writes_nothing(step: str) -> None:
    links = LinkTable()
    journal, change = RunJournal(links, "one"), a_change()
    other = journal.seize("two")
    with pytest.raises(LostHold):
        journal.begin(change) if step == "begin" else journal.finish(change, "12")
    assert links.all() == {}
    other.begin(change)
    other.finish(change, "12")
    assert journal.state(change.id) is ChangeState.FINISHED


def test_what_is_written_later_is_added_to_what_was_written_before() -> None:
    before = {"group/g": Link("group/g", "12", {"name": "Otters", "members": ["1"]})}
    change = a_change(Action.ADD_MEMBERS, wrote={"members": ["1", "2"]})
    after = links_at_finish(change, "", before)
    assert after == {"group/g": Link("group/g", "12", {"name": "Otters", "members": ["1", "2"]})}


def test_what_is_removed_is_forgotten_with_all_that_hung_on_it() -> None:
    change = a_change(Action.REMOVE_UNIT, arguments={"forgets": ["item/g/page"]})
    assert links_at_finish(change, "", {}) == {"group/g": None, "item/g/page": None}
