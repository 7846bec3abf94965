"""What an applied plan leaves behind in the LMS: who sees what, what counts, what is undone."""

from dataclasses import replace

import pytest
from sync_lms import Lms, module_of, new_run, small_wanted

from sandbox.world import grading, people, work
from sandbox.world.model import (
    Assignment,
    AssignmentGroup,
    Enrollment,
    Module,
    ModuleItem,
    ModuleOverride,
    Section,
    WikiPage,
)
from sync import keys
from sync.apply import apply_changes
from sync.errors import Refused
from sync.memory import LinkTable
from sync.plan import Action, Wanted, WantedGroup


def apply(lms: Lms, wanted: Wanted, links: LinkTable) -> int:
    gateway = lms.gateway()
    changes = lms.plan(wanted, links, gateway).changes
    return apply_changes(gateway, changes, new_run(links), links, sleep=lms.sleeps.append).done


def subs(lms: Lms, count: int = 3) -> dict[str, str]:
    return {str(user.id): user.lti_1_3_id for user in lms.seeded.students[:count]}


def logins(lms: Lms, ids: list[str]) -> list[str]:
    by_id = {str(user.id): user.login_id for user in lms.seeded.students}
    return sorted(by_id[each] for each in ids)


def modules(lms: Lms) -> dict[str, dict]:
    return {module["name"]: module for module in lms.state()["modules"]}


def assignments(lms: Lms) -> dict[str, dict]:
    return {each["name"]: each for each in lms.state()["assignments"]}


def test_each_student_sees_just_their_own_units(lms: Lms) -> None:
    apply(lms, small_wanted(lms), LinkTable())
    fractions = modules(lms)["Equivalent fractions"]
    audience = logins(lms, lms.students[:5])
    assert fractions["published"]
    assert fractions["seen_by"] == audience
    assert [item["seen_by"] for item in fractions["items"]] == [audience, audience]
    assert [item["type"] for item in fractions["items"]] == ["Page", "Assignment"]
    assert assignments(lms)["Equivalent fractions: check"]["seen_by"] == audience


def test_a_unit_for_nobody_stays_closed(lms: Lms) -> None:
    apply(lms, small_wanted(lms), LinkTable())
    later = modules(lms)["Tell the main idea"]
    assert not later["published"]
    assert later["seen_by"] == []
    page = next(page for page in lms.state()["pages"] if page["title"] == "Main idea: learn")
    assert page["seen_by"] == []


def test_nothing_we_make_counts_or_nags_or_leaves_the_lms(lms: Lms) -> None:
    before = {user.id: _total(lms, user.id) for user in lms.seeded.students}
    apply(lms, small_wanted(lms, subs=subs(lms)), LinkTable())
    ours = [
        each
        for name, each in assignments(lms).items()
        if name.endswith("check") or name.startswith("Playlist")
    ]
    assert len(ours) == 3
    for each in ours:
        assert each["flags"]["omitted"]
        assert not each["flags"]["to_sis"]
        assert each["flags"]["dates"] == [False, False, False]
        assert each["group"] == "Practice checks"
    assert {user.id: _total(lms, user.id) for user in lms.seeded.students} == before


def _total(lms: Lms, user: int) -> object:
    return grading.totals(lms.world, grading.counting_assignments(lms.world, lms.seeded.course.id), user)


def test_groups_are_sections_beside_the_home_section(lms: Lms) -> None:
    apply(lms, small_wanted(lms), LinkTable())
    sections = {section["name"]: section["members"] for section in lms.state()["sections"]}
    assert [login for login, _, _ in sections["Otters"]] == logins(lms, lms.students[:6])
    assert {state for _, _, state in sections["Otters"]} == {"active"}
    assert len([row for row in sections["Room 12"] if row[1] == "StudentEnrollment"]) == 28


def test_a_second_apply_makes_no_write(lms: Lms) -> None:
    links, wanted = LinkTable(), small_wanted(lms, subs=subs(lms))
    apply(lms, wanted, links)
    since = lms.last_call()
    plan = lms.plan(wanted, links)
    assert plan.changes == ()
    assert plan.left_alone == ()
    assert apply(lms, wanted, links) == 0
    assert lms.writes(since) == []


