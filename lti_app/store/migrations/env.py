"""Alembic's environment: our tables only, on the engine that `lti_app/store/migrate.py` (or the command
line) gives.
"""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection
from sqlalchemy.types import TypeDecorator

from lti_app import settings
from lti_app.store import models  # noqa: F401  (importing it fills the metadata)
from lti_app.store.db import Database
from lti_app.store.models.base import Base


def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Keeps the job engine's tables out: on SQLite they lie beside ours in the file, without a prefix."""
    return kind != "table" or name in Base.metadata.tables


def render_plainly(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Writes the plain type in place of ours: a migration must mean the same when our types have changed."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    plain = item.impl_instance
    assert autogen.imports is not None
    return f"sa.{plain!r}"


def run(connection: Connection) -> None:
    """Runs what was asked for on one connection, in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=is_ours,
        render_item=render_plainly,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with Database(settings.load()).engine.begin() as begun:
        run(begun)
