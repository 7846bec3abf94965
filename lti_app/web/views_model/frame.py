"""What surrounds every page, and the parts that several pages share."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

JobStateName = Literal["queued", "running", "waiting", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Labels:
    """The LMS's own words, as its vendor folder hands them out: "Canvas", "section", "sections", ..."""

    lms: str
    section: str
    sections: str
    module: str
    modules: str
    assignment: str
    assignments: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What the last click led to, shown once at the top and read aloud.

    `kind` problem = nothing was saved.
    """

    kind: Literal["done", "info", "problem"]
    text: str


@dataclass(frozen=True, slots=True)
class Shell:
    """What surrounds every page: where one is, who one is, and the LMS's words."""

    base: str  # "/contexts/7", "/district": form actions and tabs are built below it
    title: str  # the course's (or district's) title
    person: str
    kind: Literal["teacher", "student", "admin", "other"]
    labels: Labels
    now: datetime
    week: int | None = None
    weeks: int | None = None
    saved_at: datetime | None = None
    own_tab_action: str | None = (
        None  # POST target that shows this page in a tab of its own; None hides the button
    )
    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class JobView:
    """One long piece of work.

    `total` None = not counted yet. `message` is for an adult: what happened, what to do.
    """

    job_id: str
    title: str  # "Writing to Canvas"
    state: JobStateName
    done: int
    total: int | None
    message: str = ""
    is_stopping: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None
    result_href: str | None = None  # where to look once it has ended
    go_on_action: str | None = None  # POST target that carries on after a stop half-way
    tab: str = "home"  # the tab it belongs to
    goes_on: bool = False  # with JavaScript, result_href opens by itself: for reading and suggesting

    @property
    def has_ended(self) -> bool:
        return self.state in ("done", "failed", "cancelled")
