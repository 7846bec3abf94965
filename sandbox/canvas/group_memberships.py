"""Who is in a group or a tag.

Source: canvas.md 4.8; Canvas `group_memberships_controller.rb`, `group_membership.rb`. Adding many to a tag
always answers 200: an empty body, or a message that names who was left out. A student is in one group of a
set at most (joining another leaves the first) but may hold any number of tags. Rows and kept answers about
visibility follow `sandbox.world.groups.membership_changed`. Whether adding one person to a tag by `user_id`
sends a message was not settled: it does not here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Response

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import forbidden, not_found
from sandbox.canvas.lookups import user_named
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_bool, many, params, stamp
from sandbox.canvas.permissions import my_rights
from sandbox.canvas.tags import course_of, group_for, group_json, may, members
from sandbox.canvas.user_json import user_json
from sandbox.world import groups, notices
from sandbox.world.model import Enrollment, Group, GroupMembership, User

_NEW_MEMBER = "New Context Group Membership"
_CURRENT = ("active", "invited", "creation_pending")


def membership_json(membership: GroupMembership, *, just_created: bool | None = None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": membership.id,
        "group_id": membership.group_id,
        "user_id": membership.user_id,
        "workflow_state": membership.workflow_state,
        "moderator": False,
        "created_at": stamp(membership.created_at),
    }
    return shown if just_created is None else shown | {"just_created": just_created}


def put_in_group(found: Group, user_id: int) -> tuple[GroupMembership, bool]:
    """The membership, and whether it is new: one that is there stays, a deleted one comes back."""
    membership = next(world().find(GroupMembership, group_id=found.id, user_id=user_id), None)
    if membership is not None and membership.workflow_state != "deleted":
        return membership, False
    is_new = membership is None
    if membership is None:
        membership = world().add(
            GroupMembership(group_id=found.id, user_id=user_id, created_at=world().clock.now())
        )
    membership.workflow_state = "accepted"
    if not found.non_collaborative:
        _leave_peers(found, user_id)
    groups.membership_changed(world(), found, user_id)
    return membership, is_new


def _leave_peers(found: Group, user_id: int) -> None:
    for peer in world().live(Group, group_category_id=found.group_category_id):
        if peer.id != found.id:
            take_out(peer, [user_id])


def take_out(found: Group, user_ids: Iterable[int]) -> list[int]:
    """Ends these people's memberships; returns who was in."""
    wanted = set(user_ids)
    gone = [m for m in members(found) if m.user_id in wanted]
    for membership in gone:
        membership.workflow_state = "deleted"
        groups.membership_changed(world(), found, membership.user_id)
    return [m.user_id for m in gone]


def _current(found: Group, *types: str) -> list[int]:
    """People of the course whose enrolment is active or still to come, each once."""
    rows = world().live(Enrollment, course_id=found.course_id)
    wanted = (e for e in rows if e.workflow_state in _CURRENT and (not types or e.type in types))
    return list(dict.fromkeys(e.user_id for e in wanted))


@endpoint("PUT", "/groups/<id>")
def update_group(id: str) -> dict[str, Any]:
    """A new name; `members[]`, when sent, is the whole new list of a group's people. Tags keep theirs."""
    found = group_for(id, "manage")
    if str(params().get("name") or "").strip():
        found.name = str(params()["name"])
    if "members" in params() and not found.non_collaborative:
        wanted = {int(text) for text in many("members") if text.isdigit()} & set(_current(found))
        take_out(found, {m.user_id for m in members(found)} - wanted)
        for user_id in sorted(wanted):
            put_in_group(found, user_id)
    return group_json(found)


@endpoint("GET", "/groups/<group_id>/users")
def list_members(group_id: str) -> Page:
    found = group_for(group_id, "view")
    users, rights = [world().table(User)[m.user_id] for m in members(found)], my_rights(course_of(found))
    users.sort(key=lambda u: (u.sortable_name.casefold(), u.id))
    return paged(users).shown(lambda u: user_json(u, rights))


@endpoint("GET", "/groups/<group_id>/memberships")
def list_memberships(group_id: str) -> Page:
    found = group_for(group_id, "view")
    wanted = many("filter_states") or ["accepted", "invited", "requested"]
    return paged([m for m in members(found) if m.workflow_state in wanted]).shown(membership_json)


