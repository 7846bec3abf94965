"""Units in Canvas: a module that only its students see, by the fail-closed recipe of canvas-visibility.md 7.

What holds at every moment, whatever call is the last one: a check is restricted to overrides (of which it
has none of its own) and not published, a page likewise, and the audience stands on the module before the
module is published. So a run that is killed anywhere shows nobody anything.
"""

from collections.abc import Collection, Sequence
from html import escape

from sync.errors import BadReply, CannotDo, NotFound, Refused
from sync.records import ItemKind, Json, LmsItem, LmsUnit
from sync.vendors.canvas.client import CanvasClient, number
from sync.vendors.canvas.parse import AssignmentShape, SubmissionShape, unit_of
from sync.wanted import WantedCheck, WantedPage


class CanvasUnits:
    """A UnitWriter. Pages are known by their slug, checks by their assignment id."""

    def __init__(self, client: CanvasClient) -> None:
        self._client = client

    def list(self, course: str, audiences_of: Collection[str]) -> list[LmsUnit]:
        """Every module with its items; one more call for each audience and each module too big to list."""
        units = []
        for module in self._client.modules(course):
            items = module.items if module.items is not None else self._client.items(course, module.id)
            asked = module.id in audiences_of
            overrides = self._client.module_audience(course, module.id) if asked else []
            units.append(unit_of(module, items, overrides))
        return units

    def find_check_folder(self, course: str, name: str) -> str | None:
        """The assignment group of this name."""
        return next((each.id for each in self._client.folders(course) if each.name == name), None)

    def create_check_folder(self, course: str, name: str) -> str:
        """An assignment group of its own, with no weight."""
        return self._client.create_folder(course, name)

    def has_check_folder(self, course: str, folder: str) -> bool:
        """False once a teacher deleted the assignment group."""
        return any(each.id == folder for each in self._client.folders(course))

    def find_unit(self, course: str, name: str, besides: Collection[str]) -> str | None:
        """A module of this name that is not published and holds nothing: just made, its answer lost."""
        for module in self._client.modules(course, name):
            is_new = not module.published and not module.items
            if module.name == name and is_new and module.id not in besides:
                return module.id
        return None

    def create_unit(self, course: str, name: str, position: int | None) -> str:
        """A module, unpublished as Canvas makes them."""
        fields: dict[str, Json] = {"name": name}
        if position is not None:
            fields["position"] = position
        return self._client.create_module(course, fields)

    def rename_unit(self, course: str, unit: str, name: str) -> None:
        """The module's new name."""
        self._client.change_module(course, unit, {"name": name})

    def set_audience(self, course: str, unit: str, students: frozenset[str], marker: str) -> None:
        """One list of students on the module, then read back: Canvas drops unknown ids in silence."""
        if not students:
            raise CannotDo("A unit for nobody has to be closed; an empty audience would open it to all.")
        self._client.set_module_audience(course, unit, marker, students)
        overrides = self._client.module_audience(course, unit)
        kept = frozenset(person.id for entry in overrides for person in entry.students or [])
        if len(overrides) != 1 or kept - students:
            raise BadReply("Canvas keeps another audience than we gave.", field="overrides")
        if kept != students:
            raise Refused(
                f"{len(students - kept)} of {len(students)} students are not in the course any more."
            )

    def find_page(self, course: str, title: str, marker: str) -> str | None:
        """The slug of the page that bears our marker."""
        for shape in self._client.pages(course, title):
            if shape.title == title:
                body = shape.body if shape.body is not None else self._client.page(course, shape.url).body
                if _bears(marker, body):
                    return shape.url
        return None

    def create_page(self, course: str, page: WantedPage, marker: str) -> str:
        """A page of our own, not published."""
        return self._client.create_page(course, page.title, _marked(page.body, marker))

    def hide_page(self, course: str, page: str) -> None:
        """Restricted to overrides: only through a module of theirs do students see it."""
        self._client.restrict_page(course, page)

    def find_check(self, course: str, title: str, marker: str) -> str | None:
        """The assignment that bears our marker."""
        found = self._client.assignments(course, search=title)
        return next((each.id for each in found if _bears(marker, each.description)), None)

    def create_check(self, course: str, folder: str, check: WantedCheck, marker: str) -> str:
        """An assignment of our own: it counts for nothing, nags nobody, is closed until a module opens it."""
        fields: dict[str, Json] = {
            "name": check.title,
            "description": _marked(check.description, marker),
            "points_possible": check.points,
            "grading_type": "points",
            "submission_types": list(check.submission_types),
            "assignment_group_id": number(folder),
            "only_visible_to_overrides": True,
            "published": False,
            "omit_from_final_grade": True,
            "post_to_sis": False,
            "notify_of_update": False,
        }
        return self._client.create_assignment(course, fields).id

    def find_item(self, course: str, unit: str, kind: ItemKind, target: str) -> str | None:
        """The item that holds this page, check or link."""
        items: list[LmsItem] = [shape.record() for shape in self._client.items(course, unit)]
        return next((each.lms_id for each in items if (each.kind, each.target_id) == (kind, target)), None)

    def add_item(
        self, course: str, unit: str, kind: ItemKind, target: str, title: str, passing_fraction: float | None
    ) -> str:
        """The page, check or link at the end of the module. A passing fraction marks a check as done."""
        fields: dict[str, Json] = {"title": title}
        if kind is ItemKind.PAGE:
            fields |= {"type": "Page", "page_url": target}
        elif kind is ItemKind.CHECK:
            fields |= {"type": "Assignment", "content_id": number(target)}
        elif kind is ItemKind.LINK:
            fields |= {"type": "ExternalUrl", "external_url": target, "new_tab": True}
        else:
            raise CannotDo("Only pages, checks and links are put into a unit.")
        if passing_fraction is not None and kind is ItemKind.CHECK:
            percentage = round(passing_fraction * 100, 2)
            fields["completion_requirement"] = {"type": "min_percentage", "min_percentage": percentage}
        return self._client.create_item(course, unit, fields)

    def open_unit(self, course: str, unit: str, checks: Sequence[str]) -> None:
        """Publishes the module and its items, once every check is proven closed to the rest of the class."""
        for check in checks:
            _require_closed(self._client.assignment(course, check))
        if not self._client.change_module(course, unit, {"published": True}).published:
            raise BadReply("Canvas did not publish the module.", field="published")

    def close_unit(self, course: str, unit: str) -> None:
        """Unpublishes the module; Canvas keeps an item published, but locked, if students have work in it."""
        self._client.change_module(course, unit, {"published": False})

    def remove_unit(self, course: str, unit: str) -> None:
        """Deletes the module. Its restricted pages and checks are then visible to nobody."""
        self._client.delete_module(course, unit)

    def remove_check(self, course: str, check: str) -> None:
        """Deletes the assignment, unless a student has work in it: asked anew just before."""
        if any(cell.record(None).has_work for cell in self._submissions(course, check)):
            raise Refused("A student handed in work meanwhile, so nothing of this unit is removed.")
        self._client.delete_assignment(course, check)

    def _submissions(self, course: str, check: str) -> Sequence[SubmissionShape]:
        try:
            return self._client.submissions_of(course, check)
        except NotFound:
            return []  # the check is gone already

    def remove_page(self, course: str, page: str) -> None:
        """Deletes our page."""
        self._client.delete_page(course, page)


def _require_closed(shape: AssignmentShape) -> None:
    # `visible_to_everyone` is computed live from overrides and modules (canvas-visibility 1.3).
    if not shape.only_visible_to_overrides or shape.visible_to_everyone is not False:
        raise Refused("A check of this unit would be seen by the whole class, so the unit stays closed.")


def _marked(html: str, marker: str) -> str:
    return f'<div class="{escape(marker, quote=True)}">{html}</div>'


def _bears(marker: str, html: str | None) -> bool:
    return f'class="{escape(marker, quote=True)}"' in (html or "")
