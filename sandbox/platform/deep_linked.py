"""What becomes of the content items a tool sends back: assignments, module items, resource links.

Source: Canvas lti/ims/deep_linking_controller.rb and concerns/deep_linking_modules.rb. Which placement makes
what at once:

- module_index_menu_modal, course_assignments_menu: a new unpublished module "New Content From App"; items
  with a lineItem become unpublished assignments in it, the others unpublished tool items. Only lineItems from
  course_assignments_menu make assignments and no module.
- module_menu_modal (and link_selection with several items or a lineItem): the same, into the given module.
- assignment_selection, submission_type_selection, a single link from link_selection: nothing at once; the
  dialog the teacher is in is filled, and `add_selected` is its button.
- all other placements: a resource link for each ltiResourceLink (`lookup_uuid`), which the editor then uses.

No audience can be expressed: what is made is for the whole course.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.platform.deep_linking import Returned
from sandbox.platform.line_items import parse_time
from sandbox.world import rows, work
from sandbox.world.model import Assignment, Course, LineItem, LtiKey, Module, ModuleItem, ResourceLink
from sandbox.world.store import World
from sandbox.world.visibility import items_in_order

NEW_MODULE = ("course_assignments_menu", "module_index_menu_modal")
LINE_ITEMS = (*NEW_MODULE, "assignment_selection", "link_selection", "module_menu_modal")
DIALOGS = ("assignment_selection", "submission_type_selection")
NEW_MODULE_NAME = "New Content From App"


@dataclass(slots=True)
class Outcome:
    """What the page is told: Canvas's `deep_link_response`."""

    items: list[dict[str, Any]]
    reload_page: bool = False
    module_created: bool = False
    to_confirm: bool = False
    """The teacher must still press the dialog's button."""
    assignment_ids: list[int] = field(default_factory=list)
    module_id: int | None = None


class NoSuchModule(Exception):
    """The module the content was to go into is gone."""


def take_in(world: World, course: Course, returned: Returned) -> Outcome:
    """Make what Canvas makes at once of the items. Raises NoSuchModule."""
    links = returned.links
    outcome = Outcome(items=returned.items)
    has_line_items = returned.placement in LINE_ITEMS and any("lineItem" in item for item in links)
    if returned.placement == "link_selection" and len(links) == 1 and not has_line_items:
        outcome.to_confirm = True
        return outcome
    if returned.placement in DIALOGS:
        outcome.to_confirm = bool(links)
        return outcome
    if not (returned.placement in NEW_MODULE or returned.context_module_id or has_line_items):
        for item in links:
            item["lookup_uuid"] = add_link(world, course, returned.tool, item).lookup_uuid
        return outcome
    return _make(world, course, returned, outcome) if links else outcome


def _make(world: World, course: Course, returned: Returned, outcome: Outcome) -> Outcome:
    allows = returned.placement in LINE_ITEMS
    outcome.reload_page = True
    for item in returned.links:
        if allows and "lineItem" in item and is_complete(item):
            assignment = add_assignment(world, course, returned.tool, item)
            item["assignment_id"] = assignment.id
            outcome.assignment_ids.append(assignment.id)
    if all("errors" in item for item in returned.links):
        return outcome
    only_work = all("lineItem" in item for item in returned.links)
    if returned.placement == "course_assignments_menu" and only_work:
        return outcome
    module = _module(world, course, returned)
    outcome.module_created = returned.placement in NEW_MODULE
    outcome.module_id = module.id
    for item in returned.links:
        if not (allows and "lineItem" in item):
            add_module_item(world, module, returned.tool, item)
        elif "errors" not in item:
            _add_work(world, module, item["assignment_id"])
    return outcome


def _module(world: World, course: Course, returned: Returned) -> Module:
    if returned.placement in NEW_MODULE:
        position = len(world.live(Module, course_id=course.id)) + 1
        return world.add(Module(course_id=course.id, name=NEW_MODULE_NAME, position=position))
    module = world.get(Module, returned.context_module_id)
    if module is None or module.course_id != course.id or module.workflow_state == "deleted":
        raise NoSuchModule("The specified resource does not exist.")
    return module


