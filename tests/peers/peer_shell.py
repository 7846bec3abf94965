"""What both peers share: HTTP on loopback, a class of eight, a roster in pages, a gradebook in memory.

Standard library only, and nothing of ours: it runs in the peers' own environments. What a launch, a token and
a key look like is the peer's library's business (`Platform`); what NRPS and AGS answer is written here from
the 1EdTech texts (NRPS 2.0, AGS 2.0), since neither library has it without a framework.
"""

from __future__ import annotations

import json
import secrets
import socket
import sys
from collections.abc import Callable
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
ROSTER_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
ITEM = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
COURSE = {"id": "course-7", "label": "G4", "title": "Grade 4 at the peer"}
TEACHER = "t-1"
PEOPLE = {TEACHER: "Ida Holm"} | {f"s-{n}": f"Pupil {n}" for n in range(1, 8)}
"""Names by user id (the `sub` of a launch)."""
ROWS_A_PAGE = 3


class Refused(Exception):
    """The library said no; the text is its reason."""


class Platform(Protocol):
    """A library's part of a platform. Every method raises Refused when the library does."""

    def begin(self, who: str, *, is_deep_link: bool) -> str:
        """The address of the tool's login that begins this person's launch."""

    def answer(self, asked: dict[str, str]) -> dict[str, str]:
        """What the browser posts to the tool: {"action": address, "state": ..., "id_token": ...}."""

    def keys(self) -> dict[str, Any]:
        """The public keys as a JWK set."""

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        """The answer to a request for an access token."""

    def chosen(self, response: str) -> list[dict[str, Any]]:
        """The content items of a tool's deep linking response."""

    def may(self, bearer: str, scopes: list[str]) -> bool:
        """Whether the token is good and holds one of the scopes."""


class Status(Exception):
    """An answer that ends the request: a status and a sentence."""


