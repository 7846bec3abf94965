"""The database's own clock: the one clock that workers on several machines share."""

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from lti_app.store.types import UtcDateTime


class database_now(GenericFunction[Any]):  # named like the SQL functions beside it (func.now, func.count)
    """The moment as the database sees it, as UtcDateTime, in milliseconds on SQLite; moves within a
    transaction.
    """

    type = UtcDateTime()
    inherit_cache = True


@compiles(database_now, "postgresql")
def _on_postgresql(_element: database_now, _compiler: SQLCompiler, **_options: Any) -> str:
    return "clock_timestamp()"


@compiles(database_now, "sqlite")
def _on_sqlite(_element: database_now, _compiler: SQLCompiler, **_options: Any) -> str:
    # Padded to microseconds: SQLAlchemy stores and reads six digits there.
    return "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')"