def is_complete(item: dict[str, Any]) -> bool:
    """Takes the line item's label as title; notes what is missing in the item's `errors`."""
    line_item = item["lineItem"] if isinstance(item["lineItem"], dict) else {}
    if line_item.get("label"):
        item["title"] = line_item["label"]
    if not isinstance(line_item.get("scoreMaximum"), int | float):
        item["errors"] = {"lineItem.scoreMaximum": "lineItem.scoreMaximum is a required field"}
        return False
    return True


def add_assignment(world: World, course: Course, tool: LtiKey, item: dict[str, Any]) -> Assignment:
    """An unpublished external-tool assignment for the whole course, with its line item and custom values."""
    line_item = item["lineItem"]
    assignment = work.add_assignment(
        world,
        course,
        str(item.get("title") or tool.name),
        points=float(line_item["scoreMaximum"]),
        description=item.get("text"),
        submission_types=["external_tool"],
        unlock_at=_time(item, "available", "startDateTime"),
        lock_at=_time(item, "available", "endDateTime"),
        due_at=_time(item, "submission", "endDateTime"),
        external_tool_tag_attributes={
            "content_type": "ContextExternalTool",
            "content_id": tool.id,
            "new_tab": _new_tab(item),
            "url": item.get("url") or tool.target_link_uri,
        },
    )
    for made in world.live(LineItem, assignment_id=assignment.id):
        made.resource_id, made.tag = line_item.get("resourceId"), line_item.get("tag")
    link = add_link(world, course, tool, item)
    link.resource_link_uuid, link.assignment_id = assignment.lti_context_id, assignment.id
    return assignment


def add_module_item(world: World, module: Module, tool: LtiKey, item: dict[str, Any]) -> ModuleItem:
    """An unpublished item that opens the tool, with a resource link of its own."""
    course = world.table(Course)[module.course_id]
    url = str(item.get("url") or tool.target_link_uri)
    made = world.add(
        ModuleItem(
            course_id=course.id,
            module_id=module.id,
            type="ExternalTool",
            title=str(item.get("title") or tool.name),
            position=len(items_in_order(world, module.id)) + 1,
            content_id=tool.id,
            external_url=url,
            new_tab=_new_tab(item),
            iframe=item.get("iframe") if isinstance(item.get("iframe"), dict) else None,
        )
    )
    add_link(world, course, tool, item).module_item_id = made.id
    return made


def _add_work(world: World, module: Module, assignment_id: int) -> None:
    assignment = world.table(Assignment)[assignment_id]
    item = world.add(
        ModuleItem(
            course_id=module.course_id,
            module_id=module.id,
            type="Assignment",
            title=assignment.name,
            position=len(items_in_order(world, module.id)) + 1,
            content_id=assignment.id,
        )
    )
    rows.recompute_module(world, module, also=[item])


def add_link(world: World, course: Course, tool: LtiKey, item: dict[str, Any]) -> ResourceLink:
    """A resource link of the course, with the item's custom values (texts only)."""
    custom = item.get("custom") if isinstance(item.get("custom"), dict) else {}
    return world.add(
        ResourceLink(
            lti_key_id=tool.id,
            resource_link_uuid=world.new_uuid(),
            lookup_uuid=world.new_uuid(),
            course_id=course.id,
            url=str(item.get("url") or ""),
            title=str(item.get("title") or ""),
            custom={str(name): str(value) for name, value in (custom or {}).items()},
        )
    )


def add_selected(
    world: World, course: Course, tool: LtiKey, placement: str, module_id: int | None, item: dict[str, Any]
) -> Assignment | ModuleItem:
    """What the dialog's own button does with the one item it was filled with. Raises NoSuchModule."""
    if placement in DIALOGS:
        line_item = item.get("lineItem") if isinstance(item.get("lineItem"), dict) else {}
        filled = {**item, "lineItem": {"scoreMaximum": 0, **(line_item or {})}}
        is_complete(filled)
        return add_assignment(world, course, tool, filled)
    module = world.get(Module, module_id)
    if module is None or module.course_id != course.id or module.workflow_state == "deleted":
        raise NoSuchModule("The specified resource does not exist.")
    return add_module_item(world, module, tool, item)


def _new_tab(item: dict[str, Any]) -> bool:
    window = item.get("window")
    return isinstance(window, dict) and window.get("targetName") == "_blank"


def _time(item: dict[str, Any], part: str, name: str) -> Any:
    found = item.get(part)
    return parse_time(found.get(name)) if isinstance(found, dict) else None
