"""Column types that behave the same on SQLite and on PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from lti_app.store import secrets


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, in and out as UTC (SQLite drops zones). A naive one is refused with ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EncryptedText(TypeDecorator[str]):
    """Text that lies encrypted in the database. It cannot be searched: keep a hash beside it for that."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else secrets.encrypt(dialect, value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else secrets.decrypt(dialect, value)


class JsonDict(TypeDecorator[dict[str, Any]]):
    """A JSON object. Changes inside it are not seen: assign a new dict. Anything but a dict is refused."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, _dialect: Dialect) -> dict[str, Any] | None:
        if value is not None and not isinstance(value, dict):
            raise TypeError(f"a JSON object was expected, not {type(value).__name__}")
        return value


class JsonList(TypeDecorator[list[Any]]):
    """A JSON array. Changes inside it are not seen: assign a new list. Anything but a list is refused."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: list[Any] | None, _dialect: Dialect) -> list[Any] | None:
        if value is not None and not isinstance(value, list):
            raise TypeError(f"a JSON array was expected, not {type(value).__name__}")
        return value
