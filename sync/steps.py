"""How each kind of step is carried out, and how one whose answer was lost is found again."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from math import isclose

from sync.errors import BadReply, CannotDo, Stopped
from sync.ports import Gateway, GroupWriter, Links, ScoreWriter, StopSignal, UnitWriter
from sync.records import ItemKind, LineItem, Score
from sync.wanted import Action, Change, WantedCheck, WantedLineItem, WantedPage

PARALLEL_CALLS = 4
"""Canvas refuses near the 12th simultaneous call of one token (canvas.md 2.1)."""


class Step:
    """One change on its way: its arguments by name, and the LMS ids behind its link keys."""

    def __init__(
        self, gateway: Gateway, change: Change, links: Links, at: datetime, stop: StopSignal
    ) -> None:
        self.gateway = gateway
        self.change = change
        self.links = links
        self.at = at
        self.stop = stop
        self.course = self.text("course")

    def text(self, name: str) -> str:
        """A text argument."""
        return str(self.change.arguments[name])

    def number(self, name: str) -> float:
        """A number argument."""
        value = self.change.arguments[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadReply("A step of the plan is not readable.", field=name)
        return float(value)

    def texts(self, name: str) -> list[str]:
        """A list argument."""
        value = self.change.arguments.get(name, [])
        return [str(entry) for entry in value] if isinstance(value, list) else []

    def lms_id(self, name: str) -> str:
        """The LMS id behind the link key in this argument."""
        return self.id_of(self.text(name))

    def id_of(self, key: str) -> str:
        """The LMS id behind a link key. CannotDo when an earlier step has not made it."""
        link = self.links.get(key)
        if link is None or not link.lms_id:
            raise CannotDo(f"A step needs {key}, which is not made yet.")
        return link.lms_id

    @property
    def groups(self) -> GroupWriter:
        """The gateway's groups. CannotDo when the LMS offers none."""
        if self.gateway.groups is None:
            raise CannotDo("This LMS offers no groups.")
        return self.gateway.groups

    @property
    def units(self) -> UnitWriter:
        """The gateway's units. CannotDo when the LMS offers none."""
        if self.gateway.units is None:
            raise CannotDo("This LMS offers no units.")
        return self.gateway.units

    @property
    def scores(self) -> ScoreWriter:
        """The gateway's scores. CannotDo when the LMS offers none."""
        if self.gateway.scores is None:
            raise CannotDo("This LMS offers no gradebook columns.")
        return self.gateway.scores

    def in_parallel(self, call: Callable[[str], object], values: Sequence[str]) -> None:
        """One call for each value, a few at once; none begins after a stop or an error."""
        with ThreadPoolExecutor(min(PARALLEL_CALLS, max(1, len(values)))) as pool:
            futures = [pool.submit(self._unless_stopped, call, value) for value in values]
            try:
                for future in futures:
                    future.result()
            finally:
                for future in futures:
                    future.cancel()

    def _unless_stopped(self, call: Callable[[str], object], value: str) -> None:
        if self.stop.is_set():
            raise Stopped("The run was asked to stop.")
        call(value)


def carry_out(step: Step) -> str:
    """Does the step; gives the LMS id of what it made, or nothing where that is known or gone."""
    return _DOERS[step.change.action](step) or ""


def find_again(step: Step) -> str | None:
    """The LMS id of what an earlier try of this create made; None if there is nothing."""
    return _FINDERS[step.change.action](step)


def _add_members(step: Step) -> None:
    group = step.lms_id("group")
    step.in_parallel(lambda user: step.groups.add_member(step.course, group, user), step.texts("users"))


def _remove_members(step: Step) -> None:
    group = step.lms_id("group")
    step.in_parallel(lambda place: step.groups.remove_member(step.course, group, place), step.texts("places"))


def _create_unit(step: Step) -> str:
    position = step.change.arguments.get("position")
    return step.units.create_unit(
        step.course, step.text("name"), position if isinstance(position, int) else None
    )


def _set_audience(step: Step) -> None:
    students = frozenset(step.texts("students"))
    step.units.set_audience(step.course, step.lms_id("unit"), students, step.text("marker"))


def _create_page(step: Step) -> str:
    page = WantedPage(step.text("title"), step.text("body"))
    return step.units.create_page(step.course, page, step.text("marker"))


def _create_check(step: Step) -> str:
    types = tuple(step.texts("submission_types"))
    check = WantedCheck(step.text("title"), step.number("points"), step.text("description"), types)
    return step.units.create_check(step.course, step.lms_id("folder"), check, step.text("marker"))


def _target(step: Step) -> str:
    return step.lms_id("target_link") if "target_link" in step.change.arguments else step.text("target")


