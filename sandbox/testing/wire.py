"""What sits between the socket and the app: faults to order, and the journal of every call."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote

from sandbox.server import CUT
from sandbox.world.faults import Fault
from sandbox.world.model import JournalEntry
from sandbox.world.store import World

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_UNSEEN = ("/_sandbox", "/static/", "/favicon.ico")
_KIND_OF_PATH = (("/api/lti", "lti"), ("/api/v1", "rest"), ("/login/oauth2", "oauth"))
_NAMED_PERSON = re.compile(r"(sis_user_id|sis_login_id|lti_user_id|lti_1_3_id|lti_1_1_id|uuid):[^/]+")
_SAFE_QUERY = {
    *("page", "per_page", "limit", "include[]", "state[]", "type[]", "task", "grouped", "enrollment_state"),
    *("workflow_state", "order", "exclude[]", "outcome_style", "enrollment_type[]", "permissions[]", "event"),
}


class Wire:
    """WSGI middleware over the app. Calls to the test doors and to static files pass unseen."""

    def __init__(self, app: WsgiApp, world: Callable[[], World]) -> None:
        self._app = app
        self._world = world

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith(_UNSEEN):
            return self._app(environ, start_response)
        started = time.perf_counter()
        self._world().background.run_due()
        fault = self._world().faults.take(environ["REQUEST_METHOD"], path)
        status, headers, body = self._reply(environ, fault)
        self._note(environ, status, time.perf_counter() - started, fault)
        start_response(status, headers)
        return [body]

    def _reply(
        self, environ: dict[str, Any], fault: Fault | None
    ) -> tuple[str, list[tuple[str, str]], bytes]:
        if fault is None:
            return self._work(environ)
        if fault.delay:
            time.sleep(fault.delay)
        if fault.reset == "before":
            environ[CUT] = "all"
            return _made_up(503, "", {})
        if fault.status is not None and not fault.after_work:
            return _made_up(fault.status, fault.body or "", fault.headers)
        reply = self._work(environ)
        if fault.reset == "after":
            environ[CUT] = "all"
        elif fault.half_body:
            environ[CUT] = "half"
        if fault.status is not None:
            return _made_up(fault.status, fault.body or "", fault.headers)
        return reply

    def _work(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        seen: list[Any] = ["500 Internal Server Error", []]

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            seen[:] = [status, headers]

        chunks = self._app(environ, start)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        return seen[0], seen[1], body

    def _note(self, environ: dict[str, Any], status: str, seconds: float, fault: Fault | None) -> None:
        path = environ.get("PATH_INFO", "")
        kind = next((kind for start, kind in _KIND_OF_PATH if path.startswith(start)), "web")
        kind, user_id = environ.get("sandbox.by", (kind, None))
        world = self._world()
        # one append, without the world's lock: a refused call must not wait for the calls it was refused for
        world.journal.append(
            JournalEntry(
                n=world.next_journal_number(),
                at=world.clock.now(),
                method=environ["REQUEST_METHOD"],
                path=safe_path(path, environ.get("QUERY_STRING", "")),
                status=0 if environ.get(CUT) == "all" else int(status.split(" ", 1)[0]),
                kind=kind,
                user_id=user_id,
                seconds=round(seconds, 6),
                fault=fault.words() if fault else None,
            )
        )


def _made_up(status: int, body: str, headers: dict[str, str]) -> tuple[str, list[tuple[str, str]], bytes]:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Fault"
    kind = "application/json" if body[:1] in ("{", "[") else "text/plain; charset=utf-8"
    named = {"Content-Type": kind, **headers}
    return f"{status} {phrase}", list(named.items()), body.encode()


def safe_path(path: str, query: str) -> str:
    """The path for the journal: no sign-in ids, and values only of query keys that name no person."""
    path = _NAMED_PERSON.sub(r"\1:*", path)
    pairs = [
        f"{k}={quote(v) if k in _SAFE_QUERY else '*'}" for k, v in parse_qsl(query, keep_blank_values=True)
    ]
    return f"{path}?{'&'.join(dict.fromkeys(pairs))}" if pairs else path
