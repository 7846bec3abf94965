"""Accounts, users, courses, sections, enrolments."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.world.model.record import Record


@dataclass(slots=True, kw_only=True)
class Account(Record):
    name: str
    parent_account_id: int | None = None
    lti_context_id: str = ""
    default_time_zone: str = "America/New_York"
    role_overrides: dict[str, dict[str, bool]] = field(default_factory=dict)
    """Rights an account switches on or off for a role, e.g. {"TeacherEnrollment": {"manage_sections_add":
    False}}; role "AccountAdmin" for its admins. An account below may say otherwise for its own courses."""


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
    observee_ids: list[int] = field(default_factory=list)
    """The children a parent's account is linked to: their enrolments bring the observer's along."""
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
    apply_assignment_group_weights: bool = False
    """Final grades weigh the assignment groups by their `group_weight`."""


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
    nonxlist_course_id: int | None = None
    """The course a cross-listed section came from."""
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
    self_enrolled: bool = False
    start_at: datetime | None = None
    end_at: datetime | None = None
    sis_import_id: int | None = None
    """Set when the school's information system made the row: teachers cannot remove it."""
    created_at: datetime | None = None
    updated_at: datetime | None = None
