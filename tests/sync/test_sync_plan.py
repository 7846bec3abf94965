"""What holds for every plan, whatever is wanted, found and written before."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sync_fake import LABELS, Course, gateway_to

from sync import keys
from sync.actual import read_actual
from sync.apply import apply_changes, next_change, perform
from sync.errors import CannotDo, UnfitName
from sync.memory import LinkTable, RunJournal
from sync.plan import (
    Action,
    Actual,
    Plan,
    Wanted,
    WantedCheck,
    WantedGroup,
    WantedLineItem,
    WantedPage,
    WantedScore,
    WantedUnit,
    plan,
)
from sync.ports import Gateway
from sync.records import Link, LmsGroup

calm = settings(deadline=None, max_examples=60)
KIDS = [f"k{number}" for number in range(8)]
NAMES = ["Otters", "Cedars", "Foxes"]
TITLES = ["Equivalent fractions", "Round numbers", "Main idea"]
kids = st.frozensets(st.sampled_from(KIDS))
groups = st.builds(
    lambda members: tuple(WantedGroup(f"g{n}", NAMES[n], each) for n, each in enumerate(members)),
    st.lists(kids, max_size=3),
)
units = st.builds(
    lambda parts: tuple(
        WantedUnit(
            f"u{n}",
            TITLES[n],
            n,
            WantedPage(f"{TITLES[n]}: learn", "<p>Read.</p>") if has_page else None,
            WantedCheck(f"{TITLES[n]}: check", 5.0) if has_check else None,
            audience,
        )
        for n, (has_page, has_check, audience) in enumerate(parts)
    ),
    st.lists(st.tuples(st.booleans(), st.booleans(), kids), max_size=3),
)
columns = st.booleans()


def _with_column(group: tuple, unit: tuple, has_column: bool) -> Wanted:
    if not has_column:
        return Wanted(group, unit)
    scores = tuple(WantedScore("math", kid, 0.5, 1.0) for kid in KIDS[:2])
    return Wanted(group, unit, (WantedLineItem("math", "Playlist: math", 1.0),), scores)


wanteds = st.builds(_with_column, groups, units, columns)


def plan_of(course: Course, links: LinkTable, wanted: Wanted) -> Plan:
    gateway = gateway_to(course)
    actual = read_actual(gateway, "7", links.all())
    return plan(wanted, actual, links.all(), course="7", labels=LABELS, costs={})


def apply(course: Course, links: LinkTable, wanted: Wanted) -> Plan:
    made = plan_of(course, links, wanted)
    apply_changes(gateway_to(course), made.changes, RunJournal(links), links)
    return made


@calm
@given(wanteds)
def test_what_was_applied_needs_no_more_changes(wanted: Wanted) -> None:
    course, links = Course(), LinkTable()
    apply(course, links, wanted)
    again = plan_of(course, links, wanted)
    assert again == Plan((), ())


@calm
@given(wanteds, wanteds)
def test_a_second_wish_ends_as_if_it_had_been_the_first(first: Wanted, second: Wanted) -> None:
    course, links, fresh = Course(), LinkTable(), Course()
    # What is in a unit is copied once and not taken out again, so both wishes fill their units alike.
    kept = {unit.key: unit for unit in first.units}
    filled = tuple(
        replace(unit, page=kept[unit.key].page, check=kept[unit.key].check) if unit.key in kept else unit
        for unit in second.units
    )
    second = replace(second, units=filled)
    apply(course, links, first)
    apply(course, links, second)
    apply(fresh, LinkTable(), second)
    assert course.shown() == fresh.shown()
    assert plan_of(course, links, second).changes == ()


@calm
@given(wanteds)
def test_undo_takes_away_all_that_we_made(wanted: Wanted) -> None:
    course, links = Course(), LinkTable()
    apply(course, links, wanted)
    apply(course, links, Wanted())
    assert course.shown() == Course().shown()
    assert plan_of(course, links, Wanted()).changes == ()


@calm
@given(wanteds, wanteds, kids, kids)
def test_what_a_teacher_did_with_members_outlives_every_plan(
    first: Wanted, second: Wanted, put_in: frozenset, taken_out: frozenset
) -> None:
    course, links = Course(), LinkTable()
    apply(course, links, first)
    for lms_id, group in course.groups.items():
        mine = {user: place for user, place in group.members.items() if user not in taken_out}
        added = {user: "by-hand" for user in put_in - taken_out if user not in group.members}
        course.groups[lms_id] = replace(group, members={**mine, **added})
    before = dict(course.groups)
    was_in = {
        link.lms_id: set(link.wrote["members"])
        for key, link in links.all().items()
        if key.startswith("group/")
    }
    apply(course, links, second)
    for lms_id, group in before.items():
        strangers = {user for user, place in group.members.items() if place == "by-hand"}
        if strangers:
            assert strangers <= set(course.groups[lms_id].members)
        if lms_id in course.groups:
            assert not (was_in[lms_id] & taken_out) & set(course.groups[lms_id].members)


@calm
@given(wanteds, kids)
def test_student_work_is_never_removed(wanted: Wanted, workers: frozenset) -> None:
    course, links = Course(), LinkTable()
    apply(course, links, wanted)
    for check in course.checks:
        audience = next(
            u.audience for u in course.units.values() if any(i.target_id == check for i in u.items)
        )
        course.work[check] = set(workers & (audience or frozenset()))
    apply(course, links, Wanted())
    for check, users in course.work.items():
        assert check in course.checks or not users
    assert plan_of(course, links, Wanted()).changes == ()


@calm
@given(wanteds)
def test_every_step_is_plain_json_and_needs_only_earlier_steps(wanted: Wanted) -> None:
    made = plan_of(Course(), LinkTable(), wanted)
    seen: set[str] = set()
    for change in made.changes:
        assert change.id not in seen
        assert set(change.depends_on) <= seen
        assert json.loads(json.dumps([change.arguments, change.wrote])) == [change.arguments, change.wrote]
        assert change.label
        seen.add(change.id)
    assert made.calls == sum(change.calls for change in made.changes)


@calm
@given(wanteds)
def test_a_unit_is_opened_last_and_never_without_an_audience(wanted: Wanted) -> None:
    made = plan_of(Course(), LinkTable(), wanted)
    for unit in wanted.units:
        steps = [change for change in made.changes if change.arguments.get("unit") == keys.unit(unit.key)]
        opened = [n for n, change in enumerate(steps) if change.action is Action.OPEN_UNIT]
        assert opened == ([len(steps) - 1] if unit.audience else [])


@calm
@given(wanteds)
def test_each_change_alone_is_enough_for_a_run_in_single_steps(wanted: Wanted) -> None:
    course, links, whole = Course(), LinkTable(), Course()
    changes, journal = plan_of(course, links, wanted).changes, RunJournal(links)
    while (change := next_change(changes, journal)) is not None:
        perform(gateway_to(course), change, journal, links, datetime.now(UTC))
    apply(whole, LinkTable(), wanted)
    assert course.shown() == whole.shown()


def test_labels_use_the_words_of_the_lms() -> None:
    wanted = _with_column((WantedGroup("g", "Otters", frozenset(KIDS[:2])),), (), True)
    labels = [change.label for change in plan_of(Course(), LinkTable(), wanted).changes]
    assert labels[:2] == ["Make group “Otters”", "Put 2 students in group “Otters”"]


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(groups=(WantedGroup("g", "Low group", frozenset()),)),
        Wanted(groups=(WantedGroup("g", "Group 3", frozenset()),)),
        Wanted(units=(WantedUnit("u", "4.NF.2 Fractions", 1, None, None, frozenset()),)),
        Wanted(units=(WantedUnit("u", "Fractions", 1, WantedPage("Remedial page", ""), None, frozenset()),)),
        Wanted(units=(WantedUnit("u", "Fractions", 1, None, WantedCheck("Tier 2 check", 5.0), frozenset()),)),
    ],
)
def test_a_telling_name_is_refused_before_anything_is_written(wanted: Wanted) -> None:
    with pytest.raises(UnfitName):
        plan_of(Course(), LinkTable(), wanted)


def test_a_childs_name_is_refused() -> None:
    wanted = Wanted(groups=(WantedGroup("g", "Maya's team", frozenset()),))
    with pytest.raises(UnfitName):
        plan(wanted, Actual(), {}, course="7", labels=LABELS, costs={}, people=["Maya Lin"])


def test_another_groups_name_is_not_taken() -> None:
    actual = Actual(groups=(LmsGroup("9", "Otters", {}),))
    wanted = Wanted(groups=(WantedGroup("g", "Otters", frozenset()),))
    made = plan(wanted, actual, {}, course="7", labels=LABELS, costs={})
    assert made.changes[0].arguments["name"] != "Otters"


def test_an_lms_without_groups_says_what_it_cannot_do() -> None:
    links = LinkTable()
    change = plan_of(Course(), links, Wanted(groups=(WantedGroup("g", "Otters", frozenset()),))).changes[0]
    gateway = Gateway("none", LABELS, None, None, None, None, None, {})
    with pytest.raises(CannotDo):
        perform(gateway, change, RunJournal(links), links, datetime.now(UTC))


def test_a_step_before_its_time_is_refused() -> None:
    course, links = Course(), LinkTable()
    changes = plan_of(course, links, Wanted(groups=(WantedGroup("g", "Otters", frozenset(KIDS)),))).changes
    with pytest.raises(CannotDo):
        perform(gateway_to(course), changes[1], RunJournal(links), links, datetime.now(UTC))


def test_a_score_is_sent_again_only_when_it_changes() -> None:
    course, links = Course(), LinkTable()
    wanted = _with_column((), (), True)
    apply(course, links, wanted)
    higher = replace(wanted, scores=(replace(wanted.scores[0], given=0.9), wanted.scores[1]))
    changes = plan_of(course, links, higher).changes
    assert [change.action for change in changes] == [Action.SEND_SCORE]
    assert changes[0].arguments["given"] == 0.9


def test_a_making_that_was_cut_off_is_looked_for_under_its_first_name() -> None:
    links = LinkTable(
        {"group/g": Link("group/g", "", {"name": "Otters", "wanted_name": "Otters", "besides": ["3"]})}
    )
    actual = Actual(groups=(LmsGroup("3", "Otters", {}), LmsGroup("4", "Otters", {})))
    wanted = Wanted(groups=(WantedGroup("g", "Otters", frozenset()),))
    first = plan(wanted, actual, links.all(), course="7", labels=LABELS, costs={}).changes[0]
    assert first.arguments["look_first"] is True
    assert first.arguments["name"] == "Otters"
    assert first.arguments["besides"] == ["3"]


def test_two_groups_may_swap_their_names() -> None:
    course, links = Course(), LinkTable()
    apply(
        course,
        links,
        Wanted(groups=(WantedGroup("a", "Otters", frozenset()), WantedGroup("b", "Cedars", frozenset()))),
    )
    swapped = Wanted(
        groups=(WantedGroup("a", "Cedars", frozenset()), WantedGroup("b", "Otters", frozenset()))
    )
    apply(course, links, swapped)
    names = {key: course.groups[link.lms_id].name for key, link in links.all().items()}
    assert names == {"group/a": "Cedars", "group/b": "Otters"}
    assert plan_of(course, links, swapped).changes == ()


def test_an_undo_tells_of_a_making_that_was_cut_off() -> None:
    links = LinkTable(
        {"group/g": Link("group/g", "", {"name": "Otters", "wanted_name": "Otters", "besides": []})}
    )
    actual = Actual(groups=(LmsGroup("4", "Otters", {}),))
    made = plan(Wanted(), actual, links.all(), course="7", labels=LABELS, costs={})
    assert made.changes == ()
    assert "Otters" in made.left_alone[0].label
