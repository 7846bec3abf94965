"""Line items, scores, results: the rules of reference canvas.md section 6.4, one by one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from lti_class import AGS, EVERY_SCOPE, LMS, LtiClass, ServiceCalls

from sandbox.platform.install import install_tool
from sandbox.platform.tokens import issue_token
from sandbox.world import grading
from sandbox.world.model import Assignment, LineItem, LtiKey

SUBMISSION_TYPE = "https://canvas.instructure.com/lti/submission_type"
SUBMISSION = "https://canvas.instructure.com/lti/submission"
PROGRESS = "https://canvas.instructure.com/lti-ags/progress/scope/show"
TOOL_TASK = {"url": "http://tool.localhost:8000/lti/launch"}


def column(home: LtiClass, item: dict[str, Any]) -> Assignment:
    """The gradebook column behind a line item."""
    record = home.world.get(LineItem, int(item["id"].rsplit("/", 1)[1]))
    assert record is not None
    assignment = home.world.get(Assignment, record.assignment_id)
    assert assignment is not None
    return assignment


def held(home: LtiClass, item: dict[str, Any], student: int = 0) -> Any:
    return home.row(column(home, item).id, home.students[student])


# line items


def test_a_new_line_item_is_a_published_column_for_the_whole_class_that_counts(home: LtiClass) -> None:
    calls = home.service()
    answer = calls.call(
        "POST",
        calls.items_path,
        {"label": "Playlist mastery", "scoreMaximum": 20, "tag": "mastery", "resourceId": "cycle-1"},
        "application/vnd.ims.lis.v2.lineitem+json",
    )
    assert answer.status_code == 201
    assert answer.content_type == "application/vnd.ims.lis.v2.lineitem+json"
    assert answer.json["id"].startswith(f"{LMS}{calls.items_path}/")
    assert {name: answer.json[name] for name in ("label", "scoreMaximum", "tag", "resourceId")} == {
        "label": "Playlist mastery", "scoreMaximum": 20, "tag": "mastery", "resourceId": "cycle-1",
    }  # fmt: skip
    made = column(home, answer.json)
    assert (made.name, made.points_possible, made.workflow_state) == ("Playlist mastery", 20, "published")
    assert made.submission_types == ["none"]
    assert not made.omit_from_final_grade
    assert made in grading.counting_assignments(home.world, home.course.id)
    assert all(home.world.submission(made.id, student.id) for student in home.students)


def test_the_extension_makes_the_column_open_the_tool(home: LtiClass) -> None:
    wanted = {"type": "external_tool", "external_tool_url": "http://tool.localhost:8000/units/1"}
    item = home.service().new_item(**{SUBMISSION_TYPE: wanted})
    made = column(home, item)
    assert made.submission_types == ["external_tool"]
    assert (made.external_tool_tag_attributes or {})["url"] == "http://tool.localhost:8000/units/1"
    assert item["resourceLinkId"] == made.lti_context_id
    assert item[SUBMISSION_TYPE] == wanted


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"scoreMaximum": 10}, 400),
        ({"label": " ", "scoreMaximum": 10}, 400),
        ({"label": "x"}, 400),
        ({"label": "x", "scoreMaximum": "ten"}, 400),
        ({"label": "x", "scoreMaximum": -1}, 422),
        ({"label": "x", "scoreMaximum": 1, "resourceLinkId": "unknown"}, 404),
        ({"label": "x", "scoreMaximum": 1, SUBMISSION_TYPE: {"type": "online_quiz"}}, 400),
        ({"label": "x", "scoreMaximum": 1, SUBMISSION_TYPE: "none"}, 400),
        ({"label": "x", "scoreMaximum": 1, "endDateTime": "tomorrow"}, 400),
        ([1, 2], 400),
    ],
)
def test_a_wrong_line_item_makes_nothing(home: LtiClass, sent: Any, status: int) -> None:
    calls = home.service()
    assert calls.call("POST", calls.items_path, sent).status_code == status
    assert calls.call("GET", calls.items_path).json == []
    assert home.world.live(Assignment, course_id=home.course.id) == []


def test_a_body_that_is_no_json_is_refused(home: LtiClass) -> None:
    calls = home.service()
    token = issue_token(home.world, home.tool, [AGS + "lineitem"]).access_token
    answer = home.app.test_client().post(
        calls.items_path,
        data="{oops",
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
        base_url=LMS,
    )
    assert answer.status_code == 400


def test_the_list_holds_the_callers_own_items_and_pages_by_ten(home: LtiClass) -> None:
    calls = home.service()
    for n in range(12):
        calls.new_item(label=f"Unit {n}", tag="a" if n % 2 else "b", resourceId=f"r{n}")
    other = install_tool(home.world, "http://other.localhost:9000", name="Other")
    other_key = next(home.world.find(LtiKey, client_id=other.client_id))
    stranger = ServiceCalls(home, issue_token(home.world, other_key, [AGS + "lineitem"]).access_token)
    assert stranger.call("GET", calls.items_path).json == []
    first = calls.call("GET", calls.items_path)
    assert first.content_type == "application/vnd.ims.lis.v2.lineitemcontainer+json"
    assert len(first.json) == 10
    assert 'page=2>; rel="next"' in first.headers["Link"]
    assert len(calls.call("GET", f"{calls.items_path}?page=2").json) == 2
    assert calls.call("GET", f"{calls.items_path}?page=9").json == []
    assert len(calls.call("GET", f"{calls.items_path}?limit=100&tag=a").json) == 6
    assert [i["label"] for i in calls.call("GET", f"{calls.items_path}?resource_id=r3").json] == ["Unit 3"]
    assert calls.call("GET", f"{calls.items_path}?resource_link_id=none").json == []


def test_one_tool_cannot_touch_anothers_column(home: LtiClass) -> None:
    item = home.service().new_item()
    other = install_tool(home.world, "http://other.localhost:9000", name="Other")
    key = next(home.world.find(LtiKey, client_id=other.client_id))
    stranger = ServiceCalls(home, issue_token(home.world, key, key.scopes).access_token)
    for method, url in (("GET", item["id"]), ("PUT", item["id"]), ("DELETE", item["id"])):
        assert stranger.call(method, url, {} if method == "PUT" else None).status_code == 412
    assert stranger.score(item["id"], home.students[0]).status_code == 412


def test_a_rename_reaches_the_gradebook(home: LtiClass) -> None:
    calls = home.service()
    item = calls.new_item()
    answer = calls.call("PUT", item["id"], {"label": "New name", "scoreMaximum": 30, "tag": "t2"})
    assert answer.status_code == 200
    assert (answer.json["label"], answer.json["scoreMaximum"], answer.json["tag"]) == ("New name", 30, "t2")
    assert (column(home, item).name, column(home, item).points_possible) == ("New name", 30)
    assert calls.call("GET", item["id"]).json["label"] == "New name"


def test_deleting_an_ags_item_takes_its_column_away(home: LtiClass) -> None:
    calls = home.service()
    item = calls.new_item()
    calls.score(item["id"], home.students[0])
    assert calls.call("DELETE", item["id"]).status_code == 204
    assert column(home, item).workflow_state == "deleted"
    assert held(home, item).score == 8
    for method in ("GET", "DELETE"):
        assert calls.call(method, item["id"]).status_code == 404


def test_a_column_of_the_lms_is_listed_but_not_the_tools_to_delete(home: LtiClass) -> None:
    task = home.assignment(submission_types=["external_tool"], external_tool_tag_attributes=TOOL_TASK)
    home.assignment("Paper")
    calls = home.service()
    (item,) = calls.call("GET", f"{calls.items_path}?include[]=launch_url").json
    assert item["resourceLinkId"] == task.lti_context_id
    assert item["https://canvas.instructure.com/lti/launch_url"] == TOOL_TASK["url"]
    assert calls.call("DELETE", item["id"]).status_code == 401
    assert task.workflow_state == "published"


def test_only_the_first_item_of_a_link_writes_to_the_gradebook(home: LtiClass) -> None:
    task = home.assignment(submission_types=["external_tool"], external_tool_tag_attributes=TOOL_TASK)
    calls = home.service()
    second = calls.new_item(resourceLinkId=task.lti_context_id, label="Extra")
    assert calls.score(second["id"], home.students[0]).status_code == 200
    assert home.row(task.id, home.students[0]).score is None
    assert calls.call("GET", f"{second['id']}/results").json[0]["resultScore"] == 8
    task.workflow_state = "deleted"
    gone = calls.call(
        "POST", calls.items_path, {"label": "x", "scoreMaximum": 1, "resourceLinkId": task.lti_context_id}
    )
    assert gone.status_code == 412


# scores


def test_a_score_is_scaled_to_the_column_and_dated(home: LtiClass) -> None:
    calls = home.service()
    item = calls.new_item(scoreMaximum=10)
    answer = calls.score(item["id"], home.students[0], scoreGiven=3, scoreMaximum=4, comment="Well done")
    assert answer.status_code == 200
    assert answer.json["resultUrl"].startswith(f"{item['id']}/results/")
    row = held(home, item)
    assert (row.score, row.workflow_state, row.attempt) == (7.5, "graded", 1)
    assert row.grader_id == grading.TOOL_GRADER_ID
    assert [comment["comment"] for comment in row.comments] == ["Well done"]
    assert held(home, item, 1).score is None


def test_the_canvas_user_id_names_a_student_too(home: LtiClass) -> None:
    calls = home.service()
    item = calls.new_item()
    assert calls.score(item["id"], str(home.students[2].id)).status_code == 200
    assert held(home, item, 2).score == 8


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"userId": ...}, 422),
        ({"userId": "nobody"}, 422),
        ({"timestamp": ...}, 400),
        ({"timestamp": "yesterday"}, 400),
        ({"timestamp": "2026-03-02T10:00:00"}, 400),
        ({"activityProgress": ...}, 400),
        ({"activityProgress": "Sleeping"}, 400),
        ({"gradingProgress": ...}, 400),
        ({"gradingProgress": "Perfect"}, 400),
        ({"scoreMaximum": ...}, 422),
        ({"scoreMaximum": -1}, 422),
        ({"scoreGiven": "eight"}, 400),
        ({"scoreGiven": True}, 400),
        ({SUBMISSION: "yes"}, 400),
        ({SUBMISSION: {"submitted_at": "noon"}}, 400),
        ({"submission": {"submittedAt": "2999-01-01T00:00:00Z"}}, 400),
        ({"submittedAt": "2999-01-01T00:00:00Z"}, 400),
        ({"scoreGiven": -1}, 422),
        ({"scoreMaximum": 0}, 422),
        ({"resourceLinkId": "another"}, 412),
        ({SUBMISSION: {"submission_type": "online_upload"}}, 422),
    ],
    ids=str,
)
def test_a_wrong_score_changes_nothing(home: LtiClass, fields: dict[str, Any], status: int) -> None:
    calls = home.service()
    item = calls.new_item()
    assert calls.score(item["id"], home.students[0], **fields).status_code == status
    assert held(home, item).score is None
    assert held(home, item).attempt is None
    assert calls.call("GET", f"{item['id']}/results").json == []


def test_only_active_students_can_be_scored(home: LtiClass) -> None:
    people = [
        home.teacher,
        home.person("Test Student", "test", "StudentViewEnrollment", fake_student=True),
        home.person("Pat Parent", "pat", "ObserverEnrollment"),
        home.person("Kim Gone", "kim", "StudentEnrollment", "completed"),
        home.person("Lee Gone", "lee", "StudentEnrollment", "inactive"),
    ]
    calls = home.service()
    item = calls.new_item()
    for user in people:
        answer = calls.score(item["id"], user)
        assert (answer.status_code, answer.json["errors"]["message"]) == (
            422, "User not found in course or is not a student",
        )  # fmt: skip


def test_an_older_score_never_overwrites_a_newer_one(home: LtiClass) -> None:
    calls = home.service()
    item = calls.new_item()
    times = ["2026-03-02T10:00:00.500Z", "2026-03-02T10:00:00.499Z", "2026-03-02T10:00:00.500Z"]
    answers = [
        calls.score(item["id"], home.students[0], timestamp=moment, scoreGiven=n)
        for n, moment in enumerate(times)
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 200]
    assert held(home, item).score == 2


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({"gradingProgress": "FullyGraded"}, 5.0),
        ({"gradingProgress": "PendingManual"}, 5.0),
        ({"gradingProgress": "Pending"}, None),
        ({"gradingProgress": "NotReady"}, None),
        ({"gradingProgress": "Failed"}, None),
        ({"scoreGiven": ..., "scoreMaximum": ...}, None),
        ({"gradingProgress": "Pending", SUBMISSION: {"preserve_score": True}}, 8.0),
        ({"scoreGiven": ..., SUBMISSION: {"preserve_score": True}}, 8.0),
    ],
    ids=str,
)
def test_a_score_that_is_ignored_clears_what_was_there(
    home: LtiClass, fields: dict[str, Any], left: float | None
) -> None:
    calls = home.service()
    item = calls.new_item()
    calls.score(item["id"], home.students[0])
    later = {"timestamp": "2026-03-03T10:00:00Z", "scoreGiven": 5, **fields}
    assert calls.score(item["id"], home.students[0], **later).status_code == 200
    assert held(home, item).score == left
    shown = calls.call("GET", f"{item['id']}/results").json[0]
    assert shown.get("resultScore") == left


def test_a_score_waiting_for_a_person_says_so(home: LtiClass) -> None:
    calls = home.service()
    item = calls.new_item()
    calls.score(item["id"], home.students[0], gradingProgress="PendingManual")
    assert held(home, item).workflow_state == "pending_review"


@pytest.mark.parametrize(
    ("extension", "attempts"),
    [({}, 2), ({"new_submission": False}, None), ({"submission_type": "none"}, None)],
    ids=str,
)
def test_each_score_is_a_new_attempt_unless_told_otherwise(
    home: LtiClass, extension: dict[str, Any], attempts: int | None
) -> None:
    calls = home.service()
    item = calls.new_item()
    for _ in range(2):
        calls.score(item["id"], home.students[0], **{SUBMISSION: extension})
    assert held(home, item).attempt == attempts
    assert (held(home, item).submitted_at is None) == (attempts is None)


def test_a_tool_may_yield_to_a_teachers_grade(home: LtiClass) -> None:
    calls = home.service()
    item = calls.new_item()
    grading.set_score(home.world, column(home, item), home.students[0].id, 2.0, grader_id=home.teacher.id)
    calls.score(item["id"], home.students[0], **{SUBMISSION: {"prioritize_non_tool_grade": True}})
    assert held(home, item).score == 2
    calls.score(item["id"], home.students[0], timestamp="2026-03-04T10:00:00Z")
    assert held(home, item).score == 8


@pytest.mark.parametrize(("keeps_any", "left"), [(True, 8), (False, 5)])
def test_a_tool_that_yields_yields_to_its_own_score_too(home: LtiClass, keeps_any: bool, left: float) -> None:
    """Canvas's code asks only whether there is a score; the reference says "a teacher's grade"."""
    home.world.switches.prioritize_keeps_any_grade = keeps_any
    calls = home.service()
    item = calls.new_item()
    yielding = {SUBMISSION: {"prioritize_non_tool_grade": True, "new_submission": False}}
    calls.score(item["id"], home.students[0], **yielding)
    calls.score(item["id"], home.students[0], scoreGiven=5, timestamp="2026-03-04T10:00:00Z", **yielding)
    assert held(home, item).score == left
    calls.score(item["id"], home.students[0], scoreGiven=5, timestamp="2026-03-05T10:00:00Z")
    assert held(home, item).score == 5