def loopback_only() -> None:
    """From here on this process reaches this machine alone: a connection elsewhere is a PermissionError."""

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        host: Any = None
        if event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
            host = arguments[1][0]
        elif event == "socket.getaddrinfo":
            host = arguments[0]
        if host and not _is_loopback(host.decode() if isinstance(host, bytes) else str(host)):
            raise PermissionError(f"this program may not reach {host}")

    sys.addaudithook(look)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class _Gradebook:
    """Line items and scores. Source: AGS 2.0 sections 3.2 (line items), 3.4 (scores), 3.3 (results)."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.scores: dict[str, dict[str, dict[str, Any]]] = {}

    def make(self, base: str, body: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(body.get("label"), str) or not _is_positive(body.get("scoreMaximum")):
            raise Status(400, "a line item has a label and a positive scoreMaximum")
        number = str(len(self.items) + 1)
        self.items[number] = body | {"id": f"{base}/lineitems/{number}"}
        return self.items[number]

    def take(self, number: str, score: dict[str, Any]) -> None:
        self.item(number)
        for name in ("userId", "timestamp", "activityProgress", "gradingProgress"):
            if not isinstance(score.get(name), str):
                raise Status(400, f"a score has a {name}")
        if "scoreGiven" in score and not _is_positive(score.get("scoreMaximum")):
            raise Status(400, "a score that is given has a positive scoreMaximum")
        if score["userId"] not in PEOPLE or score["userId"] == TEACHER:
            raise Status(404, "no such student")
        kept = self.scores.setdefault(number, {})
        before = kept.get(score["userId"])
        if before is not None and before["timestamp"] >= score["timestamp"]:
            raise Status(409, "a later score is held already")
        kept[score["userId"]] = score

    def item(self, number: str) -> dict[str, Any]:
        if number not in self.items:
            raise Status(404, "no such line item")
        return self.items[number]

    def results(self, number: str) -> list[dict[str, Any]]:
        item = self.item(number)
        return [
            {
                "id": f"{item['id']}/results/{user}",
                "scoreOf": item["id"],
                "userId": user,
                "resultScore": score["scoreGiven"] * item["scoreMaximum"] / score["scoreMaximum"],
                "resultMaximum": item["scoreMaximum"],
                **({"comment": score["comment"]} if "comment" in score else {}),
            }
            for user, score in sorted(self.scores.get(number, {}).items())
            if "scoreGiven" in score and score["gradingProgress"] == "FullyGraded"
        ]


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


class _Handler(BaseHTTPRequestHandler):
    """One request. The platform and the books hang on the server."""

    server: _Server

    def do_GET(self) -> None:
        self._run("GET")

    def do_POST(self) -> None:
        self._run("POST")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the test reads answers, and a launch's address is nobody's business."""

    def _run(self, method: str) -> None:
        parts = urlsplit(self.path)
        self.asked = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self._route(method, parts.path.strip("/").split("/"))
        except Status as refusal:
            self._json({"error": refusal.args[1]}, refusal.args[0])
        except Refused as refusal:
            self._json({"error": "invalid_request", "error_description": str(refusal)}, 400)

    def _route(self, method: str, path: list[str]) -> None:
        views: dict[tuple[str, str], Callable[[], None]] = {
            ("GET", "begin"): self._begin,
            ("GET", "authorize"): self._authorize,
            ("POST", "authorize"): self._authorize,
            ("GET", "jwks"): lambda: self._json(self.server.platform.keys()),
            ("POST", "token"): lambda: self._json(self.server.platform.token(self._form())),
            ("POST", "chosen"): lambda: self._json(self.server.platform.chosen(self._form().get("JWT", ""))),
            ("GET", "outside"): self._outside,
            ("GET", "members"): self._members,
        }
        if path[0] == "lineitems":
            self._line_items(method, path[1:])
        elif len(path) == 1 and (method, path[0]) in views:
            views[method, path[0]]()
        else:
            raise Status(404, "no such address")

    # a browser's part

    def _begin(self) -> None:
        where = self.server.platform.begin(self.asked["who"], is_deep_link="deep" in self.asked)
        self._send(302, "text/plain", b"", {"Location": where})

    def _authorize(self) -> None:
        fields = self.server.platform.answer(self.asked | self._form())
        action = escape(fields.pop("action"))
        inputs = "".join(f'<input name="{escape(n)}" value="{escape(v)}">' for n, v in fields.items())
        page = f'<!doctype html><form method="post" action="{action}">{inputs}</form>'
        self._send(200, "text/html; charset=utf-8", page.encode())

    def _outside(self) -> None:
        try:
            socket.create_connection(("192.0.2.1", 80), timeout=1).close()
        except PermissionError as refusal:
            raise Status(403, str(refusal)) from refusal

    # the services' part

    def _members(self) -> None:
        self._check(ROSTER_SCOPE)
        people = list(PEOPLE)
        start = self.server.pages.pop(self.asked["page"], None) if "page" in self.asked else 0
        if start is None:
            raise Status(404, "no such page")
        rows = [
            {
                "user_id": who,
                "status": "Active",
                "name": PEOPLE[who],
                "roles": [MEMBERSHIP + ("Instructor" if who == TEACHER else "Learner")],
            }
            for who in people[start : start + ROWS_A_PAGE]
        ]
        body = {"id": f"{self.server.base}/members", "context": COURSE, "members": rows}
        self._json(body, kind=MEMBERS, headers=self._next("members", start, len(people)))

    def _next(self, path: str, start: int, count: int, **query: str) -> dict[str, str]:
        if start + ROWS_A_PAGE >= count:
            return {}
        name = secrets.token_urlsafe(12)
        self.server.pages[name] = start + ROWS_A_PAGE
        return {"Link": f'<{self.server.base}/{path}?{urlencode({**query, "page": name})}>; rel="next"'}

    def _line_items(self, method: str, path: list[str]) -> None:
        book = self.server.book
        if method == "POST" and not path:
            self._check(AGS + "lineitem")
            self._json(book.make(self.server.base, self._typed(ITEM)), 201, kind=ITEM)
        elif method == "GET" and not path:
            self._check(AGS + "lineitem", AGS + "lineitem.readonly")
            wanted = self.asked.get("resource_id")
            items = [i for i in book.items.values() if wanted in (None, i.get("resourceId"))]
            start = self.server.pages.pop(self.asked["page"], 0) if "page" in self.asked else 0
            filters = {"resource_id": wanted} if wanted else {}
            self._json(
                items[start : start + ROWS_A_PAGE], kind=ITEMS,
                headers=self._next("lineitems", start, len(items), **filters),
            )  # fmt: skip
        elif method == "POST" and path[1:] == ["scores"]:
            self._check(AGS + "score")
            book.take(path[0], self._typed(SCORE))
            self._send(204, SCORE, b"")
        elif method == "GET" and path[1:] == ["results"]:
            self._check(AGS + "result.readonly")
            self._json(book.results(path[0]), kind=RESULTS)
        else:
            raise Status(404, "no such address")

    def _check(self, *scopes: str) -> None:
        kind, _, bearer = (self.headers.get("Authorization") or "").partition(" ")
        if kind.lower() != "bearer" or not bearer:
            raise Status(401, "a token, please")
        try:
            is_allowed = self.server.platform.may(bearer, list(scopes))
        except Refused as refusal:
            raise Status(401, str(refusal)) from refusal
        if not is_allowed:
            raise Status(403, "the token lacks the scope")

    def _typed(self, kind: str) -> dict[str, Any]:
        if self.headers.get_content_type() != kind:
            raise Status(415, f"send {kind}")
        body = json.loads(self.body)
        if not isinstance(body, dict):
            raise Status(400, "send an object")
        return body

    def _form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def _json(
        self,
        data: Any,
        status: int = 200,
        *,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> None:
        self._send(status, kind, json.dumps(data).encode(), headers)

    def _send(self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    platform: Platform

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.base = f"http://127.0.0.1:{self.server_address[1]}"
        self.book = _Gradebook()
        self.pages: dict[str, int] = {}
        """What an opaque page name stands for; each is good once."""


def run(make: Callable[[str, str], Platform], **facts: str) -> None:
    """Serve until ended: `server.py <tool's address>`. The first line on stdout tells where, as JSON."""
    tool = sys.argv[1].rstrip("/")
    loopback_only()
    server = _Server()
    server.platform = make(server.base, tool)
    print(json.dumps({"url": server.base, **facts}), flush=True)
    server.serve_forever()
