"""Modules and who they are assigned to. Source: canvas.md 4.3 and 4.4, canvas-visibility.md 1.3 and 4."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import bad_request, not_found
from sandbox.canvas.lookups import course_for, member, module_in
from sandbox.canvas.module_item_json import item_json
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_bool, as_ids, as_int, as_time, group, includes, params, stamp
from sandbox.canvas.permissions import is_staff, my_rights, need
from sandbox.current import base_url
from sandbox.world import work
from sandbox.world.model import Course, Module, ModuleItem, User
from sandbox.world.progress import module_state
from sandbox.world.visibility import (
    Audiences,
    audiences,
    items_in_order,
    modules_for,
    modules_in_order,
    modules_with_items,
)

Shown = tuple[Module, list[ModuleItem]]


class Viewpoint:
    """Whose eyes see the modules: staff see all; a student, or `student_id`, only what is theirs."""

    def __init__(self, course: Course) -> None:
        self.course, self.rights = course, my_rights(course)
        asked = params().get("student_id")
        self.student: User | None = None
        if asked:
            need(course, "view_all_grades", "manage_grades")
            self.student = member(course, str(asked))
        elif not is_staff(self.rights):
            self.student = me()

    @cached_property
    def facts(self) -> Audiences:
        """What the student's view rests on, gathered once."""
        return audiences(world(), self.course.id, only_user=self.student.id if self.student else 0)

    def modules(self) -> list[Shown]:
        """All modules to be seen, each with its items to be seen."""
        if self.student is not None:
            return modules_for(world(), self.course.id, self.student.id)
        return modules_with_items(world(), self.course.id)

    def one(self, module: Module) -> Shown:
        """The module with its items to be seen. Raises 404 when it is hidden."""
        for shown in self.modules():
            if shown[0].id == module.id:
                return shown
        raise not_found()


def module_json(
    module: Module, items: list[ModuleItem], view: Viewpoint, *, with_items: bool
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": module.id,
        "name": module.name,
        "position": module.position,
        "unlock_at": stamp(module.unlock_at),
        "require_sequential_progress": module.require_sequential_progress,
        "requirement_type": "all",
        "publish_final_grade": module.publish_final_grade,
        "prerequisite_module_ids": module.prerequisite_module_ids,
        "items_count": len(items),
        "items_url": f"{base_url()}/api/v1/courses/{module.course_id}/modules/{module.id}/items",
    }
    if view.student is not None:
        shown["state"] = module_state(world(), module, view.student.id, view.facts)
        shown["completed_at"] = None
    if is_staff(view.rights):
        shown["published"] = module.workflow_state == "active"
    if with_items:
        shown["items"] = [item_json(i, view.rights, view.student) for i in items]
    return shown


@endpoint("GET", "/courses/<course_id>/modules")
def list_modules(course_id: str) -> Page:
    view = Viewpoint(course_for(course_id))
    found = view.modules()
    term = str(params().get("search_term", "")).lower()
    found = [shown for shown in found if term in shown[0].name.lower()]
    with_items = "items" in includes()
    return paged(found).shown(lambda shown: module_json(shown[0], shown[1], view, with_items=with_items))


@endpoint("GET", "/courses/<course_id>/modules/<id>")
def show_module(course_id: str, id: str) -> dict[str, Any]:
    course = course_for(course_id)
    view = Viewpoint(course)
    return module_json(*view.one(module_in(course, id)), view, with_items="items" in includes())


@endpoint("POST", "/courses/<course_id>/modules")
def create_module(course_id: str) -> dict[str, Any]:
    """200, always unpublished, at the end unless `position` says otherwise. Names need not be unique."""
    course = course_for(course_id, "manage_course_content_add")
    sent = group("module")
    if not sent:
        raise bad_request("missing module parameter")
    name = str(sent.get("name") or "").strip()
    if not name:
        raise bad_request("missing module name")
    module = Module(course_id=course.id, name=name, position=len(modules_in_order(world(), course.id)) + 1)
    fields = _fields(sent)
    world().add(module)
    _apply(course, module, sent, fields)
    return _staff_view(course, module)


def _fields(sent: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if "unlock_at" in sent:
        fields["unlock_at"] = as_time(sent["unlock_at"], "unlock_at")
    for name in ("require_sequential_progress", "publish_final_grade"):
        if name in sent:
            fields[name] = as_bool(sent[name])
    if sent.get("position"):
        fields["position"] = as_int(sent["position"], "position")
    if str(sent.get("name") or "").strip():
        fields["name"] = str(sent["name"]).strip()
    return fields


def _apply(course: Course, module: Module, sent: dict[str, Any], fields: dict[str, Any]) -> None:
    position = fields.pop("position", None)
    for name, value in fields.items():
        setattr(module, name, value)
    if position is not None:
        others = [m for m in modules_in_order(world(), course.id) if m.id != module.id]
        others.insert(max(0, position - 1), module)
        for place, other in enumerate(others, 1):
            other.position = place
    if "prerequisite_module_ids" in sent:
        wanted = as_ids(sent["prerequisite_module_ids"])
        before = {m.id for m in modules_in_order(world(), course.id) if m.position < module.position}
        module.prerequisite_module_ids = [i for i in wanted if i in before]


def _staff_view(course: Course, module: Module) -> dict[str, Any]:
    return module_json(module, items_in_order(world(), module.id), Viewpoint(course), with_items=False)


@endpoint("PUT", "/courses/<course_id>/modules/<id>")
def update_module(course_id: str, id: str) -> dict[str, Any]:
    """`published` carries all items with it, unless `skip_content_tags`. Handed-in work stays published."""
    course = course_for(course_id, "manage_course_content_edit")
    module, sent = module_in(course, id), group("module")
    _apply(course, module, sent, _fields(sent))
    warning = False
    if "published" in sent:
        skip = as_bool(sent.get("skip_content_tags"))
        warning = not work.set_module_published(world(), module, as_bool(sent["published"]), skip_items=skip)
    extra = {"publish_warning": False, "publish_warning_items": [], "relock_warning": False}
    return _staff_view(course, module) | extra | ({"unpublish_warning": True} if warning else {})


@endpoint("DELETE", "/courses/<course_id>/modules/<id>")
def delete_module(course_id: str, id: str) -> dict[str, Any]:
    course = course_for(course_id, "manage_course_content_delete")
    module = module_in(course, id)
    shown = _staff_view(course, module)
    work.delete_module(world(), module)
    return shown
