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
    ContentType,
    Enrollment,
    Group,
    GroupMembership,
    Module,
    ModuleItem,
    ModuleOverride,
    Override,
    WikiPage,
)
from sandbox.world.store import World
from sandbox.world.visibility_cache import kept

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
    groups: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """The learners in each group or tag that an override names; tags are empty without their feature."""
    assigned_groups: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    tag_needs_restriction: bool = True
    """Whether a group or tag counts for an assignment only when that is only_visible_to_overrides."""
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


def audiences(world: World, course_id: int, *, only_user: int | frozenset[int] | None = None) -> Audiences:
    """The course's enrolments, placements and overrides, gathered once for many questions.

    With `only_user` every set holds at most that student, or those: a few students' view is cheap in a big
    course.
    """
    found = Audiences(tag_needs_restriction=world.switches.tag_on_module_needs_restriction)
    only_user = frozenset({only_user}) if isinstance(only_user, int) else only_user
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
    _gather_groups(world, found)
    return found


def _gather_groups(world: World, found: Audiences) -> None:
    of_modules = {o.group_id for overrides in found.module_overrides.values() for o in overrides}
    named = of_modules | {o.group_id for overrides in found.own_overrides.values() for o in overrides}
    named.discard(None)
    if not named:
        return
    groups = {g.id: g for g in (world.get(Group, i) for i in named) if g and g.workflow_state != "deleted"}
    for membership in world.find(GroupMembership, workflow_state="accepted"):
        group = groups.get(membership.group_id)
        if group is None or membership.user_id not in found.assigned:
            continue
        found.assigned_groups[group.id].add(membership.user_id)
        counts = world.switches.tags_feature or not group.non_collaborative
        if counts and membership.user_id in found.learners:
            found.groups[group.id].add(membership.user_id)


def _gather_people(world: World, course_id: int, only: frozenset[int] | None, found: Audiences) -> None:
    unfinished: set[int] = set()
    for enrollment in world.find(Enrollment, course_id=course_id):
        state, user_id = enrollment.workflow_state, enrollment.user_id
        if enrollment.type not in LEARNER_TYPES or state in GONE:
            continue
        if only is not None and user_id not in only:
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
    """The learners an override targets. A tag targets nobody while the account lacks the tags feature."""
    if override.student_ids is not None:
        return facts.learners.intersection(override.student_ids)
    if override.course_section_id is not None:
        return facts.sections.get(override.course_section_id, set())
    if override.group_id is not None:
        return facts.groups.get(override.group_id, set())
    return set(facts.learners) if override.whole_course else set()


def open_to_everyone(facts: Audiences, key: ContentKey, only_visible_to_overrides: bool) -> bool:
    """Rule E: not restricted itself, and in no module or in one that has no override (published or not)."""
    if only_visible_to_overrides:
        return False
    modules = facts.modules_of.get(key, [])
    return not modules or any(not facts.module_overrides.get(module_id) for module_id in modules)


def viewers(facts: Audiences, content: Assignment | WikiPage) -> set[int]:
    """The learners who see a published assignment or page; nobody when it is unpublished or deleted."""
    if not is_published(content):
        return set()
    return _viewers_once_published(facts, key_of(content), content.only_visible_to_overrides)


def _viewers_once_published(facts: Audiences, key: ContentKey, restricted: bool) -> set[int]:
    own = facts.own_overrides.get(key, [])
    modules = facts.modules_of.get(key, [])
    inherited = [o for module_id in modules for o in facts.module_overrides.get(module_id, [])]
    counts = restricted or bool(modules)
    assigning: list[Override] = [o for o in own if not o.unassign_item] if counts else []
    assigning += inherited
    seen = set(facts.learners) if open_to_everyone(facts, key, restricted) else set()
    if restricted or not (key[0] == "Assignment" and facts.tag_needs_restriction):
        seen = seen.union(*(matching(facts, o) for o in assigning if o.group_id is not None))
    unassigning = [o for o in own if o.unassign_item]
    for is_target in (_names_section, _names_students):
        seen = seen.union(*(matching(facts, o) for o in assigning if is_target(o)))
        seen = seen.difference(*(matching(facts, o) for o in unassigning if is_target(o)))
    return seen | facts.learners if any(o.whole_course for o in own) else seen


def _names_section(override: Override) -> bool:
    return override.student_ids is None and override.course_section_id is not None


def _names_students(override: Override) -> bool:
    return override.student_ids is not None


def key_of(content: Assignment | WikiPage) -> ContentKey:
    return ("Assignment", content.id) if isinstance(content, Assignment) else ("WikiPage", content.id)


