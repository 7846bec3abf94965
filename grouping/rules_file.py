"""config/rules.toml as records: TOML text in, one frozen record out, every mistake named by table and key."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from fractions import Fraction
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

from grouping.mastery import MasterySettings
from grouping.playlists import PlaylistSettings
from grouping.progress import THRESHOLD
from grouping.rules import GroupingRules

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Record = TypeVar("Record", bound=DataclassInstance)


class BadRules(ValueError):
    """A rules file that cannot be used; `where` is "table" or "table.key" ("" for the whole file)."""

    def __init__(self, where: str, message: str) -> None:
        self.where, self.message = where, message
        super().__init__(f"{where}: {message}" if where else message)


@dataclass(frozen=True, slots=True)
class Rules:
    """All defaults of a district."""

    groups: GroupingRules = field(default_factory=GroupingRules)
    playlists: PlaylistSettings = field(default_factory=PlaylistSettings)
    benchmark: MasterySettings = field(default_factory=MasterySettings)
    threshold: Fraction = THRESHOLD


def read_rules_toml(text: str) -> Rules:
    """The rules of this text; what it does not name keeps its default. Raises BadRules."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadRules("", f"is not TOML ({error})") from error
    unknown = sorted(tables.keys() - {"groups", "playlists", "checks", "benchmark"})
    if unknown:
        raise BadRules(unknown[0], "is no table of this file (groups, playlists, checks, benchmark)")
    return Rules(
        groups=_record(GroupingRules, "groups", tables),
        playlists=_record(PlaylistSettings, "playlists", tables),
        benchmark=_record(MasterySettings, "benchmark", tables),
        threshold=_record(_Checks, "checks", tables).exact,
    )


@dataclass(frozen=True, slots=True)
class _Checks:
    threshold: float = float(THRESHOLD)

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise ValueError(f"threshold {self.threshold} is not a fraction above 0 and at most 1")

    @property
    def exact(self) -> Fraction:
        return Fraction(str(self.threshold))


def _record(kind: type[Record], table: str, tables: dict[str, Any]) -> Record:
    given = tables.get(table, {})
    if not isinstance(given, dict):
        raise BadRules(table, "is a value, not a table")
    hints = get_type_hints(kind)
    known = [one.name for one in fields(kind)]
    for key, value in given.items():
        if key not in known:
            raise BadRules(f"{table}.{key}", "is not known here (" + ", ".join(known) + ")")
        if not _fits(value, hints[key]):
            raise BadRules(f"{table}.{key}", f"{value!r} is not {_words(hints[key])}")
    try:
        return kind(**given)
    except ValueError as error:
        raise BadRules(table, str(error)) from error


def _fits(value: object, hint: Any) -> bool:
    kinds = set(get_args(hint) or (hint,)) - {NoneType}
    if isinstance(value, bool):
        return bool in kinds
    return isinstance(value, int) if kinds == {int} else isinstance(value, (int, float)) and float in kinds


def _words(hint: Any) -> str:
    return {bool: "true or false", int: "a whole number"}.get(hint, "a number")