def test_the_preview_tells_the_calls_that_are_made(lms: Lms) -> None:
    links, gateway = LinkTable(), lms.gateway()
    plan = lms.plan(small_wanted(lms, subs=subs(lms)), links, gateway)
    since = lms.last_call()
    apply_changes(gateway, plan.changes, new_run(links), links)
    assert len([entry for entry in lms.world.journal if entry.n > since]) == plan.calls


@pytest.mark.parametrize("keeps_any", [False, True])
def test_scores_arrive_and_a_teachers_own_grade_stays(lms: Lms, keeps_any: bool) -> None:
    lms.world.switches.prioritize_keeps_any_grade = keeps_any
    links, wanted = LinkTable(), small_wanted(lms, subs=subs(lms))
    apply(lms, wanted, links)
    column = next(lms.world.find(Assignment, name="Playlist: math"))
    teacher = lms.seeded.staff["rivera"].id
    first, second, third = (int(each) for each in lms.students[:3])
    grading.set_score(lms.world, column, second, 1.0, grader_id=teacher)
    lms.world.clock.advance(5)
    higher = tuple(replace(score, given=0.75) for score in wanted.scores)
    apply(lms, replace(wanted, scores=higher), links)
    scores = {user: lms.world.submission(column.id, user).score for user in (first, second, third)}
    assert scores == {first: 0.75, second: 1.0, third: 0.75}
    row = lms.world.submission(column.id, int(lms.students[5]))
    assert row is None or row.score is None
    assert lms.world.submission(column.id, first).attempt is None


def test_the_column_counts_for_nothing_before_its_first_score(lms: Lms) -> None:
    plan = lms.plan(small_wanted(lms, subs=subs(lms)), LinkTable())
    order = [change.action for change in plan.changes]
    assert (
        order.index(Action.CREATE_LINE_ITEM)
        < order.index(Action.QUIET_LINE_ITEM)
        < order.index(Action.SEND_SCORE)
    )


def test_a_student_who_moves_on_sees_the_next_unit(lms: Lms) -> None:
    links, wanted = LinkTable(), small_wanted(lms)
    apply(lms, wanted, links)
    units = (wanted.units[0], wanted.units[1], replace(wanted.units[2], audience=frozenset(lms.students[:2])))
    plan = lms.plan(replace(wanted, units=units), links)
    assert [change.action for change in plan.changes] == [Action.SET_AUDIENCE, Action.OPEN_UNIT]
    apply(lms, replace(wanted, units=units), links)
    assert modules(lms)["Tell the main idea"]["seen_by"] == logins(lms, lms.students[:2])


def test_moving_a_student_to_another_group_never_leaves_them_without(lms: Lms) -> None:
    links, wanted, mover = LinkTable(), small_wanted(lms), lms.students[0]
    apply(lms, wanted, links)
    first, second = wanted.groups
    groups = (
        replace(first, members=first.members - {mover}),
        replace(second, members=second.members | {mover}),
    )
    plan = lms.plan(replace(wanted, groups=groups), links)
    assert [change.action for change in plan.changes] == [Action.ADD_MEMBERS, Action.REMOVE_MEMBERS]
    apply(lms, replace(wanted, groups=groups), links)
    sections = {
        section["name"]: [row[0] for row in section["members"]] for section in lms.state()["sections"]
    }
    login = lms.seeded.students[0].login_id
    assert login in sections["Cedars"]
    assert login not in sections["Otters"]
    assert login in sections["Room 12"]


def test_undo_leaves_the_course_as_it_was_bar_the_empty_folder(lms: Lms) -> None:
    before, links = lms.state(), LinkTable()
    apply(lms, replace(small_wanted(lms), line_items=()), links)
    apply(lms, Wanted(), links)
    after = lms.state()
    folders = [{"name": "Practice checks", "weight": 0.0}, *before.pop("groups")]
    assert after.pop("groups") == sorted(folders, key=lambda folder: str(folder["name"]))
    assert after == before


def test_done_again_after_an_undo_it_is_the_same(lms: Lms) -> None:
    links, wanted = LinkTable(), replace(small_wanted(lms), line_items=())
    apply(lms, wanted, links)
    digest = lms.digest()
    apply(lms, Wanted(), links)
    apply(lms, wanted, links)
    assert lms.digest() == digest


