"""What Regroup knows of an LMS, in frozen records. LMS ids are text; times are aware UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias, Union

Json: TypeAlias = Union[bool, int, float, str, "list[Json]", "dict[str, Json]", None]


class Role(StrEnum):
    """What a person is in one context."""

    LEARNER = "learner"
    TEACHER = "teacher"
    ASSISTANT = "assistant"
    OBSERVER = "observer"
    ADMIN = "admin"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Membership:
    """One person in one context, once, however many groups hold them. `sub` is their LTI id if known."""

    lms_id: str
    sub: str | None
    name: str
    sortable_name: str
    roles: frozenset[Role]
    is_active: bool
    section_ids: frozenset[str] = frozenset()
    sis_id: str | None = None

    @property
    def is_learner(self) -> bool:
        """True for a student; a person who also teaches or watches here is not one."""
        return self.roles == frozenset({Role.LEARNER})


@dataclass(frozen=True, slots=True)
class CourseFile:
    """A file kept in the course; `url` is where its bytes are fetched."""

    lms_id: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class LmsAssignment:
    """Something in the course that takes points. `external_url` is the tool behind it, if a tool is."""

    lms_id: str
    name: str
    points_possible: float | None
    is_published: bool
    html_url: str = ""
    description: str = ""
    submission_types: tuple[str, ...] = ()
    due_at: datetime | None = None
    is_restricted: bool = False
    counts_in_grade: bool = True
    folder_id: str | None = None
    external_url: str | None = None
    is_copyable: bool = True


@dataclass(frozen=True, slots=True)
class LmsPage:
    """A page of text. `lms_id` is stable; `slug` is the part of its address."""

    lms_id: str
    slug: str
    title: str
    body: str
    is_published: bool
    html_url: str = ""


@dataclass(frozen=True, slots=True)
class OutcomeInfo:
    """An outcome the LMS measures."""

    lms_id: str
    title: str


@dataclass(frozen=True, slots=True)
class OutcomeResult:
    """One student's result on one outcome. `percent` is a fraction 0..1 as the LMS computed it."""

    user: str
    outcome: str
    score: float | None
    possible: float | None
    percent: float | None
    at: datetime | None


class SubmissionState(StrEnum):
    """What a gradebook cell says. Missing, excused and unposted are facts of their own, never a zero."""

    UNSUBMITTED = "unsubmitted"
    SUBMITTED = "submitted"
    SCORED = "scored"
    MISSING = "missing"
    EXCUSED = "excused"
    UNPOSTED = "unposted"


@dataclass(frozen=True, slots=True)
class Submission:
    """One student's cell for one assignment. `points` is None unless the state is scored or unposted."""

    assignment: str
    user: str
    points: float | None
    possible: float | None
    state: SubmissionState
    submitted_at: datetime | None = None
    graded_at: datetime | None = None
    attempt: int | None = None

    @property
    def has_work(self) -> bool:
        """True once the student handed something in or an adult scored it: such work is never deleted."""
        return self.submitted_at is not None or self.points is not None or bool(self.attempt)


@dataclass(frozen=True, slots=True)
class LmsGroup:
    """Part of a context's learners. `members` maps a person's LMS id to the id of their place in it."""

    lms_id: str
    name: str
    members: Mapping[str, str]


class ItemKind(StrEnum):
    """What stands in a unit. OTHER is anything that Regroup never makes."""

    PAGE = "page"
    CHECK = "check"
    LINK = "link"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class LmsItem:
    """One thing in a unit. `target_id` is the page's slug, the check's id or the link's address."""

    lms_id: str
    kind: ItemKind
    target_id: str
    title: str
    is_published: bool


@dataclass(frozen=True, slots=True)
class LmsUnit:
    """A unit in the LMS. `audience` None means everybody in the context.

    `audience_marker` is our marker on the audience; None when there is none or when others share it.
    """

    lms_id: str
    name: str
    position: int
    is_published: bool
    audience: frozenset[str] | None
    audience_marker: str | None
    items: tuple[LmsItem, ...] = ()


@dataclass(frozen=True, slots=True)
class LineItem:
    """A gradebook column that we made through AGS; `url` is its identity."""

    url: str
    label: str
    maximum: float
    resource_id: str | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What the gradebook holds for one person in one line item. `user` is their LTI id."""

    user: str
    score: float | None
    maximum: float | None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """What we send for one person. `user` is their LTI id; `at` must rise from one send to the next.

    `replaces_ours`: what the gradebook holds now is what we sent before, so that it may be overwritten.
    """

    user: str
    given: float
    maximum: float
    at: datetime
    comment: str = ""
    replaces_ours: bool = False


@dataclass(frozen=True, slots=True)
class Labels:
    """The LMS's own words, for pages and for the labels of changes (singular, lower case)."""

    lms: str
    course: str
    group: str
    unit: str
    check: str
    page: str
    check_folder: str
    line_item: str


@dataclass(frozen=True, slots=True)
class Link:
    """What we made under one key, and what we last wrote there: the third side of every comparison."""

    key: str
    lms_id: str
    wrote: Mapping[str, Json] = field(default_factory=dict)
