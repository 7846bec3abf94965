"""How far a student is in a module: requirements met, modules locked. Source: canvas-visibility.md section 5.

A progression is kept for each student and published module, whether or not they see the module, and it is
worked out again only when Canvas would: the module was saved, its items or the student's own work changed,
its time came, a prerequisite was completed or lost that. A changed audience is no such reason. The order of
things follows instructure/canvas-lms app/models/context_module_progression.rb (`evaluate`).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sandbox.world.model import Assignment, ItemMark, Module, ModuleItem, Submission
from sandbox.world.store import World
from sandbox.world.visibility import Audiences, audiences, content_of, items_in_order, viewers

_ROOM = "sandbox.progressions"
_NUMERIC = ("min_score", "min_percentage")
_NEAR = 1e-6


@dataclass(slots=True)
class Progression:
    """One student in one module, as it was last worked out."""

    workflow_state: str = "locked"
    """locked | unlocked | started | completed"""
    requirements_met: set[int] = field(default_factory=set)
    """The ids of the items whose requirement is met."""
    current_position: int | None = None
    """In a module done in order: the place up to which the student may go. None: everywhere."""
    completed_at: datetime | None = None
    current: bool = False
    evaluated_at: datetime | None = None
    evidence: Hashable = None


# what students do


def mark(world: World, item: ModuleItem, user_id: int, kind: str) -> None:
    """Note that a student viewed an item ("viewed") or marked it done ("done"); once is enough."""
    if not any(True for _ in world.find(ItemMark, item_id=item.id, user_id=user_id, kind=kind)):
        world.add(ItemMark(item_id=item.id, user_id=user_id, kind=kind, at=world.clock.now()))


def unmark(world: World, item: ModuleItem, user_id: int) -> None:
    """A student marks an item as not done: its requirement is open again."""
    for found in world.find(ItemMark, item_id=item.id, user_id=user_id):
        found.kind = "taken back"
    kept = _all(world).get(item.module_id, {}).get(user_id)
    if kept is not None:
        kept.requirements_met.discard(item.id)
        kept.current = False


def mark_viewed(world: World, content: tuple[str, int], user_id: int) -> None:
    """The student opened this content (type and id): every item that stands for it counts as viewed."""
    for item in world.live(ModuleItem, type=content[0], content_id=content[1]):
        mark(world, item, user_id, "viewed")


# asked by others


def progression(world: World, module: Module, user_id: int, facts: Audiences | None = None) -> Progression:
    """The student's progression in the module, worked out again if something asks for it."""
    return _evaluated(world, module, user_id, facts or _facts(world, module.course_id, user_id), set())


def module_state(world: World, module: Module, user_id: int, facts: Audiences | None = None) -> str:
    """locked | unlocked | started | completed, for one student, whether or not they see the module."""
    return "locked" if _is_early(world, module) else progression(world, module, user_id, facts).workflow_state


def requirement_met(world: World, item: ModuleItem, user_id: int, facts: Audiences | None = None) -> bool:
    """True when the item's completion requirement is met; an item without one is never "met"."""
    module = world.get(Module, item.module_id)
    if item.completion_requirement is None or module is None:
        return False
    return item.id in progression(world, module, user_id, facts).requirements_met


def is_open(world: World, assignment: Assignment, user_id: int, facts: Audiences | None = None) -> bool:
    """True unless every module holding the assignment keeps it shut: unpublished, locked, not its turn.

    The audience plays no part: an open module that the student does not see opens it too.
    """
    places = world.live(ModuleItem, type="Assignment", content_id=assignment.id)
    facts = facts or _facts(world, assignment.course_id, user_id)
    return not places or any(item_is_open(world, item, user_id, facts) for item in places)


def item_is_open(world: World, item: ModuleItem, user_id: int, facts: Audiences | None = None) -> bool:
    """True unless the item's own module keeps it shut. Observers are never stopped by progress."""
    module = world.get(Module, item.module_id)
    if module is None or module.workflow_state != "active":
        return False
    facts = facts or _facts(world, module.course_id, user_id)
    if user_id not in facts.assigned:
        return not _is_early(world, module)
    if module_state(world, module, user_id, facts) == "locked":
        return False
    turn = progression(world, module, user_id, facts).current_position
    return turn is None or item.position <= turn


# told by others


def module_saved(world: World, module: Module) -> None:
    """The module was saved, changed or not: all its progressions are to be worked out again."""
    for found in _all(world).get(module.id, {}).values():
        found.current = False


def relock(world: World, module: Module, _done: set[int] | None = None) -> None:
    """Lock the module, and those that depend on it, until worked out again. Nothing else re-locks."""
    done = set() if _done is None else _done
    if module.id in done:
        return
    done.add(module.id)
    for found in _all(world).get(module.id, {}).values():
        if found.current and found.workflow_state != "locked":
            found.workflow_state, found.current = "locked", False
    for other in _dependents(world, module):
        relock(world, other, done)


# working it out


def _all(world: World) -> dict[int, dict[int, Progression]]:
    return cast(dict[int, dict[int, Progression]], world.extras.setdefault(_ROOM, {}))


def _facts(world: World, course_id: int, user_id: int) -> Audiences:
    return audiences(world, course_id, only_user=user_id)


def _is_early(world: World, module: Module) -> bool:
    return module.unlock_at is not None and module.unlock_at > world.clock.now()


def _dependents(world: World, module: Module) -> list[Module]:
    others = world.live(Module, course_id=module.course_id)
    return [m for m in others if module.id in m.prerequisite_module_ids and m.position > module.position]


def _prerequisites(world: World, module: Module) -> list[Module]:
    """Those that count: published, and before the module."""
    found = (world.get(Module, i) for i in module.prerequisite_module_ids)
    return [m for m in found if m and m.workflow_state == "active" and m.position < module.position]


