"""Items of a module. Source: canvas.md 4.3."""

from __future__ import annotations

from typing import Any

from flask import redirect
from werkzeug.wrappers import Response

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import ApiError, bad_request, forbidden, invalid, not_found
from sandbox.canvas.lookups import course_for, in_course, item_in, module_in, page_in
from sandbox.canvas.module_item_json import item_json
from sandbox.canvas.modules import Viewpoint
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_bool, as_int, as_list, group, params
from sandbox.canvas.permissions import is_staff, my_rights
from sandbox.world import notices, rows, work
from sandbox.world.model import Assignment, Course, CourseFile, LtiKey, Module, ModuleItem, WikiPage
from sandbox.world.progress import is_open, item_is_open, mark, unmark
from sandbox.world.visibility import content_of, items_in_order

_TYPES = {"File", "Page", "Discussion", "Assignment", "Quiz", "SubHeader", "ExternalUrl", "ExternalTool"}
_REQUIREMENTS = {
    "must_view": {"File", "Page", "Assignment", "ExternalUrl", "ExternalTool"},
    "must_contribute": {"Page"},
    "must_submit": {"Assignment"},
    "min_score": {"Assignment"},
    "min_percentage": {"Assignment"},
    "must_mark_done": {"Page", "Assignment"},
}


@endpoint("GET", "/courses/<course_id>/modules/<module_id>/items")
def list_items(course_id: str, module_id: str) -> Page:
    course = course_for(course_id)
    view = Viewpoint(course)
    _, items = view.one(module_in(course, module_id))
    term = str(params().get("search_term", "")).lower()
    found = [i for i in items if term in i.title.lower()]
    return paged(found).shown(view.item)


@endpoint("GET", "/courses/<course_id>/modules/<module_id>/items/<id>")
def show_item(course_id: str, module_id: str, id: str) -> dict[str, Any]:
    course = course_for(course_id)
    view = Viewpoint(course)
    module = module_in(course, module_id)
    item = item_in(module, id)
    if item not in view.one(module)[1]:
        raise not_found()
    return view.item(item)


@endpoint("POST", "/courses/<course_id>/modules/<module_id>/items")
def create_item(course_id: str, module_id: str) -> dict[str, Any]:
    """200. Content brings its own published state; links and headers begin unpublished. Doubles are fine.

    `module_items: [...]` makes many: {created: [...], errors?: [{index, message}]}. Good ones are made
    though others fail. Source: instructure/canvas-lms context_module_items_api_controller.rb (`create`).
    """
    course = course_for(course_id, "manage_course_content_add")
    module = module_in(course, module_id)
    if "module_items" in params():
        return _create_many(course, module, as_list(params()["module_items"]))
    sent = group("module_item")
    if not sent:
        raise bad_request("missing module item parameter")
    made = _create(course, module, sent)
    rows.recompute_module(world(), module)
    return item_json(made, my_rights(course), None)


def _create_many(course: Course, module: Module, entries: list[Any]) -> dict[str, Any]:
    created, errors = [], []
    for index, sent in enumerate(entries):
        try:
            made = _create(course, module, sent if isinstance(sent, dict) else {})
            created.append(item_json(made, my_rights(course), None))
        except ApiError as error:
            errors.append({"index": index, "message": _words(error)})
    rows.recompute_module(world(), module)
    return {"created": created} | ({"errors": errors} if errors else {})


def _words(error: ApiError) -> str:
    if "message" in error.body:
        return str(error.body["message"])
    return ", ".join(entry["message"] for entries in error.body["errors"].values() for entry in entries)


def _create(course: Course, module: Module, sent: dict[str, Any]) -> ModuleItem:
    item = _new_item(course, module, sent)
    item.completion_requirement = _requirement(sent.get("completion_requirement"), item.type)
    position = as_int(sent["position"], "position") if sent.get("position") else None
    world().add(item)
    _place(module, item, position or item.position)
    return item


