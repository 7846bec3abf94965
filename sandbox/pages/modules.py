"""The modules page: for a student just what that student sees, for a teacher everything and who it is for."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sandbox.pages.courses import course_frame
from sandbox.pages.guards import NotAvailable, Place, in_course
from sandbox.pages.progress import ItemProgress, item_progress
from sandbox.platform.facts import tools_for
from sandbox.world.model import CourseFile, Module, ModuleItem, ResourceLink, WikiPage
from sandbox.world.visibility import (
    Audiences,
    audiences,
    items_in_order,
    matching,
    modules_for,
    modules_in_order,
)
from sandbox.world.work import tool_of_url

blueprint = Blueprint("modules", __name__)


@dataclass(frozen=True, slots=True)
class ShownItem:
    item: ModuleItem
    address: str
    progress: ItemProgress | None
    """None for staff, and for what has nothing to be done."""


@dataclass(frozen=True, slots=True)
class ShownModule:
    module: Module
    items: list[ShownItem]
    audience: str
    """For staff: who it is for, in words. Empty for students."""
    done: int
    to_do: int


@blueprint.get("/courses/<int:course_id>/modules")
@in_course
def modules(place: Place) -> str:
    """The course's modules in order; for staff also through a student's eyes, `?as=` the student's id."""
    students = place.students() if place.is_staff else []
    eyes = next((each for each in students if each.id == request.args.get("as", type=int)), None)
    learner_id = eyes.id if eyes is not None else place.learner_id
    shown = _for_staff(place) if learner_id is None else _for_student(place, learner_id)
    return render_template(
        "pages/modules.html", **course_frame(place, "modules"), modules=shown, students=students, eyes=eyes
    )


@blueprint.get("/courses/<int:course_id>/modules/items/<int:item_id>")
@in_course
def item(place: Place, item_id: int) -> Response:
    """Leads to what an item stands for. As in Canvas it asks only whether item and module are published."""
    found = place.world.get(ModuleItem, item_id)
    if found is None or found.course_id != place.course.id or found.workflow_state == "deleted":
        raise NotAvailable("There is no such item.")
    module = place.world.get(Module, found.module_id)
    is_open = found.workflow_state == "active" and module is not None and module.workflow_state == "active"
    if not is_open and not place.is_staff:
        raise NotAvailable("This item is not available.")
    return redirect(address_of(place, found) or url_for(".modules", course_id=place.course.id), 303)


def _for_student(place: Place, learner_id: int) -> list[ShownModule]:
    shown = []
    for module, items in modules_for(place.world, place.course.id, learner_id):
        rows = [
            ShownItem(item, address_of(place, item), item_progress(place.world, item, learner_id))
            for item in items
        ]
        wanted = [row.progress for row in rows if row.progress is not None and row.progress.is_required]
        done = sum(1 for progress in wanted if progress.is_done)
        shown.append(ShownModule(module, rows, "", done, len(wanted)))
    return shown


def _for_staff(place: Place) -> list[ShownModule]:
    facts = audiences(place.world, place.course.id)
    return [
        ShownModule(
            module,
            [
                ShownItem(item, address_of(place, item), None)
                for item in items_in_order(place.world, module.id)
            ],
            audience_words(facts, module),
            0,
            0,
        )
        for module in modules_in_order(place.world, place.course.id)
    ]


def audience_words(facts: Audiences, module: Module) -> str:
    """Who the module is for once published: everyone, or so many students."""
    overrides = facts.module_overrides.get(module.id, [])
    if not overrides:
        return "everyone"
    size = len(set[int]().union(*(matching(facts, override) for override in overrides)))
    return "nobody" if size == 0 else "1 student" if size == 1 else f"{size} students"


def address_of(place: Place, item: ModuleItem) -> str:
    """Where the item leads; "" for a header and for what is gone."""
    world, course_id = place.world, place.course.id
    if item.type == "Assignment":
        return url_for("pages.work.assignment", course_id=course_id, assignment_id=item.content_id)
    if item.type == "Page":
        page = world.get(WikiPage, item.content_id)
        return url_for("pages.work.page", course_id=course_id, slug=page.url) if page else ""
    if item.type == "File":
        file = world.get(CourseFile, item.content_id)
        return url_for("pages.work.file", course_id=course_id, file_id=file.id) if file else ""
    if item.type == "ExternalTool":
        if any(world.live(ResourceLink, module_item_id=item.id)):
            return url_for("pages.tools.item_page", course_id=course_id, item_id=item.id)
        tool = tool_of_url(world, item.external_url or "")
        is_here = tool in tools_for(world, place.course, "course_navigation")
        if tool is not None and is_here:
            return url_for("pages.tools.in_course_page", course_id=course_id, tool_id=tool.id)
    url = item.external_url or ""
    return url if url.startswith(("http://", "https://")) else ""
