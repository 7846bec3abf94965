"""Assignments with all their rows in one go: for filling a school of thousands in seconds.

What stands here afterwards is what the slow way leaves (world/work.py, then a score at a time); a test holds
them equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sandbox.world.model import Assignment, AssignmentGroup, Course, Enrollment, Submission
from sandbox.world.store import World
from sandbox.world.visibility import GONE, LEARNER_TYPES


def learners_of(world: World, course: Course) -> list[int]:
    """Everybody who may hold a row in the course, the Test Student too, each once."""
    found = world.find(Enrollment, course_id=course.id)
    rows = (e.user_id for e in found if e.type in LEARNER_TYPES and e.workflow_state not in GONE)
    return sorted(set(rows))


def add_task(
    world: World,
    course: Course,
    group: AssignmentGroup,
    name: str,
    *,
    learners: Iterable[int],
    position: int,
    **fields: Any,
) -> Assignment:
    """A new assignment with a row for each of `learners`, which is whom it is for, in order."""
    now = world.clock.now()
    task = world.add(
        Assignment(
            course_id=course.id,
            assignment_group_id=group.id,
            name=name,
            position=position,
            lti_context_id=world.new_uuid(),
            created_at=now,
            updated_at=now,
            **fields,
        )
    )
    for user_id in learners:
        world.add(
            Submission(
                course_id=course.id, assignment_id=task.id, user_id=user_id, cached_due_date=task.due_at
            )
        )
    return task


def give_scores(
    world: World, task: Assignment, scores: Mapping[int, float], *, grader_id: int, at: datetime
) -> None:
    """Grade the rows of these students (user id -> points), posted at once."""
    held = world.submissions_of(task.id)
    for user_id, score in scores.items():
        row = held[user_id]
        row.score, row.grader_id, row.workflow_state = score, grader_id, "graded"
        row.graded_at = row.posted_at = at
        row.graded_attempt = row.attempt
        if row.attempts:
            row.attempts[-1]["score"] = score


def hand_in_all(world: World, task: Assignment, texts: Mapping[int, str], *, at: datetime) -> None:
    """These students handed these texts in, once (user id -> text)."""
    held = world.submissions_of(task.id)
    for user_id, text in texts.items():
        row = held[user_id]
        row.attempt, row.submission_type, row.body = 1, "online_text_entry", text
        row.submitted_at, row.workflow_state = at, "submitted"
        snapshot = {"attempt": 1, "submitted_at": at, "submission_type": row.submission_type}
        row.attempts.append(snapshot | {"body": text, "url": None, "score": None})