def test_a_preserved_score_stays_even_when_a_new_one_comes(home: LtiClass) -> None:
    calls = home.service()
    item = calls.new_item()
    calls.score(item["id"], home.students[0])
    calls.score(item["id"], home.students[0], scoreGiven=5, **{SUBMISSION: {"preserve_score": True}})
    assert held(home, item).score == 8


@pytest.mark.parametrize(("given", "points"), [(1, 10.0), (0, 0.0)])
def test_a_pass_fail_column_takes_any_score_as_a_pass(home: LtiClass, given: float, points: float) -> None:
    calls = home.service()
    item = calls.new_item()
    column(home, item).grading_type = "pass_fail"
    calls.score(item["id"], home.students[0], scoreGiven=given)
    assert held(home, item).score == points


@pytest.mark.parametrize(
    "fields",
    [
        {"submission": {"submittedAt": "2026-02-01T09:00:00Z"}},
        {"submittedAt": "2026-02-01T09:00:00Z"},
        {SUBMISSION: {"submitted_at": "2026-02-01T09:00:00Z"}},
        {
            "submission": {"submittedAt": "2026-02-01T09:00:00Z"},
            SUBMISSION: {"submitted_at": "2026-02-05T09:00:00Z"},
        },
    ],
    ids=str,
)
def test_the_tool_says_when_work_was_handed_in(home: LtiClass, fields: dict[str, Any]) -> None:
    calls = home.service()
    item = calls.new_item()
    calls.score(item["id"], home.students[0], **fields)
    assert held(home, item).submitted_at == datetime(2026, 2, 1, 9, tzinfo=UTC)


