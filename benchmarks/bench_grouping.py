"""Skill and mixed groups beside simpler ways of grouping: worth, gap to the proven bound, seconds."""

from __future__ import annotations

import argparse
import csv
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from grouping.focus import group_sums, group_values
from grouping.local_search import focus_start, improve
from grouping.mastery import estimate
from grouping.mixed_groups import form_mixed_groups
from grouping.model import Evidence, GroupSet, Skill, SkillCode, StudentId
from grouping.needs import NeedTable, cells_of, need_table
from grouping.pattern_model import focus_patterns
from grouping.rules import GroupingRules
from grouping.seats import even_sizes, seats_for
from grouping.skill_groups import form_skill_groups
from grouping.tables import read_item_map_csv

ROOT = Path(__file__).parents[1]
SIZES = (28, 120)
DRAWS = 20
REPEATS = 5
CLUSTERS = (
    (0.92, 0.80, 0.55, 0.90, 0.80, 0.22, 0.15, 0.25),
    (0.35, 0.88, 0.82, 0.45, 0.15, 0.70, 0.55, 0.75),
    (0.50, 0.25, 0.15, 0.60, 0.20, 0.10, 0.05, 0.10),
    (0.97, 0.97, 0.95, 0.95, 0.85, 0.90, 0.60, 0.85),
)


@dataclass(frozen=True)
class Figure:
    """One line of the report; `ratio` is value / peer."""

    name: str
    value: float
    unit: str
    peer: str
    peer_value: float
    goal: str

    def line(self) -> str:
        ratio = f"ratio {self.value / self.peer_value:.3f}" if self.peer_value else "ratio -"
        beside = f"{self.peer} {self.peer_value:.4g}, {ratio}, goal {self.goal}"
        return f"{self.name}  {self.value:.4g}  {self.unit}  (beside: {beside})"


def real_class(students: int) -> tuple[list[Evidence], list[Skill]] | None:
    """The first students of frcsub; None where REGROUP_DATA does not hold it."""
    folder = (ROOT / os.environ.get("REGROUP_DATA", "../shared/data") / "frcsub").resolve()
    if not (folder / "responses.csv").is_file():
        return None
    skills_of = read_item_map_csv((folder / "qmatrix.csv").read_text("utf-8"))
    with (folder / "responses.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    asked = set(sorted({row["student_id"] for row in rows})[:students])
    evidence = [
        _answer(row["student_id"], row["item_id"], skills_of[row["item_id"]], float(row["correct"]))
        for row in rows
        if row["student_id"] in asked
    ]
    codes = sorted({code for found in skills_of.values() for code in found})
    return evidence, [Skill(code, code, "math", None) for code in codes]


def generated_class(students: int, seed: int = 7) -> tuple[list[Evidence], list[Skill]]:
    """Students of four clusters of need, three answers on each of eight skills."""
    chance = np.random.default_rng(seed)
    codes = [SkillCode(f"k{k}") for k in range(len(CLUSTERS[0]))]
    evidence = []
    for n in range(students):
        chances = CLUSTERS[int(chance.integers(len(CLUSTERS)))]
        for code, share in zip(codes, chances, strict=True):
            marks = chance.random(3) < share
            evidence += [
                _answer(f"s{n:04}", f"{code}-{i}", (code,), float(mark)) for i, mark in enumerate(marks)
            ]
    return evidence, [Skill(code, code, "math", None) for code in codes]


def _answer(student: str, item: str, skills: tuple[SkillCode, ...], points: float) -> Evidence:
    return Evidence(StudentId(student), item, skills, points, 1.0, None, "benchmark")


def seconds(work: Callable[[], object]) -> float:
    """Median of five runs."""
    times = []
    for _ in range(REPEATS):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times)


def worth(table: NeedTable, places: NDArray[np.intp], rules: GroupingRules) -> float:
    """What these groups are worth, each with the focus that suits it most."""
    areas = table.columns_of_areas(one_area=True)
    return float(group_values(group_sums(table.value, places), areas, rules.focus_size).sum())


