"""What we read from Canvas's shape of the sandbox, over real sockets."""

from datetime import timedelta

import pytest
from sync_lms import Lms

from sandbox.classes.generated import ABSENT, EXCUSED, EXCUSED_ITEMS
from sandbox.world import grading, people, work
from sandbox.world.model import Assignment, Enrollment, User
from sync.errors import BadReply, LmsDown, NotFound, NotPermitted, SignInExpired, TimedOut
from sync.records import Role, SubmissionState


def test_everybody_is_in_the_roster_once_and_the_test_student_is_not(lms: Lms) -> None:
    extra = people.add_section(lms.world, lms.seeded.course, "Second section")
    people.put_in(lms.world, extra, lms.seeded.students[0], "StudentEnrollment")
    found = lms.gateway().roster.memberships(lms.course)
    learners = [person for person in found if person.is_learner]
    assert sorted(person.lms_id for person in learners) == sorted(lms.students)
    assert len({person.lms_id for person in found}) == len(found)
    assert not any(person.name == "Test Student" for person in found)
    first = next(person for person in found if person.lms_id == lms.students[0])
    assert first.section_ids == {str(lms.seeded.home.id), str(extra.id)}


def test_every_student_has_the_id_that_scores_need(lms: Lms) -> None:
    by_id = {person.lms_id: person for person in lms.gateway().roster.memberships(lms.course)}
    for user in lms.seeded.students:
        assert by_id[str(user.id)].sub == user.lti_1_3_id
        assert by_id[str(user.id)].sis_id == user.sis_user_id


def test_an_observer_is_no_student_and_a_teacher_is_a_teacher(lms: Lms) -> None:
    roles = {person.name: person.roles for person in lms.gateway().roster.memberships(lms.course)}
    assert roles["Lucía Duarte"] == {Role.OBSERVER}
    assert roles["Elena Rivera"] == {Role.TEACHER}


def test_half_a_roster_is_an_error_not_a_short_roster(lms: Lms) -> None:
    lms.fault("GET", "/enrollments", nth=1, times=0, do={"half_body": True})
    with pytest.raises(TimedOut) as caught:
        lms.gateway().roster.memberships(lms.course)
    assert "Nothing was changed" in str(caught.value)


def test_a_page_that_fails_once_is_read_again(lms: Lms) -> None:
    lms.fault("GET", "/enrollments", do={"status": 502, "body": "<html>bad gateway</html>"})
    assert lms.gateway().roster.memberships(lms.course)
    assert lms.sleeps


def test_benchmark_cells_bear_points_or_say_why_not(lms: Lms) -> None:
    grades = lms.gateway().grades
    items = [each for each in grades.assignments(lms.course) if each.name.startswith("Fall check")]
    cells = grades.submissions(lms.course, [each.lms_id for each in items])
    assert len(items) == 24
    assert len(cells) == 24 * 28
    absent = {str(user.id) for user in lms.seeded.students if user.name in ABSENT}
    excused = next(str(user.id) for user in lms.seeded.students if user.name == EXCUSED)
    states = {state: [cell for cell in cells if cell.state is state] for state in SubmissionState}
    assert {cell.user for cell in states[SubmissionState.UNSUBMITTED]} == absent
    assert {cell.user for cell in states[SubmissionState.EXCUSED]} == {excused}
    assert len(states[SubmissionState.EXCUSED]) == len(EXCUSED_ITEMS)
    assert all(cell.points in (0.0, 1.0) and cell.possible == 1.0 for cell in states[SubmissionState.SCORED])
    assert all(cell.points is None for cell in states[SubmissionState.EXCUSED])


def test_cells_graded_earlier_are_left_out_when_asked(lms: Lms) -> None:
    grades = lms.gateway().grades
    item = next(lms.world.find(Assignment, name="Fall check 1"))
    lms.world.clock.advance(1800)
    since = lms.world.clock.now() - timedelta(minutes=1)
    assert grades.submissions(lms.course, [str(item.id)], since) == []
    grading.set_score(lms.world, item, int(lms.students[0]), 1.0, grader_id=lms.seeded.staff["rivera"].id)
    assert [cell.user for cell in grades.submissions(lms.course, [str(item.id)], since)] == [lms.students[0]]


