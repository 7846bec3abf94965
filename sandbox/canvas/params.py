"""What the caller sent: query, form with bracketed names, or JSON, as one nested dict."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from flask import g, request

from sandbox.canvas.errors import ApiError, bad_request, invalid

_BRACKETS = re.compile(r"\[([^\]]*)\]")
TRUE_WORDS = (True, "true", "1", 1, "t", "yes", "on")


def params() -> dict[str, Any]:
    """Query and body of this request, nested; the body wins. Raises ApiError 400 for broken JSON."""
    if "sandbox_params" not in g:
        nested = nest(_in_order(request.query_string))
        if request.mimetype == "application/json" and request.get_data():
            body = request.get_json(silent=True)
            if body is None:
                raise ApiError(400, {"errors": [{"message": "Invalid JSON in the request body"}]})
            nested.update(body if isinstance(body, dict) else {"_json": body})
        else:
            nested.update(nest(_form_in_order()))
        g.sandbox_params = nested
    return dict(g.sandbox_params)


def _in_order(text: bytes) -> list[tuple[str, str]]:
    # Not from request.args: it groups equal names, and which hash of a list a pair belongs to hangs on order.
    return parse_qsl(text.decode("utf-8", "replace"), keep_blank_values=True)


def _form_in_order() -> list[tuple[str, str]]:
    if request.mimetype == "application/x-www-form-urlencoded":
        return _in_order(request.get_data(cache=True, parse_form_data=False))
    return [(k, v) for k in request.form for v in request.form.getlist(k)]


def nest(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """`a[b][]=1&a[b][]=2` as {"a": {"b": ["1", "2"]}}, the way Rack reads it."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        stem, _, rest = name.partition("[")
        _put(root, [stem, *_BRACKETS.findall("[" + rest if rest else "")], value)
    return root


def _put(place: dict[str, Any], path: list[str], value: Any) -> None:
    key, rest = path[0], path[1:]
    if not rest:
        place[key] = value
    elif rest[0] == "":
        entries = place.setdefault(key, [])
        if not isinstance(entries, list):
            return
        if len(rest) == 1:
            entries.append(value)
        else:
            if not entries or not isinstance(entries[-1], dict) or _has(entries[-1], rest[1:]):
                entries.append({})
            _put(entries[-1], rest[1:], value)
    else:
        inner = place.setdefault(key, {})
        if isinstance(inner, dict):
            _put(inner, rest, value)


def _has(entry: Any, path: list[str]) -> bool:
    # A pair begins a new hash of a list only when the last one has its whole name; a name with [] never does.
    if "" in path:
        return False
    for part in path:
        if not isinstance(entry, dict) or part not in entry:
            return False
        entry = entry[part]
    return True


def group(name: str) -> dict[str, Any]:
    """The named hash of the request, e.g. "course_section"; empty when it was not sent."""
    value = params().get(name)
    return dict(value) if isinstance(value, dict) else {}


def many(name: str) -> list[str]:
    """A list parameter such as `include[]`, also when it came as one value; texts."""
    return [str(value) for value in as_list(params().get(name))]


def as_list(value: Any) -> list[Any]:
    """A list as it came, an indexed hash ("0", "1", ...) in order, one value as a list, None as empty."""
    if isinstance(value, dict) and all(str(key).isdigit() for key in value):
        return [value[key] for key in sorted(value, key=int)]
    if isinstance(value, list):
        return value
    return [] if value is None or value == "" else [value]


def includes() -> set[str]:
    """The `include[]` of the request; cut to `uuid` for tokens of a key that does not allow them."""
    if g.get("sandbox_strip_includes"):
        lists = [value for name in ("include", "includes") if isinstance(value := params().get(name), list)]
        return {"uuid"} & {str(word) for words in lists for word in words}
    return set(many("include")) | set(many("includes"))


def as_bool(value: Any) -> bool:
    return (value.lower() if isinstance(value, str) else value) in TRUE_WORDS


def as_int(value: Any, field: str) -> int:
    """A whole number. Raises ApiError 400."""
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise bad_request(f"invalid value for {field}") from error


def as_ids(value: Any) -> list[int]:
    """The numbers in a list of ids; what is no number is left out, as Canvas does."""
    return [int(v) for v in as_list(value) if str(v).isdigit()]


def as_points(value: Any) -> float:
    """Points possible; blank is 0. Raises ApiError 400 for what is no number or below zero."""
    if value in (None, ""):
        return 0.0
    try:
        points = float(value)
    except (TypeError, ValueError) as error:
        raise invalid("points_possible", "is not a number", type_="not_a_number") from error
    if not 0 <= points < 1e9:
        raise invalid("points_possible", "must be between 0 and 999999999")
    return points


def as_time(value: Any, field: str) -> datetime | None:
    """A time with its zone (UTC when it has none); blank is None. Raises ApiError 400."""
    if value in (None, ""):
        return None
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise invalid(field, f"Invalid datetime for {field}", type_="invalid_date") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def stamp(at: datetime | None) -> str | None:
    """A time as Canvas writes it: 2026-09-01T08:00:00Z."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
