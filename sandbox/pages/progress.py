"""Whether a student has done what a module item asks. Source: reference canvas-visibility.md section 5."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.world.model import Assignment, ItemMark, ModuleItem, Submission
from sandbox.world.store import World
from sandbox.world.visibility import content_of


@dataclass(frozen=True, slots=True)
class ItemProgress:
    is_required: bool
    is_done: bool
    words: str
    """What is asked or what was reached, for the page: "score at least 4", "3 of 5"."""


def item_progress(world: World, item: ModuleItem, user_id: int) -> ItemProgress | None:
    """What the item asks of the student and whether it is done; None when there is nothing to tell."""
    requirement = item.completion_requirement
    content = content_of(world, item)
    row = world.submission(content.id, user_id) if isinstance(content, Assignment) else None
    if row is not None and row.workflow_state == "deleted":
        row = None
    reached = _reached(content, row) if isinstance(content, Assignment) else ""
    if not requirement:
        return ItemProgress(False, False, reached) if reached else None
    is_done = _is_done(world, item, requirement, content, row, user_id)
    return ItemProgress(True, is_done, reached or _asked(requirement))


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


def _is_done(
    world: World,
    item: ModuleItem,
    requirement: dict[str, object],
    content: object,
    row: Submission | None,
    user_id: int,
) -> bool:
    kind = requirement.get("type")
    if kind in ("must_view", "must_mark_done", "must_contribute"):
        wanted = "viewed" if kind == "must_view" else "done"
        return any(mark.kind == wanted for mark in world.find(ItemMark, item_id=item.id, user_id=user_id))
    if row is None or not isinstance(content, Assignment):
        return False
    if row.excused:
        return True
    if kind == "must_submit":
        return row.attempt is not None
    if row.score is None or row.posted_at is None:
        return False
    if kind == "min_percentage":
        least = float(str(requirement.get("min_percentage") or 0))
        return content.points_possible > 0 and row.score * 100 >= least * content.points_possible
    return row.score >= float(str(requirement.get("min_score") or 0))


def mark_viewed(world: World, content: tuple[str, int], user_id: int) -> None:
    """The student opened this content: every module item that stands for it counts as viewed."""
    item_type, content_id = content
    for item in world.live(ModuleItem, type=item_type, content_id=content_id):
        marks = world.find(ItemMark, item_id=item.id, user_id=user_id)
        if not any(mark.kind == "viewed" for mark in marks):
            world.add(ItemMark(item_id=item.id, user_id=user_id, kind="viewed", at=world.clock.now()))
