"""A fingerprint of what people can see in a course: equal for two runs that ended in the same LMS state."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from sandbox.world.model import (
    Assignment,
    AssignmentGroup,
    AssignmentOverride,
    Course,
    Enrollment,
    LineItem,
    Module,
    ModuleItem,
    ModuleOverride,
    Override,
    Section,
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


def course_digest(world: World, course: Course) -> Json:
    """{"digest": sha256 hex, "objects": counts}. Names, audiences, items, states, scores; no ids, times."""
    seen = course_state(world, course)
    text = json.dumps(seen, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return {"digest": hashlib.sha256(text.encode()).hexdigest(), "objects": _counts(world, course)}


def course_state(world: World, course: Course) -> Json:
    """What the digest is taken over, readable: for finding out in what two runs differ."""
    facts = audiences(world, course.id)
    people = {u.id: u.login_id for u in world.live(User)}
    return {
        "sections": _sorted(_section(world, s, people) for s in world.live(Section, course_id=course.id)),
        "groups": sorted(g.name for g in world.live(AssignmentGroup, course_id=course.id)),
        "assignments": _sorted(
            _assignment(world, a, facts, people) for a in world.live(Assignment, course_id=course.id)
        ),
        "pages": _sorted(_page(p, facts, people) for p in world.live(WikiPage, course_id=course.id)),
        "modules": [_module(world, m, facts, people) for m in modules_in_order(world, course.id)],
        "line_items": _sorted(_line_item(i) for i in world.live(LineItem, course_id=course.id)),
    }


def _sorted(rows: Iterable[Json]) -> list[Json]:
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True, ensure_ascii=False))


def _names(ids: Iterable[int], people: dict[int, str]) -> list[str]:
    return sorted(people.get(i, "?") for i in ids)


def _section(world: World, section: Section, people: dict[int, str]) -> Json:
    members = sorted(
        [people.get(e.user_id, "?"), e.type, e.workflow_state]
        for e in world.live(Enrollment, section_id=section.id)
    )
    return {"name": section.name, "members": members}


def _targets(world: World, overrides: Iterable[Override], people: dict[int, str]) -> list[Json]:
    rows = []
    for override in overrides:
        section = world.get(Section, override.course_section_id)
        students = None if override.student_ids is None else _names(override.student_ids, people)
        rows.append({"section": section.name if section else None, "students": students})
    return _sorted(rows)


def _assignment(world: World, a: Assignment, facts: Audiences, people: dict[int, str]) -> Json:
    group = world.get(AssignmentGroup, a.assignment_group_id)
    rows = [r for r in world.submissions_of(a.id).values() if r.workflow_state != "deleted"]
    return {
        "name": a.name,
        "group": group.name if group else None,
        "points": a.points_possible,
        "types": a.submission_types,
        "published": a.workflow_state == "published",
        "flags": [
            *(a.only_visible_to_overrides, a.omit_from_final_grade, a.hide_in_gradebook, a.post_to_sis),
            a.due_at is not None,
        ],
        "overrides": _targets(world, facts.own_overrides.get(key_of(a), []), people),
        "seen_by": _names(viewers(facts, a), people),
        "assigned_to": _names((r.user_id for r in rows), people),
        "scores": sorted(
            [people.get(r.user_id, "?"), "EX" if r.excused else r.score]
            for r in rows
            if r.excused or r.score is not None
        ),
        "handed_in": sorted([people.get(r.user_id, "?"), r.attempt] for r in rows if r.submitted_at),
    }


def _page(page: WikiPage, facts: Audiences, people: dict[int, str]) -> Json:
    return {
        "title": page.title,
        "body": page.body,
        "published": page.workflow_state == "active",
        "restricted": page.only_visible_to_overrides,
        "seen_by": _names(viewers(facts, page), people),
    }


def _module(world: World, module: Module, facts: Audiences, people: dict[int, str]) -> Json:
    items = [
        {
            "title": item.title,
            "type": item.type,
            "published": item.workflow_state == "active",
            "requirement": item.completion_requirement,
            "seen_by": _names(item_viewers(world, facts, item), people),
        }
        for item in items_in_order(world, module.id)
    ]
    before = [world.get(Module, i) for i in module.prerequisite_module_ids]
    return {
        "name": module.name,
        "published": module.workflow_state == "active",
        "sequential": module.require_sequential_progress,
        "after": [m.name for m in before if m],
        "overrides": _targets(world, facts.module_overrides.get(module.id, []), people),
        "seen_by": _names(module_viewers(facts, module), people),
        "items": items,
    }


def _line_item(item: LineItem) -> Json:
    return {"label": item.label, "maximum": item.score_maximum, "coupled": item.coupled}


def _counts(world: World, course: Course) -> dict[str, int]:
    counted = {
        "sections": Section,
        "enrollments": Enrollment,
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
