"""Answers -> records: what each cell means, and what a garbled answer is called."""

from datetime import UTC, datetime

import pytest
from requests.structures import CaseInsensitiveDict

from sync.advantage.ags import below, precise
from sync.advantage.nrps import MemberShape, _member, role_of
from sync.errors import BadReply
from sync.records import ItemKind, Role, SubmissionState
from sync.replies import Reply
from sync.shapes import one, rows
from sync.vendors.canvas.parse import (
    AssignmentShape,
    EnrollmentShape,
    ItemShape,
    ModuleShape,
    OverrideShape,
    SubmissionShape,
    audience_of,
)


def reply(body: str, method: str = "GET") -> Reply:
    return Reply(method, "https://h/x", 200, CaseInsensitiveDict(), body.encode())


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{}", "list"),
        ("null", "list"),
        ('"text"', "list"),
        ("[1]", "EnrollmentShape"),
        ("[null]", "EnrollmentShape"),
        ('[{"id":1}]', "EnrollmentShape.user_id"),
        (
            '[{"id":true,"user_id":1,"course_section_id":1,"type":"x","enrollment_state":"a"}]',
            "EnrollmentShape.id",
        ),
        (
            '[{"id":"","user_id":1,"course_section_id":1,"type":"x","enrollment_state":"a"}]',
            "EnrollmentShape.id",
        ),
        (
            '[{"id":1.5,"user_id":1,"course_section_id":1,"type":"x","enrollment_state":"a"}]',
            "EnrollmentShape.id",
        ),
        (
            '[{"id":1,"user_id":1,"course_section_id":1,"type":null,"enrollment_state":"a"}]',
            "EnrollmentShape.type",
        ),
    ],
)
def test_a_garbled_list_names_the_field(body: str, field: str) -> None:
    with pytest.raises(BadReply) as caught:
        rows(EnrollmentShape, reply(body))
    assert caught.value.field == field


def test_a_garbled_answer_is_named_without_its_values() -> None:
    body = '{"id":1,"name":"Maya Lin","published":"perhaps"}'
    with pytest.raises(BadReply) as caught:
        one(AssignmentShape, reply(body))
    assert caught.value.field == "AssignmentShape.published"
    assert "Maya" not in f"{caught.value!r} {caught.value} {caught.value.__cause__}"


def test_a_garbled_answer_to_a_write_says_that_it_may_be_done() -> None:
    with pytest.raises(BadReply) as caught:
        one(AssignmentShape, reply("{}", "POST"))
    assert "may have been carried out" in caught.value.done


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(BadReply):
        one(AssignmentShape, reply('{"id":1,"name":"a","published":true,"due_at":"2026-09-01T10:00:00"}'))


def test_ids_are_text_however_large_and_times_are_utc() -> None:
    body = '{"id":9223372036854775807,"name":"a","published":true,"due_at":"2026-09-01T10:00:00-05:00"}'
    record = one(AssignmentShape, reply(body)).record()
    assert record.lms_id == "9223372036854775807"
    assert record.due_at == datetime(2026, 9, 1, 15, tzinfo=UTC)


CELL = {"assignment_id": 1, "user_id": 2, "workflow_state": "unsubmitted"}
AT = "2026-09-01T10:00:00Z"


@pytest.mark.parametrize(
    ("fields", "state", "points"),
    [
        ({}, SubmissionState.UNSUBMITTED, None),
        ({"missing": True}, SubmissionState.MISSING, None),
        (
            {"missing": True, "workflow_state": "graded", "score": 0, "posted_at": AT},
            SubmissionState.MISSING,
            None,
        ),
        ({"excused": True, "missing": True}, SubmissionState.EXCUSED, None),
        ({"excused": True, "workflow_state": "graded", "score": None}, SubmissionState.EXCUSED, None),
        ({"workflow_state": "submitted", "submitted_at": AT}, SubmissionState.SUBMITTED, None),
        (
            {"workflow_state": "pending_review", "submitted_at": AT, "score": 2},
            SubmissionState.SUBMITTED,
            None,
        ),
        ({"workflow_state": "graded", "score": 0, "posted_at": AT}, SubmissionState.SCORED, 0),
        ({"workflow_state": "graded", "score": 3, "posted_at": AT}, SubmissionState.SCORED, 3),
        (
            {"workflow_state": "graded", "score": 2.7, "entered_score": 3, "posted_at": AT},
            SubmissionState.SCORED,
            3,
        ),
        ({"workflow_state": "graded", "score": 3, "posted_at": None}, SubmissionState.UNPOSTED, 3),
        ({"workflow_state": "graded", "score": None, "posted_at": AT}, SubmissionState.UNSUBMITTED, None),
    ],
)
def test_what_a_cell_says(fields: dict, state: SubmissionState, points: float | None) -> None:
    record = SubmissionShape.model_validate({**CELL, **fields}).record(5.0)
    assert (record.state, record.points, record.possible) == (state, points, 5.0)


