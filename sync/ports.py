"""What Regroup asks of an LMS, and what the LMS side asks of the house. A missing port is None."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sync.records import (
    CourseFile,
    ItemKind,
    Labels,
    LineItem,
    Link,
    LmsAssignment,
    LmsGroup,
    LmsPage,
    LmsUnit,
    Membership,
    OutcomeInfo,
    OutcomeResult,
    Result,
    Score,
    Submission,
)
from sync.wanted import Action, Change, WantedCheck, WantedLineItem, WantedPage


class RosterSource(Protocol):
    """Who is in a context."""

    def memberships(self, course: str) -> list[Membership]:
        """Everybody in the context, each person once, test students left out. Half a roster is an error."""
        ...


class GradeSource(Protocol):
    """What students did, and the material that is there."""

    def assignments(self, course: str) -> list[LmsAssignment]:
        """All assignments of the context that are not deleted, published or not."""
        ...

    def submissions(
        self, course: str, assignment_ids: Sequence[str], since: datetime | None = None
    ) -> list[Submission]:
        """The cells of active students for these assignments; a student it is not assigned to has none.

        `since` leaves out cells graded earlier.
        """
        ...

    def outcomes(self, course: str) -> list[OutcomeInfo]:
        """The outcomes linked to the context."""
        ...

    def outcome_results(self, course: str) -> list[OutcomeResult]:
        """Every outcome result of the context's students."""
        ...

    def pages(self, course: str) -> list[LmsPage]:
        """All pages, with their text."""
        ...

    def files(self, course: str, prefix: str) -> list[CourseFile]:
        """The context's files whose name begins with `prefix`."""
        ...

    def download(self, file: CourseFile) -> bytes:
        """The file's bytes; BadReply when it is larger than we take."""
        ...


class GroupWriter(Protocol):
    """Groups of a context's learners. `remove*` is done when it is not there any more."""

    def list(self, course: str) -> list[LmsGroup]:
        """All groups of the context with their learners, ours and others."""
        ...

    def find(self, course: str, name: str, besides: Collection[str]) -> str | None:
        """The id of a group with exactly this name that is not one of `besides` (ids)."""
        ...

    def create(self, course: str, name: str) -> str:
        """Makes an empty group; gives its id. Not repeatable: look with `find` first."""
        ...

    def rename(self, course: str, group: str, name: str) -> None: ...

    def add_member(self, course: str, group: str, user: str) -> str:
        """Puts a learner in (again: no change); gives the id of that place."""
        ...

    def remove_member(self, course: str, group: str, place: str) -> None:
        """Takes a learner out; `place` is the id that `members` maps them to."""
        ...

    def remove(self, course: str, group: str) -> None: ...


