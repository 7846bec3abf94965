"""teacher/groups.html."""

from dataclasses import dataclass
from datetime import datetime

from lti_app.web.views_model.frame import Shell


@dataclass(frozen=True, slots=True)
class Member:
    """One child in a group with the sentence that says why. Provisional = little or nothing known yet."""

    student_id: int
    name: str
    reason: str
    is_provisional: bool = False


@dataclass(frozen=True, slots=True)
class GroupCard:
    """One group. `name` is neutral (see pictures.py); `focus` are skill titles; empty for mixed pods."""

    group_id: int
    name: str
    focus: tuple[str, ...]
    members: tuple[Member, ...]
    content_area: str = ""


@dataclass(frozen=True, slots=True)
class GroupTab:
    """One way of grouping. Link: ?kind=<kind>."""

    kind: str  # "skill" | "mixed" | "leveled"
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class GroupsPage:
    """teacher/groups.html for one kind. `suggested_for`: how many groups a click on Suggest would ask for."""

    shell: Shell
    kind: str
    tabs: tuple[GroupTab, ...]
    groups: tuple[GroupCard, ...]
    notes: tuple[str, ...] = ()
    as_of: datetime | None = None
    has_results: bool = True
    pending_changes: int | None = None