def test_files_are_handed_in_with_an_address_that_tells_how_far_they_are(home: LtiClass) -> None:
    home.tool.scopes.append(PROGRESS)
    calls = home.service(*EVERY_SCOPE, PROGRESS)
    item = calls.new_item()
    file = {
        "type": "file",
        "url": "http://tool.localhost/a.pdf",
        "title": "a.pdf",
        "media_type": "application/pdf",
    }
    home.world.background.held = True
    answer = calls.score(item["id"], home.students[0], **{SUBMISSION: {"content_items": [file]}}).json
    [told] = answer[SUBMISSION]["content_items"]
    assert (told["type"], told["title"]) == ("file", "a.pdf")
    assert held(home, item).submission_type == "online_upload"
    assert calls.call("GET", told["progress"]).json["workflow_state"] == "queued"
    assert calls.call("GET", told["progress"] + "9").status_code == 404
    home.world.background.release()
    assert calls.call("GET", told["progress"]).json["workflow_state"] == "completed"


def test_a_concluded_course_is_not_there_for_grades(home: LtiClass) -> None:
    calls = home.service()
    item = calls.new_item()
    home.course.workflow_state = "completed"
    assert calls.call("GET", calls.items_path).status_code == 404
    assert calls.score(item["id"], home.students[0]).status_code == 404


