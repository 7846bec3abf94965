"""Line items: gradebook columns as tools see them.

Source: canvas.md section 6.4; Canvas lti/ims/line_items_controller.rb and concerns/gradebook_services.rb.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.platform.services import Caller, ServiceError
from sandbox.world import work
from sandbox.world.model import Assignment, LineItem
from sandbox.world.store import World

SUBMISSION_TYPE = "https://canvas.instructure.com/lti/submission_type"
LAUNCH_URL = "https://canvas.instructure.com/lti/launch_url"


def items_of(world: World, who: Caller) -> list[LineItem]:
    """The calling tool's line items in the course, oldest first, without those of deleted assignments."""
    found = world.live(LineItem, course_id=who.course.id, client_id=who.tool.client_id)
    return [item for item in found if assignment_of(world, item).workflow_state != "deleted"]


def item_for(world: World, who: Caller, line_item_id: int) -> LineItem:
    """One of the calling tool's line items in the course.

    Raises ServiceError: 404 for one that is not in the course, 412 for another tool's.
    """
    item = world.get(LineItem, line_item_id)
    if item is None or item.workflow_state == "deleted" or item.course_id != who.course.id:
        raise ServiceError(404, "The specified resource does not exist.")
    if item.client_id != who.tool.client_id:
        raise ServiceError(412, "Tool does not have permission to view line_item")
    if assignment_of(world, item).workflow_state == "deleted":
        raise ServiceError(404, "The specified resource does not exist.")
    return item


def assignment_of(world: World, item: LineItem) -> Assignment:
    assignment = world.get(Assignment, item.assignment_id)
    if assignment is None:
        raise LookupError(f"line item {item.id} has no assignment")
    return assignment


def writes_to_gradebook(world: World, item: LineItem) -> bool:
    """Only an assignment's first line item does; further ones keep results of their own."""
    first = next(iter(world.live(LineItem, assignment_id=item.assignment_id)), None)
    return first is item


def create(world: World, who: Caller, sent: dict[str, Any]) -> LineItem:
    """A new line item; without `resourceLinkId` also a published assignment for the whole class.

    Raises ServiceError 400 without a label or a usable maximum, 404 for an unknown resource link.
    """
    label, maximum = _label(sent.get("label")), _maximum(sent.get("scoreMaximum"))
    link = sent.get("resourceLinkId")
    extension = sent.get(SUBMISSION_TYPE) or {}
    if not isinstance(extension, dict) or extension.get("type", "none") not in ("none", "external_tool"):
        raise ServiceError(400, f"{SUBMISSION_TYPE} type must be none or external_tool")
    if link:
        assignment = _linked_assignment(world, who, str(link))
    else:
        assignment = _new_assignment(world, who, label, maximum, extension, sent)
    coupled = [i for i in world.live(LineItem, assignment_id=assignment.id) if not link]
    for made_by_the_lms in coupled:
        made_by_the_lms.workflow_state = "deleted"
    return world.add(
        LineItem(
            course_id=who.course.id,
            assignment_id=assignment.id,
            client_id=who.tool.client_id,
            label=label,
            score_maximum=maximum,
            resource_id=_text(sent.get("resourceId")),
            tag=_text(sent.get("tag")),
            resource_link_id=_own_link(assignment),
            extensions={SUBMISSION_TYPE: extension} if extension else {},
        )
    )


def _own_link(assignment: Assignment) -> str | None:
    return assignment.lti_context_id if "external_tool" in assignment.submission_types else None


def _linked_assignment(world: World, who: Caller, link: str) -> Assignment:
    for item in world.find(
        LineItem, course_id=who.course.id, client_id=who.tool.client_id, resource_link_id=link
    ):
        assignment = assignment_of(world, item)
        if assignment.workflow_state == "deleted" or item.workflow_state == "deleted":
            raise ServiceError(412, "the resource link's assignment is gone")
        return assignment
    raise ServiceError(404, "The specified resource does not exist.")


def _new_assignment(
    world: World, who: Caller, label: str, maximum: float, extension: dict[str, Any], sent: dict[str, Any]
) -> Assignment:
    opens_tool = extension.get("type") == "external_tool"
    tag = {"url": extension.get("external_tool_url") or who.tool.target_link_uri, "content_id": who.tool.id}
    return work.add_assignment(
        world,
        who.course,
        label,
        points=maximum,
        submission_types=["external_tool" if opens_tool else "none"],
        external_tool_tag_attributes=tag if opens_tool else None,
        workflow_state="published",
        unlock_at=_time(sent, "startDateTime"),
        due_at=_time(sent, "endDateTime"),
    )


def update(world: World, item: LineItem, sent: dict[str, Any]) -> None:
    """Change what was sent; the gradebook column's name and points follow its first line item."""
    changes: dict[str, Any] = {}
    if sent.get("label") is not None:
        changes["label"] = _label(sent["label"])
    if sent.get("scoreMaximum") is not None:
        changes["score_maximum"] = _maximum(sent["scoreMaximum"])
    for name, field in (("resourceId", "resource_id"), ("tag", "tag")):
        if name in sent:
            changes[field] = _text(sent[name])
    dates = {
        field: _time(sent, name)
        for name, field in (("startDateTime", "unlock_at"), ("endDateTime", "due_at"))
        if name in sent
    }
    for name, value in changes.items():
        setattr(item, name, value)
    if writes_to_gradebook(world, item):
        assignment = assignment_of(world, item)
        assignment.name = changes.get("label", assignment.name)
        assignment.points_possible = changes.get("score_maximum", assignment.points_possible)
        for name, moment in dates.items():
            setattr(assignment, name, moment)
        assignment.updated_at = world.clock.now()


def delete(world: World, item: LineItem) -> None:
    """Delete a line item, with its assignment when that hangs on it. 401 for one the LMS itself made."""
    if item.coupled:
        raise ServiceError(401, "a line item of an assignment made in the LMS is not the tool's to delete")
    if writes_to_gradebook(world, item):
        work.delete_assignment(world, assignment_of(world, item))
    item.workflow_state = "deleted"


def shown(world: World, item: LineItem, base: str, *, with_launch_url: bool = False) -> dict[str, Any]:
    """The line item as JSON; `base` is the LMS's address. Empty fields are left out."""
    assignment = assignment_of(world, item)
    tag = assignment.external_tool_tag_attributes or {}
    fields: dict[str, Any] = {
        "id": f"{base}/api/lti/courses/{item.course_id}/line_items/{item.id}",
        "scoreMaximum": item.score_maximum,
        "label": item.label,
        "tag": item.tag,
        "resourceId": item.resource_id,
        "resourceLinkId": item.resource_link_id,
        "startDateTime": iso(assignment.unlock_at),
        "endDateTime": iso(assignment.due_at),
        **item.extensions,
        LAUNCH_URL: tag.get("url") if with_launch_url else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def parse_time(text: object) -> datetime | None:
    """An ISO 8601 time with its zone; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _time(sent: dict[str, Any], name: str) -> datetime | None:
    if sent.get(name) is None:
        return None
    moment = parse_time(sent[name])
    if moment is None:
        raise ServiceError(400, f"{name} is not an ISO 8601 time")
    return moment


def _label(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ServiceError(400, "param is missing or the value is empty: label")
    return value


def _maximum(value: object) -> float:
    try:
        maximum = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise ServiceError(400, "param is missing or the value is empty: scoreMaximum") from error
    if not 0 <= maximum < float("inf"):
        raise ServiceError(422, "scoreMaximum must be greater than or equal to 0")
    return maximum


def _text(value: object) -> str | None:
    return None if value is None else str(value)
