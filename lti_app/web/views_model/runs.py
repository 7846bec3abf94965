"""What is written to the LMS: preview.html, job.html, leave.html, result.html, history.html."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lti_app.web.views_model.frame import JobView, Shell

ChangeSign = Literal["add", "change", "take_away"]


@dataclass(frozen=True, slots=True)
class Branch:
    """Changes of one kind: "Add 5 sections: Otters, Maples, ..." with each change as a line of words."""

    key: str
    sign: ChangeSign
    text: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """Something we do not touch, and why ("Robins": you renamed this on Tuesday; your name stays.)."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Approval:
    """One thing Regroup may do alone until the cycle ends.

    The field sent is `approve` = key, once for each that is on.
    """

    key: str
    text: str
    help: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """teacher/preview.html. `plan_id` travels with the write, so that just what was seen is written."""

    shell: Shell
    plan_id: str
    changes: int
    calls: int
    seconds: int
    branches: tuple[Branch, ...]
    left_alone: tuple[LeftAlone, ...] = ()
    approvals: tuple[Approval, ...] = ()
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class JobPage:
    """teacher/job.html, and components/_progress.html alone for the poll (answer 286 when job.has_ended)."""

    shell: Shell
    job: JobView


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One thing that is now in the LMS, with a link to see it there."""

    text: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class ResultPage:
    """teacher/result.html.

    `remaining` > 0: it stopped half-way; `message` says why and `go_on_action` carries on.
    """

    shell: Shell
    title: str
    ended_at: datetime
    person: str
    lines: tuple[ResultLine, ...]
    calls: int
    left_alone: tuple[LeftAlone, ...] = ()
    remaining: int = 0
    message: str = ""
    go_on_action: str | None = None


@dataclass(frozen=True, slots=True)
class RunRow:
    """One line of History."""

    number: int
    title: str
    person: str
    ended_at: datetime
    changes: int
    href: str


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """teacher/history.html, newest first."""

    shell: Shell
    runs: tuple[RunRow, ...]


@dataclass(frozen=True, slots=True)
class LeavePage:
    """teacher/leave.html: goes on to the LMS at `href`.

    A page, not a redirect: the policy lets no form end on another site.
    """

    shell: Shell
    title: str  # "Connect Canvas"
    href: str
