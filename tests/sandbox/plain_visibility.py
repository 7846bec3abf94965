"""Who sees what, a second time: plain set algebra over plain data, written from the reference alone.

Source: canvas-visibility.md 1.1, 2 and 8. It shares no line with sandbox/world/visibility.py, so that the two
can disagree. Sets of user ids throughout; nothing here is quick or clever on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Ids = frozenset[int]
NOT_ENROLLED = ("deleted", "rejected", "inactive")
GONE = ("deleted", "rejected")


@dataclass(frozen=True)
class Enrolled:
    user: int
    section: int
    type: str
    state: str


@dataclass(frozen=True)
class Target:
    """An override: `on` is ("content", id) or ("module", id); `kind` is adhoc, section, group or course."""

    on: tuple[str, int]
    kind: str
    ids: Ids = frozenset()
    unassign: bool = False
    active: bool = True
    dated: bool = False
    """Whether it overrides the due date: to `due` (a day), or to none."""
    due: int | None = None


@dataclass(frozen=True)
class Thing:
    """An assignment or a page."""

    id: int
    assignment: bool
    published: bool
    restricted: bool
    """only_visible_to_overrides"""


@dataclass(frozen=True)
class Tag:
    id: int
    live: bool
    collaborative: bool
    members: Ids


@dataclass
class Plain:
    """A course. `modules`: id -> active, unpublished or deleted; `items`: (module, content, live)."""

    enrolled: list[Enrolled] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    modules: dict[int, str] = field(default_factory=dict)
    items: list[tuple[int, int, bool]] = field(default_factory=list)
    tags_feature: bool = True
    tag_needs_restriction: bool = True


def students(course: Plain) -> Ids:
    """Who counts as a student: completed too; deleted, rejected and inactive not."""
    kinds = ("StudentEnrollment", "StudentViewEnrollment")
    return frozenset(e.user for e in course.enrolled if e.type in kinds and e.state not in NOT_ENROLLED)


def holders(course: Plain, thing: Thing) -> set[int]:
    """The non-deleted modules that hold it by a non-deleted item."""
    return {
        module
        for module, content, live in course.items
        if content == thing.id and live and course.modules[module] != "deleted"
    }


def on(course: Plain, place: str, ids: set[int]) -> list[Target]:
    return [t for t in course.targets if t.active and t.on[0] == place and t.on[1] in ids]


def hit(course: Plain, target: Target) -> Ids:
    """The students that the override's target includes."""
    here = students(course)
    if target.kind == "adhoc":
        return target.ids & here
    if target.kind == "section":
        kinds = ("StudentEnrollment", "StudentViewEnrollment")
        return frozenset(
            e.user
            for e in course.enrolled
            if e.section in target.ids and e.type in kinds and e.state not in NOT_ENROLLED
        )
    if target.kind == "group":
        return members(course, target, feature=course.tags_feature) & here
    return here


def members(course: Plain, target: Target, *, feature: bool) -> Ids:
    tags = [t for t in course.tags if t.id in target.ids and t.live]
    return frozenset().union(*(t.members for t in tags if t.collaborative or feature))


def union(sets: list[Ids]) -> Ids:
    return frozenset().union(*sets)


def module_visible(course: Plain, module: int) -> Ids:
    """Who sees the module: published, and without an override or matched by one (section 2, first line)."""
    if course.modules[module] != "active":
        return frozenset()
    own = on(course, "module", {module})
    return union([hit(course, t) for t in own]) if own else students(course)


def open_to_everyone(course: Plain, thing: Thing) -> bool:
    """E: not restricted, and in no module or in at least one that has no override, published or not."""
    held = holders(course, thing)
    return not thing.restricted and (not held or any(not on(course, "module", {m}) for m in held))


def visible(course: Plain, thing: Thing) -> Ids:
    """(((((E | G | S) - Us) | H) - Uh) | C), for a published one (1.1)."""
    if not thing.published:
        return frozenset()
    held = holders(course, thing)
    own = on(course, "content", {thing.id})
    all_ = own + on(course, "module", held)
    counts = bool(held) or thing.restricted
    tags_count = thing.restricted if thing.assignment and course.tag_needs_restriction else counts

    def of(kind: str, given: list[Target], unassign: bool = False) -> Ids:
        return union([hit(course, t) for t in given if t.kind == kind and t.unassign == unassign])

    everyone = students(course) if open_to_everyone(course, thing) else frozenset()
    seen = everyone
    seen |= of("group", all_) if tags_count else frozenset()
    seen |= of("section", all_) if counts else frozenset()
    seen -= of("section", own, unassign=True)
    seen |= of("adhoc", all_) if counts else frozenset()
    seen -= of("adhoc", own, unassign=True)
    return seen | of("course", own)


def listed(course: Plain, module: int, thing: Thing) -> Ids:
    """Who finds its (published) item in that module (section 8, item_listed)."""
    return module_visible(course, module) & visible(course, thing)


def enrolled(course: Plain) -> list[Enrolled]:
    """The enrolments that can hold rows: inactive ones too."""
    kinds = ("StudentEnrollment", "StudentViewEnrollment")
    return [e for e in course.enrolled if e.type in kinds and e.state not in GONE]


def given_to(course: Plain, target: Target) -> Ids:
    """Whom an override gives a row: students and groups without a look at their enrolment."""
    here = enrolled(course)
    if target.kind == "adhoc":
        return target.ids
    if target.kind == "group":
        return members(course, target, feature=True)
    return frozenset(e.user for e in here if target.kind == "course" or e.section in target.ids)


def row_due(course: Plain, thing: Thing, user: int, base: int) -> int | None:
    """The row's date: an ad-hoc override's, else the latest of the others (none is latest), else the base."""
    own = [t for t in on(course, "content", {thing.id}) if t.dated and user in given_to(course, t)]
    best = [t.due for t in own if t.kind == "adhoc"] or [t.due for t in own]
    if not best:
        return base
    return None if None in best else max(due for due in best if due is not None)


def assigned(course: Plain, thing: Thing) -> Ids:
    """Whom a recompute gives a living row (section 8, rows).

    Whether the thing is published or restricted plays no part, nor does the tags feature.
    """
    own = on(course, "content", {thing.id})
    given = [t for t in own + on(course, "module", holders(course, thing)) if not t.unassign]
    found = union([given_to(course, t) for t in given])
    everybody = frozenset(e.user for e in enrolled(course))
    return found | everybody if open_to_everyone(course, thing) else found