def test_the_dates_of_a_line_item_are_its_columns(home: LtiClass) -> None:
    calls = home.service()
    item = calls.new_item()
    dates = {"startDateTime": "2026-09-01T08:00:00Z", "endDateTime": "2026-09-30T08:00:00Z"}
    assert calls.call("PUT", item["id"], dates).json["endDateTime"] == dates["endDateTime"]
    assert column(home, item).due_at == datetime(2026, 9, 30, 8, tzinfo=UTC)
    assert column(home, item).unlock_at == datetime(2026, 9, 1, 8, tzinfo=UTC)


def test_no_more_attempts_than_the_assignment_allows(home: LtiClass) -> None:
    calls = home.service()
    item = calls.new_item()
    column(home, item).allowed_attempts = 1
    assert calls.score(item["id"], home.students[0]).status_code == 200
    assert calls.score(item["id"], home.students[0]).status_code == 422
    quiet = {SUBMISSION: {"new_submission": False}}
    assert calls.score(item["id"], home.students[0], **quiet).status_code == 200


def test_an_unpublished_column_takes_no_score(home: LtiClass) -> None:
    calls = home.service()
    item = calls.new_item()
    column(home, item).workflow_state = "unpublished"
    assert calls.score(item["id"], home.students[0]).status_code == 422