def _new_item(course: Course, module: Module, sent: dict[str, Any]) -> ModuleItem:
    type_ = str(sent.get("type", ""))
    if type_ not in _TYPES:
        raise bad_request("Invalid item type")
    content = _content(course, type_, sent)
    title = str(sent.get("title") or getattr(content, "name", None) or getattr(content, "title", None) or "")
    return ModuleItem(
        course_id=course.id,
        module_id=module.id,
        type=type_,
        title=title or str(sent.get("external_url") or "No title"),
        position=len(items_in_order(world(), module.id)) + 1,
        indent=as_int(sent.get("indent") or 0, "indent"),
        content_id=content.id if content else None,
        external_url=_link(type_, sent),
        new_tab=as_bool(sent.get("new_tab")),
        iframe=sent.get("iframe") if isinstance(sent.get("iframe"), dict) else None,
        workflow_state=_first_state(content),
    )


def _content(
    course: Course, type_: str, sent: dict[str, Any]
) -> Assignment | WikiPage | CourseFile | LtiKey | None:
    if type_ == "Page":
        if not sent.get("page_url"):
            raise bad_request("missing page_url parameter")
        try:
            return page_in(course, str(sent["page_url"]))
        except ApiError as error:
            raise bad_request("invalid page_url parameter") from error
    if type_ in ("SubHeader", "ExternalUrl"):
        return None
    if not sent.get("content_id"):
        raise bad_request("missing content_id parameter")
    kinds: dict[str, Any] = {"Assignment": Assignment, "File": CourseFile, "ExternalTool": LtiKey}
    content_id = as_int(sent["content_id"], "content_id")
    content: Any = world().get(kinds[type_], content_id) if type_ in kinds else None
    if content is None or getattr(content, "workflow_state", "") == "deleted":
        raise ApiError(404, {"message": "Could not find content"})
    if getattr(content, "course_id", course.id) != course.id:
        raise ApiError(404, {"message": "Could not find content"})
    found: Assignment | CourseFile | LtiKey = content
    return found


def _link(type_: str, sent: dict[str, Any]) -> str | None:
    if type_ not in ("ExternalUrl", "ExternalTool"):
        return None
    url = str(sent.get("external_url") or "")
    if not url.startswith(("http://", "https://")):
        raise invalid("url", "is not a valid URL")
    return url


def _first_state(content: object) -> str:
    state = getattr(content, "workflow_state", "unpublished")
    return "active" if state in ("published", "active") else "unpublished"


def _requirement(value: Any, type_: str) -> dict[str, Any] | None:
    """The requirement; None when blank or not for this type of item. Raises 400 for an unknown one."""
    if value in (None, ""):
        return None
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in _REQUIREMENTS:
        raise invalid("completion_requirement", "Invalid completion requirement type")
    if type_ not in _REQUIREMENTS[kind]:
        return None
    if kind in ("min_score", "min_percentage"):
        try:
            return {"type": kind, kind: float(value[kind])}
        except (KeyError, TypeError, ValueError) as error:
            raise invalid("completion_requirement", f"{kind} must be a number") from error
    return {"type": kind}


def _place(module: Module, item: ModuleItem, position: int) -> None:
    others = [i for i in items_in_order(world(), module.id) if i.id != item.id]
    others.insert(max(0, position - 1), item)
    for place, other in enumerate(others, 1):
        other.position = place


@endpoint("PUT", "/courses/<course_id>/modules/<module_id>/items/<id>")
def update_item(course_id: str, module_id: str, id: str) -> dict[str, Any]:
    """A new title renames the assignment or page too. `published` carries the content with it."""
    course = course_for(course_id, "manage_course_content_edit")
    module, sent = module_in(course, module_id), group("module_item")
    item = item_in(module, id)
    target = _target(course, str(sent["module_id"])) if sent.get("module_id") else module
    fields = _changes(item, sent)
    position = as_int(sent["position"], "position") if sent.get("position") else None
    with notices.telling_of_new_work(world(), course.id):
        if "published" in sent and not work.set_item_published(world(), item, as_bool(sent["published"])):
            raise ApiError(403, {"message": "item can't be unpublished"})
    for name, value in fields.items():
        setattr(item, name, value)
    if str(sent.get("title") or "").strip():
        _rename(item, str(sent["title"]).strip())
    _move(module, target, item, position)
    return item_json(item, my_rights(course), None)


