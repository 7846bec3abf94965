"""Making, publishing and deleting assignments, pages, modules and sections, with all that hangs on them."""

from __future__ import annotations

from typing import Any

from sandbox.world import rows
from sandbox.world.model import (
    Assignment,
    AssignmentGroup,
    AssignmentOverride,
    Course,
    LineItem,
    LtiKey,
    Module,
    ModuleItem,
    ModuleOverride,
    Section,
    WikiPage,
)
from sandbox.world.store import World
from sandbox.world.visibility import content_of


def default_group(world: World, course_id: int) -> AssignmentGroup:
    """The course's first assignment group; made when there is none, as Canvas does."""
    for group in world.live(AssignmentGroup, course_id=course_id):
        return group
    return world.add(AssignmentGroup(course_id=course_id, name="Assignments"))


def add_assignment(
    world: World,
    course: Course,
    name: str,
    *,
    points: float,
    group: AssignmentGroup | None = None,
    **fields: Any,
) -> Assignment:
    """A new assignment with its rows, unpublished unless told, and its line item when a tool opens it."""
    group = group or default_group(world, course.id)
    now = world.clock.now()
    assignment = world.add(
        Assignment(
            course_id=course.id,
            assignment_group_id=group.id,
            name=name,
            points_possible=points,
            position=len(world.live(Assignment, assignment_group_id=group.id)) + 1,
            lti_context_id=world.new_uuid(),
            created_at=now,
            updated_at=now,
            **fields,
        )
    )
    rows.recompute(world, [assignment])
    couple_line_item(world, assignment)
    return assignment


def tool_of_url(world: World, url: str) -> LtiKey | None:
    """The tool whose domain serves this address; None when no tool does."""
    host = url.split("://")[-1].split("/")[0].lower()
    for key in world.find(LtiKey, active=True):
        if key.target_link_uri.split("://")[-1].split("/")[0].lower() == host:
            return key
    return None


def couple_line_item(world: World, assignment: Assignment) -> LineItem | None:
    """Give an external-tool assignment its line item, once; None when no known tool opens it."""
    tag = assignment.external_tool_tag_attributes
    if "external_tool" not in assignment.submission_types or not tag:
        return None
    content_id = tag.get("content_id")
    key = world.get(LtiKey, content_id) if isinstance(content_id, int) else None
    key = key or tool_of_url(world, str(tag.get("url", "")))
    if key is None:
        return None
    for existing in world.live(LineItem, assignment_id=assignment.id):
        return existing
    wanted = tag.get("line_item") or {}
    return world.add(
        LineItem(
            course_id=assignment.course_id,
            assignment_id=assignment.id,
            client_id=key.client_id,
            label=assignment.name,
            score_maximum=assignment.points_possible,
            resource_id=wanted.get("resourceId"),
            tag=wanted.get("tag"),
            resource_link_id=assignment.lti_context_id,
            coupled=True,
        )
    )


def set_published(world: World, content: Assignment | WikiPage, published: bool) -> bool:
    """Publish or unpublish an assignment or page and every module item that stands for it.

    False, and nothing done, when students have handed work in: such an assignment stays published.
    """
    if not published and isinstance(content, Assignment) and has_work(world, content):
        return False
    is_assignment = isinstance(content, Assignment)
    content.workflow_state = ("published" if is_assignment else "active") if published else "unpublished"
    kind = "Assignment" if is_assignment else "Page"
    for item in world.live(ModuleItem, course_id=content.course_id, type=kind, content_id=content.id):
        item.workflow_state = "active" if published else "unpublished"
    return True


def has_work(world: World, assignment: Assignment) -> bool:
    """True when a student to whom it is assigned has handed something in. A score alone is no work."""
    rows_ = world.submissions_of(assignment.id).values()
    return any(row.submitted_at and row.workflow_state != "deleted" for row in rows_)


def set_item_published(world: World, item: ModuleItem, published: bool) -> bool:
    """Publish or unpublish a module item and its content; False when student work keeps it published."""
    content = content_of(world, item)
    if content is not None and not set_published(world, content, published):
        return False
    item.workflow_state = "active" if published else "unpublished"
    return True


def set_module_published(world: World, module: Module, published: bool, *, skip_items: bool = False) -> bool:
    """Publish or unpublish a module and, unless skipped, all its items. False when some item had to stay."""
    module.workflow_state = "active" if published else "unpublished"
    if skip_items:
        return True
    items = world.live(ModuleItem, module_id=module.id)
    stuck = [item for item in items if not set_item_published(world, item, published)]
    return not stuck


def delete_assignment(world: World, assignment: Assignment) -> None:
    """Soft delete: the assignment, its module items and line items; rows are taken away, values kept."""
    assignment.workflow_state = "deleted"
    for item in world.live(
        ModuleItem, course_id=assignment.course_id, type="Assignment", content_id=assignment.id
    ):
        item.workflow_state = "deleted"
    for line_item in world.live(LineItem, assignment_id=assignment.id):
        line_item.workflow_state = "deleted"
    for row in world.submissions_of(assignment.id).values():
        row.workflow_state = "deleted"


def delete_page(world: World, page: WikiPage) -> None:
    """Soft delete a page and its module items."""
    page.workflow_state = "deleted"
    for item in world.live(ModuleItem, course_id=page.course_id, type="Page", content_id=page.id):
        item.workflow_state = "deleted"


def delete_module(world: World, module: Module) -> None:
    """Soft delete a module with its items and overrides. What was in it falls back to its own audience."""
    items = world.live(ModuleItem, module_id=module.id)
    module.workflow_state = "deleted"
    for item in items:
        item.workflow_state = "deleted"
    for override in world.live(ModuleOverride, module_id=module.id):
        override.workflow_state = "deleted"
    rows.recompute_module(world, module, also=items)


def delete_item(world: World, item: ModuleItem) -> None:
    """Soft delete one module item; the content stays, its rows follow its new audience."""
    item.workflow_state = "deleted"
    module = world.get(Module, item.module_id)
    if module is not None:
        rows.recompute_module(world, module, also=[item])


def delete_section(world: World, section: Section) -> None:
    """Soft delete a section. Its overrides go with it: a module that loses its last one opens to everyone."""
    section.workflow_state = "deleted"
    destroy_overrides(world, section.course_id, course_section_id=section.id)


def destroy_overrides(world: World, course_id: int, **target: int) -> None:
    """Destroy every override with that target, e.g. `group_id=7`; rows follow. A module may be left open."""
    touched = []
    for override in world.live(AssignmentOverride, course_id=course_id, **target):
        override.workflow_state = "deleted"
        touched += rows.assignments_with(world, course_id, [override.content])
    rows.recompute(world, touched)
    for module_override in world.live(ModuleOverride, course_id=course_id, **target):
        module_override.workflow_state = "deleted"
        module = world.get(Module, module_override.module_id)
        if module is not None:
            rows.recompute_module(world, module)
