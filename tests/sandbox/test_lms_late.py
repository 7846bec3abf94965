"""What lags in Canvas: submission rows written by jobs, answers about visibility kept for five minutes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lms_audience import grade, join_tag, leave_tag, tag
from lms_school import School

from sandbox.world.model import Submission


@pytest.fixture
def late(school: School) -> School:
    """The school, whose jobs come up to 2 s late from now on."""
    school.world.background.late = True
    return school


def names(school: School) -> list[str]:
    return [job.name for job in school.world.background.waiting()]


# rows


def test_rows_of_a_new_assignment_come_late_and_only_once(late: School) -> None:
    assignment_id = late.assignment()
    assert late.sees("ana", assignment_id), "audiences are at once"
    assert not late.holds_row("ana", assignment_id)
    assert names(late) == [f"rows of assignments {assignment_id} in course {late.course.id}"]
    late.world.clock.advance(2)
    late.get("assignments")
    assert late.holds_row("ana", assignment_id)
    assert names(late) == []


def test_what_is_held_stays_until_it_is_stepped_or_released(school: School) -> None:
    school.world.background.held = True
    one, two = school.assignment("One"), school.assignment("Two")
    school.world.clock.advance(60)
    school.get("assignments")
    assert [school.holds_row("ana", a) for a in (one, two)] == [False, False]
    school.world.background.step()
    assert [school.holds_row("ana", a) for a in (one, two)] == [True, False]
    school.world.background.release()
    assert school.holds_row("ana", two)


def test_a_grade_before_the_row_makes_the_row(late: School) -> None:
    assignment_id = late.assignment()
    grade(late, assignment_id, "ana", "4")
    late.world.background.release()
    row = late.get(f"assignments/{assignment_id}/submissions/{late.id_of('ana')}")
    assert (row["score"], late.holds_row("ben", assignment_id)) == (4.0, True)


def test_on_an_older_host_a_grade_for_the_never_assigned_makes_a_row_until_the_next_job(
    school: School,
) -> None:
    school.world.switches.unassigned_grade_refused = False
    only_ana = [{"student_ids": [school.id_of("ana")], "title": "A"}]
    assignment_id = school.assignment(only_visible_to_overrides=True, assignment_overrides=only_ana)
    grade(school, assignment_id, "ben", "4")
    assert school.holds_row("ben", assignment_id)
    assert not school.sees("ben", assignment_id)
    ben = school.get(f"enrollments?user_id={school.id_of('ben')}")[0]
    assert ben["grades"]["current_score"] is None, "it counts nowhere"
    school.put(f"assignments/{assignment_id}", {"assignment": {"description": "x"}})
    assert not school.holds_row("ben", assignment_id)


def test_a_row_given_back_refuses_a_grade_until_the_job_has_come(school: School) -> None:
    assignment_id = school.assignment(only_visible_to_overrides=True)
    module_id = school.holding(assignment_id)
    for_ana, for_ben = ({"student_ids": [school.id_of(login)]} for login in ("ana", "ben"))
    school.assign_module(module_id, for_ana)
    grade(school, assignment_id, "ana", "4")
    school.assign_module(module_id, for_ben)
    school.world.background.late = True
    school.assign_module(module_id, for_ana)
    assert school.sees("ana", assignment_id)
    grade(school, assignment_id, "ana", "5", status=400)
    school.world.background.release()
    assert school.holds_row("ana", assignment_id)
    grade(school, assignment_id, "ana", "5")


def test_two_jobs_in_the_wrong_order_end_in_the_newest_state(late: School) -> None:
    assignment_id = late.assignment(only_visible_to_overrides=True)
    module_id = late.holding(assignment_id)
    for login in ("ana", "ben", "cleo"):
        late.assign_module(module_id, {"student_ids": [late.id_of(login)]})
    late.world.background.release()
    assert [late.holds_row(who, assignment_id) for who in ("ana", "ben", "cleo")] == [False, False, True]


def test_an_enrolment_leaves_a_job_for_the_students_own_rows(late: School) -> None:
    assignment_id = late.assignment()
    late.world.background.release()
    row = next(e for e in late.get("enrollments?per_page=100") if e["user_id"] == late.id_of("ana"))
    late.delete(f"enrollments/{row['id']}?task=delete")
    assert names(late) == [f"rows of user {late.id_of('ana')} in course {late.course.id}"]
    assert late.holds_row("ana", assignment_id)
    late.world.background.release()
    assert not late.holds_row("ana", assignment_id)


def test_a_digest_is_the_same_however_late_the_rows_are(late: School) -> None:
    late.assignment()
    door = f"/_sandbox/digest?course={late.course.id}"
    client = late.app.test_client()
    found = [client.get(door, base_url="http://lms.localhost:8100").json]
    late.world.clock.advance(2)
    found.append(client.get(door, base_url="http://lms.localhost:8100").json)
    assert found[0] == found[1]


# tags


@pytest.mark.parametrize(("change", "who", "holds"), [(join_tag, "ben", True), (leave_tag, "ana", False)])
def test_a_changed_tag_moves_rows_where_the_assignment_itself_names_it(
    school: School, change: Callable[[School, int, str], None], who: str, holds: bool
) -> None:
    tag_id = tag(school, "ana")
    overrides = [{"group_id": tag_id}]
    assignment_id = school.assignment(only_visible_to_overrides=True, assignment_overrides=overrides)
    change(school, tag_id, who)
    assert (school.sees(who, assignment_id), school.holds_row(who, assignment_id)) == (holds, holds)


def test_while_a_tag_changes_the_members_row_is_gone_and_comes_back_with_its_score(school: School) -> None:
    tag_id = tag(school, "ana")
    overrides = [{"group_id": tag_id}]
    assignment_id = school.assignment(only_visible_to_overrides=True, assignment_overrides=overrides)
    grade(school, assignment_id, "ana", "4")
    leave_tag(school, tag_id, "ana")
    school.world.background.held = True
    join_tag(school, tag_id, "ana")
    assert not school.holds_row("ana", assignment_id)
    school.world.background.release()
    row = school.world.submission(assignment_id, school.id_of("ana"))
    assert isinstance(row, Submission)
    assert (row.workflow_state, row.score) == ("graded", 4.0)


def test_a_tag_on_a_module_shows_the_work_but_gives_no_row_until_something_else_does(school: School) -> None:
    tag_id = tag(school, "ana")
    assignment_id = school.assignment(only_visible_to_overrides=True)
    module_id = school.holding(assignment_id)
    school.assign_module(module_id, {"group_id": tag_id})
    join_tag(school, tag_id, "ben")
    assert school.sees("ben", assignment_id)
    assert not school.holds_row("ben", assignment_id)
    own = school.get(f"modules/{module_id}/assignment_overrides")[0]["id"]
    school.assign_module(module_id, {"id": own, "group_id": tag_id})
    assert school.holds_row("ben", assignment_id)


def test_who_leaves_the_course_leaves_its_tags(school: School) -> None:
    tag_id = tag(school, "ana")
    module_id = school.module(published=True)
    school.assign_module(module_id, {"group_id": tag_id})
    row = next(e for e in school.get("enrollments?per_page=100") if e["user_id"] == school.id_of("ana"))
    school.delete(f"enrollments/{row['id']}?task=delete")
    school.enroll(school.home.id, "ana")
    assert school.modules_of("ana") == []


# answers kept for five minutes


@pytest.fixture
def kept(school: School) -> School:
    """The school on a host that keeps answers as long as a real one."""
    school.world.switches.visibility_cache_seconds = 300
    return school


def test_a_student_sees_the_old_modules_for_five_minutes(kept: School) -> None:
    module_id = kept.module(published=True)
    assert kept.modules_of("ben") == ["Unit"]
    kept.assign_module(module_id, {"student_ids": [kept.id_of("ana")]})
    kept.world.clock.advance(299)
    assert kept.modules_of("ben") == ["Unit"]
    assert [m["name"] for m in kept.get(f"modules?student_id={kept.id_of('ben')}")] == ["Unit"]
    kept.world.clock.advance(1)
    assert kept.modules_of("ben") == []


def test_the_leak_check_is_live_while_assignment_visibility_is_old(kept: School) -> None:
    module_id = kept.holding(assignment_id := kept.assignment())
    kept.assign_module(module_id, {"student_ids": [kept.id_of("ana")]})
    path = f"assignments/{assignment_id}?include[]=assignment_visibility"
    assert kept.get(path)["assignment_visibility"] == [kept.id_of("ana")]
    kept.assign_module(module_id, {"student_ids": [kept.id_of("ben")]})
    assert kept.get(path)["assignment_visibility"] == [kept.id_of("ana")]
    kept.assign_module(module_id)
    assert kept.get(path)["visible_to_everyone"] is True
    kept.assign_module(module_id, {"student_ids": [kept.id_of("ben")]})
    kept.world.clock.advance(300)
    assert kept.get(path)["assignment_visibility"] == [kept.id_of("ben")]


def test_two_ways_of_asking_are_kept_apart(kept: School) -> None:
    assignment_id = kept.assignment()
    assert kept.sees("ben", assignment_id)
    module_id = kept.holding(assignment_id)
    kept.assign_module(module_id, {"student_ids": [kept.id_of("ana")]})
    assert kept.sees("ben", assignment_id), "the list is old"
    kept.get(f"assignments/{assignment_id}", by="ben", status=403)


def test_unpublishing_is_seen_at_once_and_a_changed_tag_too(kept: School) -> None:
    tag_id = tag(kept, "ana")
    module_id = kept.module(published=True)
    kept.assign_module(module_id, {"group_id": tag_id})
    assert (kept.modules_of("ana"), kept.modules_of("ben")) == (["Unit"], [])
    join_tag(kept, tag_id, "ben")
    assert kept.modules_of("ben") == ["Unit"]
    kept.put(f"modules/{module_id}", {"module": {"published": False}})
    assert kept.modules_of("ben") == []
