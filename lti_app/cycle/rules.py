"""The district's rules from config/rules.toml, read once; a cycle may set its own over them."""

from __future__ import annotations

from functools import lru_cache

from grouping.mastery import MasterySettings
from grouping.playlists import PlaylistSettings
from grouping.rules import GroupingRules
from grouping.rules_file import Rules, read_rules_toml
from lti_app.places import folder
from lti_app.store.models.cycles import Cycle


@lru_cache(maxsize=1)
def district_rules() -> Rules:
    """What the file says. Raises BadRules, which names table and key: web and worker ask at their start."""
    return read_rules_toml((folder("config") / "rules.toml").read_text(encoding="utf-8"))


def groups_of(cycle: Cycle) -> GroupingRules:
    """The cycle's sizes, number and focus of groups."""
    given = cycle.rules.get("groups")
    return GroupingRules(**given) if given else district_rules().groups


def playlists_of(cycle: Cycle) -> PlaylistSettings:
    """The cycle's pace."""
    given = cycle.rules.get("playlists")
    return PlaylistSettings(**given) if given else district_rules().playlists


def benchmark() -> MasterySettings:
    """What counts as likely met, nearly, likely not yet."""
    return district_rules().benchmark
