"""What a module item asks of a student and what was reached, in words for the page."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.world.model import Assignment, ModuleItem, Submission
from sandbox.world.progress import mark_viewed, requirement_met
from sandbox.world.store import World
from sandbox.world.visibility import content_of

__all__ = ["ItemProgress", "item_progress", "mark_viewed"]


@dataclass(frozen=True, slots=True)
class ItemProgress:
    is_required: bool
    is_done: bool
    words: str
    """What is asked or what was reached, for the page: "score at least 4", "3 of 5"."""


def item_progress(world: World, item: ModuleItem, user_id: int) -> ItemProgress | None:
    """What the item asks of the student and whether it is done; None when there is nothing to tell."""
    content = content_of(world, item)
    row = world.submission(content.id, user_id) if isinstance(content, Assignment) else None
    if row is not None and row.workflow_state == "deleted":
        row = None
    reached = _reached(content, row) if isinstance(content, Assignment) else ""
    if not item.completion_requirement:
        return ItemProgress(False, False, reached) if reached else None
    is_done = requirement_met(world, item, user_id)
    return ItemProgress(True, is_done, reached or _asked(item.completion_requirement))


def _reached(assignment: Assignment, row: Submission | None) -> str:
    if row is None:
        return ""
    if row.excused:
        return "excused"
    if row.score is not None and row.posted_at is not None:
        return f"{round(row.score, 2):g} of {assignment.points_possible:g}"
    return "handed in" if row.submitted_at else ""


def _asked(requirement: dict[str, object]) -> str:
    kind = requirement.get("type")
    words = {
        "must_view": "read it",
        "must_submit": "hand it in",
        "must_mark_done": "mark it done",
        "must_contribute": "take part",
        "min_score": f"score at least {requirement.get('min_score')}",
        "min_percentage": f"score at least {requirement.get('min_percentage')}%",
    }
    return words.get(str(kind), "")
