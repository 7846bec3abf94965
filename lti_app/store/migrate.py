"""Brings our tables up to date. The job engine's own are `lti_app.jobs.engine.migrate`; `regroup migrate`
does both.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from lti_app.settings import Settings
from lti_app.store.db import Database

FOLDER = Path(__file__).parent / "migrations"


class NotMigrated(RuntimeError):
    """The database's tables are not those of this release."""


def config() -> Config:
    """Alembic's configuration, which needs no file: the migrations lie beside this module."""
    alembic = Config()
    alembic.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    alembic.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return alembic


def upgrade(settings: Settings) -> None:
    """Applies each migration that is missing, all in one transaction."""
    database = Database(settings)
    try:
        with database.engine.begin() as connection:
            alembic = config()
            alembic.attributes["connection"] = connection
            command.upgrade(alembic, "head")
    finally:
        database.dispose()


def check(database: Database) -> None:
    """Raises NotMigrated, with what to do, when the newest migration has not been applied."""
    if not is_current(database):
        raise NotMigrated("the database is not ready for this release: run `regroup migrate`")


def is_current(database: Database) -> bool:
    """Whether the newest migration has been applied (for /readyz and the worker's start)."""
    with database.engine.connect() as connection:
        applied = MigrationContext.configure(connection).get_current_heads()
    return set(applied) == set(ScriptDirectory.from_config(config()).get_heads())