def test_an_unpublished_assignment_has_no_cells_and_spoils_nothing(lms: Lms) -> None:
    hidden = work.add_assignment(lms.world, lms.seeded.course, "Not yet", points=1.0)
    shown = next(lms.world.find(Assignment, name="Fall check 1"))
    cells = lms.gateway().grades.submissions(lms.course, [str(hidden.id), str(shown.id)])
    assert {cell.assignment for cell in cells} == {str(shown.id)}


def test_outcomes_and_their_results_are_read(lms: Lms) -> None:
    grades = lms.gateway().grades
    outcomes = {each.lms_id: each.title for each in grades.outcomes(lms.course)}
    results = grades.outcome_results(lms.course)
    assert "Main idea" in outcomes.values()
    assert len(results) > 50
    assert {result.outcome for result in results} <= set(outcomes)
    assert {result.user for result in results} <= set(lms.students)


def test_pages_come_with_their_text_and_files_with_their_bytes(lms: Lms) -> None:
    grades = lms.gateway().grades
    assert all("minutes" in page.body for page in grades.pages(lms.course))
    files = {file.name: file for file in grades.files(lms.course, "regroup-")}
    assert grades.download(files["regroup-skills.csv"]).startswith(b"skill,title,content_area")


def test_a_file_larger_than_we_take_is_refused(lms: Lms) -> None:
    gateway = lms.gateway(rest=lms.http(lms.token(), largest_reply=2_000))
    with pytest.raises(BadReply) as caught:
        gateway.grades.assignments(lms.course)
    assert caught.value.field == "size"


def test_an_expired_token_asks_for_consent_again(lms: Lms) -> None:
    gateway = lms.gateway()
    lms.world.clock.advance(4000)
    with pytest.raises(SignInExpired):
        gateway.grades.assignments(lms.course)


def test_a_student_asking_for_all_gets_his_own_cells_only(lms: Lms) -> None:
    student = lms.seeded.students[0]
    item = str(next(lms.world.find(Assignment, name="Fall check 1")).id)
    cells = lms.gateway(login=student.login_id).grades.submissions(lms.course, [item])
    assert {cell.user for cell in cells} == {str(student.id)}


def test_a_course_that_is_not_there_is_not_found(lms: Lms) -> None:
    with pytest.raises(NotFound):
        lms.gateway().grades.assignments("999999")


def test_a_maintenance_page_is_the_lms_being_down(lms: Lms) -> None:
    page = {
        "status": 200,
        "body": "<!doctype html><title>Down</title>",
        "headers": {"Content-Type": "text/html"},
    }
    lms.fault("GET", "/assignments", times=0, do=page)
    with pytest.raises(LmsDown):
        lms.gateway().grades.assignments(lms.course)


def test_no_error_text_names_a_person(lms: Lms) -> None:
    body = '{"errors":[{"message":"Maya Lin may not do that"}]}'
    lms.fault("GET", "/assignments", do={"status": 403, "body": body})
    with pytest.raises(NotPermitted) as caught:
        lms.gateway().grades.assignments(lms.course)
    assert "Maya" not in str(caught.value)
    assert "Maya" in caught.value.words


def test_an_lti_service_token_is_renewed_once_without_a_header(lms: Lms) -> None:
    from sync.advantage.nrps import NrpsRoster
    from sync.memory import HeldToken

    store = HeldToken("long gone", lambda _: lms.service_token())
    http = lms.http(store, is_service=True)
    roster = NrpsRoster(http, f"{lms.url}/api/lti/courses/{lms.course}/names_and_roles")
    assert len([person for person in roster.memberships(lms.course) if Role.LEARNER in person.roles]) >= 28
    assert http.calls["GET"] == 2


def test_people_marked_inactive_are_not_active(lms: Lms) -> None:
    user = lms.world.get(User, int(lms.students[0]))
    row = next(lms.world.find(Enrollment, user_id=user.id))
    people.set_enrollment_state(lms.world, row, "invited")
    found = next(p for p in lms.gateway().roster.memberships(lms.course) if p.lms_id == lms.students[0])
    assert not found.is_active
