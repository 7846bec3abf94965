"""What should stand in a context, what does stand there, and the steps between: the records of a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sync.records import Json, LineItem, LmsAssignment, LmsGroup, LmsUnit


class Action(StrEnum):
    """One small step. Each is one LMS call, or one batch of equal calls; its cost is the vendor's to say."""

    CREATE_GROUP = "create_group"
    RENAME_GROUP = "rename_group"
    ADD_MEMBERS = "add_members"
    REMOVE_MEMBERS = "remove_members"
    REMOVE_GROUP = "remove_group"
    CREATE_CHECK_FOLDER = "create_check_folder"
    CREATE_UNIT = "create_unit"
    RENAME_UNIT = "rename_unit"
    SET_AUDIENCE = "set_audience"
    CREATE_PAGE = "create_page"
    HIDE_PAGE = "hide_page"
    CREATE_CHECK = "create_check"
    ADD_ITEM = "add_item"
    OPEN_UNIT = "open_unit"
    CLOSE_UNIT = "close_unit"
    REMOVE_UNIT = "remove_unit"
    REMOVE_CHECK = "remove_check"
    REMOVE_PAGE = "remove_page"
    CREATE_LINE_ITEM = "create_line_item"
    QUIET_LINE_ITEM = "quiet_line_item"
    SEND_SCORE = "send_score"


@dataclass(frozen=True, slots=True)
class WantedGroup:
    """A group to have in the LMS. `members` are LMS ids of people; `key` is ours and never changes."""

    key: str
    name: str
    members: frozenset[str]


@dataclass(frozen=True, slots=True)
class WantedPage:
    """A page of our own: a copy of the teacher's, or text we wrote (HTML)."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class WantedCheck:
    """A check of our own: a copy of the teacher's assignment. At `passing_fraction` its unit is done."""

    title: str
    points: float
    description: str = ""
    submission_types: tuple[str, ...] = ("online_text_entry",)
    passing_fraction: float | None = None


@dataclass(frozen=True, slots=True)
class WantedLink:
    """A link to something of the teacher's that cannot be copied."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class WantedUnit:
    """A unit for just `audience` (LMS ids). An empty audience keeps the unit closed."""

    key: str
    name: str
    position: int
    page: WantedPage | None
    check: WantedCheck | None
    audience: frozenset[str]
    links: tuple[WantedLink, ...] = ()


@dataclass(frozen=True, slots=True)
class WantedLineItem:
    """A gradebook column of ours; `key` becomes its AGS resource id."""

    key: str
    label: str
    maximum: float
    tag: str = "regroup"


@dataclass(frozen=True, slots=True)
class WantedScore:
    """A score to stand in a line item for one person (`user`: LTI id). No finished unit: give none."""

    line_item: str
    user: str
    given: float
    maximum: float
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that should stand in one context. Empty means: take away what we made (undo)."""

    groups: tuple[WantedGroup, ...] = ()
    units: tuple[WantedUnit, ...] = ()
    line_items: tuple[WantedLineItem, ...] = ()
    scores: tuple[WantedScore, ...] = ()


@dataclass(frozen=True, slots=True)
class Actual:
    """What stands in the context now. `units` bear an audience where the unit is ours.

    `page_slugs` are all pages; `with_work` maps the id of a check of ours to the students with work in it.
    """

    groups: tuple[LmsGroup, ...] = ()
    units: tuple[LmsUnit, ...] = ()
    assignments: tuple[LmsAssignment, ...] = ()
    page_slugs: frozenset[str] = frozenset()
    has_check_folder: bool = False
    line_items: tuple[LineItem, ...] = ()
    with_work: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One step to carry out. `key` names our object, `id` this step; `depends_on` lists ids to finish first.

    `arguments` is plain JSON: ids, names, link keys. `wrote` is what the link remembers once it is done.
    """

    id: str
    action: Action
    key: str
    label: str
    arguments: Mapping[str, Json]
    calls: int = 1
    depends_on: tuple[str, ...] = ()
    wrote: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drift:
    """Something of ours that a teacher changed, or that holds student work: left as it is, and shown."""

    key: str
    label: str
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in the order to carry them out, and what is left alone."""

    changes: tuple[Change, ...]
    left_alone: tuple[Drift, ...]

    @property
    def calls(self) -> int:
        """How many LMS calls the whole plan costs."""
        return sum(change.calls for change in self.changes)
