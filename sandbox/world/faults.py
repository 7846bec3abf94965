"""Faults to order: which calls go wrong, when, and how."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

RESETS = ("before", "after")


class BadFault(Exception):
    """The order for a fault cannot be carried out; the text says which part and why."""


@dataclass(slots=True)
class Fault:
    """What happens to the calls from the `nth` matching one on, `times` times (0: for ever).

    `status` and `body` come in place of the real answer; the work is not done, unless `after_work`.
    `delay` waits first. `reset` cuts the connection before or after the work, `half_body` in mid-answer.
    """

    method: str
    path: re.Pattern[str]
    nth: int = 1
    times: int = 1
    status: int | None = None
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    reset: str | None = None
    half_body: bool = False
    after_work: bool = False
    seen: int = 0
    fired: int = 0

    def takes(self, method: str, path: str) -> bool:
        """Count the call if it matches; True when it is one that goes wrong."""
        if self.method not in ("*", method) or not self.path.search(path):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.times and self.fired >= self.times):
            return False
        self.fired += 1
        return True

    def words(self) -> str:
        """One word for the journal."""
        if self.reset:
            return f"reset {self.reset}"
        if self.half_body:
            return "half body"
        return f"status {self.status}" if self.status else f"delay {self.delay:g}"


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

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that befalls this call, if any; the first that was ordered wins."""
        with self._lock:
            hits = [fault for fault in self._faults if fault.takes(method, path)]
        return hits[0] if hits else None

    def state(self) -> list[dict[str, Any]]:
        """What is in force and how often it struck."""
        with self._lock:
            return [
                {
                    "method": f.method,
                    "path": f.path.pattern,
                    "does": f.words(),
                    "seen": f.seen,
                    "fired": f.fired,
                }
                for f in self._faults
            ]


def parse_fault(order: dict[str, Any]) -> Fault:
    """A fault from {match: {method, path}, nth?, times?, do: {...}}. Raises BadFault."""
    match, do = order.get("match"), order.get("do")
    if not isinstance(match, dict) or not isinstance(do, dict) or not do:
        raise BadFault("a fault needs match {method, path} and a non-empty do")
    _only(order, {"match", "nth", "times", "do"}, "fault")
    _only(match, {"method", "path"}, "match")
    _only(do, {"status", "body", "headers", "delay", "reset", "half_body", "after_work"}, "do")
    if do.get("reset") not in (None, *RESETS):
        raise BadFault("do.reset is before or after")
    try:
        pattern = re.compile(str(match.get("path", "")))
    except re.error as error:
        raise BadFault(f"match.path is not a regular expression: {error}") from error
    if not (do.get("status") is None or (isinstance(do["status"], int) and 200 <= do["status"] <= 599)):
        raise BadFault("do.status is 200 to 599")
    nth, times, delay = order.get("nth", 1), order.get("times", 1), do.get("delay", 0)
    if not (isinstance(nth, int) and nth >= 1 and isinstance(times, int) and times >= 0):
        raise BadFault("nth is 1 or more, times 0 (for ever) or more")
    if not isinstance(delay, int | float) or not 0 <= delay <= 120:
        raise BadFault("do.delay is 0 to 120 seconds")
    return Fault(
        method=str(match.get("method", "*")).upper(),
        path=pattern,
        nth=nth,
        times=times,
        delay=float(delay),
        **{name: value for name, value in do.items() if name != "delay"},
    )


def _only(given: dict[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise BadFault(f"{where} has no {', '.join(unknown)}")
