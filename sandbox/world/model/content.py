"""Modules, pages, files, outcomes, copies of courses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.world.model.record import Record


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
    requirement_count: int | None = None
    """How many met requirements complete the module; None: all."""
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
    editing_roles: str = "teachers"
    """Any of teachers, students, members, public, with commas between."""
    last_edited_by: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class PageRevision(Record):
    """A page as it was after one save; `number` counts from 1 within the page."""

    page_id: int
    number: int
    url: str
    title: str
    body: str
    user_id: int | None = None
    at: datetime | None = None


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
class OutcomeGroup(Record):
    """A folder of outcomes in an account or a course; the root has no parent."""

    context_type: str
    """Account | Course"""
    context_id: int
    title: str
    parent_id: int | None = None
    description: str = ""
    vendor_guid: str | None = None
    workflow_state: str = "active"
    """active | deleted"""


@dataclass(slots=True, kw_only=True)
class Outcome(Record):
    context_type: str
    """Account | Course: whose outcome it is. A course's own is linked there unless a link says otherwise."""
    context_id: int
    title: str
    display_name: str = ""
    description: str = ""
    vendor_guid: str | None = None
    group_title: str = ""
    """The folder under the root that it lies in, where no link names one."""
    points_possible: float = 4.0
    mastery_points: float = 3.0
    ratings: list[dict[str, Any]] = field(default_factory=list)
    calculation_method: str = "highest"
    """highest | latest | average | n_mastery | and decaying_ | weighted_ | standard_decaying_average"""
    calculation_int: int | None = None
    workflow_state: str = "active"
    """active | deleted"""


@dataclass(slots=True, kw_only=True)
class OutcomeLink(Record):
    """An outcome put into a folder: what makes an account's outcome one of a course."""

    context_type: str
    context_id: int
    outcome_id: int
    outcome_group_id: int
    workflow_state: str = "active"
    """active | deleted"""


@dataclass(slots=True, kw_only=True)
class OutcomeAlignment(Record):
    """An assignment whose rubric (or quiz) measures the outcome. Deleted: its results count no longer."""

    course_id: int
    outcome_id: int
    assignment_id: int
    source: str = "canvas"
    """canvas | outcomes_service (a New Quiz)"""
    workflow_state: str = "active"
    """active | deleted"""


@dataclass(slots=True, kw_only=True)
class OutcomeResult(Record):
    course_id: int
    outcome_id: int
    user_id: int
    score: float | None
    possible: float
    assignment_id: int | None = None
    hidden: bool = False
    """From a rubric whose results are not posted to the mastery gradebook."""
    hide_points: bool = False
    submitted_at: datetime | None = None
    assessed_at: datetime | None = None
    source: str = "canvas"
    """canvas | outcomes_service (New Quizzes: asked from another service, with a cache of minutes between)"""
    workflow_state: str = "active"
    """active | deleted"""


@dataclass(slots=True, kw_only=True)
class MasteryScale(Record):
    """An account's or a course's own scale and method, used instead of each outcome's where these are on."""

    context_type: str
    context_id: int
    ratings: list[dict[str, Any]]
    """Best first: {description, points, color, mastery}; exactly one has `mastery` true."""
    calculation_method: str = "highest"
    calculation_int: int | None = None


@dataclass(slots=True, kw_only=True)
class ContentMigration(Record):
    """One copy of a course's content into another."""

    course_id: int
    source_course_id: int
    user_id: int
    migration_type: str = "course_copy_importer"
    workflow_state: str = "pre_processing"
    """pre_processing | running | completed | failed"""
    progress_id: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    created_at: datetime | None = None
    copied: dict[int, int] = field(default_factory=dict)
    """New id by the id it was copied from."""
    issues: list[str] = field(default_factory=list)
