"""One district at a time, proven on the real tables of jobs."""

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, exists, func, insert, select, text, union_all, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased

from lti_app.store.db import Database
from lti_app.store.models.base import Base, Tenant
from lti_app.store.models.districts import District
from lti_app.store.models.jobs import Job
from lti_app.store.models.lti import Registration
from lti_app.store.tenancy import ReadOnlyError, TenancyError, district_of, enter_district

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
OTHER = aliased(Job)


def job(name, **fields):
    return Job(kind=name, registration_id=1, context_lms_id=name, workflow_id=name, created_at=NOW, **fields)


def row(name, **fields):
    return {
        "kind": name,
        "registration_id": 1,
        "context_lms_id": name,
        "workflow_id": name,
        "created_at": NOW,
        **fields,
    }


@pytest.fixture
def districts(sqlite_database):
    """Two districts with one job each, `elm` and `oak`."""
    return found(sqlite_database)


@pytest.fixture
def postgres_districts(postgres_settings):
    """The same on PostgreSQL."""
    database = Database(postgres_settings)
    yield found(database)
    database.dispose()


def found(database):
    """Founds two districts with one job each."""
    with database.session(None) as session:
        session.add_all([District(id=number, name=f"District {number}", created_at=NOW) for number in (1, 2)])
        session.add(
            Registration(
                id=1,
                issuer="i",
                client_id="c",
                auth_login_url="a",
                token_url="t",
                jwks_url="j",
                created_at=NOW,
            )
        )
    for district_id, name in ((1, "elm"), (2, "oak")):
        with database.session(district_id) as session:
            session.add(job(name))
    return database


def all_jobs(database):
    with database.operator_session(write=False) as session:
        return {found.kind: found.district_id for found in session.scalars(select(Job))}


def test_a_new_row_gets_the_districts_number(districts):
    assert all_jobs(districts) == {"elm": 1, "oak": 2}


READS = {
    "select": lambda s: list(s.scalars(select(Job.kind))),
    "columns": lambda s: [kind for (kind,) in s.execute(select(Job.kind))],
    "count": lambda s: ["elm"] * s.scalar(select(func.count()).select_from(Job)),
    "alias": lambda s: [found.kind for found in s.scalars(select(aliased(Job)))],
    "subquery": lambda s: list(s.scalars(select(select(Job.kind).subquery().c.kind))),
    "cte": lambda s: list(s.scalars(select(select(Job.kind).cte().c.kind))),
    "union": lambda s: sorted(set(s.scalars(union_all(select(Job.kind), select(Job.kind))))),
    "scalar subquery": lambda s: [s.scalar(select(select(func.max(Job.kind)).scalar_subquery()))],
    "exists": lambda s: (
        [] if s.scalar(select(Job.id).where(Job.kind == "oak").exists().select()) else ["elm"]
    ),
    "bare exists": lambda s: (
        [] if s.scalars(select(Registration).where(exists().where(Job.kind == "oak"))).all() else ["elm"]
    ),
    "named in the condition": lambda s: (
        ["elm"] * len(s.execute(select(Registration.id).where(Job.registration_id == Registration.id)).all())
    ),
    "alias named in the condition": lambda s: (
        ["elm"]
        * len(s.execute(select(Registration.id).where(OTHER.registration_id == Registration.id)).all())
    ),
    "join": lambda s: list(
        s.scalars(select(Job.kind).join(Registration, Registration.id == Job.registration_id))
    ),
    "join onto": lambda s: list(
        s.scalars(
            select(Job.kind).select_from(Registration).join(Job, Registration.id == Job.registration_id)
        )
    ),
    "in": lambda s: list(
        s.scalars(select(Job.kind).where(Job.id.in_(select(Job.id).where(Job.kind.in_(["elm", "oak"])))))
    ),
    "legacy query": lambda s: [found.kind for found in s.query(Job).all()],
    "get": lambda s: [found.kind for found in (s.get(Job, number) for number in (1, 2)) if found],
}


@pytest.mark.parametrize("read", READS)
def test_a_read_of_any_shape_sees_its_own_district_only(districts, read):
    with districts.session(1, write=False) as session:
        assert READS[read](session) == ["elm"]


