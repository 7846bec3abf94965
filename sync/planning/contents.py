"""What is in a unit: our page, our check, links to the teacher's own. Closed before it is put in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sync import keys
from sync.names import require_fit, unit_name_faults
from sync.planning.desk import Desk, quoted
from sync.records import ItemKind, Json
from sync.wanted import Action, Actual, WantedCheck, WantedPage, WantedUnit

FOLDER_NAME = "Practice checks"
"""Our assignment group. Students see it in their list of assignments."""


def folder_step(desk: Desk, actual: Actual, *, is_needed: bool) -> str | None:
    """The step that makes our folder for checks, if it is needed and not there."""
    if not is_needed or (desk.link(keys.CHECK_FOLDER) and actual.has_check_folder):
        return None
    return desk.add(
        Action.CREATE_CHECK_FOLDER,
        keys.CHECK_FOLDER,
        f"Make {desk.labels.check_folder} {quoted(FOLDER_NAME)}, which counts for nothing",
        {"name": FOLDER_NAME, "look_first": desk.cut_off(keys.CHECK_FOLDER) is not None},
        wrote={"name": FOLDER_NAME},
    )


@dataclass(frozen=True, slots=True)
class Filling:
    """How one unit is filled: `name` as it stands in the LMS, `after` the steps that come first.

    `standing` are the keys of items that stand in the unit or that a teacher took out: not put in again.
    """

    desk: Desk
    unit: WantedUnit
    name: str
    after: tuple[str, ...]
    folder: str | None
    standing: Collection[str] = ()

    def steps(self) -> list[str]:
        """Adds the steps for whatever is missing; gives their last ids."""
        steps: list[str] = []
        if self.unit.page is not None:
            steps += self._page(self.unit.page)
        if self.unit.check is not None:
            steps += self._check(self.unit.check)
        for index, link in enumerate(self.unit.links, start=1):
            arguments: dict[str, Json] = {"kind": ItemKind.LINK, "target": link.url, "title": link.title}
            steps += self._item(f"link/{index}", arguments, [])
        return steps

    def _page(self, page: WantedPage) -> list[str]:
        desk, key = self.desk, keys.page(self.unit.key)
        require_fit(unit_name_faults(page.title, desk.people), of=desk.labels.page)
        steps: list[str] = []
        link = desk.link(key)
        if link is None:
            steps = [
                desk.add(
                    Action.CREATE_PAGE,
                    key,
                    f"Make {desk.labels.page} {quoted(page.title)}",
                    {"title": page.title, "body": page.body, **self._marks(key)},
                    wrote={"title": page.title, "body": digest(page.body)},
                )
            ]
        if link is None or link.wrote.get("is_hidden") is not True:
            label = f"Hide {desk.labels.page} {quoted(page.title)} from the rest of the class"
            steps = [
                desk.add(Action.HIDE_PAGE, key, label, {"page": key}, wrote={"is_hidden": True}, after=steps)
            ]
        return self._item("page", {"kind": ItemKind.PAGE, "target_link": key, "title": page.title}, steps)

    def _check(self, check: WantedCheck) -> list[str]:
        desk, key = self.desk, keys.check(self.unit.key)
        require_fit(unit_name_faults(check.title, desk.people), of=desk.labels.check)
        steps: list[str] = []
        if desk.link(key) is None:
            arguments: dict[str, Json] = {
                "title": check.title,
                "points": check.points,
                "description": check.description,
                "submission_types": list(check.submission_types),
                "folder": keys.CHECK_FOLDER,
                **self._marks(key),
            }
            label = (
                f"Make {desk.labels.check} {quoted(check.title)}, {check.points:g} points that do not count"
            )
            wrote: dict[str, Json] = {"title": check.title, "points": check.points}
            after = [self.folder] if self.folder else []
            steps = [desk.add(Action.CREATE_CHECK, key, label, arguments, wrote=wrote, after=after)]
        arguments = {
            "kind": ItemKind.CHECK,
            "target_link": key,
            "title": check.title,
            "passing_fraction": check.passing_fraction,
        }
        return self._item("check", arguments, steps)

    def _item(self, part: str, arguments: Mapping[str, Json], steps: Sequence[str]) -> list[str]:
        key = keys.item(self.unit.key, part)
        if key in self.standing:
            return list(steps)
        label = f"Put {quoted(str(arguments['title']))} in {self.desk.labels.unit} {quoted(self.name)}"
        full: dict[str, Json] = {
            **arguments,
            "unit": keys.unit(self.unit.key),
            "look_first": self.desk.cut_off(key) is not None,
        }
        return [self.desk.add(Action.ADD_ITEM, key, label, full, after=[*self.after, *steps])]

    def _marks(self, key: str) -> dict[str, Json]:
        is_cut_off = self.desk.cut_off(key) is not None
        return {"marker": keys.marker(self.desk.course, key), "look_first": is_cut_off}


def digest(body: str) -> str:
    """A short fingerprint of a text, so that a link need not keep the text."""
    return sha256(body.encode()).hexdigest()[:16]
