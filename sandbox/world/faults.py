"""Faults to order: which calls go wrong, when, and how."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from sandbox.world.fault_replies import REPLIES

RESETS = ("before", "after")
LONGEST = 120
"""Seconds that a delay, a pause between drops, or late work can last."""


class BadFault(Exception):
    """The order for a fault cannot be carried out; the text says which part and why."""


@dataclass(frozen=True, slots=True)
class Match:
    """Which calls: the method or *, and expressions searched in path, query text and body text."""

    method: str = "*"
    path: re.Pattern[str] = re.compile("")
    query: re.Pattern[str] | None = None
    body: re.Pattern[str] | None = None

    def fits(self, method: str, path: str, query: str, body: str) -> bool:
        if self.method not in ("*", method) or not self.path.search(path):
            return False
        rest = ((self.query, query), (self.body, body))
        return all(pattern is None or pattern.search(text) for pattern, text in rest)


@dataclass(frozen=True, slots=True)
class Drip:
    """A body that arrives in drops of so many `bytes`, `every` so many seconds."""

    bytes: int
    every: float


@dataclass(slots=True)
class Fault:
    """What happens to the calls from the `nth` matching one on, `times` times (0: for ever).

    `status` and `body` come in place of the real answer; the work is not done, unless `after_work`.
    `delay` waits first. `reset` cuts the connection before or after the work, `half_body` in mid-answer,
    `drip` sends the answer in drops. With `later` the work is done that many seconds of the LMS's clock after
    the answer: after `status`, or after a cut connection when there is none.
    """

    match: Match
    nth: int = 1
    times: int = 1
    status: int | None = None
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    reset: str | None = None
    half_body: bool = False
    after_work: bool = False
    later: float | None = None
    drip: Drip | None = None
    seen: int = 0
    fired: int = 0

    def takes(self, method: str, path: str, query: str, body: str) -> bool:
        """Count the call if it matches; True when it is one that goes wrong."""
        if not self.match.fits(method, path, query, body):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.times and self.fired >= self.times):
            return False
        self.fired += 1
        return True

    @property
    def works_now(self) -> bool:
        """Whether the call's work is done before it is answered or cut."""
        if self.later is not None or self.reset == "before":
            return False
        return self.status is None or self.after_work or self.reset == "after"

    def words(self) -> str:
        """A word or two for the journal."""
        answer = f"status {self.status}" if self.status and not self.reset else ""
        if self.later is not None:
            return f"{answer or 'reset'}, work {self.later:g} s later"
        if self.reset:
            return f"reset {self.reset}"
        if self.half_body:
            return "half body"
        if self.drip:
            return f"drip {self.drip.bytes} bytes every {self.drip.every:g} s"
        return answer or f"delay {self.delay:g}"


class Faults:
    """The faults in force. Safe to use from many threads."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = Lock()

    def order(self, orders: list[dict[str, Any]]) -> int:
        """Add faults from their JSON form; returns how many are in force. All or none: raises BadFault."""
        parsed = [parse_fault(order) for order in orders]
        with self._lock:
            self._faults += parsed
            return len(self._faults)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str, query: str = "", body: str = "") -> Fault | None:
        """The fault that befalls this call, if any; the first that was ordered wins."""
        with self._lock:
            hits = [fault for fault in self._faults if fault.takes(method, path, query, body)]
        return hits[0] if hits else None

    def state(self) -> list[dict[str, Any]]:
        """What is in force and how often it struck."""
        with self._lock:
            return [
                {
                    "method": f.match.method,
                    "path": f.match.path.pattern,
                    "does": f.words(),
                    "seen": f.seen,
                    "fired": f.fired,
                }
                for f in self._faults
            ]


def parse_fault(order: dict[str, Any]) -> Fault:
    """A fault from {match: {method, path, query, body}, nth?, times?, do: {...}}. Raises BadFault."""
    match, do = order.get("match"), order.get("do")
    if not isinstance(match, dict) or not isinstance(do, dict) or not do:
        raise BadFault("a fault needs match {method, path, query, body} and a non-empty do")
    _only(order, {"match", "nth", "times", "do"}, "fault")
    nth, times = order.get("nth", 1), order.get("times", 1)
    if not (isinstance(nth, int) and nth >= 1 and isinstance(times, int) and times >= 0):
        raise BadFault("nth is 1 or more, times 0 (for ever) or more")
    return Fault(_match(match), nth=nth, times=times, **_doing(do))


def _match(match: dict[str, Any]) -> Match:
    _only(match, {"method", "path", "query", "body"}, "match")
    patterns: dict[str, re.Pattern[str]] = {}
    for name in ("path", "query", "body"):
        try:
            if name in match:
                patterns[name] = re.compile(str(match[name]))
        except re.error as error:
            raise BadFault(f"match.{name} is not a regular expression: {error}") from error
    return Match(str(match.get("method", "*")).upper(), **patterns)


def _doing(do: dict[str, Any]) -> dict[str, Any]:
    known = {"status", "body", "headers", "delay", "reset", "half_body", "after_work", "later", "drip"}
    _only(do, known | {"reply"}, "do")
    if do.get("reset") not in (None, *RESETS):
        raise BadFault("do.reset is before or after")
    made = _ready_made(do) | {name: value for name, value in do.items() if name in known}
    if not (made.get("status") is None or (isinstance(made["status"], int) and 200 <= made["status"] <= 599)):
        raise BadFault("do.status is 200 to 599")
    for name in ("delay", "later"):
        if name in made:
            made[name] = _seconds(made[name], f"do.{name}")
    if "drip" in made:
        made["drip"] = _drip(made["drip"])
    return made


def _ready_made(do: dict[str, Any]) -> dict[str, Any]:
    if "reply" not in do:
        return {}
    reply = REPLIES.get(str(do["reply"]))
    if reply is None:
        raise BadFault(f"do.reply is one of {', '.join(REPLIES)}")
    return {"status": reply.status, "body": reply.body, "headers": dict(reply.headers)}


def _drip(value: Any) -> Drip:
    if not isinstance(value, dict) or set(value) != {"bytes", "every"}:
        raise BadFault("do.drip is {bytes, every}")
    if not isinstance(value["bytes"], int) or value["bytes"] < 1:
        raise BadFault("do.drip.bytes is 1 or more")
    return Drip(value["bytes"], _seconds(value["every"], "do.drip.every"))


def _seconds(value: Any, name: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= LONGEST:
        raise BadFault(f"{name} is 0 to {LONGEST} seconds")
    return float(value)


def _only(given: dict[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise BadFault(f"{where} has no {', '.join(unknown)}")
