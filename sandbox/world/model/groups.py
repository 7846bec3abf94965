"""Student groups, and differentiation tags: groups that do not collaborate and no student sees."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.world.model.record import Record


@dataclass(slots=True, kw_only=True)
class GroupCategory(Record):
    """A set of groups; a tag set when `non_collaborative`."""

    course_id: int
    name: str
    non_collaborative: bool = False
    workflow_state: str = "active"
    """active | deleted"""


@dataclass(slots=True, kw_only=True)
class Group(Record):
    """A group, or a tag, of a course."""

    course_id: int
    group_category_id: int
    name: str
    non_collaborative: bool = False
    sis_group_id: str | None = None
    workflow_state: str = "available"
    """available | deleted"""


@dataclass(slots=True, kw_only=True)
class GroupMembership(Record):
    group_id: int
    user_id: int
    workflow_state: str = "accepted"
    """accepted | deleted"""
