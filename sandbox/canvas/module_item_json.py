"""A module item as JSON. Source: canvas.md 4.3."""

from __future__ import annotations

from typing import Any

from sandbox.canvas.auth import world
from sandbox.canvas.permissions import is_staff
from sandbox.current import base_url
from sandbox.world import work
from sandbox.world.model import Assignment, ModuleItem, User, WikiPage
from sandbox.world.progress import requirement_met
from sandbox.world.visibility import Audiences, content_of


def item_json(
    item: ModuleItem, rights: frozenset[str], student: User | None, facts: Audiences | None = None
) -> dict[str, Any]:
    """The item; with a student, its requirement says whether they met it."""
    api = f"{base_url()}/api/v1/courses/{item.course_id}"
    shown: dict[str, Any] = {
        "id": item.id,
        "title": item.title,
        "position": item.position,
        "indent": item.indent,
        "type": item.type,
        "module_id": item.module_id,
    }
    if item.type == "ExternalUrl":
        shown["html_url"] = f"{api}/module_item_redirect/{item.id}"
    elif item.type != "SubHeader":
        shown["html_url"] = f"{base_url()}/courses/{item.course_id}/modules/items/{item.id}"
    if item.type == "Page":
        page = world().get(WikiPage, item.content_id)
        shown["page_url"] = page.url if page else None
        shown["url"] = f"{api}/pages/{shown['page_url']}"
    elif item.content_id is not None:
        shown["content_id"] = item.content_id
        shown["url"] = f"{api}/{'files' if item.type == 'File' else 'assignments'}/{item.content_id}"
    if item.type in ("ExternalUrl", "ExternalTool"):
        shown |= {"external_url": item.external_url, "new_tab": item.new_tab}
    if item.completion_requirement is not None:
        shown["completion_requirement"] = dict(item.completion_requirement)
        if student is not None:
            shown["completion_requirement"]["completed"] = requirement_met(world(), item, student.id, facts)
    if is_staff(rights):
        shown["published"] = item.workflow_state == "active"
        content = content_of(world(), item)
        shown["unpublishable"] = not (isinstance(content, Assignment) and work.has_work(world(), content))
    return shown
