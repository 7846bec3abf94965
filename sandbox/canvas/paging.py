"""Pages by Link header. Source: canvas.md section 2.2."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from flask import request

from sandbox.canvas.errors import not_found

DEFAULT_PER_PAGE = 10
MOST_PER_PAGE = 100
LONGEST_HEADER = 6144
_KEEP_ORDER = ("next", "last", "prev", "current", "first")
_SHOWN_ORDER = ("current", "next", "prev", "first", "last")


class HasId(Protocol):
    id: int


T = TypeVar("T")
N = TypeVar("N", bound=HasId)
Place = tuple[str, int]
"""Where a row stands: its name, then its id."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """An answer that holds its page inside a larger body."""

    body: dict[str, Any]
    link: str


@dataclass(slots=True)
class Page:
    """One page of rows and the links around it."""

    rows: list[Any]
    links: dict[str, str] = field(default_factory=dict)
    count: int | None = None
    per_page: int = DEFAULT_PER_PAGE
    number: int = 1

    def shown(self, show: Callable[[Any], Any]) -> Page:
        """The same page with each row turned into its JSON."""
        self.rows = [show(row) for row in self.rows]
        return self

    def wrapped(self, body: dict[str, Any]) -> Wrapped:
        """A JSON:API-like answer: the body as it is, with this page's Link header."""
        return Wrapped(body, self.header())

    def header(self) -> str:
        """The Link header; over 6 KB the less needed links go."""
        kept: dict[str, str] = {}
        size = 0
        for rel in _KEEP_ORDER:
            if rel in self.links:
                text = f'<{self.links[rel]}>; rel="{rel}"'
                if size + len(text) + 1 <= LONGEST_HEADER:
                    kept[rel] = text
                    size += len(text) + 1
        return ",".join(kept[rel] for rel in _SHOWN_ORDER if rel in kept)

    def meta(self) -> dict[str, Any]:
        """The `meta` part of JSON:API-like answers."""
        pages = -(-(self.count or 0) // self.per_page)
        inner = {
            "per_page": self.per_page,
            "page": self.number,
            "template": _url(page="{page}", per_page=self.per_page).replace("%7Bpage%7D", "{page}"),
            "current": self.links["current"],
            "count": self.count,
            "page_count": pages,
        }
        return {"pagination": inner | {"next": self.links["next"]} if "next" in self.links else inner}


def paged(rows: Sequence[Any]) -> Page:
    """The asked-for page by number; past the end it is empty. Raises 404 for a page that is no number."""
    per_page, token = _per_page(), request.args.get("page", "1")
    if not token.isdigit() or int(token) < 1:
        raise not_found()
    number, last = int(token), max(1, -(-len(rows) // per_page))
    links = {"current": number, "first": 1, "last": last}
    if number < last:
        links["next"] = number + 1
    if number > 1:
        links["prev"] = number - 1
    urls = {rel: _url(page=str(n), per_page=per_page) for rel, n in links.items()}
    begin = (number - 1) * per_page
    return Page(list(rows[begin : begin + per_page]), urls, len(rows), per_page, number)


def bookmarked(rows: Iterable[N], *, name: Callable[[N], str] | None = None) -> Page:
    """The asked-for page by bookmark, in order of `name` and id, or of id alone: no `last`, no `prev`.

    A bookmark says which row was the last, so that none is lost or doubled when rows come and go meanwhile.
    Raises 404 for a bad bookmark.
    """

    def place(row: N) -> Place:
        return (name(row).casefold() if name else "", row.id)

    per_page, token = _per_page(), request.args.get("page", "first")
    after = ("", 0) if token in ("first", "1") else _read_bookmark(token)
    found = sorted((row for row in rows if place(row) > after), key=place)[: per_page + 1]
    links = {"current": _url(page=token, per_page=per_page), "first": _url(page="first", per_page=per_page)}
    if len(found) > per_page:
        found.pop()
        links["next"] = _url(page=_bookmark(place(found[-1])), per_page=per_page)
    return Page(found, links, None, per_page)


def _per_page() -> int:
    try:
        asked = int(request.args.get("per_page", DEFAULT_PER_PAGE))
    except ValueError:
        asked = DEFAULT_PER_PAGE
    return min(MOST_PER_PAGE, max(1, asked))


def _bookmark(place: Place) -> str:
    text = json.dumps(["after", *place], ensure_ascii=False)
    return "bookmark:" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_bookmark(token: str) -> Place:
    kind, _, text = token.partition(":")
    try:
        word, name, number = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, TypeError) as error:
        raise not_found() from error
    if kind != "bookmark" or word != "after" or not isinstance(name, str) or type(number) is not int:
        raise not_found()
    return name, number


def _url(*, page: str, per_page: int) -> str:
    kept = [
        (key, value)
        for key in request.args
        for value in request.args.getlist(key)
        if key not in ("access_token", "page", "per_page")
    ]
    return f"{request.base_url}?{urlencode([*kept, ('page', page), ('per_page', str(per_page))])}"