def test_undo_closes_a_unit_with_student_work_and_keeps_the_work(lms: Lms) -> None:
    links, wanted = LinkTable(), small_wanted(lms)
    apply(lms, wanted, links)
    check = next(lms.world.find(Assignment, name="Facts: check"))
    grading.hand_in(lms.world, check, int(lms.students[4]), kind="online_text_entry", body="42")
    plan = lms.plan(Wanted(), links)
    assert any("Work of 1 student is in it" in drift.why for drift in plan.left_alone)
    apply(lms, Wanted(), links)
    assert not modules(lms)["Multiply within 100"]["published"]
    assert assignments(lms)["Facts: check"]["handed_in"] == [[lms.seeded.students[4].login_id, 1]]
    assert "Equivalent fractions" not in modules(lms)


def test_work_handed_in_between_plan_and_undo_stops_the_removal(lms: Lms) -> None:
    links, gateway = LinkTable(), lms.gateway()
    apply(lms, small_wanted(lms), links)
    changes = lms.plan(Wanted(), links, gateway).changes
    check = next(lms.world.find(Assignment, name="Facts: check"))
    grading.hand_in(lms.world, check, int(lms.students[4]), kind="online_text_entry", body="42")
    with pytest.raises(Refused):
        apply_changes(gateway, changes, new_run(links), links)
    assert "Facts: check" in assignments(lms)
    assert modules(lms)["Multiply within 100"]["published"]


def test_a_student_with_work_keeps_a_unit_that_is_taken_off_their_list(lms: Lms) -> None:
    links, wanted = LinkTable(), small_wanted(lms)
    apply(lms, wanted, links)
    worker, idler = lms.students[3], lms.students[4]
    check = next(lms.world.find(Assignment, name="Facts: check"))
    grading.hand_in(lms.world, check, int(worker), kind="online_text_entry", body="42")
    shorter = replace(wanted.units[1], audience=wanted.units[1].audience - {worker, idler})
    changed = replace(wanted, units=(wanted.units[0], shorter, wanted.units[2]))
    apply(lms, changed, links)
    seen = modules(lms)["Multiply within 100"]["seen_by"]
    assert logins(lms, [worker])[0] in seen
    assert logins(lms, [idler])[0] not in seen
    assert lms.plan(changed, links).changes == ()


def test_the_teachers_own_material_is_untouched(lms: Lms) -> None:
    before = assignments(lms)
    pages = list(lms.state()["pages"])
    apply(lms, small_wanted(lms), LinkTable())
    after = assignments(lms)
    assert {name: after[name] for name in before} == before
    assert [page for page in lms.state()["pages"] if page in pages] == pages


@pytest.mark.parametrize(
    "what", ["rename_group", "rename_unit", "close_unit", "take_out", "put_in", "new_audience"]
)
def test_what_a_teacher_changed_by_hand_stays_and_is_shown(lms: Lms, what: str) -> None:
    links, wanted = LinkTable(), small_wanted(lms)
    apply(lms, wanted, links)
    section = next(lms.world.find(Section, name="Otters"))
    module = next(lms.world.find(Module, name="Multiply within 100"))
    if what == "rename_group":
        section.name = "Ms. Rivera's readers"
    elif what == "rename_unit":
        module.name = "Facts with Ms. Rivera"
    elif what == "close_unit":
        module.workflow_state = "unpublished"
    elif what == "take_out":
        row = next(lms.world.find(Enrollment, section_id=section.id, user_id=int(lms.students[0])))
        people.set_enrollment_state(lms.world, row, "deleted")
    elif what == "put_in":
        people.put_in(lms.world, section, lms.seeded.students[20], "StudentEnrollment")
    else:
        for override in lms.world.live(ModuleOverride, module_id=module.id):
            override.workflow_state = "deleted"
    digest = lms.digest()
    plan = lms.plan(wanted, links)
    assert plan.changes == ()
    assert len(plan.left_alone) == 1
    apply(lms, wanted, links)
    assert lms.digest() == digest


