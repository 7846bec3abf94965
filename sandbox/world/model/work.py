"""Assignments, who they are for, what was handed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.world.model.record import ContentKey, Record


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
    """Who something is for: exactly one of section, students, group or whole course is the target."""

    course_id: int
    title: str = ""
    course_section_id: int | None = None
    student_ids: list[int] | None = None
    group_id: int | None = None
    whole_course: bool = False
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