class UnitWriter(Protocol):
    """Units that only their audience sees. Each method is one small step; each create has its `find_*`."""

    def list(self, course: str, audiences_of: Collection[str]) -> list[LmsUnit]:
        """All units with their items; the audience is read for the ids in `audiences_of` (others: None)."""
        ...

    def find_check_folder(self, course: str, name: str) -> str | None: ...

    def create_check_folder(self, course: str, name: str) -> str:
        """Makes the place in the gradebook where our checks stand apart from the teacher's."""
        ...

    def has_check_folder(self, course: str, folder: str) -> bool:
        """False once somebody deleted it."""
        ...

    def find_unit(self, course: str, name: str, besides: Collection[str]) -> str | None:
        """A closed unit of this name that is not one of `besides` (ids): one whose answer was lost."""
        ...

    def create_unit(self, course: str, name: str, position: int | None) -> str:
        """Makes an empty unit that no student sees. Position None: at the end."""
        ...

    def rename_unit(self, course: str, unit: str, name: str) -> None: ...

    def set_audience(self, course: str, unit: str, students: frozenset[str], marker: str) -> None:
        """Only these students; read back and compared. An empty audience is refused: it would open to all."""
        ...

    def find_page(self, course: str, title: str, marker: str) -> str | None: ...

    def create_page(self, course: str, page: WantedPage, marker: str) -> str:
        """Makes the page, not published; gives its slug."""
        ...

    def hide_page(self, course: str, page: str) -> None:
        """From now on only the audience of a unit that holds the page can see it."""
        ...

    def find_check(self, course: str, title: str, marker: str) -> str | None: ...

    def create_check(self, course: str, folder: str, check: WantedCheck, marker: str) -> str:
        """Makes the check closed to everybody, not published, not counted, without a due date."""
        ...

    def find_item(self, course: str, unit: str, kind: ItemKind, target: str) -> str | None: ...

    def add_item(
        self, course: str, unit: str, kind: ItemKind, target: str, title: str, passing_fraction: float | None
    ) -> str: ...

    def open_unit(self, course: str, unit: str, checks: Sequence[str]) -> None:
        """Publishes the unit, after it made sure that none of its `checks` would be seen by everybody."""
        ...

    def close_unit(self, course: str, unit: str) -> None:
        """Hides the unit from all students; work that was handed in stays."""
        ...

    def remove_unit(self, course: str, unit: str) -> None: ...

    def remove_check(self, course: str, check: str) -> None:
        """Takes the check away. Refused as soon as one student has work in it."""
        ...

    def remove_page(self, course: str, page: str) -> None: ...


class ScoreWriter(Protocol):
    """Gradebook columns of our own and the scores in them (AGS). One instance serves one context."""

    def line_items(self) -> list[LineItem]: ...

    def find(self, resource_id: str) -> LineItem | None: ...

    def create(self, line_item: WantedLineItem) -> LineItem: ...

    def quieten(self, course: str, line_item: LineItem, folder: str | None) -> None:
        """Makes sure that the column counts for nothing; to be done before the first score."""
        ...

    def send(self, line_item_url: str, score: Score) -> None: ...

    def results(self, line_item_url: str, user: str | None = None) -> list[Result]:
        """What the gradebook holds now, for everybody or for one person."""
        ...


@dataclass(frozen=True, slots=True)
class Gateway:
    """One context's way to its LMS. `costs` says how many calls a step takes (1 where it is not listed)."""

    family: str
    labels: Labels
    roster: RosterSource | None
    grades: GradeSource | None
    groups: GroupWriter | None
    units: UnitWriter | None
    scores: ScoreWriter | None
    costs: Mapping[Action, int]


class ChangeState(StrEnum):
    """How far one change of a run has come. BEGUN: its call may or may not have reached the LMS."""

    NEW = "new"
    BEGUN = "begun"
    FINISHED = "finished"


class Links(Protocol):
    """What we made in one context and last wrote there."""

    def get(self, key: str) -> Link | None: ...

    def all(self) -> Mapping[str, Link]: ...


class Journal(Protocol):
    """One run's record of what it did, written before and after each change.

    `begin` and `finish` raise LostHold when the caller's holder is no longer this run's, and save before they
    return: the state and, in the same transaction, what `links.links_at_begin` and `links_at_finish` give.
    """

    def state(self, change_id: str) -> ChangeState: ...

    def begin(self, change: Change) -> None: ...

    def finish(self, change: Change, lms_id: str) -> None: ...


class TokenStore(Protocol):
    """The access token for one account or one service."""

    def access_token(self, now: datetime) -> str:
        """A token that should work at `now`. SignInExpired when there is none."""
        ...

    def refresh(self, refused: str, now: datetime) -> str:
        """A token other than `refused`. Single flight: lock, read again, refresh if still the same."""
        ...


class CallBudget(Protocol):
    """How many calls may go out at once, and how fast."""

    def call(self) -> AbstractContextManager[None]:
        """Held around one call; waits for a free place."""
        ...

    def seen(self, remaining: float) -> None:
        """What the LMS said is left of its allowance."""
        ...


class StopSignal(Protocol):
    """Says whether this run was asked to stop."""

    def is_set(self) -> bool: ...
