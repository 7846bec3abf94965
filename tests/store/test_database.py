"""The two databases behave the same: moments, secrets, JSON, foreign keys, and many processes at once."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, StatementError

from lti_app.places import folder
from lti_app.store.clock import database_now
from lti_app.store.db import Database
from lti_app.store.models.districts import District
from lti_app.store.models.jobs import Job
from lti_app.store.models.lti import JwksCache, Registration, ToolKey
from lti_app.store.secrets import CannotDecrypt, cipher_of

NOW = datetime(2026, 11, 22, 8, 15, 30, 123456, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
PROCESSES, ROUNDS = 4, 25


def registration(**fields):
    urls = {"auth_login_url": "a", "token_url": "t", "jwks_url": "j", "created_at": NOW}
    return Registration(issuer="i", client_id="c", **urls, **fields)


COUNT_UP = """
import json, sys
from lti_app.settings import Settings
from lti_app.store.db import Database
from lti_app.store.models.lti import Registration

database = Database(Settings(**json.loads(sys.argv[1])))
for _ in range(int(sys.argv[2])):
    with database.session(None) as session:
        row = session.get(Registration, 1, with_for_update=True)
        row.client_id = str(int(row.client_id) + 1)
"""


def test_four_processes_that_read_then_write_lose_nothing_and_meet_no_lock(database, settings):
    with database.session(None) as session:
        row = registration()
        row.client_id = "0"
        session.add(row)
    fields = settings.model_dump(mode="json", include={"public_url", "loopback_demo", "database_url"})
    command = [sys.executable, "-c", COUNT_UP, json.dumps(fields), str(ROUNDS)]
    processes = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(PROCESSES)]
    errors = [process.communicate()[1].decode() for process in processes]
    assert errors == [""] * PROCESSES
    with database.session(None, write=False) as session:
        assert session.get_one(Registration, 1).client_id == str(PROCESSES * ROUNDS)


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-7))])
def test_a_moment_comes_back_as_the_same_moment_in_utc(database, zone):
    with database.session(None) as session:
        session.add(District(name="Elm", created_at=NOW.astimezone(zone)))
    with database.session(None, write=False) as session:
        found = session.scalars(select(District.created_at).where(District.created_at == NOW)).one()
    assert found == NOW
    assert found.tzinfo == UTC


def test_a_moment_without_a_zone_is_refused(sqlite_database):
    with pytest.raises(StatementError, match="has no time zone"), sqlite_database.session(None) as session:
        session.add(District(name="Elm", created_at=NOW.replace(tzinfo=None)))


def test_the_databases_clock_is_aware_and_near_ours(database):
    with database.session(None, write=False) as session:
        now = session.scalars(select(database_now())).one()
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_secret_lies_encrypted_and_reads_plain(database):
    with database.session(None) as session:
        session.add(ToolKey(kid="k", private_pem="PEM", created_at=NOW))
    with database.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT private_pem FROM tool_keys").scalar_one()
    assert "PEM" not in stored
    with database.session(None, write=False) as session:
        assert session.scalars(select(ToolKey.private_pem)).one() == "PEM"


def with_keys(settings, *keys):
    return Database(
        type(settings)(**settings.model_dump(exclude={"secret_keys"}), secret_keys=",".join(keys))
    )


def test_a_new_key_in_front_reads_what_the_old_one_wrote_and_without_the_old_one_says_so(sqlite_settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    with with_keys(sqlite_settings, old).session(None) as session:
        session.add(ToolKey(kid="k", private_pem="PEM", created_at=NOW))
    with with_keys(sqlite_settings, new, old).session(None, write=False) as session:
        assert session.scalars(select(ToolKey.private_pem)).one() == "PEM"
    with (
        pytest.raises(CannotDecrypt, match="put the old key back"),
        with_keys(sqlite_settings, new).session(None, write=False) as session,
    ):
        session.scalars(select(ToolKey.private_pem)).one()


@pytest.mark.parametrize("keys", [[], ["short"], [Fernet.generate_key().decode(), ""]])
def test_a_cipher_needs_good_keys(keys):
    with pytest.raises(ValueError):
        cipher_of(keys)


@pytest.mark.parametrize("wrong", [["a"], "a", 1])
def test_a_json_object_is_nothing_else(sqlite_database, wrong):
    with pytest.raises(StatementError, match="a JSON object"), sqlite_database.session(None) as session:
        session.add(JwksCache(registration_id=1, keys=wrong))


def test_a_key_to_a_row_that_is_not_there_is_refused(database):
    with pytest.raises(IntegrityError), database.session(None) as session:
        session.add(JwksCache(registration_id=99))


def test_rows_can_be_read_after_their_transaction(sqlite_database):
    with sqlite_database.session(None) as session:
        district = District(name="Elm", created_at=NOW)
        session.add(district)
    assert (district.id, district.name) == (1, "Elm")


def test_every_constraint_has_a_name():
    unnamed = [
        (table.name, constraint)
        for table in Job.metadata.tables.values()
        for constraint in table.constraints
        if not constraint.name
    ]
    assert unnamed == []


def test_the_folders_of_the_checkout_are_found_and_another_is_named():
    assert (folder("config") / "env.example").is_file()
    with pytest.raises(FileNotFoundError, match="no folder 'nowhere'"):
        folder("nowhere")
