"""teacher/home.html."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lti_app.web.views_model.frame import JobView, Shell

ConnectionState = Literal["not_connected", "connected", "expired", "not_permitted"]
StepState = Literal["done", "now", "later"]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One course file looked for: regroup-skills.csv and its kin. `problem` names line and column."""

    name: str
    is_found: bool
    rows: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """What the last pull found. Counts of people are of active learners."""

    as_of: datetime
    students: int
    students_with_results: int
    teachers: int
    files: tuple[SourceFile, ...]
    items_matched: int
    items_total: int
    outcomes_matched: int
    outcomes_total: int
    unmatched: tuple[str, ...] = ()  # names of items and outcomes of the map that the course does not have
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """One finished step: when, and what there is now ("5 skill groups and 7 mixed pods for 28 students")."""

    as_of: datetime
    summary: str


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for this adult: a sentence, the children it is about, and where to go."""

    text: str
    href: str
    action: str  # the link's words, verb + thing
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HomePage:
    """teacher/home.html. A step that is None has not been done."""

    shell: Shell
    connection: ConnectionState
    connected_at: datetime | None = None
    missing_right: str = ""  # with not_permitted: the right to ask the admin for
    sources: Sources | None = None
    skills: Done | None = None
    groups: Done | None = None
    playlists: Done | None = None
    written: Done | None = None
    pending_changes: int | None = None  # changes a plan would make now; None = not planned yet
    scores: Done | None = None
    job: JobView | None = None  # unfinished work in this course
    needs: tuple[Need, ...] = ()

    def step_state(self, step: str) -> StepState:
        """How far connect, pull, skills, groups, playlists, write or scores is; now = the first not done."""
        done = {
            "connect": self.connection == "connected",
            "pull": self.sources is not None and not self.sources.problems,
            "skills": self.skills is not None,
            "groups": self.groups is not None,
            "playlists": self.playlists is not None,
            "write": self.written is not None and not self.pending_changes,
            "scores": self.scores is not None,
        }
        if done[step]:
            return "done"
        return "now" if step == next(name for name, is_done in done.items() if not is_done) else "later"