def _add_item(step: Step) -> str:
    has_threshold = step.change.arguments.get("passing_fraction") is not None
    return step.units.add_item(
        step.course,
        step.lms_id("unit"),
        ItemKind(step.text("kind")),
        _target(step),
        step.text("title"),
        step.number("passing_fraction") if has_threshold else None,
    )


def _find_item(step: Step) -> str | None:
    return step.units.find_item(step.course, step.lms_id("unit"), ItemKind(step.text("kind")), _target(step))


def _open_unit(step: Step) -> None:
    checks = [step.id_of(key) for key in step.texts("checks")]
    step.units.open_unit(step.course, step.lms_id("unit"), checks)


def _create_line_item(step: Step) -> str:
    wanted = WantedLineItem(
        step.text("resource_id"), step.text("label"), step.number("maximum"), step.text("tag")
    )
    return step.scores.create(wanted).url


def _find_line_item(step: Step) -> str | None:
    found = step.scores.find(step.text("resource_id"))
    return found.url if found else None


def _quiet_line_item(step: Step) -> None:
    line_item = LineItem(step.lms_id("line_item"), step.text("label"), 0.0, step.text("resource_id"))
    step.scores.quieten(step.course, line_item, step.lms_id("folder"))


def _send_score(step: Step) -> str:
    url = step.lms_id("line_item")
    comment = str(step.change.arguments.get("comment") or "")
    score = Score(step.text("user"), step.number("given"), step.number("maximum"), step.at, comment)
    step.scores.send(url, replace(score, replaces_ours=_holds_ours(step, url, score)))
    return url


def _holds_ours(step: Step, url: str, score: Score) -> bool:
    """Whether the gradebook holds what we sent before (cut off: just now), and no grade of a teacher's."""
    before = step.change.arguments.get("sent_before")
    if not isinstance(before, int | float):
        return False
    ours = (before / score.maximum, score.given / score.maximum)
    held = [
        result.score / result.maximum
        for result in step.scores.results(url, score.user)
        if result.user == score.user and result.score is not None and result.maximum
    ]
    return any(isclose(one, each, abs_tol=1e-4) for one in held for each in ours)


_DOERS: Mapping[Action, Callable[[Step], str | None]] = {
    Action.CREATE_GROUP: lambda step: step.groups.create(step.course, step.text("name")),
    Action.RENAME_GROUP: lambda step: step.groups.rename(
        step.course, step.lms_id("group"), step.text("name")
    ),
    Action.ADD_MEMBERS: _add_members,
    Action.REMOVE_MEMBERS: _remove_members,
    Action.REMOVE_GROUP: lambda step: step.groups.remove(step.course, step.lms_id("group")),
    Action.CREATE_CHECK_FOLDER: lambda step: step.units.create_check_folder(step.course, step.text("name")),
    Action.CREATE_UNIT: _create_unit,
    Action.RENAME_UNIT: lambda step: step.units.rename_unit(
        step.course, step.lms_id("unit"), step.text("name")
    ),
    Action.SET_AUDIENCE: _set_audience,
    Action.CREATE_PAGE: _create_page,
    Action.HIDE_PAGE: lambda step: step.units.hide_page(step.course, step.lms_id("page")),
    Action.CREATE_CHECK: _create_check,
    Action.ADD_ITEM: _add_item,
    Action.OPEN_UNIT: _open_unit,
    Action.CLOSE_UNIT: lambda step: step.units.close_unit(step.course, step.lms_id("unit")),
    Action.REMOVE_UNIT: lambda step: step.units.remove_unit(step.course, step.lms_id("unit")),
    Action.REMOVE_CHECK: lambda step: step.units.remove_check(step.course, step.lms_id("check")),
    Action.REMOVE_PAGE: lambda step: step.units.remove_page(step.course, step.lms_id("page")),
    Action.CREATE_LINE_ITEM: _create_line_item,
    Action.QUIET_LINE_ITEM: _quiet_line_item,
    Action.SEND_SCORE: _send_score,
}

_FINDERS: Mapping[Action, Callable[[Step], str | None]] = {
    Action.CREATE_GROUP: lambda step: step.groups.find(step.course, step.text("name"), step.texts("besides")),
    Action.CREATE_CHECK_FOLDER: lambda step: step.units.find_check_folder(step.course, step.text("name")),
    Action.CREATE_UNIT: lambda step: step.units.find_unit(
        step.course, step.text("name"), step.texts("besides")
    ),
    Action.CREATE_PAGE: lambda step: step.units.find_page(
        step.course, step.text("title"), step.text("marker")
    ),
    Action.CREATE_CHECK: lambda step: step.units.find_check(
        step.course, step.text("title"), step.text("marker")
    ),
    Action.ADD_ITEM: _find_item,
    Action.CREATE_LINE_ITEM: _find_line_item,
}
