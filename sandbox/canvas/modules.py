"""Modules. Source: canvas.md 4.3, canvas-visibility.md 1.3, 4 and 5."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import bad_request, not_found
from sandbox.canvas.lookups import course_for, member, module_in
from sandbox.canvas.module_item_json import item_json
from sandbox.canvas.paging import MOST_PER_PAGE, Page, paged
from sandbox.canvas.params import as_bool, as_ids, as_int, as_time, group, includes, params, stamp
from sandbox.canvas.permissions import is_staff, my_rights, need
from sandbox.current import base_url
from sandbox.world import notices, work
from sandbox.world.model import Course, Module, ModuleItem, User
from sandbox.world.progress import module_saved, progression, relock
from sandbox.world.visibility import (
    Audiences,
    audiences,
    eyes,
    items_in_order,
    modules_in_order,
    modules_seen,
    modules_with_items,
)

Shown = tuple[Module, list[ModuleItem]]


class Viewpoint:
    """Whose eyes see the modules: staff see all; a student, or `student_id`, only what is theirs.

    An observer sees what the linked students see, together; without one, all that is published.
    """

    def __init__(self, course: Course) -> None:
        self.course, self.rights = course, my_rights(course)
        asked = params().get("student_id")
        self.student: User | None = None
        self.sees_all = False
        self.users: frozenset[int] | None = None
        if asked:
            need(course, "view_all_grades", "manage_grades")
            self.student = member(course, str(asked))
            self.users = frozenset({self.student.id})
        elif is_staff(self.rights):
            self.sees_all = True
        else:
            self.student = me()
            self.users = eyes(world(), course.id, me().id)

    @cached_property
    def facts(self) -> Audiences:
        """What the student's progress rests on, gathered once."""
        return audiences(world(), self.course.id, only_user=self.student.id if self.student else 0)

    def modules(self) -> list[Shown]:
        """All modules to be seen, each with its items to be seen. May be minutes old, as in Canvas."""
        if self.sees_all:
            return modules_with_items(world(), self.course.id)
        return modules_seen(world(), self.course.id, self.users)

    def one(self, module: Module) -> Shown:
        """The module with its items to be seen. Raises 404 when it is hidden."""
        for shown in self.modules():
            if shown[0].id == module.id:
                return shown
        raise not_found()

    def item(self, item: ModuleItem) -> dict[str, Any]:
        """An item as JSON for these eyes."""
        return item_json(item, self.rights, self.student, self.facts if self.student else None)


def module_json(
    module: Module, items: list[ModuleItem], view: Viewpoint, *, with_items: bool
) -> dict[str, Any]:
    """The module; its items are left out, though asked for, when there are more than 100.

    `state` is how far the student came: a module that was open stays so in it when its time is put off.
    Source: instructure/canvas-lms lib/api/v1/context_module.rb.
    """
    shown: dict[str, Any] = {
        "id": module.id,
        "name": module.name,
        "position": module.position,
        "unlock_at": stamp(module.unlock_at),
        "require_sequential_progress": module.require_sequential_progress,
        "requirement_type": "one" if module.requirement_count == 1 else "all",
        "publish_final_grade": module.publish_final_grade,
        "prerequisite_module_ids": module.prerequisite_module_ids,
        "items_count": len(items),
        "items_url": f"{base_url()}/api/v1/courses/{module.course_id}/modules/{module.id}/items",
    }
    if view.student is not None and view.student.id in view.facts.assigned:
        kept = progression(world(), module, view.student.id, view.facts)
        shown |= {"state": kept.workflow_state, "completed_at": stamp(kept.completed_at)}
    if is_staff(view.rights):
        shown["published"] = module.workflow_state == "active"
    if with_items and len(items) <= MOST_PER_PAGE:
        shown["items"] = [view.item(i) for i in items]
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
    """`published` carries all items with it, unless `skip_content_tags`. Handed-in work stays published.

    Every save makes the module's progressions be worked out again; none of them is locked by it.
    """
    course = course_for(course_id, "manage_course_content_edit")
    module, sent = module_in(course, id), group("module")
    was = (module.workflow_state, set(module.prerequisite_module_ids), module.unlock_at)
    _apply(course, module, sent, _fields(sent))
    stuck = False
    if "published" in sent:
        skip = as_bool(sent.get("skip_content_tags"))
        wanted = as_bool(sent["published"])
        with notices.telling_of_new_work(world(), course.id):
            stuck = not work.set_module_published(world(), module, wanted, skip_items=skip)
    module_saved(world(), module)
    extra: dict[str, Any] = {"publish_warning": False, "publish_warning_items": []}
    extra["relock_warning"] = _asks_for_relock(course, module, *was)
    return _staff_view(course, module) | extra | ({"unpublish_warning": True} if stuck else {})


def _asks_for_relock(
    course: Course, module: Module, state: str, prerequisites: set[int], unlock_at: datetime | None
) -> bool:
    """Whether what was changed is stricter, so that students already inside might be locked out by `relock`.

    After instructure/canvas-lms app/models/context_module.rb (`relock_warning_check`), without requirements,
    which change through items.
    """
    if course.workflow_state != "available" or module.workflow_state != "active":
        return False
    asks = any(i.completion_requirement for i in items_in_order(world(), module.id))
    if state == "unpublished":
        modules = world().live(Module, course_id=course.id, workflow_state="active")
        is_awaited = any(module.id in m.prerequisite_module_ids for m in modules)
        return bool(is_awaited or module.prerequisite_module_ids or asks or module.unlock_at)
    later = module.unlock_at is not None and (unlock_at is None or unlock_at < module.unlock_at)
    return later or bool(set(module.prerequisite_module_ids) - prerequisites)


@endpoint("PUT", "/courses/<course_id>/modules/<id>/relock")
def relock_module(course_id: str, id: str) -> dict[str, Any]:
    """Locks the module and those after it for all, until each student's progress is worked out again."""
    course = course_for(course_id, "manage_course_content_edit")
    module = module_in(course, id)
    relock(world(), module)
    return _staff_view(course, module)


@endpoint("PUT", "/courses/<course_id>/modules")
def update_modules(course_id: str) -> dict[str, Any]:
    """`event`: publish, unpublish or delete, for all of `module_ids`. {completed: [id]}; `async` adds a
    Progress, which here has ended already."""
    course = course_for(course_id, "manage_course_content_edit", "manage_course_content_delete")
    event, ids = params().get("event"), as_ids(params().get("module_ids"))
    if not event:
        raise bad_request("need to specify event")
    if event not in ("publish", "unpublish", "delete"):
        raise bad_request("invalid event")
    if not ids:
        raise bad_request("must specify module_ids[]")
    modules = [m for m in modules_in_order(world(), course.id) if m.id in ids]
    if not modules:
        raise not_found()
    need(course, "manage_course_content_delete" if event == "delete" else "manage_course_content_edit")
    skip = as_bool(params().get("skip_content_tags"))
    for module in modules:
        if event == "delete":
            work.delete_module(world(), module)
        else:
            with notices.telling_of_new_work(world(), course.id):
                work.set_module_published(world(), module, event == "publish", skip_items=skip)
            module_saved(world(), module)
    return {"completed": [m.id for m in modules]}


@endpoint("DELETE", "/courses/<course_id>/modules/<id>")
def delete_module(course_id: str, id: str) -> dict[str, Any]:
    course = course_for(course_id, "manage_course_content_delete")
    module = module_in(course, id)
    shown = _staff_view(course, module)
    work.delete_module(world(), module)
    return shown
