"""The two calls to a platform outside a gateway: its keys and a service token, whole within seconds."""

import json
import time
from typing import Any, Protocol

from sync.errors import BadReply, LmsDown, LmsError, NotPermitted, Throttled, TimedOut, Unreachable

SECONDS = 5.0
MOST_BYTES = 256 * 1024
CHUNK = 16 * 1024


class HttpSession(Protocol):
    """What we use of the HTTP session that `sync.transport.plain_session` makes."""

    def request(self, *args: Any, **kwargs: Any) -> Any: ...


def call_json(http: HttpSession, method: str, url: str, **kwargs: Any) -> dict[str, Any]:
    """The JSON object an address answers with. Raises LmsError for anything else, too large or too slow.

    A time limit of requests counts each read anew, so a slow drip would never end: here the whole counts.
    """
    deadline = time.monotonic() + SECONDS
    try:
        with http.request(method, url, stream=True, timeout=(3.0, SECONDS), **kwargs) as answer:
            raise_for_status(answer.status_code)
            return _object(_body(answer, deadline))
    except LmsError:
        raise
    except OSError as error:  # every requests exception is one
        raise Unreachable("The LMS could not be reached.") from error


def raise_for_status(status: int) -> None:
    """Raises the LmsError of a status that is not 2xx; redirects are not followed: a bad reply."""
    if 200 <= status < 300:
        return
    if status in {400, 401, 403}:
        raise NotPermitted(f"The LMS refused (HTTP {status}).", status=status)
    if status == 429:
        raise Throttled("The LMS asks us to slow down.", status=status)
    if status >= 500:
        raise LmsDown(f"The LMS answered with an error of its own (HTTP {status}).", status=status)
    raise BadReply(f"The LMS answered HTTP {status}.", field="status", status=status)


def _body(answer: Any, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in answer.iter_content(CHUNK):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise BadReply("The LMS answered with far more than was asked for.", field="body")
        if time.monotonic() > deadline:
            raise TimedOut("The LMS did not answer in time.")
    return b"".join(parts)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise BadReply("The LMS answered with something other than JSON.", field="body") from None
    if not isinstance(value, dict):
        raise BadReply("The LMS answered with JSON of another shape.", field="body")
    return value
