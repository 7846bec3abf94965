"""What sits between the socket and the app: faults to order, and the journal of every call."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterable
from hashlib import blake2s
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote

from sandbox.server import CUT, DRIP
from sandbox.world.faults import Fault
from sandbox.world.model import JournalEntry
from sandbox.world.store import World

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Reply = tuple[str, list[tuple[str, str]], bytes]

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
        started = time.perf_counter()
        self._world().background.run_due()
        if path.startswith(_UNSEEN):
            return self._app(environ, start_response)
        sent = _body(environ)
        method, query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
        fault = self._world().faults.take(method, path, query, sent.decode(errors="replace"))
        reply = self._reply(environ, fault, sent)
        self._note(environ, reply, time.perf_counter() - started, fault, _fingerprint(environ, sent))
        start_response(reply[0], reply[1])
        return [reply[2]]

    def _reply(self, environ: dict[str, Any], fault: Fault | None, sent: bytes) -> Reply:
        if fault is None:
            return self._work(environ)
        if fault.delay:
            time.sleep(fault.delay)
        if fault.drip:
            environ[DRIP] = (fault.drip.bytes, fault.drip.every)
        done = None
        if fault.later is not None:
            self._leave(environ, fault.later, sent)
        elif fault.works_now:
            done = self._work(environ)
        if fault.reset or (done is None and fault.status is None):
            environ[CUT] = "all"
        elif fault.half_body:
            environ[CUT] = "half"
        if done is None or fault.status is not None:
            return _made_up(fault.status or 503, fault.body or "", fault.headers)
        return done

    def _leave(self, environ: dict[str, Any], seconds: float, sent: bytes) -> None:
        """Do the call's work some seconds later, as a host does whose client or load balancer gave up."""
        foreign = ("werkzeug.", "flask.", "sandbox.")
        later = {key: value for key, value in environ.items() if not key.startswith(foreign)}
        later["wsgi.input"] = io.BytesIO(sent)
        name = f"late work of {environ['REQUEST_METHOD']} {safe_path(environ.get('PATH_INFO', ''), '')}"
        background = self._world().background
        background.later(name, lambda: self._work_and_forget(later), seconds=seconds, always=True)

    def _work_and_forget(self, environ: dict[str, Any]) -> None:
        self._work(environ)

    def _work(self, environ: dict[str, Any]) -> Reply:
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

    def _note(
        self, environ: dict[str, Any], reply: Reply, seconds: float, fault: Fault | None, fingerprint: str
    ) -> None:
        status, headers, _ = reply
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
                cost=next((float(v) for name, v in headers if name.lower() == "x-request-cost"), None),
                fingerprint=fingerprint,
            )
        )


def _body(environ: dict[str, Any]) -> bytes:
    """What the caller sent; put back for the app to read again."""
    stream, length = environ["wsgi.input"], int(environ.get("CONTENT_LENGTH") or 0)
    sent = bytes(stream.read() if environ.get("wsgi.input_terminated") else stream.read(length))
    environ["wsgi.input"] = io.BytesIO(sent)
    return sent


def _fingerprint(environ: dict[str, Any], sent: bytes) -> str:
    parts = (environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""))
    return blake2s("\n".join(parts).encode() + b"\n" + sent, digest_size=8).hexdigest()


def _made_up(status: int, body: str, headers: dict[str, str]) -> Reply:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Fault"
    kinds = {"{": "application/json", "[": "application/json", "<": "text/html; charset=utf-8"}
    kind = kinds.get(body[:1], "text/plain; charset=utf-8")
    named = {"Content-Type": kind, **headers}
    return f"{status} {phrase}", list(named.items()), body.encode()


def safe_path(path: str, query: str) -> str:
    """The path for the journal: no sign-in ids, and values only of query keys that name no person."""
    path = _NAMED_PERSON.sub(r"\1:*", path)
    pairs = [
        f"{k}={quote(v) if k in _SAFE_QUERY else '*'}" for k, v in parse_qsl(query, keep_blank_values=True)
    ]
    return f"{path}?{'&'.join(dict.fromkeys(pairs))}" if pairs else path
