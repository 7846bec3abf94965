"""One district at a time: no ORM statement of a district's session reads or writes another district's rows.

The district stands in `session.info`. A session without one may use the global tables only (a launch,
before its deployment is known); an operator's session (the command line, the workers' sweep) sees every
district and must say which it writes to. What the hooks cannot see is refused (legacy bulk calls) or
forbidden by a test (Core and `text()` on these tables).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from sqlalchemy import (
    Alias,
    ColumnClause,
    Delete,
    Executable,
    Insert,
    SelectBase,
    Table,
    TextClause,
    Update,
    event,
    false,
)
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria
from sqlalchemy.orm.attributes import get_history
from sqlalchemy.sql import visitors
from sqlalchemy.sql.visitors import ExternallyTraversible

from lti_app.store.models.base import Base, Tenant

DISTRICT = "district_id"
OPERATOR = "operator"
READ_ONLY = "read_only"


class TenancyError(RuntimeError):
    """A statement would have touched rows of another district, or of any district in a session that has
    none.
    """


class ReadOnlyError(RuntimeError):
    """A write in a session opened with write=False."""


class GuardedSession(Session):
    """A session under the hooks below; made by Database only."""

    def _refuse_bulk(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TenancyError(
            "the legacy bulk calls pass by the tenancy hook: use add_all or execute(insert(Model), rows)"
        )

    bulk_save_objects = _refuse_bulk
    bulk_insert_mappings = _refuse_bulk
    bulk_update_mappings = _refuse_bulk


def district_of(session: Session) -> int:
    """The district a session was opened for. Raises TenancyError when it was opened for none."""
    district_id: int | None = session.info.get(DISTRICT)
    if district_id is None:
        raise TenancyError("this session was opened without a district")
    return district_id


def enter_district(session: Session, district_id: int) -> None:
    """Narrows a session without a district to one, once: a launch has just learnt whose it is."""
    if session.info.get(OPERATOR) or session.info.get(DISTRICT) not in {None, district_id}:
        raise TenancyError("a session cannot change its district")
    session.info[DISTRICT] = district_id


@event.listens_for(GuardedSession, "do_orm_execute")
def _guard_statement(state: ORMExecuteState) -> Any:
    session = state.session
    if session.info.get(READ_ONLY) and not state.is_select:
        raise ReadOnlyError("this session was opened for reading")
    if session.info.get(OPERATOR):
        return None
    if not state.is_orm_statement:
        return _refuse_unseen(state)
    if state.is_insert and _is_tenant(state):
        return _insert_for(state, district_of(session))
    if state.is_update and _is_tenant(state):
        _refuse_moving_update(state)
    if state.is_update or state.is_delete:
        _refuse_second_table(state)
    district_id: int | None = session.info.get(DISTRICT)
    if district_id is None:
        _refuse_tenant_tables(state)
    else:
        state.statement = state.statement.options(
            with_loader_criteria(Tenant, lambda cls: cls.district_id == district_id, include_aliases=True)
        )
    return None


@event.listens_for(GuardedSession, "before_flush")
def _guard_flush(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    changed = [row for row in session.dirty if session.is_modified(row)] + list(session.deleted)
    if session.info.get(READ_ONLY) and (session.new or changed):
        raise ReadOnlyError("this session was opened for reading")
    if session.info.get(OPERATOR):
        return
    for row in session.new:
        if isinstance(row, Tenant):
            _fill_or_refuse(row, district_of(session))
    for row in changed:
        if isinstance(row, Tenant):
            _refuse_foreign(row, district_of(session))


def _fill_or_refuse(row: Tenant, district_id: int) -> None:
    # Unset until the flush, though the annotation says otherwise.
    given: int | None = row.district_id
    if given is None:
        row.district_id = district_id
    elif given != district_id:
        raise TenancyError(
            f"a new {type(row).__name__} of district {given} in a session of district {district_id}"
        )


def _refuse_foreign(row: Tenant, district_id: int) -> None:
    known = {value for values in get_history(row, DISTRICT) for value in values or ()}
    if known != {district_id}:
        raise TenancyError(
            f"a {type(row).__name__} of another district in a session of district {district_id}"
        )


def _is_tenant(state: ORMExecuteState) -> bool:
    return any(issubclass(mapper.class_, Tenant) for mapper in state.all_mappers)


def _insert_for(state: ORMExecuteState, district_id: int) -> Any:
    statement = state.statement
    assert isinstance(statement, Insert)
    for row in _rows(state.parameters):
        if row.get(DISTRICT, district_id) != district_id:
            raise TenancyError(
                f"a row of district {row[DISTRICT]} inserted in a session of district {district_id}"
            )
    # Only these two shapes cannot be filled in. No public way to see the first; a test pins the name.
    if statement._multi_values or statement.select is not None:
        raise TenancyError("give the rows to insert as the parameters of execute(insert(Model), rows)")
    return state.invoke_statement(statement=statement.values({DISTRICT: district_id}))


def _rows(parameters: Any) -> Sequence[Mapping[str, Any]]:
    if not parameters:
        return ()
    return [parameters] if isinstance(parameters, Mapping) else parameters


def _refuse_moving_update(state: ORMExecuteState) -> None:
    statement = state.statement
    assert isinstance(statement, Update)
    if not isinstance(state.parameters, Mapping | None):
        # SQLAlchemy adds no criteria to these (documented), so a foreign id would be updated.
        raise TenancyError(
            "bulk update by primary key passes by the tenancy hook: change the loaded rows instead"
        )
    # No public way to read what an UPDATE sets; a test pins this name.
    named = {getattr(column, "key", column) for column in statement._values or ()} | set(
        state.parameters or ()
    )
    if DISTRICT in named:
        raise TenancyError("a row cannot be moved to another district")


def _refuse_second_table(state: ORMExecuteState) -> None:
    """UPDATE ... FROM and DELETE ... USING: the second table gets no criterion."""
    statement = state.statement
    assert isinstance(statement, Update | Delete)
    named: set[str] = set()
    left = [_tree(statement)]
    while left:
        part = left.pop()
        if isinstance(part, ColumnClause) and part.table is not None:
            named.add(_table_of(part.table))
        left += [child for child in part.get_children() if not isinstance(child, SelectBase)]
    if named & _tenant_tables() - {_table_of(statement.table)}:
        raise TenancyError("a second table of a district in an UPDATE or DELETE: put it into a subquery")


def _table_of(source: Any) -> str:
    return str(source.element if isinstance(source, Alias) else source)


def _tenant_tables() -> frozenset[str]:
    return frozenset(
        str(mapper.local_table) for mapper in Base.registry.mappers if issubclass(mapper.class_, Tenant)
    )


def _tree(statement: Executable) -> ExternallyTraversible:
    assert isinstance(statement, ExternallyTraversible)
    return statement


def _tables_in(statement: Executable) -> set[str]:
    return {part.name for part in visitors.iterate(_tree(statement)) if isinstance(part, Table)}


def _refuse_unseen(state: ORMExecuteState) -> None:
    """Core and text() get no criterion, so here they may only be about global tables."""
    if any(isinstance(part, TextClause) for part in visitors.iterate(_tree(state.statement))):
        raise TenancyError("text() has no place in a district's session: write it as an ORM statement")
    tables = _tables_in(state.statement) & _tenant_tables()
    if tables:
        raise TenancyError(f"a Core statement on {', '.join(sorted(tables))}: write it as an ORM statement")


def _refuse_tenant_tables(state: ORMExecuteState) -> None:
    if _is_tenant(state) or _tables_in(state.statement) & _tenant_tables():
        raise TenancyError(
            "this session was opened without a district, and the statement reads a district's table"
        )
    if state.is_select:
        # An eager load from a global row is not in the statement's text: it finds nothing.
        state.statement = state.statement.options(
            with_loader_criteria(Tenant, lambda _cls: false(), include_aliases=True)
        )
