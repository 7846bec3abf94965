"""Sets of groups and the groups in them; differentiation tags are sets that do not collaborate.

Source: canvas.md 4.8; Canvas `group_categories_controller.rb`, `group_permission_helper.rb`,
`lib/api/v1/group.rb` and `group_category.rb`. Tags take manage_tags_add, _manage, _delete (gone with switch
tags_feature off) and are in no list that a student gets. Not modelled: account groups, self sign-up, leaders,
sharing out the unassigned, `/group_categories/:id/import` and the CSV exports.
"""

from __future__ import annotations

from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import ApiError, forbidden, invalid, not_found
from sandbox.canvas.lookups import course_for, one
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_bool, as_int, as_list, includes, params, stamp
from sandbox.canvas.permissions import my_rights
from sandbox.canvas.user_json import user_json
from sandbox.world import groups
from sandbox.world.model import Course, Enrollment, Group, GroupCategory, GroupMembership, User

MOST_OPERATIONS = 50
_ACTIONS = ("add", "manage", "delete")


def rights_for(action: str, *, tags: bool) -> set[str]:
    """The rights of which one is needed to `add`, `manage`, `delete` or just `view` groups or tags."""
    kind = "tags" if tags else "groups"
    return {f"manage_{kind}_{each}" for each in (_ACTIONS if action == "view" else (action,))}


def may(course: Course, action: str, *, tags: bool) -> bool:
    return bool(my_rights(course) & rights_for(action, tags=tags))


def _need(course: Course, action: str, *, tags: bool) -> None:
    if not may(course, action, tags=tags):
        raise forbidden()


def category_for(id: str, action: str) -> tuple[Course, GroupCategory]:
    """The set, and its course, if the caller may do that to it. Raises 404, 403."""
    found = one(GroupCategory, id)
    course = course_for(str(found.course_id))
    _need(course, action, tags=found.non_collaborative)
    return course, found


def course_of(found: Group) -> Course:
    return course_for(str(found.course_id))


def members(found: Group) -> list[GroupMembership]:
    return world().live(GroupMembership, group_id=found.id)


def _groups_in(category: GroupCategory) -> list[Group]:
    return sorted(world().live(Group, group_category_id=category.id), key=lambda g: (g.name.casefold(), g.id))


# JSON


def category_json(category: GroupCategory) -> dict[str, Any]:
    rights = my_rights(world().table(Course)[category.course_id])
    inside = _groups_in(category)
    mine = {m.group_id for m in world().live(GroupMembership, user_id=me().id)}
    shown: dict[str, Any] = {
        "id": category.id,
        "name": category.name,
        "role": None,
        "self_signup": category.self_signup,
        "group_limit": category.group_limit,
        "auto_leader": None,
        "created_at": stamp(category.created_at),
        "context_type": "Course",
        "course_id": category.course_id,
        "protected": False,
        "allows_multiple_memberships": category.non_collaborative,
        "is_member": any(each.id in mine for each in inside),
        "non_collaborative": category.non_collaborative,
    }
    wanted = includes()
    if "groups" in wanted:
        shown["groups"] = [group_json(each) for each in inside]
    if "groups_count" in wanted:
        shown["groups_count"] = len(inside)
    if rights & {"read_sis", "manage_sis"}:
        shown["sis_group_category_id"] = category.sis_group_category_id
    return shown


def group_json(found: Group) -> dict[str, Any]:
    course = world().table(Course)[found.course_id]
    rights = my_rights(course)
    shown: dict[str, Any] = {
        "id": found.id,
        "name": found.name,
        "description": found.description,
        "is_public": False,
        "join_level": "invitation_only",
        "group_category_id": found.group_category_id,
        "max_membership": None,
        "members_count": len(members(found)),
        "created_at": stamp(found.created_at),
        "context_type": "Course",
        "course_id": found.course_id,
        "role": None,
        "leader": None,
        "has_submission": False,
        "concluded": course.workflow_state == "completed",
        "non_collaborative": found.non_collaborative,
    }
    if rights & {"read_sis", "manage_sis"}:
        shown["sis_group_id"] = found.sis_group_id
    if "users" in includes():
        table = world().table(User)
        shown["users"] = [user_json(table[m.user_id], rights) for m in members(found)]
    return shown


# sets