def _target(course: Course, module_id: str) -> Module:
    try:
        return module_in(course, module_id)
    except ApiError as error:
        raise bad_request("invalid module_id") from error


def _changes(item: ModuleItem, sent: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if "completion_requirement" in sent:
        fields["completion_requirement"] = _requirement(sent["completion_requirement"], item.type)
    if sent.get("external_url"):
        fields["external_url"] = _link(item.type, sent)
    if "indent" in sent:
        fields["indent"] = as_int(sent["indent"], "indent")
    return fields


def _rename(item: ModuleItem, title: str) -> None:
    item.title = title
    content = content_of(world(), item)
    if isinstance(content, Assignment):
        content.name = title
    elif isinstance(content, WikiPage):
        content.title = title


def _move(module: Module, target: Module, item: ModuleItem, position: int | None) -> None:
    if target.id != module.id:
        item.module_id = target.id
        rows.recompute_module(world(), module, also=[item])
        rows.recompute_module(world(), target)
    if position or target.id != module.id:
        _place(target, item, position or len(items_in_order(world(), target.id)))


@endpoint("DELETE", "/courses/<course_id>/modules/<module_id>/items/<id>")
def delete_item(course_id: str, module_id: str, id: str) -> dict[str, Any]:
    course = course_for(course_id, "manage_course_content_delete")
    item = item_in(module_in(course, module_id), id)
    shown = item_json(item, my_rights(course), None)
    work.delete_item(world(), item)
    return shown


# what students do with items, and where a link to one leads


@endpoint("PUT", "/courses/<course_id>/modules/<module_id>/items/<id>/done")
def mark_done(course_id: str, module_id: str, id: str) -> dict[str, Any]:
    mark(world(), _seen_item(course_id, module_id, id), me().id, "done")
    return {"message": "OK"}


@endpoint("DELETE", "/courses/<course_id>/modules/<module_id>/items/<id>/done")
def mark_not_done(course_id: str, module_id: str, id: str) -> dict[str, Any]:
    unmark(world(), _seen_item(course_id, module_id, id), me().id)
    return {"message": "OK"}


@endpoint("POST", "/courses/<course_id>/modules/<module_id>/items/<id>/mark_read")
def mark_read(course_id: str, module_id: str, id: str) -> dict[str, Any]:
    """Raises 403 for what is locked for the student."""
    item = _seen_item(course_id, module_id, id)
    if not is_staff(my_rights(world().table(Course)[item.course_id])) and not _is_open(item):
        raise ApiError(403, {"message": "The module item is locked."})
    mark(world(), item, me().id, "viewed")
    return {"message": "OK"}


def _seen_item(course_id: str, module_id: str, id: str) -> ModuleItem:
    course = course_for(course_id)
    module = module_in(course, module_id)
    item = item_in(module, id)
    if item not in Viewpoint(course).one(module)[1]:
        raise not_found()
    return item


def _is_open(item: ModuleItem) -> bool:
    content = content_of(world(), item)
    if isinstance(content, Assignment):
        return is_open(world(), content, me().id)
    return item_is_open(world(), item, me().id)


@endpoint("GET", "/courses/<course_id>/module_item_redirect/<id>")
def redirect_to_item(course_id: str, id: str) -> Response:
    """302 to an external link, which counts as viewed; 400 for every other type of item.

    Only the publication of item and module is looked at, never the audience: whoever has the address gets
    there (canvas-visibility.md 2; switch item_redirect_ignores_audience).
    """
    course = course_for(course_id)
    item = in_course(ModuleItem, course, id)
    module, rights = world().table(Module)[item.module_id], my_rights(course)
    is_published = item.workflow_state == "active" and module.workflow_state == "active"
    if not is_published and "manage_course_content_edit" not in rights:
        raise forbidden()
    if not world().switches.item_redirect_ignores_audience and item not in Viewpoint(course).one(module)[1]:
        raise not_found()
    if item.type != "ExternalUrl":
        raise bad_request("incorrect module item type")
    mark(world(), item, me().id, "viewed")
    return redirect(item.external_url or "", 302)
