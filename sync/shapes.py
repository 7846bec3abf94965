"""Checks an answer against the shape we rely on. BadReply names the field that was wrong, never its value."""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, ValidationError

from sync.errors import BadReply
from sync.replies import Reply, done_by


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


def _not_empty(value: str) -> str:
    if not value:
        raise ValueError("empty id")
    return value


LmsId = Annotated[str, BeforeValidator(_as_text), AfterValidator(_not_empty)]
"""An id: whole number or text in, text out."""

UtcTime = Annotated[AwareDatetime, AfterValidator(_as_utc)]


class Shape(BaseModel):
    """The fields of one kind of answer that we read; others are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


S = TypeVar("S", bound=Shape)


def shaped(shape: type[S], data: object, reply: Reply) -> S:
    """`data`, a part of `reply`, in its shape."""
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        where = ".".join(str(step) for step in error.errors(include_input=False, include_url=False)[0]["loc"])
        raise _bad(f"{shape.__name__}.{where}".rstrip("."), reply) from None


def one(shape: type[S], reply: Reply) -> S:
    """The whole answer as one record."""
    return shaped(shape, reply.json(), reply)


def rows(shape: type[S], reply: Reply, *, under: str | None = None) -> list[S]:
    """The answer as a list of records, or the list it holds `under` a field."""
    data = reply.json()
    if under is not None:
        data = data.get(under) if isinstance(data, dict) else None
    if not isinstance(data, list):
        raise _bad(under or "list", reply)
    return [shaped(shape, row, reply) for row in data]


def _bad(field: str, reply: Reply) -> BadReply:
    return BadReply(
        f"The answer of the LMS is not as documented ({field}).",
        field=field,
        status=reply.status,
        done=done_by(reply.method),
    )