@endpoint("GET", "/courses/<course_id>/group_categories")
def list_categories(course_id: str) -> Page:
    """`collaboration_state`: collaborative (when not sent), non_collaborative (the tags), all."""
    course = course_for(course_id)
    sees = {tags: may(course, "view", tags=tags) for tags in (False, True)}
    if not any(sees.values()):
        raise forbidden()
    state = str(params().get("collaboration_state") or "collaborative").lower()
    if state not in ("all", "collaborative", "non_collaborative"):
        raise ApiError(400, {"error": "Invalid collaboration_state parameter"})
    if state == "collaborative" and not sees[False]:
        raise ApiError(403, {"error": "user not authorized to perform that action"})
    if state == "non_collaborative" and not sees[True]:
        raise ApiError(403, {"error": "Unauthorized to view non-collaborative group categories"})
    wanted = [tags for tags in sees if sees[tags]] if state == "all" else [state == "non_collaborative"]
    found = [c for c in world().live(GroupCategory, course_id=course.id) if c.non_collaborative in wanted]
    return paged(found).shown(category_json)


@endpoint("POST", "/courses/<course_id>/group_categories")
def create_category(course_id: str) -> dict[str, Any]:
    """200. A set of tags with `non_collaborative`. The name is one of a kind in the course: else 400."""
    course, sent = course_for(course_id), params()
    tags = as_bool(sent.get("non_collaborative"))
    _need(course, "add", tags=tags)
    made = add_category(course, str(sent.get("name") or ""), tags=tags)
    for n in range(1, as_int(sent.get("create_group_count") or 0, "create_group_count") + 1):
        add_group(made, f"{made.name} {n}")
    return category_json(made)


def _free_name(course: Course, name: str, *, but: int = 0) -> str:
    """Raises 400 for a blank name, and for one that another set of the course has."""
    if not name.strip():
        raise invalid("name", "Name is required", type_="Name is required")
    taken = world().live(GroupCategory, course_id=course.id, name=name)
    if any(other.id != but for other in taken):
        raise invalid("name", f"{name} is already in use.", type_=f"{name} is already in use.")
    return name


def add_category(course: Course, name: str, *, tags: bool) -> GroupCategory:
    name = _free_name(course, name)
    made = GroupCategory(
        course_id=course.id, name=name, non_collaborative=tags, created_at=world().clock.now()
    )
    return world().add(made)


def add_group(category: GroupCategory, name: str) -> Group:
    """A new group or tag; names are nobody's alone. Raises 400 for a blank one."""
    if not name.strip():
        raise invalid("name", "can't be blank", type_="blank")
    return world().add(
        Group(
            course_id=category.course_id,
            group_category_id=category.id,
            name=name,
            non_collaborative=category.non_collaborative,
            created_at=world().clock.now(),
        )
    )


@endpoint("GET", "/group_categories/<id>")
def show_category(id: str) -> dict[str, Any]:
    return category_json(category_for(id, "view")[1])


@endpoint("PUT", "/group_categories/<id>")
def update_category(id: str) -> dict[str, Any]:
    course, found = category_for(id, "manage")
    if "name" in params():
        found.name = _free_name(course, str(params()["name"] or ""), but=found.id)
    return category_json(found)


@endpoint("DELETE", "/group_categories/<id>")
def delete_category(id: str) -> dict[str, Any]:
    """The set with its groups, and every override that names one: a unit that loses its last opens to all."""
    found = category_for(id, "delete")[1]
    shown = category_json(found)
    groups.delete_category(world(), found)
    return shown


@endpoint("GET", "/group_categories/<id>/groups")
def list_groups_of_category(id: str) -> Page:
    return paged(_groups_in(category_for(id, "view")[1])).shown(group_json)


@endpoint("GET", "/group_categories/<id>/users")
def list_users_of_category(id: str) -> Page:
    """The course's students; with `unassigned` those in no group of the set."""
    course, found = category_for(id, "manage")
    held = {m.user_id for each in _groups_in(found) for m in members(each)}
    rows = world().live(Enrollment, course_id=course.id, type="StudentEnrollment")
    students = {e.user_id for e in rows if e.workflow_state in ("active", "invited")}
    if as_bool(params().get("unassigned")):
        students -= held
    users = [world().table(User)[user_id] for user_id in students]
    users.sort(key=lambda u: (u.sortable_name.casefold(), u.id))
    rights = my_rights(course)
    return paged(users).shown(lambda u: user_json(u, rights))


@endpoint("POST", "/group_categories/<id>/groups")
def create_group(id: str) -> dict[str, Any]:
    found = category_for(id, "add")[1]
    return group_json(add_group(found, str(params().get("name") or "")))


# many tags at once


