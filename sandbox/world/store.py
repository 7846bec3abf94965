"""Class World: every table of the LMS in memory, one lock, one clock, the journal."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Iterator
from itertools import count
from threading import RLock
from typing import Any, TypeVar

from sandbox.world import model
from sandbox.world.background import Background
from sandbox.world.clock import Clock
from sandbox.world.faults import Faults
from sandbox.world.switches import Switches

R = TypeVar("R", bound=model.Record)

FIRST_ID = 1001


class World:
    """The whole LMS. Take `lock` around anything that reads or writes more than one record."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 7) -> None:
        self.lock = RLock()
        self.clock = clock or Clock()
        self.random = random.Random(seed)
        self.faults = Faults()
        self.switches = Switches()
        self.background = Background(self.clock, self.random, self.lock)
        self.journal: list[model.JournalEntry] = []
        self._journal_numbers = count(1)
        self.extras: dict[str, Any] = {}
        """Room for a part's own state (launch hints, signing keys, buckets), by the part's name."""
        self._last_id = FIRST_ID - 1
        self._tables: dict[type[model.Record], dict[int, Any]] = {}
        self._submission_index: dict[int, dict[int, model.Submission]] = {}
        self._grant_of_token: dict[str, model.Grant] = {}

    def table(self, kind: type[R]) -> dict[int, R]:
        """All records of one kind by id, deleted ones included, in order of creation."""
        return self._tables.setdefault(kind, {})

    def add(self, record: R) -> R:
        """Give the record an id (unless it has one), keep it, and hand it back."""
        if not record.id:
            self._last_id += 1
            record.id = self._last_id
        self.table(type(record))[record.id] = record
        if isinstance(record, model.Submission):
            self._submission_index.setdefault(record.assignment_id, {})[record.user_id] = record
        return record

    def get(self, kind: type[R], record_id: int | None) -> R | None:
        """The record with that id, also when it is deleted; None when there is none."""
        return None if record_id is None else self.table(kind).get(record_id)

    def find(self, kind: type[R], /, **fields: object) -> Iterator[R]:
        """Records whose fields equal the given values, in order of creation."""
        wanted = list(fields.items())
        for record in list(self.table(kind).values()):
            if all(getattr(record, name) == value for name, value in wanted):
                yield record

    def live(self, kind: type[R], /, **fields: object) -> list[R]:
        """Like `find`, without the deleted ones, as a list."""
        return [r for r in self.find(kind, **fields) if getattr(r, "workflow_state", "") != "deleted"]

    def new_uuid(self) -> str:
        """A uuid from the world's seed, so that two runs of one seed look alike."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    # submissions: by assignment and student, because a course has tens of thousands

    def submission(self, assignment_id: int, user_id: int) -> model.Submission | None:
        """A student's row, also when it is deleted (no longer assigned); None if never assigned."""
        return self._submission_index.get(assignment_id, {}).get(user_id)

    def submissions_of(self, assignment_id: int) -> dict[int, model.Submission]:
        """All rows of an assignment by user id, deleted ones included. Read only."""
        return self._submission_index.get(assignment_id, {})

    # access tokens of REST

    def grant_of(self, access_token: str) -> model.Grant | None:
        """The grant whose living access token this is; a token that was replaced finds none."""
        return self._grant_of_token.get(access_token)

    def keep_token(self, grant: model.Grant, access_token: str) -> None:
        """Make `access_token` the grant's only living one: the earlier token dies at once."""
        self._grant_of_token.pop(grant.access_token, None)
        grant.access_token = access_token
        self._grant_of_token[access_token] = grant

    # what the parts often ask

    def next_journal_number(self) -> int:
        """Numbers go on after the journal is emptied, so that "since n" stays true."""
        return next(self._journal_numbers)

    def slug(self, course_id: int, title: str) -> str:
        """A page address that is free in the course: "fractions", then "fractions-2"."""
        stem = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "page"
        taken = {page.url for page in self.find(model.WikiPage, course_id=course_id)}
        if stem not in taken:
            return stem
        return next(f"{stem}-{n}" for n in range(2, len(taken) + 3) if f"{stem}-{n}" not in taken)

    def reset(self) -> None:
        """Forget everything but the clock and the journal."""
        with self.lock:
            self.background.clear()
            self._tables.clear()
            self._submission_index.clear()
            self._grant_of_token.clear()
            self.extras.clear()