@endpoint("POST", "/groups/<group_id>/memberships")
def create_membership(group_id: str) -> Any:
    """One by `user_id`; a tag also takes `members[]`, or `all_in_group_course` but `exclude_user_ids[]`."""
    sent = params()
    if "members" in sent or "all_in_group_course" in sent:
        return _add_many(group_id)
    found = group_for(group_id, "add" if _is_tag(group_id) else "manage")
    user = user_named(str(sent.get("user_id") or ""))
    if user.id not in _current(found):
        raise forbidden()
    membership, is_new = put_in_group(found, user.id)
    if is_new and not found.non_collaborative:
        notices.notify(world(), _NEW_MEMBER, course_of(found), [user.id], f"Group {found.id}")
    return membership_json(membership, just_created=is_new)


def _is_tag(group_id: str) -> bool:
    found = world().get(Group, int(group_id)) if group_id.isdigit() else None
    return found is not None and found.non_collaborative


def _add_many(group_id: str) -> Any:
    """Always 200, unless nobody is named or it is no tag: then 400 without a body. Doubles do no harm."""
    if not _is_tag(group_id):
        group_for(group_id, "view")
        return Response("", 400)
    found = group_for(group_id, "view")
    if as_bool(params().get("all_in_group_course")):
        left_out = {int(text) for text in many("exclude_user_ids") if text.isdigit()}
        wanted = [user_id for user_id in _current(found, "StudentEnrollment") if user_id not in left_out]
    else:
        wanted = [int(text) if text.isdigit() else 0 for text in many("members")]
    if not wanted:
        return Response("", 400)
    if not may(course_of(found), "add", tags=True):
        raise forbidden()
    current = set(_current(found))
    for user_id in dict.fromkeys(wanted):
        if user_id in current:
            put_in_group(found, user_id)
    strangers = [user_id for user_id in wanted if user_id not in current]
    if strangers:
        message = "Partial failure encountered"
        return {"message": message, "invalid_user_ids": strangers, "membership_errors": []}
    return Response("", 200)


@endpoint("GET", "/groups/<group_id>/memberships/<id>")
def show_membership(group_id: str, id: str) -> dict[str, Any]:
    return membership_json(_membership(group_for(group_id, "view"), membership_id=id))


@endpoint("GET", "/groups/<group_id>/users/<user_id>")
def show_member(group_id: str, user_id: str) -> dict[str, Any]:
    return membership_json(_membership(group_for(group_id, "view"), user_id=user_id))


def _membership(found: Group, *, membership_id: str = "", user_id: str = "") -> GroupMembership:
    """By its id, or by its person; `self` either way. Raises 404."""
    person = me().id if "self" in (membership_id, user_id) else user_named(user_id).id if user_id else 0
    for membership in members(found):
        if membership.user_id == person or str(membership.id) == membership_id:
            return membership
    raise not_found()


@endpoint("DELETE", "/groups/<group_id>/memberships/<id>")
def delete_membership(group_id: str, id: str) -> dict[str, bool]:
    found = _to_shrink(group_id)
    take_out(found, [_membership(found, membership_id=id).user_id])
    return {"ok": True}


@endpoint("DELETE", "/groups/<group_id>/users/<user_id>")
def delete_member(group_id: str, user_id: str) -> dict[str, bool]:
    found = _to_shrink(group_id)
    take_out(found, [_membership(found, user_id=user_id).user_id])
    return {"ok": True}


def _to_shrink(group_id: str) -> Group:
    return group_for(group_id, "delete" if _is_tag(group_id) else "manage")


@endpoint("DELETE", "/groups/<group_id>/users")
def delete_members(group_id: str) -> dict[str, Any]:
    """Always 200: whom it took out, and whom the caller may not take out. Strangers are not mentioned."""
    found = group_for(group_id, "view")
    wanted = [int(text) for text in many("user_ids") if text.isdigit()]
    tags = found.non_collaborative
    allowed = may(course_of(found), "delete" if tags else "manage", tags=tags)
    inside = {m.user_id for m in members(found)}
    gone = take_out(found, wanted) if allowed else []
    return {
        "message": "Bulk delete completed",
        "deleted_user_ids": gone,
        "unauthorized_user_ids": [] if allowed else [user_id for user_id in wanted if user_id in inside],
    }