WRITES = {
    "update": lambda s: s.execute(update(Job).values(done=9)),
    "update by kind": lambda s: s.execute(update(Job).where(Job.kind == "oak").values(done=9)),
    "delete": lambda s: s.execute(delete(Job)),
    "legacy update": lambda s: s.query(Job).update({"done": 9}),
    "legacy delete": lambda s: s.query(Job).delete(),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_write_without_a_condition_stays_in_its_district(districts, write):
    with districts.session(1) as session:
        WRITES[write](session)
    with districts.session(2, write=False) as session:
        assert [(found.kind, found.done) for found in session.scalars(select(Job))] == [("oak", 0)]


INSERTS = {
    "rows": lambda s: s.execute(insert(Job), [row("fir"), row("ash")]),
    "own number": lambda s: s.execute(insert(Job), [row("fir", district_id=1), row("ash")]),
    "one row": lambda s: (s.execute(insert(Job), row("fir")), s.execute(insert(Job).values(**row("ash")))),
    "foreign number in values": lambda s: (
        s.execute(insert(Job).values(**row("fir", district_id=2))),
        s.execute(insert(Job).values(district_id=2), [row("ash")]),
    ),
    "add": lambda s: s.add_all([job("fir"), job("ash", district_id=1)]),
}


@pytest.mark.parametrize("how", INSERTS)
def test_an_insert_of_any_shape_lands_in_its_own_district(districts, how):
    with districts.session(1) as session:
        INSERTS[how](session)
    assert all_jobs(districts) == {"elm": 1, "oak": 2, "fir": 1, "ash": 1}


REFUSED = {
    "insert rows of another": lambda s: s.execute(insert(Job), [row("fir", district_id=2)]),
    "insert many in values": lambda s: s.execute(insert(Job).values([row("fir"), row("ash")])),
    "insert from select": lambda s: s.execute(insert(Job).from_select(["kind"], select(Job.kind))),
    "add a row of another": lambda s: s.add(job("fir", district_id=2)),
    "move a row": lambda s: setattr(s.scalars(select(Job)).one(), "district_id", 2),
    "move rows": lambda s: s.execute(update(Job).values(district_id=2)),
    "move rows by expression": lambda s: s.execute(update(Job).values({Job.district_id: Job.id + 1})),
    "move rows by parameter": lambda s: s.execute(update(Job), {"district_id": 2}),
    "bulk update by key": lambda s: s.execute(update(Job), [{"id": 2, "done": 9}]),
    "legacy bulk insert": lambda s: s.bulk_insert_mappings(Job, [row("fir", district_id=2)]),
    "legacy bulk update": lambda s: s.bulk_update_mappings(Job, [{"id": 2, "done": 9}]),
    "legacy bulk save": lambda s: s.bulk_save_objects([job("fir", district_id=2)]),
    "text": lambda s: s.execute(text("SELECT * FROM jobs")),
    "core select": lambda s: s.execute(select(Job.__table__.c.id)),
    "core update": lambda s: s.execute(update(Job.__table__).values(done=9)),
    "core delete": lambda s: s.execute(delete(Job.__table__)),
    "core in a subquery": lambda s: s.execute(select(select(Job.__table__.c.id).subquery())),
    "update from": lambda s: s.execute(
        update(Registration).where(Registration.id == Job.registration_id).values(is_active=False)
    ),
    "update from an alias": lambda s: s.execute(
        update(Registration).where(Registration.id == OTHER.registration_id).values(is_active=False)
    ),
    "update to a column": lambda s: s.execute(update(Registration).values(issuer=Job.kind)),
    "delete using": lambda s: s.execute(delete(Registration).where(Registration.id == Job.registration_id)),
    "enter another": lambda s: enter_district(s, 2),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_could_reach_another_district_is_refused(districts, what):
    with pytest.raises(TenancyError), districts.session(1) as session:
        REFUSED[what](session)
    assert all_jobs(districts) == {"elm": 1, "oak": 2}


CHANGES = {
    "edit": lambda s, carried: (s.add(carried), setattr(carried, "done", 9)),
    "delete": lambda s, carried: (s.add(carried), s.delete(carried)),
    "merge": lambda s, carried: setattr(s.merge(carried, load=False), "done", 9),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_row_carried_over_from_another_district_cannot_be_written(districts, change):
    with districts.session(2, write=False) as session:
        carried = session.scalars(select(Job)).one()
        session.expunge(carried)
    with pytest.raises(TenancyError), districts.session(1) as session:
        CHANGES[change](session, carried)
    with districts.session(2, write=False) as session:
        assert [(found.kind, found.done) for found in session.scalars(select(Job))] == [("oak", 0)]


TOUCHES = {
    "select": lambda s: s.execute(select(Job)),
    "get": lambda s: s.get(Job, 1),
    "subquery": lambda s: s.execute(select(select(Job.id).subquery())),
    "exists": lambda s: s.execute(
        select(Registration).where(exists().where(Job.registration_id == Registration.id))
    ),
    "join": lambda s: s.execute(select(Registration).join(Job, Job.registration_id == Registration.id)),
    "core": lambda s: s.execute(select(Job.__table__)),
    "text": lambda s: s.execute(text("SELECT 1")),
    "insert": lambda s: s.execute(insert(Job), [row("fir", district_id=1)]),
    "update": lambda s: s.execute(update(Job).values(done=9)),
    "delete": lambda s: s.execute(delete(Job)),
    "add": lambda s: s.add(job("fir", district_id=1)),
    "ask": district_of,
}


@pytest.mark.parametrize("what", TOUCHES)
def test_a_session_without_a_district_may_not_touch_a_districts_table(districts, what):
    with pytest.raises(TenancyError), districts.session(None) as session:
        TOUCHES[what](session)
    assert all_jobs(districts) == {"elm": 1, "oak": 2}


def test_a_session_without_a_district_reads_global_tables_and_then_enters_one(districts):
    with districts.session(None) as session:
        assert session.scalars(select(Registration.issuer)).all() == ["i"]
        enter_district(session, 2)
        enter_district(session, 2)
        assert session.scalars(select(Job.kind)).all() == ["oak"]


def test_an_operators_session_sees_all_and_must_name_the_district_it_writes_to(districts):
    with districts.operator_session() as session:
        session.add(job("fir", district_id=2))
    assert all_jobs(districts) == {"elm": 1, "oak": 2, "fir": 2}
    with pytest.raises(TenancyError), districts.operator_session() as session:
        enter_district(session, 1)


@pytest.mark.parametrize(
    "write",
    [
        lambda s: s.add(job("fir")),
        lambda s: setattr(s.scalars(select(Job)).one(), "done", 9),
        lambda s: s.execute(update(Job).values(done=9)),
        lambda s: s.execute(insert(Job), [row("fir")]),
        lambda s: s.execute(delete(Job)),
    ],
)
def test_a_session_opened_for_reading_does_not_write(districts, write):
    with pytest.raises(ReadOnlyError), districts.session(1, write=False) as session:
        write(session)


def test_an_error_in_the_block_rolls_all_of_it_back(districts):
    def half_a_job(session):
        session.add(job("fir"))
        session.flush()
        raise LookupError("the second half is missing")

    with pytest.raises(LookupError), districts.session(1) as session:
        half_a_job(session)
    assert "fir" not in all_jobs(districts)


@pytest.mark.postgres
def test_the_guard_holds_on_postgresql_too(postgres_districts):
    districts = postgres_districts
    for read in READS.values():
        with districts.session(1, write=False) as session:
            assert read(session) == ["elm"]
    for refused in REFUSED.values():
        with pytest.raises(TenancyError), districts.session(1) as session:
            refused(session)
    for write in (*WRITES.values(), INSERTS["rows"]):
        with districts.session(1) as session:
            write(session)
    assert all_jobs(districts) == {"oak": 2, "fir": 1, "ash": 1}
    with pytest.raises(DBAPIError, match="read-only"), districts.operator_session(write=False) as session:
        session.connection().execute(update(Job).values(done=9))


def test_every_table_with_a_district_is_a_tenants_table_or_names_why_not():
    # A deployment belongs to a district only once an operator has said so, and tells us whose a launch is.
    outside = {"deployments"}
    tenants = {
        mapper.local_table.name for mapper in Base.registry.mappers if issubclass(mapper.class_, Tenant)
    }
    with_column = {name for name, table in Base.metadata.tables.items() if "district_id" in table.c}
    assert with_column - outside == tenants


def test_no_code_outside_migrations_writes_sql_that_passes_by_the_guard():
    """text() in a statement, Core tables and raw connections, found in the source."""
    forbidden = {"text", "exec_driver_sql", "__table__"}
    # An index's condition; BEGIN; both are no statements on rows.
    allowed = {("models/jobs.py", "text"), ("db.py", "exec_driver_sql")}
    found = set()
    for path in (ROOT / "lti_app").rglob("*.py"):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
                names = {alias.name for alias in node.names}
            elif isinstance(node, ast.Attribute):
                names = {node.attr} & {"__table__", "exec_driver_sql"}
            else:
                continue
            found |= {(str(path.relative_to(ROOT / "lti_app")), name) for name in names & forbidden}
    found = {(place.removeprefix("store/"), name) for place, name in found}
    assert found <= allowed
