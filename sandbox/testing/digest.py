"""A fingerprint of what people can see in a course: equal for two runs that ended in the same LMS state.

What the REST shows is in it (audiences, states, rows, scores, progress), by name; ids, times, notices, the
journal and jobs are not. Reading it changes nothing: progress looked at here is not worked out for good.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable
from typing import Any

from sandbox.world import progress
from sandbox.world.model import (
    Assignment,
    AssignmentGroup,
    AssignmentOverride,
    Course,
    Enrollment,
    Group,
    GroupCategory,
    GroupMembership,
    ItemMark,
    LineItem,
    Module,
    ModuleItem,
    ModuleOverride,
    Outcome,
    OutcomeResult,
    Override,
    Result,
    Section,
    Submission,
    User,
    WikiPage,
)
from sandbox.world.store import World
from sandbox.world.visibility import (
    Audiences,
    audiences,
    item_viewers,
    items_in_order,
    key_of,
    module_viewers,
    modules_in_order,
    viewers,
)

Json = dict[str, Any]
_LOOKED_AT = ("sandbox.progressions", "sandbox.visibility_cache")
"""What looking changes: put back afterwards."""


def course_digest(world: World, course: Course) -> Json:
    """{"digest": sha256 hex, "objects": counts}. Names, audiences, items, states, scores; no ids, times."""
    return {"digest": fingerprint(course_state(world, course)), "objects": _counts(world, course)}


def fingerprint(state: Json) -> str:
    """The digest of a state that `course_state` made."""
    text = json.dumps(state, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def course_state(world: World, course: Course) -> Json:
    """What the digest is taken over, readable: for finding out in what two runs differ."""
    rooms = {name: room for name, room in world.extras.items() if name in _LOOKED_AT}
    world.extras.update(copy.deepcopy(rooms))
    try:
        return _Reader(world, course).state()
    finally:
        for name in _LOOKED_AT:
            world.extras.pop(name, None)
        world.extras.update(rooms)


class _Reader:
    """One course with what its parts are named by."""

    def __init__(self, world: World, course: Course) -> None:
        self.world, self.course = world, course
        self.facts: Audiences = audiences(world, course.id)
        # a Test Student's login holds an id
        self.people = {u.id: "Test Student" if u.fake_student else u.login_id for u in world.live(User)}

    def state(self) -> Json:
        world, course_id = self.world, self.course.id
        return {
            "course": {"name": self.course.name, "state": self.course.workflow_state},
            "sections": _sorted(self.section(s) for s in world.live(Section, course_id=course_id)),
            "tags": _sorted(self.group_set(c) for c in world.live(GroupCategory, course_id=course_id)),
            "groups": _sorted(
                {"name": g.name, "weight": g.group_weight}
                for g in world.live(AssignmentGroup, course_id=course_id)
            ),
            "assignments": _sorted(self.assignment(a) for a in world.live(Assignment, course_id=course_id)),
            "pages": _sorted(self.page(p) for p in world.live(WikiPage, course_id=course_id)),
            "modules": [self.module(m) for m in modules_in_order(world, course_id)],
            "line_items": _sorted(self.line_item(i) for i in world.live(LineItem, course_id=course_id)),
            "outcome_results": _sorted(
                self.outcome_result(r) for r in world.find(OutcomeResult, course_id=course_id)
            ),
        }

    def name(self, user_id: int) -> str:
        return self.people.get(user_id, "?")

    def names(self, ids: Iterable[int]) -> list[str]:
        return sorted(self.name(i) for i in ids)

    def outcome_result(self, result: OutcomeResult) -> Json:
        outcome = self.world.get(Outcome, result.outcome_id)
        return {
            "student": self.name(result.user_id),
            "outcome": outcome.title if outcome else None,
            "score": [result.score, result.possible, result.hidden],
        }

    def section(self, section: Section) -> Json:
        members = sorted(
            [self.name(e.user_id), e.type, e.workflow_state]
            for e in self.world.live(Enrollment, section_id=section.id)
        )
        return {"name": section.name, "members": members}

    def group_set(self, category: GroupCategory) -> Json:
        groups = {
            g.name: self.names(m.user_id for m in self.world.live(GroupMembership, group_id=g.id))
            for g in self.world.live(Group, group_category_id=category.id)
        }
        return {"name": category.name, "tags": category.non_collaborative, "groups": groups}

    def targets(self, overrides: Iterable[Override]) -> list[Json]:
        return _sorted(self.target(override) for override in overrides)

    def target(self, override: Override) -> Json:
        section = self.world.get(Section, override.course_section_id)
        group = self.world.get(Group, override.group_id)
        found: Json = {
            "section": section.name if section else None,
            "students": None if override.student_ids is None else self.names(override.student_ids),
            "group": group.name if group else None,
            "everyone": override.whole_course,
        }
        if isinstance(override, AssignmentOverride):
            found["unassigns"] = override.unassign_item
            found["dates"] = {
                name: getattr(override, name) is not None
                for name in ("due_at", "unlock_at", "lock_at")
                if getattr(override, f"{name}_set")
            }
        return found

    def assignment(self, a: Assignment) -> Json:
        group = self.world.get(AssignmentGroup, a.assignment_group_id)
        rows = [r for r in self.world.submissions_of(a.id).values() if r.workflow_state != "deleted"]
        return {
            "name": a.name,
            "group": group.name if group else None,
            "points": a.points_possible,
            "types": a.submission_types,
            "published": a.workflow_state == "published",
            "flags": {
                "restricted": a.only_visible_to_overrides,
                "omitted": a.omit_from_final_grade,
                "hidden": a.hide_in_gradebook,
                "to_sis": a.post_to_sis,
                "post_manually": a.post_manually,
                "dates": [a.due_at is not None, a.unlock_at is not None, a.lock_at is not None],
            },
            "overrides": self.targets(self.facts.own_overrides.get(key_of(a), [])),
            "seen_by": self.names(viewers(self.facts, a)),
            "assigned_to": self.names(r.user_id for r in rows),
            "scores": sorted(
                [self.name(r.user_id), "EX" if r.excused else r.score]
                for r in rows
                if r.excused or r.score is not None
            ),
            "handed_in": sorted([self.name(r.user_id), r.attempt] for r in rows if r.submitted_at),
            "rows": sorted(self.row(r) for r in rows if r.workflow_state != "unsubmitted"),
        }

    def row(self, row: Submission) -> list[Any]:
        comments = sorted(str(comment.get("comment")) for comment in row.comments)
        return [self.name(row.user_id), row.workflow_state, row.posted_at is not None, comments]

    def page(self, page: WikiPage) -> Json:
        return {
            "title": page.title,
            "body": page.body,
            "published": page.workflow_state == "active",
            "restricted": page.only_visible_to_overrides,
            "overrides": self.targets(self.facts.own_overrides.get(key_of(page), [])),
            "seen_by": self.names(viewers(self.facts, page)),
        }

    def module(self, module: Module) -> Json:
        before = [self.world.get(Module, i) for i in module.prerequisite_module_ids]
        items = items_in_order(self.world, module.id)
        return {
            "name": module.name,
            "published": module.workflow_state == "active",
            "sequential": module.require_sequential_progress,
            "opens_later": module.unlock_at is not None,
            "after": [m.name for m in before if m],
            "overrides": self.targets(self.facts.module_overrides.get(module.id, [])),
            "seen_by": self.names(module_viewers(self.facts, module)),
            "items": [self.item(item) for item in items],
            "progress": self.progress(module, items),
        }

    def item(self, item: ModuleItem) -> Json:
        marks = {(self.name(mark.user_id), mark.kind) for mark in self.world.find(ItemMark, item_id=item.id)}
        return {
            "title": item.title,
            "type": item.type,
            "url": item.external_url,
            "indent": item.indent,
            "published": item.workflow_state == "active",
            "requirement": item.completion_requirement,
            "seen_by": self.names(item_viewers(self.world, self.facts, item)),
            "marks": sorted([who, kind] for who, kind in marks),
        }

    def progress(self, module: Module, items: list[ModuleItem]) -> dict[str, str]:
        """Each viewer's state in a module that can be in more than one: by requirement, order or time."""
        asks = any(item.completion_requirement for item in items)
        if module.workflow_state != "active" or not (
            asks or module.prerequisite_module_ids or module.unlock_at
        ):
            return {}
        return {
            self.name(user_id): progress.module_state(self.world, module, user_id, self.facts)
            for user_id in module_viewers(self.facts, module)
        }

    def line_item(self, item: LineItem) -> Json:
        found = list(self.world.find(Result, line_item_id=item.id))
        return {
            "label": item.label,
            "maximum": item.score_maximum,
            "coupled": item.coupled,
            "tag": item.tag,
            "results": _sorted(
                {
                    "student": self.name(r.user_id),
                    "score": [r.score_given, r.score_maximum],
                    "progress": [r.activity_progress, r.grading_progress],
                }
                for r in found
            ),
        }


def _sorted(rows: Iterable[Json]) -> list[Json]:
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True, ensure_ascii=False))


def _counts(world: World, course: Course) -> dict[str, int]:
    counted = {
        "sections": Section,
        "enrollments": Enrollment,
        "groups": Group,
        "assignment_groups": AssignmentGroup,
        "assignments": Assignment,
        "assignment_overrides": AssignmentOverride,
        "pages": WikiPage,
        "modules": Module,
        "module_items": ModuleItem,
        "module_overrides": ModuleOverride,
        "line_items": LineItem,
    }
    counts = {name: len(world.live(kind, course_id=course.id)) for name, kind in counted.items()}
    rows = [
        r
        for a in world.live(Assignment, course_id=course.id)
        for r in world.submissions_of(a.id).values()
        if r.workflow_state != "deleted"
    ]
    counts["submission_rows"] = len(rows)
    counts["scores"] = sum(r.score is not None for r in rows)
    return counts