def _evaluated(
    world: World, module: Module, user_id: int, facts: Audiences, visited: set[int]
) -> Progression:
    found = _all(world).setdefault(module.id, {}).setdefault(user_id, Progression())
    is_frozen = user_id in facts.finished and found.evaluated_at is not None
    if module.workflow_state != "active" or is_frozen or module.id in visited:
        return found
    visited = visited | {module.id}
    before = [_evaluated(world, m, user_id, facts, visited) for m in _prerequisites(world, module)]
    items = items_in_order(world, module.id)
    evidence = _evidence(world, items, user_id)
    if not _is_outdated(world, module, found, evidence):
        return found
    found.evaluated_at, found.current, found.evidence = world.clock.now(), True, evidence
    was = found.workflow_state
    listed = [i for i in items if _counts_for(world, facts, i, user_id)]
    if not _is_early(world, module):
        if was == "locked" and all(p.workflow_state == "completed" for p in before):
            found.workflow_state = "unlocked"
        if found.workflow_state != "locked":
            _weigh(world, module, listed, user_id, found)
    found.current_position = _turn(module, listed, found)
    is_completed = found.workflow_state == "completed"
    found.completed_at = (found.completed_at or world.clock.now()) if is_completed else None
    if is_completed is not (was == "completed"):
        for other in _dependents(world, module):
            waiting = _all(world).get(other.id, {}).get(user_id)
            if waiting is not None:
                waiting.current = False
    return found


def _evidence(world: World, items: list[ModuleItem], user_id: int) -> Hashable:
    """What, when it changes, makes Canvas work a progression out again: items, and the student's own work.

    A row that is taken away keeps its values, so losing an assignment is no change; nor is getting it back.
    """
    seen: list[Hashable] = []
    for item in items:
        asked = tuple(sorted((item.completion_requirement or {}).items()))
        seen.append((item.id, item.workflow_state, item.position, asked))
        if asked:
            marks = {m.kind for m in world.find(ItemMark, item_id=item.id, user_id=user_id)}
            seen.append(frozenset(marks))
            row = world.submission(item.content_id or 0, user_id) if item.type == "Assignment" else None
            if row is not None:
                values = (row.score, row.posted_at is not None, row.excused, row.attempt, row.submitted_at)
                seen.append(values if any(values) else None)
            else:
                seen.append(None)
    return tuple(seen)


def _is_outdated(world: World, module: Module, found: Progression, evidence: Hashable) -> bool:
    if not found.current or found.evaluated_at is None or found.evidence != evidence:
        return True
    opens = module.unlock_at
    return opens is not None and not _is_early(world, module) and found.evaluated_at < opens


def _counts_for(world: World, facts: Audiences, item: ModuleItem, user_id: int) -> bool:
    """An assignment or page the student cannot see is skipped; a link, header or file never is."""
    content = content_of(world, item)
    if item.workflow_state != "active":
        return False
    return content is None or user_id in viewers(facts, content)


def _weigh(world: World, module: Module, listed: list[ModuleItem], user_id: int, found: Progression) -> None:
    asked = [i for i in listed if i.completion_requirement]
    kept = {i.id for i in asked if i.id in found.requirements_met and _kind(i) not in _NUMERIC}
    met = kept | {i.id for i in asked if i.id not in kept and _is_met(world, i, user_id)}
    found.requirements_met = met
    enough = module.requirement_count or 0
    if len(met) == len(asked) or 0 < enough <= len(met):
        found.workflow_state = "completed"
    elif met or any(_is_begun(world, i, user_id) for i in asked):
        found.workflow_state = "started"
    else:
        found.workflow_state = "unlocked"


def _turn(module: Module, listed: list[ModuleItem], found: Progression) -> int | None:
    """The position of the first visible item whose requirement is open; None when there is no such limit."""
    if not module.require_sequential_progress:
        return None
    for item in listed:
        if item.completion_requirement and item.id not in found.requirements_met:
            return item.position
    return None


def _kind(item: ModuleItem) -> str:
    return str((item.completion_requirement or {}).get("type"))


def _row(world: World, item: ModuleItem, user_id: int) -> Submission | None:
    row = world.submission(item.content_id or 0, user_id) if item.type == "Assignment" else None
    return row if row is not None and row.workflow_state != "deleted" else None


def _is_met(world: World, item: ModuleItem, user_id: int) -> bool:
    row = _row(world, item, user_id)
    if row is not None and row.excused:
        return True
    kind = _kind(item)
    if kind in _NUMERIC:
        return row is not None and row.posted_at is not None and _reaches(world, item, row)
    if kind == "must_submit":
        return row is not None and row.submitted_at is not None and row.attempt is not None
    wanted = "viewed" if kind == "must_view" else "done"
    return any(m.kind == wanted for m in world.find(ItemMark, item_id=item.id, user_id=user_id))


def _reaches(world: World, item: ModuleItem, row: Submission) -> bool:
    wanted: dict[str, Any] = item.completion_requirement or {}
    if row.score is None:
        return False
    if wanted["type"] == "min_score":
        is_whole = abs(row.score - round(row.score)) < _NEAR
        return (round(row.score) if is_whole else row.score) >= float(wanted["min_score"])
    content = content_of(world, item)
    points = content.points_possible if isinstance(content, Assignment) else 0
    return points > 0 and row.score / points * 100 >= float(wanted["min_percentage"])


def _is_begun(world: World, item: ModuleItem, user_id: int) -> bool:
    """Work for a score that does not reach yet, or is not posted yet, makes a module "started"."""
    row = _row(world, item, user_id)
    return _kind(item) in _NUMERIC and row is not None and row.workflow_state != "unsubmitted"
