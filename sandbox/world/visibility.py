"""Who sees what: reads the world, changes nothing. Source: canvas-visibility.md sections 1, 2 and 8.

Everything is done on sets of user ids, in the order of Canvas's own rule
`(((((E | G | S) - Us) | H) - Uh) | C)`, so that one student and a whole course go through the same code.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from sandbox.world.model import (
    Assignment,
    AssignmentOverride,
    ContentKey,
    Enrollment,
    Module,
    ModuleItem,
    ModuleOverride,
    Override,
    WikiPage,
)
from sandbox.world.store import World

LEARNER_TYPES = ("StudentEnrollment", "StudentViewEnrollment")
GONE = ("deleted", "rejected")
SEES_NOTHING = (*GONE, "inactive")
CONTENT_OF_ITEM = {"Assignment": "Assignment", "Page": "WikiPage"}


@dataclass(slots=True)
class Audiences:
    """One course, seen from the question "who": for everybody, or for one student only (see `audiences`)."""

    learners: set[int] = field(default_factory=set)
    """Those whose enrolment lets them see things (completed counts, inactive does not)."""
    assigned: set[int] = field(default_factory=set)
    """Those who may hold submission rows (inactive counts too)."""
    finished: set[int] = field(default_factory=set)
    """Those whose every enrolment is completed: their rows are never taken away."""
    sections: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    assigned_sections: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    modules_of: dict[ContentKey, list[int]] = field(default_factory=lambda: defaultdict(list))
    module_overrides: dict[int, list[ModuleOverride]] = field(default_factory=lambda: defaultdict(list))
    own_overrides: dict[ContentKey, list[AssignmentOverride]] = field(
        default_factory=lambda: defaultdict(list)
    )


def key_of_item(item: ModuleItem) -> ContentKey | None:
    """The assignment or page a module item stands for; None for links, headers and files."""
    if item.content_id is None or item.type not in CONTENT_OF_ITEM:
        return None
    return ("Assignment", item.content_id) if item.type == "Assignment" else ("WikiPage", item.content_id)


def audiences(world: World, course_id: int, *, only_user: int | None = None) -> Audiences:
    """The course's enrolments, placements and overrides, gathered once for many questions.

    With `only_user` every set holds at most that student: one student's view is cheap in a big course.
    """
    found = Audiences()
    _gather_people(world, course_id, only_user, found)
    modules = {m.id for m in world.live(Module, course_id=course_id)}
    for item in world.live(ModuleItem, course_id=course_id):
        key = key_of_item(item)
        if key is not None and item.module_id in modules:
            found.modules_of[key].append(item.module_id)
    for module_override in world.live(ModuleOverride, course_id=course_id):
        found.module_overrides[module_override.module_id].append(module_override)
    for override in world.live(AssignmentOverride, course_id=course_id):
        found.own_overrides[override.content].append(override)
    return found


def _gather_people(world: World, course_id: int, only_user: int | None, found: Audiences) -> None:
    unfinished: set[int] = set()
    for enrollment in world.find(Enrollment, course_id=course_id):
        state, user_id = enrollment.workflow_state, enrollment.user_id
        if enrollment.type not in LEARNER_TYPES or state in GONE or only_user not in (None, user_id):
            continue
        found.assigned.add(user_id)
        found.assigned_sections[enrollment.section_id].add(user_id)
        if state != "completed":
            unfinished.add(user_id)
        if state not in SEES_NOTHING:
            found.learners.add(user_id)
            found.sections[enrollment.section_id].add(user_id)
    found.finished = found.assigned - unfinished


def matching(facts: Audiences, override: Override) -> set[int]:
    """The learners an override targets. Groups and tags do not exist in this LMS yet: nobody."""
    if override.student_ids is not None:
        return facts.learners.intersection(override.student_ids)
    if override.course_section_id is not None:
        return facts.sections.get(override.course_section_id, set())
    return set()


def open_to_everyone(facts: Audiences, key: ContentKey, only_visible_to_overrides: bool) -> bool:
    """Rule E: not restricted itself, and in no module or in one that has no override (published or not)."""
    if only_visible_to_overrides:
        return False
    modules = facts.modules_of.get(key, [])
    return not modules or any(not facts.module_overrides.get(module_id) for module_id in modules)


def viewers(facts: Audiences, content: Assignment | WikiPage) -> set[int]:
    """The learners who see a published assignment or page; nobody when it is unpublished or deleted."""
    if content.workflow_state not in ("published", "active"):
        return set()
    return _viewers_once_published(facts, key_of(content), content.only_visible_to_overrides)


def _viewers_once_published(facts: Audiences, key: ContentKey, restricted: bool) -> set[int]:
    own = facts.own_overrides.get(key, [])
    modules = facts.modules_of.get(key, [])
    inherited = [o for module_id in modules for o in facts.module_overrides.get(module_id, [])]
    assigning: list[Override] = [o for o in own if not o.unassign_item]
    if not modules and not restricted:
        assigning = []
    unassigning = [o for o in own if o.unassign_item]
    seen = set(facts.learners) if open_to_everyone(facts, key, restricted) else set()
    for is_adhoc in (False, True):
        for override in [*assigning, *inherited]:
            if (override.student_ids is not None) is is_adhoc:
                seen |= matching(facts, override)
        for override in unassigning:
            if (override.student_ids is not None) is is_adhoc:
                seen -= matching(facts, override)
    return seen


def key_of(content: Assignment | WikiPage) -> ContentKey:
    return ("Assignment", content.id) if isinstance(content, Assignment) else ("WikiPage", content.id)


def visible_to_everyone(facts: Audiences, content: Assignment | WikiPage) -> bool:
    """Canvas's live leak check: True when the audience is the whole course, now or once published."""
    return open_to_everyone(facts, key_of(content), content.only_visible_to_overrides)


