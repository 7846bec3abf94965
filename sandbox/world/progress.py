"""How far a student is in a module: requirements met, modules locked. Source: canvas-visibility.md section 5.

Worked out afresh on each question; Canvas stores it and may lag behind.
"""

from __future__ import annotations

from math import inf

from sandbox.world.model import Assignment, ItemMark, Module, ModuleItem
from sandbox.world.store import World
from sandbox.world.visibility import (
    Audiences,
    audiences,
    content_of,
    items_in_order,
    viewers,
)


def mark(world: World, item: ModuleItem, user_id: int, kind: str) -> None:
    """Note that a student viewed an item ("viewed") or marked it done ("done"); once is enough."""
    if not any(True for _ in world.find(ItemMark, item_id=item.id, user_id=user_id, kind=kind)):
        world.add(ItemMark(item_id=item.id, user_id=user_id, kind=kind, at=world.clock.now()))


def requirement_met(world: World, item: ModuleItem, user_id: int) -> bool:
    """True when the item's completion requirement is met; an item without one is never "met"."""
    requirement = item.completion_requirement
    if requirement is None:
        return False
    kind = requirement["type"]
    if kind in ("must_view", "must_mark_done"):
        wanted = "viewed" if kind == "must_view" else "done"
        marks = list(world.find(ItemMark, item_id=item.id, user_id=user_id))
        return any(m.kind == wanted for m in marks) or _excused(world, item, user_id)
    return _work_met(world, item, user_id, requirement)


def _excused(world: World, item: ModuleItem, user_id: int) -> bool:
    row = world.submission(item.content_id or 0, user_id) if item.type == "Assignment" else None
    return row is not None and row.excused and row.workflow_state != "deleted"


def _work_met(world: World, item: ModuleItem, user_id: int, requirement: dict[str, object]) -> bool:
    content = content_of(world, item)
    row = world.submission(item.content_id or 0, user_id)
    if not isinstance(content, Assignment) or row is None or row.workflow_state == "deleted":
        return False
    if row.excused:
        return True
    if requirement["type"] == "must_submit":
        return row.submitted_at is not None
    if row.score is None or row.posted_at is None:
        return False
    if requirement["type"] == "min_score":
        return row.score >= float(str(requirement["min_score"]))
    if requirement["type"] == "min_percentage" and content.points_possible > 0:
        return row.score * 100 >= float(str(requirement["min_percentage"])) * content.points_possible
    return False


def module_state(world: World, module: Module, user_id: int, facts: Audiences | None = None) -> str:
    """locked | unlocked | started | completed, for one student, whether or not they see the module."""
    facts = facts or audiences(world, module.course_id, only_user=user_id)
    if is_locked(world, module, user_id, facts):
        return "locked"
    items = [i for i in items_in_order(world, module.id) if i.completion_requirement]
    asked = [i for i in items if _asked_of(world, facts, i, user_id)]
    met = [i for i in asked if requirement_met(world, i, user_id)]
    if len(met) == len(asked):
        return "completed"
    return "started" if met else "unlocked"


def is_locked(world: World, module: Module, user_id: int, facts: Audiences) -> bool:
    """True while the module's time has not come or a published prerequisite is not completed."""
    if module.unlock_at is not None and module.unlock_at > world.clock.now():
        return True
    for prerequisite_id in module.prerequisite_module_ids:
        before = world.get(Module, prerequisite_id)
        if before is None or before.workflow_state != "active" or before.position >= module.position:
            continue
        if module_state(world, before, user_id, facts) != "completed":
            return True
    return False


def _asked_of(world: World, facts: Audiences, item: ModuleItem, user_id: int) -> bool:
    """A requirement on an assignment or page the student cannot see is skipped; one on a link never is."""
    content = content_of(world, item)
    if item.workflow_state != "active":
        return False
    return content is None or user_id in viewers(facts, content)


def is_open(world: World, assignment: Assignment, user_id: int, facts: Audiences | None = None) -> bool:
    """True unless every module holding the assignment keeps it shut: unpublished, locked, not its turn."""
    facts = facts or audiences(world, assignment.course_id, only_user=user_id)
    places = world.live(ModuleItem, type="Assignment", content_id=assignment.id)
    return not places or any(_item_is_open(world, item, user_id, facts) for item in places)


def _item_is_open(world: World, item: ModuleItem, user_id: int, facts: Audiences) -> bool:
    module = world.get(Module, item.module_id)
    if module is None or module.workflow_state != "active" or is_locked(world, module, user_id, facts):
        return False
    return not module.require_sequential_progress or item.position <= _turn(world, module, user_id, facts)


def _turn(world: World, module: Module, user_id: int, facts: Audiences) -> float:
    """The position up to which a student may go in a module that is done in order."""
    for item in items_in_order(world, module.id):
        is_asked = item.completion_requirement is not None and _asked_of(world, facts, item, user_id)
        if is_asked and not requirement_met(world, item, user_id):
            return item.position
    return inf