# results


def test_results_are_paged_and_filtered(home: LtiClass) -> None:
    calls = home.service()
    item = calls.new_item()
    for student in home.students:
        calls.score(item["id"], student)
    answer = calls.call("GET", f"{item['id']}/results?limit=2")
    assert answer.content_type == "application/vnd.ims.lis.v2.resultcontainer+json"
    assert len(answer.json) == 2
    assert 'rel="next"' in answer.headers["Link"]
    one = calls.call("GET", f"{item['id']}/results?user_id={home.students[1].lti_1_3_id}").json
    assert [result["userId"] for result in one] == [home.students[1].lti_1_3_id]
    assert one[0]["scoreOf"] == item["id"]
    assert calls.call("GET", one[0]["id"]).json == one[0]
    assert calls.call("GET", f"{item['id']}/results?user_id={home.teacher.lti_1_3_id}").json == []
    assert calls.call("GET", f"{item['id']}/results/999999").status_code == 404


def test_a_teachers_grade_is_a_result_in_the_columns_scale(home: LtiClass) -> None:
    calls = home.service()
    item = calls.new_item(scoreMaximum=20)
    calls.score(item["id"], home.students[0], scoreGiven=1, scoreMaximum=2)
    mine = calls.call("GET", f"{item['id']}/results").json[0]
    assert (mine["resultScore"], mine["resultMaximum"]) == (1, 2)
    for student in home.students[:2]:
        grading.set_score(home.world, column(home, item), student.id, 13.0, grader_id=home.teacher.id)
    results = calls.call("GET", f"{item['id']}/results").json
    assert [(r["resultScore"], r["resultMaximum"]) for r in results] == [(13, 20), (13, 20)]


@pytest.mark.parametrize(
    ("method", "tail", "scope"),
    [
        ("GET", "", "score"),
        ("PUT", "", "lineitem.readonly"),
        ("DELETE", "", "lineitem.readonly"),
        ("POST", "/scores", "lineitem"),
        ("GET", "/results", "lineitem"),
    ],
)
def test_each_call_needs_its_own_scope(home: LtiClass, method: str, tail: str, scope: str) -> None:
    item = home.service().new_item()
    answer = home.service(AGS + scope).call(method, f"{item['id']}{tail}", {} if method != "GET" else None)
    assert (answer.status_code, answer.json["errors"]["message"]) == (401, "Insufficient permissions")