@pytest.mark.parametrize("what", ["group", "unit", "page", "check", "item"])
def test_what_a_teacher_deleted_is_not_made_again(lms: Lms, what: str) -> None:
    links, wanted = LinkTable(), small_wanted(lms)
    apply(lms, wanted, links)
    if what == "group":
        for row in lms.world.live(Enrollment, section_id=next(lms.world.find(Section, name="Otters")).id):
            people.set_enrollment_state(lms.world, row, "deleted")
        work.delete_section(lms.world, next(lms.world.find(Section, name="Otters")))
    elif what == "unit":
        work.delete_module(lms.world, next(lms.world.find(Module, name="Equivalent fractions")))
    elif what == "page":
        work.delete_page(lms.world, next(lms.world.find(WikiPage, title="Equivalent fractions: learn")))
    elif what == "check":
        work.delete_assignment(lms.world, next(lms.world.find(Assignment, name="Facts: check")))
    else:
        work.delete_item(lms.world, next(lms.world.find(ModuleItem, title="Facts: check")))
    since = lms.last_call()
    assert lms.plan(wanted, links).left_alone
    apply(lms, wanted, links)
    assert lms.writes(since) == []


def test_a_folder_somebody_deleted_is_made_again_for_the_next_check(lms: Lms) -> None:
    links, wanted = LinkTable(), small_wanted(lms)
    apply(lms, replace(wanted, units=wanted.units[:1]), links)
    next(lms.world.find(AssignmentGroup, name="Practice checks")).workflow_state = "deleted"
    apply(lms, wanted, links)
    group = next(iter(lms.world.live(AssignmentGroup, name="Practice checks")))
    assert next(lms.world.find(Assignment, name="Facts: check")).assignment_group_id == group.id


def test_a_name_the_course_has_already_is_avoided(lms: Lms) -> None:
    people.add_section(lms.world, lms.seeded.course, "Otters")
    lms.world.add(Module(course_id=lms.seeded.course.id, name="Equivalent fractions"))
    links, wanted = LinkTable(), small_wanted(lms)
    apply(lms, wanted, links)
    names = [section["name"] for section in lms.state()["sections"]]
    assert len(names) == len(set(names))
    assert sum("fractions" in name for name in modules(lms)) == 2
    assert lms.plan(wanted, links).changes == ()


def test_a_new_name_for_a_group_renames_it(lms: Lms) -> None:
    links, wanted = LinkTable(), small_wanted(lms)
    apply(lms, wanted, links)
    groups = (replace(wanted.groups[0], name="Herons"), wanted.groups[1])
    apply(lms, replace(wanted, groups=groups), links)
    assert "Herons" in [section["name"] for section in lms.state()["sections"]]
    assert lms.plan(replace(wanted, groups=groups), links).changes == ()


def test_a_check_that_would_be_seen_by_all_keeps_its_unit_closed(lms: Lms) -> None:
    links, gateway = LinkTable(), lms.gateway()
    changes = lms.plan(small_wanted(lms), links, gateway).changes
    journal = new_run(links)
    until = [change.action for change in changes].index(Action.OPEN_UNIT)
    apply_changes(gateway, changes[:until], journal, links)
    next(lms.world.find(Assignment, name="Equivalent fractions: check")).only_visible_to_overrides = False
    with pytest.raises(Refused):
        apply_changes(gateway, changes, journal, links)
    assert not modules(lms)["Equivalent fractions"]["published"]
    assert assignments(lms)["Equivalent fractions: check"]["seen_by"] == []


def test_a_student_who_left_stops_the_audience_with_a_reason(lms: Lms) -> None:
    links, gateway = LinkTable(), lms.gateway()
    changes = lms.plan(small_wanted(lms), links, gateway).changes
    for row in lms.world.find(Enrollment, user_id=int(lms.students[0])):
        people.set_enrollment_state(lms.world, row, "deleted")
    relevant = [change for change in changes if "unit/u1" in change.id and "item" not in change.id][:2]
    with pytest.raises(Refused) as caught:
        apply_changes(gateway, relevant, new_run(links), links)
    assert "1 of 5 students" in str(caught.value)
    assert module_of(links, "u1")


def test_a_large_group_is_put_in_in_batches(lms: Lms) -> None:
    links = LinkTable()
    wanted = Wanted(groups=(WantedGroup("g", "Otters", frozenset(lms.students)),))
    changes = lms.plan(wanted, links).changes
    assert [change.calls for change in changes] == [1, 20, 8]
    apply(lms, wanted, links)
    section = next(lms.world.find(Section, name="Otters"))
    assert len(lms.world.live(Enrollment, section_id=section.id)) == 28
    link = links.get(keys.group("g"))
    assert link is not None
    assert sorted(link.wrote["members"]) == sorted(lms.students)
