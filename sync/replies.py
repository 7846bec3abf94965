"""One answer of an LMS, and what it means. Pure: no network here.

Canvas has two generations of refusals (canvas.md, table at the top): throttling as 429 or as 403 text, and
"not permitted" as 403 or as 401 without a WWW-Authenticate header. Its texts are translated, so status and
headers decide; a body is read only for the one English sentence the throttle sends.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from requests.structures import CaseInsensitiveDict
from requests.utils import parse_header_links

from sync.errors import (
    MAYBE_CHANGED,
    NOTHING_CHANGED,
    BadReply,
    LmsDown,
    LmsError,
    NotFound,
    NotPermitted,
    Refused,
    SignInExpired,
    Throttled,
    TimedOut,
)

LONGEST_WORDS = 500
_THROTTLE_TEXT = b"rate limit exceeded"


@dataclass(frozen=True, slots=True)
class Reply:
    """One whole answer."""

    method: str
    url: str
    status: int
    headers: CaseInsensitiveDict[str]
    body: bytes

    @property
    def is_html(self) -> bool:
        """True for a web page in place of data."""
        kind = self.headers.get("Content-Type", "").lower()
        return "text/html" in kind or self.body[:200].lstrip().lower().startswith(
            (b"<!doctype html", b"<html")
        )

    def json(self) -> Any:
        """The data. LmsDown when a web page came instead, BadReply when it is not JSON."""
        if self.is_html:
            raise LmsDown("The LMS answered with a web page, not with data.", done=done_by(self.method))
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise BadReply(
                "The answer of the LMS is not readable.",
                field="body",
                status=self.status,
                done=done_by(self.method),
            ) from error

    @property
    def next_url(self) -> str | None:
        """The address of the next page exactly as the LMS wrote it, or None on the last page."""
        for link in parse_header_links(self.headers.get("Link", "")):
            if "next" in link.get("rel", "").lower().split():
                return link["url"]
        return None


def done_by(method: str) -> str:
    """What an adult should believe after a request of this method got no clear answer."""
    return NOTHING_CHANGED if method == "GET" else MAYBE_CHANGED


def error_in(reply: Reply) -> LmsError | None:
    """The error an answer stands for, or None for a 2xx."""
    status = reply.status
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return BadReply("The LMS sent us to another address.", field="status", status=status)
    if status == 429 or (status == 403 and _THROTTLE_TEXT in reply.body[:1000].lower()):
        return Throttled(
            "The LMS asks us to slow down.",
            retry_after=_seconds(reply.headers.get("Retry-After")),
            status=status,
        )
    if status == 408:
        return TimedOut("The LMS gave up waiting.", done=done_by(reply.method), status=status)
    if status >= 500:
        return LmsDown(
            f"The LMS has an error of its own ({status}).", done=done_by(reply.method), status=status
        )
    return _refusal(reply)


def _refusal(reply: Reply) -> LmsError:
    status, words = reply.status, words_of(reply)
    if status == 401 and "WWW-Authenticate" in reply.headers:
        return SignInExpired("The permission to act for the teacher has ended.", status=status, words=words)
    if status == 401 and "scope" in words.lower():
        return NotPermitted("The key lacks a scope for this.", right="scope", status=status, words=words)
    if status in (401, 403):
        return NotPermitted("The LMS does not let this account do that.", status=status, words=words)
    if status in (404, 410):
        return NotFound("It is not in the LMS.", status=status, words=words)
    return Refused(f"The LMS said no ({status}).", status=status, words=words)


def words_of(reply: Reply) -> str:
    """The LMS's own reason, short, for adults alone: it may name people. Empty for a web page."""
    if reply.is_html:
        return ""
    try:
        found = list(_texts(json.loads(reply.body)))
    except ValueError:
        found = [reply.body.decode("utf-8", "replace")]
    return re.sub(r"\s+", " ", "; ".join(dict.fromkeys(found))).strip()[:LONGEST_WORDS]


def _texts(value: object) -> list[str]:
    """Every `message` (or bare text) in an error body, whatever its shape."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for entry in value for text in _texts(entry)]
    if isinstance(value, Mapping):
        kept = [value[key] for key in ("message", "error_description", "errors", "error") if key in value]
        return [text for entry in (kept or list(value.values())) for text in _texts(entry)]
    return []


def _seconds(header: str | None) -> float | None:
    try:
        return max(0.0, float(header)) if header is not None else None
    except ValueError:
        return None
