"""How numbers, dates and teachers' texts are shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from html import escape
from html.parser import HTMLParser
from typing import Any

from markupsafe import Markup

TEXT_TAGS = frozenset(
    {"p", "br", "hr", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "b", "i", "u", "sub", "sup", "a"}
)
BLOCK_TAGS = frozenset({"code", "pre", "blockquote", "span", "div"})
TABLE_TAGS = frozenset({"table", "thead", "tbody", "tr", "th", "td"})
SAFE_TAGS = TEXT_TAGS | BLOCK_TAGS | TABLE_TAGS
EMPTY_TAGS = frozenset({"br", "hr"})
SILENT_TAGS = frozenset({"script", "style", "iframe", "object", "template"})
SAFE_ADDRESSES = ("http://", "https://", "mailto:", "/", "#")


def points(value: float | None) -> str:
    """A score without needless zeros: 4, 3.5; "–" for none."""
    return "–" if value is None else f"{round(value, 2):g}"


def points_words(value: float) -> str:
    """A number of points with its noun: 1 point, 3.5 points."""
    return f"{points(value)} point" if value == 1 else f"{points(value)} points"


def when(moment: datetime | None) -> str:
    """A date and time a person reads; "" for none."""
    return "" if moment is None else f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M} UTC"


def day_words(moment: datetime) -> str:
    """A day a person reads: Monday 7 September 2026."""
    return f"{moment:%A} {moment.day} {moment:%B %Y}"


def rich_text(html: str | None) -> Markup:
    """A teacher's or tool's HTML with nothing left in it but plain markup and links."""
    cleaner = _Cleaner()
    cleaner.feed(html or "")
    cleaner.close()
    return Markup("".join(cleaner.kept))  # noqa: S704 - every part of it is escaped or on the list above


class _Cleaner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.kept: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT_TAGS:
            self._silent += 1
        elif tag in SAFE_TAGS and not self._silent:
            self.kept.append(f"<{tag}{_link(tag, dict(attrs))}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT_TAGS:
            self._silent = max(0, self._silent - 1)
        elif tag in SAFE_TAGS - EMPTY_TAGS and not self._silent:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.kept.append(escape(data))


def _link(tag: str, attributes: dict[str, str | None]) -> str:
    address = (attributes.get("href") or "").strip()
    if tag != "a" or not address.lower().startswith(SAFE_ADDRESSES):
        return ""
    return f' href="{escape(address)}" rel="noopener"'


FILTERS: dict[str, Callable[..., Any]] = {
    "points": points,
    "points_words": points_words,
    "when": when,
    "day_words": day_words,
    "rich_text": rich_text,
}