@endpoint("POST", "/courses/<course_id>/group_categories/bulk_manage_differentiation_tag")
def manage_tags(course_id: str) -> dict[str, Any]:
    """Up to 50 tags of one set made, renamed, deleted: all or none. Without `group_category.id` a new set.

    Raises 400 for too many, a set that holds no tags or a name in use, 404 for a tag of another set, 403.
    """
    course, sent = course_for(course_id), params()
    operations, target = _required(sent, "operations"), _required(sent, "group_category")
    todo = {word: as_list(operations.get(word)) for word in ("create", "update", "delete")}
    if sum(len(entries) for entries in todo.values()) > MOST_OPERATIONS:
        raise ApiError(
            400, {"errors": f"You can only perform a maximum of {MOST_OPERATIONS} operations at a time."}
        )
    found = _target(course, target)
    actions = {"create": "add", "update": "manage", "delete": "delete"}
    for word in (word for word in todo if todo[word]):
        _need(course, actions[word], tags=True)
    if not any(todo.values()):
        _need(course, "manage" if found else "add", tags=True)
    return _managed(course, found, str(target.get("name") or ""), todo)


def _required(sent: dict[str, Any], name: str) -> dict[str, Any]:
    value = sent.get(name)
    if not isinstance(value, dict) or not value:
        raise ApiError(400, {"errors": [{"message": f"{name} is missing"}]})
    return value


def _target(course: Course, target: dict[str, Any]) -> GroupCategory | None:
    if not target.get("id"):
        return None
    found = one(GroupCategory, str(target["id"]))
    if not found.non_collaborative:
        raise ApiError(400, {"errors": "This endpoint only works for Differentiation Tags"})
    if found.course_id != course.id:
        raise ApiError(400, {"errors": "GroupCategory not part of the course"})
    return found


def _managed(
    course: Course, found: GroupCategory | None, name: str, todo: dict[str, list[Any]]
) -> dict[str, Any]:
    """Checks everything first, so that nothing is done by halves."""
    inside = {str(each.id): each for each in _groups_in(found)} if found else {}
    for entry in (*todo["update"], *todo["delete"]):
        if str(entry.get("id")) not in inside:
            raise ApiError(404, {"error": f"Couldn't find Group with 'id'={entry.get('id')}"})
    if not all(str(entry.get("name") or "").strip() for entry in (*todo["create"], *todo["update"])):
        raise ApiError(400, {"errors": "Validation failed: Name can't be blank"})
    try:
        if found is None:
            found = add_category(course, name, tags=True)
        elif name:
            found.name = _free_name(course, name, but=found.id)
    except ApiError as error:
        message = error.body["errors"]["name"][0]["message"]
        raise ApiError(400, {"errors": f"Validation failed: Name {message}"}) from error
    deleted = [inside[str(entry["id"])] for entry in todo["delete"]]
    for each in deleted:
        groups.delete_group(world(), each)
    created = [add_group(found, str(entry["name"])) for entry in todo["create"]]
    updated = [inside[str(entry["id"])] for entry in todo["update"]]
    for each, entry in zip(updated, todo["update"], strict=True):
        each.name = str(entry["name"])
    return {
        "created": [group_json(each) for each in created],
        "updated": [group_json(each) for each in updated],
        "deleted": [group_json(each) for each in deleted],
        "group_category": category_json(found),
    }


# groups


def group_for(id: str, action: str) -> Group:
    """The group or tag, if the caller may do that to it; members view their own groups, but never tags."""
    found = one(Group, id)
    course = course_of(found)
    mine = {m.user_id for m in members(found)}
    is_member = action == "view" and me().id in mine and not found.non_collaborative
    if not is_member and not may(course, action, tags=found.non_collaborative):
        raise not_found() if found.non_collaborative and action == "view" else forbidden()
    return found


@endpoint("GET", "/courses/<course_id>/groups")
def list_course_groups(course_id: str) -> Page:
    """Collaborative groups, for everybody who sees the roster; tags only when asked for by who may."""
    course = course_for(course_id, "read_roster")
    state = str(params().get("collaboration_state") or "collaborative").lower()
    sees_tags = may(course, "view", tags=True)
    if state == "non_collaborative" and not sees_tags:
        raise forbidden()
    wanted = [False, sees_tags] if state == "all" else [state == "non_collaborative"]
    found = [g for g in world().live(Group, course_id=course.id) if g.non_collaborative in wanted]
    return paged(sorted(found, key=lambda g: (g.name.casefold(), g.id))).shown(group_json)


@endpoint("GET", "/users/self/groups")
def list_my_groups() -> Page:
    """The caller's groups; never tags."""
    ids = {m.group_id for m in world().live(GroupMembership, user_id=me().id)}
    found = [g for g in world().live(Group) if g.id in ids and not g.non_collaborative]
    return paged(found).shown(group_json)


@endpoint("GET", "/groups/<id>")
def show_group(id: str) -> dict[str, Any]:
    return group_json(group_for(id, "view"))


@endpoint("DELETE", "/groups/<id>")
def delete_group(id: str) -> dict[str, Any]:
    """A group or tag goes with its memberships and every override that names it."""
    found = group_for(id, "delete")
    shown = group_json(found)
    groups.delete_group(world(), found)
    return shown
