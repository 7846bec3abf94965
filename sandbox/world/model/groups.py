"""Student groups, and differentiation tags: groups that do not collaborate and no student sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.world.model.record import Record


@dataclass(slots=True, kw_only=True)
class GroupCategory(Record):
    """A set of groups; a tag set when `non_collaborative`."""

    course_id: int
    name: str
    non_collaborative: bool = False
    self_signup: str | None = None
    group_limit: int | None = None
    sis_group_category_id: str | None = None
    created_at: datetime | None = None
    workflow_state: str = "active"
    """active | deleted"""


@dataclass(slots=True, kw_only=True)
class Group(Record):
    """A group, or a tag, of a course."""

    course_id: int
    group_category_id: int
    name: str
    non_collaborative: bool = False
    description: str | None = None
    sis_group_id: str | None = None
    created_at: datetime | None = None
    workflow_state: str = "available"
    """available | deleted"""


@dataclass(slots=True, kw_only=True)
class GroupMembership(Record):
    group_id: int
    user_id: int
    created_at: datetime | None = None
    workflow_state: str = "accepted"
    """accepted | deleted"""
