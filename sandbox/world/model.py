"""The LMS's records, named as Canvas names them. Plain data: the rules live beside, in the other files.

Ids are integers that `World.add` gives out; no two records of any table share one. Times are aware UTC.
A record is never removed: deleting sets its state to "deleted".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

ContentType = Literal["Assignment", "WikiPage"]
ContentKey = tuple[ContentType, int]


@dataclass(slots=True, kw_only=True)
class Record:
    id: int = 0


# people and places


@dataclass(slots=True, kw_only=True)
class Account(Record):
    name: str
    parent_account_id: int | None = None
    lti_context_id: str = ""
    default_time_zone: str = "America/New_York"


@dataclass(slots=True, kw_only=True)
class User(Record):
    name: str
    sortable_name: str
    short_name: str
    login_id: str
    lti_1_3_id: str
    email: str = ""
    sis_user_id: str | None = None
    locale: str = "en"
    fake_student: bool = False
    """True for a course's Test Student."""
    admin_of_account_ids: set[int] = field(default_factory=set)
    created_at: datetime | None = None
    suspended: bool = False


@dataclass(slots=True, kw_only=True)
class Course(Record):
    account_id: int
    name: str
    course_code: str
    lti_context_id: str
    uuid: str = ""
    sis_course_id: str | None = None
    workflow_state: str = "available"
    """unpublished | available | completed | deleted"""
    created_at: datetime | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Section(Record):
    course_id: int
    name: str
    default_section: bool = False
    sis_section_id: str | None = None
    integration_id: str | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None
    restrict_enrollments_to_section_dates: bool = False
    workflow_state: str = "active"
    """active | deleted"""
    created_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Enrollment(Record):
    course_id: int
    section_id: int
    user_id: int
    type: str
    """Student | Teacher | Ta | Designer | Observer | StudentView, each followed by "Enrollment"."""
    workflow_state: str = "active"
    """active | invited | creation_pending | completed | inactive | rejected | deleted"""
    associated_user_id: int | None = None
    limit_privileges_to_course_section: bool = False
    start_at: datetime | None = None
    end_at: datetime | None = None
    sis_import_id: int | None = None
    """Set when the school's information system made the row: teachers cannot remove it."""
    created_at: datetime | None = None
    updated_at: datetime | None = None


# work


@dataclass(slots=True, kw_only=True)
class AssignmentGroup(Record):
    course_id: int
    name: str
    position: int = 1
    group_weight: float = 0.0
    workflow_state: str = "available"
    """available | deleted"""


