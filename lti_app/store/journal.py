"""The house's side of `sync.ports`: one run's journal and a context's links, in our tables.

Every write is conditional on the job's holder: a worker that was taken over writes nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_app.store.models import journal as model
from sync.links import links_at_begin, links_at_finish
from sync.ports import ChangeState
from sync.records import Json, Link
from sync.wanted import Action, Change

Guard = Callable[[Session], None]


class Opened(Protocol):
    """Opens one transaction of the run's district."""

    def __call__(self, *, write: bool = True) -> AbstractContextManager[Session]: ...


class StoreLinks:
    """What we made in one context (`sync.ports.Links`), read at the moment of asking."""

    def __init__(self, opened: Opened, context_id: int) -> None:
        self._opened, self._context_id = opened, context_id

    def get(self, key: str) -> Link | None:
        """The link of that key; None when we made nothing under it."""
        with self._opened(write=False) as session:
            row = _row(session, self._context_id, key)
            return None if row is None else link_of(row)

    def all(self) -> Mapping[str, Link]:
        """Every link of the context by key."""
        with self._opened(write=False) as session:
            return links_of(session, self._context_id)


class StoreJournal:
    """One run's journal (`sync.ports.Journal`). `guard` raises LostHold when the job has another holder."""

    def __init__(
        self, opened: Opened, guard: Guard, *, run_id: int, context_id: int, clock: Callable[[], datetime]
    ) -> None:
        self._opened, self._guard, self._clock = opened, guard, clock
        self._run_id, self._context_id = run_id, context_id

    def state(self, change_id: str) -> ChangeState:
        """How far that change of this run has come."""
        with self._opened(write=False) as session:
            found = session.scalars(
                select(model.PlannedChange.state).where(
                    model.PlannedChange.run_id == self._run_id, model.PlannedChange.change_id == change_id
                )
            ).one()
            return ChangeState(found)

    def begin(self, change: Change) -> None:
        """Notes that the call is about to be made; saved before it returns."""
        with self._opened() as session:
            self._guard(session)
            now = self._clock()
            self._set(session, change, state=ChangeState.BEGUN.value, begun_at=now)
            row = _row(session, self._context_id, change.key)
            self._keep(session, row, links_at_begin(change, _known(row)), now)

    def finish(self, change: Change, lms_id: str) -> None:
        """Notes that the call was made, with what it made, and keeps what its link knows from now on."""
        with self._opened() as session:
            self._guard(session)
            now = self._clock()
            self._set(session, change, state=ChangeState.FINISHED.value, lms_id=lms_id, ended_at=now)
            row = _row(session, self._context_id, change.key)
            self._keep(session, row, links_at_finish(change, lms_id, _known(row)), now)

    def _keep(
        self, session: Session, own: model.Link | None, after: Mapping[str, Link | None], now: datetime
    ) -> None:
        """Writes the links as they are `after` the change; `own` is the row of the change's own link."""
        for key, link in after.items():
            row = own if own is not None and own.key == key else _row(session, self._context_id, key)
            if link is None:
                if row is not None:
                    session.delete(row)
                continue
            if row is None:
                row = model.Link(context_id=self._context_id, key=key, made_at=now)
                session.add(row)
            row.lms_id, row.wrote = link.lms_id, dict(link.wrote)

    def _set(self, session: Session, change: Change, **values: object) -> None:
        session.execute(
            update(model.PlannedChange)
            .where(model.PlannedChange.run_id == self._run_id, model.PlannedChange.change_id == change.id)
            .values(**values)
        )


def link_of(row: model.Link) -> Link:
    """The row as `sync` knows it."""
    return Link(row.key, row.lms_id, cast(Mapping[str, Json], row.wrote))


def links_of(session: Session, context_id: int) -> dict[str, Link]:
    """Every link of the context by key."""
    rows = session.scalars(select(model.Link).where(model.Link.context_id == context_id))
    return {row.key: link_of(row) for row in rows}


def save_changes(session: Session, run: model.Run, changes: Iterable[Change]) -> None:
    """Keeps a plan's steps in their order under the run."""
    session.add_all(
        model.PlannedChange(
            run_id=run.id, position=position, change_id=change.id, action=change.action.value, key=change.key,
            label=change.label, arguments=dict(change.arguments), depends_on=list(change.depends_on),
            wrote=dict(change.wrote), calls=change.calls,
        )
        for position, change in enumerate(changes, start=1)
    )  # fmt: skip


def change_of(row: model.PlannedChange) -> Change:
    """The step as `sync` knows it."""
    return Change(
        id=row.change_id, action=Action(row.action), key=row.key, label=row.label, arguments=row.arguments,
        calls=row.calls, depends_on=tuple(row.depends_on), wrote=row.wrote,
    )  # fmt: skip


def _known(row: model.Link | None) -> dict[str, Link]:
    """The one link a change is about: a class of 500 has a thousand others, and each change asks twice."""
    return {} if row is None else {row.key: link_of(row)}


def _row(session: Session, context_id: int, key: str) -> model.Link | None:
    return session.scalars(
        select(model.Link).where(model.Link.context_id == context_id, model.Link.key == key)
    ).one_or_none()
