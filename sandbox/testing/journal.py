"""The journal for readers: each call as JSON, and what a test counts in it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sandbox.world.model import JournalEntry

_NUMBER = re.compile(r"(?<=/)(\d+|[a-z0-9_]+:\*)(?=/|$)")


def entry_json(entry: JournalEntry) -> dict[str, Any]:
    """One call: n, at (ISO time), method, path, status, by, user_id, seconds, fault, cost, fingerprint."""
    row = asdict(entry)
    row["at"] = entry.at.isoformat()
    row["by"] = row.pop("kind")
    return row


def pattern(path: str) -> str:
    """The path without its query, and with :id for each number or key: what counts as one kind of call."""
    return _NUMBER.sub(":id", path.partition("?")[0])


def summary(entries: Iterable[JournalEntry]) -> dict[str, Any]:
    """{calls, cost, kinds: [{method, pattern, calls, cost, statuses}], duplicates: [...]}.

    A duplicate is a POST that came more than once with the same path, query and body:
    {method, path, calls, statuses, numbers}. The statuses tell which were answered (0: cut).
    """
    kinds: dict[tuple[str, str], list[JournalEntry]] = defaultdict(list)
    twins: dict[str, list[JournalEntry]] = defaultdict(list)
    calls = list(entries)
    for entry in calls:
        kinds[entry.method, pattern(entry.path)].append(entry)
        if entry.method == "POST":
            twins[entry.fingerprint].append(entry)
    rows = [
        {"method": method, "pattern": words, "cost": _cost(group), **_counts(group)}
        for (method, words), group in sorted(kinds.items(), key=lambda kind: (-len(kind[1]), kind[0]))
    ]
    duplicates = [
        {
            "method": "POST",
            "path": group[0].path,
            "numbers": [entry.n for entry in group],
            **_counts(group),
        }
        for group in twins.values()
        if len(group) > 1
    ]
    return {"calls": len(calls), "cost": _cost(calls), "kinds": rows, "duplicates": duplicates}


def _counts(group: list[JournalEntry]) -> dict[str, Any]:
    statuses = Counter(str(entry.status) for entry in group)
    return {"calls": len(group), "statuses": dict(sorted(statuses.items()))}


def _cost(group: list[JournalEntry]) -> float:
    return round(sum(entry.cost or 0 for entry in group), 3)