@dataclass(slots=True, kw_only=True)
class Assignment(Record):
    course_id: int
    assignment_group_id: int
    name: str
    description: str | None = None
    points_possible: float = 0.0
    grading_type: str = "points"
    submission_types: list[str] = field(default_factory=lambda: ["none"])
    position: int = 1
    due_at: datetime | None = None
    unlock_at: datetime | None = None
    lock_at: datetime | None = None
    workflow_state: str = "unpublished"
    """unpublished | published | deleted"""
    only_visible_to_overrides: bool = False
    omit_from_final_grade: bool = False
    hide_in_gradebook: bool = False
    post_to_sis: bool = False
    post_manually: bool = False
    allowed_attempts: int = -1
    external_tool_tag_attributes: dict[str, Any] | None = None
    lti_context_id: str = ""
    """Doubles as the LTI resource link id of the assignment."""
    sis_assignment_id: str | None = None
    integration_id: str | None = None
    integration_data: dict[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Override(Record):
    """Who something is for: exactly one of section, students or group is the target."""

    course_id: int
    title: str = ""
    course_section_id: int | None = None
    student_ids: list[int] | None = None
    group_id: int | None = None
    workflow_state: str = "active"
    """active | deleted"""


@dataclass(slots=True, kw_only=True)
class AssignmentOverride(Override):
    """An audience on one assignment or page. `*_set` says whether that date is overridden."""

    content: ContentKey
    due_at: datetime | None = None
    unlock_at: datetime | None = None
    lock_at: datetime | None = None
    due_at_set: bool = False
    unlock_at_set: bool = False
    lock_at_set: bool = False
    unassign_item: bool = False


@dataclass(slots=True, kw_only=True)
class ModuleOverride(Override):
    module_id: int


@dataclass(slots=True, kw_only=True)
class Submission(Record):
    """One student's row for one assignment. It lives while the assignment is assigned to them."""

    course_id: int
    assignment_id: int
    user_id: int
    workflow_state: str = "unsubmitted"
    """unsubmitted | submitted | graded | pending_review | deleted (values are kept)"""
    score: float | None = None
    excused: bool = False
    attempt: int | None = None
    submission_type: str | None = None
    body: str | None = None
    url: str | None = None
    submitted_at: datetime | None = None
    graded_at: datetime | None = None
    posted_at: datetime | None = None
    grader_id: int | None = None
    """Negative when a tool graded."""
    graded_attempt: int | None = None
    cached_due_date: datetime | None = None
    late_policy_status: str | None = None
    comments: list[dict[str, Any]] = field(default_factory=list)


# modules and content


@dataclass(slots=True, kw_only=True)
class Module(Record):
    course_id: int
    name: str
    position: int = 1
    workflow_state: str = "unpublished"
    """unpublished | active | deleted"""
    unlock_at: datetime | None = None
    require_sequential_progress: bool = False
    prerequisite_module_ids: list[int] = field(default_factory=list)
    publish_final_grade: bool = False


@dataclass(slots=True, kw_only=True)
class ModuleItem(Record):
    course_id: int
    module_id: int
    type: str
    """File | Page | Assignment | SubHeader | ExternalUrl | ExternalTool"""
    title: str
    position: int = 1
    indent: int = 0
    content_id: int | None = None
    external_url: str | None = None
    new_tab: bool = False
    iframe: dict[str, int] | None = None
    completion_requirement: dict[str, Any] | None = None
    workflow_state: str = "unpublished"
    """unpublished | active | deleted"""


@dataclass(slots=True, kw_only=True)
class WikiPage(Record):
    course_id: int
    title: str
    url: str
    """The slug."""
    body: str = ""
    workflow_state: str = "unpublished"
    """unpublished | active | deleted"""
    only_visible_to_overrides: bool = False
    front_page: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class CourseFile(Record):
    course_id: int
    display_name: str
    content_type: str
    body: bytes
    uuid: str = ""
    hidden: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Outcome(Record):
    context_type: str
    context_id: int
    title: str
    display_name: str = ""
    description: str = ""
    vendor_guid: str | None = None
    group_title: str = ""
    points_possible: float = 4.0
    mastery_points: float = 3.0
    ratings: list[dict[str, Any]] = field(default_factory=list)
    calculation_method: str = "highest"
    calculation_int: int | None = None


@dataclass(slots=True, kw_only=True)
class OutcomeResult(Record):
    course_id: int
    outcome_id: int
    user_id: int
    score: float
    possible: float
    assignment_id: int | None = None
    hidden: bool = False
    submitted_at: datetime | None = None


# keys, tokens and tools


@dataclass(slots=True, kw_only=True)
class ApiKey(Record):
    """A developer key for REST. `client_id` is its public name."""

    account_id: int
    client_id: str
    secret: str
    name: str
    redirect_uris: list[str] = field(default_factory=list)
    require_scopes: bool = False
    scopes: list[str] = field(default_factory=list)
    allow_includes: bool = False
    active: bool = True


@dataclass(slots=True, kw_only=True)
class AuthorizationCode(Record):
    code: str
    api_key_id: int
    user_id: int
    redirect_uri: str
    scopes: list[str]
    purpose: str
    expires_at: datetime
    used: bool = False


@dataclass(slots=True, kw_only=True)
class Grant(Record):
    """What a user allowed a developer key: one living access token, and the refresh token that renews it."""

    api_key_id: int
    user_id: int
    access_token: str
    refresh_token: str
    expires_at: datetime
    scopes: list[str] = field(default_factory=list)
    purpose: str = ""
    permanent_expires_at: datetime | None = None
    revoked: bool = False


@dataclass(slots=True, kw_only=True)
class LtiKey(Record):
    """A tool known to the platform (LTI 1.3 developer key)."""

    account_id: int
    client_id: str
    name: str
    login_url: str
    redirect_uris: list[str]
    jwks_url: str
    target_link_uri: str
    custom_fields: dict[str, str] = field(default_factory=dict)
    scopes: list[str] = field(default_factory=list)
    privacy_level: str = "public"
    """public | name_only | email_only | anonymous"""
    placements: list[str] = field(default_factory=lambda: ["course_navigation", "account_navigation"])
    active: bool = True


@dataclass(slots=True, kw_only=True)
class Deployment(Record):
    """A tool made available in an account (all its courses) or in one course."""

    lti_key_id: int
    deployment_id: str
    account_id: int | None = None
    course_id: int | None = None
    active: bool = True


@dataclass(slots=True, kw_only=True)
class LtiToken(Record):
    lti_key_id: int
    access_token: str
    scopes: list[str]
    expires_at: datetime


@dataclass(slots=True, kw_only=True)
class LineItem(Record):
    course_id: int
    assignment_id: int
    client_id: str
    label: str
    score_maximum: float
    resource_id: str | None = None
    tag: str | None = None
    resource_link_id: str | None = None
    coupled: bool = False
    """True when the assignment was made in the LMS or by REST, not by AGS: the tool may not delete it."""
    extensions: dict[str, Any] = field(default_factory=dict)
    workflow_state: str = "active"


@dataclass(slots=True, kw_only=True)
class Result(Record):
    line_item_id: int
    user_id: int
    score_given: float | None = None
    score_maximum: float | None = None
    comment: str | None = None
    activity_progress: str = ""
    grading_progress: str = ""
    timestamp: datetime | None = None


# what happened


@dataclass(slots=True, kw_only=True)
class ItemMark(Record):
    """A student viewed a module item, or marked it done."""

    item_id: int
    user_id: int
    kind: str
    """viewed | done"""
    at: datetime


@dataclass(slots=True, kw_only=True)
class ProgressJob(Record):
    context_type: str
    context_id: int
    user_id: int
    tag: str
    completion: float = 0.0
    workflow_state: str = "queued"
    """queued | running | completed | failed"""
    message: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class JournalEntry:
    n: int
    at: datetime
    method: str
    path: str
    status: int
    """0 when the connection was cut before an answer was sent."""
    kind: str
    """rest | lti | oauth | web | test"""
    user_id: int | None
    seconds: float
    fault: str | None = None
