"""The one way out: every call to an LMS goes through Http.

Time limits, a size limit, no redirects, no cookies, no environment proxies; retries where a second try can do
no harm; the call budget; one token refresh; paging by the LMS's own links on the same host. Nothing about a
person is logged: a log line holds the method, the path without ids, the status and the time.
"""

import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError

from sync.errors import (
    BadReply,
    LmsDown,
    LmsError,
    Stopped,
    Throttled,
    TimedOut,
    Unreachable,
    UnsafeAddress,
)
from sync.memory import NeverStop, Slots
from sync.ports import CallBudget, StopSignal, TokenStore
from sync.replies import Reply, done_by, error_in
from sync.transport import plain_session

log = logging.getLogger(__name__)
Params = Mapping[str, str | int | Sequence[str]]
ATTEMPTS = 5
LARGEST_REPLY = 30_000_000
LONGEST_REPLY_SECONDS = 120.0
LONGEST_WAIT_SECONDS = 30.0
_REPEATABLE_METHODS = frozenset({"GET", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    url: str
    params: Params | None
    json: object
    form: Mapping[str, str] | None
    headers: Mapping[str, str]
    is_repeatable: bool


class Http:
    """Calls to one LMS host. One instance may be used by several threads; `calls` counts what went out."""

    def __init__(
        self,
        base_url: str,
        *,
        token: TokenStore | None = None,
        budget: CallBudget | None = None,
        stop: StopSignal | None = None,
        session: requests.Session | None = None,
        allow_loopback: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        largest_reply: int = LARGEST_REPLY,
        is_service: bool = False,
    ) -> None:
        """`is_service`: the LTI side, where any 401 may be an expired token."""
        self.base_url = base_url.rstrip("/") + "/"
        self.calls: Counter[str] = Counter()
        self._token = token
        self._budget = budget or Slots(sleep=sleep)
        self._stop = stop or NeverStop()
        self._session = session or plain_session(allow_loopback)
        self._clock = clock
        self._sleep = sleep
        self._largest_reply = largest_reply
        self._is_service = is_service
        self._lock = threading.Lock()

    def get(self, where: str, params: Params | None = None, *, accept: str = "application/json") -> Reply:
        """One GET. `where` is a path under the base URL or a whole URL of the same host."""
        return self._send("GET", where, params=params, headers={"Accept": accept})

    def post(
        self,
        where: str,
        *,
        json: object = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        is_repeatable: bool = False,
    ) -> Reply:
        """One POST. It is sent again only where it cannot have been carried out, or if it `is_repeatable`."""
        return self._send(
            "POST", where, json=json, form=form, headers=headers or {}, is_repeatable=is_repeatable
        )

    def put(self, where: str, *, json: object, headers: Mapping[str, str] | None = None) -> Reply:
        """One PUT, sent again when its answer is lost: the same body leads to the same state."""
        return self._send("PUT", where, json=json, headers=headers or {})

    def delete(self, where: str, params: Params | None = None) -> Reply:
        """One DELETE, sent again when its answer is lost (then NotFound may mean done)."""
        return self._send("DELETE", where, params=params, headers={})

    def pages(
        self, where: str, params: Params | None = None, *, accept: str = "application/json"
    ) -> Iterator[Reply]:
        """Every page of a list, by its `next` links. An unfinished list is an error, never a short list."""
        reply = self.get(where, params, accept=accept)
        seen = {reply.url}
        while True:
            yield reply
            following = reply.next_url
            if following is None:
                return
            url = self.url_for(following)
            if url in seen:
                raise BadReply("The list of the LMS leads back to a page that we had.", field="Link")
            seen.add(url)
            reply = self.get(url, accept=accept)

    def download(self, url: str) -> bytes:
        """A file's bytes. A redirect is followed up to 3 times, without our token when it leaves the host."""
        for _ in range(4):
            is_own = _origin(url) == _origin(self.base_url)
            call = _Call("GET", url, None, None, None, {"Accept": "*/*"}, True)
            reply = self._repeat(call, with_token=is_own, raising=False)
            target = reply.headers.get("Location")
            if not 300 <= reply.status < 400 or target is None:
                return _checked(reply).body
            url = urljoin(url, target)
        raise BadReply("The LMS sends us from address to address for a file.", field="Location")

    def url_for(self, where: str) -> str:
        """The whole URL. BadReply for another host: our token goes to no stranger."""
        is_whole = "://" in where or where.startswith("//")
        url = urljoin(self.base_url, where if is_whole else where.lstrip("/"))
        if _origin(url) != _origin(self.base_url):
            raise BadReply("The LMS sent us to another host.", field="Link")
        return url

    def _send(
        self,
        method: str,
        where: str,
        *,
        headers: Mapping[str, str],
        params: Params | None = None,
        json: object = None,
        form: Mapping[str, str] | None = None,
        is_repeatable: bool = False,
    ) -> Reply:
        is_repeatable = is_repeatable or method in _REPEATABLE_METHODS
        call = _Call(method, self.url_for(where), params, json, form, headers, is_repeatable)
        return self._repeat(call, with_token=True, raising=True)

    def _repeat(self, call: _Call, *, with_token: bool, raising: bool) -> Reply:
        attempts = Retrying(
            retry=retry_if_exception(lambda error: _may_repeat(error, call.is_repeatable)),
            wait=_wait,
            stop=stop_after_attempt(ATTEMPTS),
            sleep=self._sleep,
            reraise=True,
        )
        return attempts(self._once, call, with_token, raising)

    def _once(self, call: _Call, with_token: bool, raising: bool) -> Reply:
        token = self._token.access_token(self._clock()) if self._token and with_token else None
        reply = self._exchange(call, token)
        if token is not None and self._token and self._is_token_refused(reply):
            reply = self._exchange(call, self._token.refresh(token, self._clock()))
        return _checked(reply) if raising or reply.status >= 400 else reply

    def _is_token_refused(self, reply: Reply) -> bool:
        return reply.status == 401 and (self._is_service or "WWW-Authenticate" in reply.headers)

    def _exchange(self, call: _Call, token: str | None) -> Reply:
        if self._stop.is_set():
            raise Stopped("The run was asked to stop.")
        headers = dict(call.headers)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        with self._budget.call():
            with self._lock:
                self.calls[call.method] += 1
            started = time.monotonic()
            reply = self._transfer(call, headers)
            log.debug(
                "%s %s %s %.3f s", call.method, route_of(call.url), reply.status, time.monotonic() - started
            )
            self._note_allowance(reply)
        return reply

    def _transfer(self, call: _Call, headers: Mapping[str, str]) -> Reply:
        try:
            with self._session.request(
                call.method,
                call.url,
                params=call.params,
                json=call.json,
                data=call.form,
                headers=headers,
                stream=True,
                allow_redirects=False,
            ) as response:
                body = self._read(response)
                return Reply(
                    call.method,
                    response.url,
                    response.status_code,
                    CaseInsensitiveDict(response.headers),
                    body,
                )
        except (requests.RequestException, HTTPError, OSError) as error:
            raise _network_error(error, call.method) from None

    def _read(self, response: requests.Response) -> bytes:
        """The body, up to our size and time limits: a server that drips bytes must not hold a worker."""
        parts, size, deadline = [], 0, time.monotonic() + LONGEST_REPLY_SECONDS
        for part in response.iter_content(65_536):
            parts.append(part)
            size += len(part)
            if size > self._largest_reply:
                raise BadReply("The answer of the LMS is larger than we take.", field="size")
            if time.monotonic() > deadline:
                raise TimedOut("The LMS answers too slowly.", done=done_by(response.request.method or "GET"))
        return b"".join(parts)

    def _note_allowance(self, reply: Reply) -> None:
        remaining = reply.headers.get("X-Rate-Limit-Remaining")
        try:
            if remaining is not None:
                self._budget.seen(float(remaining))
        except ValueError:
            log.debug("unreadable X-Rate-Limit-Remaining")


def route_of(url: str) -> str:
    """The path of a URL with ids left out, for logs."""
    return "/".join(
        ":id" if re.search(r"\d|%|@", part) and part != "v1" else part
        for part in urlsplit(url).path.split("/")
    )


def _checked(reply: Reply) -> Reply:
    error = error_in(reply)
    if error is not None:
        raise error
    return reply


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError as error:
        raise BadReply("The LMS gave an address that is none.", field="Link") from error
    return parts.scheme, (parts.hostname or "").lower(), port


def _may_repeat(error: BaseException, is_repeatable: bool) -> bool:
    """Throttled and unreachable requests were never carried out, so even a create may go out again."""
    if isinstance(error, UnsafeAddress):
        return False
    if isinstance(error, Throttled | Unreachable):
        return True
    return is_repeatable and isinstance(error, TimedOut | LmsDown)


_backoff = wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT_SECONDS)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, Throttled) else None
    return min(LONGEST_WAIT_SECONDS, max(_backoff(state), asked or 0.0))


def _network_error(error: Exception, method: str) -> LmsError:
    """Our own error for a failed exchange; the library's text is dropped, it holds addresses with ids."""
    cause: Any = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    if isinstance(error, requests.exceptions.SSLError):
        return Unreachable("The secure connection to the LMS could not be made.")
    if isinstance(error, requests.ConnectTimeout) or isinstance(
        reason, NewConnectionError | ConnectTimeoutError
    ):
        return Unreachable("The LMS cannot be reached.")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return UnsafeAddress("The address of the LMS is not a proper web address.")
    if isinstance(error, requests.Timeout):
        return TimedOut("The LMS did not answer in time.", done=done_by(method))
    return TimedOut("The connection broke before the whole answer came.", done=done_by(method))
