"""Tags from a CSV file. Source: canvas.md 4.8; Canvas doc/api/differentiation_tags_csv.md.

Columns: canvas_user_id | user_id | login_id; tag_name | canvas_tag_id | tag_id; and, when wanted,
tag_set_name | canvas_tag_set_id | tag_set_id. Missing tags and sets are made, by name; nobody is ever taken
out. A line that cannot be read is left out and named in the job's results.
"""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

from flask import request

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import ApiError, bad_request, forbidden
from sandbox.canvas.lookups import course_for
from sandbox.canvas.progress_jobs import begin
from sandbox.canvas.tags import may
from sandbox.world import groups
from sandbox.world.model import Course, Enrollment, Group, GroupCategory, GroupMembership, User
from sandbox.world.store import World

Line = dict[str, str]


@endpoint("POST", "/courses/<course_id>/group_categories/import_tags")
def import_tags(course_id: str) -> dict[str, Any]:
    """A Progress, `course_tag_import`. The file comes as `attachment` of a form or as the body, text/csv."""
    course = course_for(course_id)
    if not may(course, "add", tags=True):
        raise forbidden()
    if not world().switches.tags_feature:
        raise ApiError(401, {"status": "unauthorized"})
    sent = request.files.get("attachment")
    body = sent.read() if sent else request.get_data()
    if not body:
        raise bad_request("File upload is required")
    lines = list(csv.DictReader(StringIO(body.decode("utf-8-sig", "replace"))))
    lms = world()
    return begin(course, "course_tag_import", lambda: _import(lms, course, lines), user_id=me().id)


def _import(lms: World, course: Course, lines: list[Line]) -> dict[str, Any]:
    refused = []
    for number, line in enumerate(lines, 2):
        user_id, tag = _student(lms, course, line), _tag(lms, course, line)
        if user_id is None or tag is None:
            refused.append(f"line {number}: {'no such person' if user_id is None else 'no such tag'}")
        elif not lms.live(GroupMembership, group_id=tag.id, user_id=user_id):
            lms.add(GroupMembership(group_id=tag.id, user_id=user_id, created_at=lms.clock.now()))
            groups.membership_changed(lms, tag, user_id)
    return {"warnings": refused}


def _student(lms: World, course: Course, line: Line) -> int | None:
    columns = {"canvas_user_id": "id", "user_id": "sis_user_id", "login_id": "login_id"}
    for column, field in columns.items():
        value = (line.get(column) or "").strip()
        if value:
            found = next((u for u in lms.live(User) if str(getattr(u, field)) == value), None)
            enrolled = found and lms.live(Enrollment, course_id=course.id, user_id=found.id)
            return found.id if found and enrolled else None
    return None


def _tag(lms: World, course: Course, line: Line) -> Group | None:
    tags = lms.live(Group, course_id=course.id, non_collaborative=True)
    for column, field in (("canvas_tag_id", "id"), ("tag_id", "sis_group_id")):
        value = (line.get(column) or "").strip()
        if value:
            return next((t for t in tags if str(getattr(t, field)) == value), None)
    name = (line.get("tag_name") or "").strip()
    if not name:
        return None
    category = _set(lms, course, line, name)
    if category is None:
        return None
    for tag in tags:
        if tag.name == name and tag.group_category_id == category.id:
            return tag
    now = lms.clock.now()
    return lms.add(
        Group(
            course_id=course.id,
            group_category_id=category.id,
            name=name,
            non_collaborative=True,
            created_at=now,
        )
    )


def _set(lms: World, course: Course, line: Line, tag_name: str) -> GroupCategory | None:
    """The named set; without one a set that has the tag's own name."""
    sets = lms.live(GroupCategory, course_id=course.id, non_collaborative=True)
    for column, field in (("canvas_tag_set_id", "id"), ("tag_set_id", "sis_group_category_id")):
        value = (line.get(column) or "").strip()
        if value:
            return next((s for s in sets if str(getattr(s, field)) == value), None)
    name = (line.get("tag_set_name") or "").strip() or tag_name
    for each in sets:
        if each.name == name:
            return each
    now = lms.clock.now()
    return lms.add(GroupCategory(course_id=course.id, name=name, non_collaborative=True, created_at=now))
