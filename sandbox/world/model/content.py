"""Modules, pages, files, outcomes."""

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