@pytest.mark.parametrize(
    ("fields", "has_work"),
    [
        ({}, False),
        ({"missing": True}, False),
        ({"excused": True}, False),
        ({"workflow_state": "submitted", "submitted_at": AT, "attempt": 1}, True),
        ({"workflow_state": "graded", "score": 0, "posted_at": AT}, True),
        ({"workflow_state": "graded", "score": 1}, True),
    ],
)
def test_what_counts_as_work(fields: dict, has_work: bool) -> None:
    assert SubmissionShape.model_validate({**CELL, **fields}).record(5.0).has_work is has_work


@pytest.mark.parametrize(
    ("types", "is_copyable"),
    [(["online_text_entry"], True), (["on_paper"], True), (["none"], True), (["online_quiz"], False),
     (["external_tool"], False), (["discussion_topic"], False), (["online_upload", "external_tool"], False)],
)  # fmt: skip
def test_what_can_be_copied(types: list[str], is_copyable: bool) -> None:
    shape = AssignmentShape(id="1", name="a", published=True, submission_types=types)
    assert shape.record().is_copyable is is_copyable


@pytest.mark.parametrize(
    ("overrides", "audience", "marker"),
    [
        ([], None, None),
        ([{"id": 1, "title": "m", "students": [{"id": 5}, {"id": 6}]}], {"5", "6"}, "m"),
        ([{"id": 1, "title": "m", "students": []}], set(), "m"),
        ([{"id": 1, "title": "Section 2"}], set(), None),
        ([{"id": 1, "title": "m", "students": [{"id": 5}]}, {"id": 2, "title": "Section 2"}], {"5"}, None),
    ],
)
def test_whose_a_module_is(overrides: list, audience: set | None, marker: str | None) -> None:
    shapes = [OverrideShape.model_validate(each) for each in overrides]
    assert audience_of(shapes) == (audience, marker)


@pytest.mark.parametrize(
    ("fields", "kind", "target"),
    [
        ({"type": "Page", "page_url": "fractions"}, ItemKind.PAGE, "fractions"),
        ({"type": "Assignment", "content_id": 7}, ItemKind.CHECK, "7"),
        ({"type": "ExternalUrl", "external_url": "https://g.example"}, ItemKind.LINK, "https://g.example"),
        ({"type": "Quiz", "content_id": 7}, ItemKind.OTHER, "7"),
        ({"type": "SubHeader"}, ItemKind.OTHER, ""),
    ],
)
def test_what_stands_in_a_module(fields: dict, kind: ItemKind, target: str) -> None:
    record = ItemShape.model_validate({"id": 1, "title": "t", **fields}).record()
    assert (record.kind, record.target_id) == (kind, target)


def test_a_module_too_big_to_list_says_so() -> None:
    assert ModuleShape(id="1", name="m", position=1, published=True).items is None


@pytest.mark.parametrize(
    ("urn", "role"),
    [
        ("http://purl.imsglobal.org/vocab/lis/v2/membership#Learner", Role.LEARNER),
        ("http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor", Role.TEACHER),
        ("http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant", Role.ASSISTANT),
        ("http://purl.imsglobal.org/vocab/lis/v2/membership#Mentor", Role.OBSERVER),
        ("Learner", Role.LEARNER),
        ("http://purl.imsglobal.org/vocab/lis/v2/membership#Wizard", Role.OTHER),
        ("", Role.OTHER),
    ],
)
def test_what_a_role_means(urn: str, role: Role) -> None:
    assert role_of(urn) is role


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ([], None),
        ([{"https://purl.imsglobal.org/spec/lti/claim/custom": {"canvas_user_id": 12}}], "12"),
        ([{"https://purl.imsglobal.org/spec/lti/claim/custom": {"canvas_user_id": "$Canvas.user.id"}}], None),
        ([{"https://www.instructure.com/canvas_user_id": "13"}], "13"),
        ([{"https://purl.imsglobal.org/spec/lti/claim/custom": "garbled"}], None),
    ],
)
def test_whose_row_it_is_in_the_lms(message: list, found: str | None) -> None:
    assert _member(MemberShape(user_id="s", message=message)).platform_user_id == found


def test_a_person_without_a_name_keeps_an_empty_one() -> None:
    person = _member(MemberShape(user_id="s", roles=["Learner"], status="Inactive")).membership
    assert (person.name, person.is_active, person.is_learner) == ("", False, True)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h/items/1", "https://h/items/1/scores"),
        ("https://h/items/1/", "https://h/items/1/scores"),
        ("https://h/items/1?type=x&b=2", "https://h/items/1/scores?type=x&b=2"),
    ],
)
def test_where_scores_go(url: str, expected: str) -> None:
    assert below(url, "scores") == expected


def test_times_of_scores_are_exact() -> None:
    assert precise(datetime(2026, 9, 1, 10, 0, 0, 1, tzinfo=UTC)) == "2026-09-01T10:00:00.000001Z"
