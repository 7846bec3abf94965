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
    drop_lowest: int = 0
    drop_highest: int = 0
    never_drop: list[int] = field(default_factory=list)
    """Ids of assignments that the two rules above leave alone."""
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
    suppress_assignment: bool = False
    important_dates: bool = False
    post_to_sis: bool = False
    post_manually: bool = False
    allowed_attempts: int = -1
    is_quiz_lti: bool = False
    """A New Quiz: opened by Canvas's own tool, and no answer to an item ever comes out by REST."""
    rubric_id: int | None = None
    use_rubric_for_grading: bool = False
    hide_outcome_results: bool = False
    """Outcome results made by the rubric are hidden from those who may not ask for hidden ones."""
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
    is_assigned: bool = True
    """False for a row that only a grade made: the student was never assigned, and no total counts it."""
    """late | missing | extended | none, set by a teacher; None: the dates decide."""
    seconds_late_override: int | None = None
    points_deducted: float | None = None
    """What the late policy took away; `score` is what is left."""
    comments: list[dict[str, Any]] = field(default_factory=list)
    attempts: list[dict[str, Any]] = field(default_factory=list)
    """One snapshot for each hand-in: attempt, submitted_at, submission_type, body, url, score, and for a
    classic quiz submission_data."""
    rubric_ratings: dict[str, dict[str, Any]] | None = None
    """Criterion id -> points, rating_id, comments. None: not assessed by the rubric."""

    @property
    def entered_score(self) -> float | None:
        """What the teacher gave, before the late policy took anything away."""
        return None if self.score is None else self.score + (self.points_deducted or 0)


@dataclass(slots=True, kw_only=True)
class Quiz(Record):
    """A classic quiz. Name, points, dates, publication and audience are its assignment's."""

    course_id: int
    assignment_id: int
    quiz_type: str = "assignment"
    time_limit: int | None = None
    scoring_policy: str = "keep_highest"
    workflow_state: str = "active"
    """active | deleted"""


@dataclass(slots=True, kw_only=True)
class QuizQuestion(Record):
    quiz_id: int
    position: int = 1
    question_name: str = "Question"
    question_type: str = "multiple_choice_question"
    question_text: str = ""
    points_possible: float = 1.0
    answers: list[dict[str, Any]] = field(default_factory=list)
    """id, text and weight (100 is right) each."""
    workflow_state: str = "active"
    """active | deleted"""


@dataclass(slots=True, kw_only=True)
class Rubric(Record):
    course_id: int
    title: str
    criteria: list[dict[str, Any]] = field(default_factory=list)
    """id, points, description, long_description, ignore_for_scoring, criterion_use_range, ratings, and
    learning_outcome_id and mastery_points where an outcome is aligned."""
    points_possible: float = 0.0
    workflow_state: str = "active"
    """active | deleted"""


@dataclass(slots=True, kw_only=True)
class LatePolicy(Record):
    """What a course does by itself to missing and late work. One for each course at most."""

    course_id: int
    missing_submission_deduction_enabled: bool = False
    missing_submission_deduction: float = 0.0
    """Per cent taken off: 100 makes missing work a zero."""
    late_submission_deduction_enabled: bool = False
    late_submission_deduction: float = 0.0
    late_submission_interval: str = "day"
    """day | hour"""
    late_submission_minimum_percent_enabled: bool = False
    late_submission_minimum_percent: float = 0.0
    created_at: datetime | None = None
    updated_at: datetime | None = None
    checked_at: datetime | None = None
    """When the LMS's own job last looked for missing work."""
