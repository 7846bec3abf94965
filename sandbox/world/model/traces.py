"""What happened: marks, jobs, notices, the journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.world.model.record import Record


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
    results: Any = None
    """What the job leaves behind, as JSON; shown once it has ended."""
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Notice(Record):
    """A message that the LMS would have sent to somebody because of a call. Nobody is ever sent anything."""

    kind: str
    """Canvas's notification name, e.g. "Assignment Created"."""
    user_id: int
    course_id: int | None = None
    about: str = ""
    """What it is about, e.g. "Assignment 1041"."""
    at: datetime | None = None
    observed_user_id: int | None = None
    """The child an observer is told about; None for a message to the person himself."""


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
    cost: float | None = None
    """What the call took from its bucket; None where none was charged."""
    fingerprint: str = ""
    """The same for two calls with the same method, path, query and body."""
