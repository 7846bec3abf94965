"""Wanted x actual x what we last wrote -> the list of changes. Pure; it is also the teacher's preview."""

from collections.abc import Collection, Mapping

from sync import keys
from sync.planning.columns import plan_columns
from sync.planning.contents import folder_step
from sync.planning.desk import Desk, quoted, text
from sync.planning.groups import plan_groups
from sync.planning.units import plan_units
from sync.records import Labels, Link
from sync.wanted import (
    Action,
    Actual,
    Change,
    Drift,
    Plan,
    Wanted,
    WantedCheck,
    WantedGroup,
    WantedLineItem,
    WantedLink,
    WantedPage,
    WantedScore,
    WantedUnit,
)

__all__ = [
    "Action",
    "Actual",
    "Change",
    "Drift",
    "Plan",
    "Wanted",
    "WantedCheck",
    "WantedGroup",
    "WantedLineItem",
    "WantedLink",
    "WantedPage",
    "WantedScore",
    "WantedUnit",
    "plan",
]


def plan(
    wanted: Wanted,
    actual: Actual,
    links: Mapping[str, Link],
    *,
    course: str,
    labels: Labels,
    costs: Mapping[Action, int],
    people: Collection[str] = (),
) -> Plan:
    """The steps from `actual` to `wanted`, in the order to carry them out, and what is left alone.

    `people` are names of the context's learners, which no name we write may hold; such a name, a level word
    or a code raises UnfitName. Equal states give no change.
    """
    desk = Desk(course, labels, costs, links, people)
    plan_groups(desk, wanted.groups, actual.groups)
    lacks_check = any(unit.check and not desk.link(keys.check(unit.key)) for unit in wanted.units)
    lacks_column = any(not desk.link(keys.line_item(item.key)) for item in wanted.line_items)
    folder = folder_step(desk, actual, is_needed=lacks_check or lacks_column)
    plan_units(desk, wanted.units, actual, folder)
    plan_columns(desk, wanted.line_items, wanted.scores, actual, folder)
    _tell_cut_off(desk)
    return Plan(tuple(desk.changes), tuple(desk.left_alone))


def _tell_cut_off(desk: Desk) -> None:
    """Lists what a run that never ended may have left, where this plan does not take it up again."""
    planned = {change.key for change in desk.changes}
    for key in desk.links:
        cut_off = desk.cut_off(key)
        if cut_off is not None and key not in planned:
            name = text(cut_off, "name") or text(cut_off, "title") or text(cut_off, "label") or key
            why = "Its making was cut off. If it is there, closed and empty, remove it by hand."
            desk.leave(key, quoted(name), why)