def module_viewers(facts: Audiences, module: Module) -> set[int]:
    """The learners who see a module: published, and no override at all or a matching one."""
    if module.workflow_state != "active":
        return set()
    overrides = facts.module_overrides.get(module.id, [])
    if not overrides:
        return set(facts.learners)
    return set().union(*(matching(facts, override) for override in overrides))


def item_viewers(world: World, facts: Audiences, item: ModuleItem) -> set[int]:
    """The learners who find a module item in their list: published, in a module they see, content visible."""
    module = world.get(Module, item.module_id)
    if item.workflow_state != "active" or module is None:
        return set()
    seen = module_viewers(facts, module)
    content = content_of(world, item)
    return seen if content is None else seen & viewers(facts, content)


def content_of(world: World, item: ModuleItem) -> Assignment | WikiPage | None:
    """The assignment or page behind an item, also when deleted; None for links, headers and files."""
    key = key_of_item(item)
    if key is None:
        return None
    return world.get(Assignment, key[1]) if key[0] == "Assignment" else world.get(WikiPage, key[1])


def sees_content(world: World, content: Assignment | WikiPage, user_id: int) -> bool:
    return user_id in viewers(audiences(world, content.course_id, only_user=user_id), content)


def modules_for(world: World, course_id: int, user_id: int) -> list[tuple[Module, list[ModuleItem]]]:
    """Exactly the modules and items one student sees in a course, in the course's order.

    A module whose every item is hidden is still there, empty, as in Canvas.
    """
    facts = audiences(world, course_id, only_user=user_id)
    return [
        (module, [i for i in items if user_id in item_viewers(world, facts, i)])
        for module, items in modules_with_items(world, course_id)
        if user_id in module_viewers(facts, module)
    ]


def modules_with_items(world: World, course_id: int) -> list[tuple[Module, list[ModuleItem]]]:
    """All living modules of a course with all their living items, in the course's order."""
    items: dict[int, list[ModuleItem]] = {}
    for item in world.live(ModuleItem, course_id=course_id):
        items.setdefault(item.module_id, []).append(item)
    return [
        (module, sorted(items.get(module.id, []), key=lambda i: (i.position, i.id)))
        for module in modules_in_order(world, course_id)
    ]


def modules_in_order(world: World, course_id: int) -> list[Module]:
    return sorted(world.live(Module, course_id=course_id), key=lambda m: (m.position, m.id))


def items_in_order(world: World, module_id: int) -> list[ModuleItem]:
    return sorted(world.live(ModuleItem, module_id=module_id), key=lambda i: (i.position, i.id))
