"""What follows when groups and differentiation tags change. Source: canvas-visibility.md section 3.

Records are made and changed by whoever answers the call; afterwards one of these is called.
"""

from __future__ import annotations

from sandbox.world import rows, work
from sandbox.world.model import AssignmentOverride, Group, GroupCategory, GroupMembership, Submission
from sandbox.world.store import World
from sandbox.world.visibility_cache import forget


def membership_changed(world: World, group: Group, user_id: int) -> None:
    """A student joined or left a group or tag: kept answers go, rows follow a *direct* override only.

    The student's rows on assignments that name the group are taken away at once and given back by the job.
    Where only a module names it no row appears or goes until something else recomputes that module's
    assignments.
    """
    forget(world, group.course_id)
    named = world.live(AssignmentOverride, course_id=group.course_id, group_id=group.id)
    touched = rows.assignments_with(world, group.course_id, [o.content for o in named])
    for assignment in touched:
        row: Submission | None = world.submission(assignment.id, user_id)
        if row is not None:
            row.workflow_state = "deleted"
    rows.recompute(world, touched)


def delete_group(world: World, group: Group) -> None:
    """Soft delete a group or tag with its memberships and every override that names it.

    A module that loses its last override so opens to everyone.
    """
    group.workflow_state = "deleted"
    for membership in world.live(GroupMembership, group_id=group.id):
        membership.workflow_state = "deleted"
    forget(world, group.course_id)
    work.destroy_overrides(world, group.course_id, group_id=group.id)


def delete_category(world: World, category: GroupCategory) -> None:
    """Soft delete a set of groups or tags with all that is in it."""
    category.workflow_state = "deleted"
    for group in world.live(Group, group_category_id=category.id):
        delete_group(world, group)


def leave_all(world: World, course_id: int, user_id: int) -> None:
    """A student's last enrolment went: out of every group and tag of the course."""
    for membership in world.live(GroupMembership, user_id=user_id):
        group = world.get(Group, membership.group_id)
        if group is not None and group.course_id == course_id:
            membership.workflow_state = "deleted"
            membership_changed(world, group, user_id)
