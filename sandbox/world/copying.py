"""Copying a course's content into another, and what becomes of objects and audiences in the copy.

Source: Canvas `lib/cc/{assignment_resources,module_meta,wiki_resources}.rb` (what goes out) and
`app/models/importers/{assignment,context_module}_importer.rb` (what comes in), read for this file:

- Assignments: new ids, same names, their published or unpublished state, points, dates, tool address and link
  settings, manual posting. A new lti_context_id, so a new resource link (with the lookup_uuid and custom data
  of the old); the line item keeps its resourceId and tag. SIS id, integration_id and integration_data stay
  behind.
- No override goes along: no section, student, group or tag. `only_visible_to_overrides` comes in only with an
  override of mastery paths, so **a restricted assignment is everybody's in the copy** (the switch
  copy_keeps_restriction makes it nobody's instead, where a host differs).
- Modules: state, order, prerequisites, requirements, sequence; not their overrides, not publish_final_grade:
  **a published unit is seen by everybody**. Items keep their state; the content's own wins for assignments
  and pages. A link or tool item keeps its address to the letter, old ids in it too.
- Pages: slug if free, body, state, editing roles; their restriction stays behind.
- Outcomes of the course are new ones with the same vendor_guid, those of an account are linked; no results.
- Sections, people, groups, tags, submissions, comments and scores stay behind. Nobody is told.
- Again into the same course: what came before is found and brought up to date, states left alone; nothing is
  doubled, and what was deleted there comes back. A link in text to an object that was copied is turned.
- `select`: only those objects (and what is in the chosen modules).

Not modelled: the course's settings, late policy and tools of its own, blueprint sync, calendar, discussions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from sandbox.world import mastery, rows, work
from sandbox.world.model import (
    Assignment,
    AssignmentGroup,
    ContentMigration,
    Course,
    CourseFile,
    LineItem,
    Module,
    ModuleItem,
    Outcome,
    OutcomeAlignment,
    OutcomeGroup,
    Record,
    ResourceLink,
    WikiPage,
)
from sandbox.world.model.work import Quiz, QuizQuestion, Rubric
from sandbox.world.store import World
from sandbox.world.visibility import items_in_order, modules_in_order

R = TypeVar("R", bound=Record)
_DATES = ("due_at", "unlock_at", "lock_at")
_TABLE_OF_TYPE: dict[str, type[Record]] = {"Assignment": Assignment, "Page": WikiPage, "File": CourseFile}
_LEFT_BEHIND: dict[str, Any] = {
    "sis_assignment_id": None,
    "integration_id": None,
    "integration_data": {},
    "only_visible_to_overrides": False,
}


@dataclass(frozen=True, slots=True)
class Wish:
    """How to copy: what (None: everything), and what becomes of dates."""

    select: dict[str, set[int]] | None = None
    """By "modules", "assignments", "pages", "files": ids in the source."""
    remove_dates: bool = False
    shift: timedelta = field(default_factory=timedelta)


class Copy:
    """One copy under way: knows what became of each object, now and in earlier copies of the same pair."""

    def __init__(self, world: World, migration: ContentMigration, wish: Wish) -> None:
        self.world, self.migration, self.wish = world, migration, wish
        self.source, self.target = migration.source_course_id, migration.course_id
        self.earlier: dict[int, int] = {}
        for other in world.find(ContentMigration, course_id=self.target, source_course_id=self.source):
            self.earlier |= other.copied
        self.new: set[int] = set()
        """Ids made now, or brought back: the only ones that take the source's state."""

    def run(self) -> dict[str, int]:
        """Copy all; returns how many of each kind came."""
        self._choose_from_modules()
        counts = {
            "files": self._files(),
            "assignment_groups": self._groups(),
            "outcomes": self._outcomes(),
            "assignments": self._assignments(),
            "pages": self._pages(),
            "modules": self._modules(),
        }
        self._turn_links()
        touched = [self.world.table(Assignment)[i] for i in self._copied(Assignment)]
        rows.recompute(self.world, touched)
        return counts

    # one object

    def _copied(self, kind: type[Record]) -> list[int]:
        table = self.world.table(kind)
        return [new for new in self.migration.copied.values() if new in table]

    def _put(self, old: R, make: Callable[[], R], kept: Iterable[str] = ()) -> R:
        """The object's copy: the earlier one brought up to date (but for `kept` fields), or a new one."""
        kind = type(old)
        found = self.world.get(kind, self.earlier.get(old.id))
        fresh = make()
        if found is None:
            found = self.world.add(fresh)
            self.new.add(found.id)
        else:
            was_deleted = getattr(found, "workflow_state", "") == "deleted"
            stays = {"id", "created_at", *kept} | (set() if was_deleted else {"workflow_state"})
            for name in fresh.__dataclass_fields__:
                if name not in stays:
                    setattr(found, name, getattr(fresh, name))
            if was_deleted:
                self.new.add(found.id)
        self.migration.copied[old.id] = found.id
        return found

    def _chosen(self, kind: str, found: Iterable[R]) -> list[R]:
        select = self.wish.select
        return [each for each in found if select is None or each.id in select.get(kind, set())]

    def _choose_from_modules(self) -> None:
        """A chosen module brings what its items stand for."""
        select = self.wish.select
        if select is None:
            return
        words = {"Assignment": "assignments", "Page": "pages", "File": "files"}
        for module_id in select.get("modules", set()):
            for item in items_in_order(self.world, module_id):
                if item.content_id and item.type in words:
                    select.setdefault(words[item.type], set()).add(item.content_id)

    # kinds

    def _files(self) -> int:
        chosen = self._chosen("files", self.world.live(CourseFile, course_id=self.source))
        for old in chosen:
            self._put(old, partial(self._like, old, uuid=self.world.new_uuid()))
        return len(chosen)

    def _like(self, old: R, **changes: Any) -> R:
        """A copy of the record for the target course, not yet kept."""
        fields: dict[str, Any] = {"id": 0, **changes}
        names = old.__dataclass_fields__
        if "course_id" in names:
            fields["course_id"] = self.target
        now = self.world.clock.now()
        fields |= {name: now for name in ("created_at", "updated_at") if name in names}
        return replace(deepcopy(old), **fields)

    def _groups(self) -> int:
        """Groups of assignments; one of the same name that was not copied is taken over."""
        used = {a.assignment_group_id for a in self._chosen("assignments", self._source_assignments())}
        found = self.world.live(AssignmentGroup, course_id=self.source)
        chosen = [group for group in found if self.wish.select is None or group.id in used]
        taken = set(self.earlier.values())
        for old in chosen:
            for same in self.world.live(AssignmentGroup, course_id=self.target, name=old.name):
                if old.id not in self.earlier and same.id not in taken:
                    self.earlier[old.id] = same.id
            self._put(old, partial(self._like, old, never_drop=[]))
        return len(chosen)

    def _outcomes(self) -> int:
        """The course's folders and links: own outcomes anew, an account's by a link."""
        if self.wish.select is not None:
            return 0
        links = mastery.links_in(self.world, "Course", self.source)
        root = mastery.root_group(self.world, "Course", self.target)
        for link in links:
            outcome = self.world.table(Outcome)[link.outcome_id]
            if outcome.context_type == "Course":
                outcome = self._put(outcome, partial(self._like, outcome, context_id=self.target))
            mastery.link(self.world, outcome, self._folder(link.outcome_group_id, root))
        return len(links)

    def _folder(self, group_id: int, root: OutcomeGroup) -> OutcomeGroup:
        old = self.world.get(OutcomeGroup, group_id)
        if old is None or old.parent_id is None:
            return root
        parent = self._folder(old.parent_id, root)
        return self._put(old, partial(self._like, old, context_id=self.target, parent_id=parent.id))

    def _source_assignments(self) -> list[Assignment]:
        found = self.world.live(Assignment, course_id=self.source)
        return sorted(found, key=lambda a: (a.assignment_group_id, a.position, a.id))

    def _assignments(self) -> int:
        chosen = self._chosen("assignments", self._source_assignments())
        mastery.alignments_in(self.world, self.source)
        for old in chosen:
            new = self._put(old, partial(self._assignment, old), ("lti_context_id",))
            if new.id in self.new:
                self._line_item(old, new)
                self._link(
                    next(iter(self.world.live(ResourceLink, assignment_id=old.id)), None), assignment=new
                )
            self._measured(old, new)
            for quiz in self.world.live(Quiz, assignment_id=old.id):
                self._quiz(quiz, new)
        return len(chosen)

    def _assignment(self, old: Assignment) -> Assignment:
        changes: dict[str, Any] = deepcopy(_LEFT_BEHIND)
        if self.world.switches.copy_keeps_restriction:
            changes["only_visible_to_overrides"] = old.only_visible_to_overrides
        changes |= {name: self._moved(getattr(old, name)) for name in _DATES}
        changes["assignment_group_id"] = self.migration.copied[old.assignment_group_id]
        changes["rubric_id"] = self._rubric(old)
        changes["lti_context_id"] = self.world.new_uuid()
        return self._like(old, **changes)

    def _moved(self, at: datetime | None) -> datetime | None:
        return None if at is None or self.wish.remove_dates else at + self.wish.shift

    def _rubric(self, old: Assignment) -> int | None:
        rubric = self.world.get(Rubric, old.rubric_id)
        if rubric is None or rubric.workflow_state == "deleted":
            return None
        copy = self._put(rubric, partial(self._like, rubric))
        for criterion in copy.criteria:
            outcome_id = criterion.get("learning_outcome_id")
            if outcome_id:
                criterion["learning_outcome_id"] = self.migration.copied.get(outcome_id, outcome_id)
        return copy.id

    def _line_item(self, old: Assignment, new: Assignment) -> None:
        """The tool's line item on the copy, with the resourceId and tag of the one it comes from."""
        made = work.couple_line_item(self.world, new)
        source = next(iter(self.world.live(LineItem, assignment_id=old.id)), None)
        if source is None:
            return
        made = made or self.world.add(
            replace(
                source,
                id=0,
                course_id=self.target,
                assignment_id=new.id,
                resource_link_id=None,
                extensions=deepcopy(source.extensions),
            )
        )
        made.resource_id, made.tag, made.coupled = source.resource_id, source.tag, source.coupled

    def _link(
        self,
        old: ResourceLink | None,
        *,
        assignment: Assignment | None = None,
        item: ModuleItem | None = None,
    ) -> None:
        """A resource link of its own, found again by the lookup_uuid of the old one, with its custom data."""
        if old is None:
            return
        uuid = assignment.lti_context_id if assignment else self.world.new_uuid()
        made = partial(
            self._like,
            old,
            resource_link_uuid=uuid,
            assignment_id=assignment.id if assignment else None,
            module_item_id=item.id if item else None,
        )
        self._put(old, made, ("resource_link_uuid",))

    def _measured(self, old: Assignment, new: Assignment) -> None:
        for aligned in self.world.live(OutcomeAlignment, assignment_id=old.id):
            outcome_id = self.migration.copied.get(aligned.outcome_id, aligned.outcome_id)
            mastery.align(self.world, self.world.table(Outcome)[outcome_id], new, source=aligned.source)

    def _quiz(self, quiz: Quiz, new: Assignment) -> None:
        copy = self._put(quiz, partial(self._like, quiz, assignment_id=new.id))
        for question in self.world.live(QuizQuestion, quiz_id=quiz.id):
            self._put(question, partial(self._like, question, quiz_id=copy.id))

    def _pages(self) -> int:
        chosen = self._chosen("pages", self.world.live(WikiPage, course_id=self.source))
        for old in chosen:
            slug = self.world.slug(self.target, old.url)
            new = self._put(
                old, partial(self._like, old, url=slug, only_visible_to_overrides=False), ("url",)
            )
            others = (
                self.world.live(WikiPage, course_id=self.target, front_page=True) if old.front_page else []
            )
            for other in others:
                other.front_page = other.id == new.id
        return len(chosen)

    def _modules(self) -> int:
        """New modules come after those that are there."""
        chosen = self._chosen("modules", modules_in_order(self.world, self.source))
        last = max((m.position for m in modules_in_order(self.world, self.target)), default=0)
        for place, old in enumerate(chosen, last + 1):
            before = [
                self.migration.copied[i] for i in old.prerequisite_module_ids if i in self.migration.copied
            ]
            changes = {
                "position": place,
                "prerequisite_module_ids": before,
                "unlock_at": self._moved(old.unlock_at),
                "publish_final_grade": False,
            }
            new = self._put(old, partial(self._like, old, **changes), ("position",))
            self._items(old, new)
        return len(chosen)

    def _items(self, old: Module, new: Module) -> None:
        came = set()
        for item in items_in_order(self.world, old.id):
            content_id = self.migration.copied.get(item.content_id or 0, 0)
            if item.type in _TABLE_OF_TYPE and not content_id:
                self.migration.issues.append(f'The module item "{item.title}" has lost its content.')
                continue
            changes: dict[str, Any] = {"module_id": new.id, "content_id": content_id or item.content_id}
            content = self._content(item.type, content_id)
            if content is not None:
                changes["title"] = getattr(content, "name", "") or getattr(content, "title", "")
                is_on = getattr(content, "workflow_state", "") in ("published", "active")
                changes["workflow_state"] = "active" if is_on else "unpublished"
            copy = self._put(item, partial(self._like, item, **changes))
            self._link(next(iter(self.world.live(ResourceLink, module_item_id=item.id)), None), item=copy)
            came.add(copy.id)
        for earlier_id in set(self.earlier.values()) - came:
            gone = self.world.get(ModuleItem, earlier_id)
            if gone is not None and gone.module_id == new.id:
                gone.workflow_state = "deleted"

    def _content(self, type_: str, content_id: int) -> Record | None:
        kind = _TABLE_OF_TYPE.get(type_)
        return self.world.get(kind, content_id) if kind in (Assignment, WikiPage) and kind else None

    # links in text

    def _turn_links(self) -> None:
        """Addresses of copied objects in descriptions and pages lead to their copies."""
        pattern = re.compile(rf"/courses/{self.source}/(assignments|files|modules)/(\d+)")

        def turned(found: re.Match[str]) -> str:
            new = self.migration.copied.get(int(found[2]))
            return f"/courses/{self.target}/{found[1]}/{new}" if new else found[0]

        slugs = re.compile(rf"/courses/{self.source}/pages/")
        for assignment_id in self._copied(Assignment):
            assignment = self.world.table(Assignment)[assignment_id]
            text = assignment.description
            assignment.description = text and slugs.sub(
                f"/courses/{self.target}/pages/", pattern.sub(turned, text)
            )
        for page_id in self._copied(WikiPage):
            page = self.world.table(WikiPage)[page_id]
            page.body = slugs.sub(f"/courses/{self.target}/pages/", pattern.sub(turned, page.body))


def course_history(world: World, course: Course) -> list[str]:
    """lti_context_ids of the courses it was copied from, nearest first: what $Context.id.history says."""
    found, waiting, seen = list[str](), [course.id], {course.id}
    while waiting:
        here = waiting.pop(0)
        for migration in world.find(ContentMigration, course_id=here, workflow_state="completed"):
            source = world.get(Course, migration.source_course_id)
            if source is not None and source.id not in seen:
                seen.add(source.id)
                waiting.append(source.id)
                found.append(source.lti_context_id)
    return found