def visible_to_everyone(facts: Audiences, content: Assignment | WikiPage) -> bool:
    """Canvas's live leak check, never kept: True when the audience is the whole course, once published."""
    key = key_of(content)
    by_override = any(o.whole_course for o in facts.own_overrides.get(key, []))
    return by_override or open_to_everyone(facts, key, content.only_visible_to_overrides)


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


def eyes(world: World, course_id: int, user_id: int) -> frozenset[int] | None:
    """Whose view a person without staff rights has: his own and that of each student linked to him.

    None is the view of an observer without a student: whatever is published, unfiltered (section 3).
    """
    enrollments = world.live(Enrollment, course_id=course_id, user_id=user_id)
    linked = {e.associated_user_id for e in enrollments if e.type == "ObserverEnrollment"}
    children = {child for child in linked if child is not None}
    learns = any(e.type in LEARNER_TYPES for e in enrollments)
    return None if linked and not children and not learns else frozenset({user_id} | children)


def seen_modules(world: World, course_id: int, users: frozenset[int] | None) -> frozenset[int]:
    """The published modules that one of these users sees; all of them for None. May be minutes old."""
    modules = world.live(Module, course_id=course_id, workflow_state="active")
    if users is None:
        return frozenset(m.id for m in modules)

    def work() -> frozenset[int]:
        facts = audiences(world, course_id, only_user=users)
        return frozenset(m.id for m in modules if module_viewers(facts, m))

    return kept(world, course_id, ("Module", users), work)


def seen_contents(
    world: World, course_id: int, users: frozenset[int] | None, kind: ContentType
) -> frozenset[int]:
    """The assignments, or pages, that one of these users sees. May be minutes old, so look at what still is
    published."""
    contents = contents_of_kind(world, course_id, kind)
    if users is None:
        return frozenset(c.id for c in contents if is_published(c))

    def work() -> frozenset[int]:
        facts = audiences(world, course_id, only_user=users)
        return frozenset(c.id for c in contents if viewers(facts, c))

    return kept(world, course_id, (kind, users), work)


def contents_for(world: World, course_id: int, user_id: int, kind: ContentType) -> frozenset[int]:
    """The assignments, or pages, that a person without staff rights has in their list now."""
    seen = seen_contents(world, course_id, eyes(world, course_id, user_id), kind)
    contents = contents_of_kind(world, course_id, kind)
    return frozenset(c.id for c in contents if c.id in seen and is_published(c))


def contents_of_kind(world: World, course_id: int, kind: ContentType) -> list[Assignment] | list[WikiPage]:
    """The living assignments or pages of a course."""
    if kind == "Assignment":
        return world.live(Assignment, course_id=course_id)
    return world.live(WikiPage, course_id=course_id)


def is_published(content: Assignment | WikiPage) -> bool:
    return content.workflow_state in ("published", "active")


def sees_content(world: World, content: Assignment | WikiPage, user_id: int) -> bool:
    """Whether one person without staff rights sees one content. The audience may be minutes old."""
    users = eyes(world, content.course_id, user_id)
    if users is None or not is_published(content):
        return is_published(content)
    key = key_of(content)

    def work() -> frozenset[int]:
        return frozenset(viewers(audiences(world, content.course_id, only_user=users), content))

    return bool(kept(world, content.course_id, (key, users), work))


def assignment_visibility(world: World, facts: Audiences, assignment: Assignment) -> list[int]:
    """The users whom Canvas names under include[]=assignment_visibility. May be minutes old."""
    question = (key_of(assignment), "everybody")
    return sorted(kept(world, assignment.course_id, question, lambda: frozenset(viewers(facts, assignment))))


def modules_for(world: World, course_id: int, user_id: int) -> list[tuple[Module, list[ModuleItem]]]:
    """Exactly the modules and items one student sees in a course, in the course's order.

    A module whose every item is hidden is still there, empty, as in Canvas.
    """
    return modules_seen(world, course_id, frozenset({user_id}))


def modules_seen(
    world: World, course_id: int, users: frozenset[int] | None
) -> list[tuple[Module, list[ModuleItem]]]:
    """The same for several students at once, and for None all that is published."""
    modules = seen_modules(world, course_id, users)
    kinds: tuple[ContentType, ContentType] = ("Assignment", "WikiPage")
    contents = {(kind, i) for kind in kinds for i in seen_contents(world, course_id, users, kind)}

    def listed(item: ModuleItem) -> bool:
        key = key_of_item(item)
        content = content_of(world, item)
        shows = key is None or (key in contents and content is not None and is_published(content))
        return item.workflow_state == "active" and shows

    return [
        (module, [item for item in items if listed(item)])
        for module, items in modules_with_items(world, course_id)
        if module.id in modules and module.workflow_state == "active"
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
