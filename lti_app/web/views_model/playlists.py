"""teacher/playlists.html."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lti_app.web.views_model.frame import Shell

BlockState = Literal["met", "try_again", "now", "next", "later", "not_open"]


@dataclass(frozen=True, slots=True)
class Block:
    """One place in a playlist.

    A teacher task has no unit title of its own: `title` is the skill's, 'with me'.
    """

    position: int
    title: str
    skill: str
    minutes: int
    week: int
    state: BlockState
    reason: str
    is_teacher_task: bool = False
    is_grade_level: bool = False
    points: float | None = None
    possible: float | None = None
    href: str | None = None  # the module in the LMS


@dataclass(frozen=True, slots=True)
class PlaylistRow:
    """One student's playlist in this content area. `minutes`: planned for this week."""

    student_id: int
    name: str
    group: str
    minutes: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class AreaTab:
    """One content area. Link: ?area=<key>."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class PlaylistsPage:
    """teacher/playlists.html.

    With ?student=<id>, `one` is that student's row and the page shows it with reasons.
    """

    shell: Shell
    areas: tuple[AreaTab, ...]
    area: str
    rows: tuple[PlaylistRow, ...]
    minutes_a_week: int = 30
    units_a_week: int = 2
    weeks: int = 7
    one: PlaylistRow | None = None
    notes: tuple[str, ...] = ()
    as_of: datetime | None = None
    has_groups: bool = True
