"""config/rules.toml: one set of defaults, and every mistake named by table and key."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from grouping.progress import THRESHOLD
from grouping.rules_file import BadRules, Rules, read_rules_toml

SHIPPED = Path(__file__).parents[2] / "config" / "rules.toml"


def test_the_shipped_file_and_the_code_have_one_set_of_defaults():
    assert read_rules_toml(SHIPPED.read_text("utf-8")) == Rules()


def test_the_defaults_are_those_of_the_design():
    rules = Rules()
    assert (rules.groups.smallest, rules.groups.largest, rules.groups.times) == (3, 6, 5)
    assert (rules.playlists.weeks, rules.playlists.minutes_a_week, rules.playlists.units_a_week) == (7, 30, 2)
    assert (rules.threshold, rules.benchmark.cut, rules.playlists.open_weeks) == (Fraction(4, 5), 0.7, 2)
    assert rules.threshold == THRESHOLD


def test_what_is_not_named_keeps_its_default():
    rules = read_rules_toml("[groups]\nlargest = 5\n\n[checks]\nthreshold = 0.7\n")
    assert (rules.groups.largest, rules.groups.smallest, rules.threshold) == (5, 3, Fraction(7, 10))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[groups", ""),
        ("[group]\n", "group"),
        ("groups = 3\n", "groups"),
        ("[groups]\nsize = 3\n", "groups.size"),
        ("[groups]\nsmallest = 2.5\n", "groups.smallest"),
        ("[groups]\nsmallest = '3'\n", "groups.smallest"),
        ("[groups]\nsmallest = true\n", "groups.smallest"),
        ("[groups]\none_area = 1\n", "groups.one_area"),
        ("[groups]\nsmallest = 9\n", "groups"),
        ("[groups]\nneed_at = nan\n", "groups"),
        ("[playlists]\nweeks = 0\n", "playlists"),
        ("[checks]\nthreshold = 80\n", "checks"),
        ("[checks]\nthreshold = nan\n", "checks"),
        ("[checks]\nthreshold = '80 %'\n", "checks.threshold"),
        ("[benchmark]\ncut = 1\n", "benchmark"),
        ("[benchmark]\nstrength = 'big'\n", "benchmark.strength"),
    ],
)
def test_bad_rules_are_refused_by_name(text, where):
    with pytest.raises(BadRules) as caught:
        read_rules_toml(text)
    assert caught.value.where == where