def dealt(order: Sequence[int], groups: int) -> NDArray[np.intp]:
    """Group numbers when students are cut, in this order, into even groups."""
    places = np.empty(len(order), dtype=np.intp)
    places[list(order)] = np.repeat(np.arange(groups), even_sizes(len(order), groups))
    return places


def between_share(table: NeedTable, places: NDArray[np.intp]) -> float:
    """Share of the scatter of overall estimates that lies between groups."""
    means = np.bincount(places, weights=table.level) / np.bincount(places)
    middle = table.level.mean()
    return float(((means[places] - middle) ** 2).sum() / ((table.level - middle) ** 2).sum())


def fast_form(table: NeedTable, rules: GroupingRules) -> NDArray[np.intp]:
    """The local search alone, from its own start."""
    areas = table.columns_of_areas(one_area=True)
    patterns, _ = focus_patterns(table.value, areas, rules.focus_size, rules.most_patterns)
    seats = seats_for(len(table.students), rules)
    return improve(table.value, focus_start(table.value, patterns, seats), areas, rules.focus_size, seats)


def figures(name: str, evidence: list[Evidence], skills: list[Skill]) -> list[Figure]:
    """All figures of one class."""
    students = sorted({row.student for row in evidence})
    mastery = estimate(evidence, students=students, skills=skills)
    groups = -(-len(students) // 5)
    rules = GroupingRules(times=groups, focus_size=3)
    table = need_table(cells_of(mastery), skills, rules)
    found = form_skill_groups(mastery, skills, rules)
    if found.bound is None:
        raise ArithmeticError("no proven bound to compare with")
    percent = 100 / found.bound
    quantile = percent * worth(table, dealt(np.argsort(table.level, kind="stable").tolist(), groups), rules)
    chance = np.random.default_rng(1)
    draws = [dealt(chance.permutation(len(students)).tolist(), groups) for _ in range(DRAWS)]
    random = percent * fmean(worth(table, places, rules) for places in draws)
    fast = percent * worth(table, fast_form(table, rules), rules)
    exact_seconds = seconds(lambda: form_skill_groups(mastery, skills, rules))
    fast_seconds = seconds(lambda: fast_form(table, rules))
    pods = form_mixed_groups(mastery, students, rules)
    time_goal = "<= 0.5" if len(students) <= 30 else "<= 3"
    return [
        Figure(f"{name} share of bound", percent * found.value, "%", "quantile split", quantile, ">= 99.5"),
        Figure(f"{name} share of bound, again", percent * found.value, "%", "random", random, ">= 99.5"),
        Figure(f"{name} fast form share of bound", fast, "%", "quantile split", quantile, ">= 99"),
        Figure(
            f"{name} gap to bound",
            100 - percent * found.value,
            "%",
            "quantile split",
            100 - quantile,
            "<= 0.5",
        ),
        Figure(f"{name} seconds", exact_seconds, "s", "fast form", fast_seconds, time_goal),
        _mixed_figure(name, table, pods, draws),
    ]


def _mixed_figure(name: str, table: NeedTable, pods: GroupSet, draws: list[NDArray[np.intp]]) -> Figure:
    random_share = 100 * fmean(between_share(table, places) for places in draws)
    return Figure(f"{name} mixed: scatter between", 100 * pods.value, "%", "random", random_share, "near 0")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures as data")
    parser.add_argument("--students", type=int, nargs="+", default=SIZES, help="sizes of the classes")
    given = parser.parse_args()
    report: list[Figure] = []
    for size in given.students:
        real = real_class(size)
        name = f"{'frcsub' if real else 'generated'} {size}"
        found = figures(name, *(real or generated_class(size)))
        report += found
        if not given.json:
            print(*(figure.line() for figure in found), sep="\n", flush=True)
    if given.json:
        print(json.dumps([asdict(figure) for figure in report], indent=2))


if __name__ == "__main__":
    main()
