"""Two LMS states compared in one line: `python -m sandbox.testing.compare A B`.

A and B are files with what `GET /_sandbox/digest?course=ID&full=1` answered, or such http addresses. Ids and
times play no part. Exits 0 when they are equal, 1 when not, 2 when one cannot be read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

from sandbox.testing.digest import fingerprint

SHOWN = 3


def verdict(one: dict[str, Any], other: dict[str, Any]) -> str:
    """One line: "equal: <digest>", or "different: " and the first few places where two states differ."""
    found = list(differences(one, other))
    if not found:
        return f"equal: {fingerprint(one)}"
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"different: {'; '.join(found[:SHOWN])}{more}"


def differences(one: Any, other: Any, where: str = "") -> Iterator[str]:
    """The places that differ, e.g. "modules/Unit 1/seen_by: + ben" (in the second only)."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from differences(one.get(key), other.get(key), f"{where}/{key}".lstrip("/"))
    elif isinstance(one, list) and isinstance(other, list):
        yield from _of_lists(one, other, where)
    elif one != other:
        yield f"{where}: {_short(one)} -> {_short(other)}"


def _of_lists(one: list[Any], other: list[Any], where: str) -> Iterator[str]:
    names, others = _named(one), _named(other)
    if names is not None and others is not None:
        yield from _of_named(names, others, where)
        if list(names) != list(others) and names.keys() == others.keys():
            yield f"{where}: in another order"
        return
    gone, new = _without(one, other), _without(other, one)
    if gone or new:
        words = [f"- {_short(value)}" for value in gone] + [f"+ {_short(value)}" for value in new]
        yield f"{where}: {', '.join(words)}"
    elif one != other:
        yield f"{where}: in another order"


def _of_named(one: dict[str, Any], other: dict[str, Any], where: str) -> Iterator[str]:
    for name in [*one, *(name for name in other if name not in one)]:
        if name not in other:
            yield f"{where}: - {name}"
        elif name not in one:
            yield f"{where}: + {name}"
        else:
            yield from differences(one[name], other[name], f"{where}/{name}")


def _named(rows: list[Any]) -> dict[str, Any] | None:
    """Rows by their name, title or label; None where they have none, or two share one."""
    found: dict[str, Any] = {}
    for row in rows:
        name = (
            next((row[key] for key in ("name", "title", "label") if key in row), None)
            if _is_row(row)
            else None
        )
        if name is None or name in found:
            return None
        found[str(name)] = row
    return found


def _is_row(value: Any) -> bool:
    return isinstance(value, dict)


def _without(one: list[Any], other: list[Any]) -> list[Any]:
    left = list(other)
    found = []
    for value in one:
        if value in left:
            left.remove(value)
        else:
            found.append(value)
    return found


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def read(place: str) -> dict[str, Any]:
    """The state in a file or behind an http address. Raises OSError, ValueError."""
    if place.startswith("http://"):
        with build_opener(ProxyHandler({})).open(place, timeout=30) as answer:  # past any proxy
            found = json.load(answer)
    else:
        found = json.loads(Path(place).read_text(encoding="utf-8"))
    try:
        return dict(found["state"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"{place} is no digest with its state: ask for it with &full=1") from error


def main(places: list[str]) -> int:
    if len(places) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        line = verdict(*(read(place) for place in places))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(line)
    return 0 if line.startswith("equal") else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
