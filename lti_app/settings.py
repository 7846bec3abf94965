"""Every setting of the tool, read from REGROUP_ variables once, at the start. `config/env.example` lists
each.

A wrong, missing or unknown variable stops the start with one line for each, naming the variable.
"""

import base64
import hashlib
import os
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "REGROUP_"
# Read by the tests and the make targets, not by the tool.
OTHER_VARIABLES = frozenset({"REGROUP_DATA", "REGROUP_CHROMIUM", "REGROUP_TEST_POSTGRES"})
# No secret: the loopback demo holds made-up students only, and a fixed key lets it be stopped and started
# again.
DEMO_KEY = base64.urlsafe_b64encode(hashlib.sha256(b"regroup loopback demo").digest()).decode()


class SettingsError(ValueError):
    """The environment cannot be used; the text has one line for each variable that is wrong."""


def is_loopback_name(host: str) -> bool:
    """Whether a host can only be this machine by its name alone: `*.localhost` (RFC 6761) or 127.0.0.1."""
    return host == "127.0.0.1" or host.endswith(".localhost")


class Settings(BaseSettings):
    """The tool's settings; frozen. Build it with `load()`, or in tests with keyword arguments."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    public_url: str = Field(description="Where people reach the tool, no path: https://regroup.example.org")
    database_url: str = Field(
        default="sqlite:///var/regroup.db",
        description="sqlite:///file, or postgresql://user@host/name. The jobs live in the same database",
    )
    secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        description="Fernet keys, newest first, separated by commas; they encrypt LMS tokens and keys",
    )
    loopback_demo: bool = Field(
        default=False,
        description="Allows plain http, private addresses and *.localhost LMSs; for a tool on loopback only",
    )
    job_lease_seconds: float = Field(
        default=30.0, ge=0.5, le=600, description="A worker silent for so long counts as dead"
    )
    worker_threads: int = Field(default=8, ge=1, le=64, description="Jobs one worker process runs at a time")
    job_poll_seconds: float = Field(
        default=1.0, ge=0.05, le=60, description="How often a worker looks for work"
    )
    metrics_token: SecretStr | None = Field(
        default=None, description="Bearer token for /metrics; without it /metrics answers on loopback only"
    )
    log_json: bool = Field(default=True, description="Logs as JSON lines; off: as plain text for a person")
    proxies: Annotated[dict[str, str], NoDecode] = Field(
        default={}, description="Outgoing proxies: https=http://proxy:3128,http=http://proxy:3128"
    )
    trusted_proxy_count: int = Field(
        default=0, ge=0, le=5, description="How many of our own reverse proxies set X-Forwarded-*"
    )

    clock_offset_file: Path | None = Field(
        default=None, description="Tests on loopback only: a file with the seconds to add to the time"
    )

    @field_validator("public_url")
    @classmethod
    def _public_url_is_an_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
            raise ValueError("give an address such as https://regroup.example.org")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("give the address without a path, query or fragment")
        return f"{parts.scheme}://{parts.netloc.lower()}"

    @field_validator("database_url")
    @classmethod
    def _database_is_one_we_know(cls, value: str) -> str:
        try:
            url = make_url(value)
        except ArgumentError:
            raise ValueError("give sqlite:///file or postgresql://user@host/name") from None
        if url.get_backend_name() == "postgresql":
            return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        if url.get_backend_name() != "sqlite":
            raise ValueError(f"{url.get_backend_name()} is not supported: use sqlite or postgresql")
        if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
            raise ValueError("SQLite needs a file: the pages and the worker are separate processes")
        # Absolute now, so that a later change of directory (a daemon) cannot point to an empty database.
        return f"sqlite:///{Path(url.database).expanduser().absolute()}"

    @field_validator("secret_keys", mode="before")
    @classmethod
    def _keys_by_commas(cls, value: object) -> object:
        return (
            tuple(key.strip() for key in value.split(",") if key.strip()) if isinstance(value, str) else value
        )

    @field_validator("secret_keys")
    @classmethod
    def _keys_are_fernet(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for position, key in enumerate(value, start=1):
            try:
                Fernet(key.get_secret_value())
            except ValueError:
                raise ValueError(f"key {position} is not a Fernet key (32 bytes, url-safe base64)") from None
        return value

    @field_validator("clock_offset_file", mode="before")
    @classmethod
    def _no_file_is_none(cls, value: object) -> object:
        return value or None

    @field_validator("proxies", mode="before")
    @classmethod
    def _proxies_by_commas(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [pair.strip().partition("=") for pair in value.split(",") if pair.strip()]
        if any(scheme not in {"http", "https"} or not url for scheme, _, url in pairs):
            raise ValueError("give https=URL and http=URL, separated by a comma")
        return {scheme: url for scheme, _, url in pairs}

    @model_validator(mode="after")
    def _demo_stays_on_loopback(self) -> Self:
        url = urlsplit(self.public_url)
        if self.loopback_demo and not is_loopback_name(url.hostname or ""):
            raise ValueError(
                f"{PREFIX}LOOPBACK_DEMO=1 needs {PREFIX}PUBLIC_URL on *.localhost or 127.0.0.1,"
                f" not {url.hostname}"
            )
        if self.clock_offset_file is not None and not self.loopback_demo:
            raise ValueError(f"{PREFIX}CLOCK_OFFSET_FILE is for tests: it needs {PREFIX}LOOPBACK_DEMO=1")
        if not self.loopback_demo and url.scheme != "https":
            raise ValueError(
                f"{PREFIX}PUBLIC_URL must begin with https:// (only the loopback demo may use http)"
            )
        if not self.loopback_demo and not self.secret_keys:
            raise ValueError(f"{PREFIX}SECRET_KEYS is missing: make one with `regroup keys new`")
        return self

    @property
    def encryption_keys(self) -> tuple[str, ...]:
        """The Fernet keys, newest first; the demo's own, fixed key when the demo was given none."""
        return tuple(key.get_secret_value() for key in self.secret_keys) or (DEMO_KEY,)

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is the embedded one."""
        return self.database_url.startswith("sqlite:")


def load() -> Settings:
    """The settings in this environment. Raises SettingsError naming every wrong variable at once."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    names = sorted(name for name in os.environ if name.upper().startswith(PREFIX))
    problems = [
        f"{name}: there is no such setting (see config/env.example)" for name in names if name not in known
    ]
    try:
        settings = Settings()  # type: ignore[call-arg]  # filled from the environment
    except ValidationError as error:
        problems += [
            _line(list(detail["loc"]), detail["msg"]) for detail in error.errors(include_input=False)
        ]
        raise SettingsError("\n".join(problems)) from None
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def _line(place: list[int | str], message: str) -> str:
    text = message.removeprefix("Value error, ")
    return f"{PREFIX}{str(place[0]).upper()}: {text}" if place else text
