"""The benchmark runs from a clone without real answers and prints figures and data alike."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def bench(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "bench_grouping.py"), "--students", "12", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "REGROUP_DATA": "no-such-folder"},
        check=True,
        capture_output=True,
        text=True,
        timeout=100,
    ).stdout


def test_each_figure_is_one_line_with_what_stands_beside_it():
    lines = bench().splitlines()
    pattern = re.compile(r"generated 12 .+  [\d.e+-]+  (%|s)  \(beside: .+, ratio .+, goal .+\)")
    assert lines
    assert all(pattern.fullmatch(line) for line in lines)


def test_the_data_say_that_groups_by_need_are_worth_more_than_a_split_by_score():
    figures = {one["name"]: one for one in json.loads(bench("--json"))}
    share = figures["generated 12 share of bound"]
    assert share["value"] > share["peer_value"]
    assert share["value"] > 99.5
